"""Long conversations: flat prompts, a prefix that stays in the cache, a summary of what is older."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from bot.demo import Fault, RecordedRequest
from bot.demo.prefixes import PrefixMemory
from bot.engine.memory.compacting import SUMMARY_TOKENS
from bot.records import Closing, HistoryItem, Role, TurnState
from tests.contract.storage.houses import recall
from tests.integration.engine.room import ADA, PLACE, Room, open_room

CHAT = "/chat/completions"
WORDS = "tell me more about the long way of the letters through the house and what happens to each of them "


@pytest.fixture
async def room(tmp_path: Path) -> AsyncIterator[Room]:
    async with open_room(tmp_path) as opened:
        yield opened


def is_summary(request: RecordedRequest) -> bool:
    body: Any = request.json
    return body["max_completion_tokens"] == SUMMARY_TOKENS


def calls(room: Room, *, summaries: bool = False) -> list[RecordedRequest]:
    """The chat calls for answers, or those for summaries."""
    chats = [request for request in room.demo.requests if request.path == CHAT]
    return [request for request in chats if is_summary(request) == summaries]


def contents(request: RecordedRequest) -> list[str]:
    body: Any = request.json
    return [str(message["content"]) for message in body["messages"]]


def tokens(request: RecordedRequest) -> int:
    """Prompt tokens by the demo's count."""
    return sum(len(text) // 4 + 4 for text in contents(request))


def cached(requests: list[RecordedRequest]) -> int:
    """Prompt tokens that the demo's cache finds again, over all requests."""
    memory = PrefixMemory()
    return sum(
        memory.cached_tokens(
            _body(one)["prompt_cache_key"], [(text, len(text) // 4 + 4) for text in contents(one)]
        )
        for one in requests
    )


async def fill(room: Room, pairs: int, *, text: str = WORDS) -> None:
    """Remember so many questions and answers without asking anybody."""
    now = time.time()
    items: list[HistoryItem] = []
    for index in range(pairs):
        asked = HistoryItem(PLACE.conversation, Role.PERSON, f"{index} {text}", now, ADA.key, "Ada")
        items += [asked, HistoryItem(PLACE.conversation, Role.BOT, f"answer {index}", now)]
    await room.store.turns.close([Closing("t-none", TurnState.SETTLED, history=tuple(items))])


async def small(room: Room, tokens: int) -> None:
    await room.parts.settings.put("bot", "context_tokens", str(tokens), by="h", at=1.0)
    await room.parts.settings.put("bot", "web_search", "off", by="h", at=1.0)


async def test_over_forty_turns_the_cache_serves_what_it_can_and_prompts_stay_flat(room: Room) -> None:
    await small(room, 12_000)
    await room.parts.settings.put("bot", "answer_length", "250", by="h", at=1.0)
    for turn in range(40):
        await room.say(f"Question {turn}: " + WORDS * 6)
    asked = calls(room)
    assert len(asked) == 40
    assert max(map(tokens, asked)) < 13_000
    assert calls(room, summaries=True)
    # At best everything of a prompt is found again by the next one, once it is long enough to be cached.
    possible = sum(tokens(one) for one in asked[:-1] if tokens(one) >= 1024)
    assert cached(asked) / possible >= 0.9
    assert {_body(one)["prompt_cache_key"] for one in asked} == {PLACE.conversation}


def _body(request: RecordedRequest) -> Any:
    return request.json


async def test_what_no_longer_fits_is_summarised_after_the_answer_and_paid(room: Room) -> None:
    await small(room, 2_000)
    await fill(room, 60)
    await room.say("And now?")
    [folding] = calls(room, summaries=True)
    assert room.demo.requests.index(calls(room)[0]) < room.demo.requests.index(folding)
    recalled = await recall(room.store, PLACE.conversation, 500)
    assert recalled.summary is not None
    assert 0 < len(recalled.items) < 80
    await room.say("And then?")
    second = contents(calls(room)[-1])
    assert recalled.summary.text.splitlines()[0] in second[1]
    assert len(calls(room, summaries=True)) == 1
    assert await room.spent() >= sum(round(one.cost_usd * 1e6) for one in room.demo.requests)


async def test_a_failed_summary_leaves_things_as_they_are(room: Room) -> None:
    await small(room, 2_000)
    await fill(room, 60)
    cheap = await room.parts.side_calls.cheap_model(private=True, schema=True)
    assert cheap is not None
    room.demo.faults.next(CHAT, Fault.status(400), model=cheap.id).times(2)  # in words, too
    [answer] = await room.say("And now?")
    assert answer.text
    assert room.demo.faults.waiting == 0
    assert (await recall(room.store, PLACE.conversation, 10)).summary is None
    [answer] = await room.say("And then?")
    assert answer.text


async def test_a_reset_also_forgets_the_summary(room: Room) -> None:
    await small(room, 2_000)
    await fill(room, 60)
    await room.say("And now?")
    await room.command("reset")
    await room.say("Who are you?")
    assert len(contents(calls(room)[-1])) == 2


async def test_the_question_is_never_cut_and_the_newest_comes_along(room: Room) -> None:
    await small(room, 1_000)
    await fill(room, 30)
    question = "Please read: " + "long words " * 500
    await room.say(question)
    assert contents(calls(room)[-1])[-1] == question.strip()
    await room.say("short one")
    assert contents(calls(room)[-1])[-1] == "short one"


async def test_a_new_day_leaves_the_prefix_alone(room: Room) -> None:
    now = time.time()
    past = (
        HistoryItem(PLACE.conversation, Role.PERSON, "yesterday's question", now - 86_400, ADA.key, "Ada"),
        HistoryItem(PLACE.conversation, Role.BOT, "yesterday's answer", now - 86_400),
    )
    await room.store.turns.close([Closing("t-none", TurnState.SETTLED, history=past)])
    await room.say("Good morning")
    await room.say("And what now?")
    first, second = map(contents, calls(room))
    assert second[: len(first)] == first
    assert first[-1].startswith("(Today is ")
    assert second[-1] == "And what now?"


async def test_however_much_was_said_as_much_is_read(room: Room) -> None:
    await fill(room, 20)
    few = await recall(room.store, PLACE.conversation, 30)
    await fill(room, 2_000)
    many = await recall(room.store, PLACE.conversation, 30)
    assert len(few.items) == len(many.items) == 30
    started = time.perf_counter()
    await recall(room.store, PLACE.conversation, 200)
    assert time.perf_counter() - started < 0.5


async def test_a_summary_that_is_no_object_is_taken_in_plain_words(room: Room) -> None:
    await small(room, 2_000)
    await fill(room, 60)
    cheap = await room.parts.side_calls.cheap_model(private=True, schema=True)
    assert cheap is not None
    room.demo.faults.next(CHAT, Fault.reasoning_only(), model=cheap.id)
    await room.say("And now?")
    structured, plain = calls(room, summaries=True)
    assert "response_format" in _body(structured)
    assert "response_format" not in _body(plain)
    assert (await recall(room.store, PLACE.conversation, 10)).summary is not None
