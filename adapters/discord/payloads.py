"""The bodies of outgoing messages: text, buttons, files, and the rule that nothing pings."""

from __future__ import annotations

import base64
import io
import json
from collections.abc import Iterator, Sequence
from itertools import chain, islice
from typing import Any

import discord
from discord.http import MultipartParameters

from bot.messages import Button, ButtonRows, ButtonStyle, Media, Target

MENTIONS = discord.AllowedMentions(everyone=False, roles=False, users=False, replied_user=True)

BUTTONS_PER_ROW = 5
ROWS = 5
LABEL = 80
CUSTOM_ID = 100
URL = 512
NONCE = 25

_ACTION_ROW, _BUTTON, _LINK_STYLE = 1, 2, 5
_STYLES = {ButtonStyle.PLAIN: 2, ButtonStyle.PRIMARY: 1, ButtonStyle.DANGER: 4}
_EPHEMERAL = 1 << 6
_VOICE = 1 << 13

Body = dict[str, Any]
"""A JSON object as Discord takes it."""


def message_body(text: str, buttons: ButtonRows) -> Body:
    """A message of text; also the edit that makes a message look like this."""
    return {"content": text, "components": components(buttons), "allowed_mentions": MENTIONS.to_dict()}


def no_buttons() -> Body:
    """The edit that takes the buttons away and nothing else."""
    return {"components": []}


def with_nonce(body: Body, nonce: str) -> Body:
    """A repeated send with the same nonce is one message."""
    return {**body, "nonce": nonce[:NONCE], "enforce_nonce": True} if nonce else body


def with_reply(body: Body, target: Target, channel: int) -> Body:
    """The message as a reply; just a message where the other one was deleted."""
    if target.reply_to in ("", str(channel)):
        return body  # the message a thread grew from has its id, but stands outside it
    reference = {"message_id": target.reply_to, "channel_id": str(channel), "fail_if_not_exists": False}
    return {**body, "message_reference": reference}


def without_reply(body: Body) -> Body:
    return {key: value for key, value in body.items() if key != "message_reference"}


def with_mention(body: Body, person: str) -> Body:
    """The message with a mention that pings this one person."""
    if not person.isdecimal() or "allowed_mentions" not in body:
        return body
    return {**body, "allowed_mentions": {"parse": [], "users": [person], "replied_user": True}}


def for_one(body: Body) -> Body:
    """The message for the asker's eyes only."""
    return {**body, "flags": body.get("flags", 0) | _EPHEMERAL}


def components(buttons: ButtonRows) -> list[Body]:
    """Rows of buttons. One that Discord would refuse is left out, since it would take its message along."""
    seen: set[str] = set()
    sound = [[one for one in row if _is_sound(one, seen)] for row in buttons]
    rows = chain.from_iterable(_rows(row) for row in sound)
    return [{"type": _ACTION_ROW, "components": [_button(one) for one in row]} for row in islice(rows, ROWS)]


def _rows(row: list[Button]) -> Iterator[list[Button]]:
    for start in range(0, len(row), BUTTONS_PER_ROW):
        yield row[start : start + BUTTONS_PER_ROW]


def _is_sound(button: Button, seen: set[str]) -> bool:
    if not button.label.strip():
        return False
    if button.url:
        return button.url.startswith(("http://", "https://")) and len(button.url) <= URL
    fresh = button.id not in seen
    seen.add(button.id)
    return fresh and 1 <= len(button.id) <= CUSTOM_ID


def _button(button: Button) -> Body:
    label = button.label if len(button.label) <= LABEL else button.label[: LABEL - 1] + "…"
    if button.url:
        return {"type": _BUTTON, "style": _LINK_STYLE, "label": label, "url": button.url}
    return {"type": _BUTTON, "style": _STYLES[button.style], "label": label, "custom_id": button.id}


# --- files ---


class Files:
    """Files of one message, ready to be sent more than once."""

    def __init__(self, items: Sequence[Media], *, voice: bool = False) -> None:
        self._items = items
        self._voice = voice

    def parameters(self, body: Body) -> MultipartParameters:
        """The body with its files; close it after the call."""
        if not self._items:
            return MultipartParameters(payload=body, multipart=None, files=None)
        files = [discord.File(io.BytesIO(i.data), i.name, spoiler=i.spoiler) for i in self._items]
        described = [self._described(number, file) for number, file in enumerate(files)]
        whole = {**body, "attachments": described} | ({"flags": _VOICE} if self._voice else {})
        parts: list[Body] = [{"name": "payload_json", "value": json.dumps(whole)}]
        parts += [
            # Discord reads the length of a voice only from a part that says it is audio.
            {"name": f"files[{n}]", "value": file.fp, "filename": file.filename, "content_type": item.mime}
            for n, (file, item) in enumerate(zip(files, self._items, strict=True))
        ]
        return MultipartParameters(payload=None, multipart=parts, files=files)

    def _described(self, number: int, file: discord.File) -> Body:
        entry: Body = {"id": number, "filename": file.filename}
        if not self._voice:
            return entry
        item = self._items[number]
        waveform = base64.b64encode(item.waveform[:256] or b"\0").decode()
        return {**entry, "duration_secs": item.duration, "waveform": waveform}


NO_FILES = Files(())


def voice_body() -> Body:
    """A voice message: nothing but its one file."""
    return {"allowed_mentions": MENTIONS.to_dict()}
