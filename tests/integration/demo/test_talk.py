"""What the demo says: memory, persona, everyday questions, writing, pictures."""

from __future__ import annotations

import json
from typing import Any

import pytest

from bot.demo import DemoVenice
from tests.integration.demo.caller import (
    VISION_MODEL,
    Caller,
    assistant,
    picture_part,
    system,
    talk,
    text_part,
    user,
)

DEMO_WORDS = "VENICE_API_KEY"


async def test_remembers_a_name_told_earlier(caller: Caller) -> None:
    told = talk("Hi, my name is Ada", "Nice to meet you", "How are you?", "Fine", "What is my name?")
    assert "Ada" in await caller.say(told)
    assert "not told me" in await caller.say("What is my name?")


async def test_the_last_name_told_counts(caller: Caller) -> None:
    told = talk("My name is Ada", "Hello Ada", "No, my name is Grace", "Hello Grace", "What's my name?")
    answer = await caller.say(told)
    assert "Grace" in answer
    assert "Ada" not in answer


async def test_remembers_a_favourite(caller: Caller) -> None:
    told = talk("My favourite colour is teal.", "Noted", "What is my favourite colour?")
    assert "teal" in await caller.say(told)


async def test_looks_back_on_topics(caller: Caller) -> None:
    told = talk("Tell me about lighthouses", "…", "And about tide tables", "…", "What were we talking about?")
    answer = await caller.say(told)
    assert "lighthouses" in answer
    assert "tide tables" in answer


async def test_counts_messages(caller: Caller) -> None:
    told = talk("One", "1", "Two", "2", "How many messages have I sent?")
    answer = await caller.say(told)
    assert "3 messages" in answer
    assert "2 times" in answer


async def test_quotes_the_first_message(caller: Caller) -> None:
    assert "“Ahoy there”" in await caller.say(talk("Ahoy there", "Hello", "What did I say first?"))


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("What is 12 * 12?", "144"),
        ("what is 7 divided by 2", "3.5"),
        ("5 / 0", "divided by zero"),
        ("What is the capital of Japan?", "Tokyo"),
        ("Thank you!", "welcome"),
        ("Tell me a joke", "?"),
        ("What can you do?", "- **"),
        ("Say bananas are yellow", "bananas are yellow"),
        ("Hello!", "Hello"),
        ("What time is it?", "UTC"),
    ],
)
async def test_everyday_questions(caller: Caller, question: str, expected: str) -> None:
    assert expected in await caller.say(question)


@pytest.mark.parametrize("question", ["We met on 2026-11-24 at noon", "Open 24/7, they say"])
async def test_what_looks_like_a_sum_is_none(caller: Caller, question: str) -> None:
    assert " is " not in (await caller.say(talk("Hi", "Hello", question))).replace("What is", "")


async def test_takes_up_what_it_has_no_rule_for(caller: Caller) -> None:
    answer = await caller.say("I wonder whether penguins enjoy opera")
    assert "penguins" in answer
    assert "opera" in answer


async def test_says_it_is_the_demo_at_first_and_when_asked(caller: Caller) -> None:
    assert DEMO_WORDS in await caller.say("Hello")
    assert DEMO_WORDS not in await caller.say(talk("Hello", "Hello!", "How are you?"))
    assert DEMO_WORDS in await caller.say(talk("Hello", "Hello!", "Who are you?"))


async def test_speaks_as_the_system_prompt_says(caller: Caller) -> None:
    answer = await caller.say([system("You are Captain Hook, a pirate."), *talk("Hi", "Arr", "Who are you?")])
    assert "Captain Hook" in answer
    assert answer.startswith("Arr")


async def test_a_plain_system_prompt_changes_nothing(caller: Caller) -> None:
    turns = talk("Hi", "Hello", "Thanks")
    plain = await caller.say([system("You are a helpful assistant. Never talk about machines."), *turns])
    assert plain == await caller.say(turns)


async def test_speaks_as_the_character(caller: Caller) -> None:
    answer = await caller.say(talk("Hi", "…", "Who are you?"), venice={"character_slug": "unit-seven"})
    assert "Unit Seven" in answer
    assert answer.startswith("Processing complete.")


async def test_writes_long_texts_of_the_asked_length(caller: Caller) -> None:
    answer = await caller.say("Write a long story about a lost lighthouse")
    assert len(answer) > 4500
    assert "a lost lighthouse" in answer
    short = await caller.say("Write 3 paragraphs about tides")
    assert short.count("\n\n") == 4
    words = await caller.say("Write an essay of 2000 words about tides")
    assert 1800 < len(words.split()) < 2400


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("Make a table about tea", "|:-------|"),
        ("Write some python code", "```python"),
        ("Give me a list of ideas about tea", "\n- **"),
        ("Show me markdown", "> A quotation"),
        ("List three good films", "\n- **"),
        ("Write a poem about tea", "\nand tea drifts"),
    ],
)
async def test_markdown_on_request(caller: Caller, question: str, expected: str) -> None:
    assert expected in await caller.say(question)


async def test_describes_pictures_by_size_and_colour(caller: Caller) -> None:
    look = user([text_part("What is this?"), picture_part("red", (200, 90))])
    answer = await caller.say([look], model=VISION_MODEL)
    assert "200 × 90" in answer
    assert "red" in answer
    both = user([picture_part("blue"), picture_part("#e8d820", (64, 65))])
    answer = await caller.say([both], model=VISION_MODEL)
    assert "2 attachments" in answer
    assert "blue" in answer
    assert "64 × 65" in answer
    assert "yellow" in answer


async def test_reads_text_files(caller: Caller) -> None:
    part = {"type": "file", "file": {"file_data": "data:text/plain;base64,YSBiIGM=", "filename": "abc.txt"}}
    answer = await caller.say([user([text_part("Read this"), part])])
    assert "abc.txt with 3 words" in answer


async def test_continues_a_cut_answer_word_for_word(caller: Caller) -> None:
    question = "Write a long story about glass"
    whole = await caller.say(question)
    cut = await caller.ask(question, max_completion_tokens=100)
    first = cut["choices"][0]["message"]["content"]
    assert cut["choices"][0]["finish_reason"] == "length"
    rest = await caller.say([user(question), assistant(first), user("Continue")])
    assert first.rstrip() + rest == whole


async def test_streams_the_same_text_in_small_pieces(caller: Caller) -> None:
    turns = talk("Hi", "Hello", "Tell me a story about salt")
    stream = await caller.stream(turns)
    assert stream.content == await caller.say(turns)
    assert stream.done
    assert stream.finish == "stop"
    assert max(map(len, stream.pieces)) < 20


async def test_uses_a_tool_when_asked_by_name(caller: Caller) -> None:
    schema = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
    tools: list[dict[str, Any]] = [
        {"type": "function", "function": {"name": name, "parameters": schema}}
        for name in ("other", "weather")
    ]
    stream = await caller.stream("Please use tool weather.", tools=tools)
    assert stream.finish == "tool_calls"
    assert [call["name"] for call in stream.tool_calls.values()] == ["weather"]
    assert [json.loads(call["arguments"]) for call in stream.tool_calls.values()] == [{"city": "demo"}]
    forced = await caller.stream("Hello", tools=tools, tool_choice="required")
    assert [call["name"] for call in forced.tool_calls.values()] == ["other"]
    assert (await caller.stream("use tool weather", tools=tools, tool_choice="none")).tool_calls == {}


async def test_answers_with_the_result_of_a_tool(caller: Caller) -> None:
    call = {"id": "call_1", "type": "function", "function": {"name": "weather", "arguments": "{}"}}
    turns = [
        user("use tool weather"),
        {"role": "assistant", "content": None, "tool_calls": [call]},
        {"role": "tool", "tool_call_id": "call_1", "content": "sunny"},
    ]
    assert "sunny" in await caller.say(turns)


async def test_structured_output_fits_the_schema(caller: Caller) -> None:
    schema = {
        "type": "object",
        "properties": {
            "title": {"type": "string"},
            "score": {"type": "integer", "minimum": 3},
            "mood": {"enum": ["calm", "wild"]},
            "tags": {"type": "array", "items": {"type": "string"}, "minItems": 2},
            "note": {"type": ["string", "null"]},
        },
        "required": ["title", "score", "mood", "tags", "note"],
        "additionalProperties": False,
    }
    form = {"type": "json_schema", "json_schema": {"name": "x", "strict": True, "schema": schema}}
    answer = await caller.say("Hello", model="zai-org-glm-4.7-flash", response_format=form)
    wanted = {"title": "demo", "score": 3, "mood": "calm", "tags": ["demo", "demo"], "note": "demo"}
    assert json.loads(answer) == wanted


async def test_stop_words_end_the_answer(caller: Caller) -> None:
    answer = await caller.ask("Say one two three", stop=["two"])
    assert answer["choices"][0]["message"]["content"] == "one "
    assert answer["choices"][0]["finish_reason"] == "stop"


async def test_requests_are_recorded(demo: DemoVenice, caller: Caller) -> None:
    await caller.say("Hello", user="abc")
    record = demo.requests[-1]
    assert (record.method, record.path, record.status) == ("POST", "/chat/completions", 200)
    assert isinstance(record.json, dict)
    assert record.json["user"] == "abc"
    assert record.headers["authorization"] == "Bearer demo"
    assert record.model == "llama-3.3-70b"
