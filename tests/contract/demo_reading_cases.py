"""Exchanges about voices, searching, reading and reviews."""

from __future__ import annotations

from typing import Any

from bot.demo.faults import Fault
from tests.contract.demo_cases import Case, post, wav

SEARCH, SCRAPE, PARSE, VOICES = "/augment/search", "/augment/scrape", "/augment/text-parser", "/audio/voices"
REVIEWS = "/characters/{slug}/reviews"
PAGE = {"url": "https://example.org/tides"}


def _form(
    name: str, path: str, filename: str, data: bytes, status: int = 200, *, keyed: bool = True, **form: str
) -> Case:
    sent: dict[str, Any] = {"data": form, "files": {"file": (filename, data)}}
    return Case(name, "POST", path, status, sent, keyed=keyed)


def _reviews(name: str, slug: str, query: str = "", status: int = 200, **more: Any) -> Case:
    return Case(name, "GET", f"/characters/{slug}/reviews{query}", status, template=REVIEWS, **more)


def _faults(path: str, body: Any, *codes: int) -> tuple[Case, ...]:
    return tuple(post(f"{path} {code}", path, body, code, fault=Fault.status(code)) for code in codes)


READING_CASES = (
    _form("voice learned", VOICES, "me.wav", wav(6)),
    _form("voice learned by name", VOICES, "me.wav", wav(6), model="tts-chatterbox-hd"),
    _form("voice not open", VOICES, "me.wav", wav(6), 403, model="tts-minimax-speech-02-hd"),
    _form("voice of nobody", VOICES, "me.wav", wav(6), 400, model="nobody"),
    _form("voice in a wrong format", VOICES, "me.ogg", wav(6), 400),
    _form("voice of noise", VOICES, "me.wav", b"noise", 400),
    _form("voice without key", VOICES, "me.wav", wav(6), 402, keyed=False),
    _form("voice too large", VOICES, "me.wav", bytes(26 * 1024 * 1024), 413),
    post("search", SEARCH, {"query": "tides", "limit": 2, "search_provider": "google"}),
    post("search too long", SEARCH, {"query": "x" * 401}, 400),
    post("search without key", SEARCH, {"query": "tides"}, 402, keyed=False),
    post("scrape", SCRAPE, PAGE),
    post("scrape a private page", SCRAPE, {"url": "http://127.0.0.1/a"}, 400),
    post("scrape a closed site", SCRAPE, {"url": "https://www.reddit.com/r/a"}, 400),
    post("scrape nothing", SCRAPE, {"url": "https://nowhere.invalid/a"}, 500),
    post("scrape without key", SCRAPE, PAGE, 402, keyed=False),
    _form("document", PARSE, "a.txt", b"hello"),
    _form("document as text", PARSE, "a.txt", b"hello", response_format="text"),
    _form("document as a poem", PARSE, "a.txt", b"hello", 400, response_format="poem"),
    _form("empty document", PARSE, "a.pdf", b"%PDF-1.4", 400),
    _form("document without key", PARSE, "a.txt", b"hello", 402, keyed=False),
    *_faults(SEARCH, {"query": "tides"}, 401, 403, 429, 500),
    *_faults(SCRAPE, PAGE, 429),
    _reviews("reviews", "captain-brine"),
    _reviews("last reviews", "captain-brine", "?page=4&pageSize=100"),
    _reviews("too many reviews", "captain-brine", "?pageSize=101", 400),
    _reviews("reviews of nobody", "nobody", status=404),
    _reviews("reviews without key", "captain-brine", status=402, keyed=False),
)
