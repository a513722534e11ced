"""One house for all cases of a module: starting it takes longer than a case."""

from __future__ import annotations

from collections.abc import AsyncGenerator

import pytest
import pytest_asyncio

from tests.integration.faults.house import Scene, scene_open


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def running(tmp_path_factory: pytest.TempPathFactory) -> AsyncGenerator[Scene]:
    async with scene_open(tmp_path_factory.mktemp("house")) as scene:
        yield scene


@pytest_asyncio.fixture(loop_scope="module")
async def scene(running: Scene) -> AsyncGenerator[Scene]:
    running.fresh()
    yield running
    running.fresh()
    running.check_books()


@pytest.fixture(autouse=True)
def own_addresses() -> None:
    """The house outlives a test here, and with it the addresses it was pointed at."""
