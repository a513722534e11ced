"""Parsed JSON as a type, with readers that never raise."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypeAlias

Json: TypeAlias = "bool | int | float | str | Sequence[Json] | Mapping[str, Json] | None"
JsonObject: TypeAlias = "Mapping[str, Json]"

EMPTY: JsonObject = {}


def as_object(value: Json) -> JsonObject:
    """The object, or an empty one for anything else."""
    return value if isinstance(value, Mapping) else EMPTY


def as_list(value: Json) -> Sequence[Json]:
    """The array, or an empty one for anything else."""
    return value if isinstance(value, list | tuple) else ()


def as_text(value: Json, default: str = "") -> str:
    return value if isinstance(value, str) else default


def as_flag(value: Json, default: bool = False) -> bool:
    return value if isinstance(value, bool) else default


def as_number(value: Json, default: float = 0.0) -> float:
    return default if isinstance(value, bool) or not isinstance(value, int | float) else float(value)


def as_integer(value: Json, default: int = 0) -> int:
    return default if isinstance(value, bool) or not isinstance(value, int) else value
