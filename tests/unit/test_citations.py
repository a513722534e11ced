"""Citation markers become links, whatever their form and however they are split."""

import pytest

from bot.engine.text.citations import MarkerFilter, linked, plain_markers, source_list
from bot.messages import Source

SOURCES = (
    Source(1, "First", "https://a.example/1"),
    Source(2, "Second [x]", "https://b.example/2 2"),
    Source(3, "Third", "https://c.example/3"),
)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Rain.^1^", "Rain.[\\[1\\]](<https://a.example/1>)"),
        ("word^3^ and ^1,3^.", None),
        ("Old [REF]0[/REF] form", "Old [\\[1\\]](<https://a.example/1>) form"),
        ("Lower [ref]0, 2[/ref]", None),
        ("Empty [REF][/REF] goes", "Empty  goes"),
        ("Dead ^9^ marker", "Dead  marker"),
        ("Maths x^2^ stays", "Maths x^2^ stays"),
        ("Code `a^1^b` stays", "Code `a^1^b` stays"),
    ],
)
def test_markers_become_links(text: str, shown: str | None) -> None:
    result, _ = linked(text, SOURCES)
    if shown is not None:
        assert result == shown
    assert "REF" not in result.upper() or shown is not None
    assert "^1" not in result or "`" in result


def test_sources_are_numbered_in_order_of_use() -> None:
    result, used = linked("rain^3^ sun^1^ again^3^", SOURCES)
    assert [(s.number, s.title) for s in used] == [(1, "Third"), (2, "First")]
    assert result.count("[\\[1\\]]") == 2


def test_without_markers_every_source_is_listed() -> None:
    text, used = linked("plain", SOURCES)
    assert text == "plain"
    assert len(used) == 3


@pytest.mark.parametrize(
    "text", ["One.^1^ Two ^1,3^ three [REF]0[/REF] end ^", "a ^12", "[RE", "x [ref]1,2[/re"]
)
def test_no_half_marker_is_ever_shown(text: str) -> None:
    for size in (1, 2, 3, 5):
        held = MarkerFilter()
        shown = ""
        for start in range(0, len(text), size):
            shown += held.feed(text[start : start + size])
            assert not plain_markers(shown).endswith(("^", "^1", "^1,", "[R", "[REF]", "[REF]0"))
        assert shown + held.rest() == text


def test_untrusted_titles_cannot_break_out() -> None:
    assert source_list(SOURCES[1:2]).endswith("2. [Second \\[x\\]](<https://b.example/2%202>)")
