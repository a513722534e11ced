"""Voices, long sound, stickers and keys on the page, with files as people attach them."""

from __future__ import annotations

import asyncio
import io
import re
from itertools import pairwise
from pathlib import Path
from urllib.parse import urljoin

import pytest
from PIL import Image, ImageDraw
from playwright.async_api import FilePayload, Page, expect

from bot.commands.cloning import AGREE_LABEL, STATEMENT
from tests.e2e.browser import Window, needs_browser
from tests.e2e.program import Program
from tests.sounds import ogg, samples

pytestmark = needs_browser

SECRET = "VENICE_INFERENCE_KEY_never-to-be-seen-again"


async def attach(page: Page, name: str, mime: str, data: bytes) -> None:
    await page.locator("#files").set_input_files(FilePayload(name=name, mimeType=mime, buffer=data))
    await expect(page.locator("body")).to_contain_text(name)


def sticker() -> bytes:
    """A WebP picture with a transparent ground, as stickers are."""
    drawn = Image.new("RGBA", (512, 512), (0, 0, 0, 0))
    ImageDraw.Draw(drawn).ellipse((100, 100, 400, 400), fill=(220, 30, 30, 255))
    out = io.BytesIO()
    drawn.save(out, "WEBP")
    return out.getvalue()


def twelve_minutes() -> bytes:
    """A tone that is never silent, longer than one passage."""
    minute = samples(60.0)
    return ogg(minute * 12)


def on_disk(folder: Path) -> bytes:
    """Everything that was written there."""
    return b"".join(one.read_bytes() for one in folder.rglob("*") if one.is_file())


async def test_a_voice_is_learned_with_consent_and_its_end_is_shown(newcomer: Window) -> None:
    page, say = newcomer.page, newcomer.say
    log = page.locator("#log")
    await say("/clone name=Nonna")
    await expect(log).to_contain_text("Reply with /clone to a voice message of your own")
    await attach(page, "me.ogg", "audio/ogg", ogg(samples(15.0)))
    await say("/clone name=Nonna")
    await expect(log).to_contain_text(STATEMENT)
    await expect(log).to_contain_text("I can learn the voice Nonna from these 15 seconds")
    await newcomer.picture_of_it("clone-consent")
    await log.get_by_role("button", name=AGREE_LABEL).click()
    await expect(log).to_contain_text("I have learned the voice Nonna")
    await say("/voices")
    await expect(log).to_contain_text(re.compile(r"Nonna of .* (until|expires|end).*\d{4}"))
    await say("/voice voice=Nonna Good morning")
    await expect(log.locator("audio")).to_have_count(2)  # the recording, and what was spoken
    await newcomer.picture_of_it("clone-voices")


async def test_a_sticker_is_seen_as_a_picture(newcomer: Window) -> None:
    page, say = newcomer.page, newcomer.say
    await attach(page, "sticker.webp", "image/webp", sticker())
    await say("What is this a picture of?")
    await expect(page.locator("#log")).to_contain_text(re.compile("red", re.IGNORECASE))
    await newcomer.picture_of_it("sticker")


@pytest.mark.timeout(240)
async def test_twelve_minutes_are_written_down_in_passages_with_minutes(newcomer: Window) -> None:
    page, say = newcomer.page, newcomer.say
    log = page.locator("#log")
    await attach(page, "meeting.ogg", "audio/ogg", twelve_minutes())
    await say("/transcribe minutes=on")
    await expect(log).to_contain_text("meeting.ogg (12:00)", timeout=150_000)
    await expect(log).to_contain_text("meeting-transcript.txt")
    await newcomer.picture_of_it("minutes")
    link = log.get_by_role("link", name="meeting-transcript.txt")
    written = await (await page.request.get(urljoin(page.url, await link.get_attribute("href")))).text()
    starts = [
        int(minutes) * 60 + int(seconds) for minutes, seconds in re.findall(r"\[(\d+):(\d\d)\]", written)
    ]
    assert starts[0] == 0
    assert len(starts) >= 2
    # Ten minutes at most at a time, to the end.
    assert all(after - before <= 600 for before, after in pairwise([*starts, 720]))


async def test_a_key_typed_on_the_page_stays_secret(
    newcomer: Window, program: Program, tmp_path: Path
) -> None:
    page, say = newcomer.page, newcomer.say
    log = page.locator("#log")
    await say("/key")
    await expect(log).to_contain_text("No server has a Venice key of its own")
    await say(f"/key own {SECRET}")
    await expect(log).to_contain_text("Use /key in the server or group it is for")
    assert SECRET not in await page.content()
    await page.reload()
    await expect(page.locator("#log")).to_contain_text("No server has a Venice key of its own")
    assert SECRET not in await page.content()
    await newcomer.picture_of_it("key")
    await page.close()
    assert await program.stop() == 0
    assert SECRET not in program.output
    kept = await asyncio.to_thread(on_disk, tmp_path)
    assert SECRET.encode() not in kept
