"""Removed while nobody listened: through the real adapters, over restarts of the house."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from adapters.telegram import belonging
from bot.app import House
from bot.demo import DemoVenice
from bot.messages import Done, Notice, Place, Target
from tests.fakes.discord import FakeDiscord
from tests.fakes.telegram import FakeTelegram
from tests.integration.platforms import house

WAIT = 15


@asynccontextmanager
async def on_telegram(folder: Path, venice: DemoVenice, tg: FakeTelegram) -> AsyncGenerator[House]:
    async with house(folder, venice, TELEGRAM_TOKEN=tg.token, TELEGRAM_BASE_URL=tg.base_url) as home:
        yield home


@asynccontextmanager
async def on_discord(folder: Path, venice: DemoVenice, dc: FakeDiscord) -> AsyncGenerator[House]:
    async with house(folder, venice, DISCORD_TOKEN=dc.token, DISCORD_BASE_URL=dc.base_url) as home:
        await dc.ready()
        yield home


async def departed(home: House, expected: set[str]) -> None:
    async with asyncio.timeout(WAIT):
        while {one.server for one in await home.parts.store.retention.departed()} != expected:
            await asyncio.sleep(0.02)


async def test_removed_from_and_returned_to_discord_servers_while_stopped(
    tmp_path: Path, venice: DemoVenice
) -> None:
    async with FakeDiscord() as dc:
        bob = dc.user("Bob")
        guilds = [dc.guild(name) for name in ("Canal", "Lagoon", "Down")]
        rooms = [dc.channel(guild, "general") for guild in guilds]
        for guild in guilds:
            dc.member(guild, bob)
        async with on_discord(tmp_path, venice, dc):
            for room in rooms:
                dc.say(room, bob, "hello", mention_bot=True)
            await dc.wait_for(lambda: all(len(dc.answers(room)) == 1 for room in rooms), WAIT)
        canal, lagoon, down = guilds
        dc.remove_bot(canal)
        dc.gateway.down.add(down.id)
        before = time.time()
        async with on_discord(tmp_path, venice, dc) as home:
            await departed(home, {f"server:discord:{canal.id}"})
            [one] = await home.parts.store.retention.departed()
            assert one.left_at >= before
            dc.say(rooms[1], bob, "still here?", mention_bot=True)
            await dc.wait_for(lambda: len(dc.answers(rooms[1])) == 2, WAIT)
            await departed(home, {f"server:discord:{canal.id}"})  # an outage is no removal
        dc.add_bot(canal)
        dc.remove_bot(lagoon)
        async with on_discord(tmp_path, venice, dc) as home:
            await departed(home, {f"server:discord:{lagoon.id}"})
        assert dc.violations == []


async def test_removed_from_telegram_groups_while_stopped(
    tmp_path: Path, venice: DemoVenice, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(belonging, "PAUSE", 0.01)
    async with FakeTelegram() as tg:
        ann = tg.user("Ann")
        groups = [tg.group(name, [ann]) for name in ("Canal", "Lagoon", "Long ago", "Here")]
        async with on_telegram(tmp_path, venice, tg):
            for group in groups:
                tg.say(group, ann, f"@{tg.bot.username} hello")
            await tg.wait_for(lambda: all(len(tg.replies(group)) == 1 for group in groups), timeout=WAIT)
        canal, lagoon, long_ago, _ = groups
        tg.remove_bot(canal, ann)  # its update is kept for a day
        tg.remove_bot(lagoon, ann)
        long_ago.bot_status = "kicked"  # without an update: it was dropped after a day
        async with on_telegram(tmp_path, venice, tg) as home:
            await departed(home, {f"server:telegram:{one.id}" for one in (canal, lagoon, long_ago)})
        lagoon.bot_status = "member"
        async with on_telegram(tmp_path, venice, tg) as home:
            await departed(home, {f"server:telegram:{one.id}" for one in (canal, long_ago)})
        assert tg.violations == []


async def test_a_group_that_says_so_when_it_is_written_to(tmp_path: Path, venice: DemoVenice) -> None:
    async with FakeTelegram() as tg, on_telegram(tmp_path, venice, tg) as home:
        ann = tg.user("Ann")
        group, chat = tg.group("Canal", [ann]), tg.private(ann)
        tg.say(group, ann, f"@{tg.bot.username} hello")
        tg.say(chat, ann, "hello")
        await tg.wait_for(lambda: len(tg.replies(group)) + len(tg.replies(chat)) == 2, timeout=WAIT)
        group.bot_status = "kicked"
        ann.blocked = True
        for number, channel in enumerate((chat.id, group.id)):
            space = "" if channel == chat.id else str(channel)
            place = Place("telegram", space, str(channel))
            answer = home.parts.delivery.open(Target(place), f"a{number}")
            answer.push(Notice("A reminder"))
            answer.push(Done())
            delivered = await answer.finish()
            assert delivered.failure is not None
        await departed(home, {f"server:telegram:{group.id}"})


async def test_telegram_is_asked_for_news_of_membership(tmp_path: Path, venice: DemoVenice) -> None:
    async with FakeTelegram() as tg, on_telegram(tmp_path, venice, tg):
        await tg.wait_for(lambda: bool(tg.calls_of("getUpdates")), timeout=WAIT)
        assert "my_chat_member" in str(tg.calls_of("getUpdates")[0].params)
