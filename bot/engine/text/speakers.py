"""Who said what, in a form that nobody can forge from inside a message.

In a group every message of a person begins with `[name | id]`. Names and texts are untrusted: brackets and
bars of any script are taken out of names, and lines of a text that begin like a label become quotations.
"""

from __future__ import annotations

import unicodedata

from bot.messages import Person

NAME_CHARS = 40
OUR_NAMES = frozenset({"gondola", "assistant", "system", "developer", "user", "you"})
_BARS = frozenset("|¦ǀǁ│┃║∣❘❙❚｜￨︱︲")
_BREAKS = str.maketrans(dict.fromkeys("\r\v\f\x1c\x1d\x1e\x85\u2028\u2029", "\n"))


def speaker_label(person: Person) -> str:
    """`[name | id]`, from the service."""
    return label(person.name, person.key)


def label(name: str, key: str) -> str:
    """The label of a speaker; `key` is a person's key, "platform:id"."""
    return f"[{plain_name(name)} | {key.partition(':')[2]}]"


def plain_name(name: str) -> str:
    """A name without anything a label or a role is made of, at most 40 characters."""
    folded = unicodedata.normalize("NFKC", name[: NAME_CHARS * 4])
    clean = " ".join("".join(" " if _forges(char) else char for char in folded).split())[:NAME_CHARS].strip()
    if not clean:
        return "somebody"
    return f"a person called {clean}" if clean.casefold() in OUR_NAMES else clean


def quoted_lines(text: str) -> str:
    """Text of a person in which no line can pass for a label or a note of the service: what begins with an
    opening bracket of any script is marked as a quotation."""
    lines = text.replace("\r\n", "\n").translate(_BREAKS).split("\n")
    return "\n".join(f"> {line}" if _imitates(line) else line for line in lines)


def _imitates(line: str) -> bool:
    for char in line:
        category = unicodedata.category(char)
        if category[0] not in "ZCM":  # blanks, invisible signs and loose accents hide what follows
            return category == "Ps" or char in _BARS
    return False


def _forges(char: str) -> bool:
    return unicodedata.category(char) in ("Ps", "Pe", "Cc", "Cf", "Zl", "Zp", "Cs") or char in _BARS
