"""Reading answer headers: limits, balances, deprecation, picture safety, ids for the log."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import unquote

from bot.venice.data import as_float
from bot.venice.types import Notices

EPOCH_MS = 1e12
EPOCH_S = 1e9


def reset_in(value: str | None, now: float) -> float | None:
    """Seconds until a window resets. `now` is Unix seconds.

    Venice documents seconds but sends epoch milliseconds, so the size of the figure tells the unit.
    """
    figure = as_float(value)
    if figure is None or figure < 0:
        return None
    if figure >= EPOCH_MS:
        return max(0.0, figure / 1000 - now)
    if figure >= EPOCH_S:
        return max(0.0, figure - now)
    return figure


def read_notices(headers: Mapping[str, str], now: float) -> Notices:
    """Notices of one answer. `headers` must look names up without regard to case."""

    def whole(name: str) -> int | None:
        figure = as_float(headers.get(name))
        return None if figure is None else int(figure)

    def flag(name: str) -> bool:
        return headers.get(name, "").strip().lower() == "true"

    enhanced = headers.get("x-venice-enhanced-prompt")
    return Notices(
        request_id=headers.get("cf-ray"),
        model_id=headers.get("x-venice-model-id"),
        limit_requests=whole("x-ratelimit-limit-requests"),
        remaining_requests=whole("x-ratelimit-remaining-requests"),
        reset_requests_in=reset_in(headers.get("x-ratelimit-reset-requests"), now),
        limit_tokens=whole("x-ratelimit-limit-tokens"),
        remaining_tokens=whole("x-ratelimit-remaining-tokens"),
        reset_tokens_in=reset_in(headers.get("x-ratelimit-reset-tokens"), now),
        error_budget_left=whole("x-ratelimit-remaining"),
        retry_after=reset_in(headers.get("retry-after"), now),
        balance_usd=headers.get("x-venice-balance-usd"),
        balance_diem=headers.get("x-venice-balance-diem"),
        deprecation=_deprecation(headers),
        deprecation_date=headers.get("x-venice-model-deprecation-date"),
        replacement=headers.get("x-venice-deprecated-replacement"),
        blurred=flag("x-venice-is-blurred"),
        content_violation=(
            flag("x-venice-is-content-violation")
            or flag("x-venice-is-adult-model-content-violation")
            or flag("x-venice-contains-minor")
        ),
        enhanced_prompt=None if enhanced is None else unquote(enhanced),
        next_cursor=headers.get("x-next-cursor"),
    )


def _deprecation(headers: Mapping[str, str]) -> str | None:
    warning = headers.get("x-venice-model-deprecation-warning")
    if warning is None and headers.get("x-venice-deprecated", "").lower() == "true":
        return "This model is deprecated."
    return warning
