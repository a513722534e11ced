"""Words about time, in several languages, with the clocks of a real zone."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from bot.engine.reminding.moments import after, iso_moment, split, understood
from bot.engine.settings.zones import find_zone, spelled, zone_of
from bot.errors import UserError

BERLIN = ZoneInfo("Europe/Berlin")
SATURDAY = datetime(2026, 11, 28, 3, 0, tzinfo=BERLIN).timestamp()


def when(words: str, language: str = "", now: float = SATURDAY) -> str:
    return f"{understood(words, BERLIN, now, language).local:%a %Y-%m-%d %H:%M}"


@pytest.mark.parametrize(
    ("words", "meant"),
    [
        ("in 20 minutes", "Sat 2026-11-28 03:20"),
        ("in twenty minutes", "Sat 2026-11-28 03:20"),
        ("in half an hour", "Sat 2026-11-28 03:30"),
        ("in 1h30m", "Sat 2026-11-28 04:30"),
        ("90 min", "Sat 2026-11-28 04:30"),
        ("in an hour", "Sat 2026-11-28 04:00"),
        ("in 3 days", "Tue 2026-12-01 03:00"),
        ("in 3 days at 10:00", "Tue 2026-12-01 10:00"),
        ("tomorrow at nine", "Sun 2026-11-29 09:00"),
        ("Friday at nine", "Fri 2026-12-04 09:00"),
        ("on friday at nine in the evening", "Fri 2026-12-04 21:00"),
        ("next friday 9am", "Fri 2026-12-04 09:00"),
        ("12am", "Sun 2026-11-29 00:00"),
        ("2am", "Sun 2026-11-29 02:00"),
        ("15:30", "Sat 2026-11-28 15:30"),
        ("10", "Sat 2026-11-28 10:00"),
        ("quarter past nine", "Sat 2026-11-28 09:15"),
        ("a quarter to one", "Sat 2026-11-28 12:45"),
        ("half past ten", "Sat 2026-11-28 10:30"),
        ("noon", "Sat 2026-11-28 12:00"),
        ("midnight", "Sun 2026-11-29 00:00"),
        ("tonight", "Sat 2026-11-28 20:00"),
        ("tonight at 9", "Sat 2026-11-28 21:00"),
        ("tomorrow", "Sun 2026-11-29 09:00"),
        ("monday", "Mon 2026-11-30 09:00"),
        ("24 December at 6pm", "Thu 2026-12-24 18:00"),
        ("24.12. 18:00", "Thu 2026-12-24 18:00"),
        ("2026-12-24 18:00", "Thu 2026-12-24 18:00"),
        ("2026-12-24T18:00:00+00:00", "Thu 2026-12-24 19:00"),
        ("morgen um 9 Uhr", "Sun 2026-11-29 09:00"),
        ("morgen abend", "Sun 2026-11-29 20:00"),
        ("am Freitag um neun", "Fri 2026-12-04 09:00"),
        ("in zwei Stunden", "Sat 2026-11-28 05:00"),
        ("halb zehn", "Sat 2026-11-28 09:30"),
        ("demain à 9h", "Sun 2026-11-29 09:00"),
        ("mañana a las 9", "Sun 2026-11-29 09:00"),
        ("завтра в 9", "Sun 2026-11-29 09:00"),
    ],
)
def test_understood(words: str, meant: str) -> None:
    language = "de" if any(w in words for w in ("morgen", "Freitag", "Stunden", "halb")) else ""
    assert when(words, language) == meant


@pytest.mark.parametrize(
    "words",
    [
        *("", "blah", "every day", "now", "yesterday", "25:00", "friday 13:99", "x" * 81, "10 10 10"),
        *("in 99999999999999999999 hours", "Friday at nine buy 3 apples"),
    ],
)
def test_what_is_not_understood_is_refused(words: str) -> None:
    with pytest.raises(UserError) as caught:
        understood(words, BERLIN, SATURDAY)
    assert "tomorrow at 9:00" in caught.value.reader_text


@pytest.mark.parametrize("words", ["in 10 years", "1 January 2035", "9000-12-31 23:00"])
def test_too_far_away_is_refused(words: str) -> None:
    with pytest.raises(UserError, match="UserError") as caught:
        understood(words, BERLIN, SATURDAY)
    assert "five years" in caught.value.reader_text


def test_the_past_is_refused_with_the_time_it_is() -> None:
    with pytest.raises(UserError) as caught:
        iso_moment("2026-11-28T02:00", BERLIN, SATURDAY)
    assert "is in the past. It is now Saturday, 28 November 2026, 03:00" in caught.value.reader_text


# --- clocks that jump ---


def test_a_time_that_does_not_exist_is_moved_and_says_so() -> None:
    before = datetime(2027, 3, 27, 12, 0, tzinfo=BERLIN).timestamp()
    moment = understood("tomorrow at 2:30", BERLIN, before)
    assert moment.local.isoformat() == "2027-03-28T03:30:00+02:00"
    assert "clocks go forward" in moment.words
    assert "clocks go forward" not in understood("tomorrow at 3:30", BERLIN, before).words


def test_a_time_that_comes_twice_is_the_first_still_to_come() -> None:
    before = datetime(2027, 10, 30, 12, 0, tzinfo=BERLIN).timestamp()
    first = understood("tomorrow at 2:30", BERLIN, before)
    assert first.local.isoformat() == "2027-10-31T02:30:00+02:00"
    between = first.at + 600  # 02:40, the first time
    again = iso_moment("2027-10-31T02:30", BERLIN, between)
    assert again.local.isoformat() == "2027-10-31T02:30:00+01:00"
    assert again.at - first.at == 3600
    assert not again.moved


def test_hours_pass_whatever_clocks_do_and_days_keep_the_time_of_day() -> None:
    before = datetime(2027, 3, 27, 22, 0, tzinfo=BERLIN).timestamp()
    assert understood("in 6 hours", BERLIN, before).at - before == 6 * 3600
    assert after(6 * 3600, BERLIN, before).local.hour == 5
    assert understood("in 1 day", BERLIN, before).local.hour == 22


# --- one line ---


@pytest.mark.parametrize(
    ("line", "meant", "rest"),
    [
        ("in 20 minutes feed the cat", "03:20", "feed the cat"),
        ("tomorrow at 9 to call 3 people", "09:00", "call 3 people"),
        ("Friday at nine: buy  bread\nand milk", "09:00", "buy  bread\nand milk"),
        ("in 2 hours that it rains", "05:00", "it rains"),
        ("15:30 tea", "15:30", "tea"),
    ],
)
def test_a_line_is_split_where_the_time_ends(line: str, meant: str, rest: str) -> None:
    moment, words = split(line, BERLIN, SATURDAY)
    assert f"{moment.local:%H:%M}" == meant
    assert words == rest


@pytest.mark.parametrize("line", ["feed the cat", "tomorrow at 9", "", "   "])
def test_a_line_without_time_or_words_is_refused(line: str) -> None:
    with pytest.raises(UserError):
        split(line, BERLIN, SATURDAY)


# --- zones ---


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        ("Europe/Berlin", "Europe/Berlin"),
        ("europe/berlin", "Europe/Berlin"),
        ("berlin", "Europe/Berlin"),
        ("new york", "America/New_York"),
        ("utc", "UTC"),
    ],
)
def test_zones_by_name_or_city(typed: str, name: str) -> None:
    assert find_zone(typed) == name


def test_unknown_zones_are_refused_with_near_ones() -> None:
    with pytest.raises(UserError) as caught:
        find_zone("Europe/Berlim")
    assert "`Europe/Berlin`" in caught.value.reader_text
    with pytest.raises(UserError):
        find_zone("../../etc/passwd")


def test_a_stored_zone_that_is_gone_is_utc() -> None:
    assert zone_of("Mars/Olympus").key == "UTC"
    assert spelled(datetime(2026, 1, 2, 3, 4, tzinfo=zone_of(""))) == "Friday, 2 January 2026, 03:04 (UTC)"
