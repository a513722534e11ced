"""GET /models, /models/traits and /models/compatibility_mapping."""

from __future__ import annotations

from starlette.responses import JSONResponse, Response

from bot.demo.catalogue import TYPES
from bot.demo.checks import one_of
from bot.demo.headers import common_headers
from bot.demo.refusals import invalid
from bot.demo.state import Call

KNOWN_TYPES = (*TYPES, "all", "code")


def _type(call: Call) -> str:
    kind = call.record.query.get("type", "text")
    issues = list(one_of(*KNOWN_TYPES)(kind, ("type",)))
    if issues:
        raise invalid(issues)
    return kind


def _answer(call: Call, kind: str, data: object) -> Response:
    return JSONResponse({"object": "list", "type": kind, "data": data}, headers=common_headers(call))


async def list_models(call: Call, slug: str) -> Response:
    kind = _type(call)
    return _answer(call, kind, call.state.churn.rows(kind))


async def list_traits(call: Call, slug: str) -> Response:
    kind = _type(call)
    return _answer(call, kind, dict(call.state.churn.traits(kind)))


async def list_aliases(call: Call, slug: str) -> Response:
    kind = _type(call)
    return _answer(call, kind, dict(call.state.churn.mapping(kind)))
