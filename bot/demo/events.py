"""A reply as server-sent events, every one written before the first is sent."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence

from bot.demo.faults import FaultKind
from bot.demo.jsonvalue import Json, JsonObject, as_flag
from bot.demo.reply import Reply
from bot.demo.state import Call
from bot.demo.tokens import CHARS_PER_TOKEN, count_tokens, first_tokens

Event = tuple[int, bytes]
PIECE = re.compile(r"\^\d+|,\d+|\s*[^\s^,]{1,12}|\s+|.", re.S)
"""A word with the space before it, at most 12 characters; source markers such as ^1,2^ fall apart."""
CUTTING = frozenset({FaultKind.HANG, FaultKind.DROP, FaultKind.TRUNCATE, FaultKind.STREAM_ERROR})
ENCODE = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
MARK = "\0text"
MARK_BYTES = ENCODE(MARK).encode()
DONE = b"data: [DONE]\n\n"


def _event(content: JsonObject) -> bytes:
    return b"data: " + ENCODE(content).encode() + b"\n\n"


class _Writer:
    """Writes chunks of one reply and counts the tokens that are out."""

    def __init__(self, reply: Reply) -> None:
        self._head: dict[str, Json] = {
            "id": reply.id,
            "object": "chat.completion.chunk",
            "created": reply.created,
            "model": reply.model,
        }
        self._chars = 0

    def _tokens(self) -> int:
        return -(-self._chars // CHARS_PER_TOKEN)

    def _chunk(self, choices: Sequence[JsonObject], extra: JsonObject | None = None) -> Event:
        return self._tokens(), _event({**self._head, "choices": choices, **(extra or {})})

    def delta(self, index: int, delta: JsonObject, finish: str | None = None) -> Event:
        return self._chunk([{"index": index, "delta": delta, "logprobs": None, "finish_reason": finish}])

    def text(self, index: int, name: str, text: str) -> Iterator[Event]:
        # Hundreds of streams may begin at once: only the text itself is encoded piece by piece.
        before, after = self.delta(index, {name: MARK})[1].split(MARK_BYTES)
        for piece in PIECE.findall(text):
            self._chars += len(piece)
            yield self._tokens(), before + ENCODE(piece).encode() + after

    def bare(self, extra: JsonObject) -> Event:
        """A chunk without choices: citations, or usage and cost."""
        return self._chunk([], extra)


def _tool_deltas(writer: _Writer, reply: Reply, index: int) -> Iterator[Event]:
    for at, one in enumerate(reply.tool_calls):
        opening: dict[str, Json] = {"index": at, "id": one.id, "type": "function"}
        yield writer.delta(
            index, {"tool_calls": [{**opening, "function": {"name": one.name, "arguments": ""}}]}
        )
        half = len(one.arguments) // 2
        for part in (one.arguments[:half], one.arguments[half:]):
            yield writer.delta(index, {"tool_calls": [{"index": at, "function": {"arguments": part}}]})


def _body(writer: _Writer, reply: Reply, index: int) -> Iterator[Event]:
    yield writer.delta(index, {"role": "assistant", "content": ""})
    yield from writer.text(index, "reasoning_content", reply.reasoning)
    yield from writer.text(index, "content", reply.content)
    yield from _tool_deltas(writer, reply, index)
    yield writer.delta(index, {}, reply.finish)


def _closing(writer: _Writer, reply: Reply) -> Iterator[Event]:
    if as_flag(reply.venice["include_search_results_in_stream"]):
        citations = [source.as_json() for source in reply.sources]
        yield writer.bare({"venice_parameters": {**reply.venice, "web_search_citations": citations}})
    if reply.bill is not None:
        yield writer.bare({"usage": reply.bill.usage, "cost": reply.bill.cost})


def _cut_body(writer: _Writer, reply: Reply, tokens: int) -> Iterator[Event]:
    """The first `tokens` tokens of the reply and nothing after them."""
    yield writer.delta(0, {"role": "assistant", "content": ""})
    thought = first_tokens(reply.reasoning, tokens)
    yield from writer.text(0, "reasoning_content", thought)
    yield from writer.text(0, "content", first_tokens(reply.content, tokens - count_tokens(thought)))


def stream_events(reply: Reply, call: Call) -> list[Event]:
    """All events in order, each with the number of tokens out after it; cut short where a fault says so."""
    writer, fault = _Writer(reply), call.fault
    if fault is not None and fault.kind in CUTTING and fault.after is not None:
        events = list(_cut_body(writer, reply, fault.after))
        last = events[-1][0]
        if fault.kind is FaultKind.STREAM_ERROR:
            events += [(last, b"data: " + fault.body + b"\n\n"), (last, DONE)]
        return events
    events = [event for index in range(reply.choices) for event in _body(writer, reply, index)]
    events += _closing(writer, reply)
    events.append((events[-1][0], DONE))
    return events
