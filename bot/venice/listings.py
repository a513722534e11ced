"""What Venice lists beside models: public characters and the limits of this key."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from bot.venice.data import as_decimal, as_float, as_int, as_list, as_object, as_text, as_texts


@dataclass(frozen=True, slots=True)
class CharacterStats:
    """How others liked a character; `rating` is 0..5."""

    imports: int
    rating: float
    rating_count: int


@dataclass(frozen=True, slots=True)
class Character:
    """A public Venice character. Its prompt stays at Venice; `model_id` may no longer exist."""

    id: str
    slug: str
    name: str
    description: str
    author: str
    adult: bool
    featured: bool
    web_enabled: bool
    model_id: str
    tags: tuple[str, ...]
    photo_url: str | None
    share_url: str | None
    stats: CharacterStats


CharacterSort = Literal[
    "featured", "highestRating", "highlyRated", "highlyRatedAndRecent", "imports", "mostRecent", "ratingCount"
]


@dataclass(frozen=True, slots=True)
class CharacterQuery:
    """A search among public characters. `adult` True means only adult ones, None only the others. A page
    shorter than `limit` (1..100) is the last one."""

    search: str = ""
    categories: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    adult: bool | None = None
    web_enabled: bool | None = None
    sort: CharacterSort | None = None
    descending: bool = True
    limit: int = 50
    offset: int = 0


@dataclass(frozen=True, slots=True)
class ModelLimits:
    """Allowed requests and tokens for one model; None means not limited by Venice's list."""

    requests_per_minute: int | None = None
    requests_per_day: int | None = None
    tokens_per_minute: int | None = None


@dataclass(frozen=True, slots=True)
class RateLimits:
    """What this key may do. `access_permitted` False means that no paid call will work. Balances are
    decimal USD and DIEM as text, None when absent."""

    access_permitted: bool
    tier: str
    charged: bool
    balance_usd: str | None
    balance_diem: str | None
    key_expires: str | None
    next_epoch: str
    models: Mapping[str, ModelLimits]


def read_character(value: object) -> Character | None:
    """A character, or None when it has no slug."""
    fields = as_object(value)
    slug = as_text(fields.get("slug"))
    if not slug:
        return None
    return Character(
        id=as_text(fields.get("id")),
        slug=slug,
        name=as_text(fields.get("name")) or slug,
        description=as_text(fields.get("description")),
        author=as_text(fields.get("author")),
        adult=fields.get("adult") is True,
        featured=fields.get("featured") is True,
        web_enabled=fields.get("webEnabled") is True,
        model_id=as_text(fields.get("modelId")),
        tags=as_texts(fields.get("tags")),
        photo_url=as_text(fields.get("photoUrl")) or None,
        share_url=as_text(fields.get("shareUrl")) or None,
        stats=_stats(as_object(fields.get("stats"))),
    )


def _stats(fields: Mapping[str, object]) -> CharacterStats:
    return CharacterStats(
        imports=as_int(fields.get("imports")),
        rating=as_float(fields.get("averageRating")) or 0.0,
        rating_count=as_int(fields.get("ratingCount")),
    )


def read_characters(answer: object) -> tuple[Character, ...]:
    """The characters of one page."""
    found = map(read_character, as_list(as_object(answer).get("data")))
    return tuple(character for character in found if character is not None)


def character_params(query: CharacterQuery) -> list[tuple[str, str]]:
    """Query parameters; lists are repeated, truth values are the words true and false."""
    params = [("limit", str(max(1, min(query.limit, 100)))), ("offset", str(max(0, query.offset)))]
    params += [("search", query.search[:200])] if query.search else []
    params += [("categories", category) for category in query.categories[:20]]
    params += [("tags", tag) for tag in query.tags[:20]]
    for name, value in (("isAdult", query.adult), ("isWebEnabled", query.web_enabled)):
        params += [] if value is None else [(name, "true" if value else "false")]
    if query.sort is not None:
        params += [("sortBy", query.sort), ("sortOrder", "desc" if query.descending else "asc")]
    return params


def read_rate_limits(answer: object) -> RateLimits:
    """Limits of GET /api_keys/rate_limits."""
    data = as_object(as_object(answer).get("data"))
    tier = as_object(data.get("apiTier"))
    balances = as_object(data.get("balances"))
    entries = map(as_object, as_list(data.get("rateLimits")))
    return RateLimits(
        access_permitted=data.get("accessPermitted") is True,
        tier=as_text(tier.get("id")),
        charged=tier.get("isCharged") is True,
        balance_usd=_balance(balances.get("USD")),
        balance_diem=_balance(balances.get("DIEM")),
        key_expires=as_text(data.get("keyExpiration")) or None,
        next_epoch=as_text(data.get("nextEpochBegins")),
        models={
            model_id: _model_limits(entry.get("rateLimits"))
            for entry in entries
            if (model_id := as_text(entry.get("apiModelId")))
        },
    )


def _balance(value: object) -> str | None:
    amount = as_decimal(value)
    return None if amount is None else f"{amount:f}"


def _model_limits(value: object) -> ModelLimits:
    amounts = {
        as_text(limit.get("type")): as_int(limit.get("amount"))
        for limit in map(as_object, as_list(value))
        if as_int(limit.get("amount")) > 0
    }
    return ModelLimits(amounts.get("RPM"), amounts.get("RPD"), amounts.get("TPM"))


def read_traits(answer: object) -> dict[str, str]:
    """Trait name to model id; also foreign id to Venice id of the compatibility list."""
    data = as_object(as_object(answer).get("data"))
    return {name: model_id for name, model_id in data.items() if isinstance(model_id, str)}


def read_styles(answer: object) -> tuple[str, ...]:
    """Style names, from a bare array or a wrapped one."""
    return as_texts(answer) or as_texts(as_object(answer).get("data"))
