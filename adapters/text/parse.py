"""The one CommonMark parser of all doors."""

from __future__ import annotations

from functools import cache

from markdown_it import MarkdownIt
from markdown_it.token import Token

from adapters.text import block_rules, inline_rules
from adapters.text.measure import clean

_INTERRUPTED = ["paragraph", "blockquote", "list"]

# Off, and why: indented code (models indent prose), raw HTML (`<think>` and `List<int>` are text),
# reference definitions (`[Name]: hello` would vanish), underlined headings (`text` above `---` would
# turn bold when the line arrives) and link guessing over finished text (the bare_url rule does it).
_OFF = ["code", "html_block", "html_inline", "reference", "lheading"]


@cache
def _parser() -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"html": False, "linkify": True}).enable("strikethrough").disable(_OFF)
    block, inline = parser.block.ruler, parser.inline.ruler
    block.before("table", "too_deep", block_rules.too_deep)
    block.at("table", block_rules.table, {"alt": ["paragraph", "reference"]})
    block.enable("table")
    block.before("fence", "display_maths", block_rules.display_maths, {"alt": _INTERRUPTED})
    inline.at("linkify", inline_rules.bare_url)
    inline.enable("linkify")
    inline.before("escape", "maths", inline_rules.maths)
    inline.before("escape", "spoiler", inline_rules.spoiler)
    inline.at("emphasis", inline_rules.emphasis)
    parser.inline.add_terminator_char("|")
    return parser


def parse(markdown: str) -> list[Token]:
    """Block tokens of a text, or of any prefix of one; never raises."""
    return _parser().parse(clean(markdown), {})
