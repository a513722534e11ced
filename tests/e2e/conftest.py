"""What the browser tests are given."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import Browser

from tests.e2e.browser import chromium
from tests.e2e.deskpage import DeskPage, opened, served
from tests.integration.web.desk import PracticeDesk


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    """Chromium, one for each test."""
    async with chromium() as started:
        yield started


@pytest.fixture
async def there(tmp_path: Path, browser: Browser) -> AsyncIterator[DeskPage]:
    """A page for the dashboard over a desk with rows everywhere."""
    kept = PracticeDesk()
    async with served(tmp_path, kept) as address:
        yield await opened(browser, kept, address)
