"""/usage and /stats: words, caps and a picture."""

from __future__ import annotations

import io
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from PIL import Image

from bot.messages import Addressed, CommandUse, Person, Place
from tests.integration.engine.room import Message, Room, open_room

EVE = Person("test", "9", "Eve")
GROUP = Place("test", "s1", "c9")


@pytest.fixture
async def room(tmp_path: Path) -> AsyncIterator[Room]:
    async with open_room(tmp_path) as opened:
        yield opened


def colours(message: Message) -> int:
    """How many colours a chart shows."""
    [chart] = message.media
    picture = Image.open(io.BytesIO(chart.data))
    assert (picture.format, picture.size) == ("PNG", (960, 540))
    return len(picture.convert("RGB").getcolors(100_000) or ())


async def test_usage_shows_spending_what_caps_leave_and_a_chart(room: Room) -> None:
    await room.say("Hello")
    words, chart = await room.command("usage")
    assert "**You, the last 7 days**: $" in words.text
    assert "1 × chat" in words.text
    assert "of $10.00 a day for the whole bot" in words.text
    assert colours(chart) > 3


async def test_nothing_spent_needs_no_chart(room: Room) -> None:
    [usage] = await room.command("usage", period="day")
    assert "**You, the last 24 hours**: nothing yet." in usage.text


async def test_usage_of_others_is_for_those_who_look_after_them(room: Room) -> None:
    await room.say("Hello")
    for whose, sentence in (("bot", "Only an owner"), ("channel", "Only someone who manages")):
        use = CommandUse("usage", {"of": whose})
        event = room.event(addressed=Addressed.COMMAND, command=use, author=EVE, place=GROUP)
        [refused] = await room.send(event)
        assert sentence in refused.text
    words, _ = await room.command("usage", of="bot", period="month")
    assert "**The whole bot, the last 30 days**: $" in words.text
    [alone] = await room.command("usage", of="server")
    assert "There is no server here" in alone.text


async def test_what_is_long_past_does_not_count(room: Room) -> None:
    await room.say("Hello")
    room.ahead = 8 * 86_400
    [usage] = await room.command("usage")
    assert "nothing yet" in usage.text
    words, chart = await room.command("usage", period="month")
    assert "1 × chat" in words.text
    assert chart.media


async def test_stats_count_what_was_asked(room: Room) -> None:
    for _ in range(2):
        await room.say("Hello")
    await room.command("image", prompt="a cat", count=2)
    await room.say("Hello", author=EVE)
    words, chart = await room.command("stats", of="channel")
    for line in ("3 × chat", "2 × image", "2 people asked", "most in one day: 5"):
        assert line in words.text
    assert colours(chart) > 3
    own, _ = await room.command("stats")
    assert "2 × chat" in own.text
    assert "people" not in own.text
