"""What an event of a streamed chat reply may hold, written from the facts: Venice's specification has no
schema for chunks."""

from __future__ import annotations

from typing import Any

Schema = dict[str, Any]


def _closed(properties: Schema, *required: str) -> Schema:
    return {
        "type": "object",
        "properties": properties,
        "required": list(required),
        "additionalProperties": False,
    }


TOOL_CALL = _closed(
    {
        "index": {"type": "integer", "minimum": 0},
        "id": {"type": "string", "minLength": 1},
        "type": {"const": "function"},
        "function": _closed({"name": {"type": "string"}, "arguments": {"type": "string"}}),
    },
    "function",
)
DELTA = _closed(
    {
        "role": {"const": "assistant"},
        "content": {"type": ["string", "null"]},
        "reasoning_content": {"type": ["string", "null"]},
        "reasoning_details": {"type": "array"},
        "tool_calls": {"type": ["array", "null"], "items": TOOL_CALL},
    }
)
CHOICE = _closed(
    {
        "index": {"type": "integer", "minimum": 0},
        "delta": DELTA,
        "logprobs": {"type": ["object", "null"]},
        "finish_reason": {"enum": [None, "stop", "length", "tool_calls", "content_filter"]},
    },
    "index",
    "delta",
    "finish_reason",
)
COUNT: Schema = {"type": "integer", "minimum": 0}
USAGE = _closed(
    {
        "prompt_tokens": COUNT,
        "completion_tokens": COUNT,
        "total_tokens": COUNT,
        "prompt_tokens_details": {
            "anyOf": [
                {"type": "null"},
                _closed({"cached_tokens": COUNT, "cache_creation_input_tokens": COUNT}),
            ]
        },
        "completion_tokens_details": {"anyOf": [{"type": "null"}, _closed({"reasoning_tokens": COUNT})]},
    },
    "prompt_tokens",
    "completion_tokens",
    "total_tokens",
)
MONEY: Schema = {"type": "number", "minimum": 0}
CITATION = _closed(
    {
        "title": {"type": "string"},
        "url": {"type": "string", "pattern": "^https?://"},
        "content": {"type": "string"},
        "date": {"type": "string"},
    },
    "title",
    "url",
)
CHUNK = _closed(
    {
        "id": {"type": "string", "pattern": "^chatcmpl-"},
        "object": {"const": "chat.completion.chunk"},
        "created": COUNT,
        "model": {"type": "string", "minLength": 1},
        "choices": {"type": "array", "items": CHOICE},
        "usage": USAGE,
        "cost": _closed({"usd": MONEY, "diem": MONEY}, "usd", "diem"),
        "venice_parameters": {
            "type": "object",
            "properties": {"web_search_citations": {"type": "array", "items": CITATION}},
        },
    },
    "id",
    "object",
    "created",
    "model",
    "choices",
)
IN_BAND_ERROR = _closed(
    {
        "error": _closed(
            {
                "message": {"type": "string"},
                "type": {"type": "string"},
                "code": {"type": ["string", "null"]},
                "param": {"type": ["string", "null"]},
                "retry_after": {"type": "number"},
            },
            "message",
            "type",
            "code",
        )
    },
    "error",
)
