"""Small parts of making films and music that need neither Venice nor a database."""

from __future__ import annotations

import asyncio

import pytest

from bot.engine.making.allowance import Left
from bot.engine.making.brief import Brief, Craft, from_request, lines_of, seconds_of, to_request
from bot.engine.making.pacing import Pacer
from bot.engine.making.words import failed, price_line, progress, span
from bot.errors import VeniceFailure
from bot.venice.jobs import Failed, Processing


async def test_all_looks_together_stay_within_the_window() -> None:
    pacer, loop = Pacer(looks=5, seconds=0.2), asyncio.get_running_loop()
    at: list[float] = []

    async def look() -> None:
        await pacer.look()
        at.append(loop.time())

    await asyncio.gather(*(look() for _ in range(12)))
    assert len(at) == 12
    for first, sixth in zip(at, at[5:], strict=False):
        assert sixth - first >= 0.19
    assert at[4] - at[0] < 0.1


def test_a_brief_comes_back_from_storage() -> None:
    brief = Brief(Craft.FILM, "a boat\nat dawn", "wan", duration="5s", audio=False)
    assert from_request(to_request(brief)) == brief
    assert brief.options == {
        "prompt": "a boat\nat dawn",
        "model": "wan",
        "duration": "5s",
        "audio": False,
    }


@pytest.mark.parametrize(
    ("resolution", "lines"), [("720p", 720), ("768P", 768), ("true_1080p", 1080), ("4k", 2160), ("2x", 0)]
)
def test_resolutions_compare(resolution: str, lines: int) -> None:
    assert lines_of(resolution) == lines


def test_durations_compare() -> None:
    assert [seconds_of(one) for one in ("5s", "10s", "auto", "1 gen", "-1")] == [5, 10, 0, 0, 0]


@pytest.mark.parametrize(
    ("left", "said"),
    [
        (Left(), "About $0.42."),
        (Left(1_100_000, "today until 02:00"), "About $0.42; you have $1.10 left today until 02:00."),
        (
            Left(1_100_000, "this week", 3, "today"),
            "About $0.42; you have $1.10 left this week and 3 of these left today.",
        ),
        (Left(100_000, "today"), "About $0.42, which is more than is allowed: you have $0.10 left today."),
        (
            Left(count=0, count_until="today"),
            "About $0.42, which is more than is allowed: you have 0 of these left today.",
        ),
    ],
)
def test_the_price_says_what_is_left(left: Left, said: str) -> None:
    assert price_line(420_000, left) == said
    assert left.pays(420_000) is ("more than" not in said)


def test_progress_is_rough() -> None:
    assert "about 40 seconds left" in progress(Processing(60.0, 21.0))
    assert "about 3 minutes left" in progress(Processing(200.0, 20.0))
    assert "longer than usual" in progress(Processing(60.0, 61.0))
    assert progress(Processing(None, 3.0)) == progress(None) == "*In the making…*"
    assert span(3) == "10 seconds"


@pytest.mark.parametrize(
    ("refunded", "said"), [(True, "cost nothing"), (False, "$0.42 is spent"), (None, "$0.42 counts as spent")]
)
def test_a_failure_says_what_became_of_the_money(refunded: bool | None, said: str) -> None:
    state = Failed(VeniceFailure.SERVER, "It broke.", "detail", refunded)
    assert failed(state, 420_000).startswith("It broke. Venice ")
    assert said in failed(state, 420_000)
