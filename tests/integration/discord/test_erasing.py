"""Whoever is erased leaves no mark of how far their direct chat was read, not even one still to be stored."""

from __future__ import annotations

import pytest

from adapters.discord import seen
from tests.integration.discord.conftest import House


async def test_a_direct_chat_is_not_known_any_more(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(seen, "NEW_SECONDS", 0.3)
    other = house.dc.user("Other")
    chat, theirs = house.dc.dm(house.ann), house.dc.dm(other)
    async with house.running() as door:
        house.dc.say(chat, house.ann, "hello")
        house.dc.say(theirs, other, "hello")
        await house.events(2)
        await door.forget_people(frozenset({f"discord:{house.ann.id}", "telegram:1"}))
        await house.dc.wait_for(lambda: str(theirs.id) in house.front.read)
    assert set(house.front.read) == {str(theirs.id)}
