"""Credits under attack: nobody makes money of nothing, and no cap but one's own gives way."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.auditing import Change, ChangeKind
from bot.messages import Person, Place
from bot.people import Link
from bot.records import ALL_MEDIA, Cap, CapPeriod, CapUnit
from tests.integration.engine.room import ADA, Room, open_room
from tests.integration.engine.test_credits import (
    BOB,
    EVE,
    GROUP,
    HASHER,
    HERS,
    HIS,
    account,
    grant,
    press,
    used,
)

CAT = Person("test", "44444", "Cat")
CATS = Place("test", "", "c44444")
NOTE = Change(0.0, "test", ChangeKind.DATA, "", "", "", "", "")


@pytest.fixture
async def room(tmp_path: Path) -> AsyncIterator[Room]:
    async with open_room(tmp_path) as opened:
        yield opened


async def balances(room: Room) -> list[int]:
    return [(await account(room, one)).balance for one in (CAT, BOB, EVE)]


@pytest.mark.parametrize(
    "amount",
    ["nan", "$nan", "inf", "1e400", "9" * 40, "-5", "-$0.01", "0", "$0", "0.001", "0x10", "$1,0", "−3"],
)
async def test_amounts_that_are_none_move_nothing(room: Room, amount: str) -> None:
    await grant(room, BOB, "$5")
    said = await used(room, BOB, HIS, person=EVE.id, amount=amount, gift=True)
    assert not said.buttons, said.text
    assert await balances(room) == [0, 5_000_000, 0]


@pytest.mark.parametrize("amount", ["nan", "inf", "1e400", "9" * 40, "$1000001", "-$0.01"])
async def test_an_owner_cannot_grant_beyond_reason(room: Room, amount: str) -> None:
    said = await used(room, ADA, HIS, person=BOB.id, amount=amount)
    assert not said.text.startswith(("Granted", "Taken back")), said.text
    assert await balances(room) == [0, 0, 0]


async def linked(room: Room) -> None:
    """Eve's account becomes Bob's."""
    bob, eve = (Link(HASHER.person(one), HASHER.person(one), one.key) for one in (BOB, EVE))
    await room.store.people.link(bob, eve, NOTE)
    await room.parts.identities.load()


async def test_a_gift_to_who_was_linked_meanwhile_is_none(room: Room) -> None:
    """Else it would go to an account that nobody has any more."""
    await grant(room, BOB, "$5")
    asked = await used(room, BOB, HIS, person=EVE.id, amount="$2", gift=True)
    await linked(room)
    assert "You have these credits already" in await press(room, asked, BOB, HIS)
    assert await balances(room) == [0, 5_000_000, 0]


async def test_a_gift_to_a_linked_account_reaches_its_person(room: Room) -> None:
    await grant(room, CAT, "$5")
    asked = await used(room, CAT, CATS, person=EVE.id, amount="$2", gift=True)
    await linked(room)
    assert "Done: you gave $2.00" in await press(room, asked, CAT, CATS)
    assert await balances(room) == [3_000_000, 2_000_000, 0]
    await grant(room, EVE, "$1")
    assert await balances(room) == [3_000_000, 3_000_000, 0]


async def test_what_linked_accounts_have_is_one_purse_before_and_after(room: Room) -> None:
    await grant(room, BOB, "$5")
    await grant(room, EVE, "$1")
    await linked(room)
    assert "You have $6.00" in (await used(room, EVE, HERS)).text
    assert (
        "You have these credits already"
        in (await used(room, EVE, HERS, person=BOB.id, amount="$1", gift=True)).text
    )
    await room.store.people.unlink(HASHER.person(BOB), NOTE)
    await room.parts.identities.load()
    assert await balances(room) == [0, 6_000_000, 0], "not twice"


async def test_a_gift_button_is_good_for_an_hour_and_for_one_person(room: Room) -> None:
    await grant(room, BOB, "$5")
    asked = await used(room, BOB, HIS, person=EVE.id, amount="$2", gift=True)
    assert "Done" not in await press(room, asked, EVE, HIS)
    assert "Done" not in await press(room, asked, ADA, HIS)
    room.ahead = 3_601
    assert "Done" not in await press(room, asked, BOB, HIS)
    assert await balances(room) == [0, 5_000_000, 0]


async def test_more_than_is_left_when_the_button_is_pressed_moves_nothing(room: Room) -> None:
    await grant(room, BOB, "$5")
    first = await used(room, BOB, HIS, person=EVE.id, amount="$4", gift=True)
    second = await used(room, BOB, HIS, person=CAT.id, amount="$4", gift=True)
    assert "Done" in await press(room, first, BOB, HIS)
    assert "You have $1.00 of credits to give" in await press(room, second, BOB, HIS)
    await press(room, first, BOB, HIS)
    assert await balances(room) == [0, 1_000_000, 4_000_000], "pressed twice, given once"


async def test_who_is_shut_out_neither_gives_nor_spends(room: Room) -> None:
    await grant(room, BOB, "$5")
    asked = await used(room, BOB, HIS, person=EVE.id, amount="$2", gift=True)
    await room.parts.doorkeeper.put_rule(f"person:{HASHER.person(BOB)}", False, by="test", at=0)
    before = len(room.door.messages)
    await room.say("Hello", author=BOB, place=HIS)
    assert "Done" not in await press(room, asked, BOB, HIS)
    assert len(room.door.messages) - before <= 1
    assert (await balances(room), await room.spent()) == ([0, 5_000_000, 0], 0)


@pytest.mark.parametrize("scope", ["bot", "server", "channel"])
async def test_however_rich_nobody_passes_a_cap_of_a_place(room: Room, scope: str) -> None:
    """Given in one server, spent in another: credits are a person's, caps of places stand."""
    await room.parts.settings.put("bot", "saving", "off", by="test", at=0)
    await grant(room, BOB, "$1000")
    for whose, limit in (
        ("user:*", 0),
        ({"bot": "bot", "server": GROUP.server_key, "channel": GROUP.channel_key}[scope], 1),
    ):
        cap = Cap(whose, ALL_MEDIA, CapUnit.MONEY, CapPeriod.DAY, limit)
        await room.parts.caps.put(cap, room.parts.clock())
    said = "\n".join(one.text for one in await room.say("Hello", author=BOB, place=GROUP))
    assert "would be passed, so I did not start" in said
    assert await room.spent() == 0
    await room.say("Hello", author=BOB, place=HIS)
    assert (await room.spent() > 0) is (scope != "bot"), "elsewhere they pay"
