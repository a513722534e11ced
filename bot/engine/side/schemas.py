"""JSON that a model wrote, held against the schema it was given: nothing in it is believed unchecked.

The part of JSON Schema that the house writes itself: type (also a list of types), properties, required,
additionalProperties, enum, items, and the bounds of numbers, texts and lists.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import TypeAlias, cast

Schema: TypeAlias = Mapping[str, object]
Fields: TypeAlias = dict[str, object]

_STARTS = 50
"""Places in a text where an object may begin; a text of nothing but braces is not read for ever."""
_KINDS: Mapping[str, tuple[type, ...]] = {
    "object": (dict,),
    "array": (list,),
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
    "null": (type(None),),
}


def parsed(text: str) -> object:
    """The JSON value of a text. Raises ValueError, for one nested too deeply as well."""
    try:
        return json.loads(text, strict=False)
    except RecursionError:
        raise ValueError("nested too deeply") from None


def objects_in(text: str) -> list[Fields]:
    """Every JSON object that stands in a text, whatever is written around it; outermost ones only."""
    decoder = json.JSONDecoder(strict=False)
    found: list[Fields] = []
    at = text.find("{")
    for _ in range(_STARTS):
        if at < 0:
            break
        try:
            value, end = decoder.raw_decode(text, at)
        except (ValueError, RecursionError):
            end = at + 1
        else:
            found.append(cast(Fields, value))
        at = text.find("{", end)
    return found


def trimmed(schema: Schema, value: object) -> object:
    """The value without what a schema has no place for: unknown fields, and what is longer than allowed."""
    if isinstance(value, dict):
        known = _properties(schema)
        closed = schema.get("additionalProperties") is False
        return {
            name: trimmed(known.get(name, {}), item)
            for name, item in cast(Fields, value).items()
            if name in known or not closed
        }
    if isinstance(value, list):
        items = cast(list[object], value)[: _size(schema, "maxItems")]
        return [trimmed(_schema(schema.get("items")), item) for item in items]
    return value[: _size(schema, "maxLength")] if isinstance(value, str) else value


def problem(schema: Schema, value: object, where: str = "") -> str:
    """What is wrong with a value, in a few words that repeat none of it; "" when nothing is."""
    kinds = schema.get("type")
    named = [str(kind) for kind in cast(list[object], kinds)] if isinstance(kinds, list) else [str(kinds)]
    if kinds is not None and not any(_is(kind, value) for kind in named):
        return f"{where or 'it'} must be of type {' or '.join(named)}"
    options = schema.get("enum")
    if isinstance(options, list | tuple) and value not in cast(Sequence[object], options):
        shown = ", ".join(map(str, cast(Sequence[object], options)))
        return f"{where or 'it'} must be one of: {shown}"
    if isinstance(value, dict):
        return _of_object(schema, cast(Fields, value), where)
    if isinstance(value, list):
        return _of_list(schema, cast(list[object], value), where)
    if isinstance(value, str):
        return _bounds(
            schema, len(value), "minLength", "maxLength", f"{where or 'it'} must have", "characters"
        )
    if isinstance(value, int | float) and not isinstance(value, bool):
        return _bounds(schema, value, "minimum", "maximum", f"{where or 'it'} must be", "")
    return ""


def _is(kind: str, value: object) -> bool:
    if isinstance(value, bool):
        return kind == "boolean"
    return isinstance(value, _KINDS.get(kind, ()))


def _of_object(schema: Schema, value: Fields, where: str) -> str:
    known = _properties(schema)
    required = cast(Sequence[str], schema.get("required", ()))
    missing = [name for name in required if name not in value]
    if missing:
        return f"{_inside(where, missing[0])} is missing"
    if schema.get("additionalProperties") is False and any(name not in known for name in value):
        return f"{where or 'it'} may only have: {', '.join(known) or 'no fields'}"
    found = (problem(known.get(name, {}), item, _inside(where, name)) for name, item in value.items())
    return next((one for one in found if one), "")


def _of_list(schema: Schema, value: list[object], where: str) -> str:
    wrong = _bounds(schema, len(value), "minItems", "maxItems", f"{where or 'it'} must have", "items")
    items = _schema(schema.get("items"))
    found = (problem(items, item, f"{where}[{place}]") for place, item in enumerate(value))
    return wrong or next((one for one in found if one), "")


def _bounds(schema: Schema, size: float, low: str, high: str, says: str, unit: str) -> str:
    least, most = schema.get(low), schema.get(high)
    if isinstance(least, int | float) and size < least:
        return f"{says} at least {least} {unit}".rstrip()
    if isinstance(most, int | float) and size > most:
        return f"{says} at most {most} {unit}".rstrip()
    # Not a number, or without end: no bound would hold it back.
    return "" if size - size == 0 else f"{says} a finite number"


def _inside(where: str, name: str) -> str:
    return f"{where}.{name}" if where else name


def _properties(schema: Schema) -> Mapping[str, Schema]:
    return cast(Mapping[str, Schema], schema.get("properties", {}))


def _schema(value: object) -> Schema:
    return cast(Schema, value) if isinstance(value, Mapping) else {}


def _size(schema: Schema, name: str) -> int | None:
    size = schema.get(name)
    return size if isinstance(size, int) else None
