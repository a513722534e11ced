"""Finding what a message is about: content words and topics."""

from __future__ import annotations

import re

COMMON = frozenset(
    re.findall(
        r"\w+",
        """a about above after again all also am an and any are as ask at be because been before being below
        between both but by can could describe did do does doing down draw during each explain few for
        from further get give had has have having he hello help her here hers hey hi him his how i if in
        into is it its itself just know let like list long longer look make making maybe me more most much
        must my name need no nor not now of off ok okay on once one only or other our out over own please
        quick quite really said say same search see she short should show so some something story essay
        poem such tell than thank thanks that the their them then there these they thing things think this
        those through to today too under until up use using wonder whether enjoy love want believe guess
        very was we web well were what when where which while who whom why will with without word words
        would write yes yet you your yours news latest online internet article report text table code
        bullet points example good morning evening first last message messages talk talking recommend
        simply translate compare sure three great nice bit lot""",
    )
)
ABOUT = re.compile(
    r"\b(?:about|on the topic of|regarding|titled|called)\s+(.+?)(?:[.?!,;:]|\s+(?:with|in)\s|$)", re.I
)
WORD = re.compile(r"[^\W\d_][\w'’-]*")
CONTRACTION = re.compile(r"['’](?:s|re|m|ll|d|ve|t)$", re.I)
MAX_TOPIC_WORDS = 6


def keywords(text: str, most: int = 4) -> list[str]:
    """The content words in order of appearance, each once."""
    found: dict[str, str] = {}
    for word in WORD.findall(text):
        if word.lower() not in COMMON and len(word) > 2 and not CONTRACTION.search(word):
            found.setdefault(word.lower(), word)
    return list(found.values())[:most]


def _span(text: str, found: list[str]) -> str:
    """The piece of the text from the first of the words to the last."""
    begin = text.index(found[0])
    return text[begin : text.index(found[-1], begin) + len(found[-1])]


def topic(text: str) -> str:
    """What the text is about in a few words; empty when nothing stands out."""
    match = ABOUT.search(text)
    if match and keywords(match[1]):
        return " ".join(match[1].split()[:MAX_TOPIC_WORDS]).strip("\"'“”*")
    found = keywords(text, 3)
    span = _span(text, found) if found else ""
    return span if len(span.split()) <= MAX_TOPIC_WORDS and "\n" not in span else joined(found)


def joined(items: list[str]) -> str:
    """a, b and c"""
    if len(items) < 2:
        return "".join(items)
    return f"{', '.join(items[:-1])} and {items[-1]}"
