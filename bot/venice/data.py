"""Careful reading of JSON from outside: every field may be missing, null or of another type."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal, InvalidOperation
from typing import cast

PRICE_STEP = Decimal("1e-9")
"""Catalogue prices can carry float dust (0.0023000000000000004); real ones have fewer digits than this."""


def as_object(value: object) -> Mapping[str, object]:
    """The JSON object, or an empty one."""
    return cast("dict[str, object]", value) if isinstance(value, dict) else {}


def as_list(value: object) -> Sequence[object]:
    """The JSON array, or an empty one."""
    return cast("list[object]", value) if isinstance(value, list) else ()


def as_text(value: object, default: str = "") -> str:
    """The string, or `default` for anything else."""
    return value if isinstance(value, str) else default


def as_texts(value: object) -> tuple[str, ...]:
    """The strings of an array."""
    return tuple(item for item in as_list(value) if isinstance(item, str))


def as_decimal(value: object) -> Decimal | None:
    """The exact number a JSON number (or numeric string) shows, or None."""
    if isinstance(value, bool) or not isinstance(value, int | float | str | Decimal):
        return None
    try:
        number = Decimal(str(value))
    except InvalidOperation:
        return None
    return number if number.is_finite() else None


def as_price(value: object) -> Decimal | None:
    """USD of a `{usd, diem}` pair without float dust; None when absent or negative."""
    usd = as_decimal(as_object(value).get("usd"))
    if usd is None or usd < 0:
        return None
    return usd.quantize(PRICE_STEP).normalize()


def as_int(value: object, default: int = 0) -> int:
    """The whole number, or `default`; fractions are cut."""
    number = as_decimal(value)
    return default if number is None else int(number)


def as_float(value: object) -> float | None:
    """The number as a float, or None."""
    number = as_decimal(value)
    return None if number is None else float(number)
