"""The decisions between calls: which change comes next, and how often."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.capabilities import ALL_CALLS, Pacing, Window
from bot.delivery.limits import Gauge, Lane
from bot.delivery.pacing import edit_interval
from bot.delivery.pages import SURPLUS, Change, Page, next_change, plain_form
from bot.errors import PlatformFailure
from bot.messages import (
    ButtonsReady,
    Entity,
    MediaReady,
    MessageRef,
    Notice,
    Part,
    Place,
    ReplyEvent,
    TextDelta,
    TextReplaced,
)
from tests.unit.delivery.door import DISCORD, TELEGRAM, Fault, ScriptedDoor, capabilities, compose, shaky
from tests.unit.delivery.stage import OTHER_ROWS, ROWS, deliver, image
from tests.unit.delivery.test_faults import chance_plan

REF = MessageRef(Place("test", "", "c"), "m")
LONG = Part("x" * 100)
A, B = Part("a"), Part("b")


def page(part: Part, *, fixed: bool = False) -> Page:
    return Page(part, (), None if fixed else REF, fixed)


def test_a_short_next_part_waits_while_streaming() -> None:
    assert next_change([page(A)], [A, B], (), settle=False, final=False) is None
    assert next_change([page(A)], [A, B], (), settle=True, final=False) == Change(1, B, (), True, True)
    assert next_change([page(A)], [A, LONG], (), settle=False, final=False) == Change(1, LONG, (), True, True)


def test_an_earlier_part_is_finished_before_the_next_begins() -> None:
    change = next_change([page(B)], [A, LONG], ROWS, settle=False, final=False)
    assert change == Change(0, A, (), new=False, urgent=True)


def test_a_growing_part_is_cosmetic() -> None:
    assert next_change([page(B)], [A], (), settle=False, final=False) == Change(0, A, (), False, False)


def test_surplus_is_emptied_only_at_the_end() -> None:
    pages = [page(A), page(B)]
    assert next_change(pages, [A], (), settle=True, final=False) is None
    assert next_change(pages, [A], (), settle=True, final=True) == Change(1, SURPLUS, (), False, True)


def test_fixed_pages_are_left_alone() -> None:
    assert next_change([page(B, fixed=True)], [A], ROWS, settle=True, final=True) is None


def test_plain_forms() -> None:
    bold = Part("<b>a</b>", plain="a")
    assert plain_form(bold) == A.__class__("a", plain="a")
    assert plain_form(A) is A
    assert plain_form(Part("a", (Entity("bold", 0, 1),))) == Part("a", plain="a")


@pytest.mark.parametrize(
    ("direct", "length", "answers", "token_answers", "seconds"),
    [
        (True, 0, 1, 1, 1.5),
        (False, 0, 1, 1, 60 / 16),
        (True, 4000, 1, 1, 3.0),
        (True, 100_000, 1, 1, 4.5),
        (True, 0, 3, 3, 3.0),
        (True, 0, 1, 240, 10.0),
    ],
)
def test_edits_slow_down_with_length_and_company(
    direct: bool, length: int, answers: int, token_answers: int, seconds: float
) -> None:
    windows = TELEGRAM.direct if direct else TELEGRAM.group
    lane = Lane(map(Gauge, windows), map(Gauge, TELEGRAM.token))
    lane.answers = answers
    assert edit_interval(TELEGRAM, direct, length, lane, token_answers) == pytest.approx(seconds)


def test_without_windows_the_base_interval_holds() -> None:
    assert edit_interval(Pacing(edit_interval=2.0), True, 0, Lane((), ()), 5) == 2.0


def test_windows_without_edits_do_not_slow_edits() -> None:
    lane = Lane([Gauge(Window(ALL_CALLS - {*ALL_CALLS}, 1, 60.0))], ())
    assert edit_interval(Pacing(), True, 0, lane, 1) == 1.0


EVENTS = st.one_of(
    st.text(alphabet="ab **\n", max_size=60).map(TextDelta),
    st.text(alphabet="ab **\n", min_size=40, max_size=200).map(TextDelta),
    st.text(alphabet="xy **\n", max_size=150).map(TextReplaced),
    st.just(Notice("note")),
    st.just(MediaReady((image(),), "cap")),
    st.sampled_from([ButtonsReady(ROWS), ButtonsReady(OTHER_ROWS), ButtonsReady(())]),
    st.floats(0.0, 4.0),
)


@settings(max_examples=60, deadline=None)
@given(events=st.lists(EVENTS, max_size=25), seed=st.integers(0, 1000), trouble=st.booleans())
def test_any_events_end_as_the_final_text(events: list[ReplyEvent | float], seed: int, trouble: bool) -> None:
    """Texts equal compose(final) and dots at most; media and notices each once, in order; buttons last."""
    door = ScriptedDoor(capabilities=capabilities(DISCORD, text_limit=60), latency=shaky(seed, 0.2))
    faults = [Fault(PlatformFailure.UNAVAILABLE), Fault(PlatformFailure.RATE_LIMITED, retry_after=9.0)]
    door.plan = chance_plan(seed, faults, 0.2 if trouble else 0.0)
    delivered = deliver(door, *events)
    beside = [m for m in door.visible() if m.media or m.part.text in ("note", "What next?")]
    texts = [m for m in door.visible() if m not in beside]
    expected = compose(delivered.text, 60)
    assert delivered.failure is None
    assert [m.part for m in texts[: len(expected)]] == expected
    assert {m.part for m in texts[len(expected) :]} <= {SURPLUS}
    asides = [e for e in events if isinstance(e, MediaReady | Notice)]
    assert [bool(m.media) for m in beside][: len(asides)] == [isinstance(e, MediaReady) for e in asides]
    rows = [e.rows for e in events if isinstance(e, ButtonsReady)][-1:]
    if rows == [ROWS]:
        assert sum(m.buttons == ROWS for m in door.visible()) >= 1
    if expected:
        assert texts[len(expected) - 1].buttons == (rows[0] if rows else ())
    assert door.refused == []
