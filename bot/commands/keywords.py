"""Limits of Venice keys as people write and read them."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal, InvalidOperation

from bot.engine.account.minting import Terms
from bot.engine.money.caps import dollars
from bot.errors import UserError
from bot.keys import KeyOrigin, ServerKey
from bot.venice import ApiKey
from bot.venice.account_types import LimitPeriod, ModelPrivacy

_PERIODS: dict[str, LimitPeriod] = {"day": "EPOCH", "month": "MONTH", "ever": "LIFETIME"}
_PRIVACY: dict[str, ModelPrivacy] = {"all": "ALL", "private-text": "PRIVATE_TEXT", "private": "PRIVATE_ONLY"}
_PER = {"EPOCH": "a day (UTC)", "MONTH": "a month", "LIFETIME": "in all"}
_MODELS = {
    "ALL": "all models",
    "PRIVATE_TEXT": "text models only if they are private",
    "PRIVATE_ONLY": "private models only",
}
_MOST = 1_000_000
_MICRO = 1_000_000
HOW = "Say what the key may spend: `$5`, or `5 DIEM`; for example `/key mint $5 day`."


def read_terms(limit: str, per: str, privacy: str, before: ServerKey | None = None) -> Terms:
    """The terms of a key to make; what is not said stays as it was `before`. A key without a limit could
    spend the whole account, so none is made. Raises UserError."""
    terms = terms_of(before) if before is not None else Terms(None, None, "EPOCH", "ALL")
    if limit:
        usd, diem = _amounts(limit)
        terms = replace(terms, limit_usd=usd, limit_diem=diem)
    if terms.limit_usd is None and terms.limit_diem is None:
        raise UserError(HOW)
    period, models = _PERIODS.get(per, terms.period), _PRIVACY.get(privacy, terms.privacy)
    return replace(terms, period=period, privacy=models)


def terms_of(key: ServerKey) -> Terms:
    """The terms a key was made on."""
    periods: dict[str, LimitPeriod] = {one: one for one in _PERIODS.values()}
    models: dict[str, ModelPrivacy] = {one: one for one in _PRIVACY.values()}
    return Terms(
        key.limit_usd, key.limit_diem, periods.get(key.period, "EPOCH"), models.get(key.privacy, "ALL")
    )


def describe_terms(terms: Terms) -> str:
    """A sentence."""
    return f"It may spend {_limit(terms)} and call {_MODELS[terms.privacy]}."


def describe_key(key: ServerKey, seen: ApiKey | None) -> list[str]:
    """A key line by line, never the key itself; `seen` is what Venice says of it now."""
    if key.origin is KeyOrigin.OWN:
        return [f"**This server's own Venice key**, ending in `{key.last4}`, pays here.", ""]
    lines = [
        f"**A Venice key made for this server**, ending in `{key.last4}`, pays here.",
        "",
        f"- {describe_terms(terms_of(key))}",
    ]
    if seen is not None and seen.spent_usd is not None:
        spent = dollars(seen.spent_usd)
        diem = f" and {seen.spent_diem / _MICRO:g} DIEM" if seen.spent_diem else ""
        lines.append(f"- Venice counts {spent}{diem} of that as spent")
    if seen is not None and seen.description:
        lines.append(f"- Its name at Venice: `{seen.description.replace('`', '')}`")
    return lines


def summary(key: ServerKey) -> str:
    """A key in a few words."""
    if key.origin is KeyOrigin.OWN:
        return f"its own, ending in `{key.last4}`"
    return f"made here, ending in `{key.last4}`, {_limit(terms_of(key))}"


def _limit(terms: Terms) -> str:
    usd = [dollars(terms.limit_usd)] if terms.limit_usd is not None else []
    diem = [f"{terms.limit_diem / _MICRO:g} DIEM"] if terms.limit_diem is not None else []
    return f"{' and '.join(usd + diem)} {_PER[terms.period]}"


def _amounts(text: str) -> tuple[int | None, int | None]:
    """`$5`, `5 usd` or `5 diem` as micro-USD and micro-DIEM."""
    lowered = text.lower().strip()
    diem = lowered.endswith("diem")
    digits = lowered.removeprefix("$").removesuffix("diem").removesuffix("usd").strip()
    try:
        amount = Decimal(digits)
    except InvalidOperation:
        amount = Decimal(0)
    if not amount.is_finite() or not 0 < amount <= _MOST:
        raise UserError(HOW)
    micro = int(amount * _MICRO)
    return (None, micro) if diem else (micro, None)
