"""The dashboard's doors in a real browser over a whole house: who asks is let in, an admin changes rules
and permits, with the keyboard and without scripts."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import Browser, Page, expect

from bot.demo import DemoVenice
from tests.e2e.accessible import faults
from tests.e2e.browser import chromium, needs_browser
from tests.fakes.discord import FakeDiscord
from tests.integration.platforms import house
from tests.integration.test_voice_on_platforms import WAIT, asked

pytestmark = needs_browser


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    async with chromium() as started:
        yield started


async def enter(page: Page, text: str) -> None:
    """Use the link in a message."""
    link = re.search(r"http://\S+/dashboard/sign-in\?token=\w+", text)
    assert link is not None, text
    await page.goto(link[0])
    await page.get_by_role("button", name="Sign in on this browser").click()
    await expect(page.get_by_role("heading", name="Overview", level=1)).to_be_visible()


@pytest.mark.parametrize("scripts", [True, False])
async def test_doors_from_the_browser_act_in_the_chat(
    tmp_path: Path, browser: Browser, scripts: bool
) -> None:
    async with DemoVenice() as venice, FakeDiscord() as dc:
        ann, bob, eve = dc.user("Ann"), dc.user("Bob"), dc.user("Eve")
        guild = dc.guild("Canal")
        dc.member(guild, ann)
        dc.member(guild, bob, permissions=["manage_guild"])
        dc.member(guild, eve)
        artists = dc.role(guild, "artists")
        room = dc.channel(guild, "general")
        settings = {
            "DISCORD_TOKEN": dc.token,
            "DISCORD_BASE_URL": dc.base_url,
            "GONDOLA_OWNERS": f"discord:{ann.id}",
            "GONDOLA_ACCESS": "closed",
        }
        async with house(tmp_path, venice, {"pairing": "on"}, **settings):
            await dc.ready()
            await dc.wait_for(lambda: bool(dc.world.syncs), WAIT)
            asks = dc.slash(room, bob, "help")
            await dc.wait_for(lambda: re.search(r"[A-Z]{4}-[A-Z]{4}", asks.text) is not None, WAIT)
            code = re.search(r"[A-Z]{4}-[A-Z]{4}", asks.text)
            assert code is not None

            # The owner lets the server in.
            invited = dc.slash(room, ann, "dashboard")
            await dc.wait_for(lambda: "?token=" in invited.text, WAIT)
            mine = await browser.new_context(java_script_enabled=scripts)
            page = await mine.new_page()
            await enter(page, invited.text)
            await page.get_by_role("link", name="Doors", exact=True).click()
            row = page.locator("#waiting tbody tr")
            await expect(row).to_contain_text("an admin, for the server Canal")
            await expect(row).to_contain_text(code[0][-2:])
            await page.get_by_role("button", name=f"Approve the code ending in {code[0][-2:]}").click()
            await expect(page.get_by_text("It is decided.")).to_be_visible()
            await expect(page.locator("#rules tbody")).to_contain_text("Canal")
            dc.say(room, eve, "Good morning", mention_bot=True)
            await dc.wait_for(lambda: len(asked(venice)) == 1, WAIT)

            # The server's admin says who may draw, and shuts somebody out.
            own = dc.slash(room, bob, "dashboard")
            await dc.wait_for(lambda: "?token=" in own.text, WAIT)
            theirs = await browser.new_context(java_script_enabled=scripts)
            page = await theirs.new_page()
            await enter(page, own.text)
            await page.get_by_role("link", name="Doors", exact=True).click()
            await expect(page.get_by_role("heading", name="Door of Canal", level=1)).to_be_visible()
            await expect(page.locator("#entry")).to_contain_text("Let in by an owner of this bot.")
            await page.get_by_label("What", exact=True).select_option("command:image")
            await page.get_by_label("Is for", exact=True).select_option(label="artists")
            await page.get_by_role("button", name="Set", exact=True).press("Enter")
            await expect(page.locator("#permits tbody")).to_contain_text("role artists")
            drawn = dc.slash(room, eve, "image", {"prompt": "a boat"})
            await dc.wait_for(lambda: f"<@&{artists.id}>" in drawn.text, WAIT)
            await page.get_by_label("By id").fill("Eve")
            await page.locator("#rules").get_by_role("button", name="Shut out", exact=True).first.click()
            await expect(page.locator("#rules").get_by_role("alert")).to_contain_text("Write an id")
            await expect(page.get_by_label("By id")).to_have_value("Eve")
            await page.get_by_label("By id").fill(str(eve.id))
            await page.locator("#rules").get_by_role("button", name="Shut out", exact=True).first.click()
            await expect(page.locator("#rules tbody")).to_contain_text("shut out")
            assert str(eve.id) not in await page.content()
            if scripts:
                assert await faults(page) == []
            dc.say(room, eve, "Am I still in?", mention_bot=True)
            dc.say(room, bob, "Good evening", mention_bot=True)
            await dc.wait_for(lambda: len(asked(venice)) == 2, WAIT)
            assert "evening" in asked(venice)[-1]
            assert dc.violations == []
