"""Debian's Chromium, driven by Playwright: what the browser tests share."""

from __future__ import annotations

import os
import shutil
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from playwright.async_api import Browser, ConsoleMessage, Page, async_playwright, expect

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
PATIENCE = 30_000

needs_browser = [
    pytest.mark.browser,
    pytest.mark.skipif(
        CHROMIUM is None, reason="no Chromium here: install chromium to run the browser tests"
    ),
    pytest.mark.timeout(120),
]
expect.set_options(timeout=PATIENCE)


class Window:
    """A page with everything the browser complained about."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.complaints: list[str] = []
        page.on("console", self._note)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))

    def _note(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self.complaints.append(message.text)

    async def say(self, text: str) -> None:
        box = self.page.get_by_label("Message", exact=True)
        await box.fill(text)
        await expect(self.page.get_by_role("button", name="Send")).to_be_enabled()
        await box.press("Enter")

    async def picture_of_it(self, name: str) -> None:
        """A screenshot for people, where WEB_SCREENSHOTS names a folder."""
        if folder := os.environ.get("WEB_SCREENSHOTS"):
            await self.page.screenshot(path=Path(folder) / f"web-{name}.png")


@asynccontextmanager
async def chromium() -> AsyncGenerator[Browser]:
    """A browser of its own."""
    async with async_playwright() as driver:
        started = await driver.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield started
        await started.close()
