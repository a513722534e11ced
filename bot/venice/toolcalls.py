"""Putting streamed tool calls together."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from bot.venice.data import as_list, as_object, as_text
from bot.venice.thinking import harmless
from bot.venice.types import Source, ToolCall

SEARCH_CALL_ID = "web_search_call"
SEARCH_CALL_NAME = "venice_web_search_documents"


@dataclass(slots=True)
class _Draft:
    id: str
    index: int | None
    name: str = ""
    arguments: list[str] = field(default_factory=list[str])


class ToolCallAssembler:
    """Keeps calls apart by id: parallel calls may all carry the same index."""

    def __init__(self) -> None:
        self._drafts: list[_Draft] = []

    def feed(self, entries: Sequence[object]) -> None:
        """Take the `tool_calls` array of one delta (or of one whole message)."""
        for entry in entries:
            fields = as_object(entry)
            if fields:
                self._add(fields)

    def calls(self) -> list[ToolCall]:
        """The calls in the order they began; missing ids get a name of their own."""
        return [
            ToolCall(draft.id or f"call_{place}", draft.name, harmless("".join(draft.arguments)) or "{}")
            for place, draft in enumerate(self._drafts)
            if draft.name
        ]

    def _add(self, fields: Mapping[str, object]) -> None:
        index = fields.get("index")
        function = as_object(fields.get("function"))
        name = harmless(as_text(function.get("name")))
        draft = self._draft(as_text(fields.get("id")), index if isinstance(index, int) else None, name)
        draft.name = draft.name or name
        arguments = function.get("arguments")
        draft.arguments.append(json.dumps(arguments) if isinstance(arguments, dict) else as_text(arguments))

    def _draft(self, call_id: str, index: int | None, name: str) -> _Draft:
        if call_id:
            known = [draft for draft in self._drafts if draft.id == call_id]
        else:
            same_index = [draft for draft in self._drafts if index is not None and draft.index == index]
            known = same_index or ([] if name else self._drafts)
        if known:
            return known[-1]
        draft = _Draft(call_id, index)
        self._drafts.append(draft)
        return draft


def search_documents(call: ToolCall) -> list[Source] | None:
    """Sources of the made-up call Venice uses to hand over search results, or None for a real call."""
    if call.id != SEARCH_CALL_ID and call.name != SEARCH_CALL_NAME:
        return None
    try:
        arguments: object = json.loads(call.arguments)
    except ValueError:
        return []
    documents = map(as_object, as_list(as_object(arguments).get("documents")))
    return [
        Source(
            title=as_text(document.get("title")) or as_text(document.get("url")),
            url=as_text(document.get("url")),
            content=as_text(document.get("snippet")),
            date=as_text(document.get("published_at")),
        )
        for document in documents
        if as_text(document.get("url"))
    ]
