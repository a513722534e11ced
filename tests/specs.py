"""The official API specifications that contract tests read; the folder is named by GONDOLA_SPECS.

The specifications belong to their owners, so the repository holds none of their text. Without the
folder the tests marked `needs_specs` are skipped with a reason.
"""

from __future__ import annotations

import json
import os
import re
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

CORE_SCALARS = (
    ("tag:yaml.org,2002:bool", r"^(?:true|True|TRUE|false|False|FALSE)$", "tTfF"),
    ("tag:yaml.org,2002:null", r"^(?:~|null|Null|NULL)$", "~nN"),
    ("tag:yaml.org,2002:null", r"^$", ""),
    ("tag:yaml.org,2002:int", r"^[-+]?[0-9]+$", "-+0123456789"),
    ("tag:yaml.org,2002:float", r"^[-+]?(?:[0-9]+)?\.?[0-9]+(?:[eE][-+]?[0-9]+)?$", "-+.0123456789"),
)
"""Tag, pattern and possible first letters of the plain scalars that are not strings."""


class CoreSchemaLoader(yaml.SafeLoader):
    """YAML 1.2 scalars: off and on are strings, 1:1 is a string, dates are strings."""


CoreSchemaLoader.yaml_implicit_resolvers = {}
for _tag, _pattern, _first_letters in CORE_SCALARS:
    for _letter in _first_letters or ("",):
        CoreSchemaLoader.yaml_implicit_resolvers.setdefault(_letter, []).append((_tag, re.compile(_pattern)))


def specs_folder() -> Path | None:
    """The folder of specifications, or None when GONDOLA_SPECS is unset or no folder."""
    named = os.environ.get("GONDOLA_SPECS", "")
    folder = Path(named)
    return folder if named and folder.is_dir() else None


def _needed(name: str) -> Path:
    folder = specs_folder()
    if folder is None:
        pytest.skip("GONDOLA_SPECS does not name a folder with the official API specifications")
    return folder / name


@cache
def load_venice_openapi() -> dict[str, Any]:
    """The Venice OpenAPI document as plain data. Treat it as read-only: it is shared."""
    with _needed("venice-openapi.yaml").open("rb") as file:
        return yaml.load(file, Loader=CoreSchemaLoader)


@cache
def load_venice_models() -> list[dict[str, Any]]:
    """The snapshot of Venice's catalogue: one dict a model, as under `data` of GET /models."""
    return json.loads(_needed("venice-models.json").read_text(encoding="utf-8"))


@cache
def load_venice_traits() -> dict[str, str]:
    """The snapshot of text traits: trait name to model id."""
    return json.loads(_needed("venice-traits.json").read_text(encoding="utf-8"))


needs_specs = pytest.mark.skipif(
    specs_folder() is None, reason="GONDOLA_SPECS is unset: no official specifications here"
)
"""Decorator for a test, or `pytestmark` of a module, that reads the specifications."""
