"""A running demo and a plain HTTP caller for it."""

from __future__ import annotations

import math
from collections.abc import AsyncIterator

import pytest

from bot.demo import DemoVenice
from tests.integration.demo.caller import Caller


@pytest.fixture
async def demo() -> AsyncIterator[DemoVenice]:
    async with DemoVenice(pace=math.inf) as running:
        yield running


@pytest.fixture
async def caller(demo: DemoVenice) -> AsyncIterator[Caller]:
    async with Caller(demo.base_url) as one:
        yield one
