"""What the web page can do, as data."""

from __future__ import annotations

from bot.capabilities import Capabilities, Pacing

PLATFORM = "web"
MEGABYTE = 1_000_000
UPLOAD_LIMIT = 25 * MEGABYTE
FILES_PER_MESSAGE = 10

WEB = Capabilities(
    platform=PLATFORM,
    display_name="the web page",
    text_limit=1_000_000,
    caption_limit=1_000_000,
    upload_limit=UPLOAD_LIMIT,
    download_limit=UPLOAD_LIMIT,
    media_per_message=FILES_PER_MESSAGE,
    pacing=Pacing(
        edit_interval=0.06, group_edit_interval=0.06, typing_lasts=5.0, first_chars=1, first_delay=0.03
    ),
    voice_mimes=("audio/ogg", "audio/mpeg", "audio/mp4", "audio/wav", "audio/webm", "audio/flac"),
    image_mimes=("image/png", "image/jpeg", "image/webp", "image/gif", "image/avif"),
    mention_style="{name}",
    autocomplete=True,
    repeatable_sends=True,
    adults_by_statement=True,
)
"""A send with the same nonce shows the same message again, so it may be repeated."""
