"""Searching, reading pages and documents, learning voices, reviews."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from bot.errors import Fault, VeniceError, VeniceFailure
from bot.venice import Document, Model, SearchRequest, VeniceClient, VoiceSample
from bot.venice.augment import CONTENT_LIMIT, page_address, search_body
from bot.venice.media_bodies import UPLOAD_LIMIT
from bot.venice.models import read_model
from bot.venice.voices import clone_form, cloning_of
from tests.unit.venice.clients import client_of, failure_of
from tests.unit.venice.wire import canned, json_reply

CLONER = Model(id="tts-chatterbox-hd", medium="tts", name="Chatterbox")


def test_a_search_asks_for_no_more_than_venice_gives() -> None:
    assert search_body(SearchRequest(" high \n tides ", 50)) == {
        "query": "high tides",
        "limit": 10,
        "search_provider": "brave",
    }
    assert search_body(SearchRequest("tides", 50, "google"))["limit"] == 5
    assert search_body(SearchRequest("tides", 0))["limit"] == 1
    for query in (" ", "x" * 401):
        with pytest.raises(VeniceError) as caught:
            search_body(SearchRequest(query))
        assert caught.value.fault is Fault.USER


async def test_results_lose_their_tags_and_those_without_address_go() -> None:
    results: list[Any] = [
        {
            "title": "<b>A &amp; B</b>",
            "url": "https://a",
            "content": "high <strong>tide</strong>",
            "date": "",
        },
        {"title": "none", "content": "x"},
        None,
    ]
    async with canned(json_reply({"query": "q", "results": results})) as server, client_of(server) as client:
        (source,) = (await client.augment.search(SearchRequest("tides"))).sources
    assert (source.title, source.url, source.content, source.date) == ("A & B", "https://a", "high tide", "")


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("ftp://example.org/a", "address of a web page"),
        ("example.org", "address of a web page"),
        ("https://[bad", "address of a web page"),
        ("http://localhost:8080/", "private"),
        ("http://127.0.0.1/", "private"),
        ("http://10.1.2.3/x", "private"),
        ("http://127.1/", "private"),
        ("http://0x7f.0.0.1/", "private"),
        ("http://2130706433/", "private"),
        ("http://[::1]/", "private"),
        ("https://intranet/wiki", "private"),
        ("https://nas.local/", "private"),
        ("https://me:secret@example.org/", "private"),
        ("https://x.com/a", "of that site"),
        ("https://old.reddit.com/r/a", "of that site"),
    ],
)
def test_addresses_venice_would_refuse_or_nobody_should_send(url: str, words: str) -> None:
    with pytest.raises(VeniceError) as caught:
        page_address(url)
    assert words in caught.value.reader_text


def test_other_addresses_are_fine() -> None:
    for url in ("https://example.org/a?b=c#d", "http://max.com/x.com", "https://8.8.8.8/"):
        assert page_address(f" {url} ") == url


async def test_a_huge_page_is_cut() -> None:
    long = json_reply({"url": "https://example.org/b", "content": "x" * (CONTENT_LIMIT + 1)})
    short = json_reply({"content": "hello"})
    async with canned(long, short) as server, client_of(server) as client:
        page = await client.augment.scrape("https://example.org/a")
        other = await client.augment.scrape("https://example.org/a")
    assert (page.url, len(page.text), page.cut) == ("https://example.org/b", CONTENT_LIMIT, True)
    assert (other.url, other.text, other.cut) == ("https://example.org/a", "hello", False)


async def test_a_document_is_sent_as_a_file() -> None:
    reply = json_reply({"text": "hello", "tokens": 2})
    async with canned(reply) as server, client_of(server) as client:
        parsed = await client.augment.parse(Document(b"%PDF-1", "über.pdf"))
    assert (parsed.text, parsed.tokens) == ("hello", 2)
    body = server.seen[0].body
    assert b"%PDF-1" in body
    assert b"Content-Type: application/pdf" in body
    assert b"json" in body


@pytest.mark.parametrize("data", [b"", bytes(UPLOAD_LIMIT + 1)])
async def test_a_document_that_is_empty_or_too_large_is_not_sent(data: bytes) -> None:
    async with canned(json_reply({})) as server, client_of(server) as client:
        with pytest.raises(VeniceError):
            await client.augment.parse(Document(data, "a.txt"))
    assert server.seen == []


async def test_a_scan_is_the_reader_s_to_mend() -> None:
    reply = json_reply({"error": "No text content could be extracted from the file."}, 400)
    error = await failure_of(reply, call=lambda client: client.augment.parse(Document(b"x", "a.pdf")))
    assert (error.failure, error.fault, error.retryable) == (
        VeniceFailure.BAD_REQUEST,
        Fault.USER,
        False,
    )
    assert "scan" in error.reader_text


async def test_answers_without_what_was_asked_are_bad() -> None:
    calls: tuple[Callable[[VeniceClient], Awaitable[object]], ...] = (
        lambda client: client.augment.search(SearchRequest("x")),
        lambda client: client.augment.scrape("https://example.org"),
        lambda client: client.augment.parse(Document(b"x", "a.txt")),
        lambda client: client.clone_voice(VoiceSample(b"x", "a.wav"), CLONER),
    )
    for call in calls:
        error = await failure_of(json_reply({}), call=call)
        assert error.failure is VeniceFailure.BAD_ANSWER


def test_who_learns_voices() -> None:
    listed = {
        "mode": "persistent",
        "accepted_formats": [".MP3"],
        "min_sample_seconds": 10,
        "retention_days": 3,
    }
    model = read_model({"id": "t", "type": "tts", "model_spec": {"voice_cloning": listed}})
    assert model is not None
    cloning = cloning_of(model)
    assert cloning is not None
    assert (cloning.formats, cloning.min_seconds, cloning.retention_days) == (("mp3",), 10.0, 3)
    assert cloning_of(CLONER) is not None
    assert cloning_of(Model(id="tts-kokoro", medium="tts", name="Kokoro")) is None


@pytest.mark.parametrize(
    ("sample", "model", "words"),
    [
        (VoiceSample(b"x", "a.ogg"), CLONER, "MP3, WAV, FLAC, M4A"),
        (VoiceSample(b"", "a.wav"), CLONER, "nothing to hear"),
        (VoiceSample(bytes(UPLOAD_LIMIT + 1), "a.wav"), CLONER, "25 MB"),
        (VoiceSample(b"x", "a.wav"), Model(id="k", medium="tts", name="Kokoro"), "cannot learn"),
    ],
)
def test_samples_venice_would_refuse(sample: VoiceSample, model: Model, words: str) -> None:
    with pytest.raises(VeniceError) as caught:
        clone_form(sample, model)
    assert words in caught.value.reader_text


async def test_a_voice_is_learned_once() -> None:
    reply, broken = json_reply({"id": "vv_1", "model": "m"}), json_reply({"error": "oops"}, 503)
    async with canned(reply) as server, client_of(server) as client:
        voice = await client.clone_voice(VoiceSample(b"RIFFx", "me.WAV"), CLONER)
    assert (voice.id, voice.model_id, voice.retention_days, voice.renewed) == ("vv_1", "m", 7, False)
    assert b'filename="me.WAV"' in server.seen[0].body
    async with canned(broken, reply) as server, client_of(server) as client:
        with pytest.raises(VeniceError):
            await client.clone_voice(VoiceSample(b"RIFFx", "me.wav"), CLONER)
        assert len(server.seen) == 1


async def test_reviews() -> None:
    row = {
        "id": "r",
        "rating": 9,
        "message": None,
        "locale": None,
        "username": "ada",
        "createdAt": "2026-01-01",
    }
    answer = {
        "data": [row, None],
        "pagination": {"page": 2, "pageSize": 1, "total": 5, "totalPages": 5},
        "summary": {"averageRating": 4.5, "totalReviews": 5},
    }
    async with canned(json_reply(answer)) as server, client_of(server) as client:
        page = await client.character_reviews("a b", 2, 1_000)
        with pytest.raises(VeniceError):
            await client.character_reviews("..")
    (seen,) = server.seen
    assert seen.path == "/api/v1/characters/a%20b/reviews"
    assert seen.query == (("page", "2"), ("pageSize", "100"))
    assert (page.page, page.pages, page.total, page.average) == (2, 5, 5, 4.5)
    assert (page.reviews[0].rating, page.reviews[0].message, page.reviews[0].username) == (5, "", "ada")
