"""The maps in docs/architecture.md are whole: every room of the house, every module of the engine, once."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).parents[3]
ENGINE = ROOT / "bot" / "engine"
PAGE = ROOT / "docs" / "architecture.md"


def section(title: str) -> str:
    return PAGE.read_text("utf-8").partition(f"## {title}\n")[2].partition("\n## ")[0]


def named() -> Counter[str]:
    """How often each module stands in the map of the engine."""
    rows = [
        line.split("|")[-2]
        for line in section("The rooms of the engine").splitlines()
        if line.startswith("|")
    ]
    return Counter(name for row in rows for name in re.findall(r"`([\w/]+)`", row))


def test_every_module_of_the_engine_has_one_place_in_the_map() -> None:
    there = {
        file.relative_to(ENGINE).with_suffix("").as_posix()
        for file in ENGINE.rglob("*.py")
        if file.name != "__init__.py"
    }
    found = named()
    assert there - set(found) == set(), "name them in docs/architecture.md, “The rooms of the engine”"
    assert set(found) - there == set(), "these are gone"
    assert [name for name, count in found.items() if count > 1] == []


def test_every_room_and_module_of_the_house_has_an_owner() -> None:
    table = section("Who owns what")
    modules = {file.name for file in (ROOT / "bot").glob("*.py")} - {"__init__.py"}
    rooms = {f"bot/{file.parent.name}/" for file in (ROOT / "bot").glob("*/__init__.py")}
    mentioned = {name.rpartition("/")[2] for name in re.findall(r"`([\w/]+\.py)`", table)}
    assert modules - mentioned == set()
    assert {room for room in rooms if f"`{room}`" not in table} == set()
