"""Files through the real adapters and the page: what reaches Venice is decoded and compared."""

from __future__ import annotations

import base64
import io
from pathlib import Path
from typing import Any

import discord
import httpx
import pytest
from PIL import Image

from bot.demo import DemoVenice
from tests.integration.platforms import house, on_discord, on_telegram
from tests.integration.web.conftest import Tab
from tests.papers import docx, pdf, xlsx
from tests.pictures import opened, picture
from tests.sounds import film, mp3, samples

CHAT = "/chat/completions"
LISTENER = {"model": "gemini-3-5-flash-lite"}
SEER = {"model": "grok-4-3"}
WAIT = 10
CODE = "def day() -> str:\n    return 'día'\n"


def asked(venice: DemoVenice) -> list[Any]:
    """The bodies of the chat calls."""
    return [request.json for request in venice.requests if request.path == CHAT]


def newest(venice: DemoVenice) -> list[dict[str, Any]]:
    """The parts of the newest question."""
    content = asked(venice)[-1]["messages"][-1]["content"]
    return [{"type": "text", "text": content}] if isinstance(content, str) else content


def of_type(venice: DemoVenice, kind: str) -> list[dict[str, Any]]:
    return [part[kind] for part in newest(venice) if part["type"] == kind]


def words(venice: DemoVenice) -> str:
    return "\n".join(part["text"] for part in newest(venice) if part["type"] == "text")


def unpacked(url: str) -> bytes:
    return base64.b64decode(url.partition(",")[2])


def shown(venice: DemoVenice) -> list[Image.Image]:
    return [opened(unpacked(one["url"])) for one in of_type(venice, "image_url")]


def gif() -> bytes:
    frames = [Image.new("RGB", (100, 80), (number * 60, 0, 0)) for number in range(4)]
    out = io.BytesIO()
    frames[0].save(out, "GIF", save_all=True, append_images=frames[1:], duration=100)
    return out.getvalue()


async def test_telegram_stickers_and_albums(tmp_path: Path, venice: DemoVenice) -> None:
    async with on_telegram(tmp_path, venice, SEER) as at:
        tg, ann, chat = at.tg, at.ann, at.chat

        async def answered(number: int) -> None:
            await tg.wait_for(lambda: len(asked(venice)) == number, timeout=WAIT)
            await tg.wait_for(lambda: len(tg.replies(chat)) >= number, timeout=WAIT)

        tg.send_sticker(chat, ann, picture((512, 400), form="WEBP"), "😺")
        await answered(1)
        assert [one.size for one in shown(venice)] == [(512, 400)]
        assert "(A sticker 😺:)" in words(venice)
        tg.send_sticker(chat, ann, film(None, 1.0), "😀", "video/webm")
        await answered(2)
        assert len(shown(venice)) == 1
        tg.send_sticker(chat, ann, b"\x1f\x8b drawing", "👋", "application/x-tgsticker")
        await answered(3)
        assert "👋 (an animated sticker of the set “Cats”)" in words(venice)
        album = tg.album_id()
        for number in range(10):
            tg.send_photo(chat, ann, picture((200 + number, 150)), media_group_id=album)
        await answered(4)
        assert sorted(one.width for one in shown(venice)) == [200 + number for number in range(10)]


async def test_telegram_documents_films_and_sounds(tmp_path: Path, venice: DemoVenice) -> None:
    async with on_telegram(tmp_path, venice, LISTENER) as at:
        tg, ann, chat = at.tg, at.ann, at.chat

        async def answered(number: int) -> None:
            await tg.wait_for(lambda: len(asked(venice)) == number, timeout=WAIT)
            await tg.wait_for(lambda: len(tg.replies(chat)) >= number, timeout=WAIT)

        paper = pdf("The lamp is green today.")
        tg.send_document(chat, ann, paper, file_name="notes.pdf", mime="application/pdf", caption="Sum it up")
        await answered(1)
        [file] = of_type(venice, "file")
        assert (file["filename"], unpacked(file["file_data"])) == ("notes.pdf", paper)
        tg.send_document(chat, ann, CODE.encode(), file_name="day.py", mime="text/x-python")
        await answered(2)
        assert f"(File day.py:)\n```\n{CODE}\n```" in words(venice)
        clip = film(samples(2.0), 2.0)
        tg.send_video(chat, ann, clip, duration=2)
        await answered(3)
        [watched] = of_type(venice, "video_url")
        assert unpacked(watched["url"]) == clip
        tune = mp3(samples(2.0))
        tg.send_audio(chat, ann, tune, duration=2)
        await answered(4)
        [heard] = of_type(venice, "input_audio")
        assert (base64.b64decode(heard["data"]), heard["format"]) == (tune, "mp3")
        tg.send_document(chat, ann, b"MZ\x90\x00" + bytes(400), file_name="bill.pdf", mime="application/pdf")
        await tg.wait_for(
            lambda: "`" not in tg.replies(chat)[-1].text and "bill.pdf" in tg.replies(chat)[-1].text,
            timeout=WAIT,
        )
        assert "is a program" in tg.replies(chat)[-1].text
        tg.send_document(chat, ann, b"x", file_name="big.pdf", size=30_000_000)
        await tg.wait_for(lambda: "big.pdf" in tg.replies(chat)[-1].text, timeout=WAIT)
        assert "Telegram lets me fetch files up to 20 MB" in tg.replies(chat)[-1].text
        assert len(asked(venice)) == 4


async def test_discord_files_and_stickers(
    tmp_path: Path, venice: DemoVenice, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with on_discord(tmp_path, venice, LISTENER) as at:
        dc, bob, room = at.dc, at.bob, at.dc.dm(at.bob)
        # Stickers have a fixed host in the library; nothing else can bring them to the fake.
        monkeypatch.setattr(discord.Asset, "BASE", dc.root_url)

        async def answered(number: int) -> None:
            await dc.wait_for(lambda: len(asked(venice)) == number, WAIT)
            await dc.wait_for(lambda: len(dc.answers(room)) >= number, WAIT)

        letter, sums = docx("Dear Ann, the lamp is green."), xlsx([["Name", "Age"], ["Ann", "41"]])
        clip, tune = film(samples(2.0), 2.0), mp3(samples(2.0))
        files = [
            ("letter.docx", letter, "application/octet-stream"),
            ("sums.xlsx", sums, "application/octet-stream"),
            ("day.py", CODE.encode(), "text/x-python; charset=utf-8"),
            ("cat.gif", gif(), "image/gif"),
            ("clip.mp4", clip, "video/mp4"),
            ("tune.mp3", tune, "audio/mpeg"),
        ]
        dc.say(room, bob, "What is all this?", attachments=files)
        await answered(1)
        assert {one["filename"]: unpacked(one["file_data"]) for one in of_type(venice, "file")} == {
            "letter.docx": letter,
            "sums.xlsx": sums,
        }
        assert CODE in words(venice)
        assert len(shown(venice)) == 4
        assert [unpacked(one["url"]) for one in of_type(venice, "video_url")] == [clip]
        assert [base64.b64decode(one["data"]) for one in of_type(venice, "input_audio")] == [tune]
        wave = dc.sticker("Wave", picture((320, 320)), 1, "png")
        dance = dc.sticker("Dance", b"{}", 3, "json")
        dc.say(room, bob, stickers=[wave])
        await answered(2)
        assert [one.size for one in shown(venice)] == [(320, 320)]
        assert "(A sticker “Wave”:)" in words(venice)
        dc.say(room, bob, stickers=[dance])
        await answered(3)
        assert "(an animated sticker “Dance”)" in words(venice)
        dc.faults.next("cdn", "404", 1)
        dc.say(room, bob, attachments=[("old.txt", b"words", "text/plain")])
        await dc.wait_for(lambda: "link to it has lapsed" in dc.transcript(room), WAIT)
        assert len(asked(venice)) == 3


async def test_files_on_the_page(tmp_path: Path, venice: DemoVenice) -> None:
    async with house(tmp_path, venice) as opened_house:
        base = f"http://127.0.0.1:{opened_house.web.port}"
        async with httpx.AsyncClient(base_url=base, timeout=10) as client:
            tab = Tab(client, base)
            await tab.open()
            paper = pdf("The lamp is green today.")
            answer = await tab.attach(
                "What is all this?",
                ("notes.pdf", paper, "application/pdf"),
                ("cat.png", picture((300, 200)), "image/png"),
                ("plan.svg", b"<svg><text>door</text></svg>", "image/svg+xml"),
            )
            assert answer.status_code == 202
            await opened_house.parts.engine.idle()
    [file] = of_type(venice, "file")
    assert unpacked(file["file_data"]) == paper
    assert [one.size for one in shown(venice)] == [(300, 200)]
    assert "<text>door</text>" in words(venice)
