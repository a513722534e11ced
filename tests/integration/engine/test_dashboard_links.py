"""/dashboard: who gets a link, what it opens, and that it opens once."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.auditing import ChangeKind
from bot.dashboard import SIGN_IN_SECONDS, LiveKind, Viewer
from bot.messages import Person, Place
from tests.integration.engine.deskroom import ANN, BEN, A, B, admin, dashboard, hashed, owner
from tests.integration.engine.room import ADA, MemoryDoor, Room, open_room
from tests.integration.test_catchup_on_platforms import everything_in
from tests.integration.upkeep.rows import everything

HOME = Place("test", "", "1")


class WhisperingDoor(MemoryDoor):
    """A door that reaches people in private."""

    def direct_chat(self, person: Person) -> Place:
        return HOME


@pytest.fixture
async def room(tmp_path: Path) -> AsyncIterator[Room]:
    async with open_room(tmp_path, door=WhisperingDoor()) as opened:
        yield opened


async def link(room: Room, person: Person = ADA, place: Place = HOME, *, manages: bool = False) -> str:
    """The token somebody is sent."""
    messages = await room.send(dashboard(room, person, place, manages=manages))
    return token_in("\n".join(message.text for message in messages))


def token_in(text: str) -> str:
    found = re.search(r"http://127\.0\.0\.1:8080/dashboard/sign-in\?token=([0-9a-f]{64,})\b", text)
    assert found is not None, text
    return found[1]


async def test_an_owners_link_opens_the_house_once_and_is_audited(room: Room) -> None:
    token = await link(room)
    assert await room.parts.desk.redeem(token) == owner(room)
    assert await room.parts.desk.redeem(token) is None
    assert await room.parts.desk.redeem("") is None
    newest = (await room.parts.desk.audit(owner(room), kind="sign-in")).rows
    assert [(one.change.kind, one.change.by, one.change.scope) for one in newest] == [
        (ChangeKind.SIGN_IN, hashed(room, ADA), "bot")
    ]


async def test_an_admins_link_opens_their_server(room: Room) -> None:
    token = await link(room, ANN, A, manages=True)
    assert await room.parts.desk.redeem(token) == admin(room, ANN, A)
    (entry,) = (await room.parts.desk.audit(admin(room, ANN, A))).rows
    assert (entry.change.by, entry.change.server) == (hashed(room, ANN), A.server_key)


async def test_in_a_group_the_link_goes_to_the_private_chat(room: Room) -> None:
    messages = await room.send(dashboard(room, ANN, A, manages=True))
    private = [one for one in messages if one.target.place == HOME]
    assert token_in(private[0].text)
    assert "works once" in private[0].text
    assert "set GONDOLA_PUBLIC_URL" in private[0].text
    assert ["token" in one.text for one in messages if one.target.place == A] == [False]


async def test_whoever_manages_nothing_gets_none(room: Room) -> None:
    for person, place in ((ANN, A), (ANN, HOME), (BEN, B)):
        messages = await room.send(dashboard(room, person, place))
        assert "for owners of this bot and for those who manage a server" in messages[-1].text
        assert not any("token" in message.text for message in messages)


async def test_where_nobody_can_be_told_alone_no_link_is_made(tmp_path: Path) -> None:
    async with open_room(tmp_path) as room:
        (message,) = await room.send(dashboard(room, ADA, A))
        assert "ask me in our private chat" in message.text
        assert (await everything(room.store.database))["sign_ins"] == []


async def test_a_link_ends_with_its_time_and_with_the_next_one(room: Room) -> None:
    old, new = await link(room), await link(room)
    assert await room.parts.desk.redeem(old) is None
    room.ahead = SIGN_IN_SECONDS + 1
    assert await room.parts.desk.redeem(new) is None
    assert (await room.parts.desk.audit(owner(room), kind="sign-in")).rows == ()


async def test_of_many_who_press_at_once_one_gets_in(room: Room) -> None:
    token = await link(room)
    found = await asyncio.gather(*(room.parts.desk.redeem(token) for _ in range(8)))
    assert [one for one in found if one is not None] == [owner(room)]


async def test_the_token_is_kept_nowhere(room: Room, tmp_path: Path) -> None:
    token = await link(room, ANN, A, manages=True)
    await room.parts.engine.idle()
    assert token not in repr(await everything(room.store.database))
    kept = await asyncio.to_thread(everything_in, tmp_path)
    assert token.encode() not in kept
    assert b"sign_ins" in kept


async def test_rights_end_with_what_they_rest_on(room: Room) -> None:
    desk, ada, ann = room.parts.desk, owner(room), admin(room, ANN, A)
    assert await desk.still(ada) == ada
    assert await desk.still(ann) == ann
    assert await desk.still(Viewer("", owner=True)) == Viewer("", owner=True)
    assert await desk.still(Viewer(hashed(room, ANN), owner=True)) is None
    assert await desk.still(Viewer(hashed(room, ANN), owner=False)) is None
    both = Viewer(hashed(room, ANN), owner=False, servers=(A.server_key, B.server_key))
    await desk.set_rule(ada, B.server_key, False)
    assert await desk.still(both) == ann
    await desk.set_rule(ada, f"person:{hashed(room, ANN)}", False)
    assert await desk.still(ann) is None


async def test_whoever_was_shut_out_meanwhile_does_not_get_in(room: Room) -> None:
    token = await link(room, ANN, A, manages=True)
    await room.parts.desk.set_rule(owner(room), f"person:{hashed(room, ANN)}", False)
    assert await room.parts.desk.redeem(token) is None


# --- live ---


async def test_who_watches_hears_of_turns_and_calls_as_they_happen(room: Room) -> None:
    desk = room.parts.desk
    mine, house = desk.live(admin(room, ANN, A)), desk.live(owner(room))
    first, every = asyncio.create_task(anext(mine)), asyncio.create_task(anext(house))
    await asyncio.sleep(0)
    await room.say("Hello", author=BEN, place=B)
    await room.say("Hello", author=ANN, place=A)
    asked = await first
    assert (asked.kind, asked.server, asked.person) == (LiveKind.ASKED, A.server_key, hashed(room, ANN))
    paid, answered = await anext(mine), await anext(mine)
    assert (paid.kind, paid.medium, paid.cost > 0, paid.turn_id) == (
        LiveKind.PAID,
        "chat",
        True,
        asked.turn_id,
    )
    assert (answered.kind, answered.seconds > 0) == (LiveKind.ANSWERED, True)
    seen = [await every] + [await anext(house) for _ in range(5)]
    assert [one.server for one in seen] == [B.server_key] * 3 + [A.server_key] * 3
    room.parts.pulse.broadcast.close()
    with pytest.raises(StopAsyncIteration):
        await anext(mine)
