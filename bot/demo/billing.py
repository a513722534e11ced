"""Balance and ledger of the demo's account: /billing/balance, /usage-history, /usage-analytics, and the
retired /usage."""

from __future__ import annotations

import base64
import binascii
import csv
import io
import json
import re
from collections import defaultdict
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta

from starlette.responses import JSONResponse, Response

from bot.demo.checks import Check, one_of, shape, text
from bot.demo.headers import common_headers
from bot.demo.jsonvalue import Json, JsonObject, as_integer, as_object, as_text
from bot.demo.ledger import Line, stamp
from bot.demo.refusals import Refusal, invalid_field, plain, require
from bot.demo.state import Call

LEAST_USD = 0.1
FILTERS: dict[str, Check] = {
    "currency": one_of("USD", "DIEM", "BUNDLED_CREDITS"),
    "startTimestamp": text(1, 40),
    "endTimestamp": text(1, 40),
    "pageSize": text(),
}
USUAL_SIZE = 1000
COLUMNS = ("timestamp", "sku", "units", "pricePerUnitUsd", "amount", "currency", "notes", "requestId")
LOOKBACK = re.compile(r"([1-9]\d*)d")
MOST_DAYS = 90


async def balance(call: Call, slug: str) -> Response:
    left = call.state.balance_usd
    told: dict[str, Json] = {
        "canConsume": left >= LEAST_USD,
        "consumptionCurrency": "USD" if left > 0 else None,
        "balances": {"diem": None, "usd": round(left, 8)},
        "diemEpochAllocation": 0,
    }
    return JSONResponse(told, headers=common_headers(call))


async def retired_usage(call: Call, slug: str) -> Response:
    headers = {"Deprecation": "true", "Link": '</api/v1/billing/usage-history>; rel="successor-version"'}
    error = "This endpoint has been retired. Use /billing/usage-history."
    raise Refusal(410, {"error": error}, headers)


def _moment(query: JsonObject, name: str) -> datetime | None:
    given = as_text(query.get(name))
    if not given:
        return None
    try:
        if not given.endswith("Z"):
            raise ValueError
        return datetime.fromisoformat(given.replace("Z", "+00:00"))
    except ValueError as error:
        raise invalid_field(name, "Invalid datetime") from error


def _page_size(query: JsonObject) -> int:
    given = as_text(query.get("pageSize"), str(USUAL_SIZE))
    if not given.isdigit() or not 10 <= int(given) <= USUAL_SIZE:
        raise invalid_field("pageSize", "pageSize must be a whole number from 10 to 1000")
    return int(given)


def _cursor(filters: JsonObject, offset: int) -> str:
    plain_text = json.dumps({"filters": filters, "offset": offset}).encode()
    return base64.urlsafe_b64encode(plain_text).decode().rstrip("=")


def _opened(cursor: str) -> tuple[JsonObject, int]:
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        found = as_object(json.loads(base64.urlsafe_b64decode(padded)))
    except (binascii.Error, ValueError) as error:
        raise plain(400, "Invalid cursor") from error
    return as_object(found.get("filters")), as_integer(found.get("offset"))


def _start(call: Call) -> tuple[JsonObject, int]:
    """Filters and place of the page: from the query, or from a cursor, which has to come alone."""
    asked: JsonObject = dict(call.record.query)
    if "cursor" not in asked:
        return require(shape(FILTERS, closed=False), asked), 0
    if len(asked) > 1:
        raise plain(400, "A cursor must be sent without filters")
    return _opened(as_text(asked["cursor"]))


def _chosen(call: Call, filters: JsonObject) -> list[Line]:
    start, end = _moment(filters, "startTimestamp"), _moment(filters, "endTimestamp")
    if filters.get("currency", "USD") != "USD":
        return []
    return [
        line
        for line in call.state.ledger.lines
        if (start is None or line.at >= start) and (end is None or line.at < end)
    ]


async def usage_history(call: Call, slug: str) -> Response:
    filters, offset = _start(call)
    size = _page_size(filters)
    lines = _chosen(call, filters)
    rows = [line.row() for line in lines[offset : offset + size]]
    more = _cursor(filters, offset + size) if offset + size < len(lines) else None
    headers = common_headers(call)
    if "text/csv" in call.record.headers.get("accept", ""):
        return _csv(rows, headers | ({"x-next-cursor": more} if more else {}))
    return JSONResponse({"data": rows, "nextCursor": more}, headers=headers)


def _csv(rows: Iterable[dict[str, Json]], headers: dict[str, str]) -> Response:
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(COLUMNS)
    for row in rows:
        flat = {**row, **as_object(row["inferenceDetails"])}
        writer.writerow([flat[name] for name in COLUMNS])
    at = re.sub(r"[-:.]", "", stamp())
    headers["Content-Disposition"] = f"attachment; filename=billing-usage-history-{at}.csv"
    return Response(out.getvalue(), media_type="text/csv", headers=headers)


def _span(query: JsonObject) -> tuple[datetime, datetime, str]:
    now = datetime.now(UTC)
    if "startDate" in query and "endDate" in query:
        try:
            days = [datetime.fromisoformat(as_text(query[name])) for name in ("startDate", "endDate")]
        except ValueError as error:
            raise invalid_field("startDate", "Invalid date") from error
        start, end = (day.replace(tzinfo=UTC) for day in days)
        return start, end + timedelta(days=1), f"{(end - start).days + 1}d"
    lookback = as_text(query.get("lookback"), "7d")
    found = LOOKBACK.fullmatch(lookback)
    if found is None or int(found[1]) > MOST_DAYS:
        raise invalid_field("lookback", "lookback must be 1d to 90d")
    return now - timedelta(days=int(found[1])), now, lookback


def _sums(lines: Iterable[Line], by: Callable[[Line], str]) -> dict[str, float]:
    sums: defaultdict[str, float] = defaultdict(float)
    for line in lines:
        sums[by(line)] -= line.amount
    return {name: round(amount, 8) for name, amount in sums.items()}


async def usage_analytics(call: Call, slug: str) -> Response:
    start, end, lookback = _span(dict(call.record.query))
    lines = [line for line in call.state.ledger.lines if start <= line.at <= end]
    days = _sums(lines, lambda line: stamp(line.at)[:10])
    models, keys = _sums(lines, lambda line: line.model or line.sku), _sums(lines, lambda line: line.key_id)
    named = {key.id: key.description for key in call.state.keyring.all()}
    by_model: list[Json] = [
        {
            "modelName": name,
            "unitType": "requests",
            "modelType": None,
            "totalUsd": usd,
            "totalDiem": 0,
            "totalUnits": sum((line.model or line.sku) == name for line in lines),
        }
        for name, usd in models.items()
    ]
    by_key: list[Json] = [
        {
            "apiKeyId": name,
            "description": named.get(name, "demo"),
            "totalUsd": usd,
            "totalDiem": 0,
            "totalUnits": sum(line.key_id == name for line in lines),
        }
        for name, usd in keys.items()
    ]
    told: dict[str, Json] = {
        "lookback": lookback,
        "byDate": [{"date": day, "USD": usd, "DIEM": 0} for day, usd in days.items()],
        "byModel": by_model,
        "byModelDaily": [],
        "topModels": sorted(models, key=lambda name: -models[name])[:5],
        "byKey": by_key,
        "byKeyDaily": [],
        "topKeyNames": [named.get(name, "demo") for name in sorted(keys, key=lambda one: -keys[one])[:5]],
    }
    return JSONResponse(told, headers=common_headers(call))
