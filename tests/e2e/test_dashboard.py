"""The dashboard in a real browser: over a whole house with its chat, and over a desk full of rows."""

from __future__ import annotations

import asyncio
import csv
import os
import re
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Literal

import pytest
from playwright.async_api import Browser, Page, expect

from adapters.web.adapter import WebAdapter
from bot.dashboard import LiveEvent, LiveKind
from bot.demo import DemoVenice
from tests.e2e.accessible import faults
from tests.e2e.browser import Window, chromium, needs_browser
from tests.fakes.discord import FakeDiscord
from tests.integration.platforms import house
from tests.integration.test_voice_on_platforms import WAIT, asked
from tests.integration.web.desk import ADA, GENERAL, HOME, NOW, PracticeDesk
from tests.integration.web.front import PracticeFront

pytestmark = needs_browser

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
MODEL = "zai-org-glm-4.7-flash"


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    async with chromium() as started:
        yield started


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[tuple[PracticeDesk, str]]:
    """A desk with rows everywhere, and the dashboard's address."""
    kept = PracticeDesk()
    front = PracticeFront()
    adapter = WebAdapter(front, host="127.0.0.1", port=0, data_dir=tmp_path, clock=lambda: NOW, desk=kept)
    front.door = adapter.door
    task = asyncio.create_task(adapter.run(), name="page")
    await adapter.started.wait()
    yield kept, f"{adapter.url}dashboard"
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def keep(page: Page, name: str) -> None:
    """A screenshot for the guide, where DASHBOARD_SCREENSHOTS names a folder."""
    if folder := os.environ.get("DASHBOARD_SCREENSHOTS"):
        await page.screenshot(path=Path(folder) / f"dashboard-{name}.png")


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
            # A place is known once something was paid for there, and that is when the answer has ended.
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
            await page.get_by_label("model", exact=True).fill("no such model")
            await page.get_by_role("button", name="Save model", exact=True).click()
            await expect(page.locator("#setting-model").get_by_role("alert")).to_be_visible()
            await expect(page.get_by_label("model", exact=True)).to_have_value("no such model")
            await expect(page.get_by_label("model", exact=True)).to_be_focused()
            await page.get_by_label("model", exact=True).fill(MODEL)
            await page.get_by_label("model", exact=True).press("Enter")
            await expect(page.locator("#setting-model")).to_contain_text("saved")
            await expect(page.locator("#told")).to_have_text("model is saved")

            await page.get_by_role("link", name="Live").click()
            await expect(page.locator("#state")).to_have_text("Connected.")
            dc.say(room, bob, "And how is the water?", mention_bot=True)
            await dc.wait_for(lambda: len(asked(venice)) == 2, WAIT)
            assert MODEL in asked(venice)[-1], "the setting acts at once"
            await expect(page.locator("#tail")).to_contain_text("answered")
            assert "water" not in await page.locator("main").inner_text()

            await page.get_by_role("link", name="Caps").click()
            await page.get_by_label("For", exact=True).fill("user:*")
            await page.get_by_label("Of", exact=True).select_option("chat")
            await page.get_by_label("At most", exact=True).fill("2")
            await page.get_by_role("button", name="Set the cap").click()
            await expect(page.get_by_text("The cap is set.")).to_be_visible()
            await expect(page.locator(".caps")).to_contain_text("Each person")
            dc.say(room, bob, "One more?", mention_bot=True)
            await dc.wait_for(lambda: "Your daily limit of 2" in dc.transcript(room), WAIT)

            await page.get_by_role("link", name="Ledger").click()
            await page.get_by_label("Model", exact=True).fill(MODEL)
            await page.get_by_role("button", name="Show", exact=True).click()
            await expect(page.locator("tbody tr")).to_have_count(1)
            await expect(page).to_have_url(re.compile("model="))
            await expect(page.locator("#main")).to_be_focused()
            await expect(page.get_by_role("alert")).to_have_count(0)
            async with page.expect_download() as coming:
                await page.get_by_role("link", name="Download as CSV").click()
            sheet = tmp_path / "sheet.csv"
            await (await coming.value).save_as(sheet)
            with sheet.open(newline="") as opened:
                assert [row["model"] for row in csv.DictReader(opened)] == [MODEL]

            await page.get_by_role("link", name="Audit").click()
            await expect(page.locator("tbody")).to_contain_text(MODEL)
            await page.get_by_role("button", name="Sign out everywhere").click()
            await expect(page.get_by_role("heading", name="Sign in to the dashboard")).to_be_visible()
            await page.goto(link[0])
            await page.get_by_role("button", name="Sign in on this browser").click()
            await expect(page.get_by_role("alert")).to_contain_text("not valid any more")
            assert [one for one in window.complaints if "422" not in one and "403" not in one] == []


@pytest.mark.parametrize(
    ("width", "scheme"), [(1200, "light"), (1200, "dark"), (360, "light"), (360, "dark")]
)
async def test_every_page_is_for_everybody(
    browser: Browser,
    desk: tuple[PracticeDesk, str],
    width: int,
    scheme: Literal["light", "dark"],
) -> None:
    context = await browser.new_context(viewport={"width": width, "height": 760}, color_scheme=scheme)
    page = await context.new_page()
    wrong: dict[str, list[str]] = {}
    for path in PAGES:
        await page.goto(f"{desk[1]}{path}")
        if found := await faults(page):
            wrong[path] = found
        if path in ("", f"/place?scope={HOME}", "/caps", "/ledger"):
            name = path.strip("/").partition("?")[0] or "overview"
            await keep(page, f"{name}-{'phone' if width < 500 else 'wide'}-{scheme}")
    assert wrong == {}
    await context.close()


async def test_it_is_read_and_used_without_scripts(browser: Browser, desk: tuple[PracticeDesk, str]) -> None:
    kept, address = desk
    context = await browser.new_context(java_script_enabled=False)
    page = await context.new_page()
    await page.goto(address)
    await expect(page.get_by_role("img", name=re.compile("Messages in the last 24 hours"))).to_be_visible()
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


async def test_by_keyboard_alone(browser: Browser, desk: tuple[PracticeDesk, str]) -> None:
    kept, address = desk
    window = Window(await browser.new_page())
    page = window.page
    await page.goto(f"{address}/place?scope={HOME}")
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
    assert kept.values == {(HOME, "model"): "tiny"}
    assert window.complaints == []


async def test_a_plot_is_read_where_the_pointer_is(browser: Browser, desk: tuple[PracticeDesk, str]) -> None:
    window = Window(await browser.new_page(viewport={"width": 1200, "height": 900}))
    page = window.page
    await page.goto(desk[1])
    plot = page.locator(".plot").nth(2)
    await plot.locator("svg").hover(position={"x": 6, "y": 40})
    await expect(plot.locator("output")).to_contain_text(re.compile(r"Median \d\.\d s, 95th percentile"))
    await page.get_by_role("heading", name="Overview").hover()
    await expect(plot.locator("output")).to_have_text("")
    await plot.get_by_text("In numbers").click()
    await expect(plot.get_by_role("columnheader", name="95th percentile")).to_be_visible()
    assert window.complaints == []


async def test_the_live_tail_pauses_and_goes_on(browser: Browser, desk: tuple[PracticeDesk, str]) -> None:
    kept, address = desk
    window = Window(await browser.new_page(viewport={"width": 1200, "height": 700}))
    page = window.page
    await page.goto(f"{address}/live")
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
    await keep(page, "live-wide-light")
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
    assert window.complaints == []
