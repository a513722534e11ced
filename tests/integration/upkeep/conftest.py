"""Databases to look after: a place without tables on each kind of database."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.settings import Configuration, load_configuration
from tests.contract.storage.houses import schema

BOTH = ["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)]


@pytest.fixture(name="configured", params=BOTH, ids=str)
async def _configured(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Configuration]:
    """The configuration of a house that never ran."""
    environment = {"GONDOLA_DATA_DIR": str(tmp_path / "data")}
    if request.param == "sqlite":
        yield load_configuration(environment)
        return
    async with schema() as url:
        yield load_configuration(environment | {"DATABASE_URL": url})
