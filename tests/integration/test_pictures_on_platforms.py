"""The picture workbench through the real adapters: albums, buttons, replies, versions, failed uploads."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any

from bot.demo import DemoVenice, RecordedRequest
from tests.fakes.discord import FakeDiscord
from tests.fakes.discord.state import Channel
from tests.fakes.discord.state import Message as DiscordMessage
from tests.fakes.telegram import FakeTelegram
from tests.fakes.telegram.model import Chat, Message
from tests.integration.platforms import house, on_discord, on_telegram, telegram_env
from tests.pictures import opened, picture

WAIT = 10
BUTTONS = ["Again", "Vary", "Edit", "Upscale 2×", "Upscale 4×", "Cut out"]


def calls(venice: DemoVenice) -> list[RecordedRequest]:
    return [one for one in venice.requests if one.path.startswith("/image/") and one.method == "POST"]


def bodies(venice: DemoVenice) -> list[Any]:
    return [one.json for one in calls(venice)]


def body(venice: DemoVenice) -> Any:
    return bodies(venice)[-1]


def shown(tg: FakeTelegram, chat: Chat) -> list[Message]:
    """The bot's messages with files."""
    return [message for message in tg.replies(chat) if message.media]


def data_of(message: Message) -> bytes:
    assert message.media is not None
    return message.media.data


async def test_telegram_draws_changes_and_goes_back(tmp_path: Path, venice: DemoVenice) -> None:
    async with on_telegram(tmp_path, venice) as at:
        tg, ann, group, opened_house = at.tg, at.ann, at.group, at.house

        async def after(count: int) -> Message:
            await tg.wait_for(lambda: len(shown(tg, group)) == count, timeout=WAIT)
            await opened_house.engine.idle()
            return shown(tg, group)[-1]

        tg.say(group, ann, "/image a lighthouse size=wide")
        first = await after(1)
        assert opened(data_of(first)).size == (1280, 720)
        assert [button.text for button in first.buttons][:6] == BUTTONS
        tg.say(group, ann, "make the sky red", reply_to=first)
        red = await after(2)
        assert body(venice)["prompt"] == "make the sky red"
        # The very bytes that were drawn, not what Telegram made of them.
        assert base64.b64decode(body(venice)["image"]) == data_of(first)
        tg.press(red, "Upscale 2×", ann)
        larger = await after(3)
        assert opened(data_of(larger)).size == (2560, 1440)
        tg.press(red, "Cut out", ann)
        cut = await after(4)
        assert opened(data_of(cut)).mode == "RGBA"
        tg.press(larger, "Document", ann)
        file = await after(5)
        assert file.media is not None
        assert (file.media.kind, file.media.data) == ("document", data_of(larger))
        tg.press(larger, "Back", ann)
        back = await after(6)
        assert data_of(back) == data_of(red)
        tg.say(group, ann, "/versions", reply_to=red)
        listed = await tg.wait_text(group, "edited: make the sky red ← this one", timeout=WAIT)
        assert "1. drawn: a lighthouse" in listed.text
        tg.press(listed, "1", ann)
        again = await after(7)
        assert data_of(again) == data_of(first)
        assert len(calls(venice)) == 4


async def test_telegram_albums_both_ways(tmp_path: Path, venice: DemoVenice) -> None:
    async with on_telegram(tmp_path, venice) as at:
        tg, ann, chat, opened_house = at.tg, at.ann, at.chat, at.house
        tg.say(chat, ann, "/image a lighthouse count=3")
        await tg.wait_for(lambda: len(shown(tg, chat)) == 3, timeout=WAIT)
        await opened_house.engine.idle()
        album = shown(tg, chat)
        assert len({message.media_group_id for message in album}) == 1
        assert album[0].media_group_id
        [below] = [message for message in tg.replies(chat) if message.buttons]
        # Words in reply to the second picture change the second one.
        tg.say(chat, ann, "make it blue", reply_to=album[1])
        await tg.wait_for(lambda: len(shown(tg, chat)) == 4, timeout=WAIT)
        assert base64.b64decode(body(venice)["image"]) == data_of(album[1])
        tg.press(below, "Upscale 2×", ann)
        which = await tg.wait_text(chat, "Which one?", timeout=WAIT)
        tg.press(which, "3", ann)
        await tg.wait_for(lambda: len(shown(tg, chat)) == 5, timeout=WAIT)
        assert base64.b64decode(body(venice)["image"]) == data_of(album[2])
        # And an album of one's own is merged.
        group_id = tg.album_id()
        photos = [picture((400, 300), subject=one, form="JPEG") for one in ("red", "green", "blue")]
        tg.send_photo(chat, ann, photos[0], caption="/edit put them together", media_group_id=group_id)
        for photo in photos[1:]:
            tg.send_photo(chat, ann, photo, media_group_id=group_id)
        await tg.wait_for(lambda: len(shown(tg, chat)) == 6, timeout=WAIT)
        assert calls(venice)[-1].path == "/image/multi-edit"
        assert len(body(venice)["images"]) == 3


async def test_telegram_upload_that_fails_after_it_was_paid(tmp_path: Path, venice: DemoVenice) -> None:
    async with on_telegram(tmp_path, venice) as at:
        tg, ann, chat = at.tg, at.ann, at.chat
        tg.faults.next("sendPhoto", "400", text="Bad Request: not enough rights to send photos to the chat")
        tg.say(chat, ann, "/image a lighthouse")
        refused = await tg.wait_text(chat, "I could not send the image", timeout=WAIT)
        assert [button.text for button in refused.buttons] == ["Send again", "Send as a file"]
        tg.press(refused, "Send as a file", ann)
        await tg.wait_for(lambda: len(shown(tg, chat)) == 1, timeout=WAIT)
        assert opened(data_of(shown(tg, chat)[0])).size == (1024, 1024)
        # The answer to the upload is lost: it may have arrived, so nothing is repeated unasked.
        tg.faults.next("sendPhoto", "hang", hold=0.2)
        tg.say(chat, ann, "/image a boat")
        unsure = await tg.wait_text(chat, "did not confirm the image", timeout=30)
        tg.press(unsure, "Send again", ann)
        await tg.wait_for(lambda: len(shown(tg, chat)) == 2, timeout=WAIT)
        assert len(calls(venice)) == 2


async def test_telegram_buttons_after_a_restart(tmp_path: Path, venice: DemoVenice) -> None:
    async with FakeTelegram() as tg:
        ann, bob = tg.user("Ann"), tg.user("Bob")
        group = tg.group("Canal", [ann, bob])
        bots = telegram_env(tg)
        async with house(tmp_path, venice, **bots):
            tg.say(group, ann, "/image a lighthouse")
            await tg.wait_for(lambda: len(shown(tg, group)) == 1, timeout=WAIT)
            [first] = shown(tg, group)
        async with house(tmp_path, venice, **bots):
            tg.press(first, "Cut out", bob)
            await tg.wait_text(group, "Only the person who asked", timeout=WAIT)
            tg.press(first, "Cut out", ann)
            await tg.wait_for(lambda: len(shown(tg, group)) == 2, timeout=WAIT)
            tg.say(group, bob, "make it blue", reply_to=first)
            await tg.wait_for(lambda: len(shown(tg, group)) == 3, timeout=WAIT)
        assert [one.path for one in calls(venice)] == [
            "/image/generate",
            "/image/background-remove",
            "/image/edit",
        ]
        assert tg.violations == []


# --- Discord ---


def posted(dc: FakeDiscord, channel: Channel) -> list[DiscordMessage]:
    """The bot's messages with files."""
    return [message for message in dc.answers(channel) if message.attachments]


async def test_discord_draws_changes_and_goes_back(tmp_path: Path, venice: DemoVenice) -> None:
    async with on_discord(tmp_path, venice) as at:
        dc, bob, room, opened_house = at.dc, at.bob, at.room, at.house

        async def after(count: int) -> DiscordMessage:
            await dc.wait_for(lambda: len(posted(dc, room)) == count, WAIT)
            await opened_house.engine.idle()
            return posted(dc, room)[-1]

        dc.slash(room, bob, "image", {"prompt": "a lighthouse", "count": 2})
        album = await after(1)
        assert len(album.attachments) == 2  # one message, as an album is here
        dc.press(album, "Upscale 4×", bob)
        which = await dc.wait_text(room, "Which one?", WAIT)
        assert which.ephemeral
        dc.press(which, "2", bob)
        larger = await after(2)
        [file] = larger.attachments
        assert len(file.data) <= 10 * 1024 * 1024
        assert max(opened(file.data).size) > 2048
        dc.say(room, bob, "make the sky red", reply_to=larger)
        red = await after(3)
        dc.press(red, "Back", bob)
        back = await after(4)
        assert back.attachments[0].data == file.data
        dc.press(red, "Document", bob)
        await after(5)
        dc.slash(room, bob, "edit", {"words": "add a boat"})
        await after(6)
        assert body(venice)["prompt"] == "add a boat"


async def test_discord_pictures_of_others_from_the_menu_and_as_files(
    tmp_path: Path, venice: DemoVenice
) -> None:
    async with on_discord(tmp_path, venice) as at:
        dc, bob, eve, room = at.dc, at.bob, at.eve, at.room
        photo = dc.say(room, eve, "look", attachments=[("boat.png", picture((400, 300)), "image/png")])
        dc.context_menu(room, bob, "Cut out", photo)
        await dc.wait_for(lambda: len(posted(dc, room)) == 1, WAIT)
        assert opened(posted(dc, room)[0].attachments[0].data).mode == "RGBA"
        dc.context_menu(room, bob, "Upscale 2x", photo)
        await dc.wait_for(lambda: len(posted(dc, room)) == 2, WAIT)
        assert opened(posted(dc, room)[1].attachments[0].data).size == (800, 600)
        dc.context_menu(room, bob, "Edit picture", photo)
        await dc.wait_text(room, "Write `/edit make the sky red`", WAIT)
        dc.slash(room, bob, "edit", {"words": "make it blue"})
        await dc.wait_for(lambda: len(posted(dc, room)) == 3, WAIT)
        assert base64.b64decode(body(venice)["image"]) == picture((400, 300))
        two = {name: (f"{name}.png", picture((300, 300)), "image/png") for name in ("file", "file2")}
        dc.slash(room, bob, "edit", {"words": "merge"}, attachments=two)
        await dc.wait_for(lambda: len(posted(dc, room)) == 4, WAIT)
        assert len(body(venice)["images"]) == 2
        bomb = {"file": ("boat.png", picture((400, 300))[:-300], "image/png")}
        dc.slash(room, bob, "cutout", attachments=bomb)
        await dc.wait_text(room, "I could not read this picture.", WAIT)


async def test_discord_upload_refused_after_it_was_paid(tmp_path: Path, venice: DemoVenice) -> None:
    async with on_discord(tmp_path, venice) as at:
        dc, bob, guild, room = at.dc, at.bob, at.guild, at.room
        adults = dc.channel(guild, "late", nsfw=True)
        dc.faults.next("edit_original", "403", code=50013)
        dc.slash(room, bob, "image", {"prompt": "a lighthouse"})
        refused = await dc.wait_text(room, "I could not send the image", WAIT)
        dc.press(refused, "Send again", bob)
        await dc.wait_for(lambda: len(posted(dc, room)) == 1, WAIT)
        assert len(calls(venice)) == 1
        # Only the place decides about adult content.
        dc.slash(room, bob, "image", {"prompt": "a nude statue"})
        await dc.wait_text(room, "Venice blurred this picture", WAIT)
        dc.slash(adults, bob, "image", {"prompt": "a nude statue"})
        await dc.wait_for(lambda: len(posted(dc, adults)) == 1, WAIT)
        assert [one["safe_mode"] for one in bodies(venice)] == [True, True, False]
