"""Token estimates: near the truth per script, nearer after learning, never thrown off."""

from __future__ import annotations

import pytest

from bot.engine.text.tokens import PER_MESSAGE, TokenGauge, raw_tokens

# Counts of a common tokenizer (o200k), by hand.
KNOWN = [
    ("The quick brown fox jumps over the lazy dog. " * 10, 100),
    ("Съешь ещё этих мягких французских булок. " * 10, 120),
    ("今日は天気がいいから散歩しましょう。" * 10, 130),
    ("def add(a, b):\n    return a + b\n" * 10, 120),
]


@pytest.mark.parametrize(("text", "tokens"), KNOWN)
def test_each_script_is_guessed_within_a_factor_of_two(text: str, tokens: int) -> None:
    assert tokens / 2 < raw_tokens(text) < tokens * 2


def test_longer_text_never_has_fewer_tokens() -> None:
    text = "Hello, мир, 世界 🎈 " * 20
    sizes = [raw_tokens(text[:end]) for end in range(len(text))]
    assert sizes == sorted(sizes)


def test_it_learns_what_venice_counts_per_model() -> None:
    gauge, texts = TokenGauge(), ["word " * 400, "another " * 100]
    for _ in range(20):
        gauge.learn("m", texts, 1400 + 2 * PER_MESSAGE)
    assert gauge.prompt("m", texts) == pytest.approx(1400, rel=0.02)
    assert gauge.factor("other") == 1.0


def test_one_odd_count_moves_it_only_a_little() -> None:
    gauge, texts = TokenGauge(), ["word " * 400]
    gauge.learn("m", texts, 500 + PER_MESSAGE)
    gauge.learn("m", texts, 500_000)
    assert 1.0 < gauge.factor("m") < 1.5


def test_a_short_or_uncounted_prompt_teaches_nothing() -> None:
    gauge = TokenGauge()
    gauge.learn("m", ["hi"], 400)
    gauge.learn("m", ["word " * 400], 0)
    assert gauge.factor("m") == 1.0
