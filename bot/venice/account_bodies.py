"""Query parameters and bodies of the account's endpoints."""

from __future__ import annotations

from datetime import UTC, date, datetime

from bot.venice.account_types import AnalyticsQuery, KeyChange, KeyOrder, UsageQuery
from bot.venice.bodies import Body, refused, without_empty

DESCRIPTION_LIMIT = 64
PAGE_MIN, PAGE_MAX = 10, 1_000
DAYS_MAX = 90
MICRO = 1_000_000
LIMIT_MAX = 9_999_999_999 * MICRO


def usage_params(query: UsageQuery | str) -> list[tuple[str, str]]:
    """A cursor travels alone: Venice refuses filters beside it."""
    if isinstance(query, str):
        return [("cursor", query)]
    params = [("pageSize", str(max(PAGE_MIN, min(query.page_size, PAGE_MAX))))]
    params += [("currency", query.currency)] if query.currency else []
    for name, moment in (("startTimestamp", query.start), ("endTimestamp", query.end)):
        params += [(name, moment_text(moment))] if moment is not None else []
    return params


def analytics_params(query: AnalyticsQuery) -> list[tuple[str, str]]:
    """Two dates, or days back."""
    if query.start is not None and query.end is not None:
        return [("startDate", query.start.isoformat()[:10]), ("endDate", query.end.isoformat()[:10])]
    return [("lookback", f"{max(1, min(query.days, DAYS_MAX))}d")]


def moment_text(moment: datetime) -> str:
    """UTC with milliseconds and Z, the only form Venice reads everywhere. Raises ValueError without zone."""
    if moment.tzinfo is None:
        raise ValueError("a moment needs its time zone")
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _expiry(expires: date | datetime | None) -> str:
    if expires is None:
        return ""
    return moment_text(expires) if isinstance(expires, datetime) else expires.isoformat()


def _description(text: str) -> str:
    described = text.strip()
    if not described or len(described) > DESCRIPTION_LIMIT:
        raise refused(f"A key needs a description of up to {DESCRIPTION_LIMIT} characters.")
    return described


def _limits(usd: int | None, diem: int | None) -> dict[str, float]:
    given = {"usd": usd, "diem": diem}
    for amount in given.values():
        if amount is not None and not 0 <= amount <= LIMIT_MAX:
            raise refused("That limit is out of range.")
    return {name: amount / MICRO for name, amount in given.items() if amount is not None}


def key_body(order: KeyOrder) -> Body:
    """The body of POST /api_keys."""
    return {
        "apiKeyType": order.kind,
        "description": _description(order.description),
        **without_empty(
            {
                "consumptionLimit": _limits(order.limit_usd, order.limit_diem) or None,
                "limitPeriod": order.period,
                "modelPrivacy": order.privacy,
                "expiresAt": _expiry(order.expires),
            }
        ),
    }


def key_change_body(change: KeyChange) -> Body:
    """The body of PATCH /api_keys: the one place where null says something, namely no limit."""
    if not change.id:
        raise refused("Which key?")
    limits: dict[str, float | None] = {**_limits(change.limit_usd, change.limit_diem)}
    if change.one_limit:
        limits = {"usd": None, "diem": None, **limits}
    if change.no_limit:
        limits = {"usd": None, "diem": None}
    body: Body = {
        "id": change.id,
        **without_empty(
            {
                "description": None if change.description is None else _description(change.description),
                "consumptionLimit": limits or None,
                "limitPeriod": change.period,
                "modelPrivacy": change.privacy,
                "expiresAt": _expiry(change.expires),
            }
        ),
    }
    return {**body, "expiresAt": ""} if change.no_expiry else body
