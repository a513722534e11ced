"""`gondola doctor` against broken tokens, wrong intents, leftovers, skewed clocks and full disks."""

from __future__ import annotations

import asyncio
import json
import os
import socket
import time
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from email.utils import formatdate
from pathlib import Path

import pytest
from aiohttp import web
from click.testing import CliRunner
from sqlalchemy import text

from bot import upkeep
from bot.app import serving
from bot.cli import main
from bot.demo import DemoVenice
from bot.demo.faults import Fault
from bot.demo.jsonvalue import JsonObject
from bot.doctor.machine import room
from bot.findings import Finding, State
from bot.settings import SECRETS, Configuration, load_configuration
from storage.tables import caps
from tests.fakes.discord import FakeDiscord
from tests.fakes.discord.permissions import bits
from tests.fakes.telegram import FakeTelegram
from tests.integration.storage.test_opening import powerless
from tests.integration.upkeep.rows import opened

OK, WARN, BAD = State.OK, State.WARN, State.BAD


def configuration(folder: Path, **environment: str) -> Configuration:
    """A house on a free port."""
    return load_configuration(
        {"GONDOLA_DATA_DIR": str(folder / "data"), "GONDOLA_HTTP": "127.0.0.1:0"} | environment
    )


async def found(folder: Path, about: str, **environment: str) -> list[Finding]:
    """What the doctor says about something."""
    return [one for one in await upkeep.examine(configuration(folder, **environment)) if one.about == about]


def the(findings: Sequence[Finding], part: str) -> Finding:
    """The finding whose sentence has that part; what is wrong always comes with its mend."""
    assert all(bool(one.mend) == (one.state is not OK) for one in findings)
    matching = [one for one in findings if part in one.sentence]
    assert len(matching) == 1, findings
    return matching[0]


async def test_a_fresh_machine_is_fine_and_stays_untouched(tmp_path: Path) -> None:
    findings = await upkeep.examine(configuration(tmp_path))
    assert [one for one in findings if one.state is BAD] == []
    assert the([one for one in findings if one.about == "Venice"], "demo").state is WARN
    assert os.listdir(tmp_path) == []


async def test_beside_a_running_house_nothing_is_taken_away(tmp_path: Path) -> None:
    async with FakeTelegram() as tg, FakeDiscord() as dc, DemoVenice() as demo:
        dc.guild("Lagoon")
        environment = {
            "TELEGRAM_TOKEN": tg.token,
            "TELEGRAM_BASE_URL": tg.base_url,
            "DISCORD_TOKEN": dc.token,
            "DISCORD_BASE_URL": dc.base_url,
            "VENICE_API_KEY": "VENICE_INFERENCE_KEY_x",
            "VENICE_BASE_URL": demo.base_url,
            "GONDOLA_OWNERS": "telegram:1",
        }
        async with serving(configuration(tmp_path, **environment)) as house:
            await dc.wait_for(lambda: dc.syncs)
            await tg.wait_for(lambda: tg.calls_of("getUpdates"))
            polls = len(tg.calls_of("getUpdates"))
            address = {"GONDOLA_HTTP": f"127.0.0.1:{house.web.port}"}
            findings = await upkeep.examine(configuration(tmp_path, **environment | address))
        assert [one for one in findings if one.state is BAD] == []
        warned = {one.sentence for one in findings if one.state is WARN}
        assert len(warned) == 1, warned  # privacy mode, which is on by default
        assert "Privacy mode is on" in warned.pop()
        said = " ".join(one.sentence for one in findings)
        assert "A Gondola is running at" in said
        assert "is sound and of this version (0002)" in said
        assert "inference key" in said
        assert "commands are registered" in said
        assert "Permissions are right in all 1 servers" in said
        assert "A cap for the whole bot holds" in said
        asked = [call.method for call in tg.calls if call.method in ("getMe", "getWebhookInfo")]
        assert asked.count("getWebhookInfo") == 1
        assert len(tg.calls_of("getUpdates")) - polls <= 1, "the doctor must not poll"
        assert tg.violations == []
        assert dc.violations == []


# --- this machine ---


async def test_a_folder_of_somebody_else_is_found(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    folder.mkdir(mode=0o555)
    for one in (tmp_path, *tmp_path.parents[:2]):
        one.chmod(0o755)
    with powerless():
        assert the(await found(tmp_path, "Data directory"), "may not write").state is BAD
    folder.chmod(0o755)
    assert "chmod 700" in the(await found(tmp_path, "Data directory"), "can look into").mend
    folder.rmdir()
    folder.write_text("a file")
    assert the(await found(tmp_path, "Data directory"), "no folder").state is BAD


async def test_a_folder_behind_one_that_we_may_not_enter_is_found(tmp_path: Path) -> None:
    """Asking what lies behind it is refused, too, which is no reason to fail."""
    for one in (tmp_path, *tmp_path.parents[:3]):
        one.chmod(0o755)
    outer = tmp_path / "private"
    (outer / "data").mkdir(parents=True)
    outer.chmod(0o700)
    with powerless():
        told = the(await found(outer, "Data directory"), "may not write")
    assert told.state is BAD
    assert str(outer) in told.sentence


@pytest.mark.parametrize(("free", "state"), [(5_000_000_000, OK), (900_000_000, WARN), (1_000_000, BAD)])
def test_a_disk_that_fills_up_is_found(free: int, state: State) -> None:
    assert room(free).state is state


async def test_a_port_taken_by_another_program_is_found(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        address = f"127.0.0.1:{other.getsockname()[1]}"
        answer = asyncio.create_task(found(tmp_path, "Web page", GONDOLA_HTTP=address))
        assert the(await answer, "cannot be used").state is BAD
    assert the(await found(tmp_path, "Web page", GONDOLA_HTTP=address), "is free").state is OK


@asynccontextmanager
async def server(ahead: float, status: int = 401) -> AsyncGenerator[str]:
    """A server whose clock is ahead by so many seconds."""

    async def answer(_request: web.Request) -> web.Response:
        date = formatdate(time.time() + ahead, usegmt=True)
        return web.json_response({}, status=status, headers={"Date": date})

    app = web.Application()
    app.router.add_route("*", "/{tail:.*}", answer)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


@pytest.mark.parametrize(
    ("ahead", "state", "says"),
    [(0, OK, "Agrees"), (30, WARN, "behind Telegram's"), (-7200, BAD, "7200 s ahead of Telegram's")],
)
async def test_a_wrong_clock_is_found(tmp_path: Path, ahead: float, state: State, says: str) -> None:
    async with server(ahead) as url:
        findings = await found(tmp_path, "Clock", TELEGRAM_TOKEN="1:x", TELEGRAM_BASE_URL=url)
    assert the(findings, says).state is state


@pytest.mark.parametrize(
    ("url", "state"),
    [
        ("https://bot.example.org", OK),
        ("http://bot.example.org", WARN),
        ("https://localhost:8080", WARN),
        ("https://bot.example.org/chat", BAD),
    ],
)
async def test_the_public_address_is_looked_at(tmp_path: Path, url: str, state: State) -> None:
    (finding,) = await found(tmp_path, "Public address", GONDOLA_PUBLIC_URL=url)
    assert finding.state is state


# --- the database ---


async def test_a_damaged_file_is_found(tmp_path: Path) -> None:
    chosen = configuration(tmp_path)
    async with await opened(chosen) as store:
        for number in range(400):
            await store.marks.put(f"m{number}", "x" * 400)
    file = chosen.gondola_data_dir / "gondola.db"
    file.chmod(0o644)
    findings = await found(tmp_path, "Database")
    assert the(findings, "Others on this machine can read").state is WARN
    raw = bytearray(file.read_bytes())
    for at in range(len(raw) // 2, len(raw) // 2 + 8192):
        raw[at] = 0x55
    file.write_bytes(raw)
    (finding,) = await found(tmp_path, "Database")
    assert finding.state is BAD
    assert "damaged" in finding.sentence
    assert "gondola restore" in finding.mend


async def test_other_versions_of_the_schema_are_found(
    configured: Configuration, request: pytest.FixtureRequest
) -> None:
    async with await opened(configured) as store:
        request.getfixturevalue("newer")
        findings = [one for one in await upkeep.examine(configured) if one.about == "Database"]
        assert the(findings, "needs migrating").state is WARN
        async with store.database.engines[0].begin() as connection:
            await connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    findings = [one for one in await upkeep.examine(configured) if one.about == "Database"]
    assert the(findings, "newer Gondola").state is BAD


async def test_a_server_that_is_away_is_found_without_its_password(tmp_path: Path) -> None:
    findings = await found(tmp_path, "Database", DATABASE_URL="postgresql://u:hunter2@127.0.0.1:9/d")
    assert the(findings, "cannot be reached").state is BAD
    assert "hunter2" not in repr(findings)


async def test_a_house_without_owner_and_cap_is_found(tmp_path: Path) -> None:
    chosen = configuration(tmp_path)
    async with await opened(chosen) as store:
        async with store.database.engines[0].begin() as connection:
            await connection.execute(caps.delete())
        assert the(await found(tmp_path, "Spending"), "no cap").state is WARN
        assert the(await found(tmp_path, "Spending", GONDOLA_ACCESS="open"), "no cap").state is BAD
        token = {"TELEGRAM_TOKEN": "1:x", "TELEGRAM_BASE_URL": "http://127.0.0.1:9"}
        assert the(await found(tmp_path, "Owners", **token), "Nobody owns").state is WARN
        await store.access.add_owner("telegram:1", 1.0)
        assert the(await found(tmp_path, "Owners", **token), "1 set").state is OK


# --- Venice ---


async def test_the_key_is_looked_at(tmp_path: Path) -> None:
    async with DemoVenice(keys=frozenset({"VENICE_INFERENCE_KEY_a", "VENICE_ADMIN_KEY_a"})) as demo:
        at = {"VENICE_BASE_URL": demo.base_url}
        findings = await found(tmp_path, "Venice", VENICE_API_KEY="VENICE_INFERENCE_KEY_a", **at)
        assert the(findings, "inference key").state is OK
        assert the(findings, "left on this key").state is OK
        admin = await found(tmp_path, "Venice", VENICE_API_KEY="VENICE_ADMIN_KEY_a", **at)
        assert the(admin, "admin key").state is WARN
        wrong = await found(tmp_path, "Venice", VENICE_API_KEY="VENICE_INFERENCE_KEY_b", **at)
        assert the(wrong, "refuses the key").state is BAD
        poor: JsonObject = {
            "accessPermitted": False,
            "apiTier": {"id": "x", "isCharged": True},
            "balances": {"USD": 0.2},
            "keyExpiration": "2026-01-01T00:00:00Z",
            "rateLimits": [],
        }
        demo.faults.next("/api_keys/rate_limits", Fault.status(200, body={"data": poor})).always()
        findings = await found(tmp_path, "Venice", VENICE_API_KEY="VENICE_INFERENCE_KEY_a", **at)
        assert the(findings, "no paid call").state is BAD
        assert the(findings, "Only $0.20").state is WARN
        assert the(findings, "ends on 2026-01-01").state is WARN
    away = await found(tmp_path, "Venice", VENICE_API_KEY="k", **at)
    assert the(away, "cannot be asked").state is BAD


# --- Discord ---


async def test_discord_as_it_should_not_be(tmp_path: Path) -> None:
    async with FakeDiscord() as dc:
        at = {"DISCORD_TOKEN": dc.token, "DISCORD_BASE_URL": dc.base_url}
        findings = await found(tmp_path, "Discord", **at)
        assert the(findings, "in no server").state is WARN
        assert the(findings, "other commands").state is WARN
        assert the(findings, "Message Content Intent is on").state is OK
        dc.allow_message_content = False
        guild, other = dc.guild("Lagoon\n\x1b[31m"), dc.guild("Canal")
        for role in guild.roles.values():
            role.permissions &= ~bits("send", "embed")
        for role in other.roles.values():
            role.permissions |= bits("administrator")
        findings = await found(tmp_path, "Discord", **at)
        assert the(findings, "Message Content Intent is off").state is WARN
        lacking = the(findings, "I lack: Embed Links")
        assert lacking.state is BAD
        assert "Send Messages" in lacking.sentence
        assert lacking.sentence.isprintable()
        assert the(findings, "“Canal” I am an administrator").state is WARN
        wrong = await found(tmp_path, "Discord", **at | {"DISCORD_TOKEN": "other"})
        assert the(wrong, "refuses the token").state is BAD
        assert dc.violations == []
    assert the(await found(tmp_path, "Discord", **at), "cannot be reached").state is BAD


# --- Telegram ---


async def test_telegram_as_it_should_not_be(tmp_path: Path) -> None:
    async with FakeTelegram(privacy=False) as tg:
        at = {"TELEGRAM_TOKEN": tg.token, "TELEGRAM_BASE_URL": tg.base_url}
        findings = await found(tmp_path, "Telegram", **at)
        assert [one.state for one in findings] == [OK, OK, OK]
        ann = tg.user("Ann")
        chat = tg.private(ann)
        for number in range(101):
            tg.say(chat, ann, f"Hello {number}")
        tg.queue.allow(["message", "poll"])
        findings = await found(tmp_path, "Telegram", **at)
        assert (
            the(findings, "does not want callback_query, chat_member, edited_message, my_chat_member").state
            is WARN
        )
        assert the(findings, "101 updates wait").state is WARN
        assert len(tg.queue.pending) == 101, "none was taken"
        tg.queue.drop_pending()
        tg.queue.webhook_url = "http://127.0.0.1:9/other"
        assert the(await found(tmp_path, "Telegram", **at), "webhook").state is BAD
        posted = at | {"TELEGRAM_WEBHOOK": "true", "GONDOLA_PUBLIC_URL": "http://127.0.0.1:9"}
        assert the(await found(tmp_path, "Telegram", **posted), "does not post").state is WARN
        tg.queue.webhook_url = "http://127.0.0.1:9/hooks/telegram"
        assert the(await found(tmp_path, "Telegram", **posted), "posts to this house").state is OK
        tg.queue.webhook_error = "Connection refused"
        assert the(await found(tmp_path, "Telegram", **posted), "failed to post").state is WARN
        wrong = await found(tmp_path, "Telegram", **at | {"TELEGRAM_TOKEN": "123456:OTHER"})
        assert the(wrong, "refuses the token").state is BAD
        assert tg.calls_of("getUpdates") == []
    away = await found(tmp_path, "Telegram", **at)
    assert the(away, "cannot be reached").state is BAD
    assert tg.token not in repr(away)


# --- the command ---


def test_the_command_says_it_and_ends_with_1_where_something_is_broken(tmp_path: Path) -> None:
    clean: dict[str, str | None] = dict.fromkeys((name.upper() for name in Configuration.model_fields), None)
    clean |= dict.fromkeys(f"{name}_FILE" for name in SECRETS)
    environment = clean | {"GONDOLA_DATA_DIR": str(tmp_path / "data"), "GONDOLA_HTTP": "127.0.0.1:0"}
    fine = CliRunner().invoke(main, ["doctor"], env=environment)
    assert fine.exit_code == 0, fine.output
    assert "0 broken." in fine.output
    environment["DATABASE_URL"] = "postgresql://u:hunter2@127.0.0.1:9/d"
    broken = CliRunner().invoke(main, ["doctor", "--json"], env=environment)
    assert broken.exit_code == 1
    assert [one["about"] for one in json.loads(broken.output) if one["state"] == "bad"] == ["Database"]
    assert "hunter2" not in broken.output
