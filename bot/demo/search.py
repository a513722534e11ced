"""Web search as the demo does it: plausible pages on example.org that say they are made up."""

from __future__ import annotations

import re
from dataclasses import dataclass

from bot.demo.jsonvalue import Json
from bot.demo.words import keywords, topic

FEE_USD = 0.01
MAX_PAGES = 5
URL = re.compile(r"https?://[^\s<>\"')\]]+")
LOOKS_CURRENT = re.compile(
    r"\b(today|tonight|yesterday|tomorrow|latest|news|current(ly)?|this (week|month|year)|who (is|was|won)"
    r"|search|look up|find out|price of|weather|score|release[ds]?|happened)\b",
    re.I,
)
KINDS = (
    ("Overview", "a first overview", "2026-10-02"),
    ("Field notes", "notes and figures", "2026-09-18"),
    ("Questions and answers", "what people ask most", ""),
)


@dataclass(frozen=True, slots=True)
class Source:
    """One found page."""

    title: str
    url: str
    content: str
    date: str

    def as_json(self) -> dict[str, Json]:
        return {"title": self.title, "url": self.url, "content": self.content, "date": self.date}


def _slug(words: str) -> str:
    return "-".join(re.findall(r"[a-z0-9]+", words.lower())) or "anything"


def wants_search(mode: str, question: str) -> bool:
    """Whether a request searches; `auto` decides by how the question sounds."""
    return mode == "on" or (mode == "auto" and LOOKS_CURRENT.search(question) is not None)


def find_sources(question: str) -> tuple[Source, ...]:
    """Three demo pages about the question."""
    about = " ".join(keywords(question, 3)) or topic(question) or "anything"
    return tuple(
        Source(
            f"{kind}: {about} (demo source)",
            f"https://example.org/demo/{_slug(kind)}/{_slug(about)}",
            f"This page does not exist: the demo made it up to show <strong>{about}</strong> with {what}.",
            date,
        )
        for kind, what, date in KINDS
    )


def scrape(question: str) -> tuple[Source, ...]:
    """The pages behind the links of the message, as far as the demo reads them: by name only."""
    links = list(dict.fromkeys(URL.findall(question)))[:MAX_PAGES]
    return tuple(
        Source(f"{link.split('/')[2]} (demo source)", link, "The demo does not open pages.", "")
        for link in links
    )
