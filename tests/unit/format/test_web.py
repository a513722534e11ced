"""CommonMark to safe HTML."""

from __future__ import annotations

from html.parser import HTMLParser

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.web.format import compose
from tests.unit.format.samples import LONG, NASTY, visible, whole

LINK = 'target="_blank" rel="noopener noreferrer nofollow"'
ALLOWED: dict[str, set[str]] = {
    **{tag: set() for tag in ("p", "br", "hr", "strong", "em", "s", "blockquote", "pre")},
    **{tag: set() for tag in ("ul", "ol", "table", "tr")},
    **{f"h{level}": set() for level in range(1, 7)},
    "a": {"href", "target", "rel"},
    "code": {"class"},
    "td": {"class"},
    "th": {"class"},
    "li": {"value"},
    "span": {"class", "tabindex"},
}  # fmt: skip


class Reader(HTMLParser):
    """Reads HTML as a browser would, and notes everything that should not be there."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.text: list[str] = []
        self.wrong: list[str] = []
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = {name for name, _ in attrs}
        if tag not in ALLOWED or not names <= ALLOWED[tag]:
            self.wrong.append(f"{tag} {attrs}")
        for name, value in attrs:
            if name == "href" and not (value or "").startswith(("http://", "https://", "mailto:")):
                self.wrong.append(f"href {value}")
        if tag not in ("br", "hr"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open.pop() != tag:
            self.wrong.append(f"/{tag}")

    def handle_data(self, data: str) -> None:
        self.text.append(data)

    def handle_comment(self, data: str) -> None:
        self.wrong.append(data)

    def handle_decl(self, decl: str) -> None:
        self.wrong.append(decl)


def read(markdown: str) -> str:
    """The text of the page; fails on anything unsafe or not well formed."""
    reader = Reader()
    reader.feed("".join(part.text for part in compose(markdown)))
    reader.close()
    assert reader.wrong == []
    assert reader.open == []
    return visible("".join(reader.text))


CASES: list[tuple[str, str]] = [
    ("a\nb", "<p>a<br>\nb</p>\n"),
    ("**b** *i* ~~s~~ `c`", "<p><strong>b</strong> <em>i</em> <s>s</s> <code>c</code></p>\n"),
    ("**Name:**text", "<p><strong>Name:</strong>text</p>\n"),
    ("||x||", '<p><span class="spoiler" tabindex="0">x</span></p>\n'),
    ("# H", "<h1>H</h1>\n"),
    ("- a\n- b", "<ul>\n<li>a</li>\n<li>b</li>\n</ul>\n"),
    ("1986. A\n1990. B", '<ol>\n<li value="1986">A</li>\n<li value="1990">B</li>\n</ol>\n'),
    ("> a", "<blockquote>\n<p>a</p>\n</blockquote>\n"),
    ("```py\n<x>\n```", '<pre><code class="language-py">&lt;x&gt;\n</code></pre>\n'),
    ("```py\nx", '<pre><code class="language-py">x</code></pre>\n'),
    ("[1](https://e.com/?a=1&b=2)", f'<p><a href="https://e.com/?a=1&amp;b=2" {LINK}>1</a></p>\n'),
    ("<a@e.com>", f'<p><a href="mailto:a@e.com" {LINK}>a@e.com</a></p>\n'),
    ("![alt](https://e.com/p.png)", f'<p><a href="https://e.com/p.png" {LINK}>alt</a></p>\n'),
    (
        "|A|B|\n|-|-:|\n|1|**2**|",
        '<table>\n<tr><th class="left">A</th><th class="right">B</th></tr>\n'
        '<tr><td class="left">1</td><td class="right"><strong>2</strong></td></tr>\n</table>\n',
    ),
    ("\\(a_1\\)", "<p><code>a_1</code></p>\n"),
    ("<div>List<int></div>", "<p>&lt;div&gt;List&lt;int&gt;&lt;/div&gt;</p>\n"),
]


@pytest.mark.parametrize(("markdown", "html"), CASES)
def test_html(markdown: str, html: str) -> None:
    (part,) = compose(markdown)
    assert part.text == html


ATTACKS = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<!-- x --><!doctype html><![CDATA[x]]>",
    "[x](javascript:alert(1))",
    "[x](JaVaScRiPt:alert(1))",
    "[x](java\nscript:alert(1))",
    "[x](&#106;avascript:alert(1))",
    "[x](\x01javascript:alert(1))",
    "[x](vbscript:x) [x](file:///etc/passwd) [x](tg://x) [x](//evil.com) [x](blob:x)",
    "[x](data:text/html;base64,PHNjcmlwdD4=)",
    "![x](data:image/svg+xml;base64,PHN2Zz4=)",
    "<javascript:alert(1)>",
    "<data:text/html,x>",
    '[x](https://e.com/"onmouseover="alert(1))',
    "[x](<https://e.com/'onclick='alert(1)>)",
    '[x](https://e.com "\\" onclick=alert(1) x=\\"")',
    '![" onerror="alert(1)](https://e.com/"x)',
    '```"><script>alert(1)</script>\nx\n```',
    "```js\" onclick=alert(1)\nx\n```",
    "`<script>`",
    'https://e.com/"><script>alert(1)</script>',
    "|<script>|\n|-|\n|<img src=x>|",
    "[<b>](https://e.com) **<i>**",
    "&lt;script&gt;alert(1)&lt;/script&gt;",
]  # fmt: skip


@pytest.mark.parametrize("markdown", ATTACKS)
def test_nothing_unsafe_comes_out(markdown: str) -> None:
    assert read(markdown)


@settings(derandomize=True, max_examples=200, deadline=None)
@given(
    st.lists(
        st.sampled_from([*ATTACKS, "**", "`", "\n", "[", "](", ")", "<", '"', "||", "- ", "> "]), max_size=8
    )
)
def test_mixed_attacks(pieces: list[str]) -> None:
    read("".join(pieces))


def test_every_prefix_of_a_nasty_text_renders() -> None:
    for end in range(len(NASTY) + 1):
        read(NASTY[:end])


def test_a_long_text_is_one_part_with_all_the_text() -> None:
    (part,) = compose(LONG)
    assert visible(part.plain) == whole(LONG)


@pytest.mark.parametrize("markdown", ["", " \n ", "\u200b", "```py\n", "#"])
def test_nothing_visible_makes_no_part(markdown: str) -> None:
    assert compose(markdown) == []
