"""Request checks as strict as Venice's: closed objects, no nulls, ranges; every fault becomes an issue."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from bot.demo.jsonvalue import Json, as_object, as_text

Path: TypeAlias = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Issue:
    """One fault of a request. `extra` holds the figures of its code (`maximum`, `keys`, ...)."""

    code: str
    message: str
    path: Path = ()
    extra: Mapping[str, Json] = field(default_factory=dict[str, Json])

    def as_json(self) -> dict[str, Json]:
        return {"code": self.code, **self.extra, "path": list(self.path), "message": self.message}


Check: TypeAlias = Callable[[Json, Path], Iterator[Issue]]


def kind_of(value: Json) -> str:
    """The JSON kind as it stands in messages: null, boolean, number, string, array or object."""
    match value:
        case None:
            return "null"
        case bool():
            return "boolean"
        case int() | float():
            return "number"
        case str():
            return "string"
        case Mapping():
            return "object"
        case _:
            return "array"


def _wrong_kind(expected: str, value: Json, path: Path) -> Issue:
    got = kind_of(value)
    words = f"Expected {expected}, received {got}"
    return Issue("invalid_type", words, path, {"expected": expected, "received": got})


def _outside(word: str, limit: float, at_least: bool, path: Path) -> Issue:
    code, name, phrase = (
        ("too_small", "minimum", "at least") if at_least else ("too_big", "maximum", "at most")
    )
    return Issue(code, f"{word} must be {phrase} {limit:g}", path, {name: limit, "inclusive": True})


def anything(value: Json, path: Path) -> Iterator[Issue]:
    """Accepts every value but null."""
    if value is None:
        yield _wrong_kind("value", value, path)


def nullable(check: Check) -> Check:
    def run(value: Json, path: Path) -> Iterator[Issue]:
        if value is not None:
            yield from check(value, path)

    return run


def flag(value: Json, path: Path) -> Iterator[Issue]:
    if not isinstance(value, bool):
        yield _wrong_kind("boolean", value, path)


def number(low: float | None = None, high: float | None = None, *, whole: bool = False) -> Check:
    """A number in the closed range; `whole` refuses fractions."""

    def run(value: Json, path: Path) -> Iterator[Issue]:
        if isinstance(value, bool) or not isinstance(value, int | float):
            yield _wrong_kind("number", value, path)
            return
        if whole and not float(value).is_integer():
            yield Issue("invalid_type", "Expected integer, received float", path, {"expected": "integer"})
        if low is not None and value < low:
            yield _outside("Number", low, True, path)
        if high is not None and value > high:
            yield _outside("Number", high, False, path)

    return run


def text(low: int = 0, high: int | None = None) -> Check:
    """A string whose length in characters lies in the closed range."""

    def run(value: Json, path: Path) -> Iterator[Issue]:
        if not isinstance(value, str):
            yield _wrong_kind("string", value, path)
            return
        if len(value) < low:
            yield _outside("String length", low, True, path)
        if high is not None and len(value) > high:
            yield _outside("String length", high, False, path)

    return run


def one_of(*choices: str) -> Check:
    def run(value: Json, path: Path) -> Iterator[Issue]:
        if value not in choices:
            wanted = " | ".join(f"'{choice}'" for choice in choices)
            message = f"Invalid enum value. Expected {wanted}, received '{value}'"
            yield Issue("invalid_enum_value", message, path, {"options": list(choices)})

    return run


def array(check: Check, low: int = 0, high: int | None = None) -> Check:
    def run(value: Json, path: Path) -> Iterator[Issue]:
        if not isinstance(value, list):
            yield _wrong_kind("array", value, path)
            return
        if len(value) < low:
            yield _outside("Array length", low, True, path)
        if high is not None and len(value) > high:
            yield _outside("Array length", high, False, path)
        for index, item in enumerate(value):
            yield from check(item, (*path, index))

    return run


def shape(fields: Mapping[str, Check], *, required: Sequence[str] = (), closed: bool = True) -> Check:
    """An object. A closed one refuses keys it does not know; an open one ignores them."""

    def run(value: Json, path: Path) -> Iterator[Issue]:
        if not isinstance(value, Mapping):
            yield _wrong_kind("object", value, path)
            return
        for name in required:
            if name not in value:
                extra: dict[str, Json] = {"expected": "value", "received": "undefined"}
                yield Issue("invalid_type", "Required", (*path, name), extra)
        unknown = [name for name in value if name not in fields]
        if closed and unknown:
            names = ", ".join(f"'{name}'" for name in unknown)
            yield Issue(
                "unrecognized_keys", f"Unrecognized key(s) in object: {names}", path, {"keys": unknown}
            )
        for name, item in value.items():
            if name in fields:
                yield from fields[name](item, (*path, name))

    return run


def either(*checks: Check) -> Check:
    """Passes when one of the checks passes; else reports the first one's issues."""

    def run(value: Json, path: Path) -> Iterator[Issue]:
        results = [list(check(value, path)) for check in checks]
        if all(results):
            yield from results[0]

    return run


def by_type(key: str, kinds: Mapping[str, Check]) -> Check:
    """An object whose member `key` names which of the checks applies."""

    def run(value: Json, path: Path) -> Iterator[Issue]:
        if not isinstance(value, Mapping):
            yield _wrong_kind("object", value, path)
            return
        chosen = kinds.get(as_text(as_object(value).get(key)))
        if chosen is None:
            options: dict[str, Json] = {"options": list(kinds)}
            yield Issue("invalid_union_discriminator", f"Invalid {key}", (*path, key), options)
        else:
            yield from chosen(value, path)

    return run
