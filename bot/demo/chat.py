"""POST /chat/completions: plans the whole reply, then sends it at once or as a stream."""

from __future__ import annotations

import asyncio
import json
import time
from dataclasses import replace
from secrets import token_hex

from starlette.responses import JSONResponse, Response

from bot.demo.attachments import Attachment
from bot.demo.bill import bill_for
from bot.demo.cast import Character, find_character
from bot.demo.chat_request import ChatRequest, read_request
from bot.demo.events import stream_events
from bot.demo.faults import FaultKind
from bot.demo.forms import filled
from bot.demo.headers import model_headers
from bot.demo.jsonvalue import Json, as_flag, as_list, as_object, as_text
from bot.demo.persona import persona_of
from bot.demo.refusals import plain
from bot.demo.reply import Reply
from bot.demo.responder import answer, think
from bot.demo.sample import sample
from bot.demo.scene import Scene, attachments_of, build_scene, last_question, system_text
from bot.demo.search import Source, find_sources, scrape, wants_search
from bot.demo.state import Call
from bot.demo.tokens import count_tokens, first_tokens
from bot.demo.tooluse import after_tools, tool_calls, words_before
from bot.demo.wire import EventStream


async def complete(call: Call, slug: str) -> Response:
    request = read_request(call.record.json)
    character = _character(request)
    scene = _scene(request, character, await _attachments(request))
    reply = _plan(request, scene, call)
    headers = model_headers(call, request.model)
    if reply.bill is not None:
        call.state.charge(call.record, reply.bill.charged, reply.id)
    if as_flag(request.body.get("stream")):
        return EventStream(stream_events(reply, call), headers, broken=_breaks(call))
    return JSONResponse(_whole(reply), headers=headers)


def _breaks(call: Call) -> bool:
    return any(call.has(kind) for kind in (FaultKind.HANG, FaultKind.DROP, FaultKind.TRUNCATE))


def _character(request: ChatRequest) -> Character | None:
    slug = as_text(request.venice.get("character_slug"))
    found = find_character(slug) if slug else None
    if slug and found is None:
        raise plain(404, "Character not found")
    return found


async def _attachments(request: ChatRequest) -> tuple[Attachment, ...]:
    index, _ = last_question(request.messages)
    if index < 0 or not as_list(request.messages[index].get("content")):
        return ()
    # Decoding pictures and sounds takes a while; the loop serves other streams meanwhile.
    return await asyncio.to_thread(attachments_of, request.messages[index])


def _scene(request: ChatRequest, character: Character | None, attachments: tuple[Attachment, ...]) -> Scene:
    persona = persona_of(system_text(request.messages), character)
    scene = build_scene(request.messages, persona, attachments)
    sources: tuple[Source, ...] = ()
    if as_flag(request.venice["enable_web_scraping"]):
        sources = scrape(scene.question)
    pictured = any(one.kind == "picture" for one in scene.attachments)
    if (
        not sources
        and not pictured
        and wants_search(as_text(request.venice["enable_web_search"]), scene.question)
    ):
        sources = find_sources(scene.question)
    return replace(scene, sources=sources, cites=as_flag(request.venice["enable_web_citations"]))


def _content(request: ChatRequest, scene: Scene) -> str:
    wanted = as_object(request.body.get("response_format"))
    if wanted.get("type") == "json_schema":
        given = as_object(wanted.get("json_schema"))
        schema = as_object(given.get("schema", given))
        return json.dumps(filled(sample(schema), schema, scene.question))
    if wanted.get("type") == "json_object":
        return json.dumps({"answer": answer(scene)})
    told = after_tools(request.messages)
    return answer(scene) if told is None else told


def _cut(request: ChatRequest, reasoning: str, content: str) -> tuple[str, str, str]:
    """Reasoning, content and finish reason within stop words and the token cap."""
    for stop in request.stops:
        if stop and stop in content:
            content = content[: content.index(stop)]
    limit = request.limit
    if limit is None or count_tokens(reasoning) + count_tokens(content) <= limit:
        return reasoning, content, "stop"
    kept = first_tokens(reasoning, limit)
    return kept, first_tokens(content, limit - count_tokens(kept)), "length"


def _plan(request: ChatRequest, scene: Scene, call: Call) -> Reply:
    calls = tool_calls(request, scene)
    reasoning = think(scene, request.effort) if request.effort != "none" else ""
    content = words_before(scene) if calls else _content(request, scene)
    if call.has(FaultKind.REASONING_ONLY):
        reasoning, content, calls, finish = reasoning or "I think about it.", "", (), "length"
    else:
        reasoning, content, finish = _cut(request, reasoning, content)
    written = content + "".join(one.name + one.arguments for one in calls)
    bill = bill_for(request, scene, written, reasoning, call)
    venice = {key: value for key, value in request.venice.items() if key != "enable_x_search"}
    return Reply(
        id=f"chatcmpl-{token_hex(16)}",
        created=int(time.time()),
        model=request.model.id,
        reasoning="" if request.strips_thinking else reasoning,
        content=content,
        tool_calls=calls,
        finish="tool_calls" if calls and finish == "stop" else finish,
        venice=venice,
        sources=scene.sources,
        choices=request.choices,
        bill=None if call.has(FaultKind.NO_USAGE) else bill,
    )


def _message(reply: Reply) -> dict[str, Json]:
    message: dict[str, Json] = {"role": "assistant", "content": reply.content, "tool_calls": []}
    if reply.reasoning:
        message["reasoning_content"] = reply.reasoning
    if reply.tool_calls:
        message["tool_calls"] = [one.as_json() for one in reply.tool_calls]
    return message


def _whole(reply: Reply) -> dict[str, Json]:
    choice: dict[str, Json] = {"finish_reason": reply.finish, "logprobs": None, "message": _message(reply)}
    venice = {**reply.venice, "web_search_citations": [source.as_json() for source in reply.sources]}
    body: dict[str, Json] = {
        "id": reply.id,
        "object": "chat.completion",
        "created": reply.created,
        "model": reply.model,
        "choices": [{"index": index, **choice} for index in range(reply.choices)],
        "venice_parameters": venice,
    }
    if reply.bill is not None:
        body |= {"usage": reply.bill.usage, "cost": reply.bill.cost}
    return body
