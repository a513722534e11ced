"""Twenty a minute and no more, whoever asks."""

from __future__ import annotations

from bot.engine.doors.pace import Pace


class Time:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


def test_a_sliding_minute() -> None:
    time = Time()
    pace = Pace(lambda: 3, time)
    assert [pace.wait("a") for _ in range(3)] == [0.0, 0.0, 0.0]
    time.now += 20
    assert pace.wait("a") == 40.0
    assert pace.wait("b") == 0.0
    assert [pace.first_refusal("a", 40.0) for _ in range(2)] == [True, False]
    time.now += 39.9
    assert pace.wait("a") > 0
    assert not pace.first_refusal("a", 0.1)
    time.now += 0.2
    assert pace.wait("a") == 0.0


def test_what_was_refused_does_not_count() -> None:
    time = Time()
    pace = Pace(lambda: 1, time)
    assert pace.wait("a") == 0.0
    for _ in range(50):
        time.now += 1
        assert pace.wait("a") > 0
    time.now += 10
    assert pace.wait("a") == 0.0


def test_an_album_is_one_question_and_no_limit_is_none() -> None:
    time, limits = Time(), [1]
    pace = Pace(lambda: limits[0], time)
    assert [pace.wait("a", "album") for _ in range(5)] == [0.0] * 5
    assert pace.wait("a", "next album") > 0
    limits[0] = 0
    assert [pace.wait("a") for _ in range(5)] == [0.0] * 5
