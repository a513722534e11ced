"""Off the record, encrypted, and left: through the real adapters, looked for on the disk and in the logs."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from bot.app import House
from bot.demo import DemoVenice
from bot.errors import OperatorError
from tests.fakes.discord import FakeDiscord
from tests.fakes.telegram import FakeTelegram
from tests.integration.platforms import house

BADGE = "🔕 off the record"
SECRET = "zebra"
KEY = "a key that lies elsewhere"
WAIT = 10


def on_disk(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in sorted(folder.glob("**/*")) if path.is_file())


async def test_off_the_record_on_both(
    tmp_path: Path, venice: DemoVenice, capfd: pytest.CaptureFixture[str]
) -> None:
    async with (
        FakeTelegram() as tg,
        FakeDiscord() as dc,
        house(
            tmp_path,
            venice,
            TELEGRAM_TOKEN=tg.token,
            TELEGRAM_BASE_URL=tg.base_url,
            DISCORD_TOKEN=dc.token,
            DISCORD_BASE_URL=dc.base_url,
        ) as home,
    ):
        ann, bob = tg.user("Ann"), dc.user("Bob")
        chat = tg.private(ann)
        guild = dc.guild("Canal")
        dc.member(guild, bob)
        room = dc.channel(guild, "general")
        await dc.ready()
        await dc.wait_for(lambda: bool(dc.world.syncs), WAIT)
        tg.say(chat, ann, f"/offrecord Please echo: my {SECRET} sleeps")
        await tg.wait_for(lambda: any(BADGE in m.text for m in tg.replies(chat)), timeout=WAIT)
        dc.slash(room, bob, "offrecord", {"question": f"Please echo: my {SECRET} sleeps"})
        await dc.wait_for(lambda: BADGE in dc.transcript(room), WAIT)
        await home.parts.settings.put(f"channel:discord:{room.id}", "record", "off", by="test", at=1.0)
        dc.say(room, bob, f"what does a {SECRET} eat?", mention_bot=True)
        await dc.wait_for(lambda: dc.transcript(room).count(BADGE) == 2, WAIT)
        await home.engine.idle()
        assert SECRET.encode() not in await asyncio.to_thread(on_disk, tmp_path)
        assert tg.violations == []
        assert dc.violations == []
    assert SECRET.encode() not in await asyncio.to_thread(on_disk, tmp_path)
    printed = capfd.readouterr()
    assert SECRET not in printed.out + printed.err


async def test_encrypted_with_a_key_of_the_operator(tmp_path: Path, venice: DemoVenice) -> None:
    async with FakeTelegram() as tg:
        settings = {"TELEGRAM_TOKEN": tg.token, "TELEGRAM_BASE_URL": tg.base_url}
        ann = tg.user("Ann")
        chat = tg.private(ann)
        async with house(tmp_path, venice, **settings, GONDOLA_SECRET_KEY=KEY) as home:
            tg.say(chat, ann, f"Please echo: my {SECRET} sleeps")
            await tg.wait_for(lambda: any(SECRET in m.text for m in tg.replies(chat)), timeout=WAIT)
            tg.say(chat, ann, f"/remember my {SECRET} is called Lotte")
            await tg.wait_for(lambda: any("Remembered" in m.text for m in tg.replies(chat)), timeout=WAIT)
            await home.engine.idle()
            assert SECRET.encode() not in await asyncio.to_thread(on_disk, tmp_path)
        with pytest.raises(OperatorError) as caught:
            async with house(tmp_path, venice, GONDOLA_SECRET_KEY="another key"):
                pass
        assert "GONDOLA_OLD_SECRET_KEYS" in caught.value.reader_text
        async with house(
            tmp_path, venice, **settings, GONDOLA_SECRET_KEY="new", GONDOLA_OLD_SECRET_KEYS=KEY
        ) as home:
            tg.say(chat, ann, "/memory")
            await tg.wait_for(lambda: any("Lotte" in m.text for m in tg.replies(chat)[2:]), timeout=WAIT)
            async with asyncio.timeout(WAIT):
                while "," in await home.parts.store.marks.get("content-keys"):
                    await asyncio.sleep(0.02)
        assert SECRET.encode() not in await asyncio.to_thread(on_disk, tmp_path)


async def test_removal_and_return_on_telegram(tmp_path: Path, venice: DemoVenice) -> None:
    async with (
        FakeTelegram() as tg,
        house(tmp_path, venice, TELEGRAM_TOKEN=tg.token, TELEGRAM_BASE_URL=tg.base_url) as home,
    ):
        ann = tg.user("Ann")
        group, chat = tg.group("Canal", [ann]), tg.private(ann)
        tg.say(group, ann, f"@{tg.bot.username} hello")
        await tg.wait_for(lambda: len(tg.replies(group)) == 1, timeout=WAIT)
        tg.block(ann)
        tg.unblock(ann)
        tg.remove_bot(group, ann)
        await _departed(home, {f"server:telegram:{group.id}"})
        tg.add_bot(group, ann)
        await _departed(home, set())
        tg.remove_bot(group, ann)
        await _departed(home, {f"server:telegram:{group.id}"})
        await home.parts.settings.put("bot", "removal_retention", "0", by="test", at=1.0)
        await home.parts.retention.enforce()
        assert await home.parts.store.retention.conversations() == []
        tg.say(chat, ann, "hello")
        await tg.wait_for(lambda: len(tg.replies(chat)) == 1, timeout=WAIT)


async def test_removal_outage_and_return_on_discord(tmp_path: Path, venice: DemoVenice) -> None:
    async with (
        FakeDiscord() as dc,
        house(tmp_path, venice, DISCORD_TOKEN=dc.token, DISCORD_BASE_URL=dc.base_url) as home,
    ):
        bob = dc.user("Bob")
        guild, other = dc.guild("Canal"), dc.guild("Lagoon")
        dc.member(guild, bob)
        room = dc.channel(guild, "general")
        await dc.ready()
        await dc.wait_for(lambda: bool(dc.world.syncs), WAIT)
        dc.say(room, bob, "hello", mention_bot=True)
        await dc.wait_for(lambda: len(dc.answers(room)) == 1, WAIT)
        # An outage of one server, then a removal from another: only the second starts the clock.
        dc.dispatch("GUILD_DELETE", {"id": str(guild.id), "unavailable": True}, guild.id)
        dc.remove_bot(other)
        await _departed(home, {f"server:discord:{other.id}"})
        dc.add_bot(other)
        await _departed(home, set())


async def _departed(home: House, expected: set[str]) -> None:
    async with asyncio.timeout(WAIT):
        while {one.server for one in await home.parts.store.retention.departed()} != expected:
            await asyncio.sleep(0.02)
