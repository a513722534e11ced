"""Films and sounds through the real adapters: from the card to the decoded media, and over a restart."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest

from bot.demo import DemoVenice
from bot.messages import Addressed, ButtonPress, CommandUse, Incoming, MediaKind, Person, Place
from bot.sealedfiles import FileCipher
from tests.fakes.discord import FakeDiscord
from tests.fakes.discord.state import Message as DiscordMessage
from tests.fakes.telegram import FakeTelegram
from tests.films import look_at
from tests.integration.platforms import discord_env, house, listening, on_discord, on_telegram, telegram_env
from tests.pictures import picture

WAIT = 20
QUEUES = ("/video/queue", "/audio/queue")


@pytest.fixture
async def venice() -> AsyncIterator[DemoVenice]:
    async with DemoVenice(pace=2000) as demo:
        demo.job_seconds = 0
        yield demo


def ordered(venice: DemoVenice) -> int:
    return sum(request.path in QUEUES for request in venice.requests)


def labels(message: DiscordMessage) -> str:
    return json.dumps(message.components)


async def test_on_telegram(tmp_path: Path, venice: DemoVenice) -> None:
    """A sound comes with a player, which takes no FLAC there."""
    async with on_telegram(tmp_path, venice) as at:
        tg, ann, chat = at.tg, at.ann, at.chat
        tg.say(chat, ann, "/sound rain on a roof seconds=3")
        await tg.wait_for(lambda: any(m.buttons for m in tg.replies(chat)), timeout=WAIT)
        [card] = tg.replies(chat)
        assert "Sound · MMAudio V2 · 3s" in card.text
        assert "; you have $10.00 left today until 00:00 on " in card.text
        assert [button.text for button in card.buttons] == ["Make it", "Cheaper", "Cancel"]
        tg.press(card, "Cheaper", ann)
        await tg.wait_for(lambda: "· 1s ·" in card.text, timeout=WAIT)
        assert ordered(venice) == 0
        tg.press(card, "Make it", ann)
        await tg.wait_for(lambda: "Made for" in card.text, timeout=WAIT)
        [sound] = [message for message in tg.replies(chat) if message.media is not None]
        assert sound.media is not None
        assert sound.media.kind == "audio"
        seen = look_at(sound.media.data)
        assert (seen.container, seen.seconds) == ("mp3", pytest.approx(1, abs=0.15))
        assert sound.reply_to is card
        assert len(tg.replies(chat)) == 2
        assert ordered(venice) == 1


async def test_a_film_on_telegram_is_a_film(tmp_path: Path, venice: DemoVenice) -> None:
    async with on_telegram(tmp_path, venice) as at:
        tg, ann, group = at.tg, at.ann, at.group
        tg.say(group, ann, "/video a boat at dawn duration=1s resolution=480p aspect=9:16")
        await tg.wait_for(lambda: any(m.buttons for m in tg.replies(group)), timeout=WAIT)
        [card] = tg.replies(group)
        tg.press(card, "Make it", ann)
        await tg.wait_for(lambda: "Made for $0.05" in card.text, timeout=WAIT)
        [film] = [message for message in tg.replies(group) if message.media is not None]
        assert film.media is not None
        assert film.media.kind == "video"
        seen = look_at(film.media.data)
        assert (seen.video, seen.audio, seen.size) == ("h264", "aac", (480, 854))
        assert seen.seconds == pytest.approx(1, abs=0.1)


async def test_on_discord_from_a_picture_and_from_its_menu(tmp_path: Path, venice: DemoVenice) -> None:
    async with on_discord(tmp_path, venice, nsfw=True) as at:
        dc, bob, room = at.dc, at.bob, at.room
        photo = dc.say(room, bob, attachments=[("boat.png", picture((640, 360)), "image/png")])
        dc.context_menu(room, bob, "Animate", photo)
        await dc.wait_for(lambda: any("Make it" in labels(m) for m in dc.answers(room)), WAIT)
        [card] = dc.answers(room)
        assert "Film from your picture" in card.content
        dc.press(card, "Make it", bob)
        await dc.wait_for(lambda: "Made for $0.25" in card.content, WAIT)
        [film] = [message for message in dc.answers(room) if message.attachments]
        seen = look_at(film.attachments[0].data)
        assert (seen.video, seen.seconds) == ("h264", pytest.approx(5, abs=0.1))
        assert seen.size[0] > seen.size[1]
        assert len(dc.answers(room)) == 2
        dc.slash(room, bob, "video", {"model": "wan-2.5-preview-image-to-video"})
        await dc.wait_for(lambda: "Say what the film should show" in dc.transcript(room), WAIT)
        assert ordered(venice) == 1


async def test_orders_come_after_a_restart_where_they_were_asked_for(
    tmp_path: Path, venice: DemoVenice
) -> None:
    venice.job_seconds = 1000
    async with FakeTelegram() as tg, FakeDiscord() as dc:
        doors = {**telegram_env(tg), **discord_env(dc)}
        ann, bob = tg.user("Ann"), dc.user("Bob")
        chat, room = tg.private(ann), dc.dm(bob)
        async with house(tmp_path, venice, **doors):
            await listening(dc)
            tg.say(chat, ann, "/sound rain seconds=2")
            dc.slash(room, bob, "sound", {"prompt": "rain", "seconds": 2})
            await tg.wait_for(lambda: any(m.buttons for m in tg.replies(chat)), timeout=WAIT)
            await dc.wait_for(lambda: any("Make it" in labels(m) for m in dc.answers(room)), WAIT)
            [telegrams], [discords] = tg.replies(chat), dc.answers(room)
            tg.press(telegrams, "Make it", ann)
            dc.press(discords, "Make it", bob)
            await tg.wait_for(lambda: "In the making" in telegrams.text, timeout=WAIT)
            await dc.wait_for(lambda: "In the making" in discords.content, WAIT)
        venice.finish_jobs()
        async with house(tmp_path, venice, **doors):
            await tg.wait_for(lambda: "Made for" in telegrams.text, timeout=WAIT)
            await dc.wait_for(lambda: "Made for" in discords.content, WAIT)
            [heard] = [message.media for message in tg.replies(chat) if message.media is not None]
            [file] = [one for message in dc.answers(room) for one in message.attachments]
            assert look_at(heard.data).seconds == pytest.approx(2, abs=0.2)
            assert look_at(file.data).seconds == pytest.approx(2, abs=0.2)
        assert ordered(venice) == 2
        assert (tg.violations, dc.violations) == ([], [])


async def test_what_was_made_smaller_is_linked_as_it_was_made(tmp_path: Path, venice: DemoVenice) -> None:
    """Where there is a public page: whoever has the link gets the file, and nobody else anything."""
    public = "https://gondola.example.org"
    async with on_telegram(tmp_path, venice, GONDOLA_PUBLIC_URL=public) as at:
        tg, ann, chat, opened = at.tg, at.ann, at.chat, at.house
        tg.say(chat, ann, "/sound rain on a roof seconds=2")
        await tg.wait_for(lambda: any(m.buttons for m in tg.replies(chat)), timeout=WAIT)
        [card] = tg.replies(chat)
        tg.press(card, "Make it", ann)
        await tg.wait_for(lambda: "Made for" in card.text, timeout=WAIT)
        [url] = [button.url for button in card.buttons if button.text == "As it was made"]
        assert url is not None
        assert url.startswith(f"{public}/files/")
        here = f"http://127.0.0.1:{opened.web.port}/files/"
        async with aiohttp.ClientSession() as browser:
            async with browser.get(here + url.rpartition("/")[2]) as answer:
                assert answer.status == 200
                assert answer.headers["content-disposition"].startswith("attachment; filename=")
                assert answer.headers["x-content-type-options"] == "nosniff"
                assert answer.content_type == "audio/flac"
                assert look_at(await answer.read()).audio == "flac"
            async with browser.get(here + "x" * 32) as answer:
                assert answer.status == 404
            await opened.parts.store.vault.forget(f"telegram::{chat.id}:")
            async with browser.get(here + url.rpartition("/")[2]) as answer:
                assert answer.status == 404
        assert tg.violations == []


def on_disk(folder: Path, file_id: str) -> bytes:
    """What the page shows of a file."""
    [file] = [one for one in folder.rglob(f"*{file_id}*") if one.suffix != ".json"]
    return FileCipher().open(file).whole()


async def test_on_the_page(tmp_path: Path, venice: DemoVenice) -> None:
    async with house(tmp_path, venice) as opened:
        place, who = Place("web", "", "visitor"), Person("web", "visitor", "You")
        asked = Incoming(
            "e1",
            place,
            who,
            Addressed.COMMAND,
            command=CommandUse("sound", {"prompt": "rain", "seconds": 2}),
        )
        await opened.engine.submit([asked])
        await opened.engine.idle()
        transcript = await opened.web.door.transcript("visitor")
        [card] = [item for item in transcript.items if item.buttons]
        make = card.buttons[0][0]
        press = ButtonPress(make.id, card.id)
        await opened.engine.submit([Incoming("e2", place, who, Addressed.BUTTON, press=press)])
        async with asyncio.timeout(WAIT):
            while "Made for" not in (transcript.find(card.id) or card).html:
                await asyncio.sleep(0.02)
        [sound] = [one for item in transcript.items for one in item.media]
        assert sound.kind is MediaKind.AUDIO
        assert look_at(on_disk(tmp_path, sound.id)).seconds == pytest.approx(2, abs=0.2)
