"""The daily look at Venice's bill, over a demo that tells truly what it billed."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from bot.demo import Fault
from bot.engine.account import reconciler
from bot.engine.account.reconciler import compare
from bot.reconciling import BookedCall, ComparedLine, Outcome, Reconciliation
from bot.venice import UsageQuery, UsageRow
from tests.integration.engine.room import Room, open_room

ADMIN = "VENICE_ADMIN_KEY_of-the-house"
HISTORY = "/billing/usage-history"
CHAT = "/chat/completions"
DAY = datetime(2026, 11, 27, tzinfo=UTC)
NOON = DAY.timestamp() + 43_200


@pytest.fixture
async def room(tmp_path: Path) -> AsyncIterator[Room]:
    async with open_room(tmp_path, admin_key=ADMIN) as opened:
        yield opened


def tomorrow(room: Room, days: int = 1) -> None:
    """Three in the morning of a day to come, UTC."""
    now = datetime.now(UTC)
    then = now.replace(hour=3, minute=0, second=0, microsecond=0) + timedelta(days=days)
    room.ahead = (then - now).total_seconds()


async def looked(room: Room) -> Reconciliation:
    [one] = await room.parts.reconciler.look()
    return one


async def told(room: Room) -> list[str]:
    return [text for text in room.door.texts if text.startswith("The bill of")]


async def test_what_is_billed_truly_agrees_and_account_says_so(room: Room) -> None:
    await room.say("Hello there")
    await room.command("image", prompt="a red boat")
    await room.command("voice", text="Good evening")
    spent = await room.spent()
    tomorrow(room)
    one = await looked(room)
    assert one.outcome is Outcome.AGREES
    assert one.ours == spent > 0
    assert {line.medium for line in one.lines} == {"chat", "image", "voice"}
    assert all(abs(line.ours - line.theirs) <= 2 for line in one.lines), one.lines
    assert await told(room) == []
    [account] = await room.command("account")
    assert f"**Reconciled**\n\n- {one.day}: Venice billed $" in account.text
    assert "they agree" in account.text
    assert {request.secret for request in room.demo.requests if request.path == HISTORY} == {ADMIN}


async def test_it_is_looked_at_once_a_day_and_not_before_two(room: Room) -> None:
    await room.say("Hello there")
    tomorrow(room)
    room.ahead -= 7_200
    assert await room.parts.reconciler.look() == []
    room.ahead += 7_200
    await looked(room)
    assert await room.parts.reconciler.look() == []
    await room.parts.settings.put("bot", "reconcile", "off", by="test", at=0)
    tomorrow(room, 2)
    assert await room.parts.reconciler.look() == []


async def test_a_bill_that_differs_is_told_to_owners_by_model_once(room: Room) -> None:
    await room.say("Hello")  # where the owner can be told
    room.demo.faults.next(CHAT, Fault.wrong_bill(400.0))
    await room.say("Hello again")
    before = await room.store.money.usage(since=0)
    tomorrow(room)
    one = await looked(room)
    assert one.outcome is Outcome.DIFFERS
    [line] = one.lines
    assert (line.medium, line.ours - line.theirs > 10_000) == ("chat", True)
    [text] = await told(room)
    assert "**they differ**" in text
    assert f"- `{line.model}` (chat): Venice $" in text
    assert await room.store.money.usage(since=0) == before, "the ledger is never rewritten"
    [account] = await room.command("account")
    assert "**they differ**" in account.text
    assert f"`{line.model}` (chat): Venice" in account.text


@pytest.mark.parametrize(
    "fault",
    [
        Fault.status(403),
        Fault.status(429, retry_after=0),
        Fault.status(500),
        Fault.status(504),
        Fault.truncate(),
    ],
    ids=["403", "429", "500", "504", "truncated"],
)
async def test_what_cannot_be_read_is_said_and_tried_again_the_next_day(room: Room, fault: Fault) -> None:
    await room.say("Hello")
    room.demo.faults.next(HISTORY, fault).always()
    tomorrow(room)
    one = await looked(room)
    assert (one.outcome, one.lines) == (Outcome.UNREAD, ())
    assert one.said
    [text] = await told(room)
    assert "could not be read" in text
    assert "I try again tomorrow." in text
    [account] = await room.command("account")
    assert "could not be read" in account.text
    room.demo.faults.clear()
    tomorrow(room, 2)
    first, second = await room.parts.reconciler.look()
    assert (first.day, first.outcome, second.outcome) == (one.day, Outcome.AGREES, Outcome.AGREES)
    tomorrow(room, 3)
    assert len(await room.parts.reconciler.look()) == 1


async def test_one_stumble_is_not_told(room: Room) -> None:
    """Venice refuses twice and then tells: the client asks again by itself."""
    await room.say("Hello")
    room.demo.faults.next(HISTORY, Fault.status(500)).times(1)
    tomorrow(room)
    assert (await looked(room)).outcome is Outcome.AGREES
    assert await told(room) == []


async def test_a_voice_in_pieces_names_each_request(room: Room) -> None:
    await room.command("voice", text="The lamp burns. " * 40, model="tts-qwen3-0-6b")
    tomorrow(room)
    one = await looked(room)
    day = datetime.fromisoformat(one.day).replace(tzinfo=UTC).timestamp()
    [booked] = await room.store.reconciliations.booked(day, day + 86_400)
    assert len(booked.requests) == len(set(booked.requests)) > 1
    with room.parts.reconciler.account.rights() as account:
        history = [row async for row in account.usage_rows(UsageQuery())]
    assert {row.request_id for row in history} == set(booked.requests)


async def test_a_page_that_is_missing_leaves_the_day_unread(
    room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first page arrives, the second does not: half a bill is no bill."""
    monkeypatch.setattr(reconciler, "PAGE_ROWS", 10)
    for n in range(12):
        await room.say(f"Hello {n}")
    first = room.demo.faults.next(HISTORY, Fault.delay(0))
    room.demo.faults.next(HISTORY, Fault.status(500)).always()
    tomorrow(room)
    one = await looked(room)
    assert (first.left, one.outcome, one.lines) == (0, Outcome.UNREAD, ())
    room.demo.faults.clear()
    tomorrow(room, 2)
    again, _ = await room.parts.reconciler.look()
    assert (again.outcome, again.ours) == (Outcome.AGREES, await room.spent())


async def test_without_an_admin_key_nothing_is_tried_twice_or_said(tmp_path: Path) -> None:
    async with open_room(tmp_path) as room:
        await room.say("Hello")
        tomorrow(room)
        assert await room.parts.reconciler.look() == []
        assert await told(room) == []
        assert await room.store.reconciliations.recent(5) == []


async def test_days_before_the_house_are_no_business_of_ours(room: Room) -> None:
    tomorrow(room)
    assert await room.parts.reconciler.look() == []


# --- comparing ---


def call(request: str, cost: int, model: str = "m-1", at: float = NOON) -> BookedCall:
    return BookedCall(request, model, "chat", cost, at)


def row(
    request: str, cost: int, sku: str = "m-1-llm-output", at: float = NOON, currency: str = "USD"
) -> UsageRow:
    stamp = datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    one = Decimal(1)
    return UsageRow(stamp, sku, one, one, -cost, currency, "", request, None, None, None)


def compared(ours: list[BookedCall], theirs: list[UsageRow], *, last_try: bool = False) -> Reconciliation:
    return compare(DAY, ours, theirs, at=0, last_try=last_try)


def test_several_rows_of_a_request_are_one_call_and_refunds_come_off() -> None:
    rows = [row("a", 30_000), row("a", 20_000, "m-1-llm-input"), row("a", -10_000)]
    assert compared([call("a", 40_000)], rows).lines == (ComparedLine("m-1", "chat", 40_000, 40_000),)


def test_calls_over_midnight_belong_to_the_ledgers_day() -> None:
    late, early = DAY.timestamp() + 86_399, DAY.timestamp() + 86_401
    found = compared([call("a", 50_000, at=late)], [row("a", 50_000, at=early)])
    assert (found.outcome, found.theirs) == (Outcome.AGREES, 50_000)
    found = compared([call("a", 50_000, at=early)], [row("a", 50_000, at=late)])
    assert found.lines == ()


@pytest.mark.parametrize(
    ("ours", "theirs", "outcome"),
    [
        (100_000, 110_000, Outcome.AGREES),
        (100_000, 110_001, Outcome.DIFFERS),
        (2_000_000, 2_020_000, Outcome.AGREES),
        (2_000_000, 2_021_000, Outcome.DIFFERS),
        (110_001, 100_000, Outcome.DIFFERS),
    ],
)
def test_small_differences_are_no_news(ours: int, theirs: int, outcome: Outcome) -> None:
    assert compared([call("a", ours)], [row("a", theirs)]).outcome is outcome


def test_what_the_ledger_does_not_name_goes_to_the_model_of_its_sku_or_stands_alone() -> None:
    ours = [call("last", 60_000, "tts/kokoro.v1"), call("x", 50_000, "tts")]
    theirs = [
        row("first", 60_000, "tts-kokoro-v1-units"),
        row("y", 50_000, "tts-audio"),
        row("z", 90_000, "qwen"),
    ]
    found = compared(ours, theirs)
    assert found.outcome is Outcome.PARTIAL
    assert set(found.lines) == {
        ComparedLine("tts/kokoro.v1", "chat", 60_000, 60_000),
        ComparedLine("tts", "chat", 50_000, 50_000),
        ComparedLine("qwen", "", 0, 90_000),
    }


def test_a_history_that_is_not_complete_is_partial_and_in_the_end_a_difference() -> None:
    ours = [call(name, 20_000) for name in "abc"]
    found = compared(ours, [row("a", 20_000)])
    assert (found.outcome, "lacks 2 of 3 requests" in found.said) == (Outcome.PARTIAL, True)
    assert compared(ours, [row("a", 20_000)], last_try=True).outcome is Outcome.DIFFERS
    models = replace(ours[0], model="other")
    swapped = compared([models, ours[1]], [row("a", 40_000), row("b", 0)])
    assert swapped.outcome is Outcome.DIFFERS, "models are compared, not only sums"


def test_late_rows_are_waited_for_where_they_explain_the_difference() -> None:
    ours = [call(f"r{n}", 20_000) for n in range(20)]
    theirs = [row(f"r{n}", 20_000) for n in range(19)]
    assert compared(ours, theirs).outcome is Outcome.PARTIAL, "one of twenty is not listed yet"
    last = compared(ours, theirs, last_try=True)
    assert (last.outcome, last.said) == (Outcome.DIFFERS, "It does not list 1 of mine for $0.02.")
    other = compared(ours, [*theirs, row("x", 50_000)])
    assert other.outcome is Outcome.DIFFERS, "more than that is wrong"


def test_who_else_uses_the_account_is_named_as_such() -> None:
    ours = [call("a", 50_000), call("", 30_000)]
    theirs = [row("a", 50_000), row("x", 200_000), row("y", 1_000), row("", 30_000)]
    found = compared(ours, theirs)
    assert found.outcome is Outcome.DIFFERS
    assert found.said == (
        "Venice lists 2 requests for $0.20 that my ledger does not name. "
        "1 of mine for $0.03 broke off without an id of Venice's; they are booked at their estimate."
    )
    assert found.said in reconciler.told(found)


def test_times_without_a_zone_are_utc_and_those_nobody_can_read_count(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("TZ", "Pacific/Kiritimati")  # fourteen hours ahead
    time.tzset()
    try:
        plain = replace(row("x", 90_000, "qwen"), timestamp="2026-11-27T23:30:00.000")
        odd = replace(row("y", 90_000, "qwen"), timestamp="yesterday")
        found = compared([call("a", 50_000)], [row("a", 50_000), plain, odd])
    finally:
        monkeypatch.undo()
        time.tzset()
    assert ComparedLine("qwen", "", 0, 180_000) in found.lines


def test_diem_counts_as_dollars_and_other_money_by_units_and_price() -> None:
    ours = [call("a", 50_000), call("b", 1_000_000)]
    earned = row("b", 7, currency="EARNED_CREDITS")  # seven of them, for one unit at a dollar
    assert compared(ours, [row("a", 50_000, currency="DIEM"), earned]).outcome is Outcome.AGREES


def test_several_requests_of_one_call_are_one_line() -> None:
    ours = [call("a b c", 60_000, "tts-1")]
    theirs = [row(name, 20_000, "tts-1-units") for name in "abc"]
    found = compared(ours, theirs)
    assert (found.outcome, found.lines) == (
        Outcome.AGREES,
        (ComparedLine("tts-1", "chat", 60_000, 60_000),),
    )
    assert compared(ours, theirs[:2], last_try=True).outcome is Outcome.DIFFERS
