"""Files of other projects kept here: unchanged, named with version, hash and licence, and no others."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FOLDERS = ("adapters/web/static/dashboard/vendor", "tests/e2e/vendor")
_ROW = re.compile(r"^\| `([^`]+)` \|.*\| (\d+\.\d+\.\d+) \| ([^|]+) \| `([0-9a-f]{64})` \|$", re.MULTILINE)


@pytest.mark.parametrize("folder", FOLDERS)
def test_third_party_files_are_the_ones_that_are_named(folder: str) -> None:
    here = ROOT / folder
    rows = _ROW.findall((here / "README.md").read_text(encoding="utf-8"))
    assert rows, "the table names them"
    named = {file: digest for file, _, _, digest in rows}
    assert {file: hashlib.sha256((here / file).read_bytes()).hexdigest() for file in named} == named
    licences = {text for _, _, licence, _ in rows for text in re.findall(r"`([^`]+)`", licence)}
    assert {one.name for one in here.iterdir()} == {*named, *licences, "README.md"}


@pytest.mark.parametrize("folder", FOLDERS)
def test_each_licence_is_there(folder: str) -> None:
    here = ROOT / folder
    for file, _, licence, _ in _ROW.findall((here / "README.md").read_text(encoding="utf-8")):
        text = re.search(r"`([^`]+)`", licence)
        held = here / (text[1] if text else file)
        assert "licen" in held.read_text(encoding="utf-8").lower() or "BSD" in held.read_text(
            encoding="utf-8"
        )
