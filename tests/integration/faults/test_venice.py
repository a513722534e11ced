"""Whatever Venice does, people get one whole answer or one clear apology, and the books are exact."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pytest

from bot.demo.faults import Fault
from tests.integration.faults.house import LONG, SHORT, STEADY_PACE, Scene, apologises, bare

pytestmark = pytest.mark.asyncio(loop_scope="module")
CHAT = "/chat/completions"


@dataclass(frozen=True, slots=True)
class Case:
    """`times` requests meet the fault; `whole` says whether people get the answer all the same."""

    name: str
    fault: Callable[[], Fault]
    whole: bool
    times: int = 1
    question: str = SHORT
    paced: bool = False


CASES = (
    Case("429-once", lambda: Fault.status(429, retry_after=0.2), whole=True),
    Case("429-always", lambda: Fault.status(429, retry_after=0.2), whole=False, times=9),
    Case("429-overloaded", Fault.overloaded, whole=False),
    Case("503-once", lambda: Fault.status(503, retry_after=0.2), whole=True),
    Case("503-always", lambda: Fault.status(503), whole=False, times=9),
    Case("500", lambda: Fault.status(500), whole=False),
    Case("502-page", Fault.html, whole=False),
    Case("hang-before", Fault.hang, whole=False),
    Case("hang-middle", lambda: Fault.hang(after=120), whole=False, paced=True),
    Case("hang-part-two", lambda: Fault.hang(after=1200), whole=False, question=LONG),
    Case("truncated-before", Fault.truncate, whole=False),
    Case("truncated-middle", lambda: Fault.truncate(120), whole=False, paced=True),
    Case("truncated-part-two", lambda: Fault.truncate(1200), whole=False, question=LONG),
    Case("in-band-before", Fault.in_band_error, whole=False),
    Case("in-band-middle", lambda: Fault.in_band_error(120), whole=False, paced=True),
    Case("in-band-part-two", lambda: Fault.in_band_error(1200), whole=False, question=LONG),
    Case("drop-before", Fault.drop, whole=False),
    Case("drop-middle", lambda: Fault.drop(120), whole=False, paced=True),
    Case("drop-part-two", lambda: Fault.drop(1200), whole=False, question=LONG),
    Case("drip", lambda: Fault.drip(0.3, after=265), whole=True),
    Case("slow-start", lambda: Fault.delay(0.5), whole=True),
    Case("lost-answer", Fault.lost_answer, whole=False),
    Case("reasoning-only", Fault.reasoning_only, whole=False),
    Case("no-usage", Fault.no_usage, whole=True),
    Case("wrong-bill-high", lambda: Fault.wrong_bill(50), whole=True),
    Case("wrong-bill-nothing", lambda: Fault.wrong_bill(0), whole=True),
)


@pytest.mark.parametrize("platform", ["telegram", "discord"])
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
async def test_one_answer_or_one_apology(scene: Scene, case: Case, platform: str) -> None:
    whole = await scene.whole(platform, case.question)
    room = scene.room(platform)
    scene.demo.pace = STEADY_PACE if case.paced else scene.demo.pace
    scene.demo.faults.next(CHAT, case.fault()).times(case.times)
    await scene.answered(room, case.question)
    texts = room.texts()
    if case.whole:
        assert bare(texts) == whole
        return
    assert apologises(texts[-1])
    assert sum(apologises(text) for text in texts) == 1
    assert whole.startswith(bare(texts[:-1]))
