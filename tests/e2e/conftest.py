"""What the browser tests are given."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import Browser

from tests.e2e.browser import Window, chromium
from tests.e2e.deskpage import DeskPage, opened, served
from tests.e2e.program import Program, running
from tests.integration.web.desk import PracticeDesk


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    """Chromium, one for each test."""
    async with chromium() as started:
        yield started


@pytest.fixture
async def program(tmp_path: Path) -> AsyncIterator[Program]:
    """The real program with nothing configured; it must stop cleanly."""
    async with running(tmp_path) as started:
        yield started


@pytest.fixture
async def newcomer(program: Program, browser: Browser) -> AsyncIterator[Window]:
    """Its page in the browser, which must not complain about anything."""
    window = Window(await browser.new_page(viewport={"width": 1000, "height": 1400}))
    await window.page.goto((await program.says(r"open at (\S+)"))[1])
    yield window
    assert window.complaints == []


@pytest.fixture
async def there(tmp_path: Path, browser: Browser) -> AsyncIterator[DeskPage]:
    """A page for the dashboard over a desk with rows everywhere."""
    kept = PracticeDesk()
    async with served(tmp_path, kept) as address:
        yield await opened(browser, kept, address)
