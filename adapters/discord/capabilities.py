"""What Discord can do, as data."""

from __future__ import annotations

from bot.capabilities import ALL_CALLS, CallKind, Capabilities, Pacing, Window

PLATFORM = "discord"
MEBIBYTE = 1024 * 1024

# A channel takes five new messages and five edits in five seconds. The bucket of edits belongs to the
# channel, not to the message, so answers streamed side by side share it.
_CHANNEL = (
    Window(frozenset({CallKind.SEND}), 5, 5.0),
    Window(frozenset({CallKind.EDIT}), 5, 5.0),
)

DISCORD = Capabilities(
    platform=PLATFORM,
    display_name="Discord",
    text_limit=2000,
    caption_limit=2000,
    upload_limit=10 * MEBIBYTE,
    download_limit=25 * MEBIBYTE,
    media_per_message=10,
    pacing=Pacing(
        direct=_CHANNEL,
        group=_CHANNEL,
        # Fifty a second are allowed; the rest is for what does not pass through delivery.
        token=(Window(ALL_CALLS, 45, 1.0),),
        edit_interval=1.2,
        group_edit_interval=1.2,
        typing_lasts=10.0,
    ),
    voice_mimes=("audio/ogg",),
    private_replies=True,
    autocomplete=True,
    handle_outside_limits=True,
    repeatable_sends=True,
    repeat_seconds=120.0,  # "the past few minutes"
    mention_style="<@{id}>",
    threads=True,
    role_style="<@&{id}>",
)
