"""Windows are never exceeded, the final edit has room, chats do not slow each other."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.capabilities import ALL_CALLS, CallKind, Pacing, Window
from bot.delivery import Delivery
from bot.delivery.limits import Grade, Limiter, chat_key
from bot.errors import PlatformError, PlatformFailure
from bot.messages import Notice, Place, Target, TextDelta
from tests.unit.delivery.door import (
    DISCORD,
    TELEGRAM,
    Fault,
    ScriptedDoor,
    capabilities,
    compose,
    script,
    shaky,
)
from tests.unit.delivery.stage import DIRECT, GROUP, WORDS, delivery, pieces, speak
from tests.unit.delivery.virtual import now, run


def chat(name: str, *, group: bool = False) -> Target:
    return Target(Place("test", name if group else "", name))


async def answer_to(opened: Delivery, target: Target, text: str, pause: float) -> None:
    answer = opened.open(target, f"{target.place.channel}-{random.random()}")
    answer.typing()
    await speak(answer, pieces(text), pause)
    delivered = await answer.finish()
    assert delivered.failure is None


@settings(max_examples=25, deadline=None)
@given(
    seed=st.integers(0, 10_000),
    pacing=st.sampled_from([DISCORD, TELEGRAM]),
    answers=st.integers(1, 8),
    group=st.booleans(),
)
def test_windows_are_never_exceeded(seed: int, pacing: Pacing, answers: int, group: bool) -> None:
    chance = random.Random(seed)
    door = ScriptedDoor(capabilities=capabilities(pacing, text_limit=300), latency=shaky(seed))
    texts = [WORDS * chance.randint(1, 6) for _ in range(answers)]

    async def one(opened: Delivery, index: int) -> None:
        await asyncio.sleep(chance.uniform(0, 5))
        await answer_to(opened, chat(f"c{index % 3}", group=group), texts[index], chance.uniform(0.005, 0.1))

    async def main() -> None:
        opened = delivery(door)
        await asyncio.gather(*(one(opened, index) for index in range(answers)))

    run(main())
    assert door.refused == []
    shown = Counter(message.part.text for message in door.messages)
    assert shown == Counter(part.text for text in texts for part in compose(text, 300))


def test_the_token_window_holds_over_many_chats() -> None:
    pacing = replace(TELEGRAM, token=(Window(ALL_CALLS, 10, 1.0),))
    door = ScriptedDoor(capabilities=capabilities(pacing), latency=shaky(1))

    async def main() -> None:
        opened = delivery(door)
        await asyncio.gather(*(answer_to(opened, chat(f"c{index}"), WORDS, 0.05) for index in range(30)))

    run(main())
    assert door.refused == []
    assert all(door.texts(f"c{index}") == [WORDS] for index in range(30))


def test_two_answers_in_one_chat_share_fairly() -> None:
    door = ScriptedDoor(capabilities=capabilities(DISCORD))

    async def main() -> None:
        opened = delivery(door)
        first, second = opened.open(DIRECT, "a"), opened.open(DIRECT, "b")
        await asyncio.gather(speak(first, pieces(WORDS * 10), 0.1), speak(second, pieces(WORDS * 10), 0.1))
        await asyncio.gather(first.finish(), second.finish())

    run(main())
    edits = Counter(call.message_id for call in door.of(CallKind.EDIT))
    assert door.refused == []
    assert min(edits.values()) >= 3
    assert max(edits.values()) - min(edits.values()) <= 2


def test_the_final_edit_has_room() -> None:
    """In the middle of streaming, the end is visible at once on a window of several calls."""
    for end in range(20, 60, 5):
        door = ScriptedDoor(capabilities=capabilities(DISCORD))

        async def main(end: int = end, door: ScriptedDoor = door) -> float:
            answer = delivery(door).open(DIRECT, "a")
            await speak(answer, pieces(WORDS * 10)[:end], 0.1)
            done = now()
            await answer.finish()
            return now() - done

        assert run(main()) < 0.1


def test_a_group_keeps_room_for_the_end_of_a_long_answer() -> None:
    door = ScriptedDoor(capabilities=capabilities(TELEGRAM))

    async def main() -> float:
        answer = delivery(door).open(GROUP, "a")
        await speak(answer, pieces(WORDS * 12), 0.5)
        done = now()
        await answer.finish()
        return now() - done

    assert run(main()) < 1.2
    assert door.refused == []


def test_a_penalty_in_one_chat_leaves_the_others_alone() -> None:
    door = ScriptedDoor(capabilities=capabilities(TELEGRAM))
    door.plan = lambda call: (
        Fault(PlatformFailure.RATE_LIMITED, retry_after=200.0)
        if call.chat == "test:slow" and call.kind is CallKind.EDIT and call.at < 5
        else None
    )

    async def one(opened: Delivery, name: str) -> float:
        await answer_to(opened, chat(name), WORDS * 2, 0.2)
        return now()

    async def main() -> tuple[float, float]:
        opened = delivery(door)
        return await asyncio.gather(one(opened, "slow"), one(opened, "quick"))

    slow, quick = run(main())
    assert 200 < slow < 206
    assert quick < 7
    assert door.refused == []
    assert door.texts("slow") == door.texts("quick") == [WORDS * 2]


def test_during_a_penalty_nothing_is_sent_and_the_end_comes_once() -> None:
    door = ScriptedDoor(capabilities=capabilities(DISCORD))
    door.plan = script(None, Fault(PlatformFailure.RATE_LIMITED, retry_after=30.0))

    async def main() -> None:
        opened = delivery(door)
        answer = opened.open(DIRECT, "a")
        await speak(answer, pieces(WORDS * 3), 0.1)
        await answer.finish()

    run(main())
    assert door.refused == []
    assert len(door.calls) == 3
    assert door.calls[-1].at > 30
    assert door.texts() == [WORDS * 3]


def test_a_penalty_beyond_patience_fails_every_waiting_answer() -> None:
    door = ScriptedDoor(capabilities=capabilities(TELEGRAM))
    door.plan = script(Fault(PlatformFailure.RATE_LIMITED, retry_after=4000.0))

    async def main() -> None:
        opened = delivery(door)
        first, second, third = (opened.open(DIRECT, name) for name in "abc")
        for answer in (first, second):
            answer.push(TextDelta("Hello"))
        results = await asyncio.gather(first.finish(), second.finish())
        third.push(TextDelta("Hello"))
        for delivered in (*results, await third.finish()):
            assert delivered.failure is not None
            assert delivered.failure.failure is PlatformFailure.RATE_LIMITED
        assert now() < 5

    run(main())
    assert len(door.calls) == 1


def test_typing_shows_until_the_first_text_and_is_dropped_under_pressure() -> None:
    window = Window(ALL_CALLS, 4, 20.0)
    pacing = Pacing(direct=(window,), typing_lasts=5.0)
    door = ScriptedDoor(capabilities=capabilities(pacing))

    async def main() -> None:
        answer = delivery(door).open(DIRECT, "a")
        answer.typing()
        answer.typing()
        await asyncio.sleep(18.0)
        answer.push(TextDelta("Hello"))
        answer.push(Notice("Beside"))
        await answer.finish()
        answer.typing()
        assert now() < 19

    run(main())
    assert [call.kind for call in door.calls] == [
        CallKind.TYPING,
        CallKind.TYPING,
        CallKind.SEND,
        CallKind.SEND,
    ]


def test_typing_ends_with_an_answer_that_says_nothing() -> None:
    door = ScriptedDoor()

    async def main() -> None:
        answer = delivery(door).open(DIRECT, "a")
        answer.typing()
        await asyncio.sleep(6.0)
        await answer.finish()
        await asyncio.sleep(60.0)

    run(main())
    assert len(door.calls) == 2


def test_typing_never_delays_the_first_text() -> None:
    door = ScriptedDoor(capabilities=capabilities(TELEGRAM), latency=lambda: 3.0)

    async def main() -> None:
        answer = delivery(door).open(DIRECT, "a")
        answer.typing()
        await asyncio.sleep(0.5)
        answer.push(TextDelta(WORDS))
        await answer.finish()

    run(main())
    assert [call.at for call in door.of(CallKind.SEND)] == [pytest.approx(3.5)]


def test_typing_leaves_room_for_every_first_text() -> None:
    pacing = Pacing(token=(Window(ALL_CALLS, 12, 20.0),), typing_lasts=5.0)
    door = ScriptedDoor(capabilities=capabilities(pacing))

    async def main() -> None:
        opened = delivery(door)
        answers = [opened.open(chat(f"c{index}"), f"a{index}") for index in range(10)]
        for answer in answers:
            answer.typing()
        await asyncio.sleep(1.0)
        for answer in answers:
            answer.push(TextDelta(WORDS))
        await asyncio.gather(*(answer.finish() for answer in answers))

    run(main())
    assert len(door.of(CallKind.TYPING)) == 2
    assert [call.at for call in door.of(CallKind.SEND)] == [pytest.approx(1.02)] * 10


def test_answers_that_ended_unseen_no_longer_keep_others_from_typing() -> None:
    pacing = Pacing(token=(Window(ALL_CALLS, 4, 1.0),), typing_lasts=5.0)
    door = ScriptedDoor(capabilities=capabilities(pacing))

    async def main() -> None:
        opened = delivery(door)
        gone = [opened.open(chat(f"c{index}"), f"a{index}") for index in range(4)]
        for answer in gone[:2]:
            answer.cancel()  # before its task took a step
        await asyncio.gather(*(answer.finish() for answer in gone))
        answer = opened.open(DIRECT, "b")
        answer.typing()
        await asyncio.sleep(1.0)
        await answer.finish()

    run(main())
    assert len(door.of(CallKind.TYPING)) == 1


@pytest.mark.parametrize(
    ("failure", "count"),
    [(PlatformFailure.FORBIDDEN, 1), (PlatformFailure.UNAVAILABLE, 3), (PlatformFailure.RATE_LIMITED, 1)],
)
def test_typing_trouble_is_not_the_answers_trouble(failure: PlatformFailure, count: int) -> None:
    door = ScriptedDoor()
    door.plan = lambda call: Fault(failure, retry_after=6.0) if call.kind is CallKind.TYPING else None

    async def main() -> None:
        answer = delivery(door).open(DIRECT, "a")
        answer.typing()
        await asyncio.sleep(10.0)
        answer.push(TextDelta("Hello"))
        delivered = await answer.finish()
        assert delivered.failure is None

    run(main())
    assert len(door.of(CallKind.TYPING)) == count
    assert door.texts() == ["Hello"]
    assert door.refused == []


def test_waiting_calls_are_granted_in_order_and_withdrawn_cleanly() -> None:
    pacing = Pacing(direct=(Window(ALL_CALLS, 1, 1.0),))

    async def main() -> None:
        limiter = Limiter(capabilities(pacing), now, asyncio.sleep)
        lane = limiter.lane(DIRECT)
        order: list[str] = []

        async def call(name: str) -> None:
            with await limiter.must(lane, CallKind.SEND):
                order.append(f"{name}@{now():.0f}")

        tasks = [asyncio.ensure_future(call(name)) for name in "abcd"]
        await asyncio.sleep(0.5)
        assert limiter.may(lane, CallKind.EDIT, Grade.COSMETIC) is None
        tasks[1].cancel()
        await asyncio.wait(tasks)
        assert order == ["a@0", "c@1", "d@2"]

    run(main())


def test_a_permit_withdrawn_at_the_last_moment_is_not_lost() -> None:
    pacing = Pacing(direct=(Window(ALL_CALLS, 1, 60.0),))

    async def main() -> None:
        limiter = Limiter(capabilities(pacing), now, asyncio.sleep)
        lane = limiter.lane(DIRECT)
        first = await limiter.must(lane, CallKind.SEND)
        waiting = asyncio.ensure_future(limiter.must(lane, CallKind.SEND))
        await asyncio.sleep(0)
        first.discard()
        waiting.cancel()
        await asyncio.wait([waiting])
        assert waiting.cancelled()
        (await limiter.must(lane, CallKind.SEND)).discard()
        assert now() < 1

    run(main())


def test_streamed_edits_leave_room_and_final_calls_use_it() -> None:
    pacing = Pacing(direct=(Window(ALL_CALLS, 5, 60.0),))

    async def main() -> None:
        limiter = Limiter(capabilities(pacing), now, asyncio.sleep)
        lane = limiter.lane(DIRECT)
        limiter.join(lane)
        limiter.join(lane)
        cosmetic = [limiter.may(lane, CallKind.EDIT, Grade.COSMETIC) for _ in range(5)]
        assert [permit is not None for permit in cosmetic] == [True, True, True, False, False]
        for _ in range(2):
            await limiter.must(lane, CallKind.EDIT)
        assert now() == 0

    run(main())


def test_a_call_waiting_out_a_penalty_holds_up_nobody_else() -> None:
    async def main() -> None:
        limiter = Limiter(capabilities(TELEGRAM), now, asyncio.sleep)
        slow = limiter.lane(chat("slow"))
        limiter.penalise(slow, 100.0)
        waiting = asyncio.ensure_future(limiter.must(slow, CallKind.SEND))
        await asyncio.sleep(1.0)
        for index in range(25):
            with await limiter.must(limiter.lane(chat(f"c{index}")), CallKind.SEND):
                pass
        assert now() == 1.0
        with await waiting:
            assert now() == pytest.approx(100.0)

    run(main())


def test_a_token_wait_keeps_its_place_before_later_chats() -> None:
    pacing = Pacing(token=(Window(ALL_CALLS, 1, 1.0),))

    async def main() -> None:
        limiter = Limiter(capabilities(pacing), now, asyncio.sleep)
        order: list[str] = []

        async def call(name: str) -> None:
            with await limiter.must(limiter.lane(chat(name)), CallKind.SEND):
                order.append(f"{name}@{now():.0f}")

        await asyncio.gather(*(call(name) for name in "abc"))
        assert order == ["a@0", "b@1", "c@2"]

    run(main())


def test_quiet_chats_are_forgotten_and_busy_ones_kept() -> None:
    pacing = Pacing(direct=(Window(ALL_CALLS, 1, 60.0),))

    async def main() -> None:
        limiter = Limiter(capabilities(pacing), now, asyncio.sleep)
        busy = limiter.lane(DIRECT)
        with await limiter.must(busy, CallKind.SEND):
            pass
        quiet = limiter.lane(chat("quiet"))
        for index in range(600):
            limiter.lane(chat(f"n{index}"))
        assert limiter.lane(DIRECT) is busy
        assert limiter.lane(chat("quiet")) is not quiet

    run(main())


def test_chat_keys() -> None:
    assert chat_key(Place("d", "server", "chan", "thread")) == "d:thread"
    assert chat_key(Place("d", "server", "chan")) == "d:chan"
    assert chat_key(Place("t", "group", "group", "topic")) == "t:group"
    assert chat_key(Place("t", "", "person", "topic")) == "t:person"


def test_platform_error_for_waiting_beyond_patience() -> None:
    async def main() -> None:
        limiter = Limiter(capabilities(), now, asyncio.sleep)
        lane = limiter.lane(DIRECT)
        limiter.penalise(lane, 299.0)
        waiting = asyncio.ensure_future(limiter.must(lane, CallKind.SEND))
        await asyncio.sleep(1.0)
        limiter.penalise(lane, 999.0)
        with pytest.raises(PlatformError):
            await waiting
        with pytest.raises(PlatformError):
            await limiter.must(lane, CallKind.SEND)

    run(main())
