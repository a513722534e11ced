"""Chat bodies: only what the model takes, nothing empty, nothing unknown."""

from __future__ import annotations

from typing import Any

import pytest

from bot.errors import Fault, VeniceError, VeniceFailure
from bot.venice import (
    AudioPart,
    ChatMessage,
    ChatRequest,
    FilePart,
    ImagePart,
    Reasoning,
    ResponseSchema,
    TextPart,
    Tool,
    ToolCall,
    VideoPart,
)
from bot.venice.bodies import chat_body, effort
from bot.venice.http import encode
from tests.unit.venice.samples import say, text_model

PIXEL = ImagePart("data:image/png;base64,iVBORw0KGgo=")
TOOL = Tool("dice", "Rolls.", {"type": "object"})


def body_of(request: ChatRequest, *, stream: bool = True, **takes: Any) -> dict[str, Any]:
    """The body for a model with these capabilities."""
    return chat_body(request, text_model(**takes), stream=stream)


def test_the_smallest_body() -> None:
    assert body_of(say("hi"), stream=False) == {
        "model": "plain",
        "messages": [{"role": "user", "content": "hi"}],
        "max_completion_tokens": 2_000,
        "venice_parameters": {"include_venice_system_prompt": False},
    }


def test_a_stream_asks_for_usage() -> None:
    body = body_of(say("hi"))
    assert (body["stream"], body["stream_options"]) == (True, {"include_usage": True})


@pytest.mark.parametrize(
    ("wanted", "offered", "sent"),
    [
        ("off", ("none", "high", "max"), "none"),
        ("none", ("none", "high", "max"), "none"),
        ("off", ("low", "high"), None),
        ("low", ("none", "high", "max"), "high"),
        ("medium", ("none", "low", "high"), "low"),
        ("max", ("low", "medium"), "medium"),
        ("high", ("none",), None),
        ("high", (), None),
        ("medium", ("high", "low", "novel"), "low"),
    ],
)
def test_only_offered_efforts(wanted: Reasoning, offered: tuple[str, ...], sent: str | None) -> None:
    assert effort(wanted, text_model(reasoning=True, efforts=offered)) == sent


@pytest.mark.parametrize(
    ("reasoning", "takes", "disabled"),
    [
        ("off", {"reasoning": True, "efforts": ("none", "high")}, False),
        ("off", {"reasoning": True, "efforts": ("low",)}, True),
        ("off", {"reasoning": True}, True),
        ("off", {}, False),
        ("high", {"reasoning": True}, False),
    ],
)
def test_thinking_is_turned_off_where_no_effort_does_it(
    reasoning: Reasoning, takes: dict[str, Any], disabled: bool
) -> None:
    parameters = body_of(say("hi", reasoning=reasoning), **takes)["venice_parameters"]
    assert ("disable_thinking" in parameters) is disabled


def test_the_output_never_exceeds_the_model_or_falls_below_one() -> None:
    assert body_of(say("hi", max_completion_tokens=9_999))["max_completion_tokens"] == 4_000
    assert body_of(say("hi", max_completion_tokens=0))["max_completion_tokens"] == 1
    unlimited = body_of(say("hi", max_completion_tokens=9_999), max_completion=None)
    assert unlimited["max_completion_tokens"] == 9_999


def test_tools_and_schemas_only_where_taken() -> None:
    request = say("hi", tools=(TOOL,), tool_choice="auto", response_schema=ResponseSchema("a", {}))
    assert {"tools", "tool_choice", "response_format"}.isdisjoint(body_of(request))
    both = body_of(request, functions=True, response_schema=True)
    assert both["tools"][0]["function"]["name"] == "dice"
    assert both["tool_choice"] == "auto"
    assert both["parallel_tool_calls"] is False
    assert both["response_format"]["json_schema"] == {"name": "a", "strict": True, "schema": {}}


def test_search_is_words_and_comes_with_its_results() -> None:
    parameters = body_of(say("hi", web_search="auto", web_scraping=True))["venice_parameters"]
    assert parameters["enable_web_search"] == "auto"
    assert parameters["enable_web_scraping"] is True
    assert parameters["enable_web_citations"] is True
    assert parameters["include_search_results_in_stream"] is True
    off = body_of(say("hi", web_search="on"), web_search=False)["venice_parameters"]
    assert off == {"include_venice_system_prompt": False}


def test_sampling_extras_stay_away_from_reasoning_models_of_openai() -> None:
    request = say("hi", seed=3, stop=("a", "b", "c", "d", "e"))
    plain = body_of(request)
    assert (plain["seed"], plain["stop"]) == (3, ["a", "b", "c", "d"])
    picky = chat_body(request, text_model("openai-gpt-9", reasoning=True), stream=True)
    assert {"seed", "stop"}.isdisjoint(picky)


def test_cache_marks_only_where_writes_are_charged_and_at_most_two() -> None:
    marked = (TextPart("a", cache=True), TextPart("b", cache=True), TextPart("c", cache=True), TextPart("d"))
    request = ChatRequest((ChatMessage("system", marked), ChatMessage("user", "hi")))
    assert body_of(request)["messages"][0]["content"] == "a\n\nb\n\nc\n\nd"
    parts = body_of(request, cache_write="3.75")["messages"][0]["content"]
    assert [part.get("cache_control") for part in parts] == [
        None,
        {"type": "ephemeral"},
        {"type": "ephemeral"},
        None,
    ]


def test_every_kind_of_part() -> None:
    parts = (TextPart("t"), PIXEL, AudioPart(b"ab", "ogg"), VideoPart("v"), FilePart("f", "n"), TextPart(""))
    body = body_of(
        ChatRequest((ChatMessage("user", parts),)), vision=True, audio_input=True, video_input=True
    )
    assert body["messages"][0]["content"] == [
        {"type": "text", "text": "t"},
        {"type": "image_url", "image_url": {"url": PIXEL.url}},
        {"type": "input_audio", "input_audio": {"data": "YWI=", "format": "ogg"}},
        {"type": "video_url", "video_url": {"url": "v"}},
        {"type": "file", "file": {"file_data": "f", "filename": "n"}},
    ]


def test_a_picture_in_the_newest_message_needs_a_model_that_sees() -> None:
    with pytest.raises(VeniceError, match="refused before sending") as caught:
        body_of(ChatRequest((ChatMessage("user", (PIXEL,)),)))
    assert (caught.value.failure, caught.value.fault) == (VeniceFailure.BAD_REQUEST, Fault.USER)
    assert "pictures" in caught.value.reader_text


def test_older_pictures_become_words_for_a_blind_model() -> None:
    old = ChatMessage("user", (PIXEL, TextPart("what is it")))
    messages = body_of(ChatRequest((old, ChatMessage("assistant", "A dot."), ChatMessage("user", "sure?"))))[
        "messages"
    ]
    assert messages[0]["content"] == "[pictures]\n\nwhat is it"


def test_empty_messages_go_and_nothing_left_is_an_error() -> None:
    messages = (ChatMessage("system", ""), ChatMessage("assistant", ""), ChatMessage("user", "hi"))
    assert len(body_of(ChatRequest(messages))["messages"]) == 1
    with pytest.raises(VeniceError) as caught:
        body_of(ChatRequest((ChatMessage("user", (TextPart(""),)),)))
    assert "empty" in caught.value.reader_text


def test_a_tool_round_goes_back_unchanged() -> None:
    call = ToolCall("c1", "dice", '{"n":1}')
    detail = {"type": "reasoning.text", "text": "x"}
    answer = ChatMessage("assistant", "", (call,), "", "thought", (detail,), "sig")
    result = ChatMessage("tool", "4", tool_call_id="c1")
    messages = body_of(ChatRequest((ChatMessage("user", "roll"), answer, result)))["messages"]
    assert messages[1] == {
        "role": "assistant",
        "tool_calls": [
            {"id": "c1", "type": "function", "function": {"name": "dice", "arguments": '{"n":1}'}}
        ],
        "reasoning_content": "thought",
        "reasoning_details": [detail],
        "thought_signature": "sig",
    }
    assert messages[2] == {"role": "tool", "content": "4", "tool_call_id": "c1"}


def test_a_model_name_with_flags_is_refused() -> None:
    with pytest.raises(VeniceError):
        chat_body(say("hi"), text_model("glm:enable_web_search=on"), stream=True)


def test_a_lone_surrogate_does_not_break_the_request() -> None:
    assert encode({"a": "x\ud800y"}) == b'{"a":"x?y"}'
