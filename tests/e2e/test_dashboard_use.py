"""The dashboard over a desk full of rows: without scripts, by keyboard, and live."""

from __future__ import annotations

import asyncio
from dataclasses import replace

from playwright.async_api import Browser, expect

from bot.dashboard import LiveEvent, LiveKind
from tests.e2e.browser import needs_browser
from tests.e2e.deskpage import DeskPage
from tests.integration.web.desk import ADA, GENERAL, HOME, NOW

pytestmark = needs_browser


async def test_it_is_read_and_used_without_scripts(browser: Browser, there: DeskPage) -> None:
    kept, address = there.desk, there.address
    context = await browser.new_context(java_script_enabled=False)
    page = await context.new_page()
    await page.goto(address)
    numbers = page.get_by_role("region", name="Spend in numbers")
    await expect(numbers.get_by_role("cell", name="2026-11-27 10:00")).to_be_visible()
    await expect(page.locator(".stage").first).to_be_hidden()
    await page.goto(f"{address}/place?scope={HOME}")
    await page.get_by_label("max_tokens", exact=True).fill("many")
    await page.get_by_role("button", name="Save max_tokens").click()
    await expect(page.get_by_role("alert")).to_contain_text("no whole number")
    await expect(page.get_by_label("max_tokens", exact=True)).to_have_value("many")
    await page.get_by_label("max_tokens", exact=True).fill("900")
    await page.get_by_role("button", name="Save max_tokens").click()
    await expect(page.locator("#setting-max_tokens")).to_contain_text("saved")
    assert kept.values == {(HOME, "max_tokens"): "900"}
    await context.close()


async def test_by_keyboard_alone(there: DeskPage) -> None:
    page = there.page
    await there.goto(f"/place?scope={HOME}")
    await page.keyboard.press("Tab")
    await expect(page.get_by_role("link", name="Skip to the page")).to_be_focused()
    await page.keyboard.press("Enter")
    await expect(page.locator("#main")).to_be_focused()
    await page.get_by_label("model", exact=True).focus()
    await page.keyboard.press("ControlOrMeta+a")
    await page.keyboard.type("tiny")
    await page.keyboard.press("Enter")
    await expect(page.locator("#setting-model")).to_contain_text("saved")
    await expect(page.get_by_label("model", exact=True)).to_be_focused()
    assert there.desk.values == {(HOME, "model"): "tiny"}
    assert there.complaints == []


async def test_the_live_tail_pauses_and_goes_on(there: DeskPage) -> None:
    kept, page = there.desk, there.page
    await there.goto("/live")
    await expect(page.locator("#state")).to_have_text("Connected.")
    kinds = (LiveKind.ASKED, LiveKind.PAID, LiveKind.ANSWERED, LiveKind.FAILED, LiveKind.REFUSED)
    for number, kind in enumerate(kinds):
        event = LiveEvent(NOW + number, kind, "discord", HOME, GENERAL, ADA, "t", seconds=1.4)
        if kind is LiveKind.PAID:
            event = replace(event, medium="chat", model="zai-org-glm-4.7", cost=2310)
        kept.events.put_nowait(event)
    rows = page.locator("#tail tr")
    await expect(rows).to_have_count(5)
    await expect(rows.first).to_contain_text("refused")
    await page.get_by_role("button", name="Pause").click()
    kept.events.put_nowait(LiveEvent(NOW + 9, LiveKind.SKIPPED, count=4))
    kept.events.put_nowait(LiveEvent(NOW + 10, LiveKind.CANCELLED, "discord", HOME, GENERAL, ADA, "t"))
    async with asyncio.timeout(5):
        while not kept.events.empty():
            await asyncio.sleep(0.01)
    await expect(rows).to_have_count(5)
    await page.get_by_role("button", name="Go on").click()
    await expect(rows.first).to_contain_text("cancelled")
    await expect(rows.nth(1)).to_contain_text("4 left out")
    assert there.complaints == []
