"""GET /characters, /characters/{slug} and the reviews of one."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping

from starlette.responses import JSONResponse, Response

from bot.demo.cast import ADDRESS, CAST, Character, find_character
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


OPINIONS = {5: "I could talk for hours.", 4: "Very good company.", 3: "Nice, now and then."}
REVIEWERS = ("ada", "bruno", "chiara", "dario", "elena", "fosco")


def _ratings(one: Character) -> tuple[int, int]:
    """The lower of the two ratings everybody gave, and how many gave one point more."""
    base = one.rating_sum // one.ratings
    return base, one.rating_sum - base * one.ratings


def _review(one: Character, index: int) -> dict[str, Json]:
    base, better = _ratings(one)
    rating = base + (index < better)
    return {
        "id": str(uuid.uuid5(ADDRESS, f"{one.slug}/{index}")),
        "characterId": str(uuid.uuid5(ADDRESS, one.slug)),
        "rating": rating,
        "message": OPINIONS.get(rating) if index % 3 else None,
        "locale": "en" if index % 2 else None,
        "username": f"demo_{REVIEWERS[index % len(REVIEWERS)]}",
        "userAvatarUrl": None,
        "isOwner": False,
        "createdAt": one.created,
    }


async def list_reviews(call: Call, slug: str) -> Response:
    found = find_character(slug)
    if found is None:
        raise plain(404, "Character not found")
    page = _whole(call.record.query, "page", 1, 1, 1_000_000)
    size = _whole(call.record.query, "pageSize", 20, 1, 100)
    pages = -(-found.ratings // size)
    begin = (page - 1) * size
    rows = [_review(found, index) for index in range(begin, min(begin + size, found.ratings))]
    headers = common_headers(call) | {
        "x-pagination-limit": str(size),
        "x-pagination-page": str(page),
        "x-pagination-total": str(found.ratings),
        "x-pagination-total-pages": str(pages),
    }
    told: dict[str, Json] = {
        "object": "list",
        "data": rows,
        "pagination": {"page": page, "pageSize": size, "total": found.ratings, "totalPages": pages},
        "summary": {
            "averageRating": round(found.rating_sum / found.ratings, 2),
            "totalReviews": found.ratings,
        },
    }
    return JSONResponse(told, headers=headers)
