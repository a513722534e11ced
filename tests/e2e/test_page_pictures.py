"""The picture workbench on the page: draw, change by a button, several at once, back."""

from __future__ import annotations

from playwright.async_api import expect

from tests.e2e.browser import Window, needs_browser

pytestmark = needs_browser


async def test_pictures_are_made_changed_and_gone_back_to(newcomer: Window) -> None:
    page, say = newcomer.page, newcomer.say
    log = page.locator("#log")
    pictures = log.get_by_role("img")
    await say("/image a lighthouse at dusk size=wide")
    await expect(pictures).to_have_count(1)
    await expect(log.get_by_role("button", name="Upscale 2×")).to_be_visible()
    await newcomer.picture_of_it("workbench")
    await say("/edit make the sky red")
    await expect(pictures).to_have_count(2)
    await log.get_by_role("button", name="Cut out").last.click()
    await expect(pictures).to_have_count(3)
    await log.get_by_role("button", name="Back").last.click()
    await expect(log).to_contain_text("Changes go on from here.")
    await expect(pictures).to_have_count(4)
    shown = await pictures.last.evaluate("one => [one.naturalWidth, one.naturalHeight]")
    assert shown == [1280, 720]
    await say("/versions")
    await expect(log).to_contain_text("edited: make the sky red")
    await newcomer.picture_of_it("versions")
    await log.get_by_role("button", name="Edit").last.click()
    await expect(log).to_contain_text("Write /edit make the sky red")
    await say("/image a boat size=tall count=2")
    await expect(pictures).to_have_count(6)
    await log.get_by_role("button", name="Upscale 2×").last.click()
    await expect(log).to_contain_text("Which one?")
    await log.get_by_role("button", name="2", exact=True).last.click()
    await expect(pictures).to_have_count(7)
    await newcomer.picture_of_it("album")
    await say("/image a boat size=7:3")
    await expect(log).to_contain_text("It offers 1:1")
