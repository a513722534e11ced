"""The catalogue, its buttons and /privacy through the real adapters, and a model stepping in on both."""

from __future__ import annotations

from pathlib import Path

from bot.demo import DemoVenice, Fault
from tests.fakes.discord import FakeDiscord
from tests.fakes.telegram import FakeTelegram
from tests.integration.platforms import discord_env, house, on_discord, on_telegram, telegram_env

CHAT = "/chat/completions"
DEFAULT = "zai-org-glm-5-2"
WAIT = 8


def asked(venice: DemoVenice) -> list[str]:
    return [request.model for request in venice.requests if request.path == CHAT]


async def test_on_telegram(tmp_path: Path, venice: DemoVenice) -> None:
    async with on_telegram(tmp_path, venice) as at:
        tg, ann, chat = at.tg, at.ann, at.chat

        def said(words: str) -> bool:
            return any(words in message.text for message in tg.replies(chat))

        tg.say(chat, ann, "/model")
        await tg.wait_for(lambda: said("page 1 of"), timeout=WAIT)
        page = next(message for message in tg.replies(chat) if "page 1 of" in message.text)
        await tg.wait_for(lambda: any(b.text == "More ›" for b in page.buttons), timeout=WAIT)
        before = len(tg.replies(chat))
        tg.press(page, "More ›", ann)
        await tg.wait_for(lambda: "page 2 of" in page.text, timeout=WAIT)
        await tg.wait_for(lambda: any(b.text == "‹ Back" for b in page.buttons), timeout=WAIT)
        assert len(tg.replies(chat)) == before
        tg.say(chat, ann, "/models text private vision cheap")
        await tg.wait_for(lambda: said("private vision cheap"), timeout=WAIT)
        cheap = tg.replies(chat)[-1]
        name = "Google Gemma 4 31B Instruct $0.12/$0.36"
        await tg.wait_for(lambda: any(b.text == name for b in cheap.buttons), timeout=WAIT)
        tg.press(cheap, name, ann)
        await tg.wait_for(lambda: said("Google Gemma 4 31B Instruct answers here from now on"), timeout=WAIT)
        tg.say(chat, ann, "/think low")
        await tg.wait_for(lambda: said("thinks at low"), timeout=WAIT)
        tg.say(chat, ann, "/privacy")
        await tg.wait_for(lambda: said("Where words go") and said("nothing is kept there"), timeout=WAIT)
        tg.say(chat, ann, "/settings min_privacy tee")
        await tg.wait_for(lambda: said("There is nothing that private for: pictures"), timeout=WAIT)
        tg.say(chat, ann, "Hello")
        await tg.wait_for(lambda: len(asked(venice)) == 1, timeout=WAIT)
        assert asked(venice)[0].startswith("e2ee-")
        await tg.wait_for(
            lambda: said("Gemma 4 31B Instruct is private, and this place asks for"), timeout=WAIT
        )


async def test_on_discord(tmp_path: Path, venice: DemoVenice) -> None:
    async with on_discord(tmp_path, venice, permissions=["manage_channels"]) as at:
        dc, bob, eve, room = at.dc, at.bob, at.eve, at.room
        dc.slash(room, bob, "models", {"kind": "text", "filter": "private"})
        await dc.wait_for(lambda: "page 1 of" in dc.transcript(room), WAIT)
        [page] = dc.answers(room)
        await dc.wait_for(lambda: "More ›" in str(page.components), WAIT)
        dc.press(page, "More ›", bob)
        await dc.wait_for(lambda: "page 2 of" in page.content, WAIT)
        await dc.wait_for(lambda: "‹ Back" in str(page.components), WAIT)
        assert len(dc.answers(room)) == 1
        dc.slash(room, eve, "model", {"name": "grok-4-3"})
        await dc.wait_for(lambda: "manages this channel" in dc.transcript(room), WAIT)
        dc.slash(room, bob, "model", {"name": "most_intelligent"})
        await dc.wait_for(lambda: "Grok 4.6" in dc.transcript(room), WAIT)
        dc.slash(room, bob, "privacy")
        await dc.wait_for(lambda: "Where words go" in str([m.content for m in dc.visible(room)]), WAIT)


async def test_a_model_steps_in_on_both(tmp_path: Path, venice: DemoVenice) -> None:
    async with (
        FakeTelegram() as tg,
        FakeDiscord() as dc,
        house(tmp_path, venice, **telegram_env(tg), **discord_env(dc)),
    ):
        ann, bob = tg.user("Ann"), dc.user("Bob")
        chat = tg.private(ann)
        guild = dc.guild("Canal")
        dc.member(guild, bob)
        room = dc.channel(guild, "general")
        await dc.ready()
        venice.faults.next(CHAT, Fault.overloaded(), model=DEFAULT)
        tg.say(chat, ann, "Hello")
        await tg.wait_for(lambda: len(tg.replies(chat)) >= 2, timeout=WAIT)
        assert tg.replies(chat)[0].text == "GLM 5.2 is overloaded, so Grok 4.3 answers this one."
        dc.say(room, bob, "Hello", mention_bot=True)
        await dc.wait_for(lambda: len(dc.answers(room)) >= 2, WAIT)
        assert dc.answers(room)[0].content == "*GLM 5.2 is overloaded, so Grok 4.3 answers this one.*"
        assert asked(venice) == [DEFAULT, "grok-4-3", "grok-4-3"]
        assert tg.violations == dc.violations == []


async def test_another_painter_and_another_voice_on_telegram(tmp_path: Path, venice: DemoVenice) -> None:
    async with on_telegram(tmp_path, venice) as at:
        tg, ann, chat = at.tg, at.ann, at.chat
        venice.faults.next("/image/generate", Fault.overloaded())
        tg.say(chat, ann, "/image a lighthouse")
        await tg.wait_for(lambda: any(one.media for one in tg.replies(chat)), timeout=WAIT)
        assert any("is overloaded, so" in one.text and "drew this" in one.text for one in tg.replies(chat))
        venice.faults.next("/audio/speech", Fault.status(503, retry_after=60))
        tg.say(chat, ann, "/voice Good evening")
        await tg.wait_for(lambda: sum(bool(one.media) for one in tg.replies(chat)) == 2, timeout=WAIT)
        await tg.wait_for(lambda: any("you hear" in one.text for one in tg.replies(chat)), timeout=WAIT)


async def test_another_painter_on_discord(tmp_path: Path, venice: DemoVenice) -> None:
    async with on_discord(tmp_path, venice) as at:
        dc, bob, room = at.dc, at.bob, at.room
        venice.faults.next("/image/generate", Fault.overloaded())
        dc.slash(room, bob, "image", {"prompt": "a lighthouse"})
        await dc.wait_for(lambda: any(one.attachments for one in dc.answers(room)), WAIT)
        assert "drew this" in dc.transcript(room)
