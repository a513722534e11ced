"""When a limit resets, as the reader's clock shows it."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from bot.engine.money.resets import reset_words


def at(*moment: int) -> float:
    return datetime(*moment, tzinfo=UTC).timestamp()  # type: ignore[arg-type,misc]


@pytest.mark.parametrize(
    ("end", "zone", "said"),
    [
        ((2026, 11, 29), "", "00:00 on 29 November (UTC, in 3 h)"),
        ((2026, 11, 29), "Europe/Berlin", "01:00 on 29 November (Europe/Berlin, in 3 h)"),
        ((2026, 11, 29), "America/New_York", "19:00 on 28 November (America/New_York, in 3 h)"),
        ((2026, 3, 29), "Europe/Berlin", "01:00 on 29 March (Europe/Berlin, in 3 h)"),
        ((2026, 3, 30), "Europe/Berlin", "02:00 on 30 March (Europe/Berlin, in 3 h)"),
        ((2026, 10, 25), "Europe/Berlin", "02:00 on 25 October (Europe/Berlin, in 3 h)"),
        ((2026, 10, 26), "Europe/Berlin", "01:00 on 26 October (Europe/Berlin, in 3 h)"),
        ((2026, 11, 29), "Nowhere/Else", "00:00 on 29 November (UTC, in 3 h)"),
    ],
)
def test_a_reset_is_told_in_the_readers_zone_also_around_the_change_of_clocks(
    end: tuple[int, ...], zone: str, said: str
) -> None:
    assert reset_words(at(*end), at(*end) - 3 * 3_600, zone) == said


@pytest.mark.parametrize(
    ("seconds", "said"), [(20, "in 1 min"), (3_500, "in 58 min"), (260_000, "in 3 days")]
)
def test_how_long_until_then(seconds: int, said: str) -> None:
    end = at(2026, 11, 29)
    assert said in reset_words(end, end - seconds)
