"""The whole program against the wire: three doors at once, the claim, and what an operator can get wrong."""

from __future__ import annotations

import asyncio
import math
import socket
from pathlib import Path

import httpx
import pytest

from bot.demo import DemoVenice
from tests.e2e.program import running, start
from tests.fakes.discord import FakeDiscord
from tests.fakes.telegram import FakeTelegram

FOX = "https://example.org/"


async def test_keyless_the_page_answers_and_says_it_is_the_demo(tmp_path: Path) -> None:
    async with running(tmp_path) as program:
        address = (await program.says(r"open at (\S+)"))[1]
        async with httpx.AsyncClient(trust_env=False) as browser:
            page = await browser.get(address)
            ready = await browser.get(f"{address.rstrip('/')}/readyz")
    assert page.status_code == 200
    assert "demo" in page.text
    assert ready.json() == {"web": True}
    assert "demo answers" in program.output
    assert "$10.00 a day" in program.output


async def test_both_platforms_are_served_at_once_within_five_seconds(tmp_path: Path) -> None:
    async with (
        FakeTelegram() as tg,
        FakeDiscord() as dc,
        DemoVenice(pace=math.inf) as venice,
    ):
        ann, bob = tg.user("Ann"), dc.user("Bob")
        chat, room = tg.private(ann), dc.channel(dc.guild("Canal"), "general")
        tg.say(chat, ann, "Hello, my name is Ann")
        async with running(
            tmp_path,
            TELEGRAM_TOKEN=tg.token,
            TELEGRAM_BASE_URL=tg.base_url,
            DISCORD_TOKEN=dc.token,
            DISCORD_BASE_URL=dc.base_url,
            VENICE_API_KEY="real-looking-key",
            VENICE_BASE_URL=venice.base_url,
            GONDOLA_ACCESS="open",
        ) as program:
            await tg.wait_text(chat, "Ann", timeout=5)
            await dc.ready()
            dc.say(room, bob, "Hello, my name is Bob", mention_bot=True)
            await dc.wait_text(room, "Nice to meet you, Bob", timeout=5)
            tg.say(chat, ann, "/search latest news about rain")
            found = await tg.wait_text(chat, "Sources", timeout=5)
            assert any((entity.url or "").startswith(FOX) for entity in found.entities)
        for secret in ("Hello, my name", "real-looking-key", tg.token, dc.token):
            assert secret not in program.output
        assert tg.violations == []
        assert dc.violations == []


async def test_a_claim_opens_a_closed_house(tmp_path: Path) -> None:
    async with FakeTelegram() as tg:
        ann = tg.user("Ann")
        chat = tg.private(ann)
        async with running(tmp_path, TELEGRAM_TOKEN=tg.token, TELEGRAM_BASE_URL=tg.base_url) as program:
            code = (await program.says(r"/claim (\S+)"))[1]
            tg.say(chat, ann, "hello?")
            await tg.wait_text(chat, "private")
            tg.say(chat, ann, f"/claim {code}")
            await tg.wait_text(chat, "you own this bot")
            tg.say(chat, ann, "Hello, my name is Ann")
            await tg.wait_text(chat, "Nice to meet you, Ann")
        async with running(tmp_path, TELEGRAM_TOKEN=tg.token, TELEGRAM_BASE_URL=tg.base_url) as again:
            tg.say(chat, ann, "What is my name?")
            await tg.wait_text(chat, "Your name is Ann")
            assert "/claim" not in again.output


async def test_one_wrong_token_leaves_the_other_doors_open(tmp_path: Path) -> None:
    async with (
        FakeTelegram() as tg,
        running(tmp_path, TELEGRAM_TOKEN="999:wrong", TELEGRAM_BASE_URL=tg.base_url) as program,
        httpx.AsyncClient(trust_env=False) as browser,
    ):
        await program.says("TELEGRAM_TOKEN")
        address = (await program.says(r"open at (\S+)"))[1]
        assert (await browser.get(address)).status_code == 200


async def test_venice_down_at_start_is_said_and_survived(tmp_path: Path) -> None:
    async with FakeTelegram() as tg:
        ann = tg.user("Ann")
        chat = tg.private(ann)
        async with running(
            tmp_path,
            TELEGRAM_TOKEN=tg.token,
            TELEGRAM_BASE_URL=tg.base_url,
            VENICE_API_KEY="k",
            VENICE_BASE_URL="http://127.0.0.1:9/api/v1",
            GONDOLA_ACCESS="open",
        ) as program:
            tg.say(chat, ann, "Hello")
            await tg.wait_text(chat, "try again", timeout=20)
            await program.says("venice.unreachable")


async def fails(folder: Path, **environment: str) -> str:
    """What a program that cannot start prints; it must exit with code 1 and one line."""
    program = await start(folder, **environment)
    assert await program.ended() == 1, program.output
    assert len(program.output.strip().splitlines()) == 1, program.output
    assert program.output.startswith("gondola: ")
    return program.output


@pytest.mark.parametrize(
    ("environment", "says"),
    [
        ({"GONDOLA_HTTP": "here"}, "GONDOLA_HTTP must be host:port"),
        ({"GONDOLA_OWNERS": "ann"}, "GONDOLA_OWNERS must look like"),
        ({"GONDOLA_ACCESS": "ajar"}, "GONDOLA_ACCESS is not valid"),
        ({"VENICE_BASE_URL": "venice"}, "VENICE_BASE_URL must be an address"),
        ({"DATABASE_URL": "mysql://x:secret@h/d"}, "DATABASE_URL"),
        ({"DATABASE_URL": "postgresql://x:secret@127.0.0.1:9/d"}, "cannot be reached"),
        ({"TELEGRAM_TOKEN_FILE": "/nowhere"}, "TELEGRAM_TOKEN_FILE names /nowhere"),
    ],
)
async def test_wrong_configuration_is_one_line(
    tmp_path: Path, environment: dict[str, str], says: str
) -> None:
    output = await fails(tmp_path, **environment)
    assert says in output
    assert "secret" not in output


async def test_a_port_in_use_is_one_line(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        output = await fails(tmp_path, GONDOLA_HTTP=f"127.0.0.1:{taken.getsockname()[1]}")
    assert "GONDOLA_HTTP" in output


async def test_a_second_instance_is_one_line(tmp_path: Path) -> None:
    async with running(tmp_path):
        assert "Another Gondola is running" in await fails(tmp_path)


async def test_an_unwritable_data_directory_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("a file where the folder should be")
    assert "GONDOLA_DATA_DIR" in await fails(tmp_path)


async def test_a_stop_in_the_middle_lets_the_answer_end(tmp_path: Path) -> None:
    async with FakeTelegram() as tg, DemoVenice(pace=150) as venice:
        ann = tg.user("Ann")
        chat = tg.private(ann)
        program = await start(
            tmp_path,
            TELEGRAM_TOKEN=tg.token,
            TELEGRAM_BASE_URL=tg.base_url,
            VENICE_API_KEY="k",
            VENICE_BASE_URL=venice.base_url,
            GONDOLA_ACCESS="open",
        )
        await program.says("open at")
        tg.say(chat, ann, "Write a long story")
        await tg.wait_for("sendMessage")
        code = await asyncio.wait_for(program.stop(), 30)
        assert code == 0
        story = "".join(message.text or "" for message in tg.replies(chat))
        assert len(story) > 500
        assert "interrupted" not in story
