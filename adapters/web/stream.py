"""Server-Sent Events: what changed in a transcript, for one open page.

An event's id is `START-NUMBER`: START names this run of the program, NUMBER the state of the transcript.
A page that comes back with the number of an earlier run gets every message, those from the memory marked.
"""

from __future__ import annotations

import asyncio
import json
import secrets
from collections.abc import AsyncIterator
from urllib.parse import quote

from adapters.web.folder import StoredMedia
from adapters.web.transcript import Item, Tab, Transcript
from bot.messages import Button

HEARTBEAT_SECONDS = 15.0
RETRY_MILLISECONDS = 1000


class Feed:
    """Writes the events of transcripts until closed."""

    def __init__(self) -> None:
        self._start = secrets.token_hex(4)
        self._closed = False
        self._tabs: set[Tab] = set()

    def mark(self, transcript: Transcript) -> str:
        """The present state of a transcript, as an event id."""
        return f"{self._start}-{transcript.number}"

    def close(self) -> None:
        """End every stream, so that stopping never waits for an open page."""
        self._closed = True
        for tab in self._tabs:
            tab.signal.set()

    def reopen(self) -> None:
        self._closed = False

    async def follow(self, transcript: Transcript, last: str) -> AsyncIterator[str]:
        """Everything after the event `last` ("" for all of it), then what happens from now on."""
        start, _, number = last.rpartition("-")
        known = start == self._start and number.isdecimal() and int(number) <= transcript.number
        tab = transcript.open(int(number) if known else 0)
        self._tabs.add(tab)
        try:
            yield f"retry: {RETRY_MILLISECONDS}\n\n"
            async for text in self._changes(transcript, tab):
                yield text
        finally:
            self._tabs.discard(tab)
            transcript.close(tab)

    async def _changes(self, transcript: Transcript, tab: Tab) -> AsyncIterator[str]:
        while not self._closed:
            if not await _signalled(tab.signal):
                yield ": still here\n\n"
                continue
            tab.signal.clear()
            seen, tab.seen = tab.seen, transcript.number
            if changed := [wire(item, seen) for item in transcript.since(seen)]:
                yield "".join(_event(data, "") for data in changed[:-1])
                yield _event(changed[-1], f"{self._start}-{tab.seen}")
            if tab.typing_seen < transcript.typings:
                tab.typing_seen = transcript.typings
                yield _event({"type": "typing"}, "")


async def _signalled(signal: asyncio.Event) -> bool:
    try:
        async with asyncio.timeout(HEARTBEAT_SECONDS):
            await signal.wait()
    except TimeoutError:
        return False
    return True


def _event(data: dict[str, object], event_id: str) -> str:
    name = f"id: {event_id}\n" if event_id else ""
    return f"{name}data: {json.dumps(data, separators=(',', ':'))}\n\n"


def wire(item: Item, seen: int = 0) -> dict[str, object]:
    """A message as the page's script reads it; `edit` when the page has it already."""
    return {
        "type": item.kind.value if item.created > seen else "edit",
        "kind": item.kind.value,
        "id": item.id,
        "mine": item.mine,
        "html": item.html,
        "text": item.text,
        "buttons": [[_button(button) for button in row] for row in item.buttons],
        "media": [_media(one) for one in item.media],
        "at": item.at,
        "recalled": item.recalled,
    }


def _button(button: Button) -> dict[str, str]:
    return {"label": button.label, "id": button.id, "url": _safe_url(button.url), "style": button.style.value}


def _safe_url(url: str) -> str:
    return url if url.startswith(("https://", "http://")) else ""


def _media(one: StoredMedia) -> dict[str, object]:
    return {
        "url": f"/media/{quote(one.id)}",
        "kind": one.kind.value,
        "mime": one.mime,
        "name": one.name,
        "size": one.size,
        "inline": one.inline,
        "spoiler": one.spoiler,
    }
