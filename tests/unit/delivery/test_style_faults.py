"""However an answer appears and whatever fails meanwhile, its text is there once and whole."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from bot.capabilities import CallKind
from bot.delivery import Delivered, Streaming, Style
from bot.errors import PlatformFailure
from tests.unit.delivery.door import DRAFTS, RICH, Call, Fault, ScriptedDoor, capabilities, shaky
from tests.unit.delivery.stage import WORDS, stream
from tests.unit.delivery.test_faults import ARRIVED, LOST, RATE_LIMITED, UNAVAILABLE, chance_plan

REFUSED = Fault(PlatformFailure.BAD_FORMAT)
SEEDS = st.integers(0, 100_000)
STYLES = st.builds(Style, st.sampled_from(list(Streaming)), st.booleans())
LIMITS = st.sampled_from([90, 200, 2000])
TEXTS = st.sampled_from(
    [WORDS * 7, "| " + WORDS * 5, WORDS + "| " + WORDS * 4, WORDS * 4 + "| ", "| " + WORDS * 7]
)


def rich_door(seed: int, limit: int) -> ScriptedDoor:
    door = ScriptedDoor(capabilities=capabilities(DRAFTS, text_limit=limit, rich=RICH), latency=shaky(seed))
    door.rejects = lambda part: bool(part.rich) and seed % 3 == 0
    return door


@settings(max_examples=150, deadline=None)
@given(seed=SEEDS, style=STYLES, limit=LIMITS, text=TEXTS)
def test_one_whole_answer(seed: int, style: Style, limit: int, text: str) -> None:
    door = rich_door(seed, limit)
    chance = chance_plan(seed, [RATE_LIMITED, UNAVAILABLE, LOST, ARRIVED, REFUSED], 0.3)

    def plan(call: Call) -> Fault | None:
        fault = chance(call)
        hopeless = fault is REFUSED and call.kind is not CallKind.DRAFT
        doubtful = fault in (LOST, ARRIVED) and call.kind is CallKind.SEND
        return None if hopeless or doubtful else fault

    door.plan = plan
    delivered = stream(door, text, style=style)
    assert delivered.failure is None
    assert "".join(door.texts()) == text
    assert [ref.message_id for ref in delivered.refs] == [message.message_id for message in door.visible()]
    assert door.refused == []
    if style.streaming is Streaming.OFF:
        assert {call.kind for call in door.calls} == {CallKind.SEND}


@settings(max_examples=100, deadline=None)
@given(seed=SEEDS, style=STYLES, limit=LIMITS, text=TEXTS)
def test_doubtful_sends_never_double_text(seed: int, style: Style, limit: int, text: str) -> None:
    """All sends that fail without an answer did arrive: the messages still read as the answer, once."""
    door = rich_door(seed, limit)
    chance = chance_plan(seed, [ARRIVED], 0.4)
    door.plan = lambda call: chance(call) if call.kind is CallKind.SEND else None
    delivered: Delivered = stream(door, text, style=style)
    assert "".join(door.texts()) == text
    assert delivered.text == text
