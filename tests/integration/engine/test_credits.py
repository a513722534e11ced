"""/credits: granted, given, used after the allowance, and told."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from bot.crediting import CreditAccount
from bot.engine.doors.hashing import Hasher
from bot.messages import Addressed, ButtonPress, CommandUse, Incoming, OptionValue, Person, Place, Quoted
from bot.records import ALL_MEDIA, Cap, CapPeriod, CapUnit
from tests.integration.engine.room import ADA, Message, Room, open_room

BOB = Person("test", "22222", "Bob *the* second")
EVE = Person("test", "33333", "Eve")
HERS = Place("test", "", "c33333")
HIS = Place("test", "", "c22222")
GROUP = Place("test", "s1", "c9")
HASHER = Hasher(b"key")


@pytest.fixture
async def room(tmp_path: Path) -> AsyncIterator[Room]:
    async with open_room(tmp_path) as opened:
        yield opened


def command(room: Room, author: Person, place: Place, **options: OptionValue) -> Incoming:
    use = CommandUse("credits", options)
    return room.event(author=author, place=place, addressed=Addressed.COMMAND, command=use)


async def used(room: Room, author: Person, place: Place, **options: OptionValue) -> Message:
    """The one message that comes of /credits."""
    [message] = await room.send(command(room, author, place, **options))
    return message


async def press(room: Room, message: Message, by: Person, place: Place) -> str:
    [[button]] = message.buttons
    pressed = ButtonPress(button.id, "m1")
    event = room.event(author=by, place=place, addressed=Addressed.BUTTON, press=pressed)
    return "\n".join(one.text for one in await room.send(event))


async def account(room: Room, person: Person) -> CreditAccount:
    return await room.store.credits.account(HASHER.person(person))


async def grant(room: Room, person: Person, amount: str) -> None:
    said = await used(room, ADA, HIS, person=person.id, amount=amount)
    assert said.text.startswith("Granted"), said.text


async def test_an_owner_grants_and_takes_back_and_it_is_told_and_audited(room: Room) -> None:
    granted = await used(room, ADA, GROUP, person=BOB.id, amount="$5", note="for *helping*")
    assert granted.text == "Granted: $5.00. They have $5.00 of credits now."
    answered = "\n".join(one.text for one in await room.say("Hello", author=BOB, place=HIS))
    assert "You were granted $5.00 of credits." in answered
    assert "You were granted" not in str([one.text for one in await room.say("Hi", author=BOB, place=HIS)])
    shown = await used(room, BOB, HIS)
    assert "You have $5.00 of credits; they are used after your allowance." in shown.text
    assert r"+$5.00, granted: for \*helping\*" in shown.text
    back = await used(room, ADA, GROUP, note=f"{BOB.id} -$2 too much")
    assert back.text == "Taken back: $2.00. They have $3.00 of credits now."
    assert "Only $3.00 of their credits" in (await used(room, ADA, HIS, person=BOB.id, amount="-$4")).text
    assert "They have $3.00." in (await used(room, ADA, HIS, person=BOB.id)).text
    changes = [entry.change for entry in await room.store.audit.entries(5, kind="credit")]
    assert [(one.new, one.server) for one in changes] == [("granted -$2.00", ""), ("granted +$5.00", "")]
    assert BOB.id not in str(changes)


async def test_members_neither_grant_nor_look_at_others(room: Room) -> None:
    await grant(room, BOB, "$1")
    refused = await used(room, EVE, HERS, person=EVE.id, amount="$100")
    assert "You have these credits already" in refused.text
    assert "$0.00 of credits to give" in (await used(room, EVE, HERS, person=BOB.id, amount="$100")).text
    assert "Only an owner" in (await used(room, EVE, HERS, person=BOB.id)).text
    assert (await account(room, EVE)).balance == 0


async def test_a_gift_is_confirmed_once_by_the_giver_alone(room: Room) -> None:
    await grant(room, BOB, "$5")
    event = command(room, BOB, GROUP, note="$2 gift for the map")
    [asked] = await room.send(replace(event, quoted=Quoted("m1", EVE)))
    assert asked.text == "Give $2.00 of your credits to **Eve**?"
    assert (await account(room, EVE)).balance == 0
    assert "Only the person who gives" in await press(room, asked, ADA, GROUP)
    assert "Only the person" in await press(room, asked, EVE, GROUP)
    assert (await account(room, EVE)).balance == 0
    assert "Done: you gave $2.00. You have $3.00 of credits" in await press(room, asked, BOB, GROUP)
    await press(room, asked, BOB, GROUP)
    assert ((await account(room, BOB)).balance, (await account(room, EVE)).balance) == (3_000_000, 2_000_000)
    told = "\n".join(one.text for one in await room.say("Hello", author=EVE, place=HERS))
    assert "Somebody gave you $2.00 of credits." in told
    assert "a gift: for the map" in (await used(room, EVE, HERS)).text


async def test_an_owners_gift_comes_from_their_own(room: Room) -> None:
    assert (
        "You have $0.00 of credits to give"
        in (await used(room, ADA, HIS, person=BOB.id, amount="$1", gift=True)).text
    )


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"person": BOB.id, "amount": "$1"}, "You have these credits already"),
        ({"person": EVE.id, "amount": "$0.009"}, "Give at least $0.01."),
        ({"person": EVE.id, "amount": "-$1"}, "Give at least"),
        ({"person": EVE.id, "amount": "$6"}, "You have $5.00 of credits to give."),
        ({"person": EVE.id, "amount": "much"}, "Write the amount as `$5`"),
        ({"person": "eve", "amount": "$1"}, "Say who"),
        ({"amount": "$1"}, "Say who"),
    ],
)
async def test_gifts_that_cannot_be(room: Room, options: dict[str, OptionValue], sentence: str) -> None:
    await grant(room, BOB, "$5")
    said = await used(room, BOB, HIS, gift=True, **options)
    assert sentence in said.text
    assert not said.buttons


async def test_bots_get_nothing(room: Room) -> None:
    robot = Quoted("m1", Person("test", "44444", "Robot", is_bot=True))
    await grant(room, BOB, "$5")
    [refused] = await room.send(replace(command(room, BOB, GROUP, note="$1 gift"), quoted=robot))
    assert "A bot has no use for credits" in refused.text
    [refused] = await room.send(replace(command(room, ADA, GROUP, note="$1"), quoted=robot))
    assert "to a person" in refused.text


async def test_whoever_is_blocked_gives_nothing(room: Room) -> None:
    await grant(room, BOB, "$5")
    asked = await used(room, BOB, HIS, person=EVE.id, amount="$1", gift=True)
    door = room.parts.doorkeeper
    await door.put_rule(door.person_subject(BOB), False, by="test", at=0)
    assert await press(room, asked, BOB, HIS) == ""
    assert await room.send(command(room, BOB, HIS, person=EVE.id, amount="$1", gift=True)) == []
    assert (await account(room, EVE)).balance == 0


async def test_what_was_spent_meanwhile_is_not_given(room: Room) -> None:
    await grant(room, BOB, "$5")
    first = await used(room, BOB, HIS, person=EVE.id, amount="$4", gift=True)
    second = await used(room, BOB, HIS, person=EVE.id, amount="$3", gift=True)
    assert "Done" in await press(room, first, BOB, HIS)
    assert "You have $1.00 of credits to give" in await press(room, second, BOB, HIS)
    assert (await account(room, EVE)).balance == 4_000_000


async def test_credits_answer_what_the_allowance_does_not(room: Room) -> None:
    cap = Cap("user:*", ALL_MEDIA, CapUnit.MONEY, CapPeriod.DAY, 0)
    await room.parts.caps.put(cap, 0)
    [refused] = await room.say("Hello", author=BOB, place=HIS)
    assert "Your daily limit of $0.00 would be passed" in refused.text
    assert "credits" not in refused.text
    await grant(room, BOB, "$0.0001")
    [*_, refused] = await room.say("Hello", author=BOB, place=HIS)
    assert "You have $0.0001 of credits left, which is too little" in refused.text
    await grant(room, BOB, "$1")
    answered = await room.say("Hello", author=BOB, place=HIS)
    assert "limit" not in answered[-1].text
    spent = sum(row.cost for row in await room.store.money.usage(since=0, person=HASHER.person(BOB)))
    left = await account(room, BOB)
    assert spent > 0
    assert (left.held, left.balance) == (0, 1_000_100 - spent)
    usage, *_ = await room.send(
        room.event(author=BOB, place=HIS, addressed=Addressed.COMMAND, command=CommandUse("usage"))
    )
    assert "of credits; they are used after your allowance." in usage.text


async def test_a_channels_cap_stays_however_many_credits(room: Room) -> None:
    await room.parts.caps.put(Cap(HASHER.channel(HIS), ALL_MEDIA, CapUnit.MONEY, CapPeriod.DAY, 0), 0)
    await grant(room, BOB, "$100")
    [*_, refused] = await room.say("Hello", author=BOB, place=HIS)
    assert "This channel's daily limit" in refused.text
    assert (await account(room, BOB)).balance == 100_000_000
