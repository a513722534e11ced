"""What the account knows, as frozen dataclasses. Amounts are whole micro-USD or micro-DIEM."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Literal

from pydantic import SecretStr

KeyKind = Literal["INFERENCE", "ADMIN"]
LimitPeriod = Literal["EPOCH", "MONTH", "LIFETIME"]
ModelPrivacy = Literal["ALL", "PRIVATE_TEXT", "PRIVATE_ONLY"]
Currency = Literal["USD", "DIEM", "BUNDLED_CREDITS"]


@dataclass(frozen=True, slots=True)
class Balance:
    """What is left, rounded down; None where the account has none. `currency` is the one the next call is
    paid in. `can_consume` means ten cents or more in all, whatever a key's own limit."""

    can_consume: bool
    currency: str | None
    usd: int | None
    diem: int | None
    diem_allocation: int
    bundled: int | None = None
    earned: int | None = None


@dataclass(frozen=True, slots=True)
class UsageQuery:
    """Which part of the ledger; `start` is included, `end` is not, both aware of their zone. Pages have
    10..1,000 rows."""

    currency: Currency | None = None
    start: datetime | None = None
    end: datetime | None = None
    page_size: int = 1000


@dataclass(frozen=True, slots=True)
class UsageRow:
    """One line of the ledger. `amount` is negative for what was spent, rounded so that a debit never counts
    for less nor a credit for more. One call has several lines (prompt, answer, cache): sum by `request_id`.
    `units` of text are millions of tokens; `unit_usd` is USD a unit."""

    timestamp: str
    sku: str
    units: Decimal
    unit_usd: Decimal
    amount: int
    currency: str
    notes: str
    request_id: str
    prompt_tokens: int | None
    completion_tokens: int | None
    execution_ms: int | None


@dataclass(frozen=True, slots=True)
class UsagePage:
    """Rows oldest first; no cursor means that this page is the last one."""

    rows: tuple[UsageRow, ...]
    next_cursor: str


@dataclass(frozen=True, slots=True)
class UsageCsv:
    """A page as a CSV file with a head line."""

    data: bytes
    next_cursor: str


@dataclass(frozen=True, slots=True)
class AnalyticsQuery:
    """The last `days` (1..90), or from `start` to `end` where both are given."""

    days: int = 7
    start: date | None = None
    end: date | None = None


@dataclass(frozen=True, slots=True)
class Spent:
    """Sums of one day, model or key, rounded up."""

    name: str
    usd: int
    diem: int


@dataclass(frozen=True, slots=True)
class Analytics:
    """Sums by day (ISO date), by model (its name) and by key (`key_names` maps key id to description)."""

    by_date: tuple[Spent, ...]
    by_model: tuple[Spent, ...]
    by_key: tuple[Spent, ...]
    key_names: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class ApiKey:
    """A key without its secret. Limits are None where there is none; `spent_usd` counts the running period,
    None when not told. Times are ISO texts, None for never."""

    id: str
    kind: str
    description: str
    last6: str
    created: str | None
    expires: str | None
    last_used: str | None
    limit_usd: int | None
    limit_diem: int | None
    period: str
    privacy: str
    spent_usd: int | None = None
    spent_diem: int | None = None


@dataclass(frozen=True, slots=True)
class NewApiKey:
    """A new key. `secret` is told only now and hides itself wherever it is printed."""

    id: str
    secret: SecretStr
    kind: str
    expires: str | None
    limit_usd: int | None
    limit_diem: int | None
    period: str
    privacy: str


@dataclass(frozen=True, slots=True)
class KeyOrder:
    """A key to make. No limit means the whole account; the period is the UTC day unless said otherwise."""

    description: str
    kind: KeyKind = "INFERENCE"
    limit_usd: int | None = None
    limit_diem: int | None = None
    period: LimitPeriod | None = None
    privacy: ModelPrivacy | None = None
    expires: date | datetime | None = None


@dataclass(frozen=True, slots=True)
class KeyChange:
    """What to change of a key; None leaves a thing as it is. `no_limit` takes both limits away, `one_limit`
    those that are None, and `no_expiry` the end."""

    id: str
    description: str | None = None
    limit_usd: int | None = None
    limit_diem: int | None = None
    no_limit: bool = False
    one_limit: bool = False
    period: LimitPeriod | None = None
    privacy: ModelPrivacy | None = None
    expires: date | datetime | None = None
    no_expiry: bool = False


@dataclass(frozen=True, slots=True)
class LimitBreach:
    """A call that ran into a limit; `kind` is RPM, RPD, TPM, FAILED_REQUESTS or
    UNSUPPORTED_FEATURE_REQUESTS."""

    key_id: str
    model_id: str
    kind: str
    tier: str
    timestamp: str
