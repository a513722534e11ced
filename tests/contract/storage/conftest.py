"""Every test of this folder runs on both databases, and on SQLite with encrypted words."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from storage import SqlStore
from tests.contract.storage.houses import House, house


@pytest.fixture(
    name="built", params=["sqlite", "sealed", pytest.param("postgres", marks=pytest.mark.postgres)], ids=str
)
async def _built(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[House]:
    async with house(request.param, tmp_path) as made:
        yield made


@pytest.fixture(name="store")
def _store(built: House) -> SqlStore:
    return built.store
