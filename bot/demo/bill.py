"""What a chat answer costs: tokens of prompt and reply, cache, list prices, search fees."""

from __future__ import annotations

import json

from bot.demo.catalogue import Model
from bot.demo.chat_request import ChatRequest
from bot.demo.faults import FaultKind
from bot.demo.jsonvalue import Json, JsonObject, as_flag, as_list, as_number, as_object, as_text
from bot.demo.reply import Bill
from bot.demo.scene import Scene
from bot.demo.search import FEE_USD, Source
from bot.demo.state import Call
from bot.demo.tokens import count_tokens

MESSAGE_TOKENS = 4
MEDIA_TOKENS = 260
VENICE_PROMPT_TOKENS = 1560
CHARACTER_PROMPT_TOKENS = 300
FOUND_PAGE_TOKENS = 120


def _part_tokens(part: JsonObject) -> int:
    return count_tokens(as_text(part.get("text"))) if part.get("type") == "text" else MEDIA_TOKENS


def _message_tokens(message: JsonObject) -> int:
    content = message.get("content")
    if isinstance(content, str):
        return MESSAGE_TOKENS + count_tokens(content)
    return MESSAGE_TOKENS + sum(_part_tokens(as_object(part)) for part in as_list(content))


def _prompt(request: ChatRequest, scene: Scene) -> list[tuple[str, int]]:
    """The prompt piece by piece with its tokens, in the order a cache sees it."""
    pieces: list[tuple[str, int]] = [(request.model.id, 0)]
    if as_flag(request.venice["include_venice_system_prompt"]):
        pieces.append(("venice", VENICE_PROMPT_TOKENS))
    slug = as_text(request.venice.get("character_slug"))
    if slug:
        pieces.append((slug, CHARACTER_PROMPT_TOKENS))
    if request.body.get("tools"):
        tools = json.dumps(request.body["tools"])
        pieces.append((tools, count_tokens(tools)))
    pieces += [(json.dumps(one), _message_tokens(one)) for one in request.messages]
    pieces += [(source.url, FOUND_PAGE_TOKENS) for source in scene.sources]
    return pieces


def _price(model: Model, tier: tuple[str, ...], name: str, fallback: str) -> float:
    return model.price(*tier, name) or model.price(*tier, fallback)


def _tier(model: Model, prompt_tokens: int) -> tuple[str, ...]:
    extended = as_object(as_object(model.spec.get("pricing")).get("extended"))
    threshold = as_number(extended.get("context_token_threshold"))
    return ("extended",) if threshold and prompt_tokens > threshold else ()


def _fees(sources: tuple[Source, ...], scraped: bool) -> float:
    return FEE_USD * (len(sources) if scraped else min(1, len(sources)))


def bill_for(request: ChatRequest, scene: Scene, written: str, reasoning: str, call: Call) -> Bill:
    """The bill of a reply: `written` is all visible output of one choice, `reasoning` its thinking."""
    model = request.model
    pieces = _prompt(request, scene)
    prompt_tokens = sum(tokens for _, tokens in pieces)
    key = as_text(request.body.get("prompt_cache_key"), "the user of this key")
    cached = (
        call.state.prefixes.cached_tokens(f"{model.id}|{key}", pieces) if model.price("cache_input") else 0
    )
    thought = count_tokens(reasoning)
    output = (count_tokens(written) + thought) * request.choices
    tier = _tier(model, prompt_tokens)
    tokens_usd = (
        (prompt_tokens - cached) * model.price(*tier, "input")
        + cached * _price(model, tier, "cache_input", "input")
        + output * model.price(*tier, "output")
    ) / 1e6
    fees = _fees(scene.sources, as_flag(request.venice["enable_web_scraping"]))
    charged = round(tokens_usd + fees, 8)
    told = round(charged * _factor(call), 8)
    usage: dict[str, Json] = {
        "prompt_tokens": prompt_tokens,
        "completion_tokens": output,
        "total_tokens": prompt_tokens + output,
        "prompt_tokens_details": {"cached_tokens": cached},
        "completion_tokens_details": {"reasoning_tokens": thought * request.choices},
    }
    return Bill(usage, {"usd": told, "diem": 0}, charged)


def _factor(call: Call) -> float:
    return call.fault.factor if call.fault is not None and call.has(FaultKind.WRONG_BILL) else 1.0
