"""What keyboards, screen readers and tired eyes need of a page, checked in the browser."""

from __future__ import annotations

from pathlib import Path

from playwright.async_api import Page

_AUDIT = (Path(__file__).parent / "accessible.js").read_text(encoding="utf-8")


async def faults(page: Page) -> list[str]:
    """What is wrong with the page as it is shown now; empty when nothing is."""
    return await page.evaluate(_AUDIT)
