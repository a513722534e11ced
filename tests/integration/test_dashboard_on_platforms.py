"""/dashboard through the real adapters: for those who manage a server, where nobody else reads it."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path

from bot.app import House
from bot.dashboard import Span, Viewer
from bot.demo import DemoVenice
from tests.fakes.discord import FakeDiscord
from tests.fakes.telegram import FakeTelegram
from tests.integration.platforms import house
from tests.integration.test_catchup_on_platforms import remembered

WAIT = 8
PUBLIC = "https://gondola.example.org"


async def opened_by(house: House, text: str, base: str = PUBLIC) -> Viewer:
    """Whom the link in a message lets in."""
    found = re.search(rf"{re.escape(base)}/dashboard/sign-in\?token=([0-9a-f]{{64,}})", text)
    assert found is not None, text
    viewer = await house.parts.desk.redeem(found[1])
    assert viewer is not None
    return viewer


async def test_on_discord_the_link_is_for_its_reader_and_their_server(
    tmp_path: Path, venice: DemoVenice
) -> None:
    async with FakeDiscord() as dc:
        ann, bob, eve = dc.user("Ann"), dc.user("Bob"), dc.user("Eve")
        guild = dc.guild("Canal")
        dc.member(guild, ann)
        dc.member(guild, bob, permissions=["manage_guild"])
        dc.member(guild, eve)
        room = dc.channel(guild, "general")
        dc.permissions(room, eve, manage_channels=True)
        settings = {"GONDOLA_OWNERS": f"discord:{ann.id}", "GONDOLA_PUBLIC_URL": PUBLIC}
        async with house(
            tmp_path, venice, DISCORD_TOKEN=dc.token, DISCORD_BASE_URL=dc.base_url, **settings
        ) as opened:
            await dc.ready()
            await dc.wait_for(lambda: bool(dc.world.syncs), WAIT)
            desk, server = opened.parts.desk, f"server:discord:{guild.id}"
            used = {person: dc.slash(room, person, "dashboard") for person in (ann, bob, eve)}
            for person in (ann, bob, eve):
                await dc.wait_for(lambda person=person: bool(used[person].text), WAIT)
                assert all(message.ephemeral for message in used[person].messages)
            whole, part = [await opened_by(opened, used[person].text) for person in (ann, bob)]
            assert (whole.owner, whole.servers) == (True, ())
            assert (part.owner, part.servers) == (False, (server,))
            assert (
                "for those who manage a server" in used[eve].text
            )  # a channel's manager is not the server's
            dc.say(room, eve, "What is the capital of France?", mention_bot=True)
            await remembered(opened, f"discord:{guild.id}:{room.id}:")
            (shown,) = (await desk.places(part)).rows
            assert (shown.scope, shown.title, shown.channels[0].title) == (server, "Canal", "general")
            seen = await desk.overview(part, Span.HOURS)
            assert seen.whole.messages >= 4
            assert [(one.name, one.up) for one in seen.platforms] == [("discord", True)]
            assert dc.violations == []


async def test_servers_are_there_before_anybody_wrote_in_them(tmp_path: Path, venice: DemoVenice) -> None:
    async with FakeDiscord() as dc:
        home, other = dc.guild("Canal"), dc.guild("Harbour")
        async with house(tmp_path, venice, DISCORD_TOKEN=dc.token, DISCORD_BASE_URL=dc.base_url) as opened:
            await dc.ready()
            await dc.wait_for(lambda: bool(dc.world.syncs), WAIT)
            desk, mine = opened.parts.desk, f"server:discord:{home.id}"
            owner = Viewer("", owner=True)
            seen = (await desk.places(owner)).rows
            assert [(one.scope, one.title) for one in seen] == [
                (mine, "Canal"),
                (f"server:discord:{other.id}", "Harbour"),
            ]
            await desk.put_setting(owner, mine, "streaming", "off")
            admin = Viewer("x", owner=False, servers=(mine,))
            assert [one.title for one in (await desk.places(admin)).rows] == ["Canal"]
            dc.remove_bot(other)
            async with asyncio.timeout(WAIT):
                while len((await desk.places(owner)).rows) > 1:
                    await asyncio.sleep(0.02)


async def test_on_telegram_the_link_comes_in_the_private_chat(tmp_path: Path, venice: DemoVenice) -> None:
    async with (
        FakeTelegram() as tg,
        house(tmp_path, venice, TELEGRAM_TOKEN=tg.token, TELEGRAM_BASE_URL=tg.base_url) as opened,
    ):
        ann, bob = tg.user("Ann"), tg.user("Bob")
        group = tg.group("Canal", [bob], admins=[ann])
        tg.say(group, ann, f"/dashboard@{tg.bot.username}")
        await tg.wait_for(lambda: bool(tg.replies(group)), timeout=WAIT)
        assert "press Start" in tg.replies(group)[0].text
        chat = tg.private(ann)
        tg.say(group, ann, f"/dashboard@{tg.bot.username}")
        await tg.wait_for(lambda: bool(tg.replies(chat)), timeout=WAIT)
        base = f"http://127.0.0.1:{opened.web.port}"
        viewer = await opened_by(opened, tg.replies(chat)[0].text, base)
        assert viewer.servers == (f"server:telegram:{group.id}",)
        tg.say(group, bob, f"/dashboard@{tg.bot.username}")
        await tg.wait_for(lambda: "who manage a server" in tg.replies(group)[-1].text, timeout=WAIT)
        assert not any("token" in message.text for message in tg.replies(group))
        (shown,) = (await opened.parts.desk.places(viewer)).rows
        assert shown.title == "Canal"
        assert tg.violations == []
