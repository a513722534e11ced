"""The stream assembler and its text filters, without a network."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.venice import (
    ChatEvent,
    Citations,
    Finished,
    ReasoningDelta,
    Source,
    TextDelta,
    ToolCallDone,
    UsageReport,
)
from bot.venice.chat import AnswerAssembler, read_cost
from bot.venice.thinking import PLACEHOLDER, PlaceholderFilter, ThinkingSplitter
from tests.unit.venice.wire import delta


def assemble(*chunks: object) -> list[ChatEvent]:
    """Events of the chunks and of the end."""
    assembler = AnswerAssembler()
    events = [event for chunk in chunks for event in assembler.feed(chunk)]
    return events + assembler.close(done=True)


def visible(events: list[ChatEvent]) -> str:
    """The text."""
    return "".join(event.text for event in events if isinstance(event, TextDelta))


def thoughts(events: list[ChatEvent]) -> str:
    """The reasoning."""
    return "".join(event.text for event in events if isinstance(event, ReasoningDelta))


def cut(text: str, places: list[int]) -> list[str]:
    """The text in pieces, cut at the places."""
    marks = sorted({place % (len(text) + 1) for place in places})
    return [text[a:b] for a, b in zip([0, *marks], [*marks, len(text)], strict=True)]


SAMPLES = [
    ("<think>secret\nplan</think>\n\nHello", "Hello", "secret\nplan"),
    ("Hello <think>again</think>world", "Hello world", "again"),
    ("<think>never closed", "", "never closed"),
    ("Use `<think>` tags and ```\n<think>x</think>\n``` there", None, ""),
    ("a ` lone tick\n<think>hid</think>b", "a ` lone tick\nb", "hid"),
    ("1 < 2 </think> <thing>", "1 < 2 </think> <thing>", ""),
    ("ends with <thi", "ends with <thi", ""),
    ("ends with ``", "ends with ``", ""),
]


@pytest.mark.parametrize(("text", "shown", "hidden"), SAMPLES)
@given(places=st.lists(st.integers(0, 200), max_size=12))
def test_thinking_is_parted_at_any_cut(text: str, shown: str | None, hidden: str, places: list[int]) -> None:
    events = assemble(*[delta(piece) for piece in cut(text, places)])
    assert visible(events) == (text if shown is None else shown)
    assert thoughts(events) == hidden


@given(st.lists(st.text(alphabet="<think>/` \nab", max_size=6)))
def test_no_character_is_ever_lost(pieces: list[str]) -> None:
    """Everything but the tags and the blank lines around thoughts comes out again."""
    splitter = ThinkingSplitter()
    out = [piece for text in pieces for piece in splitter.feed(text)] + splitter.close()
    kept = "".join(text for _, text in out)
    whole = "".join(pieces)
    for tag in ("<think>", "</think>"):
        whole, kept = whole.replace(tag, ""), kept.replace(tag, "")
    assert "".join(kept.split()) == "".join(whole.split())


@given(places=st.lists(st.integers(0, 100), max_size=6))
def test_the_placeholder_for_encrypted_reasoning_goes(places: list[int]) -> None:
    pieces = cut(f"a{PLACEHOLDER}b[Some other", places)
    gate = PlaceholderFilter()
    assert "".join(map(gate.feed, pieces)) + gate.close() == "ab[Some other"


def test_text_is_not_held_back_without_need() -> None:
    assembler = AnswerAssembler()
    assert assembler.feed(delta("plain words")) == [TextDelta("plain words")]
    assert assembler.feed(delta("a < b <")) == [TextDelta("a < b ")]


def test_content_may_be_null_or_parts_and_choices_may_be_missing() -> None:
    nothing = {"choices": [{"index": 0, "delta": {"content": None, "tool_calls": None}}]}
    parts = delta([{"type": "text", "text": "a"}, {"type": "other"}, "b"])
    other = {"choices": [{"index": 1, "delta": {"content": "second choice"}}]}
    events = assemble(nothing, parts, {"choices": None}, {}, None, [], 3, other)
    assert visible(events) == "ab"


@pytest.mark.parametrize(
    "chunk",
    [
        {"choices": [], "venice_parameters": {"web_search_citations": [{"title": "T", "url": "u"}]}},
        {"venice_search_results": [{"title": "T", "url": "u", "content": None}]},
        {**delta(""), "web_search_citations": [{"title": "T", "url": "u"}]},
        delta(tool_calls=[{"id": "web_search_call", "function": {"name": "web_search", "arguments":
              '{"documents":[{"title":"T","url":"u"}]}'}}], finish="tool_calls"),
        delta(tool_calls=[{"id": "x", "function": {"name": "venice_web_search_documents", "arguments":
              '{"documents":[{"title":"T","url":"u"}]}'}}], finish="tool_calls"),
    ],
)  # fmt: skip
def test_sources_are_found_in_every_known_place(chunk: object) -> None:
    events = assemble(delta("hi"), chunk)
    assert Citations((Source("T", "u"),)) in events
    assert not any(isinstance(event, ToolCallDone) for event in events)
    assert isinstance(events[-1], Finished)
    assert events[-1].reason == "stop"


def test_plain_links_are_sources_and_repeats_add_nothing() -> None:
    events = assemble({"citations": ["u", "v"]}, {"citations": ["u", "v"]}, {"citations": ["v", "w", ""]})
    found = [event for event in events if isinstance(event, Citations)]
    assert [[source.url for source in one.sources] for one in found] == [["u", "v"], ["u", "v", "w"]]


def test_doubles_inside_one_list_keep_their_place() -> None:
    events = assemble({"citations": ["u", "u", "v"]})
    assert isinstance(events[0], Citations)
    assert [source.url for source in events[0].sources] == ["u", "u", "v"]


def test_usage_and_cost_come_from_different_chunks() -> None:
    usage = {
        "prompt_tokens": 100,
        "completion_tokens": 20,
        "total_tokens": 120,
        "prompt_tokens_details": {"cached_tokens": 60, "cache_creation_input_tokens": 10},
        "completion_tokens_details": {"reasoning_tokens": 5},
    }
    events = assemble({"usage": usage, "choices": []}, delta("a"), {"cost": {"usd": 0.5}}, {"usage": None})
    assert [event for event in events if isinstance(event, UsageReport)] == [
        UsageReport(100, 20, 120, 60, 10, 5, 500_000)
    ]


@pytest.mark.parametrize(
    ("cost", "micro"),
    [
        ({"usd": 0, "diem": 0.0000001}, 1),
        ({"usd": 0.0012345, "diem": 0}, 1_235),
        ({"usd": 0, "diem": 0}, 0),
        ({"usd": None}, None),
        (None, None),
        ({"usd": "0.5"}, 500_000),
        ({"usd": True}, None),
    ],
)
def test_cost_adds_usd_and_diem_and_rounds_up(cost: object, micro: int | None) -> None:
    assert read_cost(cost) == micro


def test_a_tool_call_cut_off_by_length_is_not_offered() -> None:
    call = {"id": "a", "function": {"name": "f", "arguments": '{"x":'}}
    events = assemble(delta(tool_calls=[call], finish="length"))
    assert not any(isinstance(event, ToolCallDone) for event in events)


def test_calls_without_ids_follow_their_index_or_the_last_call() -> None:
    first = {"index": 0, "function": {"name": "f", "arguments": ""}}
    second = {"index": 1, "function": {"name": "g", "arguments": {"b": 2}}}
    more = {"index": 0, "function": {"arguments": '{"a":1}'}}
    events = assemble(delta(tool_calls=[first]), delta(tool_calls=[second]), delta(tool_calls=[more]))
    calls = [event.call for event in events if isinstance(event, ToolCallDone)]
    assert [(call.name, call.arguments) for call in calls] == [("f", '{"a":1}'), ("g", '{"b": 2}')]
    assert len({call.id for call in calls}) == 2


def test_what_a_tool_loop_must_send_back_is_kept() -> None:
    detail = {"type": "reasoning.encrypted", "data": "xyz"}
    events = assemble(delta("a", reasoning_details=[detail], thought_signature="sig", finish="odd"))
    finished = events[-1]
    assert isinstance(finished, Finished)
    assert finished.message.reasoning_details == (detail,)
    assert finished.message.thought_signature == "sig"
    assert finished.reason == "stop"


def test_an_error_ends_without_finished() -> None:
    assembler = AnswerAssembler()
    events = assembler.feed({**delta("a", finish="stop"), "error": "broken"})
    events += assembler.close(done=True)
    assert assembler.error is not None
    assert not any(isinstance(event, Finished) for event in events)
    assert visible(events) == "a"
