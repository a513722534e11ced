"""Keys of servers through the real adapters: given where nobody reads along, and standing nowhere after."""

from __future__ import annotations

import logging
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import structlog

from bot.app import House, serving
from bot.demo import DemoVenice
from bot.logs import configure_logs
from bot.settings import load_configuration
from tests.fakes.discord import FakeDiscord
from tests.fakes.telegram import FakeTelegram

CHAT = "/chat/completions"
ADMIN = "VENICE_ADMIN_KEY_of-the-house"
KEY = "VENICE_INFERENCE_KEY_brought-by-ann-4711"
PLAIN_KEY = "an-older-kind-of-key-0815"
WAIT = 10


@pytest.fixture
async def venice() -> AsyncIterator[DemoVenice]:
    async with DemoVenice(pace=2000, keys=frozenset({"house", ADMIN, KEY, PLAIN_KEY})) as demo:
        yield demo


@pytest.fixture
def written(capfd: pytest.CaptureFixture[str]) -> Iterator[Callable[[], str]]:
    """The logs of the program and of every library, as chatty as they can be set."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    configure_logs("DEBUG")

    def read() -> str:
        out = capfd.readouterr()
        return out.out + out.err

    yield read
    root.handlers[:], root.level = handlers, level
    structlog.reset_defaults()


@asynccontextmanager
async def house(folder: Path, venice: DemoVenice, **more: str) -> AsyncGenerator[House]:
    environment = {
        "VENICE_API_KEY": "house",
        "VENICE_ADMIN_KEY": ADMIN,
        "VENICE_BASE_URL": venice.base_url,
        "GONDOLA_ACCESS": "open",
        "GONDOLA_HTTP": "127.0.0.1:0",
        "GONDOLA_DATA_DIR": str(folder),
        **more,
    }
    async with serving(load_configuration(environment)) as opened:
        yield opened


def payers(venice: DemoVenice) -> list[str]:
    return [request.secret for request in venice.requests if request.path == CHAT]


def on_disk(folder: Path) -> bytes:
    """Database, its log, key file: everything the house keeps."""
    files = [file for file in folder.rglob("*") if file.is_file()]
    assert any(file.name.endswith("-wal") for file in files), files
    return b"".join(file.read_bytes() for file in files)


@pytest.mark.parametrize("given", [KEY, PLAIN_KEY])
async def test_discord_takes_a_key_in_a_form_only_its_sender_sees(
    tmp_path: Path, venice: DemoVenice, given: str, written: Callable[[], str]
) -> None:
    async with (
        FakeDiscord() as dc,
        house(
            tmp_path,
            venice,
            DISCORD_TOKEN=dc.token,
            DISCORD_BASE_URL=dc.base_url,
        ),
    ):
        ann, bob = dc.user("Ann"), dc.user("Bob")
        guild = dc.guild("Canal")
        dc.member(guild, ann, permissions=["manage_guild"])
        dc.member(guild, bob)
        room = dc.channel(guild, "general")
        await dc.ready()
        await dc.wait_for(lambda: bool(dc.world.syncs), WAIT)
        refused = dc.slash(room, bob, "key", {"action": "own", "key": given})
        await dc.wait_for(lambda: "manages this channel" in refused.text, WAIT)
        taken = dc.slash(room, ann, "key", {"action": "own", "key": given})
        await dc.wait_for(lambda: "pays for everything" in taken.text, WAIT)
        assert all(message.ephemeral for message in (*refused.messages, *taken.messages))
        dc.say(room, bob, f"<@{dc.bot.id}> Hello there")
        await dc.wait_for(lambda: len(payers(venice)) == 1, WAIT)
        await dc.wait_answers(room, 1, WAIT)
        assert payers(venice) == [given]
        shown = dc.slash(room, ann, "key", {"action": "show"})
        await dc.wait_for(lambda: f"ending in {given[-4:]}" in shown.text.replace("`", ""), WAIT)
        assert all(message.ephemeral for message in shown.messages)
        assert not any(given in str(call) for call in dc.calls)
        assert given not in dc.transcript(room)
        assert given.encode() not in on_disk(tmp_path)
        assert dc.violations == []
    lines = written()
    assert "discord.ready" in lines
    assert given not in lines


@pytest.mark.parametrize("given", [KEY, PLAIN_KEY])
async def test_telegram_refuses_a_key_in_a_group_and_takes_it_in_private(
    tmp_path: Path, venice: DemoVenice, given: str, written: Callable[[], str]
) -> None:
    async with (
        FakeTelegram() as tg,
        house(
            tmp_path,
            venice,
            TELEGRAM_TOKEN=tg.token,
            TELEGRAM_BASE_URL=tg.base_url,
        ),
    ):
        ann, bob = tg.user("Ann"), tg.user("Bob")
        group, direct = tg.group("Canal", [bob], [ann]), tg.private(ann)
        tg.say(group, bob, "/key own")
        await tg.wait_text(group, "manages this channel", WAIT)
        tg.say(group, ann, f"/key own {given}")
        await tg.wait_text(group, "everybody here can read it", WAIT)
        tg.say(direct, ann, f"/key own {given}")
        await tg.wait_text(direct, "in the server or group it is for", WAIT)
        tg.say(group, ann, "/key own")
        await tg.wait_text(group, "direct chat within 15 minutes", WAIT)
        tg.say(direct, ann, f"/key own {given}")
        await tg.wait_text(direct, "pays for everything in Canal", WAIT)
        before = len(tg.replies(group))
        tg.say(group, bob, f"@{tg.bot.username} Hello there")
        await tg.wait_for(lambda: len(tg.replies(group)) > before, timeout=WAIT)
        assert payers(venice) == [given]
        tg.say(group, ann, "/key")
        await tg.wait_text(group, f"ending in {given[-4:]}", WAIT)
        said = [message.text for chat in (group, direct) for message in tg.replies(chat)]
        assert not any(given in text for text in said)
        assert not any(given in str(call) for call in tg.calls)
        assert given.encode() not in on_disk(tmp_path)
        assert tg.violations == []
    lines = written()
    assert "telegram" in lines
    assert given not in lines


async def test_an_owner_makes_a_key_for_a_telegram_group_that_keeps_it_when_it_grows(
    tmp_path: Path, venice: DemoVenice
) -> None:
    async with FakeTelegram() as tg:
        ann = tg.user("Ann")
        more = {
            "TELEGRAM_TOKEN": tg.token,
            "TELEGRAM_BASE_URL": tg.base_url,
            "GONDOLA_OWNERS": f"telegram:{ann.id}",
        }
        async with house(tmp_path, venice, **more):
            group = tg.group("Canal", [], [ann])
            tg.say(group, ann, "/key mint $5 month private")
            await tg.wait_text(group, "It may spend $5.00 a month and call private models only.", WAIT)
            [order] = [one for one in venice.requests if (one.method, one.path) == ("POST", "/api_keys")]
            assert isinstance(order.json, dict)
            assert str(order.json["description"]).endswith(" Canal")
            grown = tg.migrate(group)
            tg.say(grown, ann, f"@{tg.bot.username} Hello there")
            await tg.wait_for(lambda: bool(tg.replies(grown)), timeout=WAIT)
            [payer] = payers(venice)
            assert payer.startswith("VENICE_INFERENCE_KEY_")
            tg.say(grown, ann, "/account")
            await tg.wait_text(grown, "Ask me in a direct chat", WAIT)
        async with house(tmp_path, venice, **more):
            tg.say(grown, ann, f"@{tg.bot.username} Hello again")
            await tg.wait_for(lambda: len(payers(venice)) == 2, timeout=WAIT)
            assert payers(venice)[1] == payer
            tg.say(grown, ann, "/key revoke")
            await tg.wait_text(grown, "is deleted at Venice, too", WAIT)
            assert payer.encode() not in on_disk(tmp_path)
            assert tg.violations == []


async def test_owners_are_told_of_a_low_balance_on_both_platforms(tmp_path: Path, venice: DemoVenice) -> None:
    async with FakeTelegram() as tg, FakeDiscord() as dc:
        ann, bob, guest = tg.user("Ann"), dc.user("Bob"), tg.user("Guest")
        more = {
            "TELEGRAM_TOKEN": tg.token,
            "TELEGRAM_BASE_URL": tg.base_url,
            "DISCORD_TOKEN": dc.token,
            "DISCORD_BASE_URL": dc.base_url,
            "GONDOLA_OWNERS": f"telegram:{ann.id},discord:{bob.id}",
        }
        async with house(tmp_path, venice, **more):
            direct, room = tg.private(ann), dc.dm(bob)
            await dc.ready()
            tg.say(direct, ann, "Hello")
            dc.say(room, bob, "Hello")
            await tg.wait_for(lambda: bool(tg.replies(direct)), timeout=WAIT)
            await dc.wait_answers(room, 1, WAIT)
            shown = dc.slash(room, bob, "account")
            await dc.wait_for(lambda: "Venice account" in shown.text, WAIT)
            venice.balance_usd = 4.2
            tg.say(tg.private(guest), guest, "Hello")
            await tg.wait_text(direct, "$4.20 is left", WAIT)
            await dc.wait_text(room, "$4.20 is left", WAIT)
        async with house(tmp_path, venice, **more):
            await dc.ready()
            tg.say(tg.private(guest), guest, "Hello")
            await tg.wait_for(lambda: len(payers(venice)) == 4, timeout=WAIT)
            await tg.wait_for(lambda: len(tg.replies(tg.private(guest))) == 2, timeout=WAIT)
            assert sum("is left" in message.text for message in tg.replies(direct)) == 1
            assert sum("is left" in message.content for message in dc.answers(room)) == 1
            assert tg.violations == []
            assert dc.violations == []
