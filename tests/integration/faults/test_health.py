"""What the house says of its health while a platform is silent, or its database does not answer."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from functools import partial
from pathlib import Path

import httpx
import pytest
import pytest_asyncio

from bot.supervision import Platform
from storage import SqlStore
from tests.integration.faults.house import Scene, scene_open

SILENCE = 1.0
"""Seconds after which a platform counts as silent, of three minutes."""


READERS = 4
"""SQLite connections for reading; whoever wants a fifth waits."""


@pytest_asyncio.fixture
async def brisk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Scene]:
    """A house that notices silence soon."""
    monkeypatch.setattr("bot.app.Platform", partial(Platform, silence=SILENCE))
    async with scene_open(tmp_path) as scene:
        yield scene


async def answers(scene: Scene, path: str, status: int) -> httpx.Response:
    """The answer once it has this status."""
    async with asyncio.timeout(10), httpx.AsyncClient(trust_env=False) as client:
        while True:
            response = await client.get(f"{scene.house.web.url}{path}")
            if response.status_code == status:
                return response
            await asyncio.sleep(0.05)


async def test_a_platform_that_has_gone_silent_is_not_ready_until_it_is_heard_again(brisk: Scene) -> None:
    brisk.tg.faults.next("getUpdates", "hang", times=1000)
    silent = await answers(brisk, "readyz", 503)
    assert silent.json()["telegram"] is False
    assert silent.json()["web"] is True
    assert (await answers(brisk, "healthz", 200)).text == "ok"
    brisk.tg.faults.clear()
    ready = await answers(brisk, "readyz", 200)
    assert ready.json()["telegram"] is True


async def test_a_database_that_does_not_answer_is_not_healthy(
    brisk: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("adapters.web.routes.HEALTH_SECONDS", 0.2)
    store = brisk.house.parts.store
    assert isinstance(store, SqlStore)
    async with AsyncExitStack() as taken:
        for _ in range(READERS):
            await taken.enter_async_context(store.database.engines[-1].connect())
        sick = await answers(brisk, "healthz", 503)
        assert sick.text == "the database does not answer"
    assert (await answers(brisk, "healthz", 200)).text == "ok"
