"""After a long outage people read one line per place, not a pile of late answers."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from bot.engine.flow.away import AWAY, TOO_OLD
from bot.messages import Addressed, Place
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


async def test_fifty_old_messages_at_once_get_one_line(tmp_path: Path) -> None:
    long_ago = time.time() - TOO_OLD - 60
    async with open_room(tmp_path) as room:
        await room.send(*(room.event(f"Question {n}", sent_at=long_ago) for n in range(50)))
        assert room.door.texts == [AWAY]
        assert await room.store.turns.claim_expired(10) == []


async def test_only_where_somebody_asked_the_bot(tmp_path: Path) -> None:
    """Also where it may speak unasked: nobody pays to learn whether an old line was worth an answer."""
    group, quiet = Place("test", "g", "lively"), Place("test", "g", "quiet")
    around: dict[str, Any] = {"addressed": Addressed.OVERHEARD, "sent_at": time.time() - TOO_OLD - 60}
    async with open_room(tmp_path) as room:
        await room.parts.settings.put(group.channel_key, "activation", "ambient", by="h", at=1.0)
        await room.send(
            room.event("Does anybody know what 2+2 is?", place=group, **around),
            room.event("Does anybody know what 2+2 is?", place=quiet, **around),
        )
        assert room.door.texts == []
        assert await room.spent() == 0
