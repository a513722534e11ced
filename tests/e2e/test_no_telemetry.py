"""The running house opens no connection but to Venice, to the platforms and to itself."""

from __future__ import annotations

import math
import re
from pathlib import Path
from urllib.parse import urlsplit

import httpx

from bot.demo import DemoVenice
from tests.e2e.street import Street, until
from tests.fakes.discord import FakeDiscord
from tests.fakes.telegram import FakeTelegram

WATCHED = """
import sys
def _heard(event, args):
    if event in ("socket.connect", "socket.sendto", "socket.getaddrinfo"):
        where = args[1] if event != "socket.getaddrinfo" else args[:2]
        sys.stderr.write(f"PEER {event} {where}\\n")
sys.addaudithook(_heard)
"""


def connected(output: str) -> set[tuple[str, int]]:
    """Every address the program connected to."""
    found = re.findall(r"PEER socket\.(?:connect|sendto) \('([^']+)', (\d+)", output)
    assert len(found) == len(re.findall(r"PEER socket\.(?:connect|sendto)", output))
    return {(host, int(port)) for host, port in found}


def resolved(output: str) -> set[str]:
    """Every name the program asked for."""
    return set(re.findall(r"PEER socket\.getaddrinfo \('([^']+)'", output))


async def test_nothing_is_told_to_anybody_else(tmp_path: Path) -> None:
    async with FakeTelegram() as tg, FakeDiscord() as dc, DemoVenice(pace=math.inf) as venice:
        street = Street(tmp_path, "", tg, dc, venice)
        ann, bob = tg.user("Ann"), dc.user("Bob")
        chat, room = tg.private(ann), dc.channel(dc.guild("Canal"), "general")
        try:
            program = await street.start(WATCHED)
            address = (await program.says(r"open at (\S+)"))[1]
            tg.say(chat, ann, "Hello, my name is Ann")
            await until(lambda: any("Ann" in one.text for one in tg.replies(chat)))
            dc.say(room, bob, "Hello, my name is Bob", mention_bot=True)
            await until(lambda: "Bob" in dc.transcript(room))
            for asked in ("/search rain", "/image a lamp", "/voice good morning"):
                before = len(tg.replies(chat))
                tg.say(chat, ann, asked)
                await until(lambda before=before: len(tg.replies(chat)) > before)
            async with httpx.AsyncClient(trust_env=False) as browser:
                assert (await browser.get(address)).status_code == 200
            assert await program.stop() == 0
        finally:
            await street.end()
        own = {("127.0.0.1", urlsplit(url).port) for url in (tg.base_url, dc.base_url, venice.base_url)}
        assert connected(program.output) == own
        assert resolved(program.output) <= {"127.0.0.1"}
