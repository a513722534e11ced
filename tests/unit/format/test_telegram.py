"""CommonMark to Telegram entities."""

from __future__ import annotations

import pytest

from adapters.telegram.format import MOST_ENTITIES, compose
from bot.messages import Part
from tests.unit.format.samples import LONG, NASTY, shown, utf16, whole

Marked = tuple[str, str] | tuple[str, str, str]


def marks(part: Part) -> list[Marked]:
    """Entities as (type, covered text) or (type, covered text, address or language)."""
    units = part.text.encode("utf-16-le")
    found: list[Marked] = []
    for entity in part.entities:
        covered = units[2 * entity.offset : 2 * (entity.offset + entity.length)].decode("utf-16-le")
        extra = entity.url or entity.language
        found.append((entity.type, covered, extra) if extra else (entity.type, covered))
    return found


CASES: list[tuple[str, str, list[Marked]]] = [
    ("plain", "plain", []),
    ("**b** *i* ~~s~~ `c`", "b i s c", [
        ("bold", "b"), ("italic", "i"), ("strikethrough", "s"), ("code", "c"),
    ]),
    ("||a **b**||", "a b", [("spoiler", "a b"), ("bold", "b")]),
    ("a || b || c", "a || b || c", []),
    ("*She smiles.*Then", "She smiles.Then", [("italic", "She smiles.")]),
    ("**Name:**text", "Name:text", [("bold", "Name:")]),
    ("これは**「強調」**です", "これは「強調」です", [("bold", "「強調」")]),
    ("2*(3+4)*x", "2*(3+4)*x", []),
    ("snake_case_name", "snake_case_name", []),
    ("***a** b*", "a b", [("italic", "a b"), ("bold", "a")]),
    ("# Head\n#### Four", "Head\nFour", [("bold", "Head"), ("bold", "Four")]),
    ("# **Head**", "Head", [("bold", "Head")]),
    ("😀 **b**", "😀 b", [("bold", "b")]),
    ("||`c`||", "c", [("spoiler", "c")]),
    ("**`c`**", "c", [("code", "c")]),
    ("[`c`](https://e.com)", "c", [("text_link", "c", "https://e.com")]),
    ("[a](https://e.com) [b](tg://user?id=1)", "a b", [
        ("text_link", "a", "https://e.com"), ("text_link", "b", "tg://user?id=1"),
    ]),
    ("[a](ftp://e.com) [b](x.md) [c](#d)", "a (ftp://e.com) b (x.md) c", []),
    ("[a](javascript:x)", "[a](javascript:x)", []),
    ("![alt](https://e.com/p.png)", "alt", [("text_link", "alt", "https://e.com/p.png")]),
    ("![](https://e.com/p)", "https://e.com/p", [("text_link", "https://e.com/p", "https://e.com/p")]),
    ("https://e.com/_a_b", "https://e.com/_a_b", [("text_link", "https://e.com/_a_b", "https://e.com/_a_b")]),
    ("<foo:bar> <div>List<int>", "<foo:bar> <div>List<int>", []),
    ("- a\n  - b\n- c", "• a\n  • b\n• c", []),
    ("1. a\n1. b\n1. c", "1. a\n2. b\n3. c", []),
    ("1986. A year", "1986. A year", []),
    ("1986. A\n1990. B", "1986. A\n1990. B", []),
    ("7) x", "7) x", []),
    ("> a\n> > b\n\n> c", "a\nb\n\nc", [("blockquote", "a\nb"), ("blockquote", "c")]),
    ("> `c`", "c", [("blockquote", "c")]),
    ("a\n***\nb", "a\n──────────\nb", []),
    ("a\n---\nb", "a\n──────────\nb", []),
    ("a\nb  \nc\n\n\n\nd", "a\nb\nc\n\nd", []),
    ("```py\n  x\n```", "  x", [("pre", "  x", "py")]),
    ("```py\nx", "x", [("pre", "x", "py")]),
    ("    not code", "not code", []),
    ("|A|B|\n|-|-:|\n|1|22|\n|漢|3|", "A  |  B\n---+---\n1  | 22\n漢 |  3", [
        ("pre", "A  |  B\n---+---\n1  | 22\n漢 |  3"),
    ]),
    ("|A|B|\n|-|-|\n|[1](https://e.com)|x|", "• A: 1\n  B: x", [
        ("bold", "A:"), ("text_link", "1", "https://e.com"), ("bold", "B:"),
    ]),
    (f"|A|B|\n|-|-|\n|{'x' * 70}||", f"• B\n• A: {'x' * 70}", [("bold", "A:")]),
    ("\\(a_1\\) \\[b^2\\] $$c$$", "a_1 b^2 c", [("code", "a_1"), ("code", "b^2"), ("code", "c")]),
    ("\\[\na = b\n+ c\n\\]", "a = b\n+ c", [("pre", "a = b\n+ c", "latex")]),
    ("\\[\na = b", "[\na = b", []),
    ("\\[sic\\] costs $5 and $6", "[sic] costs $5 and $6", []),
    ("[Name]: hello", "[Name]: hello", []),
    ("&lt;b&gt; \\*x\\*", "<b> *x*", []),
]  # fmt: skip


@pytest.mark.parametrize(("markdown", "text", "expected"), CASES)
def test_text_and_entities(markdown: str, text: str, expected: list[Marked]) -> None:
    (part,) = compose(markdown)
    assert part.text == text
    assert part.plain == text
    assert marks(part) == expected


@pytest.mark.parametrize(
    "markdown", ["", " \n ", "\u200b\ufeff", "```py\n", "```\n\n```", "#", "\u2800", "![]()"]
)
def test_nothing_visible_makes_no_message(markdown: str) -> None:
    assert compose(markdown) == []


def check(parts: list[Part], limit: int) -> None:
    for part in parts:
        assert 0 < utf16(part.text) <= limit
        assert part.text.rstrip() == part.text
        assert len(part.entities) <= MOST_ENTITIES
        open_ends: list[int] = []
        for entity in part.entities:
            end = entity.offset + entity.length
            assert entity.length > 0
            assert 0 <= entity.offset < end <= utf16(part.text)
            while open_ends and open_ends[-1] <= entity.offset:
                open_ends.pop()
            assert not open_ends or end <= open_ends[-1]
            open_ends.append(end)
        check_solitary(part)


def check_solitary(part: Part) -> None:
    """Code overlaps nothing, and quotes not each other."""
    for one in part.entities:
        for other in part.entities:
            apart = one.offset + one.length <= other.offset or other.offset + other.length <= one.offset
            alone = one.type in ("pre", "code") or one.type == other.type
            assert one is other or apart or not alone


@pytest.mark.parametrize("limit", [200, 4096])
def test_every_prefix_of_a_nasty_text_renders(limit: int) -> None:
    for end in range(len(NASTY) + 1):
        check(compose(NASTY[:end], limit), limit)


@pytest.mark.parametrize("limit", [200, 611, 4096])
def test_parts_carry_the_whole_text(limit: int) -> None:
    parts = compose(LONG, limit)
    check(parts, limit)
    assert shown(parts) == whole(LONG)


def test_a_code_block_goes_on_with_its_language() -> None:
    code = "\n".join(f"    line {number}" for number in range(150))
    parts = compose(f"intro\n\n```py\n{code}\n```\n\noutro", 300)
    assert len(parts) > 4
    for part in parts[1:-1]:
        assert [(entity.type, entity.language) for entity in part.entities] == [("pre", "py")]
        assert part.text.startswith("    line ")
    assert [entity.type for entity in parts[0].entities + parts[-1].entities] == ["pre", "pre"]


def test_more_than_a_hundred_entities_go_into_more_messages() -> None:
    parts = compose("`a` " * 250)
    assert [len(part.entities) for part in parts] == [100, 100, 50]


def test_a_quote_of_many_marks_does_not_count_itself_for_each() -> None:
    parts = compose("> " + "*a* b " * 99)
    assert [len(part.entities) for part in parts] == [100]


def test_astral_characters_count_twice() -> None:
    assert [utf16(part.text) for part in compose("😀" * 3000)] == [4096, 1904]
