"""What Telegram can do, as data."""

from __future__ import annotations

from bot.capabilities import ALL_CALLS, Capabilities, Pacing, RichLimits, Window

PLATFORM = "telegram"
MEGABYTE = 1_000_000

VOICE_MIMES = ("audio/ogg", "audio/mpeg", "audio/mp4")

# Telegram publishes no figures. About one call a second and a burst of three pass in any chat, twenty a
# minute in a group, thirty a second in all; edits, drafts and chat actions count like messages.
_CHAT = Window(ALL_CALLS, 3, 3.0)

RICH = RichLimits(units=32_768, blocks=500, depth=16, columns=20)

TELEGRAM = Capabilities(
    platform=PLATFORM,
    display_name="Telegram",
    text_limit=4096,
    caption_limit=1024,
    upload_limit=50 * MEGABYTE,
    download_limit=20 * MEGABYTE,
    media_per_message=10,
    pacing=Pacing(
        direct=(_CHAT,),
        group=(_CHAT, Window(ALL_CALLS, 20, 60.0)),
        token=(Window(ALL_CALLS, 30, 1.0),),
        edit_interval=1.5,
        group_edit_interval=3.5,
        typing_lasts=5.0,
        draft_lasts=30.0,
    ),
    voice_mimes=VOICE_MIMES,
    mention_style="[{name}](tg://user?id={id})",
    audio_mimes=("audio/mpeg", "audio/mp4"),
    rich_messages=RICH,
    adults_by_statement=True,
)
