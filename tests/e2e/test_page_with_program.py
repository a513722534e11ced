"""A newcomer's first minutes: nothing configured, a real browser, the whole program."""

from __future__ import annotations

from playwright.async_api import expect

from tests.e2e.browser import Window, needs_browser

pytestmark = needs_browser


async def test_a_newcomer_gets_everything_without_a_key(newcomer: Window) -> None:
    page, say = newcomer.page, newcomer.say
    log = page.locator("#log")
    await say("Hello, my name is Ada")
    await expect(log).to_contain_text("Nice to meet you, Ada")
    await say("/search latest news about rain")
    await expect(log.get_by_role("link", name="Source 1, example.org").first).to_have_attribute(
        "href", "https://example.org/demo/overview/rain"
    )
    await expect(log).to_contain_text("Sources")
    await say("/image a gondola at sunset size=16:9")
    await expect(log.get_by_role("img").first).to_be_visible()
    await say("/voice Welcome aboard")
    await expect(log.locator("audio")).to_have_count(1)
    await say("/character pirate")
    await expect(log).to_contain_text("From now on I am Captain Brine")
    await say("/model zai-org-glm-4.7-flash")
    await expect(log).to_contain_text("answers here from now on")
    await say("What is my name?")
    await expect(log).to_contain_text("Ada; you told me")
    await say("/usage")
    await expect(log).to_contain_text("You, the last 7 days")
    await page.reload()
    await expect(log).to_contain_text("Captain Brine")


async def test_the_catalogue_is_looked_through_on_the_page(newcomer: Window) -> None:
    page, say = newcomer.page, newcomer.say
    log = page.locator("#log")
    await say("/model")
    await expect(log).to_contain_text("page 1 of")
    await expect(log).to_contain_text("GLM 5.2 (zai-org-glm-5-2) answers here")
    await newcomer.picture_of_it("models")
    await log.get_by_role("button", name="More ›").click()
    await expect(log).to_contain_text("page 2 of")
    await expect(log).not_to_contain_text("page 1 of")
    await say("/models private vision cheap")
    await log.get_by_role("button", name="Google Gemma 4 31B Instruct $0.12").last.click()
    await expect(log).to_contain_text("Google Gemma 4 31B Instruct answers here from now on")
    await say("/privacy")
    await expect(log).to_contain_text("Where words go")
    await newcomer.picture_of_it("privacy")
