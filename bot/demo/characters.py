"""GET /characters and /characters/{slug}."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from starlette.responses import JSONResponse, Response

from bot.demo.cast import CAST, Character, find_character
from bot.demo.checks import Check, anything, one_of, shape, text
from bot.demo.headers import common_headers
from bot.demo.jsonvalue import Json
from bot.demo.refusals import invalid_field, plain, require
from bot.demo.state import Call

ORDERS: dict[str, Callable[[Character], float | str]] = {
    "featured": lambda one: one.featured,
    "highestRating": lambda one: one.rating_sum / one.ratings,
    "highlyRated": lambda one: one.rating_sum,
    "highlyRatedAndRecent": lambda one: one.created,
    "imports": lambda one: one.imports,
    "mostRecent": lambda one: one.created,
    "ratingCount": lambda one: one.ratings,
}
BOOLEAN = one_of("true", "false")
FILTERS: dict[str, Check] = {
    "search": text(0, 200),
    "categories": anything,
    "tags": anything,
    "modelId": anything,
    "isAdult": BOOLEAN,
    "isPro": BOOLEAN,
    "isWebEnabled": BOOLEAN,
    "sortBy": one_of(*ORDERS),
    "sortOrder": one_of("asc", "desc"),
    "limit": text(),
    "offset": text(),
}


def _whole(query: Mapping[str, str], name: str, default: int, low: int, high: int) -> int:
    try:
        value = int(query.get(name, str(default)))
    except ValueError:
        value = low - 1
    if not low <= value <= high:
        raise invalid_field(name, f"{name} must be a whole number from {low} to {high}")
    return value


def _listed(query: Mapping[str, str], name: str) -> set[str]:
    return {item.strip().lower() for item in query.get(name, "").split(",") if item.strip()}


def _matches(one: Character, query: Mapping[str, str]) -> bool:
    words = query.get("search", "").lower()
    tags, categories, wanted = (_listed(query, name) for name in ("tags", "categories", "modelId"))
    checks = (
        words in " ".join((one.name, one.slug, one.description, *one.tags)).lower(),
        not tags or tags & {tag.lower() for tag in one.tags},
        not categories or categories & set(one.categories),
        not wanted or one.model in wanted,
        # Exclusive: true shows adult characters only, anything else none of them.
        one.adult == (query.get("isAdult") == "true"),
        "isWebEnabled" not in query or one.web == (query["isWebEnabled"] == "true"),
    )
    return all(checks)


async def list_characters(call: Call, slug: str) -> Response:
    query = call.record.query
    asked: Json = dict(query)
    require(shape(FILTERS, closed=False), asked)
    limit = _whole(query, "limit", 50, 1, 100)
    offset = _whole(query, "offset", 0, 0, 1_000_000)
    found = [one for one in CAST if _matches(one, query)]
    if "sortBy" in query:
        found.sort(key=ORDERS[query["sortBy"]], reverse=query.get("sortOrder", "desc") == "desc")
    rows = [one.row() for one in found[offset : offset + limit]]
    return JSONResponse({"object": "list", "data": rows}, headers=common_headers(call))


async def one_character(call: Call, slug: str) -> Response:
    found = find_character(slug)
    if found is None:
        raise plain(404, "Character not found")
    return JSONResponse({"object": "character", "data": found.row()}, headers=common_headers(call))
