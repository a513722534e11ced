"""/caps: who sees what, who may set what, and for whom."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.messages import Addressed, Authority, CommandUse, Person, Place, Quoted
from bot.records import Cap, CapPeriod, CapUnit
from tests.integration.engine.room import ADA, MemoryDoor, Room, open_room

EVE = Person("test", "9", "Eve")
MOD = Person("test", "8", "Mo")
GROUP = Place("test", "s1", "c9")


@pytest.fixture
async def room(tmp_path: Path) -> AsyncIterator[Room]:
    async with open_room(tmp_path, door=RolesDoor()) as opened:
        yield opened


class RolesDoor(MemoryDoor):
    """A door whose one server has the role 7."""

    def has_role(self, place: Place, role: str) -> bool:
        return place == GROUP and role == "7"


async def caps(room: Room, author: Person, *, quoted: Quoted | None = None, **options: str) -> str:
    authority = Authority.MODERATOR if author == MOD else Authority.MEMBER
    event = room.event(
        author=author,
        place=GROUP,
        authority=authority,
        admin=author == MOD,
        addressed=Addressed.COMMAND,
        command=CommandUse("caps", dict(options)),
        quoted=quoted,
    )
    [answer] = await room.send(event)
    return answer.text


async def test_everybody_sees_what_holds_for_them(room: Room) -> None:
    await caps(room, ADA, scope="user", amount="5", medium="image", period="week")
    shown = await caps(room, EVE)
    assert "▱▱▱▱▱▱▱▱▱▱ 0 of 5 calls of image a week for each person; resets at 00:00 on " in shown
    assert "you can change" not in shown
    assert "Only an owner" in await caps(room, EVE, scope="bot", amount="$50")
    assert "Only someone who manages" in await caps(room, EVE, scope="channel", amount="$50")


async def test_who_manages_a_server_sets_limits_that_only_tighten(room: Room) -> None:
    await caps(room, ADA, scope="servers", amount="$5")
    assert "allows $5.00 here, so set at most that" in await caps(room, MOD, scope="server", amount="$6")
    assert "Set: $4.00 a day for a server" in await caps(room, MOD, scope="server", amount="$4")
    assert "Set: $5.00 a day for a server" in await caps(room, MOD, scope="server", amount="$5")
    assert "Set: 9 calls a month for a channel" in await caps(
        room, MOD, scope="channel", amount="9", period="month"
    )
    assert "$5.00 a day for a server" in await caps(room, MOD)
    for scope in ("bot", "user", "servers", "channels"):
        assert "Only an owner" in await caps(room, MOD, scope=scope, amount="$1")


async def test_what_an_owner_set_only_an_owner_changes(room: Room) -> None:
    await caps(room, ADA, scope="channel", amount="$1")
    assert "only an owner can change it" in await caps(room, MOD, scope="channel", amount="$0.5")
    assert "only an owner can remove it" in await caps(room, MOD, scope="channel", amount="none")
    assert "no such limit that you can remove" in await caps(
        room, MOD, remove=f"{GROUP.channel_key}|all|money|day"
    )
    assert "is removed" in await caps(room, ADA, remove=f"{GROUP.channel_key}|all|money|day")
    assert "Set:" in await caps(room, MOD, scope="channel", amount="$2")
    assert "is removed" in await caps(room, MOD, remove=f"{GROUP.channel_key}|all|money|day")


async def test_a_role_of_who_manages_a_server_lifts_no_owners_limit(room: Room) -> None:
    await caps(room, ADA, scope="user", amount="$1")
    assert "set at most that" in await caps(room, MOD, scope="role", role="test:7", amount="$2")
    assert "Set:" in await caps(room, MOD, scope="role", role="test:7", amount="$0.5")


async def test_roles_of_other_servers_are_nobodys_here(room: Room) -> None:
    for role in ("test:8", "discord:7", "7"):
        assert "no role of this server" in await caps(room, MOD, scope="role", role=role, amount="$0.5")
    assert "Set:" in await caps(room, MOD, scope="role", role="test:7", amount="$0.5")
    theirs = Cap("role:test:8", "all", CapUnit.MONEY, CapPeriod.DAY, 1, by_owner=False)
    await room.parts.caps.put(theirs, room.parts.clock())
    assert len([line for line in (await caps(room, MOD)).splitlines() if "with the role" in line]) == 1
    assert "no such limit" in await caps(room, MOD, remove="role:test:8|all|money|day")


async def test_one_person_has_a_limit_of_their_own(room: Room) -> None:
    key = f"user:{room.parts.doorkeeper.person_subject(EVE).removeprefix('person:')}"
    quoted = Quoted("m1", EVE)
    for options, reply in (({"person": "9"}, None), ({"person": "<@9>"}, None), ({}, quoted)):
        said = await caps(room, ADA, quoted=reply, scope="user", amount="$0.25", **options)
        assert "$0.25 a day for one person" in said
        assert await room.parts.caps.clear(key, "all", CapUnit.MONEY, CapPeriod.DAY, at=room.parts.clock())
    assert "id or a mention" in await caps(room, ADA, scope="user", amount="$1", person="Eve")


async def test_a_narrower_limit_takes_the_place_of_a_wider_one_of_its_kind_alone(room: Room) -> None:
    await caps(room, ADA, scope="user", amount="$1")
    await caps(room, ADA, scope="user", amount="5", medium="image")
    await caps(room, ADA, scope="user", person="9", amount="$2")
    await caps(room, ADA, scope="channels", amount="$3")
    await caps(room, ADA, scope="channel", amount="$4", period="month")
    shown = await caps(room, EVE)
    assert "$2.00 a day for one person" in shown
    assert "$1.00 a day" not in shown
    for kept in ("5 calls of image a day for each person", "$3.00 a day for each", "$4.00 a month for a"):
        assert kept in shown


async def test_limits_to_remove_are_suggested_to_who_may(room: Room) -> None:
    await caps(room, ADA, scope="user", amount="$1")
    await caps(room, MOD, scope="channel", amount="$2")
    completer = room.parts.engine.complete
    for author, found in ((ADA, 3), (MOD, 1), (EVE, 0)):
        authority = Authority.MODERATOR if author == MOD else Authority.MEMBER
        event = room.event(author=author, place=GROUP, authority=authority, command=CommandUse("caps", {}))
        assert len(await completer(event, "remove", "")) == found
