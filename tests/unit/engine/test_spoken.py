"""Text for the voice: pieces that end with a sentence, and what is left out."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.engine.text import spoken
from bot.engine.text.spoken import pieces, pieces_for

SENTENCE = "The lamp burns low, and nobody minds. "


def units(text: str) -> int:
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def test_pieces_end_with_a_sentence() -> None:
    found = pieces(SENTENCE * 40, 300)
    assert all(piece.endswith("minds.") and units(piece) <= 300 for piece in found)
    assert " ".join(found) == (SENTENCE * 40).strip()


@pytest.mark.parametrize(
    ("text", "limit", "first"),
    [
        ("One two three. Four five six seven", 20, "One two three."),
        ("一二三四五。六七八九十一二三", 9, "一二三四五。"),
        ("Is that so? Yes it is, I think so.", 14, "Is that so?"),
        ("no end, only clauses and more words", 14, "no end,"),
        ("words without any stop at all", 14, "words without"),
        ("x" * 50, 20, "x" * 20),
        ("First part.\n\nSecond. Third", 23, "First part."),
        ("No. " + "word " * 20, 40, "No. word word word word word word word"),
    ],
)
def test_where_it_is_cut(text: str, limit: int, first: str) -> None:
    assert pieces(text, limit)[0] == first


@given(st.text(max_size=400), st.integers(min_value=4, max_value=60))
def test_nothing_is_lost_and_nothing_too_long(text: str, limit: int) -> None:
    found = pieces(text.strip(), limit)
    assert "".join("".join(found).split()) == "".join(text.split())
    assert all(0 < units(piece) <= limit for piece in found)


def test_long_text_is_bounded_and_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spoken, "MOST_SPOKEN", 600)
    kept, left_out = pieces_for("tts-qwen3-0-6b", SENTENCE * 30)
    assert sum(map(len, kept)) <= 600
    assert len(" ".join(kept)) + left_out == pytest.approx(len(SENTENCE * 30), abs=10)
    assert pieces_for("tts-kokoro", SENTENCE) == ([SENTENCE.strip()], 0)


def test_few_words_a_piece_stay_few_calls() -> None:
    kept, left_out = pieces_for("tts-qwen3-0-6b", SENTENCE * 400)
    assert len(kept) == spoken.MOST_PIECES
    assert left_out > 0
