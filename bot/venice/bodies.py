"""Request bodies from what the model takes.

Venice's schemas are closed: one unknown field or null breaks the call, so only known, set and supported
fields are written. What a model does not take is left out, except what would change the question: a
picture, sound or film in the newest message is refused with a sentence instead.
"""

from __future__ import annotations

import base64
from collections.abc import Iterable, Mapping, Sequence

from bot.errors import Fault, VeniceError, VeniceFailure
from bot.venice.errors import failure
from bot.venice.models import Model
from bot.venice.types import (
    AudioPart,
    ChatMessage,
    ChatRequest,
    ContentPart,
    ImagePart,
    Reasoning,
    TextPart,
    Tool,
    ToolCall,
    VideoPart,
)

Body = dict[str, object]

EFFORT_ORDER = ("none", "minimal", "low", "medium", "high", "xhigh", "max")
CACHE_MARKS_MAX = 2
"""Providers allow four and Venice sets up to two of its own."""
STOPS_MAX = 4


def refused(text: str) -> VeniceError:
    """An error found before the call: nothing was sent, nothing was spent."""
    return failure(VeniceFailure.BAD_REQUEST, text, fault=Fault.USER, detail="refused before sending")


def model_name(model: Model) -> str:
    """The id to send. A colon would carry flags that cost money or change the answer."""
    if ":" in model.id or not model.id:
        raise refused("That is not a model I can use.")
    return model.id


def without_empty(fields: Mapping[str, object]) -> Body:
    """The fields that are set: no None, empty text or empty list."""
    return {
        name: value for name, value in fields.items() if value is not None and value != "" and value != []
    }


def chat_body(request: ChatRequest, model: Model, *, stream: bool) -> Body:
    """The body of POST /chat/completions."""
    takes = model.capabilities
    messages = _messages(request.messages, model)
    if not messages:
        raise refused("There is nothing to answer: the message is empty.")
    tools = [_tool(tool) for tool in request.tools] if takes.functions else []
    schema = _response_format(request) if takes.response_schema else None
    body: Body = {
        "model": model_name(model),
        "messages": messages,
        "max_completion_tokens": _output_cap(request, model),
        "venice_parameters": _venice_parameters(request, model, stream=stream),
        **without_empty(
            {
                "temperature": request.temperature,
                "top_p": request.top_p,
                "tools": tools,
                "tool_choice": request.tool_choice if tools else None,
                "parallel_tool_calls": False if tools and schema else None,
                "response_format": schema,
                "reasoning_effort": effort(request.reasoning, model),
                "prompt_cache_key": request.cache_key,
                "user": request.user,
                **_sampling_extras(request, model),
            }
        ),
    }
    if stream:
        body |= {"stream": True, "stream_options": {"include_usage": True}}
    return body


def _output_cap(request: ChatRequest, model: Model) -> int:
    wanted = max(1, request.max_completion_tokens)
    return wanted if model.max_completion is None else min(wanted, model.max_completion)


def _sampling_extras(request: ChatRequest, model: Model) -> Body:
    # OpenAI's reasoning models refuse both.
    if model.id.startswith("openai-") and model.capabilities.reasoning:
        return {}
    return {"seed": request.seed, "stop": [stop for stop in request.stop if stop][:STOPS_MAX]}


def effort(wanted: Reasoning, model: Model) -> str | None:
    """The effort to send, or None (also for "on", which is the model's own measure). Only offered values: the
    next lower one, else the lowest there is."""
    if wanted == "on":
        return None
    offered = sorted(
        (option for option in model.capabilities.efforts if option in EFFORT_ORDER), key=EFFORT_ORDER.index
    )
    if wanted in ("off", "none"):
        return "none" if "none" in offered else None
    ceiling = EFFORT_ORDER.index(wanted)
    thinking = [option for option in offered if option != "none"]
    lower = [option for option in thinking if EFFORT_ORDER.index(option) <= ceiling]
    return lower[-1] if lower else next(iter(thinking), None)


def _venice_parameters(request: ChatRequest, model: Model, *, stream: bool) -> Body:
    takes = model.capabilities
    parameters: Body = {"include_venice_system_prompt": request.include_venice_system_prompt}
    quiet = request.reasoning in ("off", "none")
    if quiet and takes.reasoning and "none" not in takes.efforts:
        parameters["disable_thinking"] = True
    if request.character_slug:
        parameters["character_slug"] = request.character_slug
    searches = takes.web_search and request.web_search != "off"
    scrapes = takes.web_search and request.web_scraping
    if searches:
        parameters["enable_web_search"] = request.web_search
    if scrapes:
        parameters["enable_web_scraping"] = True
    if searches or scrapes:
        parameters["enable_web_citations"] = request.web_citations
        parameters |= {"include_search_results_in_stream": True} if stream else {}
    return parameters


def _response_format(request: ChatRequest) -> Body | None:
    asked = request.response_schema
    if asked is None:
        return None
    schema = {"name": asked.name, "strict": True, "schema": dict(asked.schema)}
    return {"type": "json_schema", "json_schema": schema}


def _tool(tool: Tool) -> Body:
    function = {"name": tool.name, "description": tool.description, "parameters": dict(tool.parameters)}
    return {"type": "function", "function": {**function, **({"strict": True} if tool.strict else {})}}


def _messages(messages: Sequence[ChatMessage], model: Model) -> list[Body]:
    newest = max((place for place, message in enumerate(messages) if message.role == "user"), default=-1)
    marks = _cache_marks(messages, model)
    written: list[Body] = []
    for place, message in enumerate(messages):
        parts = _parts(message, model, newest=place == newest)
        body = _message(message, parts, marks)
        if body is not None:
            written.append(body)
    return written


def _cache_marks(messages: Iterable[ChatMessage], model: Model) -> frozenset[int]:
    """Identities of the parts that get a cache breakpoint: the last few marked ones."""
    tokens = model.pricing.tokens
    if tokens is None or tokens.cache_write is None:
        return frozenset()
    marked = [
        id(part)
        for message in messages
        if not isinstance(message.content, str)
        for part in message.content
        if isinstance(part, TextPart) and part.cache and part.text
    ]
    return frozenset(marked[-CACHE_MARKS_MAX:])


def _parts(message: ChatMessage, model: Model, *, newest: bool) -> list[ContentPart]:
    if isinstance(message.content, str):
        return [TextPart(message.content)] if message.content else []
    parts: list[ContentPart] = []
    for part in message.content:
        missing = lacks(part, model)
        if isinstance(part, TextPart) and not part.text:
            continue
        if not missing:
            parts.append(part)
        elif newest:
            raise refused(f"{model.name} cannot take {missing}. Please choose another model for that.")
        else:
            parts.append(TextPart(f"[{missing}]"))
    return parts


def lacks(part: ContentPart, model: Model) -> str:
    """What the model cannot take about this part ("pictures", "sound", "films"), or nothing."""
    takes = model.capabilities
    if isinstance(part, ImagePart) and not takes.vision:
        return "pictures"
    if isinstance(part, AudioPart) and not takes.audio_input:
        return "sound"
    return "films" if isinstance(part, VideoPart) and not takes.video_input else ""


def _message(message: ChatMessage, parts: Sequence[ContentPart], marks: frozenset[int]) -> Body | None:
    if message.role == "tool":
        return {"role": "tool", "content": plain_text(parts), "tool_call_id": message.tool_call_id}
    extras = _assistant_extras(message) if message.role == "assistant" else {}
    if not parts and not message.tool_calls:
        return None
    content = _content(message, parts, marks)
    return {"role": message.role, **({"content": content} if parts else {}), **extras}


def _content(message: ChatMessage, parts: Sequence[ContentPart], marks: frozenset[int]) -> str | list[Body]:
    texts_only = all(isinstance(part, TextPart) for part in parts)
    # Only people may send anything but text.
    if isinstance(message.content, str) or (message.role != "user" and not texts_only):
        return plain_text(parts)
    if texts_only and not any(id(part) in marks for part in parts):
        return plain_text(parts)
    return [_part(part, cached=id(part) in marks) for part in parts]


def plain_text(parts: Iterable[ContentPart]) -> str:
    """The text of the parts, one paragraph each."""
    return "\n\n".join(part.text for part in parts if isinstance(part, TextPart))


def _assistant_extras(message: ChatMessage) -> Body:
    return without_empty(
        {
            "tool_calls": [_call(call) for call in message.tool_calls],
            "reasoning_content": message.reasoning_content,
            "reasoning_details": [dict(detail) for detail in message.reasoning_details],
            "thought_signature": message.thought_signature,
        }
    )


def _call(call: ToolCall) -> Body:
    return {"id": call.id, "type": "function", "function": {"name": call.name, "arguments": call.arguments}}


def _part(part: ContentPart, *, cached: bool) -> Body:
    if isinstance(part, TextPart):
        mark: Body = {"cache_control": {"type": "ephemeral"}} if cached else {}
        return {"type": "text", "text": part.text, **mark}
    if isinstance(part, ImagePart):
        return {"type": "image_url", "image_url": {"url": part.url}}
    if isinstance(part, AudioPart):
        sound = {"data": base64.b64encode(part.data).decode("ascii"), "format": part.format}
        return {"type": "input_audio", "input_audio": sound}
    if isinstance(part, VideoPart):
        return {"type": "video_url", "video_url": {"url": part.url}}
    return {"type": "file", "file": without_empty({"file_data": part.url, "filename": part.name})}
