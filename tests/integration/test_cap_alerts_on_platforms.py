"""Who hears that a cap is nearly used, through the real adapters."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from bot.app import House
from bot.demo import DemoVenice
from bot.engine.account import capwatch
from bot.records import ALL_MEDIA, Cap, CapPeriod, CapUnit
from tests.fakes.discord import FakeDiscord
from tests.fakes.telegram import FakeTelegram
from tests.integration.platforms import house
from tests.integration.test_voice_on_platforms import WAIT

PLAIN = {"tools": "off", "web_search": "off", "saving": "off", "owner_free": "off", "long_memory": "off"}


@pytest.fixture(autouse=True)
def often(monkeypatch: pytest.MonkeyPatch) -> None:
    """Caps are looked at five times a second."""
    monkeypatch.setattr(capwatch, "CHECK_SECONDS", 0.2)


async def used(opened: House, scope: str, percent: int) -> None:
    """Set a cap of which this much is used by what was spent so far."""
    spent = sum(row.cost for row in await opened.parts.store.money.usage(since=0))
    cap = Cap(scope, ALL_MEDIA, CapUnit.MONEY, CapPeriod.DAY, spent * 100 // percent)
    await opened.parts.caps.put(cap, time.time())


async def test_on_telegram_a_direct_chats_cap_is_told_there_and_the_bots_to_its_owner(
    tmp_path: Path, venice: DemoVenice
) -> None:
    async with FakeTelegram() as tg:
        ann, bob = tg.user("Ann"), tg.user("Bob")
        hers, his = tg.private(ann), tg.private(bob)
        owners = f"telegram:{ann.id}"
        async with house(
            tmp_path,
            venice,
            {**PLAIN, "timezone": "Europe/Berlin"},
            TELEGRAM_TOKEN=tg.token,
            TELEGRAM_BASE_URL=tg.base_url,
            GONDOLA_OWNERS=owners,
        ) as opened:

            def of(chat: object, words: str) -> list[str]:
                found = tg.replies(hers) if chat is hers else tg.replies(his)
                return [str(one.text) for one in found if words in str(one.text)]

            tg.say(his, bob, "Good morning")
            await tg.wait_for(lambda: len(tg.replies(his)) == 1, timeout=WAIT)
            await opened.parts.engine.idle()
            await used(opened, "channel:*", 85)
            tg.say(his, bob, "Good evening")
            await tg.wait_for(lambda: bool(of(his, "% used (")), timeout=WAIT)
            [alert] = of(his, "% used (")
            assert alert.startswith("This channel's daily limit of $0.00")
            assert "(Europe/Berlin, in " in alert

            tg.say(hers, ann, "/caps")
            await tg.wait_for(lambda: bool(of(hers, "Caps that hold here")), timeout=WAIT)
            await opened.parts.caps.clear(
                "channel:*", ALL_MEDIA, CapUnit.MONEY, CapPeriod.DAY, at=time.time()
            )
            await used(opened, "bot", 85)
            tg.say(his, bob, "Good night")
            await tg.wait_for(lambda: bool(of(hers, "% used (")), timeout=WAIT)
            [told] = of(hers, "% used (")
            assert told.startswith("The bot's daily limit of $0.00")
            assert len(of(his, "% used (")) == 1, "no business of his"
            assert tg.violations == []


async def test_on_discord_a_servers_cap_is_told_to_owners_and_to_who_manages_it(
    tmp_path: Path, venice: DemoVenice
) -> None:
    async with FakeDiscord() as dc:
        ann, bob, mo = dc.user("Ann"), dc.user("Bob"), dc.user("Mo")
        guild = dc.guild("Canal")
        for person in (ann, bob):
            dc.member(guild, person)
        dc.member(guild, mo, permissions=["manage_guild", "manage_channels"])
        room, hers, his = dc.channel(guild, "general"), dc.dm(ann), dc.dm(bob)
        async with house(
            tmp_path,
            venice,
            PLAIN,
            DISCORD_TOKEN=dc.token,
            DISCORD_BASE_URL=dc.base_url,
            GONDOLA_OWNERS=f"discord:{ann.id}",
        ) as opened:
            await dc.ready()
            dc.say(hers, ann, "Good morning")
            await dc.wait_answers(hers, 1, WAIT)
            dc.say(his, bob, "Good morning")
            await dc.wait_answers(his, 1, WAIT)
            await opened.parts.engine.idle()
            await used(opened, "channel:*", 170)
            dc.say(his, bob, "Good evening")
            await dc.wait_text(his, "This channel's daily limit of $0.00", WAIT)
            await opened.parts.caps.clear(
                "channel:*", ALL_MEDIA, CapUnit.MONEY, CapPeriod.DAY, at=time.time()
            )

            dc.say(room, bob, "Good morning", mention_bot=True)
            await dc.wait_answers(room, 1, WAIT)
            await opened.parts.engine.idle()
            lines = await opened.parts.store.money.usage(since=0, server=f"server:discord:{guild.id}")
            spent = sum(row.cost for row in lines)
            cap = Cap(
                f"server:discord:{guild.id}", ALL_MEDIA, CapUnit.MONEY, CapPeriod.DAY, spent * 100 // 85
            )
            await opened.parts.caps.put(cap, time.time())
            dc.say(room, bob, "Good evening", mention_bot=True)
            await dc.wait_text(hers, "This server's daily limit of $0.00", WAIT)
            assert "% used (" not in dc.transcript(room), "nobody there manages it"
            dc.say(room, mo, "What is going on?", mention_bot=True)
            await dc.wait_text(room, "% used (", WAIT)
            dc.say(room, mo, "Anything else?", mention_bot=True)
            await opened.parts.engine.idle()
            assert dc.transcript(room).count("% used (") == 1
            assert dc.violations == []
