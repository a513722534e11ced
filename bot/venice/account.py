"""`client.account`: balance, ledger, keys and refused calls of the Venice account.

All of it wants an ADMIN key, which can spend and lock out: keep it out of a running bot. With an inference
key every call is FORBIDDEN; the key itself is fine. Money is whole micro-USD (or micro-DIEM, one to one).
"""

from __future__ import annotations

from collections.abc import AsyncGenerator
from urllib.parse import quote

from bot.errors import VeniceFailure
from bot.venice.account_answers import (
    read_analytics,
    read_balance,
    read_breaches,
    read_key,
    read_keys,
    read_new_key,
    read_usage,
)
from bot.venice.account_bodies import analytics_params, key_body, key_change_body, usage_params
from bot.venice.account_types import (
    Analytics,
    AnalyticsQuery,
    ApiKey,
    Balance,
    KeyChange,
    KeyOrder,
    LimitBreach,
    NewApiKey,
    UsageCsv,
    UsagePage,
    UsageQuery,
    UsageRow,
)
from bot.venice.calls import Calls
from bot.venice.data import as_object
from bot.venice.errors import failure

USAGE = "billing/usage-history"
KEYS = "api_keys"


class Account:
    """Every method raises VeniceError only."""

    def __init__(self, calls: Calls) -> None:
        self._calls = calls

    async def balance(self) -> Balance:
        """What is left, of every currency."""
        return read_balance(await self._calls.get("billing/balance"))

    async def usage(self, query: UsageQuery | str) -> UsagePage:
        """One page of the ledger, oldest first: the first one of a query, or the one behind a cursor."""
        return read_usage(await self._calls.get(USAGE, usage_params(query)))

    async def usage_rows(self, query: UsageQuery) -> AsyncGenerator[UsageRow]:
        """Every row of the ledger, page by page. Raises BAD_ANSWER where pages go round in circles."""
        page = await self.usage(query)
        seen: set[str] = set()
        while True:
            for row in page.rows:
                yield row
            if not page.next_cursor:
                return
            if page.next_cursor in seen:
                raise failure(VeniceFailure.BAD_ANSWER, detail="usage pages repeat")
            seen.add(page.next_cursor)
            page = await self.usage(page.next_cursor)

    async def usage_csv(self, query: UsageQuery | str) -> UsageCsv:
        """The same page as CSV, as Venice writes it."""
        params = usage_params(query)
        answer = await self._calls.read(lambda: self._calls.wire.get(USAGE, params, "text/csv"))
        if answer.mime != "text/csv":
            raise failure(VeniceFailure.BAD_ANSWER, detail=f"no CSV but {answer.mime}")
        return UsageCsv(answer.body, answer.notices.next_cursor or "")

    async def analytics(self, query: AnalyticsQuery | None = None) -> Analytics:
        """Sums by day, model and key. Up to ten minutes old; TIMEOUT for too long a span."""
        params = analytics_params(query or AnalyticsQuery())
        return read_analytics(await self._calls.get("billing/usage-analytics", params))

    async def keys(self) -> tuple[ApiKey, ...]:
        """All keys of the account, without their secrets."""
        return read_keys(await self._calls.get(KEYS))

    async def key(self, key_id: str) -> ApiKey:
        """One key. Raises NOT_FOUND."""
        return read_key(await self._calls.get(f"{KEYS}/{_step(key_id)}"))

    async def create_key(self, order: KeyOrder) -> NewApiKey:
        """A new key, whose secret is shown this once. Sent once: a lost answer may have made a key, which
        `keys` then shows."""
        body = key_body(order)
        send = self._calls.wire.post
        return read_new_key(await self._calls.order("", "", lambda: send(KEYS, body)))

    async def update_key(self, change: KeyChange) -> ApiKey:
        """Change a key; repeated after passing trouble, since it says how the key should be."""
        body = key_change_body(change)
        return read_key(await self._calls.read(lambda: self._calls.wire.change("PATCH", KEYS, body=body)))

    async def delete_key(self, key_id: str) -> bool:
        """Delete a key for good; True when Venice says so. NOT_FOUND for an unknown id, and also when the
        connection broke after the key was deleted: the transport itself sends a DELETE once more then."""
        _step(key_id)
        send = self._calls.wire.change
        answer = await self._calls.order("", "", lambda: send("DELETE", KEYS, params=[("id", key_id)]))
        return as_object(answer.json()).get("success") is True

    async def rate_limit_log(self) -> tuple[LimitBreach, ...]:
        """The last calls that ran into a limit, fifty at most."""
        return read_breaches(await self._calls.get(f"{KEYS}/rate_limits/log"))


def _step(key_id: str) -> str:
    if not key_id.strip("./ ") or key_id == "rate_limits":
        raise failure(VeniceFailure.NOT_FOUND, detail="no key id")
    return quote(key_id, safe="")
