"""/catchup through the real adapters: for the asker alone, with links, and only as far as people agreed."""

from __future__ import annotations

import asyncio
from pathlib import Path

from bot.app import House
from bot.demo import DemoVenice
from tests.fakes.discord import FakeDiscord
from tests.fakes.telegram import FakeTelegram
from tests.integration.platforms import house
from tests.integration.test_memory_on_platforms import asked

WAIT = 8


async def remembered(opened: House, conversation: str) -> None:
    """Wait until a question is in memory with its answer, a moment after people see it."""
    async with asyncio.timeout(WAIT):
        while len(await opened.parts.store.memory.recent(conversation, 5)) < 2:
            await asyncio.sleep(0.02)


def everything_in(folder: Path) -> bytes:
    """All files of a folder."""
    return b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())


async def test_on_discord_only_what_was_said_since_with_links(tmp_path: Path, venice: DemoVenice) -> None:
    async with (
        FakeDiscord() as dc,
        house(tmp_path, venice, {"catchup": "on"}, DISCORD_TOKEN=dc.token, DISCORD_BASE_URL=dc.base_url),
    ):
        ann, bob = dc.user("Ann"), dc.user("Bob")
        guild = dc.guild("Canal")
        for person in (ann, bob):
            dc.member(guild, person)
        room = dc.channel(guild, "general")
        await dc.ready()
        await dc.wait_for(lambda: bool(dc.world.syncs), WAIT)
        dc.say(room, bob, "Nobody needs this old line")
        mine = dc.say(room, ann, "Off to lunch")
        missed = dc.say(room, bob, "We meet on Friday <lines>")
        used = dc.slash(room, ann, "catchup")
        await dc.wait_for(lambda: "What you missed" in used.text, WAIT)
        base = f"https://discord.com/channels/{guild.id}/{room.id}"
        assert f"[your message](<{base}/{mine.id}>)" in used.text
        assert f"Bob: We meet on Friday ‹lines› [[1]](<{base}/{missed.id}>)" in used.text
        assert "old line" not in str(asked(venice))
        assert all(message.ephemeral for message in used.messages)
        empty = dc.slash(room, bob, "catchup")
        await dc.wait_for(lambda: "nothing that was said here since" in empty.text, WAIT)
        assert b"Friday" not in everything_in(tmp_path)
        assert dc.violations == []


async def test_on_discord_nothing_is_read_unless_the_place_agreed(tmp_path: Path, venice: DemoVenice) -> None:
    async with (
        FakeDiscord() as dc,
        house(tmp_path, venice, DISCORD_TOKEN=dc.token, DISCORD_BASE_URL=dc.base_url) as opened,
    ):
        ann, bob = dc.user("Ann"), dc.user("Bob")
        guild = dc.guild("Canal")
        for person in (ann, bob):
            dc.member(guild, person)
        room = dc.channel(guild, "general")
        await dc.ready()
        await dc.wait_for(lambda: bool(dc.world.syncs), WAIT)
        dc.say(room, bob, "A secret among us")
        dc.say(room, bob, "What is the capital of France?", mention_bot=True)
        await remembered(opened, f"discord:{guild.id}:{room.id}:")
        used = dc.slash(room, ann, "catchup")
        await dc.wait_for(lambda: "/settings catchup on" in used.text, WAIT)
        assert "capital of France" in used.text
        assert "secret" not in str(asked(venice))
        assert dc.violations == []


async def test_whoever_may_not_read_a_channels_history_is_not_told_it(
    tmp_path: Path, venice: DemoVenice
) -> None:
    async with (
        FakeDiscord() as dc,
        house(tmp_path, venice, {"catchup": "on"}, DISCORD_TOKEN=dc.token, DISCORD_BASE_URL=dc.base_url),
    ):
        ann, bob = dc.user("Ann"), dc.user("Bob")
        guild = dc.guild("Canal")
        for person in (ann, bob):
            dc.member(guild, person)
        room = dc.channel(guild, "general")
        dc.permissions(room, ann, read_message_history=False)
        await dc.ready()
        await dc.wait_for(lambda: bool(dc.world.syncs), WAIT)
        dc.say(room, bob, "We meet on Friday")
        used = dc.slash(room, ann, "catchup")
        await dc.wait_for(lambda: "the platform does not let me" in used.text, WAIT)
        assert "Friday" not in used.text + str(asked(venice))
        dc.permissions(room, ann, read_message_history=True)
        allowed = dc.slash(room, ann, "catchup")
        await dc.wait_for(lambda: "We meet on Friday" in allowed.text, WAIT)
        assert dc.violations == []


async def test_on_telegram_it_comes_in_the_private_chat(tmp_path: Path, venice: DemoVenice) -> None:
    async with (
        FakeTelegram() as tg,
        house(tmp_path, venice, TELEGRAM_TOKEN=tg.token, TELEGRAM_BASE_URL=tg.base_url) as opened,
    ):
        ann, bob = tg.user("Ann"), tg.user("Bob")
        group = tg.group("Canal", [ann, bob])
        tg.say(group, bob, f"@{tg.bot.username} what is the capital of France?")
        await remembered(opened, f"telegram:{group.id}:{group.id}:")
        tg.say(group, ann, f"/catchup@{tg.bot.username}")
        await tg.wait_for(lambda: len(tg.replies(group)) == 2, timeout=WAIT)
        assert "press Start" in tg.replies(group)[1].text
        chat = tg.private(ann)
        tg.say(group, ann, f"/catchup@{tg.bot.username}")
        await tg.wait_for(lambda: bool(tg.replies(chat)), timeout=WAIT)
        assert "Canal" in tg.replies(chat)[0].text
        assert "capital of France" in tg.replies(chat)[0].text
        await tg.wait_for(lambda: len(tg.replies(group)) == 3, timeout=WAIT)
        assert tg.replies(group)[2].text == "I have told you in our private chat."
        tg.say(chat, ann, "/catchup")
        await tg.wait_for(lambda: "you missed nothing" in tg.replies(chat)[-1].text, timeout=WAIT)
        assert tg.violations == []
