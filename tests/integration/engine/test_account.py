"""/account and the warning of a low balance."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from bot.assembly import Assembly, assemble
from bot.demo import Fault
from bot.engine.account.balance import EMPTY_QUIET
from bot.engine.account.book import NO_RIGHTS
from bot.messages import Addressed, CommandUse, Person, Place
from tests.integration.engine.room import ADA, PLACE, Room, open_room

ADMIN = "VENICE_ADMIN_KEY_of-the-house"
CHAT = "/chat/completions"
SERVER = Place("test", "s1", "c2")
BOB = Person("test", "2", "Bob")
LOW = "running low"
REFUSED = "Venice refused a call because the account's balance"


@pytest.fixture
async def room(tmp_path: Path) -> AsyncIterator[Room]:
    async with open_room(tmp_path, admin_key=ADMIN) as opened:
        await opened.parts.models.catalogue()
        yield opened


async def account(room: Room, place: Place = PLACE, handle: str = "", author: Person = ADA) -> str:
    event = room.event(
        place=place,
        author=author,
        addressed=Addressed.COMMAND,
        command=CommandUse("account"),
        reply_handle=handle,
    )
    return "\n".join(one.text for one in await room.send(event))


def called(room: Room, path: str) -> int:
    return sum(request.path == path for request in room.demo.requests)


# --- /account ---


async def test_the_account_with_an_admin_key(room: Room) -> None:
    await room.say("Hello there")
    spent = await room.spent()
    said = await account(room)
    assert "Left: $24.9" in said or "Left: $25.00" in said
    assert "The day of the account ends at 00:00 UTC (in " in said
    [model] = {request.model for request in room.demo.requests if request.path == CHAT}
    assert f"- `{model}`: " in said
    assert "calls a minute" in said
    assert "tokens a minute" in said
    assert "**Spent today**" in said
    assert "**Spent this month**" in said
    assert "; Venice says $" in said
    assert f"${spent / 1e6:.4f}"[:-1] in said
    assert NO_RIGHTS not in said
    rights = [request for request in room.demo.requests if request.path.startswith("/billing")]
    assert {request.secret for request in rights} == {ADMIN}
    assert all(request.secret == "demo" for request in room.demo.requests if request not in rights)


async def test_it_is_read_once_a_minute(room: Room) -> None:
    await account(room)
    await account(room)
    assert called(room, "/billing/balance") == 1
    assert called(room, "/billing/usage-analytics") == 2
    room.ahead += 61
    room.demo.balance_usd = 3.5
    assert "Left: $3.50" in await account(room)
    assert called(room, "/billing/balance") == 2


async def test_with_an_inference_key_it_says_what_is_missing_and_asks_once(tmp_path: Path) -> None:
    async with open_room(tmp_path) as room:
        said = await account(room)
        assert "Left: $25.00" in said
        assert "of what this key may spend" in said
        assert "Venice says" not in said
        assert NO_RIGHTS in said
        room.ahead += 61
        assert NO_RIGHTS in await account(room)
        assert called(room, "/billing/balance") == 1


@pytest.mark.parametrize("path", ["/billing/balance", "/billing/usage-analytics"])
async def test_when_the_bill_cannot_be_read_the_rest_is_shown(room: Room, path: str) -> None:
    room.demo.faults.next(path, Fault.status(504)).always()
    said = await account(room)
    assert "of what this key may spend" in said
    assert "took too long" in said
    assert "**Spent today**" in said


async def test_when_nothing_can_be_read_that_is_said(room: Room) -> None:
    room.demo.faults.next("/api_keys/rate_limits", Fault.status(401)).always()
    assert await account(room) == "Venice refused the API key. The operator has to look at it."


async def test_it_is_for_owners_and_for_their_eyes(room: Room) -> None:
    assert "Only an owner" in await account(room, author=BOB)
    assert "Ask me in a direct chat" in await account(room, SERVER)
    assert called(room, "/billing/balance") == 0
    assert "Left: $" in await account(room, SERVER, handle="h")


# --- a low balance ---


def told(room: Room, words: str, place: Place = PLACE) -> int:
    return sum(
        words in message.text and message.target.place == place for message in room.door.messages.values()
    )


async def remember_ada(room: Room) -> None:
    await room.say("Hello")


async def test_owners_are_told_once_for_each_time_it_gets_low(room: Room) -> None:
    await remember_ada(room)
    for crossing in (1, 2):
        room.demo.balance_usd = 4.2
        for _ in range(3):
            await room.say("Hello", place=SERVER, author=BOB)
        assert told(room, LOW) == crossing
        assert told(room, "$4.20 is left") == crossing
        room.demo.balance_usd = 30.0
        await room.say("Hello", place=SERVER, author=BOB)
    assert told(room, LOW, SERVER) == 0


async def test_it_is_noticed_without_a_question(room: Room) -> None:
    await remember_ada(room)
    room.demo.balance_usd = 4.2
    await room.parts.account.look()
    await room.parts.engine.idle()
    assert told(room, LOW) == 1


async def test_who_is_being_answered_hears_of_it_after_that(room: Room) -> None:
    room.demo.balance_usd = 4.2
    assert len(await room.say("Hello")) == 1
    assert told(room, LOW) == 0
    await room.parts.account.look()
    assert told(room, LOW) == 1
    await room.parts.account.look()
    assert told(room, LOW) == 1


async def test_a_restart_tells_nobody_twice_and_whom_it_missed(room: Room) -> None:
    async def another() -> Assembly:
        owners = frozenset({ADA.key, BOB.key})
        parts = assemble(
            room.store, room.client, {"test": room.door}, key=b"key", is_open=True, owners=owners
        )
        await parts.load()
        await parts.account.look()
        await parts.engine.idle()
        return parts

    await remember_ada(room)
    room.demo.balance_usd = 4.2
    await room.say("Hello", place=SERVER, author=BOB)
    assert told(room, LOW) == 1
    parts = await another()
    assert told(room, LOW) == 1
    direct = Place("test", "", "bob")
    await parts.engine.submit([room.event("Hello", place=direct, author=BOB)])
    await parts.engine.idle()
    await another()
    assert (told(room, LOW), told(room, LOW, direct)) == (1, 1)


async def test_without_a_known_chat_it_is_in_the_log(room: Room, capfd: pytest.CaptureFixture[str]) -> None:
    room.demo.balance_usd = 4.2
    await room.say("Hello", place=SERVER, author=BOB)
    assert told(room, LOW) == told(room, LOW, SERVER) == 0
    out = capfd.readouterr()
    assert (out.out + out.err).count("balance.low") == 1


async def test_the_threshold_is_a_setting_and_can_be_off(room: Room) -> None:
    await remember_ada(room)
    [said] = await room.command("settings", name="low_balance", value="0")
    assert said.text == "`low_balance` is now `0.0` for the bot."
    room.demo.balance_usd = 0.5
    await room.say("Hello", place=SERVER, author=BOB)
    room.demo.faults.next(CHAT, Fault.status(402)).times(1)
    await room.say("Hello", place=SERVER, author=BOB)
    assert told(room, LOW) == told(room, REFUSED) == 0
    await room.command("settings", name="low_balance", value="40")
    room.demo.balance_usd = 39.0
    await room.say("Hello", place=SERVER, author=BOB)
    assert told(room, "below $40.00") == 1
    [refused] = await room.command("settings", name="low_balance", value="1", where="server")
    assert "can only be set for: bot" in refused.text


@pytest.mark.parametrize(
    ("message", "says"),
    [
        ("", "The Venice account is empty"),
        ("API key USD spend limit exceeded.", "spending limit of the Venice"),
    ],
    ids=["account", "key"],
)
async def test_a_refusal_for_want_of_money_tells_the_owners(room: Room, message: str, says: str) -> None:
    await remember_ada(room)
    room.demo.faults.next(CHAT, Fault.status(402, message=message)).times(2)
    await room.say("Hello", place=SERVER, author=BOB)
    assert told(room, says, SERVER) == told(room, REFUSED) == 1
    await room.say("Hello", place=SERVER, author=BOB)
    assert told(room, REFUSED) == 1
    await room.say("Hello", place=SERVER, author=BOB)  # answered: there is money for this
    room.demo.faults.next(CHAT, Fault.status(402)).times(1)
    await room.say("Hello", place=SERVER, author=BOB)
    assert told(room, REFUSED) == 1  # a dear call was refused again: no news
    room.ahead += EMPTY_QUIET + 1
    await room.say("Hello", place=SERVER, author=BOB)
    room.demo.faults.next(CHAT, Fault.status(402)).times(1)
    await room.say("Hello", place=SERVER, author=BOB)
    assert told(room, REFUSED) == 2


async def test_a_key_of_another_account_says_nothing_about_ours(room: Room) -> None:
    await remember_ada(room)
    taken = room.event(
        place=SERVER,
        addressed=Addressed.COMMAND,
        command=CommandUse("key", {"action": "own", "key": "VENICE_INFERENCE_KEY_of-the-server"}),
        reply_handle="h",
    )
    await room.send(taken)
    room.demo.balance_usd = 1.0
    await room.say("Hello", place=SERVER, author=BOB)
    room.demo.faults.next(CHAT, Fault.status(402)).times(1)
    await room.say("Hello", place=SERVER, author=BOB)
    assert told(room, LOW) == told(room, REFUSED) == 0


# --- what was ---


async def shown(room: Room, **options: Any) -> str:
    return "\n".join(one.text for one in await room.command("account", **options))


async def test_the_history_by_day_and_model(room: Room) -> None:
    await room.say("Hello there")
    await room.command("image", prompt="a lighthouse")
    said = await shown(room, show="history", days=3)
    today = f"{datetime.now(UTC):%Y-%m-%d}"
    assert said.startswith("**What Venice booked, by day and model** (last 3 days, UTC): $")
    [line] = [line for line in said.splitlines() if line.startswith(f"- {today}: $")]
    spent = float(line.partition("$")[2].split()[0])
    assert spent == pytest.approx(await room.spent() / 1e6, abs=0.002)
    assert line.count("`") >= 4  # words and a picture
    [request] = [one for one in room.demo.requests if one.path == "/billing/usage-history"]
    assert request.secret == ADMIN


async def test_a_history_without_anything(room: Room) -> None:
    assert (await shown(room, show="history")).endswith("Nothing.")


async def test_a_history_that_is_too_long_says_so(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.engine.account.book.MOST_LINES", 1)
    await room.say("Hello there")
    await room.command("image", prompt="a lighthouse")
    assert "ask for fewer days" in await shown(room, show="history")


async def test_calls_that_ran_into_a_limit(room: Room) -> None:
    assert "None that Venice remembers" in await shown(room, show="refused")


async def test_the_past_wants_an_admin_key(tmp_path: Path) -> None:
    async with open_room(tmp_path) as room:
        for what in ("history", "refused"):
            assert await shown(room, show=what) == NO_RIGHTS
