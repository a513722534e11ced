"""docs/venice-coverage.md against Venice's specification, the client's code and the declared commands."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from tests.integration.engine.room import open_room
from tests.specs import load_venice_openapi, needs_specs

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "venice-coverage.md"
METHODS = ("get", "post", "put", "patch", "delete")
NOT_USED = "not used: "
DEPTH = 2
"""How many levels of a body's fields the page lists."""
LISTED_WHOLE = frozenset({"messages"})
"""Fields whose insides are too many for a table; tests/contract/test_venice_requests.py drives them."""


@dataclass
class Section:
    """One endpoint of the page: is it used, what is said of it, and its parameters with who writes them."""

    used: bool = False
    words: str = ""
    parameters: dict[str, str] = field(default_factory=dict[str, str])


@cache
def page() -> Mapping[str, Section]:
    """The page by endpoint ("POST /audio/speech")."""
    sections: dict[str, Section] = {}
    current = Section()
    for line in PAGE.read_text("utf-8").splitlines():
        if line.startswith("## "):
            current = sections.setdefault(line[3:], Section())
        elif row := re.fullmatch(r"\| `([^`]+)` \| (.+) \|", line):
            current.parameters[row[1]] = row[2]
        elif line and not line.startswith("|"):
            current.words += line
            current.used = current.words.startswith("Reached by ")
    return sections


def resolved(node: dict[str, Any]) -> dict[str, Any]:
    """What a reference of the specification points to."""
    while "$ref" in node:
        target: dict[str, Any] = load_venice_openapi()
        for step in str(node["$ref"]).removeprefix("#/").split("/"):
            target = target[step]
        node = target
    return node


def fields(schema: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Every field of an object, of whichever alternative."""
    schema = resolved(schema)
    found = dict(schema.get("properties", {}))
    for union in ("allOf", "anyOf", "oneOf"):
        for one in schema.get(union, ()):
            found |= fields(one)
    return found


def names(schema: dict[str, Any], before: str = "", depth: int = DEPTH) -> Iterator[str]:
    """The fields of a body with those inside them, as on the page: "tools[].function.name"."""
    for name, inside in fields(schema).items():
        yield before + name
        inside = resolved(inside)
        if depth and name not in LISTED_WHOLE:
            yield from names(inside, f"{before}{name}.", depth - 1)
            if "items" in inside:
                yield from names(inside["items"], f"{before}{name}[].", depth - 1)


def operations() -> Iterator[tuple[str, set[str]]]:
    """Every endpoint of the specification with its parameters."""
    for path, item in load_venice_openapi()["paths"].items():
        for method, operation in item.items():
            if method not in METHODS:
                continue
            given = {f"{one['in']}:{one['name']}" for one in map(resolved, operation.get("parameters", ()))}
            body = resolved(operation.get("requestBody", {}))
            for content in body.get("content", {}).values():
                given |= set(names(content["schema"]))
            yield f"{method.upper()} {path}", given


@needs_specs
def test_every_endpoint_is_decided_on() -> None:
    in_spec = {endpoint for endpoint, _ in operations()}
    assert in_spec - page().keys() == set(), "the page says nothing about these"
    assert page().keys() - in_spec == set(), "Venice has these no longer"


@needs_specs
def test_every_parameter_of_an_endpoint_in_use_is_decided_on() -> None:
    for endpoint, given in operations():
        section = page()[endpoint]
        if section.used:
            assert section.parameters.keys() == given, endpoint


def test_what_is_not_used_has_a_reason() -> None:
    for endpoint, section in page().items():
        assert section.used or section.words.startswith("Not used: "), endpoint
        assert len(section.words) > len("Not used: ."), endpoint


ROWS = [(e, name, by) for e, section in page().items() for name, by in section.parameters.items()]


@pytest.mark.parametrize(("endpoint", "name", "by"), ROWS, ids=[f"{e} {name}" for e, name, _ in ROWS])
def test_a_parameter_is_written_where_the_page_says(endpoint: str, name: str, by: str) -> None:
    if by.startswith(NOT_USED):
        assert len(by) > len(NOT_USED)
        return
    code = (ROOT / by.strip("`")).read_text("utf-8")
    last = re.split(r"[.:]", name)[-1].replace("[]", "")
    assert f'"{last}"' in code, f"{by} does not write {name} of {endpoint}"


async def test_commands_named_on_the_page_exist(tmp_path: Path) -> None:
    words = [section.words for section in page().values() if section.used]
    named = {command for text in words for command in re.findall(r"`/([a-z]+)`", text)}
    async with open_room(tmp_path) as room:
        declared = {command.name for command in room.parts.engine.commands}
    assert named
    assert named <= declared, sorted(named - declared)
