"""Caps: which counters a call draws on, and the sentence when one is full."""

from __future__ import annotations

import time
from datetime import UTC, datetime

import pytest

from bot.commands.limits import describe_cap, parse_amount
from bot.engine.money.caps import CapsBook, dollars, period_at
from bot.engine.money.cashier import Cashier, Payer
from bot.errors import CapReached, UserError, VeniceError, VeniceFailure
from bot.messages import Place
from bot.records import ALL_MEDIA, Cap, CapPeriod, CapUnit, Settlement, period_start
from bot.storing import Store

PLACE = Place("discord", "10", "20")
PAYER = Payer("turn", PLACE, "ada")
NOON = 1_795_521_600.0  # 2026-11-24 12:00 UTC


def test_periods_are_utc_days_and_months() -> None:
    day, month = period_at(CapPeriod.DAY, NOON), period_at(CapPeriod.MONTH, NOON)
    assert (day.name, month.name) == ("2026-11-24", "2026-11")
    assert (day.end - day.start, month.end - month.start) == (86_400, 30 * 86_400)


async def test_a_named_person_has_their_own_cap_instead_of_everybodys(store: Store) -> None:
    book = CapsBook(store.money)
    await book.put(Cap("user:*", ALL_MEDIA, CapUnit.MONEY, CapPeriod.DAY, 5), NOON)
    await book.put(Cap("user:bob", ALL_MEDIA, CapUnit.MONEY, CapPeriod.DAY, 9), NOON)
    limits = {
        person: [line.limit for line in book.lines(PLACE, person, "chat", cost=1, count=1, at=NOON)]
        for person in ("ada", "bob")
    }
    assert limits == {"ada": [5], "bob": [9]}


async def test_media_and_units_draw_on_their_own_caps(store: Store) -> None:
    book = CapsBook(store.money)
    await book.put(Cap("bot", ALL_MEDIA, CapUnit.MONEY, CapPeriod.DAY, 100), NOON)
    await book.put(Cap(PLACE.channel_key, "image", CapUnit.COUNT, CapPeriod.MONTH, 3), NOON)
    amounts = {
        medium: [line.amount for line in book.lines(PLACE, "ada", medium, cost=7, count=2, at=NOON)]
        for medium in ("chat", "image")
    }
    assert amounts == {"chat": [7], "image": [7, 2]}


async def test_a_full_cap_is_named_with_its_reset(store: Store) -> None:
    book = CapsBook(store.money)
    await book.put(Cap(PLACE.channel_key, "image", CapUnit.COUNT, CapPeriod.DAY, 1), NOON)
    cashier = Cashier(store.money, book, lambda: NOON)
    await cashier.hold(PAYER, "image", "m", 10)
    with pytest.raises(CapReached) as caught:
        await cashier.hold(PAYER, "image", "m", 10)
    assert "This channel's daily limit of 1 pictures" in caught.value.reader_text
    assert "00:00 on 25 November (UTC, in 12 h)" in caught.value.reader_text
    assert caught.value.cap.used == 1


async def pay(cashier: Cashier, error: Exception | None) -> Settlement:
    settlements: list[Settlement] = []
    try:
        async with cashier.paying(PAYER, settlements, "image", "m", 10):
            if error is not None:
                raise error
    except VeniceError:
        pass
    return settlements[0]


async def test_a_refused_call_is_free_and_an_unanswered_one_is_not(store: Store) -> None:
    cashier = Cashier(store.money, CapsBook(store.money), time.time)
    refused = await pay(cashier, VeniceError(VeniceFailure.CONTENT_POLICY, status=422))
    assert (refused.cost, refused.count, refused.uncertain) == (0, 0, False)
    cut = await pay(cashier, VeniceError(VeniceFailure.TIMEOUT))
    assert (cut.cost, cut.count, cut.uncertain) == (10, 1, True)


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("$5", (CapUnit.MONEY, 5_000_000)),
        ("$0.01", (CapUnit.MONEY, 10_000)),
        ("2 usd", (CapUnit.MONEY, 2_000_000)),
        ("20", (CapUnit.COUNT, 20)),
    ],
)
def test_amounts_are_read_as_people_write_them(text: str, amount: tuple[CapUnit, int]) -> None:
    assert parse_amount(text) == amount


@pytest.mark.parametrize("text", ["", "five", "-1", "$-1", "1.5", "$inf", "nan"])
def test_bad_amounts_are_explained(text: str) -> None:
    with pytest.raises(UserError):
        parse_amount(text)


def test_money_and_caps_in_words() -> None:
    assert [dollars(n) for n in (0, 1, 1_230, 1_500_000)] == ["$0.00", "<$0.0001", "$0.0012", "$1.50"]
    cap = Cap("user:*", "image", CapUnit.COUNT, CapPeriod.DAY, 4)
    assert describe_cap(cap) == "4 calls of image a day for each person"


def test_weeks_begin_on_monday() -> None:
    week = period_at(CapPeriod.WEEK, NOON)
    assert (week.name, NOON - week.start, week.end - week.start) == ("2026-W48", 36 * 3600, 7 * 86_400)
    assert period_at(CapPeriod.WEEK, week.end - 1) == week
    assert period_at(CapPeriod.WEEK, week.end).name == "2026-W49"


def test_the_days_around_new_year_belong_to_one_week() -> None:
    new_year = 1_798_761_600.0  # 2027-01-01 00:00 UTC, a Friday
    assert period_at(CapPeriod.WEEK, new_year).name == "2026-W53"
    assert period_at(CapPeriod.WEEK, new_year).start == new_year - 4 * 86_400


async def test_the_highest_role_with_a_cap_is_a_members_allowance(store: Store) -> None:
    book = CapsBook(store.money)

    def money(scope: str, limit: int) -> Cap:
        return Cap(scope, ALL_MEDIA, CapUnit.MONEY, CapPeriod.DAY, limit)

    def limits(person: str, place: Place = PLACE) -> list[tuple[str, int]]:
        return [(x.scope, x.limit) for x in book.lines(place, person, "chat", cost=1, count=1, at=NOON)]

    for scope, limit in (("user:*", 5), ("role:discord:7", 20), ("role:discord:8", 9), ("user:bob", 1)):
        await book.put(money(scope, limit), NOON)
    book.know_roles(PLACE, "ada", ("discord:6", "discord:8", "discord:7"))
    book.know_roles(PLACE, "bob", ("discord:7",))
    assert limits("ada") == [("user:ada", 9)], "the highest of her roles that has a cap"
    assert limits("bob") == [("user:bob", 1)], "his own cap comes before any role's"
    assert limits("eve") == [("user:eve", 5)]
    assert limits("ada", Place("discord", "11", "20")) == [("user:ada", 5)], "roles are those of one server"
    book.know_roles(PLACE, "ada", ())
    assert limits("ada") == [("user:ada", 5)], "a role taken away"


async def test_a_role_limits_only_what_its_cap_speaks_of(store: Store) -> None:
    book = CapsBook(store.money)
    await book.put(Cap("user:*", ALL_MEDIA, CapUnit.MONEY, CapPeriod.DAY, 5), NOON)
    await book.put(Cap("role:discord:7", "image", CapUnit.COUNT, CapPeriod.WEEK, 3), NOON)
    book.know_roles(PLACE, "ada", ("discord:7",))
    lines = book.lines(PLACE, "ada", "image", cost=2, count=1, at=NOON)
    assert sorted((line.limit, line.counter.split("|")[-1]) for line in lines) == [
        (3, "2026-W48"),
        (5, "2026-11-24"),
    ]


@pytest.mark.parametrize("period", list(CapPeriod))
def test_periods_follow_each_other_without_gap_or_overlap(period: CapPeriod) -> None:
    """Through leap days, new years and weeks that belong to two years."""
    at, names = datetime(2023, 12, 1, tzinfo=UTC).timestamp(), set[str]()
    while at < datetime(2029, 2, 1, tzinfo=UTC).timestamp():
        found = period_at(period, at)
        assert found.start <= at < found.end
        assert period_at(period, found.end - 0.001) == found
        assert period_start(period, found.name).timestamp() == found.start
        assert found.name not in names
        names.add(found.name)
        at = found.end
