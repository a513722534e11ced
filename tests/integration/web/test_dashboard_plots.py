"""What the overview's script and its tables are given to show."""

from __future__ import annotations

import html
import json
import re
from dataclasses import replace
from typing import Any

import pytest

from adapters.web.dashboard.plots import Plot, plots_of
from bot.dashboard import Overview, Span, Step
from tests.integration.web.conftest import Starter, browse
from tests.integration.web.desk import NOW, PracticeDesk


def over(*steps: Step) -> Overview:
    whole = replace(steps[0], messages=sum(step.messages for step in steps))
    return Overview(Span.DAY, 900, steps, whole, (), (), 0)


def plots(*steps: Step) -> dict[str, Plot]:
    return {plot.title: plot for plot in plots_of(over(*steps))}


def spent(cost: int) -> Step:
    return Step(NOW, 1, 0, cost, 1.0, 1.0, 0.5)


async def test_the_page_carries_the_numbers_of_its_plots(start_web: Starter) -> None:
    async with start_web(desk=PracticeDesk(), clock=lambda: NOW) as web, browse(web) as tab:
        page = (await tab.client.get("/dashboard?span=24h")).text
    found: list[dict[str, Any]] = [
        json.loads(html.unescape(one)) for one in re.findall(r'data-plot="([^"]+)"', page)
    ]
    assert [one["title"] for one in found] == [
        "Messages",
        "Spend",
        "Time to answer",
        "From the cache",
        "Errors",
    ]
    messages, spend, times, _, errors = found
    assert messages["bars"]
    assert not times["bars"]
    assert errors["tone"] == "danger"
    assert len(messages["at"]) == len(spend["series"][0]["values"]) == 96
    assert times["series"][0]["values"][22] is None
    assert times["series"][0]["texts"][22] == ""
    assert re.fullmatch(r"\d\.\d s", times["series"][1]["texts"][0])
    assert page.count("<canvas") == 0


def test_a_figure_says_what_it_shows() -> None:
    shown = plots(spent(12_000), Step(NOW + 900))
    assert shown["Spend"].peak == "at most $0.01 in 15 min"
    assert shown["Time to answer"].peak == "at most 1.0 s"
    assert shown["Messages"].summary == "Messages in the last 24 hours: 1, at most 1 in 15 min."
    assert [one.texts for one in shown["Time to answer"].series] == [("1.0 s", ""), ("1.0 s", "")]
    assert shown["Errors"].empty
    assert shown["Errors"].summary == "Errors in the last 24 hours: 0, nothing measured."


@pytest.mark.parametrize(
    ("cost", "ticks"),
    [
        (900, ["$0.00", "$0.0005", "$0.001"]),
        (10_000, ["$0.00", "$0.005", "$0.01"]),
        (25_000, ["$0.00", "$0.03"]),
        (45_000, ["$0.00", "$0.03", "$0.06"]),
        (250_000, ["$0.00", "$0.15", "$0.30"]),
        (7_100_000_000, ["$0.00", "$4,000.00", "$8,000.00"]),
    ],
)
def test_the_upright_axis_has_round_numbers(cost: int, ticks: list[str]) -> None:
    assert [text for _, text in plots(spent(cost))["Spend"].ticks] == ticks


@pytest.mark.parametrize(("count", "ticks"), [(1, ["0", "1"]), (2, ["0", "1", "2"]), (21, ["0", "15", "30"])])
def test_what_is_counted_has_no_halves(count: int, ticks: list[str]) -> None:
    assert [text for _, text in plots(Step(NOW, count))["Messages"].ticks] == ticks


def test_a_share_is_of_everything() -> None:
    assert [text for _, text in plots(spent(1))["From the cache"].ticks] == ["0 %", "50 %", "100 %"]
