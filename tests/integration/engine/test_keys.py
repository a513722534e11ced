"""Keys made for servers: made, exchanged, revoked, stored; who pays, and where a key must never stand."""

from __future__ import annotations

import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bot.assembly import assemble
from bot.commands.keys import NO_SERVER
from bot.demo import Fault
from bot.engine.flow.intake import from_payload
from bot.engine.money.keybook import MINTED_WORDS, UNREADABLE
from bot.engine.people.sheltering import HIDDEN
from bot.errors import VeniceFailure
from bot.messages import Authority, CommandUse, Place
from bot.sealing import Sealer
from tests.integration.engine.keyring import (
    ADMIN,
    CHAT,
    KEY,
    MO,
    OTHER,
    PLAIN_KEY,
    SERVER,
    account_of,
    ask,
    key,
    key_room,
    ledger,
    on_disk,
    secrets_of,
    use,
)
from tests.integration.engine.room import ADA, Room, open_room


@pytest.fixture
async def room(tmp_path: Path) -> AsyncIterator[Room]:
    async with key_room(tmp_path) as opened:
        yield opened


# --- keys made for servers ---


async def test_a_minted_key_pays_in_its_server_and_nowhere_else(room: Room) -> None:
    said = await key(room, ADA, action="mint", limit="$5", per="month", privacy="private-text")
    made = room.parts.keys.of(SERVER.server_key)
    assert made is not None
    assert made.last4 in said
    assert "$5.00 a month" in said
    [order] = [one for one in room.demo.requests if (one.method, one.path) == ("POST", "/api_keys")]
    assert order.secret == ADMIN
    body = order.json
    assert isinstance(body, dict)
    assert body["apiKeyType"] == "INFERENCE"
    assert body["consumptionLimit"] == {"usd": 5.0}
    assert (body["limitPeriod"], body["modelPrivacy"]) == ("MONTH", "PRIVATE_TEXT")
    for place in (SERVER, OTHER, Place("test", "", "dm")):
        assert (await ask(room, place))[0].text
    in_server, *elsewhere = secrets_of(room)
    assert in_server.startswith("VENICE_INFERENCE_KEY_")
    assert in_server.endswith(made.last4)
    assert elsewhere == ["demo", "demo"]
    assert await ledger(room) == [
        ("server:test:s1", f"minted:{made.id}"),
        ("server:test:s2", ""),
        ("", ""),
    ]
    shown = await key(room, MO)
    assert made.last4 in shown
    assert "Venice counts $" in shown
    assert in_server not in shown + said


async def test_turns_at_once_pay_with_their_own_keys(room: Room) -> None:
    await key(room, ADA, action="mint", limit="$5")
    await key(room, MO, OTHER, action="own", key=KEY)
    places = [SERVER, OTHER, Place("test", "", "dm")] * 4
    await room.send(
        *(
            room.event(f"Hello {number}", place=replace(place, channel=f"x{number}"), author=MO)
            for number, place in enumerate(places)
        )
    )
    by_secret = secrets_of(room)
    assert len(by_secret) == 12
    assert by_secret.count(KEY) == by_secret.count("demo") == 4
    assert {name.partition(":")[0] for server, name in await ledger(room) if server == "server:test:s2"} == {
        "own"
    }


async def test_a_key_with_its_limit_used_up_says_so_and_does_not_fall_back(room: Room) -> None:
    await key(room, ADA, action="mint", limit="$0.000001")
    assert (await ask(room))[0].text
    [refused] = await ask(room)
    assert refused.text == MINTED_WORDS[VeniceFailure.SPEND_LIMIT]
    assert (await ask(room, OTHER))[0].text != refused.text


async def test_a_key_revoked_at_venice_meanwhile_is_told_and_exchanged(room: Room) -> None:
    await key(room, ADA, action="mint", limit="$5", per="month")
    old = room.parts.keys.of(SERVER.server_key)
    assert old is not None
    async with account_of(room) as account:
        assert await account.delete_key(old.venice_id)
    [refused] = await ask(room)
    assert refused.text == MINTED_WORDS[VeniceFailure.AUTH]
    said = await key(room, ADA, action="rotate")
    new = room.parts.keys.of(SERVER.server_key)
    assert new is not None
    assert new.last4 in said
    assert "delete it in Venice" not in said
    assert (new.limit_usd, new.period) == (5_000_000, "MONTH")
    [answer] = await ask(room)
    assert answer.text != refused.text
    assert secrets_of(room)[-1].endswith(new.last4)


async def test_rotating_deletes_the_old_key_and_says_when_it_could_not(room: Room) -> None:
    await key(room, ADA, action="mint", limit="$5")
    await ask(room)
    await key(room, ADA, action="rotate", limit="$7")
    await ask(room)
    first, second = secrets_of(room)
    assert first != second
    async with account_of(room) as account:
        assert [one.last6 for one in await account.keys()] == [second[-6:]]
        assert [one.limit_usd for one in await account.keys()] == [7_000_000]
    room.demo.faults.next("/api_keys", Fault.status(500)).times(1)
    said = await key(room, ADA, action="rotate")
    assert "Venice had a problem" in said  # the new one was not made: all is as it was
    await ask(room)
    assert secrets_of(room)[-1] == second


async def test_a_key_gets_other_terms_and_stays_the_same(room: Room) -> None:
    await key(room, ADA, action="mint", limit="$5")
    before = room.parts.keys.of(SERVER.server_key)
    assert before is not None
    said = await key(room, ADA, action="change", limit="7 DIEM", per="month", privacy="private")
    assert f"still the key ending in `{before.last4}`. It may spend 7 DIEM a month and call private" in said
    after = room.parts.keys.of(SERVER.server_key)
    assert after is not None
    assert (after.sealed, after.venice_id, after.limit_usd) == (before.sealed, before.venice_id, None)
    async with account_of(room) as account:
        [seen] = await account.keys()
        assert (seen.limit_usd, seen.limit_diem, seen.period, seen.privacy) == (
            None,
            7_000_000,
            "MONTH",
            "PRIVATE_ONLY",
        )
    await room.parts.keys.load()
    stored = room.parts.keys.of(SERVER.server_key)
    assert stored is not None  # and its secret still opens
    assert replace(stored, set_at=0.0) == replace(after, set_at=0.0)
    await key(room, ADA, action="change", limit="$9")
    async with account_of(room) as account:
        [seen] = await account.keys()
        assert (seen.limit_usd, seen.limit_diem, seen.period) == (9_000_000, None, "MONTH")


async def test_terms_stay_where_venice_did_not_change_them(room: Room) -> None:
    await key(room, ADA, action="mint", limit="$5")
    before = room.parts.keys.of(SERVER.server_key)
    room.demo.faults.next("/api_keys", Fault.status(404)).always()
    assert "Done" not in await key(room, ADA, action="change", limit="$7")
    assert room.parts.keys.of(SERVER.server_key) == before


async def test_only_owners_change_terms_and_only_of_keys_made_here(room: Room) -> None:
    await key(room, ADA, action="mint", limit="$5")
    assert "Only an owner" in await key(room, MO, action="change", limit="$7")
    assert "Say what changes" in await key(room, ADA, action="change")


async def test_a_lost_answer_leaves_no_key_behind(room: Room) -> None:
    room.demo.faults.next("/api_keys", Fault.lost_answer()).times(1)
    await key(room, ADA, action="mint", limit="$5")
    assert room.parts.keys.of(SERVER.server_key) is None
    async with account_of(room) as account:
        assert await account.keys() == ()
    assert "made for this server" in await key(room, ADA, action="mint", limit="$5") + await key(room, ADA)


async def test_a_key_that_cannot_be_stored_does_not_stay_at_venice(room: Room) -> None:
    url = room.store.database.engines[0].url.database
    with closing(sqlite3.connect(str(url))) as connection:
        connection.execute("ALTER TABLE server_keys RENAME TO elsewhere")
    assert "ending in" not in await key(room, ADA, action="mint", limit="$5")
    assert secrets_of(room, "/api_keys")[0] == ADMIN
    async with account_of(room) as account:
        assert await account.keys() == ()
    await ask(room)
    assert secrets_of(room) == ["demo"]


async def test_revoking_deletes_at_venice_and_the_house_pays_again(room: Room) -> None:
    await key(room, ADA, action="mint", limit="$5")
    room.demo.faults.next("/api_keys", Fault.status(503)).times(1)
    assert "left everything as it was" in await key(room, ADA, action="revoke")
    assert room.parts.keys.of(SERVER.server_key) is not None
    assert "deleted at Venice" in await key(room, ADA, action="revoke")
    async with account_of(room) as account:
        assert await account.keys() == ()
    await ask(room)
    assert secrets_of(room) == ["demo"]
    assert "house's Venice key pays" in await key(room, MO)


@pytest.mark.parametrize("limit", ["", "none", "0", "-3", "five", "1e99"])
async def test_a_key_is_not_made_without_a_limit(room: Room, limit: str) -> None:
    assert "Say what the key may spend" in await key(room, ADA, action="mint", limit=limit)
    assert secrets_of(room, "/api_keys") == []


async def test_only_owners_make_keys_and_only_managers_see_them(room: Room) -> None:
    for action in ("mint", "rotate", "revoke"):
        await key(room, ADA, action="mint", limit="$5")
        assert "Only an owner" in await key(room, MO, action=action, limit="$5")
    event = replace(use(room, MO), authority=Authority.MEMBER, admin=False)
    assert "manages this channel" in (await room.send(event))[0].text
    event = replace(use(room, MO), admin=False)
    assert "manages this server" in (await room.send(event))[0].text
    assert room.parts.keys.of(SERVER.server_key) is not None


async def test_owners_see_all_keys_in_a_direct_chat_and_reach_servers_from_there(room: Room) -> None:
    direct = Place("test", "", "ada")
    assert "No server has a Venice key" in await key(room, ADA, direct, "")
    assert "$5.00 a day (UTC)" in await key(
        room, ADA, direct, "", action="mint", limit="$5", server="test:s1"
    )
    await key(room, MO, OTHER, action="own", key=KEY)
    said = await key(room, ADA, direct, "")
    assert "- `test:s1`: made here, ending in `" in said
    assert f"- `test:s2`: its own, ending in `{KEY[-4:]}`" in said
    await ask(room)
    assert secrets_of(room)[-1].startswith("VENICE_INFERENCE_KEY_")
    assert "Only an owner" in await key(room, MO, direct, "", action="revoke", server="test:s1")
    assert "Write the server as" in await key(room, ADA, direct, "", action="revoke", server="s1")
    assert "out; the house" in await key(room, ADA, direct, "", action="revoke", server="test:s1")
    assert "pays for everything" in await key(
        room, ADA, direct, "", action="own", key=PLAIN_KEY, server="test:s1"
    )
    assert await key(room, MO, direct, "") == NO_SERVER
    await ask(room)
    assert secrets_of(room)[-1] == PLAIN_KEY


async def test_without_an_admin_key_nothing_is_made(tmp_path: Path) -> None:
    async with open_room(tmp_path) as room:
        assert "admin key" in await key(room, ADA, action="mint", limit="$5")
        assert room.parts.keys.of(SERVER.server_key) is None


# --- what is stored ---


async def test_keys_survive_a_restart_and_a_change_of_the_secret(room: Room) -> None:
    await key(room, MO, action="own", key=KEY)
    [before] = await room.store.server_keys.all()

    async def opened(*secrets: bytes) -> Any:
        parts = assemble(
            room.store, room.client, {"test": room.door}, key=b"key", sealer=Sealer(secrets), is_open=True
        )
        await parts.load()
        return parts

    lost = await opened(b"another")
    await lost.engine.submit([room.event("Hello", place=SERVER, author=MO)])
    await lost.engine.idle()
    assert room.door.texts[-1] == UNREADABLE
    assert secrets_of(room) == []
    assert await room.store.server_keys.all() == [before]
    found = await opened(b"another", b"key")
    await found.engine.submit([room.event("Hello", place=SERVER, author=MO)])
    await found.engine.idle()
    assert secrets_of(room) == [KEY]
    [after] = await room.store.server_keys.all()
    assert after.sealed != before.sealed
    alone = await opened(b"another")
    credential = alone.keys.credential(SERVER.server_key)
    assert credential.secret.get_secret_value() == KEY


async def test_a_row_copied_to_another_server_does_not_open_there(room: Room) -> None:
    await key(room, MO, action="own", key=KEY)
    [row] = await room.store.server_keys.all()
    await room.store.server_keys.put(replace(row, server=OTHER.server_key))
    await room.parts.keys.load()
    assert (await ask(room, OTHER))[0].text == UNREADABLE
    assert (await ask(room))[0].text != UNREADABLE


async def test_a_chat_with_a_new_id_takes_its_key_along(room: Room) -> None:
    group, moved = Place("test", "-5", "-5"), Place("test", "-1005", "-1005")
    await key(room, MO, group, action="own", key=KEY)
    await room.parts.engine.moved("test", "-5", "-1005")
    await ask(room, moved)
    assert secrets_of(room) == [KEY]
    assert [row.server for row in await room.store.server_keys.all()] == [moved.server_key]
    assert "At Venice it still exists" in await key(room, MO, moved, action="revoke")


async def test_a_command_taken_up_after_a_crash_has_lost_its_key(room: Room) -> None:
    room.demo.faults.next("/api_keys/rate_limits", Fault.delay(1.0)).times(1)
    await room.parts.engine.submit([use(room, MO, action="own", key=KEY)])
    url = room.store.database.engines[0].url.database
    with closing(sqlite3.connect(str(url))) as connection:
        [(payload,)] = connection.execute("SELECT payload FROM turns").fetchall()
    taken_up = from_payload(payload)
    await room.parts.engine.idle()
    assert taken_up.command == CommandUse("key", {"action": "own"})
    assert taken_up.text == ""
    assert KEY not in payload
    said = await room.send(replace(taken_up, event_id="once more"))
    assert said[-1].text == "Give me the key in the option `key` of this command; nobody else sees it."


async def test_a_key_pasted_into_a_chat_goes_nowhere(room: Room, tmp_path: Path) -> None:
    await room.say(f"Is {KEY} a good key?", author=MO)
    sent = str([request.json for request in room.demo.requests if request.path == CHAT])
    assert HIDDEN in sent
    assert KEY not in sent
    await room.parts.engine.drain(1)
    assert KEY.encode() not in on_disk(tmp_path)
