"""After a long outage people read one line per place, not a pile of late answers."""

from __future__ import annotations

import time
from pathlib import Path

from bot.engine.away import AWAY, TOO_OLD
from bot.messages import Place
from tests.integration.engine.room import open_room


async def test_old_messages_get_one_line_per_place(tmp_path: Path) -> None:
    long_ago = time.time() - TOO_OLD - 60
    async with open_room(tmp_path) as room:
        other = Place("test", "", "c2")
        await room.send(
            room.event("Write a haiku", sent_at=long_ago),
            room.event("Write a poem", sent_at=long_ago),
            room.event("Write a poem", sent_at=long_ago, place=other),
        )
        assert room.door.texts == [AWAY, AWAY]
        assert await room.spent() == 0


async def test_recent_messages_are_answered(tmp_path: Path) -> None:
    async with open_room(tmp_path) as room:
        (answer,) = await room.say("Write a haiku", sent_at=time.time() - 600)
        assert answer.text != AWAY
        assert await room.store.turns.claim_expired(10) == []
