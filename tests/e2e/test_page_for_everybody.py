"""The page by axe-core: what screen readers and tired eyes need of it, empty and in use."""

from __future__ import annotations

from typing import Literal

from playwright.async_api import expect

from tests.e2e.accessible import faults
from tests.e2e.browser import Window, needs_browser

pytestmark = needs_browser


async def test_the_page_is_for_everybody(newcomer: Window) -> None:
    wrong: dict[str, list[str]] = {}
    schemes: tuple[Literal["light", "dark"], ...] = ("light", "dark")
    for width in (1200, 360):
        for scheme in schemes:
            page = newcomer.page
            await page.set_viewport_size({"width": width, "height": 760})
            await page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
            await page.reload()
            await _note(newcomer, f"{width} {scheme}", wrong)
    assert wrong == {}


async def _note(window: Window, name: str, wrong: dict[str, list[str]]) -> None:
    """What is wrong as it opens, answered, and with suggestions. Only the first one sees it empty."""
    page = window.page
    wrong[f"{name}, opened"] = await faults(page)
    before = await page.locator(".theirs").count()
    await window.say("How do tides work?")
    await expect(page.locator(".theirs")).to_have_count(before + 1)
    await expect(page.locator("#typing")).to_be_hidden()
    wrong[f"{name}, answered"] = await faults(page)
    await page.get_by_label("Message", exact=True).press_sequentially("/")
    await expect(page.get_by_role("option").first).to_be_visible()
    wrong[f"{name}, with suggestions"] = await faults(page)
    for key in [key for key, found in wrong.items() if not found]:
        del wrong[key]
