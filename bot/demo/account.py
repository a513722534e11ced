"""GET /api_keys/rate_limits: the demo's account is open and has money."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from starlette.responses import JSONResponse, Response

from bot.demo.catalogue import Model, models
from bot.demo.headers import common_headers, limits_of
from bot.demo.jsonvalue import Json
from bot.demo.state import Call


def _limits(model: Model) -> dict[str, Json]:
    requests, tokens = limits_of(model)
    limits: list[Json] = [{"type": "RPM", "amount": requests}]
    if tokens:
        limits.append({"type": "TPM", "amount": tokens})
    return {"apiModelId": model.id, "rateLimits": limits}


async def rate_limits(call: Call, slug: str) -> Response:
    tomorrow = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
    data: dict[str, Json] = {
        "accessPermitted": True,
        "apiTier": {"id": "demo", "isCharged": True},
        "balances": {"USD": round(call.state.balance_usd, 6), "DIEM": 0},
        "keyExpiration": None,
        "nextEpochBegins": tomorrow.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "rateLimits": [_limits(model) for model in models().values()],
    }
    return JSONResponse({"data": data}, headers=common_headers(call))
