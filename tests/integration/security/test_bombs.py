"""Files that are small on the wire and enormous inside, from both platforms."""

from __future__ import annotations

import io
import zlib

from PIL import Image

from tests import papers
from tests.integration.security.conftest import Town


def picture_bomb() -> bytes:
    """A PNG of 30,000 x 30,000 pixels in a few kilobytes' worth of header and nothing else."""
    shown = io.BytesIO()
    Image.new("1", (8, 8)).save(shown, "PNG")
    data = bytearray(shown.getvalue())
    data[16:24] = (30_000).to_bytes(4, "big") * 2
    data[29:33] = zlib.crc32(data[12:29]).to_bytes(4, "big")
    return bytes(data)


BOMBS = [
    ("bomb.png", picture_bomb, "image/png"),
    ("bomb.docx", papers.zip_bomb, "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
    ("liar.docx", papers.zip_liar, "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
    ("crowd.xlsx", papers.zip_crowd, "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
    ("bomb.pdf", papers.pdf_bomb, "application/pdf"),
    ("loop.pdf", papers.pdf_loop, "application/pdf"),
]


async def test_a_bomb_costs_a_sentence(town: Town) -> None:
    for name, make, mime in BOMBS:
        await drop(town, name, make(), mime)
    town.dc.say(town.square, town.bob, "What is the capital of France?", mention_bot=True)
    await town.until(lambda: "Paris" in town.dc.transcript(town.square))


async def drop(town: Town, name: str, data: bytes, mime: str) -> None:
    """Send it from both platforms and wait for what is said of it."""
    dc, tg = town.dc, town.tg
    before = len(dc.answers(town.square))
    dc.say(town.square, town.bob, "What is in this?", mention_bot=True, attachments=[(name, data, mime)])
    person = tg.user(f"Tom {name}")
    chat = tg.private(person)
    tg.send_document(chat, person, data, file_name=name, mime=mime, caption="What is in this?")
    await town.until(lambda: len(dc.answers(town.square)) > before, 30)
    await tg.wait_for(lambda: bool(tg.replies(chat)), timeout=30)
    await town.settled()
    for told in (dc.answers(town.square)[before].content, tg.replies(chat)[0].text):
        assert name in told
