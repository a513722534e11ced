"""What else one can do on the page: tools, reminders, memory, reading, films and the account."""

from __future__ import annotations

from playwright.async_api import expect

from tests.e2e.browser import Window, needs_browser

pytestmark = needs_browser


async def test_tools_reminders_and_memory_on_the_page(newcomer: Window) -> None:
    page, say = newcomer.page, newcomer.say
    log = page.locator("#log")
    await say("Draw us a map of the lagoon")
    await expect(log.get_by_role("img").first).to_be_visible()
    await say("Say good evening aloud")
    await expect(log.locator("audio")).to_have_count(1)
    await say("/settings timezone Europe/Rome user")
    await say("/remind in 20 minutes water the plants")
    await expect(log).to_contain_text("I will remind")
    await say("/reminders")
    await expect(log.get_by_role("button", name="Cancel").last).to_be_visible()
    await say("/remember the boat leaves at seven")
    await expect(log).to_contain_text("Remembered")
    await say("/memory")
    await expect(log.get_by_role("button", name="Forget").first).to_be_visible()
    await newcomer.picture_of_it("tools")


async def test_reading_films_and_the_account_on_the_page(newcomer: Window) -> None:
    page, say = newcomer.page, newcomer.say
    log = page.locator("#log")
    await say("/read https://example.org/lagoons")
    await expect(log).to_contain_text("The demo reads only how each passage begins")
    await say("/search how do tides work depth=research")
    await expect(log).to_contain_text("Sources")
    await say("/video a gondola in the fog")
    await log.get_by_role("button", name="Make it").click()
    await expect(log.locator("video")).to_have_count(1)
    await say("/music a slow waltz")
    await log.get_by_role("button", name="Make it").last.click()
    await expect(log.locator("audio")).to_have_count(1)
    await say("/jobs")
    await say("/account")
    await expect(log).to_contain_text("Spent today")
    await newcomer.picture_of_it("films")
