"""Rich Markdown: read by a parser that is not ours, it must say what the text says and nothing more."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.telegram.capabilities import RICH
from adapters.telegram.format import compose
from adapters.telegram.rich import rich
from bot.engine.text.citations import linked, source_list
from bot.messages import Source
from tests.fakes.telegram.rich import rich_text
from tests.fakes.telegram.shapes import JsonObject
from tests.unit.format.samples import NASTY

TABLE = "| A | B |\n|---|---|\n| 1 | 2 |\n"


def blocks_of(markdown: str) -> list[JsonObject]:
    part = rich(markdown, RICH)
    assert part is not None
    return rich_text({"markdown": part.rich}).blocks or []


def shown(markdown: str) -> str:
    part = rich(markdown, RICH)
    assert part is not None
    return rich_text({"markdown": part.rich}).text


def kinds(markdown: str) -> list[object]:
    return [block["type"] for block in blocks_of(markdown)]


# --- when ---


@pytest.mark.parametrize(
    "markdown",
    [
        TABLE,
        "Area:\n\n\\[\nx^2\n\\]",
        "$$\nx^2\n$$",
        "# One\n\ntext\n\n## Two",
        "- [ ] buy milk\n- [x] done",
    ],
)
def test_worth_it(markdown: str) -> None:
    assert rich(markdown, RICH) is not None


@pytest.mark.parametrize(
    "markdown",
    [
        "",
        "Hello **you**",
        "# One\n\n# Other",
        "- a\n- b",
        "```latex\nx\n```",
        "> quote",
        "[ ] no list",
        "a | b",
    ],
)
def test_not_worth_it(markdown: str) -> None:
    assert rich(markdown, RICH) is None


@pytest.mark.parametrize(
    "markdown",
    [
        TABLE + "\n" + "x" * RICH.units,
        TABLE + "\n" + "🦊" * (RICH.units // 2),
        TABLE + "\n" + "a\n\n" * RICH.blocks,
        TABLE + "| x | y |\n" * RICH.blocks,
        f"|{'a|' * 21}\n|{'-|' * 21}\n",
        f"| a | b |\n|---|---|\n|{'x|' * 21}\n",
        "- [ ] x\n" + "".join("  " * depth + "- x\n" for depth in range(1, 9)),
    ],
    ids=["units", "astral", "blocks", "rows", "columns", "wide row", "depth"],
)
def test_beyond_the_limits(markdown: str) -> None:
    assert rich(markdown, RICH) is None


def test_the_limits_themselves_are_taken() -> None:
    wide = f"|{'a|' * 20}\n|{'-|' * 20}\n"
    assert kinds(wide) == ["table"]
    assert len(blocks_of(TABLE + "\n" + "a\n\n" * 490)) == 491


# --- what ---


def test_a_table() -> None:
    (table,) = blocks_of("| Left | Mid | Right |\n|:--|:-:|--:|\n| `a\\|b` | **c** | d | more |\n| e |")
    assert table["cells"] == [
        [
            {"align": "left", "valign": "top", "text": "Left", "is_header": True},
            {"align": "center", "valign": "top", "text": "Mid", "is_header": True},
            {"align": "right", "valign": "top", "text": "Right", "is_header": True},
            {"align": "left", "valign": "top", "text": "", "is_header": True},
        ],
        [
            {"align": "left", "valign": "top", "text": [{"type": "code", "text": "a|b"}]},
            {"align": "center", "valign": "top", "text": [{"type": "bold", "text": "c"}]},
            {"align": "right", "valign": "top", "text": "d"},
            {"align": "left", "valign": "top", "text": "more"},
        ],
        [
            {"align": "left", "valign": "top", "text": "e"},
            {"align": "center", "valign": "top", "text": ""},
            {"align": "right", "valign": "top", "text": ""},
            {"align": "left", "valign": "top", "text": ""},
        ],
    ]


def test_formulas_headings_and_code() -> None:
    blocks = blocks_of(
        "# Top\n\n### Sub\n\n\\[\n\\frac{a}{b} < 1\n\\]\n\n```python\nprint('```')\n```\n\n---\n"
    )
    assert blocks == [
        {"type": "heading", "text": "Top", "size": 1},
        {"type": "heading", "text": "Sub", "size": 3},
        {"type": "mathematical_expression", "expression": "\\frac{a}{b} < 1"},
        {"type": "pre", "text": "print('```')", "language": "python"},
        {"type": "divider"},
    ]


def test_a_task_list_with_lists_inside() -> None:
    (tasks,) = blocks_of("- [x] **done**\n  1. one\n  1. two\n- [ ] open\n- plain")
    assert tasks == {
        "type": "list",
        "items": [
            {
                "label": "•",
                "has_checkbox": True,
                "is_checked": True,
                "blocks": [
                    {"type": "paragraph", "text": [{"type": "bold", "text": "done"}]},
                    {
                        "type": "list",
                        "items": [
                            {"label": "1.", "blocks": [{"type": "paragraph", "text": "one"}]},
                            {"label": "2.", "blocks": [{"type": "paragraph", "text": "two"}]},
                        ],
                    },
                ],
            },
            {
                "label": "•",
                "has_checkbox": True,
                "is_checked": False,
                "blocks": [{"type": "paragraph", "text": "open"}],
            },
            {"label": "•", "blocks": [{"type": "paragraph", "text": "plain"}]},
        ],
    }


def test_numbers_stay_as_typed() -> None:
    blocks = blocks_of(f"1986. A year\n1990. Another\n\n{TABLE}")
    labels = [item["label"] for block in blocks[:2] for item in block["items"]]  # type: ignore[index, attr-defined]
    assert labels == ["1986.", "1990."]


def test_lists_in_a_row_stay_apart() -> None:
    assert kinds(f"- a\n* b\n* c\n\n1. x\n1) y\n\n{TABLE}") == ["list"] * 4 + ["table"]


def test_line_breaks_stay() -> None:
    assert shown(f"one\ntwo\n\n{TABLE}").startswith("one\ntwo\n")


def test_citations_stay_links() -> None:
    sources = [Source(1, "A [site] | <b>", "https://a.example/x_(y)?q=1&r=$2|3")]
    text, used = linked("Water is wet.^1^\n\n| Fact | Source |\n|---|---|\n| wet | yes^1^ |\n", sources)
    part = rich(text + source_list(used), RICH)
    assert part is not None
    links = re.findall(r"'url': '([^']*)', 'text': '([^']*)'", str(rich_text({"markdown": part.rich}).blocks))
    address = "https://a.example/x_%28y%29?q=1&r=%242%7C3"
    assert links == [(address, "[1]"), (address, "[1]"), (address, "A [site] | <b>")]


@pytest.mark.parametrize(
    "trap",
    [
        '<tg-button type="callback_data" data="x">Press</tg-button>',
        '<img src="https://evil.example/x.png">',
        "![](https://evil.example/x.png)",
        "<details><summary>x</summary>y</details>",
        "<a name=x>",
        "<!-- hidden -->",
        "List<int> &lt; &amp;",
        "a\\*b \\_c\\_ \\<b>",
        "$5 and $6, ==marked==, [^1]: note",
        "2\\. two",
        "\\# no heading",
        "x `a <b> | c` y",
    ],
)
def test_a_text_brings_nothing_along(trap: str) -> None:
    ordinary = letters("".join(part.text for part in compose(trap)))
    cell = trap.replace("|", "\\|")
    assert letters(shown(f"{trap}\n\n{TABLE}")).startswith(ordinary)
    assert ordinary in letters(shown(f"| A | B |\n|---|---|\n| {cell} | x |\n"))


def letters(text: str) -> str:
    """Without the white space and table marks in which the two forms differ."""
    return re.sub(r"[\s|+\-─•☐☑]|[AB]:", "", text)


def test_every_prefix_of_a_nasty_text_is_taken() -> None:
    taken = [part for end in range(len(NASTY)) if (part := rich(NASTY[:end], RICH)) is not None]
    assert len(taken) > len(NASTY) // 2
    for part in taken:
        rich_text({"markdown": part.rich})


WORD = st.sampled_from(
    [
        "a",
        "b c",
        "**b**",
        "*i*",
        "`c`",
        "<b>",
        "&amp;",
        "|",
        "$",
        "_",
        "~~",
        "[x](https://a.example)",
        "\\",
        "1.",
    ]
)


@given(st.lists(st.lists(WORD, max_size=6).map(" ".join), max_size=6))
def test_any_text_is_taken_and_says_the_same(lines: list[str]) -> None:
    markdown = "# One\n\n## Two\n\n" + "\n\n".join(lines)
    part = rich(markdown, RICH)
    assert part is not None
    ordinary = "".join(one.text for one in compose(markdown))
    assert letters(rich_text({"markdown": part.rich}).text) == letters(ordinary)
