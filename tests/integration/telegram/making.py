"""Short forms for the tests of the door."""

from __future__ import annotations

from bot.messages import Button, Place, Target
from tests.fakes.telegram import Chat, Topic


def place_of(chat: Chat, topic: Topic | None = None) -> Place:
    space = str(chat.id) if chat.is_group else ""
    return Place("telegram", space, str(chat.id), str(topic.id) if topic else "")


def at(place: Place, reply_to: str = "") -> Target:
    return Target(place, reply_to)


def button(label: str, data: str) -> Button:
    return Button(label, data)
