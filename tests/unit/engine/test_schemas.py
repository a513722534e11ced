"""JSON from a model, held against its schema."""

from __future__ import annotations

from typing import Any

import pytest

from bot.engine.side.schemas import objects_in, parsed, problem, trimmed

SHAPE: dict[str, Any] = {
    "type": "object",
    "properties": {
        "name": {"type": "string", "minLength": 1, "maxLength": 5},
        "count": {"type": "integer", "minimum": 1, "maximum": 4},
        "tags": {"type": "array", "items": {"type": "string"}, "maxItems": 2},
        "kind": {"type": ["string", "null"], "enum": ["a", "b", None]},
    },
    "required": ["name"],
    "additionalProperties": False,
}


@pytest.mark.parametrize(
    "value",
    [{"name": "x"}, {"name": "x", "count": 4, "tags": ["a", "b"], "kind": None}, {"name": "x", "kind": "b"}],
)
def test_what_fits_has_no_problem(value: Any) -> None:
    assert problem(SHAPE, value) == ""


@pytest.mark.parametrize(
    ("value", "says"),
    [
        ([], "it must be of type object"),
        ({}, "name is missing"),
        ({"name": 1}, "name must be of type string"),
        ({"name": ""}, "at least 1 characters"),
        ({"name": "abcdef"}, "at most 5 characters"),
        ({"name": "x", "count": True}, "count must be of type integer"),
        ({"name": "x", "count": 1.5}, "count must be of type integer"),
        ({"name": "x", "count": 5}, "count must be at most 4"),
        ({"name": "x", "count": 0}, "count must be at least 1"),
        ({"name": "x", "tags": ["a", 2]}, "tags[1] must be of type string"),
        ({"name": "x", "tags": ["a", "b", "c"]}, "tags must have at most 2 items"),
        ({"name": "x", "kind": "c"}, "kind must be one of"),
        ({"name": "x", "secret": 1}, "it may only have: name, count, tags, kind"),
    ],
)
def test_what_does_not_fit_is_named(value: Any, says: str) -> None:
    assert says in problem(SHAPE, value)


def test_a_complaint_repeats_nothing_of_the_value() -> None:
    assert "hunter2" not in problem(SHAPE, {"name": "x", "hunter2": "hunter2"})
    assert "hunter2" not in problem(SHAPE, {"name": "hunter2"})


@pytest.mark.parametrize("text", ["NaN", "Infinity", "-Infinity"])
def test_numbers_without_bounds_are_none(text: str) -> None:
    assert "finite" in problem({"type": "number", "minimum": 0}, parsed(text)) or text == "-Infinity"
    assert problem({"type": "number", "minimum": 0}, parsed(text))


def test_trimming_leaves_out_and_cuts_but_never_invents() -> None:
    long = {"name": "abcdefgh", "extra": 1, "tags": ["a", "b", "c"], "count": 9}
    assert trimmed(SHAPE, long) == {"name": "abcde", "tags": ["a", "b"], "count": 9}


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ('{"a": 1}', [{"a": 1}]),
        ('```json\n{"a": 1}\n```', [{"a": 1}]),
        ('Well, {this} is it: {"a": {"b": 2}} and {"c": 3}', [{"a": {"b": 2}}, {"c": 3}]),
        ('{"a": "line\nbreak"}', [{"a": "line\nbreak"}]),
        ('{"a": 1', []),
        ("no", []),
        ("{" * 100_000, []),
    ],
)
def test_objects_are_found_in_what_stands_around_them(text: str, found: list[Any]) -> None:
    assert objects_in(text) == found


def test_a_deep_nest_is_a_value_error() -> None:
    with pytest.raises(ValueError, match="deep"):
        parsed("[" * 200_000)
