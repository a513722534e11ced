"""How the text conversion scales: each text at size n and 4n, with the ratio of the times.

A ratio near 4 is linear. Run: python -m benchmarks.format_speed [n]
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable

from adapters.discord.format import compose as discord
from adapters.telegram.format import compose as telegram
from adapters.web.format import compose as web

_ANSWER = """## A heading

Some **bold** prose with *italic* words, `code`, and a [link](https://example.com/a_b) to read. A second
sentence follows, and a third one with a bare address https://example.com/_a_/b and nothing more to say.

- item one, which is a little longer than the next
- item two

```python
def f(x):
    return x * 2
```

| a | b |
|---|---|
| 1 | 2 |

"""


def repeated(unit: str) -> Callable[[int], str]:
    """Texts made of one unit, cut at the asked size."""
    return lambda size: (unit * (size // len(unit) + 1))[:size]


FAMILIES: dict[str, Callable[[int], str]] = {
    "answer": repeated(_ANSWER),
    "prose": repeated("Some words of prose, nothing else. "),
    **{
        repr(unit): repeated(unit)
        for unit in (
            "[a](",
            "[",
            "[a",
            "![a](",
            "[a](http://b) ",
            "*",
            "**",
            "*a* ",
            "*a **b ",
            "*a_b`c~~",
            "_a",
            "~~a",
            "`",
            "`a",
            "`a` ",
            "||",
            "||a ",
            "|| ",
            "|a",
            "|a|b|\n|-|-|\n",
            ">",
            "> ",
            "a\n> ",
            "- ",
            "1. a\n",
            "# ",
            "```\n",
            "\\(",
            "\\[=\n",
            "$$\n",
            "\\",
            "http://",
            "http://a ",
            "a://",
            "<a",
            "<http:",
            "&",
            "&#x1F600;",
            " ",
            "a\n",
            "a\n\n",
            "漢字。",
            "🇦",
            "👩\u200d",
            "\u0301",
            "\u200b",
        )
    },
    "opened and closed stars": lambda size: "*" * (size // 2) + "a" + "*" * (size // 2),
    "opened and closed brackets": lambda size: "[" * (size // 5) + "a" + "](b)" * (size // 5),
    "table, many columns": lambda size: (
        "|a" * (size // 8) + "|\n" + "|-" * (size // 8) + "|\n" + "|b\n" * (size // 6)
    ),
    "table, long header": lambda size: "|" + "h" * (size // 2) + "|\n|-|\n" + "|x\n" * (size // 6),
    "nested list": lambda size: "".join("  " * depth + "- a\n" for depth in range(int(size**0.5))),
    "long address": lambda size: "https://example.com/" + "x" * size,
    "long language": lambda size: "```" + "x" * size + "\ncode",
    "open code block": lambda size: "```py\n" + "  x = 1\n" * (size // 8),
}


def seconds(convert: Callable[[str], object], text: str) -> float:
    """The best of three runs."""
    best = float("inf")
    for _ in range(3):
        begun = time.perf_counter()
        convert(text)
        best = min(best, time.perf_counter() - begun)
    return best


def main(size: int) -> None:
    doors: dict[str, Callable[[str], object]] = {"telegram": telegram, "discord": discord, "web": web}
    print(f"milliseconds at {size} and {4 * size} characters, and their ratio")
    for name, text in FAMILIES.items():
        cells: list[str] = []
        for door, convert in doors.items():
            small, large = seconds(convert, text(size)), seconds(convert, text(4 * size))
            cells.append(f"{door} {small * 1e3:6.1f} {large * 1e3:7.1f} {large / max(small, 1e-4):5.1f}")
        print(f"{name:28.28} " + " | ".join(cells))


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 4250)
