"""The Venice account: what is left of it, what it may do, what Venice says was spent."""

from __future__ import annotations

import asyncio
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import structlog

from bot.engine.account.balance import BalanceWatch
from bot.engine.money.keybook import KeyBook
from bot.engine.oversight.chores import Ran
from bot.errors import GondolaError, UserError, VeniceError, VeniceFailure
from bot.ports import Clock
from bot.venice import (
    Analytics,
    AnalyticsQuery,
    Balance,
    LimitBreach,
    RateLimits,
    UsageQuery,
    VeniceClient,
    acting_with,
)
from bot.venice.account import Account

log: structlog.stdlib.BoundLogger = structlog.get_logger()

FRESH_SECONDS = 60.0
LOOK_SECONDS = 600.0
"""How often the account is looked at where no answer's headers tell."""


MOST_LINES = 20_000
"""Lines of Venice's ledger that are read for one history; a call has several."""


@dataclass(frozen=True, slots=True)
class History:
    """What Venice booked: micro-USD (DIEM and credits one to one) by day (ISO date), then by what was used,
    as Venice calls it. `whole` is False where there was more than is read at once."""

    days: Mapping[str, Mapping[str, int]]
    whole: bool


@dataclass(frozen=True, slots=True)
class Look:
    """The account at a moment. `balance`, `today` and `month` are Venice's own figures, None where the key
    may not read them or Venice did not answer; `missing` says which it is, "" for neither."""

    limits: RateLimits
    balance: Balance | None
    today: Analytics | None
    month: Analytics | None
    missing: str


class AccountBook:
    """Reads the account, at most once a minute. `admin` is a client with an admin key, where there is one;
    else it turns out by trying whether the house's key is one."""

    def __init__(self, client: VeniceClient, admin: VeniceClient | None, clock: Clock) -> None:
        self._client = client
        self._admin = admin
        self._clock = clock
        self._look: Look | None = None
        self._looked_at = 0.0
        self._lock = asyncio.Lock()
        self._no_rights = False

    @property
    def has_admin(self) -> bool:
        """Whether there is an admin key of its own."""
        return self._admin is not None

    @contextmanager
    def rights(self) -> Generator[Account]:
        """The account, for calls that want an admin key; whoever's place it is, they are made in the name of
        the house."""
        with acting_with(None):
            yield (self._admin or self._client).account

    async def limits(self) -> RateLimits:
        """What the house's key may do, and what is left to it; any key may ask."""
        with acting_with(None):
            return await self._client.rate_limits()

    async def look(self) -> Look:
        """Everything that the keys may read. Raises VeniceError when not even the limits can be read."""
        async with self._lock:
            if self._look is None or self._clock() - self._looked_at > FRESH_SECONDS:
                self._look = await self._fresh()
                self._looked_at = self._clock()
            return self._look

    async def history(self, days: int) -> History:
        """The ledger of today and the days before it, so many in all. Raises UserError without an admin key,
        VeniceError."""
        today = datetime.fromtimestamp(self._clock(), UTC).replace(hour=0, minute=0, second=0, microsecond=0)
        booked: dict[str, dict[str, int]] = {}
        with self._asking() as account:
            lines = 0
            async for row in account.usage_rows(UsageQuery(start=today - timedelta(days=days - 1))):
                if lines >= MOST_LINES:
                    return History(booked, whole=False)
                lines += 1
                if row.amount < 0:
                    day = booked.setdefault(row.timestamp[:10], {})
                    day[row.sku] = day.get(row.sku, 0) - row.amount
        return History(booked, whole=True)

    async def breaches(self) -> tuple[LimitBreach, ...]:
        """The last calls that ran into a limit of Venice. Raises UserError without an admin key,
        VeniceError."""
        with self._asking() as account:
            return await account.rate_limit_log()

    @contextmanager
    def _asking(self) -> Generator[Account]:
        """The account, for what only an admin key may read."""
        if self._no_rights:
            raise UserError(NO_RIGHTS)
        try:
            with self.rights() as account:
                yield account
        except VeniceError as error:
            if error.failure is VeniceFailure.FORBIDDEN:
                raise UserError(NO_RIGHTS) from error
            raise

    async def _fresh(self) -> Look:
        limits = await self.limits()
        if self._no_rights:
            return Look(limits, None, None, None, NO_RIGHTS)
        try:
            with self.rights() as account:
                balance = await account.balance()
                today, month = await asyncio.gather(
                    account.analytics(_since(self._clock(), whole_month=False)),
                    account.analytics(_since(self._clock(), whole_month=True)),
                )
        except VeniceError as error:
            # Asked once: refusals count against the key, and rights do not change while we run.
            self._no_rights = error.failure is VeniceFailure.FORBIDDEN
            return Look(limits, None, None, None, NO_RIGHTS if self._no_rights else error.reader_text)
        return Look(limits, balance, today, month, "")


NO_RIGHTS = (
    "Venice's own bill can be read with an admin key only. Put one into VENICE_ADMIN_KEY to see it here, and "
    "to make keys for servers."
)


class AccountWatch:
    """Looks at the account now and then, so that a low balance is noticed while nobody asks anything."""

    def __init__(self, account: AccountBook, balance: BalanceWatch, keys: KeyBook) -> None:
        self._account = account
        self._balance = balance
        self._keys = keys

    async def keep(self, ran: Ran) -> None:
        """Until cancelled; `ran` hears of every look."""
        while True:
            ran("account", await self.look())
            await asyncio.sleep(LOOK_SECONDS)

    async def look(self) -> str:
        """Once, now; returns why it failed, "" for well."""
        try:
            limits = await self._account.limits()
            self._balance.look(limits.balance_usd, limits.balance_diem)
            await self._balance.remind()
            await self._keys.measure()
        except GondolaError as error:
            log.warning("account.unseen", reason=error.detail)
            return error.detail
        return ""


def _since(now: float, *, whole_month: bool) -> AnalyticsQuery:
    today = datetime.fromtimestamp(now, UTC).date()
    return AnalyticsQuery(start=today.replace(day=1) if whole_month else today, end=today)
