"""Near a limit things are done with less, and that is said, through the real adapters."""

from __future__ import annotations

import time
from pathlib import Path

from bot.app import House
from bot.demo import DemoVenice
from bot.records import ALL_MEDIA, Cap, CapPeriod, CapUnit
from tests.fakes.discord import FakeDiscord
from tests.fakes.telegram import FakeTelegram
from tests.integration.platforms import house
from tests.integration.test_voice_on_platforms import WAIT

SETTINGS = {"voice_model": "tts-qwen3-0-6b", "timezone": "Europe/Berlin"}
LAMP = "The lamp at the far end of the harbour burns every night."
REST = "Nobody has ever seen who lights it, and nobody asks."


async def limit(opened: House, micro: int) -> None:
    cap = Cap("user:*", ALL_MEDIA, CapUnit.MONEY, CapPeriod.DAY, micro)
    await opened.parts.caps.put(cap, time.time())


def spoken(venice: DemoVenice) -> list[str]:
    return [one.model for one in venice.requests if one.path == "/audio/speech"]


async def test_telegram_hears_a_cheaper_voice_and_is_told(tmp_path: Path, venice: DemoVenice) -> None:
    async with (
        FakeTelegram() as tg,
        house(tmp_path, venice, SETTINGS, TELEGRAM_TOKEN=tg.token, TELEGRAM_BASE_URL=tg.base_url) as opened,
    ):
        bob = tg.user("Bob")
        chat = tg.private(bob)
        await limit(opened, 3_000)
        tg.say(chat, bob, f"/voice {LAMP}")
        said = await tg.wait_text(chat, "a cheaper model, Kokoro Text to Speech, reads this", WAIT)
        assert "Your daily limit of $0.003 is nearly used" in str(said.text)
        assert "(Europe/Berlin, in " in str(said.text)
        await tg.wait_for(lambda: any(one.media is not None for one in tg.replies(chat)), timeout=WAIT)
        assert spoken(venice) == ["tts-kokoro"]
        assert tg.violations == []


async def test_discord_reads_what_it_does_not_hear(tmp_path: Path, venice: DemoVenice) -> None:
    async with FakeDiscord() as dc:
        bob = dc.user("Bob")
        guild = dc.guild("Canal")
        dc.member(guild, bob)
        room = dc.channel(guild, "general")
        async with house(
            tmp_path, venice, SETTINGS, DISCORD_TOKEN=dc.token, DISCORD_BASE_URL=dc.base_url
        ) as opened:
            await dc.ready()
            await dc.wait_for(lambda: bool(dc.world.syncs), WAIT)
            await limit(opened, 6_000)
            options = {"text": f"{LAMP} {REST} @everyone", "model": "tts-qwen3-0-6b"}
            used = dc.slash(room, bob, "voice", options)
            await dc.wait_for(lambda: "I read only the beginning aloud until " in used.text, WAIT)
            await dc.wait_for(lambda: REST in used.text, WAIT)
            assert LAMP not in used.text, "that was heard"
            assert spoken(venice) == ["tts-qwen3-0-6b"]
            assert dc.violations == []
            assert dc.pinging() == []
