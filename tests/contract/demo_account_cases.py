"""Exchanges about money and keys. All but the retired one want an admin key."""

from __future__ import annotations

from typing import Any

from bot.demo.faults import Fault
from tests.contract.demo_cases import Case

ADMIN = {"Authorization": "Bearer VENICE_ADMIN_KEY_demo"}
KEYS, ONE_KEY, LOG = "/api_keys", "/api_keys/{id}", "/api_keys/rate_limits/log"
BALANCE, HISTORY, ANALYTICS = "/billing/balance", "/billing/usage-history", "/billing/usage-analytics"
ORDER: dict[str, Any] = {
    "apiKeyType": "INFERENCE",
    "description": "a bot",
    "consumptionLimit": {"usd": 5, "diem": None},
    "limitPeriod": "MONTH",
    "modelPrivacy": "PRIVATE_ONLY",
    "expiresAt": "2099-01-01",
}


def _admin(name: str, method: str, path: str, status: int = 200, body: Any = None, **more: Any) -> Case:
    sent = {} if body is None else {"json": body}
    return Case(name, method, path, status, sent, headers=more.pop("headers", ADMIN), **more)


def _about(name: str, method: str, body: dict[str, Any], status: int = 200) -> Case:
    """About the key an earlier exchange made."""
    return _admin(name, method, KEYS, status, body, key="key made")


ACCOUNT_CASES = (
    _admin("balance", "GET", BALANCE),
    _admin("ledger", "GET", HISTORY),
    _admin("ledger page", "GET", f"{HISTORY}?pageSize=10&currency=USD&startTimestamp=2026-01-01T00:00:00Z"),
    _admin("ledger of the past", "GET", f"{HISTORY}?endTimestamp=2020-01-01T00:00:00.000Z"),
    _admin("ledger as CSV", "GET", HISTORY, headers={**ADMIN, "Accept": "text/csv"}),
    _admin("ledger without zone", "GET", f"{HISTORY}?startTimestamp=2026-01-01", 400),
    _admin("ledger by a wrong cursor", "GET", f"{HISTORY}?cursor=nonsense", 400),
    _admin("ledger by cursor and more", "GET", f"{HISTORY}?cursor=e30&pageSize=10", 400),
    _admin("analytics", "GET", ANALYTICS),
    _admin("analytics of a day", "GET", f"{ANALYTICS}?startDate=2026-01-01&endDate=2026-01-01"),
    _admin("analytics of years", "GET", f"{ANALYTICS}?lookback=900d", 400),
    Case("retired ledger", "GET", "/billing/usage", 410, keyed=False),
    _admin("key made", "POST", KEYS, 200, ORDER),
    _admin("admin key made", "POST", KEYS, 200, {"apiKeyType": "ADMIN", "description": "b"}),
    _admin("key misspelt", "POST", KEYS, 400, {**ORDER, "name": "a"}),
    _admin("key with a strange end", "POST", KEYS, 400, {**ORDER, "expiresAt": "soon"}),
    _admin("keys", "GET", KEYS),
    _about("key changed", "PATCH", {"consumptionLimit": {"usd": None}, "expiresAt": "", "description": "c"}),
    _about("key changed strangely", "PATCH", {"limitPeriod": "DECADE"}, 400),
    _admin("one key", "GET", ONE_KEY, template=ONE_KEY, key="key made"),
    _admin("no such key", "GET", "/api_keys/nobody", 404, template=ONE_KEY),
    _admin("no such key changed", "PATCH", KEYS, 404, {"id": "nobody"}),
    _admin("key deleted", "DELETE", f"{KEYS}?id={{id}}", template=KEYS, key="key made"),
    _admin("no such key deleted", "DELETE", f"{KEYS}?id=nobody", 404),
    _admin("nothing deleted", "DELETE", KEYS, 400),
    _admin("refused calls", "GET", LOG),
    _admin("too many keys", "POST", KEYS, 429, ORDER, fault=Fault.status(429)),
    _admin("ledger down", "GET", HISTORY, 500, fault=Fault.status(500)),
    *(Case(f"{path} by a bot", "GET", path, 401) for path in (BALANCE, HISTORY, ANALYTICS, KEYS, LOG)),
    Case("balance without key", "GET", BALANCE, 402, keyed=False),
)
