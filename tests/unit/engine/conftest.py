"""A real SQLite store per test."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.storing import Store
from storage import open_store
from tests.furnished import furnish


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    await furnish(tmp_path)
    opened = await open_store("", tmp_path, instance="test", clock=time.time)
    yield opened
    await opened.close()
