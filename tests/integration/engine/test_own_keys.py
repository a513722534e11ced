"""Keys that servers bring: taken only in private, tried at Venice, and what happens when one is refused."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bot.commands.keys import NO_SERVER, PUBLIC_KEY
from bot.demo import Fault
from bot.engine.account.ownkeys import ADMIN_KEY, NOT_A_KEY, TICKET_SECONDS, UNKNOWN_KEY
from bot.engine.flow.conduct import HOUSE_PAYS
from bot.engine.money.keybook import OWN_WORDS, REST_SECONDS
from bot.errors import VeniceFailure
from bot.keys import KeyOrigin
from bot.messages import Addressed, CommandUse, Person, Place
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
)
from tests.integration.engine.room import ADA, Room, open_room


@pytest.fixture
async def room(tmp_path: Path) -> AsyncIterator[Room]:
    async with key_room(tmp_path) as opened:
        yield opened


async def test_a_brought_key_pays_and_leaves_no_trace(room: Room, tmp_path: Path, capfd: Any) -> None:
    for given in (KEY, PLAIN_KEY):
        said = await key(room, MO, action="own", key=given)
        assert f"ending in `{given[-4:]}`" in said
        await ask(room)
        assert secrets_of(room)[-1] == given
        assert given not in said + await key(room, MO) + await key(room, ADA, action="rotate")
    await room.parts.engine.drain(1)
    out = capfd.readouterr()
    assert "turn.refused" in out.out + out.err
    for given in (KEY, PLAIN_KEY):
        assert given not in out.out + out.err
        assert given.encode() not in on_disk(tmp_path)
    assert not any(given in text for given in (KEY, PLAIN_KEY) for text in room.door.texts)


async def test_what_is_spent_with_a_brought_key_is_not_the_houses(room: Room) -> None:
    await key(room, MO, action="own", key=KEY)
    await ask(room)
    assert await room.spent() > 0
    assert await room.store.money.usage(since=0, house=True) == []
    bars = [one.text for one in await room.command("usage")]
    assert "$0.00 of $10.00 a day for the whole bot" in bars[0]
    await ask(room, OTHER)
    assert await room.store.money.usage(since=0, house=True) != []
    # Set anew, the cap adds up the ledger: the same figure.
    await room.command("caps", scope="bot", amount="$9")
    spent = sum(row.cost for row in await room.store.money.usage(since=0, house=True))
    today = time.strftime("%Y-%m-%d", time.gmtime())
    [state] = await room.store.money.counters([f"bot|all|money|day|{today}"])
    assert state.used == spent


async def test_a_full_cap_of_the_bot_does_not_stop_a_server_with_its_own_key(room: Room) -> None:
    await key(room, MO, action="own", key=KEY)
    await room.command("caps", scope="bot", amount="$0.000001")
    assert "limit" in (await ask(room, OTHER))[0].text
    assert "limit" not in (await ask(room))[0].text
    await room.send(
        room.event(
            place=SERVER,
            addressed=Addressed.COMMAND,
            command=CommandUse("caps", {"scope": "server", "amount": "$0.000001"}),
        )
    )
    assert "This server's daily limit" in (await ask(room))[0].text


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ("VENICE_INFERENCE_KEY_nobody-knows", UNKNOWN_KEY),
        ("short", NOT_A_KEY),
        ("two words of thirty characters", NOT_A_KEY),
        ("sixteen-and-more\r\nX-Other: header", NOT_A_KEY),
        ("ключ-из-шестнадцати-и-больше", NOT_A_KEY),
        (ADMIN, ADMIN_KEY),
    ],
)
async def test_a_key_that_is_no_good_is_not_kept(room: Room, given: str, says: str) -> None:
    assert await key(room, MO, action="own", key=given) == says
    assert await room.store.server_keys.all() == []


async def test_an_older_admin_key_is_recognised_by_what_it_may_do(
    room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    def everybody(_secret: str) -> bool:
        return True

    monkeypatch.setattr("bot.demo.desk.is_admin", everybody)
    assert await key(room, MO, action="own", key=PLAIN_KEY) == ADMIN_KEY
    assert await room.store.server_keys.all() == []


@pytest.mark.parametrize("path", ["/api_keys/rate_limits", "/billing/balance"])
async def test_while_venice_does_not_answer_a_key_is_not_kept(room: Room, path: str) -> None:
    room.demo.faults.next(path, Fault.status(500)).always()
    assert "Venice had a problem" in await key(room, MO, action="own", key=KEY)
    assert await room.store.server_keys.all() == []


async def test_a_key_in_public_is_refused_and_brought_in_private(room: Room, tmp_path: Path) -> None:
    public = await key(room, MO, SERVER, "", action="own", key=KEY)
    assert public == PUBLIC_KEY
    assert await room.store.server_keys.all() == []
    direct = Place("test", "", "mo")
    assert await key(room, MO, direct, "", action="own", key=KEY) == NO_SERVER
    assert "direct chat within 15 minutes" in await key(room, MO, SERVER, "", action="own")
    assert await key(room, ADA, replace(direct, channel="ada"), "", action="own", key=KEY) == NO_SERVER
    assert "in one message" in await key(room, MO, direct, "", action="own")
    said = await key(room, MO, direct, "", action="own", key=KEY)
    assert "**Canal**" in said
    assert "delete your message" in said
    await ask(room)
    assert secrets_of(room) == [KEY]
    assert await key(room, MO, direct, "", action="own", key=KEY) == NO_SERVER  # once is enough


async def test_an_invitation_ends(room: Room) -> None:
    await key(room, MO, SERVER, "", action="own")
    room.ahead += TICKET_SECONDS + 1
    assert await key(room, MO, Place("test", "", "mo"), "", action="own", key=KEY) == NO_SERVER


async def test_whoever_hides_behind_the_group_cannot_be_invited(room: Room) -> None:
    group = Person("test", SERVER.space, "Canal")
    assert "anonymously" in await key(room, group, SERVER, "", action="own")


async def test_a_closed_house_lets_the_invited_bring_their_key(tmp_path: Path) -> None:
    async with open_room(tmp_path, is_open=False, keys=frozenset({KEY})) as room:
        await room.parts.doorkeeper.put_rule(SERVER.server_key, True, by="", at=0)
        direct = Place("test", "", "mo")
        assert "direct chat within 15 minutes" in await key(room, MO, SERVER, "", action="own")
        assert (await room.say("Hello", place=direct, author=MO))[0].text.startswith(
            "Hello! This bot is private"
        )
        assert "pays for everything" in await key(room, MO, direct, "", action="own", key=KEY)
        assert await room.say("Hello", place=direct, author=MO) == []


async def test_a_brought_key_takes_the_place_of_a_made_one(room: Room) -> None:
    await key(room, ADA, action="mint", limit="$5")
    await key(room, MO, action="own", key=KEY)
    async with account_of(room) as account:
        assert await account.keys() == ()
    stored = room.parts.keys.of(SERVER.server_key)
    assert stored is not None
    assert stored.origin is KeyOrigin.OWN
    assert "give me the new one" in await key(room, ADA, action="rotate")
    assert "At Venice it still exists" in await key(room, MO, action="revoke")
    await ask(room)
    assert secrets_of(room) == ["demo"]


@pytest.mark.parametrize(
    ("fault", "failure"),
    [
        (Fault.status(401), VeniceFailure.AUTH),
        (Fault.status(402), VeniceFailure.BALANCE),
        (Fault.status(402, message="API key USD spend limit exceeded."), VeniceFailure.SPEND_LIMIT),
        (Fault.status(403), VeniceFailure.FORBIDDEN),
    ],
    ids=["401", "402", "limit", "403"],
)
async def test_a_refused_key_is_said_to_be_the_servers(
    room: Room, fault: Fault, failure: VeniceFailure
) -> None:
    await key(room, MO, action="own", key=KEY)
    await room.command("settings", name="fallback", value="off", where="bot")
    room.demo.faults.next(CHAT, fault).times(1)
    [message] = await ask(room)
    assert message.text == OWN_WORDS[failure]
    assert secrets_of(room) == [KEY]


async def test_the_house_stands_in_only_where_the_owner_allows_it(room: Room) -> None:
    await key(room, MO, action="own", key=KEY)
    await room.command("settings", name="own_key_fallback", value="on")
    room.demo.faults.next(CHAT, Fault.status(402)).times(1)
    notice, answer = await ask(room)
    assert HOUSE_PAYS in notice.text
    assert OWN_WORDS[VeniceFailure.BALANCE] in notice.text
    assert answer.text
    [silent] = await ask(room)
    assert HOUSE_PAYS not in silent.text
    assert secrets_of(room) == [KEY, "demo", "demo"]
    assert [name for _, name in await ledger(room)][1:] == ["", ""]
    assert "the house's key answers" in await key(room, MO)
    room.ahead += REST_SECONDS + 1
    await ask(room)
    assert secrets_of(room)[-1] == KEY
    room.demo.faults.next(CHAT, Fault.status(403)).times(1)
    assert not any(HOUSE_PAYS in one.text for one in await ask(room))  # about the model, not the key
    assert secrets_of(room)[-2:] == [KEY, KEY]


async def test_a_model_closed_to_one_key_stays_open_to_the_others(room: Room) -> None:
    await key(room, MO, action="own", key=KEY)
    room.demo.faults.next(CHAT, Fault.status(403)).times(1)
    await ask(room)
    await ask(room, OTHER)
    await ask(room)
    closed, other, elsewhere, again = (one for one in room.demo.requests if one.path == CHAT)
    assert closed.model == elsewhere.model != other.model
    assert again.model == other.model


async def test_standing_in_keeps_the_cap_of_the_house(room: Room) -> None:
    await key(room, MO, action="own", key=KEY)
    await room.command("settings", name="own_key_fallback", value="on")
    await room.command("caps", scope="bot", amount="$0.000001")
    room.demo.faults.next(CHAT, Fault.status(402)).times(1)
    messages = await ask(room)
    assert any("The bot's daily limit" in one.text for one in messages)
    assert secrets_of(room) == [KEY]


async def test_models_are_the_houses_whatever_the_servers_key_is(room: Room) -> None:
    await key(room, MO, action="own", key=KEY)
    room.ahead += 3600
    await ask(room)
    assert secrets_of(room, "/models")[-1] == "demo"
    assert secrets_of(room, "/api_keys/rate_limits") == [KEY]


async def test_a_brought_key_has_the_windows_of_its_own_account(room: Room) -> None:
    await key(room, MO, action="own", key=KEY)
    await key(room, ADA, OTHER, action="mint", limit="$5")
    house = room.client.keychain.house.limits
    await room.client.rate_limits()
    own, minted = (room.parts.keys.credential(place.server_key) for place in (SERVER, OTHER))
    assert own is not None
    assert minted is not None
    for _ in range(20):
        async with house.turn("kimi-k3", "p", 0):
            pass
    assert (house.wait_for("kimi-k3") > 0, minted.limits.wait_for("kimi-k3") > 0) == (True, True)
    assert own.limits.wait_for("kimi-k3") == 0
    for _ in range(20):
        async with own.limits.turn("kimi-k3", "p", 0):
            pass
    assert own.limits.wait_for("kimi-k3") > 0
    for _ in range(18):
        minted.limits.breaker.record()
    assert minted.limits.breaker.wait() > 0
    assert house.breaker.wait() == own.limits.breaker.wait() == 0


async def test_after_a_restart_the_windows_are_asked_for_once(room: Room) -> None:
    await key(room, MO, action="own", key=KEY)
    room.parts.keys._keys.clear()  # pyright: ignore[reportPrivateUsage]
    await room.parts.keys.load()
    for _ in range(2):
        await room.parts.account.look()
    assert secrets_of(room, "/api_keys/rate_limits") == [KEY, "demo", KEY, "demo"]
