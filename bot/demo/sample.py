"""The smallest JSON value that a JSON schema accepts."""

from __future__ import annotations

from bot.demo.jsonvalue import Json, JsonObject, as_integer, as_list, as_number, as_object, as_text

MAX_DEPTH = 20


def sample(schema: JsonObject, depth: int = 0) -> Json:
    """A minimal value valid for `schema`; `$ref` and patterns are not followed."""
    if "const" in schema:
        return schema["const"]
    if as_list(schema.get("enum")):
        return as_list(schema["enum"])[0]
    for union in ("anyOf", "oneOf", "allOf"):
        if as_list(schema.get(union)):
            return sample(as_object(as_list(schema[union])[0]), depth + 1)
    kind = schema.get("type", "object" if "properties" in schema else "string")
    kind = as_text(as_list(kind)[0]) if as_list(kind) else as_text(kind)
    return _of_kind(kind, schema, depth)


def _of_kind(kind: str, schema: JsonObject, depth: int) -> Json:
    match kind:
        case "object":
            return _object(schema, depth)
        case "array":
            count = as_integer(schema.get("minItems"))
            return [sample(as_object(schema.get("items")), depth + 1)] * count
        case "integer" | "number":
            return _number(kind, schema)
        case "boolean":
            return True
        case "null":
            return None
        case _:
            return "demo".ljust(as_integer(schema.get("minLength")), ".")[
                : as_integer(schema.get("maxLength"), 10_000)
            ]


def _object(schema: JsonObject, depth: int) -> Json:
    if depth > MAX_DEPTH:
        return {}
    properties = as_object(schema.get("properties"))
    required = [as_text(name) for name in as_list(schema.get("required"))]
    return {name: sample(as_object(properties.get(name)), depth + 1) for name in required}


def _number(kind: str, schema: JsonObject) -> Json:
    low = as_number(
        schema.get("minimum"), as_number(schema.get("exclusiveMinimum"), 0) + ("exclusiveMinimum" in schema)
    )
    value = min(low, as_number(schema.get("maximum"), low))
    return int(value) if kind == "integer" else value
