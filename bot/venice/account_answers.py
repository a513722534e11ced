"""Reading the account's answers. Nothing here quotes an answer: it may hold a secret."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal

from pydantic import SecretStr

from bot.errors import VeniceError, VeniceFailure
from bot.venice.account_types import (
    Analytics,
    ApiKey,
    Balance,
    LimitBreach,
    NewApiKey,
    Spent,
    UsagePage,
    UsageRow,
)
from bot.venice.data import as_decimal, as_int, as_list, as_object, as_text
from bot.venice.errors import failure
from bot.venice.http import Answer

MICRO = Decimal(1_000_000)


def _bad_answer(answer: Answer, detail: str) -> VeniceError:
    return failure(VeniceFailure.BAD_ANSWER, detail=detail, request_id=answer.notices.request_id)


def _micro(value: object, rounding: str = ROUND_FLOOR) -> int | None:
    amount = as_decimal(value)
    return None if amount is None else int((amount * MICRO).to_integral_value(rounding))


def _ceiling(value: object) -> int:
    return _micro(value, ROUND_CEILING) or 0


def read_balance(answer: Answer) -> Balance:
    """GET /billing/balance."""
    fields = as_object(answer.json())
    balances = as_object(fields.get("balances"))
    if not isinstance(fields.get("canConsume"), bool):
        raise _bad_answer(answer, "no balance")
    return Balance(
        can_consume=fields.get("canConsume") is True,
        currency=as_text(fields.get("consumptionCurrency")) or None,
        usd=_micro(balances.get("usd")),
        diem=_micro(balances.get("diem")),
        diem_allocation=_micro(fields.get("diemEpochAllocation")) or 0,
        bundled=_micro(balances.get("bundledCredits")),
        earned=_micro(balances.get("earnedCredits")),
    )


def read_usage(answer: Answer) -> UsagePage:
    """GET /billing/usage-history."""
    fields = as_object(answer.json())
    if not isinstance(fields.get("data"), list):
        raise _bad_answer(answer, "no usage")
    rows = (_usage_row(as_object(row)) for row in as_list(fields.get("data")))
    return UsagePage(tuple(rows), as_text(fields.get("nextCursor")))


def _usage_row(fields: Mapping[str, object]) -> UsageRow:
    details = as_object(fields.get("inferenceDetails"))

    def count(name: str) -> int | None:
        return None if details.get(name) is None else as_int(details.get(name))

    return UsageRow(
        timestamp=as_text(fields.get("timestamp")),
        sku=as_text(fields.get("sku")),
        units=as_decimal(fields.get("units")) or Decimal(0),
        unit_usd=as_decimal(fields.get("pricePerUnitUsd")) or Decimal(0),
        amount=_micro(fields.get("amount")) or 0,
        currency=as_text(fields.get("currency")),
        notes=as_text(fields.get("notes")),
        request_id=as_text(details.get("requestId")),
        prompt_tokens=count("promptTokens"),
        completion_tokens=count("completionTokens"),
        execution_ms=count("inferenceExecutionTime"),
    )


def read_analytics(answer: Answer) -> Analytics:
    """GET /billing/usage-analytics."""
    fields = as_object(answer.json())
    days = [as_object(row) for row in as_list(fields.get("byDate"))]
    models = [as_object(row) for row in as_list(fields.get("byModel"))]
    keys = [as_object(row) for row in as_list(fields.get("byKey"))]
    return Analytics(
        by_date=tuple(_spent(row, "date", "USD", "DIEM") for row in days),
        by_model=tuple(_spent(row, "modelName", "totalUsd", "totalDiem") for row in models),
        by_key=tuple(_spent(row, "apiKeyId", "totalUsd", "totalDiem") for row in keys),
        key_names={as_text(row.get("apiKeyId")): as_text(row.get("description")) for row in keys},
    )


def _spent(row: Mapping[str, object], name: str, usd: str, diem: str) -> Spent:
    return Spent(as_text(row.get(name)), _ceiling(row.get(usd)), _ceiling(row.get(diem)))


def read_keys(answer: Answer) -> tuple[ApiKey, ...]:
    """GET /api_keys."""
    fields = as_object(answer.json())
    if not isinstance(fields.get("data"), list):
        raise _bad_answer(answer, "no keys")
    found = (_key(as_object(row)) for row in as_list(fields.get("data")))
    return tuple(key for key in found if key.id)


def read_key(answer: Answer) -> ApiKey:
    """GET /api_keys/{id} and PATCH /api_keys."""
    key = _key(as_object(as_object(answer.json()).get("data")))
    if not key.id:
        raise _bad_answer(answer, "no key")
    return key


def _key(fields: Mapping[str, object]) -> ApiKey:
    limits = as_object(fields.get("consumptionLimits"))
    spent = as_object(fields.get("currentPeriodUsage"))
    return ApiKey(
        id=as_text(fields.get("id")),
        kind=as_text(fields.get("apiKeyType")),
        description=as_text(fields.get("description")),
        last6=as_text(fields.get("last6Chars")),
        created=as_text(fields.get("createdAt")) or None,
        expires=as_text(fields.get("expiresAt")) or None,
        last_used=as_text(fields.get("lastUsedAt")) or None,
        limit_usd=_micro(limits.get("usd")),
        limit_diem=_micro(limits.get("diem")),
        period=as_text(fields.get("limitPeriod")),
        privacy=as_text(fields.get("modelPrivacy")),
        spent_usd=_micro(spent.get("usd"), ROUND_CEILING),
        spent_diem=_micro(spent.get("diem"), ROUND_CEILING),
    )


def read_new_key(answer: Answer) -> NewApiKey:
    """POST /api_keys. On writing, limits are called consumptionLimit, without an s."""
    fields = as_object(as_object(answer.json()).get("data"))
    limits = as_object(fields.get("consumptionLimit"))
    secret, key_id = as_text(fields.get("apiKey")), as_text(fields.get("id"))
    if not secret or not key_id:
        raise _bad_answer(answer, "no new key")
    return NewApiKey(
        id=key_id,
        secret=SecretStr(secret),
        kind=as_text(fields.get("apiKeyType")),
        expires=as_text(fields.get("expiresAt")) or None,
        limit_usd=_micro(limits.get("usd")),
        limit_diem=_micro(limits.get("diem")),
        period=as_text(fields.get("limitPeriod")),
        privacy=as_text(fields.get("modelPrivacy")),
    )


def read_breaches(answer: Answer) -> tuple[LimitBreach, ...]:
    """GET /api_keys/rate_limits/log."""
    rows = (as_object(row) for row in as_list(as_object(answer.json()).get("data")))
    return tuple(
        LimitBreach(
            as_text(row.get("apiKeyId")),
            as_text(row.get("modelId")),
            as_text(row.get("rateLimitType")),
            as_text(row.get("rateLimitTier")),
            as_text(row.get("timestamp")),
        )
        for row in rows
    )
