"""Checks requests and answers against the official API description, where the test run has it."""

import json
import os
from collections.abc import Iterable, Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any, Protocol, cast

from jsonschema import Draft202012Validator, exceptions
from referencing import Registry
from referencing.jsonschema import DRAFT202012

from tests.fakes.discord.state import JsonObject

_ROOT = "urn:discord"
# discord.py writes ids as numbers and nonces of 64 unsigned bits. Discord takes both.
_LOOSE_SNOWFLAKE: JsonObject = {
    "anyOf": [{"type": "string", "pattern": "^(0|[1-9][0-9]*)$"}, {"type": "integer", "minimum": 0}]
}
_UNDOCUMENTED_QUERIES = frozenset({"use_nested_fields"})
_LOOSE_NONCE: JsonObject = {"type": ["integer", "string", "null"], "maxLength": 25}


def _pointer(*parts: str) -> str:
    return "/".join(part.replace("~", "~0").replace("/", "~1") for part in parts)


class Spec:
    """Loaded once per file. Every method gives sentences, empty where nothing is wrong."""

    def __init__(self, path: Path) -> None:
        self._document: JsonObject = json.loads(path.read_text(encoding="utf-8"))
        self._requests = _Checker(_loosened(self._document))
        self._answers = _Checker(self._document)

    def request_violations(
        self, method: str, route: str, path: dict[str, str], query: dict[str, str], body: object
    ) -> list[str]:
        operation = self._operation(method, route)
        if operation is None:
            return [f"{method} {route}: not in the API description"]
        shared: list[JsonObject] = self._document["paths"][route].get("parameters", [])
        parameters = [*shared, *operation.get("parameters", [])]
        found = list(self._parameter_violations(parameters, path, query))
        if "requestBody" in operation and body is not None:
            pointer = _pointer(
                "paths", route, method.lower(), "requestBody", "content", "application/json", "schema"
            )
            found += self._requests.problems({"$ref": f"#/{pointer}"}, body, "body")
        elif operation.get("requestBody", {}).get("required"):
            found.append("body: missing")
        return [f"{method} {route}: {problem}" for problem in found]

    def response_violations(self, method: str, route: str, status: int, body: object) -> list[str]:
        operation = self._operation(method, route)
        if operation is None:
            return []
        if str(status) not in operation["responses"]:
            return [f"{method} {route}: answered {status}, which the API description does not know"]
        if "application/json" not in operation["responses"][str(status)].get("content", {}):
            return []
        pointer = _pointer(
            "paths", route, method.lower(), "responses", str(status), "content", "application/json", "schema"
        )
        problems = self._answers.problems({"$ref": f"#/{pointer}"}, body, "answer")
        return [f"{method} {route}: {problem}" for problem in problems]

    def _operation(self, method: str, route: str) -> JsonObject | None:
        return self._document["paths"].get(route, {}).get(method.lower())

    def _parameter_violations(
        self, parameters: list[JsonObject], path: dict[str, str], query: dict[str, str]
    ) -> Iterator[str]:
        known = {entry["name"]: entry for entry in parameters if entry["in"] == "query"}
        for name, value in query.items():
            if name not in known:
                if name not in _UNDOCUMENTED_QUERIES:
                    yield f"query {name}: unknown"
            else:
                schema = known[name]["schema"]
                yield from self._requests.problems(schema, _coerced(value, schema), f"query {name}")
        for entry in parameters:
            if entry["in"] == "path" and entry["name"] in path:
                value = path[entry["name"]]
                yield from self._requests.problems(entry["schema"], value, f"path {entry['name']}")


class _Problem(Protocol):
    """What is read of a ValidationError, whose own types are incomplete."""

    absolute_path: Iterable[object]
    message: str


class _Checker:
    """Schemas of one document; `$ref`s starting with # mean that document."""

    def __init__(self, document: JsonObject) -> None:
        resource = DRAFT202012.create_resource(document)
        self._registry: Registry[Any] = Registry[Any]().with_resource(_ROOT, resource)
        self._validators: dict[str, Any] = {}

    def problems(self, schema: JsonObject, value: object, where: str) -> list[str]:
        reference = schema.get("$ref")
        absolute = schema if reference is None else {"$ref": _ROOT + str(reference)}
        key = json.dumps(absolute, sort_keys=True)
        if key not in self._validators:
            self._validators[key] = Draft202012Validator(absolute, registry=self._registry)
        found = self._validators[key].iter_errors(value)
        best = exceptions.best_match(found)  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]
        error = cast("_Problem | None", best)
        if error is None:
            return []
        place = ".".join(map(str, error.absolute_path))
        return [f"{where} {place}: {error.message[:200]}"]


def _loosened(document: JsonObject) -> JsonObject:
    """The description with what discord.py rightly gets away with."""
    schemas: JsonObject = dict(document["components"]["schemas"])
    schemas["SnowflakeType"] = _LOOSE_SNOWFLAKE
    create: JsonObject = schemas["MessageCreateRequest"]
    schemas["MessageCreateRequest"] = {
        **create,
        "properties": {**create["properties"], "nonce": _LOOSE_NONCE},
    }
    return {**document, "components": {**document["components"], "schemas": schemas}}


def _coerced(value: str, schema: JsonObject) -> object:
    """Query strings are text; a number or a boolean is compared as what it means."""
    if schema.get("type") == "integer" and value.lstrip("-").isdigit():
        return int(value)
    if schema.get("type") == "boolean" and value.lower() in ("0", "1", "true", "false"):
        return value.lower() in ("1", "true")
    return value


@lru_cache(maxsize=2)
def _load(path: Path) -> Spec:
    return Spec(path)


def load_spec() -> Spec | None:
    """The description in the folder GONDOLA_SPECS, or None."""
    folder = os.environ.get("GONDOLA_SPECS")
    path = Path(folder or "") / "discord-openapi.json"
    return _load(path) if folder and path.is_file() else None
