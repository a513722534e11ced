"""A room whose model uses tools: how it is set up, what it was asked, and what it was told."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from bot.demo import RecordedRequest
from bot.records import Role
from tests.integration.engine.room import PLACE, Message, Room

CHAT, SPEECH = "/chat/completions", "/audio/speech"
SPEAK = 'use tool speak {"text": "Good evening, Venice"}'


async def put(room: Room, name: str, value: str) -> None:
    await room.parts.settings.put(PLACE.channel_key, name, value, by="h", at=1.0)


def bodies(room: Room, path: str = CHAT) -> list[Any]:
    found: list[RecordedRequest] = [one for one in room.demo.requests if one.path == path]
    return [one.json for one in found]


def told(room: Room) -> list[str]:
    """What the model was told by tools, over all calls, each once."""
    said: dict[str, str] = {}
    for body in bodies(room):
        for message in body["messages"]:
            if message["role"] == "tool":
                said[message["tool_call_id"]] = message["content"]
    return list(said.values())


def texts(messages: Sequence[Message]) -> str:
    return "\n".join(message.text for message in messages)


async def remembered(room: Room) -> list[tuple[Role, str, str]]:
    items = await room.store.memory.recent(PLACE.conversation, 50)
    return [(item.role, item.text, item.media_note) for item in items]
