"""The dashboard over a desk full of rows, opened for a browser."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Literal

from playwright.async_api import Browser, Page

from adapters.web.adapter import WebAdapter
from tests.e2e.accessible import faults
from tests.e2e.browser import Window
from tests.integration.web.desk import HOME, NOW, PracticeDesk
from tests.integration.web.front import PracticeFront

PAGES = (
    "",
    "/places",
    f"/place?scope={HOME}",
    "/doors",
    f"/channels?server={HOME}",
    f"/doors?server={HOME}",
    "/caps",
    "/people",
    "/ledger",
    "/jobs",
    "/characters",
    "/errors",
    "/audit",
    "/live",
    "/sign-in",
    "/sign-in?token=x",
    "/place?scope=nowhere",
)


@asynccontextmanager
async def served(folder: Path, kept: PracticeDesk, host: str = "127.0.0.1") -> AsyncGenerator[str]:
    """The dashboard's address. A host other than loopback trusts nobody without a session."""
    front = PracticeFront()
    adapter = WebAdapter(
        front, host=host, port=0, data_dir=folder, clock=lambda: NOW, desk=kept, sign_in_code="once-only"
    )
    front.door = adapter.door
    task = asyncio.create_task(adapter.run(), name="page")
    await adapter.started.wait()
    yield f"http://127.0.0.1:{adapter.port}/dashboard"
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


class DeskPage(Window):
    """A browser's page of the dashboard."""

    def __init__(self, page: Page, desk: PracticeDesk, address: str) -> None:
        super().__init__(page)
        self.desk = desk
        self.address = address

    async def goto(self, path: str) -> None:
        await self.page.goto(f"{self.address}{path}")

    async def renew(self) -> None:
        """What happens whenever a tab is looked at again: parts that renew themselves do so. They listen once
        they have settled."""
        await self.page.wait_for_function("() => !document.querySelector('.htmx-request, .htmx-settling')")
        await self.page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")


async def opened(browser: Browser, desk: PracticeDesk, address: str, width: int = 1200) -> DeskPage:
    return DeskPage(await browser.new_page(viewport={"width": width, "height": 900}), desk, address)


async def wrong_pages(there: DeskPage, scheme: Literal["dark", "light"], width: int) -> dict[str, list[str]]:
    """What axe-core has to say of each page, by path; pages without fault are left out."""
    await there.page.emulate_media(color_scheme=scheme)
    await there.page.set_viewport_size({"width": width, "height": 760})
    del there.desk.lines[12:]  # one row of each kind is looked at as well as fifty, in a fifth of the time
    wrong: dict[str, list[str]] = {}
    for path in PAGES:
        await there.goto(path)
        if found := await faults(there.page):
            wrong[path] = found
    return wrong
