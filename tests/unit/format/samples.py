"""Texts, limits and readings shared by the tests of the text conversion."""

from __future__ import annotations

from collections.abc import Sequence

from adapters.text.flow import flow_of
from adapters.text.parse import parse
from adapters.text.runs import Dialect
from bot.messages import Part

NASTY = """# Heading with *italics* & <tags>

**Name:**text *she smiled* and ***both** one* more, ~~gone~~, ||hid **den**||, `code`, `` a`b ``.
> A quote with [a link](https://example.com/a_(b)_c) and `code`
> > nested 👨‍👩‍👧‍👦 family 🇩🇪🇫🇷 e\u0301 \ud83d
> - a list

1986. A year
1990. Another
   - nested https://example.com/_under_/score_d
     - deeper

     paragraph \\(a_1 + b_2\\) and $$x^2$$

\\[
E = mc^2
+ 1
\\]

| Name | Value |
|:-----|------:|
| `a` | **1** |
| 漢字 | 22 |

| Very long header number one | Very long header number two | Three |
|---|---|---|
| cell | [1](https://example.com/1) | another long cell of text |

```python
def f(x: List[int]) -> str:
    return "``` not the end" * 2

```
---
- [x] done
- item

  ```
  in a list
  ```
[x](javascript:alert(1)) ![picture](https://example.com/p.png) <https://example.com> <div>List<int></div>
[open](http://example.com/unfinished **bold *italic `code ||spoiler
```js
const open = 1;
"""

LONG = (NASTY.replace("```js\nconst open = 1;\n", "") + "\n") * 6 + NASTY

ANY = Dialect(bullet="•", schemes=frozenset({"http", "https"}))


def visible(text: str) -> str:
    """What a reader sees: all but white space and the invisible characters used as separators."""
    return "".join(text.replace("\u200b", "").split())


def letters(text: str) -> str:
    """Letters and digits only."""
    return "".join(filter(str.isalnum, text))


def shown(parts: Sequence[Part]) -> str:
    return visible("".join(part.plain for part in parts))


def whole(markdown: str, dialect: Dialect = ANY) -> str:
    """The visible text of the uncut conversion."""
    return visible(flow_of(parse(markdown), dialect).text)


def utf16(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2
