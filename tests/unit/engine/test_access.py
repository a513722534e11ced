"""The door is closed until an owner opens it, and says nothing to groups of strangers."""

from __future__ import annotations

from dataclasses import replace

from bot.engine.doors.access import Doorkeeper, Verdict
from bot.engine.doors.hashing import Hasher
from bot.messages import Addressed, CommandUse, Incoming, Person, Place
from bot.storing import Store

ADA = Person("telegram", "1", "Ada")
DM = Incoming("e", Place("telegram", "", "1"), ADA, Addressed.DIRECT, text="hi")
GROUP = replace(DM, place=Place("telegram", "-5", "-5"), addressed=Addressed.MENTION)


def keeper(store: Store, **options: bool) -> Doorkeeper:
    return Doorkeeper(store, Hasher(b"key"), is_open=options.get("is_open", False))


async def test_a_stranger_hears_one_sentence_and_groups_hear_nothing(store: Store) -> None:
    door = keeper(store)
    assert [door.decide(DM), door.decide(DM), door.decide(GROUP)] == [
        Verdict.TELL,
        Verdict.SILENT,
        Verdict.SILENT,
    ]


async def test_an_unanswered_slash_command_is_told_privately(store: Store) -> None:
    assert keeper(store).decide(replace(GROUP, reply_handle="token")) is Verdict.TELL


async def test_a_claim_makes_one_owner_who_survives_a_restart(store: Store) -> None:
    door = keeper(store)
    code = door.open_claim()
    attempt = replace(DM, command=CommandUse("claim", {"code": code}))
    assert door.decide(attempt) is Verdict.ENTER
    assert not await door.claim(ADA, "WRONG", at=1.0)
    assert await door.claim(ADA, code.lower(), at=1.0)
    assert not await door.claim(Person("telegram", "2"), code, at=1.0)
    again = keeper(store)
    await again.load()
    assert again.is_owner(DM)
    assert not again.needs_claim()


async def test_guessing_ends_the_code(store: Store) -> None:
    door = keeper(store)
    code = door.open_claim()
    for _ in range(10):
        assert not await door.claim(ADA, "0000", at=1.0)
    assert not await door.claim(ADA, code, at=1.0)


async def test_strangers_cannot_use_the_code_up(store: Store) -> None:
    door = keeper(store)
    code = door.open_claim()
    for number in range(90):
        assert not await door.claim(Person("telegram", f"9{number // 10}"), "0000", at=1.0)
    assert await door.claim(ADA, code, at=1.0)
    door = keeper(store)
    code = door.open_claim()
    for number in range(1000):
        assert not await door.claim(Person("telegram", f"9{number}"), "0000", at=1.0)
    assert not await door.claim(ADA, code, at=1.0)


async def test_places_and_people_can_be_let_in_and_shut_out(store: Store) -> None:
    door = keeper(store)
    await door.put_rule(GROUP.place.server_key, True, by="h", at=1.0)
    assert door.decide(GROUP) is Verdict.ENTER
    await door.put_rule(door.person_subject(ADA), False, by="h", at=1.0)
    assert door.decide(GROUP) is Verdict.SILENT
    again = keeper(store, is_open=True)
    await again.load()
    assert again.decide(GROUP) is Verdict.SILENT
    assert again.decide(replace(GROUP, author=Person("telegram", "3"))) is Verdict.ENTER


async def test_bots_are_ignored_and_the_trusted_visitor_is_an_owner(store: Store) -> None:
    door = keeper(store, is_open=True)
    assert door.decide(replace(GROUP, author=replace(ADA, is_bot=True))) is Verdict.SILENT
    assert door.is_owner(replace(DM, trusted=True))
