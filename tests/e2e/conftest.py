"""What the browser tests are given."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Browser

from tests.e2e.browser import chromium


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    """Chromium, one for each test."""
    async with chromium() as started:
        yield started
