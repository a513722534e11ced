"""The keys of the account: list, one, create, change, delete, and the log of refused calls."""

from __future__ import annotations

import re
from collections.abc import Iterator

from starlette.responses import JSONResponse, Response

from bot.demo.checks import Check, Issue, Path, nullable, number, one_of, shape, text
from bot.demo.headers import common_headers
from bot.demo.jsonvalue import Json, JsonObject, as_object, as_text
from bot.demo.keyring import Key
from bot.demo.refusals import plain, require
from bot.demo.state import Call

EXPIRY = re.compile(r"|\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}:\d{2}(\.\d{3})?Z)?")
AMOUNT = nullable(number(0, 9_999_999_999))
LIMIT_FIELDS: dict[str, Check] = {"usd": AMOUNT, "diem": AMOUNT, "vcu": AMOUNT}


def _expiry(value: Json, path: Path) -> Iterator[Issue]:
    if not EXPIRY.fullmatch(as_text(value, "no text")):
        yield Issue("invalid_string", "Invalid date", path)


CHANGED: dict[str, Check] = {
    "consumptionLimit": shape(LIMIT_FIELDS),
    "limitPeriod": one_of("EPOCH", "MONTH", "LIFETIME"),
    "modelPrivacy": one_of("ALL", "PRIVATE_TEXT", "PRIVATE_ONLY"),
    "description": text(0, 64),
    "expiresAt": nullable(_expiry),
}
CREATE_FIELDS: dict[str, Check] = {
    **CHANGED,
    "apiKeyType": one_of("INFERENCE", "ADMIN"),
    "expiresAt": _expiry,
}
UPDATE_FIELDS: dict[str, Check] = {**CHANGED, "id": text(1)}
CREATE = shape(CREATE_FIELDS, required=("apiKeyType", "description"))
UPDATE = shape(UPDATE_FIELDS, required=("id",))
UNKNOWN = "API key not found"


def _apply(key: Key, body: JsonObject) -> None:
    key.description = as_text(body.get("description"), key.description)
    key.period = as_text(body.get("limitPeriod"), key.period)
    key.privacy = as_text(body.get("modelPrivacy"), key.privacy)
    key.limit |= as_object(body.get("consumptionLimit"))
    if "expiresAt" in body:
        key.expires = as_text(body["expiresAt"])


def _row(call: Call, key: Key) -> dict[str, Json]:
    spent = f"{call.state.ledger.spent(key.id):.6f}"
    usage: dict[str, Json] = {"trailingSevenDays": {"usd": spent, "vcu": "0", "diem": "0"}}
    return {**key.row(), "usage": usage, "currentPeriodUsage": {"usd": spent, "diem": "0"}}


async def list_keys(call: Call, slug: str) -> Response:
    rows = [_row(call, key) for key in call.state.keyring.all()]
    return JSONResponse({"object": "list", "data": rows}, headers=common_headers(call))


async def one_key(call: Call, slug: str) -> Response:
    key = call.state.keyring.get(slug)
    if key is None:
        raise plain(404, UNKNOWN)
    return JSONResponse({"data": _row(call, key)}, headers=common_headers(call))


async def create(call: Call, slug: str) -> Response:
    """The one answer that shows a secret."""
    body = require(CREATE, call.record.json)
    key = call.state.keyring.make(as_text(body["apiKeyType"]), as_text(body["description"]))
    _apply(key, body)
    told: dict[str, Json] = {
        "id": key.id,
        "apiKey": key.secret,
        "apiKeyType": key.kind,
        "description": key.description,
        "consumptionLimit": key.limits(),
        "limitPeriod": key.period,
        "modelPrivacy": key.privacy,
        "expiresAt": key.expires or None,
    }
    return JSONResponse({"success": True, "data": told}, headers=common_headers(call))


async def update(call: Call, slug: str) -> Response:
    body = require(UPDATE, call.record.json)
    key = call.state.keyring.get(as_text(body["id"]))
    if key is None:
        raise plain(404, UNKNOWN)
    _apply(key, body)
    return JSONResponse({"success": True, "data": key.row()}, headers=common_headers(call))


async def delete(call: Call, slug: str) -> Response:
    key_id = call.record.query.get("id", "")
    if not key_id:
        raise plain(400, "id is required")
    if not call.state.keyring.delete(key_id):
        raise plain(404, UNKNOWN)
    return JSONResponse({"success": True}, headers=common_headers(call))


async def breaches(call: Call, slug: str) -> Response:
    rows = [breach.row() for breach in call.state.ledger.breaches]
    return JSONResponse({"object": "list", "data": rows}, headers=common_headers(call))
