"""Long memory through the real adapters: remembered with an Undo, listed with links, never told elsewhere."""

from __future__ import annotations

from pathlib import Path

from bot.demo import DemoVenice
from tests.fakes.discord import FakeDiscord
from tests.fakes.telegram import FakeTelegram
from tests.integration.platforms import discord_env, house, listening, on_discord, on_telegram, telegram_env

CHAT = "/chat/completions"
WAIT = 8


def asked(venice: DemoVenice) -> list[str]:
    return [str(request.json) for request in venice.requests if request.path == CHAT]


async def test_on_telegram(tmp_path: Path, venice: DemoVenice) -> None:
    async with on_telegram(tmp_path, venice) as at:
        tg, ann, chat, group = at.tg, at.ann, at.chat, at.group
        tg.say(chat, ann, "My dog is Bello.")
        await tg.wait_for(lambda: any("Remembered" in m.text for m in tg.replies(chat)), timeout=WAIT)
        told = next(m for m in tg.replies(chat) if "Remembered" in m.text)
        assert told.text == "Remembered about you: The person's dog is Bello."
        assert [button.text for button in told.buttons] == ["Undo"]
        tg.say(chat, ann, "/memory")
        await tg.wait_for(lambda: "What I remember about you" in tg.replies(chat)[-1].text, timeout=WAIT)
        assert "noticed on" in tg.replies(chat)[-1].text
        tg.say(group, ann, "/memory")
        await tg.wait_for(lambda: len(tg.replies(group)) == 1, timeout=WAIT)
        assert "Bello." not in tg.replies(group)[0].text
        before = len(asked(venice))
        tg.say(group, ann, f"@{tg.bot.username} what do you know about the dog?")
        await tg.wait_for(lambda: len(tg.replies(group)) == 2, timeout=WAIT)
        assert "Bello" not in str(asked(venice)[before:])
        tg.press(told, "Undo", ann)
        await tg.wait_for(lambda: any("Forgotten:" in m.text for m in tg.replies(chat)), timeout=WAIT)
        await tg.wait_for(lambda: not told.buttons, timeout=WAIT)
        tg.say(chat, ann, "/memory")
        await tg.wait_for(lambda: "I remember nothing here" in tg.replies(chat)[-1].text, timeout=WAIT)


async def test_on_discord(tmp_path: Path, venice: DemoVenice) -> None:
    async with on_discord(tmp_path, venice) as at:
        dc, bob, eve, guild, room = at.dc, at.bob, at.eve, at.guild, at.room
        dc.say(room, bob, "My dog is Bello.", mention_bot=True)
        await dc.wait_for(lambda: len(dc.answers(room)) == 1, WAIT)
        dc.slash(room, bob, "settings", {"name": "long_memory", "value": "on", "where": "user"})
        await dc.wait_for(lambda: "`long_memory` is now `on`" in dc.transcript(room), WAIT)
        said = dc.say(room, bob, "My cat is Mia.", mention_bot=True)
        await dc.wait_for(lambda: "Remembered about you" in dc.transcript(room), WAIT)
        told = next(m for m in dc.answers(room) if "Remembered" in m.content)
        assert "Bello" not in told.content
        dc.slash(room, bob, "memory")
        await dc.wait_for(lambda: "What I remember about you" in dc.transcript(room), WAIT)
        listed = next(m for m in dc.answers(room) if "What I remember" in m.content)
        assert f"https://discord.com/channels/{guild.id}/{room.id}/{said.id}" in listed.content
        assert "in Canal" in listed.content
        dc.press(told, "Undo", eve)
        await dc.wait_for(lambda: "Only the person who asked" in dc.transcript(room), WAIT)
        dc.press(told, "Undo", bob)
        await dc.wait_for(lambda: "Forgotten:" in dc.transcript(room), WAIT)
        await dc.wait_for(lambda: not told.components, WAIT)
        dc.slash(room, bob, "remember", {"text": "I like tea"})
        await dc.wait_for(lambda: "Remembered about you: I like tea" in dc.transcript(room), WAIT)
        dc.say(room, bob, "My fish is Tom.", mention_bot=True)
        await dc.wait_for(lambda: "fish is Tom" in dc.transcript(room), WAIT)


async def test_a_page_is_read_on_both(tmp_path: Path, venice: DemoVenice) -> None:
    async with (
        FakeTelegram() as tg,
        FakeDiscord() as dc,
        house(tmp_path, venice, **telegram_env(tg), **discord_env(dc)),
    ):
        ann, bob = tg.user("Ann"), dc.user("Bob")
        chat = tg.private(ann)
        await listening(dc)
        room = dc.dm(bob)
        tg.say(chat, ann, "/read https://example.org/lamps")
        await tg.wait_for(lambda: any("Sources" in m.text for m in tg.replies(chat)), timeout=WAIT)
        dc.slash(room, bob, "search", {"question": "Which lamps burn oil?", "depth": "research"})
        await dc.wait_for(lambda: "Sources" in dc.transcript(room), WAIT)
        assert "https://example.org/demo/" in dc.transcript(room)
        assert tg.violations == []
        assert dc.violations == []
