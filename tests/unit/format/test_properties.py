"""What holds for any text on every door."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.discord.format import compose as discord
from adapters.telegram.format import compose as telegram
from adapters.text.measure import is_blank, is_boundary
from adapters.web.format import compose as web
from bot.messages import Part
from tests.unit.format import test_discord, test_telegram
from tests.unit.format.samples import shown, visible

quick = settings(derandomize=True, max_examples=150, deadline=None)

Cut = Callable[[str, int], list[Part]]
CUTS: list[Cut] = [telegram, discord]
LIMIT = 200

MARKUP = [
    "**", "*", "_", "~~", "||", "`", "```\n", "\n", "\n\n", " ", "  ", "- ", "1. ", "7. ", "> ", "# ",
    "[", "]", "](https://e.com/a_b)", "![", "|", "\n|-|-|\n", "---\n", "\\(", "\\)", "\\[", "\\]", "$$", "\\",
    "#### ", "<", ">", "&amp;", "https://e.com/x", "😀", "👩\u200d🚀",
    "e\u0301", "\ud83d", "\u200b", "漢字。", "!", ".", ":", "(", ")",
]  # fmt: skip
words = st.from_regex(r"[a-z]{1,12}", fullmatch=True)
soup = st.lists(st.one_of(st.sampled_from(MARKUP), words), max_size=60).map("".join)
anything = st.one_of(soup, st.text(st.characters(exclude_categories=()), max_size=400))


@quick
@given(anything)
def test_any_text_is_within_the_limits(text: str) -> None:
    test_telegram.check(telegram(text, LIMIT), LIMIT)
    for part in discord(text, LIMIT):
        assert 0 < len(part.text.encode("utf-16-le")) // 2 <= LIMIT
    for part in [*telegram(text, LIMIT), *discord(text, LIMIT), *web(text)]:
        assert not is_blank(part.plain)
        assert not is_blank(part.text)


@quick
@given(anything)
def test_cutting_loses_and_doubles_nothing(text: str) -> None:
    for cut in CUTS:
        cut_text, uncut_text = shown(cut(text, LIMIT)), shown(cut(text, 100_000))
        # A part of invisible characters alone is dropped, and they are nothing a reader misses.
        assert [char for char in cut_text if not is_blank(char)] == [
            char for char in uncut_text if not is_blank(char)
        ]


# Left out: addresses and fences hold words, and wide tables show their header again.
PLAIN_MARKUP = [mark for mark in MARKUP if not any(part in mark for part in ("e.com", "`", "|-|"))]


@quick
@given(st.lists(st.sampled_from(PLAIN_MARKUP), max_size=60))
def test_every_word_arrives_once_and_in_order(marks: list[str]) -> None:
    expected = [f"x{number}x" for number in range(len(marks))]
    text = "".join(mark + word for mark, word in zip(marks, expected, strict=True))
    for cut in CUTS:
        joined = shown(cut(text, LIMIT))
        place = 0
        for word in expected:
            assert joined.count(word) == 1
            place = joined.index(word, place)


@quick
@given(
    st.lists(
        st.sampled_from(["word", " ", ". ", "\n", "\n\n", "! ", "長い文。", "😀", "x" * 90]), max_size=150
    )
)
def test_early_cuts_stay_while_a_text_grows(pieces: list[str]) -> None:
    text = "".join(pieces)
    for cut in CUTS:
        before: list[Part] = []
        for end in range(0, len(text) + 1, 7):
            now = cut(text[:end], LIMIT)
            assert now[: max(0, len(before) - 1)] == before[:-1]
            before = now


@pytest.mark.parametrize(
    "cluster", ["👨‍👩‍👧‍👦", "🇩🇪", "e\u0301\u0323", "👍🏽", "❤\ufe0f", "क्ष", "각", "🏴\U000e0067\U000e007f"]
)
@pytest.mark.parametrize("cut", CUTS)
def test_no_cluster_is_cut(cut: Cut, cluster: str) -> None:
    for lead in range(len(cluster)):
        text = "x" * lead + cluster * 300
        parts = cut(text, LIMIT)
        assert len(parts) > 1
        assert "".join(part.plain for part in parts) == text
        assert all(part.plain.lstrip("x") == cluster * part.plain.count(cluster) for part in parts)


def test_an_endless_cluster_is_cut_all_the_same() -> None:
    text = "e" + "\u0301" * 5000
    for cut in CUTS:
        assert visible("".join(part.plain for part in cut(text, LIMIT))) == text


def test_boundaries() -> None:
    assert [is_boundary("a🇩🇪🇫🇷", index) for index in range(6)] == [True, True, False, True, False, True]
    assert [is_boundary("\n\u0301x", index) for index in (1, 2)] == [True, True]


CUT_CASES = [
    ("blank line", "a" * 60 + ". " + "b" * 60 + "\n\n" + "c b. " * 20, "b"),
    ("line", "a" * 60 + "\n\n" + "b" * 60 + "\n" + "c d. " * 30, "b"),
    ("sentence", "a b " * 35 + "end. " + "c d " * 30, "end."),
    ("sentence in quotes", "a b " * 35 + 'end!" ' + "c d " * 30, 'end!"'),
    ("Chinese sentence", "漢字" * 60 + "。" + "字" * 190, "。"),
    ("space", "a" * 50 + " " + "b" * 60 + " " + "c" * 300, "b"),
]


@pytest.mark.parametrize("cut", CUTS)
@pytest.mark.parametrize(("kind", "text", "end"), CUT_CASES)
def test_cuts_prefer_the_larger_break(cut: Cut, kind: str, text: str, end: str) -> None:
    assert cut(text, LIMIT)[0].text.endswith(end), kind


@pytest.mark.parametrize(
    "text",
    ["[a](" * 3000, "*" * 9000, ">" * 2000 + "deep", "> " * 2000 + "deep", "- " * 2000 + "deep", "[" * 5000,
     "**" * 3000 + "a" + "**" * 3000, "||a " * 3000, "|h" * 500 + "|\n" + "|-" * 500 + "|\n" + "|a\n" * 900],
)  # fmt: skip
def test_extreme_texts_keep_their_words(text: str) -> None:
    test_telegram.check(telegram(text, 4096), 4096)
    for parts in (telegram(text), discord(text), web(text)):
        joined = "".join(part.plain for part in parts)
        assert joined.count("deep") == text.count("deep")
        assert joined.count("a") == text.count("a")


def test_checks_can_fail() -> None:
    with pytest.raises(AssertionError):
        test_telegram.check([Part(" x ")], LIMIT)
    with pytest.raises(AssertionError):
        test_discord.check([Part("```py\nx", (), "x")], LIMIT)
