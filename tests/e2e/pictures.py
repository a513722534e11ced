"""Takes the pictures of docs/dashboard.md anew, from a whole house that has lived through a day: the real
adapters over fake Discord and Telegram, the demo Venice, a real browser. It takes some minutes.

    DASHBOARD_SCREENSHOTS=docs/images PYTHONPATH=$PWD .venv/bin/python -m tests.e2e.pictures
"""

from __future__ import annotations

import asyncio
import math
import os
import random
import re
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from playwright.async_api import Browser, Page

    from bot.app import House
    from bot.demo import DemoVenice
    from tests.fakes.discord import Channel, FakeDiscord, User
    from tests.fakes.telegram import FakeTelegram

STEP = 900.0
STEPS = 94
"""Quarters of an hour that are lived through."""
ASKED = (
    "How do tides work?",
    "Good morning!",
    "What is new in Venice this week?",
    "Write a haiku about fog",
    "Explain black holes to a child",
    "Which boats have no keel?",
)
_now = time.time


class Day:
    """A clock that is set forward by quarters of an hour. `behind` is how far it is from now, in seconds."""

    def __init__(self) -> None:
        self.behind = STEP * STEPS

    def __call__(self) -> float:
        return _now() - self.behind


class Town:
    """Who talks to the house, and where."""

    def __init__(self, dc: FakeDiscord, tg: FakeTelegram, venice: DemoVenice, day: Day) -> None:
        self._dc, self._tg, self._venice, self._day = dc, tg, venice, day
        self._dice = random.Random(7)
        self.ann = dc.user("Ann")
        people = [self.ann, *(dc.user(name) for name in ("Bob", "Chiara", "Dario", "Elena"))]
        self._rooms: list[Callable[[str], object]] = []
        for title, channels in {
            "Lagoon rowers": ("general", "boats", "kitchen"),
            "Glass workshop": ("furnace", "orders"),
            "Night school": ("maths",),
        }.items():
            guild = dc.guild(title)
            self.last = f"server:discord:{guild.id}"
            for person in people:
                dc.member(guild, person)
            for name in channels:
                self._rooms.append(self._talker(dc.channel(guild, name), people))
        friends = [tg.user(name) for name in ("Fosca", "Gino", "Ines")]
        group = tg.group("Sunday market", friends)
        bot = f"@{tg.bot.username}"
        self._rooms.append(lambda text: tg.say(group, self._dice.choice(friends), f"{bot} {text}"))
        self.office = dc.dm(self.ann)

    def _talker(self, room: Channel, people: Sequence[User]) -> Callable[[str], object]:
        def talk(text: str) -> object:
            return self._dc.say(room, self._dice.choice(people), text, mention_bot=True)

        return talk

    async def live(self, house: House) -> None:
        """A day: little at night, much in the evening, once in a while something goes wrong."""
        from bot.demo import Fault

        turns = 0
        for step in range(STEPS):
            hour = time.gmtime(time.time()).tm_hour
            rooms = self._dice.sample(
                self._rooms, max(0, round(2.6 + 2.8 * math.sin((hour - 9) / 24 * math.tau)))
            )
            self._venice.pace = 60 + 900 * self._dice.random()
            if step % 17 == 6:
                self._venice.faults.next("/chat/completions", Fault.status(500)).times(4)
            for talk in rooms:
                talk(self._dice.choice((*ASKED, "/image a gondola at dawn") if step % 6 == 0 else ASKED))
            turns += len(rooms)
            await self._answered(house, turns)
            self._venice.faults.clear()
            self._day.behind -= STEP
        # The clock has jumped since every platform was heard last.
        for talk in (self._rooms[0], self._rooms[-1]):
            talk("Good evening!")
        await self._answered(house, turns + 2)

    async def _answered(self, house: House, turns: int) -> None:
        async with asyncio.timeout(60):
            while sum(house.engine.workload().ended.values()) < turns:
                await asyncio.sleep(0.05)

    async def link(self) -> str:
        """What /dashboard gives the owner."""
        invited = self._dc.slash(self.office, self.ann, "dashboard")
        await self._dc.wait_for(lambda: "sign-in?token=" in invited.text, 20)
        found = re.search(r"http://\S+/dashboard/sign-in\?token=[\w-]+", invited.text)
        assert found
        return found[0]

    def greet(self) -> None:
        """A few more questions, for who watches."""
        for talk in self._rooms[:5]:
            talk("Good evening!")


class Camera:
    """Takes pictures of one page into a folder."""

    def __init__(self, page: Page, folder: Path) -> None:
        self.page = page
        self._folder = folder

    async def go(self, name: str) -> None:
        ways = self.page.get_by_role("navigation", name="Dashboard")
        await ways.get_by_role("link", name=name, exact=True).click()
        await self.page.get_by_role("heading", name=name, level=1).wait_for()

    async def cap(self, scope: str, amount: str, period: str) -> None:
        await self.page.get_by_label("For", exact=True).fill(scope)
        await self.page.get_by_label("A", exact=True).select_option(period)
        await self.page.get_by_label("At most", exact=True).fill(amount)
        await self.page.get_by_role("button", name="Set the cap").click()
        await self.page.locator("#told").get_by_text("The cap is set").wait_for()
        await self.page.evaluate("document.getElementById('told').textContent = ''")

    async def take(self, name: str, *, whole: bool = False) -> None:
        await self.page.wait_for_timeout(300)
        await self.page.screenshot(path=self._folder / f"{name}.png", full_page=whole)


async def photograph(browser: Browser, town: Town, folder: Path) -> None:
    """Sign in, set a few things, and look around."""
    context = await browser.new_context(viewport={"width": 1200, "height": 860}, color_scheme="light")
    camera = Camera(await context.new_page(), folder)
    page = camera.page
    await page.goto(await town.link())
    await page.get_by_role("button", name="Sign in on this browser").click()
    spent = await page.locator(".tiles div", has_text="Spent").locator("dd").inner_text()
    await camera.go("Live")
    await page.get_by_text("Connected.").wait_for()
    town.greet()
    await page.locator("#tail tr").nth(12).wait_for()
    await camera.take("dashboard-live")
    await camera.go("Caps")
    await camera.cap("bot", f"${float(spent.strip('$')) * 1.15:.2f}", "month")
    await camera.cap(town.last, "20", "month")
    await camera.cap("user:*", "$2", "week")
    await camera.go("Servers")
    await page.get_by_role("link", name="Lagoon rowers", exact=True).first.click()
    await page.get_by_label("model", exact=True).fill("zai-org-glm-4.7-flash")
    await page.get_by_role("button", name="Save model", exact=True).click()
    await page.locator("#setting-model").get_by_text("saved").wait_for()
    await camera.take("dashboard-settings")
    await camera.go("Overview")
    over = page.locator("#stage-1 .u-over")
    box = await over.bounding_box()
    assert box
    await over.hover(position={"x": box["width"] * 0.28, "y": 60})
    await camera.take("dashboard", whole=True)
    await page.emulate_media(color_scheme="dark")
    await camera.go("Ledger")
    await camera.take("dashboard-ledger")
    phone = await browser.new_context(
        viewport={"width": 390, "height": 844},
        color_scheme="dark",
        is_mobile=True,
        has_touch=True,
        storage_state=await context.storage_state(),
    )
    small = Camera(await phone.new_page(), folder)
    await small.page.goto(page.url.replace("/ledger", ""))
    await small.take("dashboard-phone")


async def main(folder: Path) -> None:
    day = Day()
    time.time = day
    # Only now: parts of the house take the clock when they are imported.
    from bot.demo import DemoVenice
    from tests.e2e.browser import chromium
    from tests.fakes.discord import FakeDiscord
    from tests.fakes.telegram import FakeTelegram
    from tests.integration.platforms import house

    async with AsyncExitStack() as stack:
        venice = await stack.enter_async_context(DemoVenice())
        dc = await stack.enter_async_context(FakeDiscord())
        tg = await stack.enter_async_context(FakeTelegram())
        town = Town(dc, tg, venice, day)
        data = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        access = {
            "DISCORD_TOKEN": dc.token,
            "DISCORD_BASE_URL": dc.base_url,
            "TELEGRAM_TOKEN": tg.token,
            "TELEGRAM_BASE_URL": tg.base_url,
            "GONDOLA_OWNERS": f"discord:{town.ann.id}",
        }
        opened = await stack.enter_async_context(house(data, venice, **access))
        await dc.ready()
        await dc.wait_for(lambda: bool(dc.world.syncs), 20)
        await town.live(opened)
        browser = await stack.enter_async_context(chromium())
        await photograph(browser, town, folder)


if __name__ == "__main__":
    asyncio.run(main(Path(os.environ.get("DASHBOARD_SCREENSHOTS", "docs/images"))))
