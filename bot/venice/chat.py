"""Chunks of a chat stream in, events out. Knows no network: feed parsed JSON, read events.

Venice documents no chunk schema. Usage, cost and citations may sit on any chunk, often on ones with
`choices: []`; errors arrive under HTTP 200; parallel tool calls can share one index.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from decimal import ROUND_CEILING, Decimal
from typing import Literal

from bot.errors import VeniceError, VeniceFailure
from bot.venice.data import as_decimal, as_int, as_list, as_object, as_text
from bot.venice.errors import failure, stream_error
from bot.venice.thinking import PlaceholderFilter, SurrogateJoiner, ThinkingSplitter, harmless
from bot.venice.toolcalls import ToolCallAssembler, search_documents
from bot.venice.types import (
    ChatEvent,
    ChatMessage,
    Citations,
    Finished,
    FinishReason,
    Notices,
    ReasoningDelta,
    Source,
    TextDelta,
    ToolCall,
    ToolCallDone,
    UsageReport,
)

REASONS: dict[str, FinishReason] = {
    "stop": "stop",
    "length": "length",
    "tool_calls": "tool_calls",
    "content_filter": "content_filter",
}


class AnswerAssembler:
    """One answer. Call `feed` per chunk, then `close` once; after each look at `error`."""

    def __init__(self, notices: Notices | None = None) -> None:
        self.error: VeniceError | None = None
        self._notices = notices or Notices()
        self._joiners = {"text": SurrogateJoiner(), "reasoning": SurrogateJoiner()}
        self._splitter = ThinkingSplitter()
        self._placeholder = PlaceholderFilter()
        self._tools = ToolCallAssembler()
        self._text: list[str] = []
        self._reasoning: list[str] = []
        self._details: list[Mapping[str, object]] = []
        self._signature = ""
        self._sources: list[Source] = []
        self._usage: UsageReport | None = None
        self._cost: int | None = None
        self._reason = ""
        self._id: str | None = None
        self._model = ""

    def feed(self, chunk: object) -> list[ChatEvent]:
        """Events of one chunk. Sets `error` on an in-band error: stop feeding then, and close."""
        fields = as_object(chunk)
        self._id = as_text(fields.get("id")) or self._id
        self._model = as_text(fields.get("model")) or self._model
        self._note_usage(fields)
        events: list[ChatEvent] = []
        for choice in as_list(fields.get("choices")):
            events += self._choice(as_object(choice))
        for sources in found_sources(fields):
            events += self._cite(sources)
        error = fields.get("error")
        if error:
            self.error = stream_error(error, self._id or self._notices.request_id)
        return events

    def close(self, *, done: bool) -> list[ChatEvent]:
        """The last events. `done` says that the end was announced; without it and without a finish reason
        the answer broke off, and `error` is set to TRUNCATED after what arrived was given out."""
        events = self._release()
        calls, documents = self._finished_calls()
        events += self._cite(documents)
        complete = self.error is None and (done or bool(self._reason))
        if complete:
            events += [ToolCallDone(call) for call in calls]
        usage = self._usage_report()
        if usage is not None:
            events.append(usage)
        if complete:
            events.append(self._finish(calls))
        elif self.error is None:
            request_id = self._id or self._notices.request_id
            self.error = failure(VeniceFailure.TRUNCATED, request_id=request_id)
        return events

    @property
    def text(self) -> str:
        """All visible text so far."""
        return "".join(self._text)

    @property
    def reasoning(self) -> str:
        """All thinking so far."""
        return "".join(self._reasoning)

    def _choice(self, choice: Mapping[str, object]) -> list[ChatEvent]:
        if as_int(choice.get("index")) != 0:
            return []
        self._reason = as_text(choice.get("finish_reason")) or self._reason
        message = as_object(choice.get("delta")) or as_object(choice.get("message"))
        reasoning = as_text(message.get("reasoning_content"))
        self._details += [item for item in map(as_object, as_list(message.get("reasoning_details"))) if item]
        self._signature = as_text(message.get("thought_signature")) or self._signature
        self._tools.feed(as_list(message.get("tool_calls")))
        return [*self._think(reasoning), *self._speak(content_text(message.get("content")))]

    def _think(self, text: str) -> list[ChatEvent]:
        shown = self._placeholder.feed(self._joiners["reasoning"].feed(text)) if text else ""
        return self._emit("reasoning", shown)

    def _speak(self, text: str) -> list[ChatEvent]:
        if not text:
            return []
        pieces = self._splitter.feed(self._joiners["text"].feed(text))
        return [event for kind, piece in pieces for event in self._emit(kind, piece)]

    def _emit(self, kind: Literal["text", "reasoning"], piece: str) -> list[ChatEvent]:
        if not piece:
            return []
        if kind == "text":
            self._text.append(piece)
            return [TextDelta(piece)]
        self._reasoning.append(piece)
        return [ReasoningDelta(piece)]

    def _release(self) -> list[ChatEvent]:
        """Everything the filters kept back."""
        rest = self._joiners["reasoning"].close()
        events = self._emit("reasoning", self._placeholder.feed(rest) + self._placeholder.close())
        pieces = self._splitter.feed(self._joiners["text"].close()) + self._splitter.close()
        return events + [event for kind, piece in pieces for event in self._emit(kind, piece)]

    def _cite(self, sources: Sequence[Source]) -> list[ChatEvent]:
        # Markers count places in Venice's list: doubles inside one list stay, a repeated list adds nothing.
        known = {source.url for source in self._sources}
        fresh = [source for source in sources if source.url not in known]
        self._sources += fresh
        return [Citations(tuple(self._sources))] if fresh else []

    def _note_usage(self, fields: Mapping[str, object]) -> None:
        usage = read_usage(fields.get("usage"))
        self._usage = usage or self._usage
        cost = read_cost(fields.get("cost"))
        self._cost = self._cost if cost is None else cost

    def _usage_report(self) -> UsageReport | None:
        usage = self._usage
        if usage is None or self._cost is None:
            return usage
        return UsageReport(
            usage.prompt,
            usage.completion,
            usage.total,
            usage.cached,
            usage.cache_written,
            usage.reasoning,
            self._cost,
        )

    def _finished_calls(self) -> tuple[list[ToolCall], list[Source]]:
        """Calls for the caller, and sources from the search calls Venice makes up, which nobody may run."""
        calls: list[ToolCall] = []
        documents: list[Source] = []
        for call in self._tools.calls():
            found = search_documents(call)
            if found is not None:
                documents += found
            elif self._reason != "length" or _is_json(call.arguments):
                calls.append(call)
        return calls, documents

    def _finish(self, calls: Sequence[ToolCall]) -> Finished:
        reason = REASONS.get(self._reason, "stop")
        if calls and reason == "stop":
            reason = "tool_calls"
        elif not calls and reason == "tool_calls":
            reason = "stop"
        message = ChatMessage(
            role="assistant",
            content=self.text,
            tool_calls=tuple(calls),
            reasoning_content=self.reasoning,
            reasoning_details=tuple(self._details),
            thought_signature=self._signature,
        )
        model = self._model or self._notices.model_id or ""
        return Finished(reason, model, self._id or self._notices.request_id, message, self._notices)


def content_text(content: object) -> str:
    """Visible text of `content`: a string, null, or an array of text parts."""
    if isinstance(content, str):
        return content
    parts = (
        part if isinstance(part, str) else as_text(as_object(part).get("text")) for part in as_list(content)
    )
    return "".join(parts)


def found_sources(chunk: Mapping[str, object]) -> list[list[Source]]:
    """The lists of sources in a chunk, from every place Venice has been seen to use."""
    parameters = as_object(chunk.get("venice_parameters"))
    places = (
        parameters.get("web_search_citations"),
        chunk.get("web_search_citations"),
        chunk.get("venice_search_results"),
        chunk.get("citations"),
    )
    return [[source for item in as_list(place) if (source := _source(item))] for place in places if place]


def _source(item: object) -> Source | None:
    fields = {"url": item} if isinstance(item, str) else as_object(item)
    url = harmless(as_text(fields.get("url"))).strip()
    if not url:
        return None
    title = harmless(as_text(fields.get("title"))).strip()
    content = harmless(as_text(fields.get("content")) or as_text(fields.get("snippet")))
    date = as_text(fields.get("date")) or as_text(fields.get("published_at"))
    return Source(title or url, url, content, harmless(date))


def read_usage(usage: object) -> UsageReport | None:
    """Token counts; detail objects may be null or missing."""
    fields = as_object(usage)
    if not fields:
        return None
    prompt = as_int(fields.get("prompt_tokens"))
    completion = as_int(fields.get("completion_tokens"))
    prompt_details = as_object(fields.get("prompt_tokens_details"))
    completion_details = as_object(fields.get("completion_tokens_details"))
    return UsageReport(
        prompt=prompt,
        completion=completion,
        total=as_int(fields.get("total_tokens"), prompt + completion),
        cached=as_int(prompt_details.get("cached_tokens")),
        cache_written=as_int(prompt_details.get("cache_creation_input_tokens")),
        reasoning=as_int(completion_details.get("reasoning_tokens")),
        cost_micro_usd=read_cost(fields.get("cost")),
    )


def read_cost(cost: object) -> int | None:
    """Micro-USD, rounded up. An account on DIEM reports 0 USD, so both are added (1 DIEM = 1 USD)."""
    fields = as_object(cost)
    if not fields:  # so it is for nearly every chunk of a stream
        return None
    amounts = [amount for name in ("usd", "diem") if (amount := as_decimal(fields.get(name))) is not None]
    if not amounts:
        return None
    micro = sum(amounts, Decimal(0)) * 1_000_000
    return max(0, int(micro.to_integral_value(ROUND_CEILING)))


def _is_json(text: str) -> bool:
    try:
        json.loads(text)
    except ValueError:
        return False
    return True
