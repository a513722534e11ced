"""Narrowing of decoded JSON, in one place, so that the rest of the fake stays typed."""

import json
from typing import TypeAlias, cast

JsonObject: TypeAlias = dict[str, object]


def as_object(value: object) -> JsonObject | None:
    """The value if it is a JSON object, else None."""
    return cast(JsonObject, value) if isinstance(value, dict) else None


def as_array(value: object) -> list[object] | None:
    """The value if it is a JSON array, else None."""
    return cast(list[object], value) if isinstance(value, list) else None


def decode(value: object) -> object:
    """Form fields carry JSON as text; JSON bodies carry it as it is. Undecodable text stays text."""
    if not isinstance(value, str):
        return value
    try:
        decoded: object = json.loads(value)
    except ValueError:
        return value
    return decoded


def without_none(value: JsonObject) -> JsonObject:
    """Telegram leaves absent fields out; it never sends null."""
    return {key: item for key, item in value.items() if item is not None}
