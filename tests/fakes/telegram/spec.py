"""Checks calls, answers and updates against the Bot API tables in the folder that GONDOLA_SPECS names."""

import json
import os
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path

from tests.fakes.telegram.shapes import JsonObject, as_array, as_object, decode

_ARRAY = "Array of "
_CONSTANT = re.compile(r'(?:always|must be) ["“]?(\w+)["”]?\.?$')
_ATTACHED = re.compile(r"attach://([^\"\\\s]+)")

# Newer than the held snapshot (10.1) but in use since 10.2 and 10.3.
_NEWER_PARAMETERS = {"sendMessageDraft": ("can_stop", "keep_on_stop")}
_NEWER_UPDATES = frozenset({"stopped_message_generation", "subscription"})


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a type or one parameter of a method."""

    name: str
    types: tuple[str, ...]
    required: bool
    constant: str | None


class SpecOracle:
    """The official method and type tables. Every check returns sentences; an empty list means it conforms."""

    def __init__(self, document: JsonObject) -> None:
        self._methods = as_object(document["methods"]) or {}
        self._types = as_object(document["types"]) or {}
        self._fields: dict[str, dict[str, Field]] = {}

    @cached_property
    def _spelling(self) -> dict[str, str]:
        return {name.lower(): name for name in self._methods}

    def check_call(self, method: str, values: Mapping[str, object], files: Collection[str]) -> list[str]:
        """Method name, parameter names, types and required parameters of one request."""
        if method not in self._methods:
            known = self._spelling.get(method.lower())
            return [f"{method}: not a method" + (f", spelled {known}" if known else "")]
        fields = self._table("method", method)
        newer = _NEWER_PARAMETERS.get(method, ())
        attached = set(_ATTACHED.findall(" ".join(str(value) for value in values.values())))
        problems = [f"{method}: unknown parameter {name}" for name in values if name not in {*fields, *newer}]
        problems += [f"{method}: stray file {n}" for n in files if n not in fields and n not in attached]
        problems += [
            f"{method}: required parameter {field.name} is missing"
            for field in fields.values()
            if field.required and field.name not in values and field.name not in files
        ]
        for name, value in values.items():
            if name in fields:
                problems += self._parameter(fields[name], value, f"{method}.{name}")
        problems += [
            f"{method}: {name} is not a file parameter"
            for name in files
            if name in fields and "InputFile" not in fields[name].types and name not in attached
        ]
        return problems

    def check_answer(self, method: str, result: object) -> list[str]:
        """The result this fake is about to give."""
        entry = as_object(self._methods.get(method))
        if entry is None:
            return []
        returns = tuple(str(name) for name in as_array(entry["returns"]) or [])
        return self._fits(result, returns, f"answer of {method}")

    def check_update(self, update: JsonObject) -> list[str]:
        """An update this fake is about to queue."""
        known = {key: value for key, value in update.items() if key not in _NEWER_UPDATES}
        return self._fits(known, ("Update",), "update")

    def _parameter(self, field: Field, value: object, path: str) -> list[str]:
        if isinstance(value, str) and not {"String", "InputFile"} & set(field.types):
            value = decode(value)
        return self._fits(value, field.types, path)

    def _fits(self, value: object, types: tuple[str, ...], path: str) -> list[str]:
        if len(types) > 1 and all(name.startswith(_ARRAY) for name in types):
            # "Array of A or Array of B" is how the tables write an array of A and B mixed.
            members = tuple(name.removeprefix(_ARRAY) for name in types)
            return self._check_array(value, members, path)
        attempts = [self._check(value, name, path) for name in types]
        if not attempts or any(not problems for problems in attempts):
            return []
        if len(attempts) == 1:
            return attempts[0]
        return [f"{path}: fits none of {', '.join(types)}", *min(attempts, key=len)]

    def _check(self, value: object, name: str, path: str) -> list[str]:
        if name.startswith(_ARRAY):
            return self._check_array(value, (name.removeprefix(_ARRAY),), path)
        if name in _SCALARS:
            return [] if _SCALARS[name](value) else [f"{path}: expected {name}, got {type(value).__name__}"]
        subtypes = as_array((as_object(self._types[name]) or {}).get("subtypes"))
        if subtypes:
            return self._fits(value, tuple(str(subtype) for subtype in subtypes), path)
        return self._check_object(value, name, path)

    def _check_array(self, value: object, types: tuple[str, ...], path: str) -> list[str]:
        items = as_array(value)
        if items is None:
            return [f"{path}: expected an array, got {type(value).__name__}"]
        return [
            text for index, item in enumerate(items) for text in self._fits(item, types, f"{path}[{index}]")
        ]

    def _check_object(self, value: object, name: str, path: str) -> list[str]:
        item = as_object(value)
        if item is None:
            return [f"{path}: expected {name}, got {type(value).__name__}"]
        fields = self._table("type", name)
        problems = [f"{path}: {name} has no field {key}" for key in item if key not in fields]
        for field in fields.values():
            problems += self._check_field(field, item, f"{path}.{field.name}")
        return problems

    def _check_field(self, field: Field, item: JsonObject, path: str) -> list[str]:
        if field.name not in item:
            return [f"{path}: required field is missing"] if field.required else []
        value = item[field.name]
        if field.constant is not None and value != field.constant:
            return [f"{path}: must be {field.constant}"]
        return self._fits(value, field.types, path)

    def _table(self, kind: str, name: str) -> dict[str, Field]:
        key = f"{kind} {name}"
        if key not in self._fields:
            entry = as_object((self._methods if kind == "method" else self._types)[name]) or {}
            fields = [_field(item) for item in as_array(entry.get("fields")) or []]
            self._fields[key] = {field.name: field for field in fields}
        return self._fields[key]


def _field(value: object) -> Field:
    item = as_object(value) or {}
    types = tuple(str(name) for name in as_array(item["types"]) or [])
    found = _CONSTANT.search(str(item["description"])) if types == ("String",) else None
    constant = found.group(1) if found else None
    return Field(str(item["name"]), types, bool(item["required"]), constant)


def _is_integer(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _is_float(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _is_string(value: object) -> bool:
    return isinstance(value, str)


def _is_boolean(value: object) -> bool:
    return isinstance(value, bool)


_SCALARS = {
    "String": _is_string,
    "InputFile": _is_string,
    "Integer": _is_integer,
    "Float": _is_float,
    "Boolean": _is_boolean,
}


@lru_cache(maxsize=1)
def _read(path: Path) -> SpecOracle:
    return SpecOracle(as_object(json.loads(path.read_text(encoding="utf-8"))) or {})


def oracle_from_environment() -> SpecOracle | None:
    """The oracle if GONDOLA_SPECS is set, else None. Raises OSError when the folder lacks the file."""
    folder = os.environ.get("GONDOLA_SPECS")
    return _read(Path(folder) / "telegram-bot-api.json") if folder else None
