"""Whoever manages a server no more is out of its dashboard soon, through the real adapters."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest

from bot.app import House
from bot.demo import DemoVenice
from bot.engine.doors.standing import CHECK_SECONDS, KEPT_SECONDS
from tests.fakes.discord import FakeDiscord
from tests.fakes.telegram import FakeTelegram
from tests.integration.platforms import house
from tests.integration.test_dashboard_pages_on_platforms import OWN, csrf
from tests.integration.test_voice_on_platforms import WAIT


@asynccontextmanager
async def signed_in(opened: House, text: str) -> AsyncGenerator[httpx.AsyncClient]:
    """A browser that used the link in a message."""
    found = re.search(r"/dashboard/sign-in\?token=(\w+)", text)
    assert found is not None, text
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{opened.web.port}", timeout=10) as client:
        page = await client.get(found[0])
        form = {"csrf": csrf(page), "token": found[1]}
        assert (await client.post("/dashboard/sign-in", data=form, headers=OWN)).status_code == 303
        # From this machine the page trusts everybody; through a proxy nobody without a session.
        client.headers["x-forwarded-for"] = "203.0.113.9"
        yield client


async def status(client: httpx.AsyncClient) -> int:
    return (await client.get("/dashboard/ledger")).status_code


class Later:
    """The clock of the house's dashboard, some seconds ahead."""

    def __init__(self, opened: House, patch: pytest.MonkeyPatch) -> None:
        self.ahead = 0.0
        links = opened.parts.desk._sign_in  # pyright: ignore[reportPrivateUsage]
        standing = links._standing  # pyright: ignore[reportPrivateUsage]
        patch.setattr(standing, "_clock", lambda: time.time() + self.ahead)


async def demoted(
    client: httpx.AsyncClient, later: Later, demote: Callable[[], object], promote: Callable[[], object]
) -> None:
    """The page is open until a minute after somebody was demoted, and opens no more."""
    assert await status(client) == 200
    demote()
    assert await status(client) == 200, "within the minute what was said holds"
    later.ahead += CHECK_SECONDS + 1
    assert await status(client) == 401
    promote()
    later.ahead += CHECK_SECONDS + 1
    assert await status(client) == 401, "a session that ended stays ended"


async def silent(
    client: httpx.AsyncClient, later: Later, quiet: Callable[[], Awaitable[object] | object]
) -> None:
    """While the platform does not answer, what it said holds for a while."""
    assert await status(client) == 200
    quiet()
    later.ahead += CHECK_SECONDS + 1
    assert await status(client) == 200
    quiet()
    later.ahead += KEPT_SECONDS
    assert await status(client) == 401


@pytest.mark.parametrize("answers", [True, False])
async def test_on_discord(
    tmp_path: Path, venice: DemoVenice, monkeypatch: pytest.MonkeyPatch, answers: bool
) -> None:
    async with FakeDiscord() as dc:
        bob = dc.user("Bob")
        guild = dc.guild("Canal")
        member = dc.member(guild, bob, permissions=["manage_guild"])
        room = dc.channel(guild, "general")
        async with house(tmp_path, venice, DISCORD_TOKEN=dc.token, DISCORD_BASE_URL=dc.base_url) as opened:
            await dc.ready()
            await dc.wait_for(lambda: bool(dc.world.syncs), WAIT)
            used = dc.slash(room, bob, "dashboard")
            await dc.wait_for(lambda: "?token=" in used.text, WAIT)
            assert str(bob.id) not in used.text
            later = Later(opened, monkeypatch)
            async with signed_in(opened, used.text) as client:
                if answers:
                    roles = list(member.roles)
                    await demoted(client, later, member.roles.clear, lambda: member.roles.extend(roles))
                else:
                    await silent(client, later, lambda: dc.faults.next("get_guild_member", "500", times=9))
            kept = await asyncio.to_thread((tmp_path / "dashboard-sessions.json").read_text)
            assert str(bob.id) not in kept
            assert dc.violations == []


@pytest.mark.parametrize("answers", [True, False])
async def test_on_telegram(
    tmp_path: Path, venice: DemoVenice, monkeypatch: pytest.MonkeyPatch, answers: bool
) -> None:
    async with (
        FakeTelegram() as tg,
        house(tmp_path, venice, TELEGRAM_TOKEN=tg.token, TELEGRAM_BASE_URL=tg.base_url) as opened,
    ):
        ann = tg.user("Ann")
        group = tg.group("Canal", [], admins=[ann])
        chat = tg.private(ann)
        tg.say(chat, ann, "/start")
        await tg.wait_for(lambda: bool(tg.replies(chat)), timeout=WAIT)
        tg.say(group, ann, f"/dashboard@{tg.bot.username}")
        await tg.wait_for(lambda: "?token=" in tg.replies(chat)[-1].text, timeout=WAIT)
        later = Later(opened, monkeypatch)
        async with signed_in(opened, tg.replies(chat)[-1].text) as client:
            if answers:
                await demoted(client, later, lambda: tg.demote(group, ann), lambda: tg.promote(group, ann))
            else:
                await silent(client, later, lambda: tg.faults.next("getChatAdministrators", "500", times=9))
        assert tg.violations == []
