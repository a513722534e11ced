"""The overview's plots: read by pointer and keyboard, zoomed, renewed, resized, in both themes."""

from __future__ import annotations

import re
from pathlib import Path

from playwright.async_api import Browser, Locator, expect

from bot.dashboard import Step
from tests.e2e.browser import needs_browser
from tests.e2e.deskpage import DeskPage, opened, served
from tests.integration.web.desk import PracticeDesk

pytestmark = needs_browser
STEPS = 96
SEEN = """plot => {
  const { data, width, height } = plot.querySelector("canvas").getContext("2d")
    .getImageData(0, 0, plot.querySelector("canvas").width, plot.querySelector("canvas").height);
  const seen = new Set();
  for (let at = 0; at < data.length; at += 4)
    if (data[at + 3] > 250) seen.add(`rgb(${data[at]}, ${data[at + 1]}, ${data[at + 2]})`);
  return [...seen];
}"""
"""The colours that are painted, opaque."""


def plot(there: DeskPage, title: str) -> Locator:
    return there.page.locator("figure").filter(has=there.page.get_by_text(title, exact=True))


def slider(there: DeskPage, title: str) -> Locator:
    return there.page.get_by_role("slider", name=title, exact=True)


async def test_a_plot_is_read_where_the_pointer_is(there: DeskPage) -> None:
    page = there.page
    await there.goto("")
    times = plot(there, "Time to answer")
    over = times.locator(".u-over")
    await over.hover(position={"x": 4, "y": 40})
    await expect(times.locator(".when")).to_have_text(re.compile(r"^27 Nov 10:\d\d$"))
    await expect(times.locator("output")).to_have_text(re.compile(r"^Median \d\.\d s95 % within \d+\.\d s$"))
    await expect(plot(there, "Spend").locator("output")).to_have_text(re.compile(r"^\$0\.0\d$"))
    assert await times.locator("output").evaluate("one => one.scrollWidth <= one.clientWidth"), (
        "all of it is seen"
    )
    box = await over.bounding_box()
    assert box is not None
    await over.hover(position={"x": box["width"] * 23.5 / STEPS, "y": 40})
    await expect(times.locator("output")).to_have_text("Median –95 % within –")
    assert await over.bounding_box() == box, "nothing moves under the pointer"
    await page.get_by_role("heading", name="Overview").hover()
    await expect(times.locator("output")).to_be_hidden()
    await times.get_by_text("In numbers").click()
    await expect(times.get_by_role("columnheader", name="95 % within")).to_be_visible()
    assert there.complaints == []


async def test_a_plot_is_read_and_zoomed_by_keyboard(there: DeskPage) -> None:
    page = there.page
    await there.goto("")
    spend = slider(there, "Spend")
    await expect(spend).to_have_attribute("aria-valuenow", str(STEPS - 1))
    await spend.focus()
    await page.keyboard.press("Home")
    await expect(spend).to_have_attribute("aria-valuenow", "0")
    await expect(spend).to_have_attribute("aria-valuetext", re.compile(r"^27 Nov \d\d:\d\d: \$0\.02$"))
    await page.keyboard.press("PageUp")
    await page.keyboard.press("ArrowRight")
    await expect(spend).to_have_attribute("aria-valuenow", "11")
    await expect(plot(there, "Messages").locator("output")).to_have_text(re.compile(r"^1\d$"))
    whole = page.get_by_role("button", name="Show the whole time")
    await expect(whole).to_be_hidden()
    for _ in range(3):
        await page.keyboard.press("+")
    await expect(whole).to_be_visible()
    await page.keyboard.press("End")
    await expect(spend).not_to_have_attribute("aria-valuenow", str(STEPS - 1))
    await page.keyboard.press("Escape")
    await expect(whole).to_be_hidden()
    await page.keyboard.press("End")
    await expect(spend).to_have_attribute("aria-valuenow", str(STEPS - 1))
    await page.keyboard.press("Tab")
    await expect(plot(there, "Spend").locator("output")).to_be_hidden()
    assert there.complaints == []


async def test_dragging_zooms_all_plots_until_the_whole_is_asked_for(there: DeskPage) -> None:
    page = there.page
    await there.goto("")
    box = await plot(there, "Messages").locator(".u-over").bounding_box()
    assert box is not None
    across = [box["x"] + box["width"] * share for share in (0.5, 0.75)]
    await page.mouse.move(across[0], box["y"] + 30)
    await page.mouse.down()
    await page.mouse.move(across[1], box["y"] + 30, steps=4)
    await page.mouse.up()
    whole = page.get_by_role("button", name="Show the whole time")
    await expect(whole).to_be_visible()
    spend = slider(there, "Spend")
    await spend.focus()
    await page.keyboard.press("Home")
    first = int(await spend.get_attribute("aria-valuenow") or 0)
    assert STEPS // 2 - 1 <= first <= STEPS // 2 + 1, "the other plots follow"
    await there.renew()
    await expect(spend).to_be_focused()
    await expect(whole).to_be_visible()
    await page.keyboard.press("Home")
    await expect(spend).to_have_attribute("aria-valuenow", str(first))
    await whole.click()
    await expect(whole).to_be_hidden()
    assert there.complaints == []


async def test_new_numbers_are_drawn_where_the_plot_is(there: DeskPage) -> None:
    page = there.page
    await there.goto("")
    await page.evaluate("window.canvas = document.querySelector('#stage-1 canvas')")
    await page.get_by_role("link", name="7 days").click()
    await expect(page.get_by_role("link", name="7 days")).to_have_attribute("aria-current", "true")
    await expect(page).to_have_url(f"{there.address}?span=7d")
    await expect(slider(there, "Messages")).to_have_attribute("aria-valuemax", "83")
    assert await page.evaluate("window.canvas.isConnected"), "the chart is kept"
    there.desk.empty = True
    await there.renew()
    await expect(page.get_by_text("Nothing in this time.")).to_have_count(5)
    there.desk.empty = False
    await there.renew()
    await expect(page.locator("canvas")).to_have_count(5)
    await page.go_back()
    await expect(page.get_by_role("link", name="24 hours")).to_have_attribute("aria-current", "true")
    await expect(page.locator("canvas")).to_have_count(5)
    assert there.complaints == []


async def test_colours_follow_the_theme_and_the_width_follows_the_window(there: DeskPage) -> None:
    page = there.page
    await page.emulate_media(color_scheme="light")
    await there.goto("")
    messages = plot(there, "Messages")
    assert "rgb(14, 110, 120)" in await messages.evaluate(SEEN)
    await page.get_by_role("button", name="Dark theme").click()
    await page.wait_for_function(
        f"plot => ({SEEN})(plot).includes('rgb(99, 196, 205)')", arg=await messages.element_handle()
    )
    assert "rgb(14, 110, 120)" not in await messages.evaluate(SEEN)
    await page.set_viewport_size({"width": 360, "height": 700})
    stage = await messages.locator(".stage").bounding_box()
    assert stage is not None
    await page.wait_for_function(
        "wide => Math.abs(document.querySelector('#stage-1 canvas').clientWidth - wide) < 2",
        arg=stage["width"],
    )
    assert [one for one in there.complaints if "getImageData" not in one] == []


class SparseDesk(PracticeDesk):
    """Every second step alone."""

    def _step(self, at: float, n: int) -> Step:
        return Step(at, 1, 0, 900, 2.0, 3.0, 0.5) if n % 2 else Step(at)


async def test_a_step_with_nothing_beside_it_is_seen(tmp_path: Path, browser: Browser) -> None:
    async with served(tmp_path, kept := SparseDesk()) as address:
        there = await opened(browser, kept, address)
        await there.page.emulate_media(color_scheme="light")
        await there.goto("")
        seen = await plot(there, "Time to answer").evaluate(SEEN)
        assert {"rgb(14, 110, 120)", "rgb(138, 90, 0)"} <= set(seen)
