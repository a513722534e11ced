"""Web search and scraping: when it happens, markers, citations, fees."""

from __future__ import annotations

import re
from typing import Any

import pytest

from tests.integration.demo.caller import VISION_MODEL, Caller, picture_part, text_part, user

CITED: dict[str, Any] = {
    "enable_web_search": "on",
    "enable_web_citations": True,
    "include_search_results_in_stream": True,
}
MARKER = re.compile(r"\^\d+(?:,\d+)*\^")


async def test_markers_are_split_across_pieces_and_point_at_citations(caller: Caller) -> None:
    stream = await caller.stream("Tell me about tide gates", venice=CITED)
    assert MARKER.findall(stream.content) == ["^1^", "^1,2^", "^3^"]
    assert not any(MARKER.search(piece) for piece in stream.pieces)
    assert stream.citations is not None
    assert len(stream.citations) == 3
    for citation in stream.citations:
        assert citation["url"].startswith("https://example.org/")
        assert "demo source" in citation["title"]


async def test_citations_reach_a_stream_only_when_asked_for(caller: Caller) -> None:
    stream = await caller.stream("tides", venice={**CITED, "include_search_results_in_stream": False})
    assert stream.citations is None
    assert MARKER.search(stream.content)


async def test_no_markers_without_enable_web_citations(caller: Caller) -> None:
    answer = await caller.ask("tides", venice={"enable_web_search": "on"})
    assert not MARKER.search(answer["choices"][0]["message"]["content"])
    assert len(answer["venice_parameters"]["web_search_citations"]) == 3
    assert answer["venice_parameters"]["enable_web_search"] == "on"


@pytest.mark.parametrize(
    ("mode", "question", "found"),
    [
        ("auto", "What is the latest news about tides?", 3),
        ("auto", "Who is the mayor of Venice?", 3),
        ("auto", "Write a poem about tides", 0),
        ("auto", "(Today is Monday.)\n\nWrite a poem about tides", 0),
        ("off", "What is the latest news about tides?", 0),
    ],
)
async def test_auto_searches_when_the_question_needs_it(
    caller: Caller, mode: str, question: str, found: int
) -> None:
    answer = await caller.ask(question, venice={"enable_web_search": mode})
    assert len(answer["venice_parameters"]["web_search_citations"]) == found


async def test_a_picture_or_a_link_keeps_search_away(caller: Caller) -> None:
    look = [user([text_part("latest news?"), picture_part("green")])]
    answer = await caller.ask(look, model=VISION_MODEL, venice=CITED)
    assert answer["venice_parameters"]["web_search_citations"] == []
    links = "Compare https://example.org/a and https://example.net/b please"
    answer = await caller.ask(links, venice={**CITED, "enable_web_scraping": True})
    urls = [one["url"] for one in answer["venice_parameters"]["web_search_citations"]]
    assert urls == ["https://example.org/a", "https://example.net/b"]


async def test_search_costs_a_cent_and_scraping_a_cent_a_page(caller: Caller) -> None:
    plain = await caller.ask("tides")
    searched = await caller.ask("tides", venice={"enable_web_search": "on"})
    scraped = await caller.ask(
        "see https://a.example and https://b.example", venice={"enable_web_scraping": True}
    )
    assert plain["cost"]["usd"] < 0.001
    assert 0.01 < searched["cost"]["usd"] < 0.011
    assert 0.02 < scraped["cost"]["usd"] < 0.021


async def test_the_model_suffix_switches_search_on(caller: Caller) -> None:
    answer = await caller.ask("tides", model="llama-3.3-70b:enable_web_search=on&enable_web_citations=true")
    assert answer["venice_parameters"]["enable_web_search"] == "on"
    assert MARKER.search(answer["choices"][0]["message"]["content"])
