"""Films, music and sounds: price first, made once, delivered whole, paid once."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.orders import OrderState as S
from tests.integration.engine.room import Room, open_room
from tests.integration.engine.shop import QUEUES, calls, card, deleted, ended, labels, media, order, press
from tests.sounds import decoded


@pytest.fixture
async def room(tmp_path: Path) -> AsyncIterator[Room]:
    async with open_room(tmp_path) as opened:
        opened.demo.job_seconds = 0.2
        yield opened


async def test_a_film_from_its_price_to_its_receipt(room: Room) -> None:
    shown = await card(room, "video", prompt="a boat at dawn", resolution="480p")
    assert shown.text.startswith("**Film** · Grok Imagine · 6s · 480p · 16:9 · with sound · private")
    assert "> a boat at dawn" in shown.text
    assert "About $0.30; you have $10.00 left today until 00:00 on " in shown.text
    assert labels(shown) == ["Make it", "Cheaper", "Cancel"]
    assert calls(room, *QUEUES) == []
    quoted = await order(room, shown)
    assert await press(room, shown, "Make it") == []
    made = await ended(room, quoted.id, S.DELIVERED)
    [film] = media(room)
    seen = decoded(film.media[0].data)
    assert seen.seconds == pytest.approx(6.0, abs=0.3)
    assert film.target.reply_to == "1"
    assert shown.text.startswith("> a boat at dawn\n\nMade for $0.30 in ")
    assert labels(shown) == ["Once more"]
    assert len(calls(room, *QUEUES)) == 1
    assert await room.spent() == 300_000
    assert deleted(room) == 1
    assert (made.request, made.uncleared) == ("", False)
