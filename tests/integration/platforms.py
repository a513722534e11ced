"""A whole house with a Venice of its own, for the real adapters over the fakes of the platforms."""

from __future__ import annotations

import time
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from bot.app import House, serving
from bot.demo import DemoVenice
from bot.settings import load_configuration
from tests.fakes.discord import Channel, FakeDiscord, Guild
from tests.fakes.discord import User as DiscordUser
from tests.fakes.telegram import Chat, FakeTelegram
from tests.fakes.telegram import User as TelegramUser

NOTHING_SET: Mapping[str, str] = {}


@asynccontextmanager
async def house(
    folder: Path, venice: DemoVenice, settings: Mapping[str, str] = NOTHING_SET, /, **more: str
) -> AsyncGenerator[House]:
    """A house that is open to everybody. `settings` hold everywhere in it; `more` is its environment."""
    environment = {
        "VENICE_API_KEY": "key",
        "VENICE_BASE_URL": venice.base_url,
        "GONDOLA_ACCESS": "open",
        "GONDOLA_HTTP": "127.0.0.1:0",
        "GONDOLA_DATA_DIR": str(folder),
        **more,
    }
    async with serving(load_configuration(environment)) as opened:
        for name, value in settings.items():
            await opened.parts.settings.put("bot", name, value, by="test", at=time.time())
        yield opened


def telegram_env(fake: FakeTelegram) -> dict[str, str]:
    """The environment of a house on that Telegram."""
    return {"TELEGRAM_TOKEN": fake.token, "TELEGRAM_BASE_URL": fake.base_url}


def discord_env(fake: FakeDiscord) -> dict[str, str]:
    """The environment of a house on that Discord."""
    return {"DISCORD_TOKEN": fake.token, "DISCORD_BASE_URL": fake.base_url}


async def listening(fake: FakeDiscord, timeout: float = 15.0) -> None:
    """Until the bot is connected and its commands are offered."""
    await fake.ready(timeout)
    await fake.wait_for(lambda: bool(fake.world.syncs), timeout)


@dataclass(frozen=True, slots=True)
class OnTelegram:
    """A house on Telegram with two people: Ann's direct chat, and the group Canal with both."""

    house: House
    tg: FakeTelegram
    ann: TelegramUser
    bob: TelegramUser
    chat: Chat
    group: Chat


@asynccontextmanager
async def on_telegram(
    folder: Path, venice: DemoVenice, settings: Mapping[str, str] = NOTHING_SET, /, **more: str
) -> AsyncGenerator[OnTelegram]:
    """Whatever is done in it must keep to Telegram's rules."""
    async with FakeTelegram() as tg:
        ann, bob = tg.user("Ann"), tg.user("Bob")
        chat, group = tg.private(ann), tg.group("Canal", [ann, bob])
        async with house(folder, venice, settings, **telegram_env(tg), **more) as opened:
            yield OnTelegram(opened, tg, ann, bob, chat, group)
        assert tg.violations == []


@dataclass(frozen=True, slots=True)
class OnDiscord:
    """A house on Discord with two people in the server Canal and its channel; Eve may nothing special."""

    house: House
    dc: FakeDiscord
    guild: Guild
    room: Channel
    bob: DiscordUser
    eve: DiscordUser


@asynccontextmanager
async def on_discord(
    folder: Path,
    venice: DemoVenice,
    settings: Mapping[str, str] = NOTHING_SET,
    /,
    *,
    permissions: Sequence[str] = (),
    nsfw: bool = False,
    pings: bool = False,
    **more: str,
) -> AsyncGenerator[OnDiscord]:
    """`permissions` are Bob's, `nsfw` is the channel. What is done in it must keep to Discord's rules and,
    unless `pings` says that a reminder comes, ping nobody."""
    async with FakeDiscord() as dc:
        bob, eve = dc.user("Bob"), dc.user("Eve")
        guild = dc.guild("Canal")
        dc.member(guild, bob, permissions=permissions)
        dc.member(guild, eve)
        room = dc.channel(guild, "general", nsfw=nsfw)
        async with house(folder, venice, settings, **discord_env(dc), **more) as opened:
            await listening(dc)
            yield OnDiscord(opened, dc, guild, room, bob, eve)
        assert dc.violations == []
        assert pings or dc.pinging() == []
