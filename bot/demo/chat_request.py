"""What POST /chat/completions accepts, and the capability gates before any inference."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from secrets import token_hex
from urllib.parse import unquote

from bot.demo.catalogue import Model, find
from bot.demo.checks import (
    Check,
    Issue,
    Path,
    anything,
    array,
    by_type,
    either,
    flag,
    nullable,
    number,
    one_of,
    shape,
    text,
)
from bot.demo.jsonvalue import Json, JsonObject, as_flag, as_integer, as_list, as_object, as_text
from bot.demo.refusals import Refusal, invalid_field, plain, require, unsupported

EFFORTS = ("none", "minimal", "low", "medium", "high", "xhigh", "max")
VERBOSITY = one_of("low", "medium", "high", "auto")
AUDIO_FORMATS = ("wav", "mp3", "aiff", "aac", "ogg", "flac", "m4a", "pcm16", "pcm24")
MAX_PARTS = {"image_url": 10, "input_audio": 5, "video_url": 3, "file": 5}

CACHE_CONTROL = shape({"type": one_of("ephemeral"), "ttl": text()}, required=("type",), closed=False)


def _part(name: str, inner: Check) -> Check:
    fields: dict[str, Check] = {"type": text(), name: inner, "cache_control": CACHE_CONTROL}
    return shape(fields, required=("type", name), closed=False)


TEXT_PART = _part("text", text(1))
URL = shape({"url": text(1), "detail": text()}, required=("url",), closed=False)
AUDIO = shape({"data": text(1), "format": one_of(*AUDIO_FORMATS)}, required=("data",), closed=False)
FILE = shape({"file_data": text(1), "filename": text()}, required=("file_data",), closed=False)
USER_PARTS: dict[str, Check] = {
    "text": TEXT_PART,
    "image_url": _part("image_url", URL),
    "input_audio": _part("input_audio", AUDIO),
    "video_url": _part("video_url", URL),
    "file": _part("file", FILE),
}


def _content(kinds: Mapping[str, Check]) -> Check:
    listed = array(by_type("type", kinds), 1)
    plain_text = text()

    def run(value: Json, path: Path) -> Iterator[Issue]:
        yield from (listed if isinstance(value, list) else plain_text)(value, path)

    return run


SPOKEN: dict[str, Check] = {
    "role": text(),
    "content": _content({"text": TEXT_PART}),
    "name": nullable(text()),
}
ASSISTANT: dict[str, Check] = {
    **SPOKEN,
    "content": nullable(SPOKEN["content"]),
    "reasoning_content": nullable(text()),
    "reasoning_details": array(anything),
    "thought_signature": nullable(text()),
    "tool_calls": nullable(array(anything)),
}
ROLES: dict[str, Check] = {
    "system": shape(SPOKEN, required=("content",), closed=False),
    "developer": shape(SPOKEN, required=("content",), closed=False),
    "user": shape({**SPOKEN, "content": _content(USER_PARTS)}, required=("content",), closed=False),
    "assistant": shape(ASSISTANT, closed=False),
    "tool": shape({**ASSISTANT, "tool_call_id": text(1)}, required=("content", "tool_call_id"), closed=False),
}
VENICE: dict[str, Check] = {
    "character_slug": text(),
    "strip_thinking_response": flag,
    "disable_thinking": flag,
    "enable_e2ee": flag,
    "enable_web_search": one_of("auto", "off", "on"),
    "enable_web_scraping": flag,
    "enable_web_citations": flag,
    "include_search_results_in_stream": flag,
    "return_search_results_as_documents": flag,
    "include_venice_system_prompt": flag,
    "enable_x_search": flag,
}
FUNCTION = shape(
    {"name": text(1), "description": text(), "parameters": shape({}, closed=False), "strict": flag},
    required=("name",),
    closed=False,
)
TOOL = either(
    shape({"type": text(), "function": FUNCTION, "id": text()}, required=("function",), closed=False),
    shape({"type": one_of("web_search", "x_search")}, required=("type",), closed=False),
)
FIELDS: dict[str, Check] = {
    "model": text(1),
    "messages": array(by_type("role", ROLES), 1),
    "frequency_penalty": number(-2, 2),
    "presence_penalty": number(-2, 2),
    "repetition_penalty": number(0),
    "temperature": number(0, 2),
    "top_p": number(0, 1),
    "min_p": number(0, 1),
    "top_k": number(0, whole=True),
    "min_temp": number(0, 2),
    "max_temp": number(0, 2),
    "max_completion_tokens": number(whole=True),
    "max_tokens": number(whole=True),
    "n": number(1, 8, whole=True),
    "seed": number(1, whole=True),
    "stop": nullable(either(array(text(), 1, 4), text())),
    "stop_token_ids": array(number()),
    "stream": flag,
    "stream_options": shape({"include_usage": flag}, closed=False),
    "logprobs": flag,
    "top_logprobs": number(0, whole=True),
    "tools": nullable(array(TOOL)),
    "tool_choice": either(one_of("auto", "none", "required"), shape({}, closed=False)),
    "parallel_tool_calls": flag,
    "response_format": by_type(
        "type",
        {
            "json_schema": shape(
                {"type": text(), "json_schema": shape({}, closed=False)}, required=("json_schema",)
            ),
            "json_object": shape({"type": text()}),
            "text": shape({"type": text()}),
        },
    ),
    "reasoning": shape(
        {"effort": one_of(*EFFORTS), "summary": one_of("auto", "concise", "detailed"), "enabled": flag},
        closed=False,
    ),
    "reasoning_effort": one_of(*EFFORTS),
    "prompt_cache_key": text(),
    "prompt_cache_retention": one_of("default", "extended", "24h"),
    "verbosity": VERBOSITY,
    "text": shape({"verbosity": VERBOSITY}, closed=False),
    "fallbacks": array(shape({"model": text()}, required=("model",), closed=False), 0, 10),
    "user": text(),
    "anon_user_id": text(1, 128),
    "store": flag,
    "include": array(text()),
    "metadata": shape({}, closed=False),
    "venice_parameters": shape(VENICE, closed=False),
}
CHECK = shape(FIELDS, required=("model", "messages"))
DEFAULTS: dict[str, Json] = {
    "enable_e2ee": True,
    "enable_web_search": "off",
    "enable_web_citations": False,
    "enable_web_scraping": False,
    "include_venice_system_prompt": True,
    "include_search_results_in_stream": False,
    "return_search_results_as_documents": False,
    "strip_thinking_response": False,
    "disable_thinking": False,
}


@dataclass(frozen=True, slots=True)
class ChatRequest:
    """A request that passed every check. `effort` is "none" when the model does not think this time."""

    body: JsonObject
    model: Model
    venice: JsonObject
    messages: Sequence[JsonObject]
    effort: str

    @property
    def strips_thinking(self) -> bool:
        return as_flag(self.venice["strip_thinking_response"]) or as_flag(self.venice["disable_thinking"])

    @property
    def limit(self) -> int | None:
        """The cap on visible and reasoning tokens, None when the request sets none."""
        if "max_completion_tokens" in self.body:
            return as_integer(self.body["max_completion_tokens"])
        limit = as_integer(self.body.get("max_tokens"))
        return limit if limit > 0 else None

    @property
    def choices(self) -> int:
        return as_integer(self.body.get("n"), 1)

    @property
    def stops(self) -> Sequence[str]:
        stop = self.body.get("stop")
        return [stop] if isinstance(stop, str) else [as_text(item) for item in as_list(stop)]


def _suffix(suffix: str) -> dict[str, Json]:
    """Venice parameters from the `:key=value&key=value` end of a model name; unknown keys are ignored."""
    found: dict[str, Json] = {}
    for pair in suffix.split("&"):
        key, _, value = pair.partition("=")
        if key in VENICE:
            words = unquote(value)
            found[key] = {"true": True, "false": False}.get(words, words)
    return found


def _parts(messages: Sequence[JsonObject]) -> list[tuple[Path, JsonObject]]:
    """Every content part with its path."""
    return [
        (("messages", index, "content", at), as_object(part))
        for index, message in enumerate(messages)
        for at, part in enumerate(as_list(message.get("content")))
    ]


NEEDED = {
    "image_url": ("supportsVision", "Image input"),
    "input_audio": ("supportsAudioInput", "Audio input"),
    "video_url": ("supportsVideoInput", "Video input"),
}


def _gate_parts(model: Model, messages: Sequence[JsonObject]) -> None:
    for path, part in _parts(messages):
        capability, label = NEEDED.get(as_text(part.get("type")), ("", ""))
        if capability and not model.can(capability):
            raise unsupported(model.id, label, path)
    for index, message in enumerate(messages):
        kinds = [as_text(as_object(part).get("type")) for part in as_list(message.get("content"))]
        for kind, most in MAX_PARTS.items():
            if kinds.count(kind) > most:
                raise invalid_field("messages", f"At most {most} {kind} parts in message {index}")


def _gate_features(model: Model, body: JsonObject) -> None:
    wants_tools = bool(body.get("tools")) or "tool_choice" in body or body.get("parallel_tool_calls") is True
    formatted = as_text(as_object(body.get("response_format")).get("type"), "text") != "text"
    gates = (
        (wants_tools, "supportsFunctionCalling", "Function calling", "tools"),
        (formatted, "supportsResponseSchema", "response_format", "response_format"),
        (body.get("logprobs") is True, "supportsLogProbs", "logprobs", "logprobs"),
    )
    for wanted, capability, label, name in gates:
        if wanted and not model.can(capability):
            raise unsupported(model.id, label, (name,))
    most = as_integer(model.spec.get("maxCompletionTokens"))
    if as_integer(body.get("max_completion_tokens")) > most:
        raise invalid_field("max_completion_tokens", f"{model.id} writes at most {most} tokens")


def _effort(model: Model, body: JsonObject, venice: JsonObject) -> str:
    """The reasoning effort that applies; raises Refusal 400 for one the model does not have."""
    if not model.can("supportsReasoning"):
        return "none"
    options = [as_text(item) for item in as_list(model.capability("reasoningEffortOptions"))]
    reasoning = as_object(body.get("reasoning"))
    asked = as_text(body.get("reasoning_effort")) or as_text(reasoning.get("effort"))
    if asked and options and asked not in options:
        words = f"Unsupported value: '{asked}' is not supported. Supported values are: {', '.join(options)}"
        raise Refusal(400, {"error": words, "request_id": token_hex(8)})
    if asked:
        return asked
    off = reasoning.get("enabled") is False or as_flag(venice["disable_thinking"])
    if off and "none" in options:
        return "none"
    return as_text(model.capability("defaultReasoningEffort"), "medium")


def read_request(json: Json) -> ChatRequest:
    """Checks the request; raises Refusal (400, 404) as Venice would."""
    body = require(CHECK, json)
    name, _, suffix = as_text(body["model"]).partition(":")
    model = find(name, "text")
    if model is None:
        raise plain(404, "Specified model not found")
    given = {key: value for key, value in as_object(body.get("venice_parameters")).items() if key in VENICE}
    venice = DEFAULTS | given | _suffix(suffix)
    messages = [as_object(message) for message in as_list(body["messages"])]
    _gate_parts(model, messages)
    _gate_features(model, body)
    return ChatRequest(body, model, venice, messages, _effort(model, body, venice))
