"""Near a cap: asked smaller, said so, and refused only when nothing fits."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.messages import Addressed, CommandUse, Person, Place
from bot.records import ALL_MEDIA, Cap, CapPeriod, CapUnit
from tests.integration.engine.room import ADA, Room, open_room

CHAT = "/chat/completions"
DEFAULT = "zai-org-glm-5-2"
EVE = Person("test", "9", "Eve")
GROUP = Place("test", "s1", "c9")


@pytest.fixture
async def room(tmp_path: Path) -> AsyncIterator[Room]:
    async with open_room(tmp_path) as opened:
        await opened.parts.settings.put("bot", "tools", "off", by="test", at=opened.parts.clock())
        await opened.parts.settings.put("bot", "web_search", "off", by="test", at=opened.parts.clock())
        yield opened


async def cap(room: Room, limit: int, scope: str = "user:*") -> None:
    await room.parts.caps.put(Cap(scope, ALL_MEDIA, CapUnit.MONEY, CapPeriod.DAY, limit), room.parts.clock())


def asked(room: Room) -> list[tuple[str, int]]:
    """The models that were called, each with its longest answer."""
    bodies = [one.json for one in room.demo.requests if one.path == CHAT]
    return [(str(b["model"]), int(str(b["max_completion_tokens"]))) for b in bodies if isinstance(b, dict)]


async def test_what_does_not_fit_is_answered_shorter_first_and_says_so(room: Room) -> None:
    await room.parts.settings.put("bot", "timezone", "Europe/Berlin", by="test", at=room.parts.clock())
    await cap(room, 6_000)
    note, answer = await room.say("Hello")
    assert asked(room) == [(DEFAULT, 600)]
    assert note.text.startswith("*Your daily limit of $0.006 is nearly used, so I answer shortly until ")
    assert "(Europe/Berlin, in " in note.text
    assert answer.text
    assert 0 < await room.spent() <= 6_000


async def test_then_by_a_cheaper_model_and_only_then_refused(room: Room) -> None:
    await cap(room, 500)
    note, _ = await room.say("Hello")
    [(model, length)] = asked(room)
    assert (model != DEFAULT, length) == (True, 600)
    assert "so a cheaper model, " in note.text
    await cap(room, 1)
    [refused] = await room.say("Hello again")
    assert "Your daily limit of <$0.0001 would be passed, so I did not start. It resets at " in refused.text
    assert len(asked(room)) == 1


async def test_saving_can_be_switched_off(room: Room) -> None:
    await room.parts.settings.put("bot", "saving", "off", by="test", at=room.parts.clock())
    await cap(room, 6_000)
    [refused] = await room.say("Hello")
    assert "would be passed" in refused.text
    assert asked(room) == []


async def test_a_cap_in_numbers_is_not_saved_on(room: Room) -> None:
    await room.parts.caps.put(Cap("user:*", "chat", CapUnit.COUNT, CapPeriod.DAY, 1), room.parts.clock())
    await room.say("Hello")
    [refused] = await room.say("Hello")
    assert "Your daily limit of 1 answers would be passed" in refused.text


async def test_a_private_place_is_not_saved_on_with_a_less_private_model(room: Room) -> None:
    await room.parts.settings.put("bot", "min_privacy", "tee", by="test", at=room.parts.clock())
    await cap(room, 600)
    await room.say("Hello")
    assert all(model.startswith("e2ee-") for model, _ in asked(room))
    assert asked(room)


async def test_near_a_cap_one_question_takes_a_tenth_of_what_is_left(room: Room) -> None:
    await cap(room, 1_000_000)
    for _ in range(8):
        await room.say("Hello")
    assert asked(room)[-1] == (DEFAULT, 2_000)
    await cap(room, await room.spent() * 10 // 9)
    await room.parts.cap_watch.check()
    mine, note, _ = await room.say("Hello")
    assert mine.text.startswith("Your daily limit of $0.00")
    assert "% used" in mine.text
    assert "nearly used" in note.text
    assert asked(room)[-1] != (DEFAULT, 2_000)
    assert not any("% used" in one.text for one in await room.say("Hello")), "told once"


async def test_owners_draw_on_the_bots_cap_alone_unless_they_switch_that_off(tmp_path: Path) -> None:
    async with open_room(tmp_path, owner_free=True) as room:
        await cap(room, 1)
        await room.say("Hello")
        assert await room.spent() > 0, "the ledger shows it"
        [refused] = await room.say("Hello", author=EVE)
        assert "Your daily limit" in refused.text
        usage = (await room.command("usage"))[0]
        assert "As an owner you draw on the bot's limit alone" in usage.text
        assert "for each person" not in usage.text
        await cap(room, 1, scope="bot")
        [full] = await room.say("Hello")
        assert "The bot's daily limit" in full.text
        await cap(room, 10_000_000, scope="bot")
        await room.command("settings", name="owner_free", value="off", where="bot")
        [mine] = await room.say("Hello")
        assert "Your daily limit" in mine.text


async def test_a_new_cap_does_not_count_what_free_owners_spent(tmp_path: Path) -> None:
    async with open_room(tmp_path, owner_free=True) as room:
        for author in (ADA, EVE):
            await room.say("Hello", place=GROUP, author=author)
        both = await room.spent()
        use = CommandUse("caps", {"scope": "server", "amount": "$1"})
        await room.send(room.event(addressed=Addressed.COMMAND, command=use, place=GROUP))
        lines = room.parts.caps.lines(GROUP, "x", "chat", cost=1, count=1, at=room.parts.clock())
        counters = await room.store.money.counters([one.counter for one in lines if one.scope != "bot"])
        [used] = [one.used for one in counters]
        assert 0 < used < both


async def test_a_picture_that_does_not_fit_is_drawn_smaller_or_by_a_cheaper_model(room: Room) -> None:
    await room.parts.settings.put("bot", "image_model", "nano-banana-2", by="test", at=room.parts.clock())
    await cap(room, 20_000)
    shown = await room.command("image", prompt="a cat")
    assert any(one.media for one in shown)
    [note] = [one.text for one in shown if "nearly used" in one.text]
    assert " draws until " in note
    assert 0 < await room.spent() <= 20_000
    [refused] = await room.command("image", prompt="a cat", model="nano-banana-2")
    assert "would be passed" in refused.text, "who names a model gets that one or none"
