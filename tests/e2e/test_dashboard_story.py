"""The dashboard over a whole house: from the owner's chat to changes that act."""

from __future__ import annotations

import csv
import re
from pathlib import Path

from playwright.async_api import Browser, Page, expect

from bot.demo import DemoVenice
from tests.e2e.browser import Window, needs_browser
from tests.fakes.discord import FakeDiscord
from tests.integration.platforms import house
from tests.integration.test_voice_on_platforms import WAIT, asked

pytestmark = needs_browser
MODEL = "zai-org-glm-4.7-flash"


async def choose_model(page: Page) -> None:
    """One nobody knows is refused where it was typed; one there is holds."""
    await page.get_by_label("model", exact=True).fill("no such model")
    await page.get_by_role("button", name="Save model", exact=True).click()
    await expect(page.locator("#setting-model").get_by_role("alert")).to_be_visible()
    await expect(page.get_by_label("model", exact=True)).to_have_value("no such model")
    await expect(page.get_by_label("model", exact=True)).to_be_focused()
    await page.get_by_label("model", exact=True).fill(MODEL)
    await page.get_by_label("model", exact=True).press("Enter")
    await expect(page.locator("#setting-model")).to_contain_text("saved")
    await expect(page.locator("#told")).to_have_text("model is saved")


async def cap_everybody(page: Page) -> None:
    """Two questions a day for each person."""
    await page.get_by_label("For", exact=True).fill("user:*")
    await page.get_by_label("Of", exact=True).select_option("chat")
    await page.get_by_label("At most", exact=True).fill("2")
    await page.get_by_role("button", name="Set the cap").click()
    await expect(page.get_by_text("The cap is set.")).to_be_visible()
    await expect(page.locator(".caps")).to_contain_text("Each person")


async def downloaded(page: Page, sheet: Path) -> list[str]:
    """The models in the ledger's sheet, filtered for one."""
    await page.get_by_label("Model", exact=True).fill(MODEL)
    await page.get_by_role("button", name="Show", exact=True).click()
    await expect(page.locator("tbody tr")).to_have_count(1)
    await expect(page).to_have_url(re.compile("model="))
    await expect(page.locator("#main")).to_be_focused()
    await expect(page.get_by_role("alert")).to_have_count(0)
    async with page.expect_download() as coming:
        await page.get_by_role("link", name="Download as CSV").click()
    await (await coming.value).save_as(sheet)
    with sheet.open(newline="") as opened:
        return [row["model"] for row in csv.DictReader(opened)]


async def test_from_the_owners_chat_to_changes_that_act(tmp_path: Path, browser: Browser) -> None:
    async with DemoVenice() as venice, FakeDiscord() as dc:
        ann, bob = dc.user("Ann"), dc.user("Bob")
        guild = dc.guild("Canal")
        for person in (ann, bob):
            dc.member(guild, person)
        room = dc.channel(guild, "general")
        access = {"DISCORD_TOKEN": dc.token, "DISCORD_BASE_URL": dc.base_url}
        async with house(tmp_path, venice, **access, GONDOLA_OWNERS=f"discord:{ann.id}"):
            await dc.ready()
            await dc.wait_for(lambda: bool(dc.world.syncs), WAIT)
            dc.say(room, bob, "Good morning", mention_bot=True)
            await dc.wait_for(lambda: "Regenerate" in str([one.components for one in dc.answers(room)]), WAIT)
            invited = dc.slash(room, ann, "dashboard")
            await dc.wait_for(lambda: "/dashboard/sign-in?token=" in invited.text, WAIT)
            link = re.search(r"http://\S+/dashboard/sign-in\?token=[\w-]+", invited.text)
            assert link is not None

            window = Window(await browser.new_page(viewport={"width": 1200, "height": 900}))
            page = window.page
            await page.goto(link[0])
            await page.get_by_role("button", name="Sign in on this browser").click()
            await expect(page.get_by_role("heading", name="Overview", level=1)).to_be_visible()
            await expect(page.get_by_role("button", name="Sign out", exact=True)).to_be_visible()

            await page.get_by_role("link", name="Servers").click()
            await page.get_by_role("link", name="Canal", exact=True).first.click()
            await choose_model(page)

            await page.get_by_role("link", name="Live").click()
            await expect(page.locator("#state")).to_have_text("Connected.")
            dc.say(room, bob, "And how is the water?", mention_bot=True)
            await dc.wait_for(lambda: len(asked(venice)) == 2, WAIT)
            assert MODEL in asked(venice)[-1], "the setting acts at once"
            await expect(page.locator("#tail")).to_contain_text("answered")
            assert "water" not in await page.locator("main").inner_text()

            await page.get_by_role("link", name="Caps").click()
            await cap_everybody(page)
            dc.say(room, bob, "One more?", mention_bot=True)
            await dc.wait_for(lambda: "Your daily limit of 2" in dc.transcript(room), WAIT)

            await page.get_by_role("link", name="Ledger").click()
            assert await downloaded(page, tmp_path / "sheet.csv") == [MODEL]

            await page.get_by_role("link", name="Audit").click()
            await expect(page.locator("tbody")).to_contain_text(MODEL)
            await page.get_by_role("button", name="Sign out everywhere").click()
            await expect(page.get_by_role("heading", name="Sign in to the dashboard")).to_be_visible()
            await page.goto(link[0])
            await page.get_by_role("button", name="Sign in on this browser").click()
            await expect(page.get_by_role("alert")).to_contain_text("not valid any more")
            assert [one for one in window.complaints if "422" not in one and "403" not in one] == []
