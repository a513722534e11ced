"""CommonMark to Discord markdown."""

from __future__ import annotations

import re

import pytest

from adapters.discord.format import compose
from adapters.text.flow import flow_of
from adapters.text.parse import parse
from adapters.text.runs import Dialect
from bot.messages import Part
from tests.unit.format.samples import LONG, NASTY, letters, shown, utf16, whole

DIALECT = Dialect(bullet="-", schemes=frozenset({"http", "https"}), plain_labels=True)

CASES: list[tuple[str, str]] = [
    ("plain", "plain"),
    ("**b** __b__ *i* _i_ ~~s~~ `c`", "**b** **b** *i* *i* ~~s~~ `c`"),
    ("*She smiles.*Then", "*She smiles.*Then"),
    ("**Name:**text", "**Name:**text"),
    ("*a***b**", "*a*\u200b**b**"),
    ("***a** b*", "***a** b*"),
    ("||a **b**|| a || b", "||a **b**|| a \\|\\| b"),
    ("2*3 a_b \\*x\\* **open", "2\\*3 a\\_b \\*x\\* \\*\\*open"),
    ("``a`b``", "`` a`b ``"),
    ("# One\n### Three\n#### Four\n###### Six *i*", "# One\n### Three\n**Four**\n**Six *i***"),
    ("- # Head", "- **Head**"),
    ("- a\n  - b\n* c\n+ d", "- a\n  - b\n- c\n- d"),
    ("1. a\n1. b\n\n   more", "1. a\n2. b\n\n   more"),
    ("1986. A year", "1986. A year"),
    ("1986. A\n1990. B", "1986. A\n1990\\. B"),
    ("\\- a\n\\# b\n\\> c\n1\\. d\n\\-# e", "\\- a\n\\# b\n\\> c\n1\\. d\n\\-# e"),
    ("- \\# a", "- \\# a"),
    ("- a\n  \\- b\n  7\\. c", "- a\n  \\- b\n  7\\. c"),
    ("||https://e.com/_x_y||", "||https://e.com/_x_y||"),
    ("![a *b*\nc](https://e.com)", "[a b c](<https://e.com>)"),
    ("a # b - c > d 1. e", "a # b - c > d 1. e"),
    ("> a\n> > b\n>\n> c\n\nd", "> a\n> b\n> \n> c\n\nd"),
    ("> # H\n> - x", "> # H\n> - x"),
    ("a\n---\nb", "a\n──────────\nb"),
    ("[1](https://e.com/a_(b))", "[1](<https://e.com/a_(b)>)"),
    ("[[1]](https://e.com)", "[[1]](<https://e.com>)"),
    ("[**a**](https://e.com)", "[**a**](<https://e.com>)"),
    ("[a](mailto:b@e.com) <b@e.com>", "a (mailto:b@e.com) b@e.com"),
    ("[https://bank.com](https://evil.com)", "https://bank.com (https://evil.com)"),
    ("\\[a](https://e.com)", "[a\\](https://e.com)"),
    ("https://e.com/_a_b", "https://e.com/_a_b"),
    ("**https://e.com**", "https://e.com"),
    ("![alt](https://e.com/p.png)", "[alt](<https://e.com/p.png>)"),
    ("<div>List<int> @everyone <@123> <:my_emoji:1>", "<div>List<int> @everyone <@123> <:my_emoji:1>"),
    ("```py\n  x_1\n```\nafter", "```py\n  x_1\n```\nafter"),
    ("```py\nx", "```py\nx\n```"),
    ("````\na ``` b\n````", "```\na `\u200b`` b\n```"),
    ("|A|B|\n|-|-:|\n|1|22|", "```\nA |  B\n--+---\n1 | 22\n```"),
    ("|A|B|\n|-|-|\n|[1](https://e.com)|x|", "- **A:** [1](<https://e.com>)\n  **B:** x"),
    ("\\(a_1\\) \\[x^2\\]", "`a_1` `x^2`"),
    ("$$\na = b\n$$", "```latex\na = b\n```"),
]


@pytest.mark.parametrize(("markdown", "text"), CASES)
def test_text(markdown: str, text: str) -> None:
    (part,) = compose(markdown)
    assert part.text == text


@pytest.mark.parametrize("markdown", ["", " \n ", "\u200b", "```py\n", "#", "![]()"])
def test_nothing_visible_makes_no_message(markdown: str) -> None:
    assert compose(markdown) == []


def test_plain_has_no_marks() -> None:
    (part,) = compose("**b** [1](https://e.com) `c` a_b")
    assert part.plain == "b 1 c a_b"


def check(parts: list[Part], limit: int) -> None:
    for part in parts:
        assert 0 < utf16(part.text) <= limit
        assert 0 < utf16(part.plain) <= limit
        assert not part.text[-1].isspace()
        assert len(re.findall("^```", part.text, re.MULTILINE)) % 2 == 0
        # Read again, the markdown shows what it was made from.
        assert letters(flow_of(parse(part.text), DIALECT).text) == letters(part.plain)


@pytest.mark.parametrize("limit", [200, 1950])
def test_every_prefix_of_a_nasty_text_renders(limit: int) -> None:
    for end in range(len(NASTY) + 1):
        check(compose(NASTY[:end], limit), limit)


@pytest.mark.parametrize("limit", [200, 611, 1950])
def test_parts_carry_the_whole_text(limit: int) -> None:
    parts = compose(LONG, limit)
    check(parts, limit)
    assert shown(parts) == whole(LONG, DIALECT)


def test_a_code_block_goes_on_with_its_fence_and_language() -> None:
    code = "\n".join(f"    line {number}" for number in range(99))
    parts = compose(f"intro\n\n```py\n{code}\n```\n\noutro", 300)
    assert len(parts) > 4
    for part in parts[1:-1]:
        assert part.text.startswith("```py\n    line ")
        assert part.text.endswith("\n```")
    assert parts[0].text.startswith("intro\n\n```py\n    line 0\n")
    assert parts[-1].text.endswith("\n```\n\noutro")


def test_marks_are_closed_and_opened_again_at_a_cut() -> None:
    parts = compose("**" + "word " * 100 + "end**", 200)
    assert len(parts) > 2
    assert all(re.fullmatch(r"\*\*word.*(?:word|end)\*\*", part.text) for part in parts)


def test_links_stay_whole() -> None:
    link = "[some words here](https://example.com/page)"
    parts = compose(" ".join([link] * 40), 200)
    expected = link.replace("(", "(<").replace(")", ">)")
    assert {word for part in parts for word in part.text.split(") ")} <= {expected, expected[:-1]}
    assert sum(part.text.count(expected) for part in parts) == 40


def test_bare_addresses_stay_whole() -> None:
    parts = compose("word " * 36 + "https://example.com/a/rather/long/address and more", 200)
    assert [part.text[:8] for part in parts] == ["word wor", "https://"]


def test_an_address_too_long_for_a_link_is_shown() -> None:
    url = "https://example.com/" + "x" * 3000
    parts = compose(f"[label]({url})")
    check(parts, 1950)
    assert shown(parts) == f"label({url})"


def test_messages_are_well_filled() -> None:
    parts = compose("Some **bold** words and a [link](https://e.com) here. " * 200)
    assert all(len(part.text) > 1800 for part in parts[:-1])
