"""The scenes: who asks what, where and when, and what each figure has to hold."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from benchmarks.stand.figures import high, middle
from benchmarks.stand.play import Played, Scene


@dataclass(frozen=True, slots=True)
class Demand:
    """One figure that must not exceed `most`; `figure` takes Gondola's and the bare loop's play."""

    title: str
    figure: Callable[[Played, Played], float]
    most: float
    digits: int = 0


THINKING = 0.3
"""Seconds between a question and Venice's first token."""

NO_REFUSALS = Demand("calls refused as too many", lambda own, _: sum(own.refused), 0)
ALL_WHOLE = Demand("answers missing or not whole", lambda own, _: own.missing, 0)
ALWAYS = (ALL_WHOLE, NO_REFUSALS)


@dataclass(frozen=True, slots=True)
class Act:
    """A scene with its demands."""

    name: str
    title: str
    scene: Scene
    demands: tuple[Demand, ...]


def called_median(most: float) -> Demand:
    """Message received to Venice called, ms."""
    return Demand("Venice called, median, ms", lambda own, _: 1_000 * middle(own.to_venice), most)


ALONE = (
    called_median(30),
    Demand("first visible lag, median, ms", lambda own, _: 1_000 * middle(own.to_visible), 15),
    Demand("finish lag, median, ms", lambda own, _: 1_000 * middle(own.to_complete), 50),
    Demand("finish lag, p95, ms", lambda own, _: 1_000 * high(own.to_complete), 150),
    Demand("CPU, times the bare loop's", lambda own, bare: middle(own.cpu) / middle(bare.cpu), 2, 2),
)
"""One conversation, on whichever platform."""

ACTS = (
    Act(
        "alone",
        "Discord, one conversation",
        Scene("discord", 1, rounds=10),
        ALONE,
    ),
    Act(
        "alone-telegram",
        "Telegram, one conversation",
        Scene("telegram", 1, rounds=10),
        ALONE,
    ),
    Act(
        "fifty",
        "Discord, 50 people in 50 channels at once",
        Scene("discord", 50, rounds=3),
        (
            called_median(150),
            Demand("Venice called, last, ms", lambda own, _: 1_000 * max(own.to_venice), 300),
            Demand("first visible lag, p95, ms", lambda own, _: 1_000 * high(own.to_visible), 1_200),
            Demand("finish lag, p95, ms", lambda own, _: 1_000 * high(own.to_complete), 1_200),
        ),
    ),
    Act(
        "two-hundred",
        "Discord, 200 people in 200 channels at once",
        Scene("discord", 200),
        (
            Demand(
                "last whole, times (400 calls at 50 a second + the stream)",
                lambda own, _: own.took / (400 / 50 + THINKING + max(own.streaming)),
                1.15,
                2,
            ),
        ),
    ),
    Act(
        "steady",
        "Discord, five questions a second with answers of 40 s, 200 open",
        Scene(
            "discord",
            300,
            every=0.2,
            pace=12.0,
            paragraphs=5,
        ),
        (Demand("finish lag, p95, ms", lambda own, _: 1_000 * high(own.to_complete), 400),),
    ),
    Act(
        "one-channel",
        "Discord, 20 people in one channel at once",
        Scene("discord", 20, shared=True),
        (
            Demand("most sends in any 5 s", lambda own, _: own.busiest(5.0, "send"), 5),
            Demand("most edits in any 5 s", lambda own, _: own.busiest(5.0, "edit"), 5),
        ),
    ),
    Act(
        "thirty",
        "Telegram, 30 private chats at once",
        Scene("telegram", 30, rounds=3),
        (
            Demand("first visible lag, p95, ms", lambda own, _: 1_000 * high(own.to_visible), 1_500),
            Demand("finish lag, p95, ms", lambda own, _: 1_000 * high(own.to_complete), 1_500),
        ),
    ),
    Act(
        "one-group",
        "Telegram, ten people in one group at once",
        Scene("telegram", 10, shared=True),
        (Demand("most calls in any minute", lambda own, _: own.busiest(60.0, "send", "edit", "typing"), 20),),
    ),
)
