"""The whole house comes back after an outage: what was missed on Discord is answered once, or named."""

from __future__ import annotations

import math
import sqlite3
import time
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager, closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from adapters.discord.handles import LIFE, Handle, Opening
from bot.app import House, serving
from bot.demo import DemoVenice
from bot.engine.flow.away import AWAY, TOO_OLD
from bot.engine.flow.intake import to_payload
from bot.messages import Addressed, CommandUse, Incoming, Person, Place
from bot.records import Intake, ReadMark, TurnMark, TurnState
from bot.settings import Configuration
from storage import open_store
from tests.fakes.discord import Channel, FakeDiscord
from tests.fakes.discord.state import new_id

HOUR = 3_600.0


class Canal:
    """A server with a channel and a member, and the house that serves it."""

    def __init__(self, dc: FakeDiscord, demo: DemoVenice, folder: Path) -> None:
        self.dc = dc
        self.demo = demo
        self.folder = folder
        self.guild = dc.guild("Canal")
        self.channel = dc.channel(self.guild, "talk")
        self.ann = dc.user("ann")
        dc.member(self.guild, self.ann)
        self.access = "open"

    @asynccontextmanager
    async def open(self) -> AsyncGenerator[House]:
        configuration = Configuration.model_validate(
            {
                "venice_api_key": "key",
                "venice_base_url": self.demo.base_url,
                "discord_token": self.dc.token,
                "discord_base_url": self.dc.base_url,
                "gondola_data_dir": self.folder,
                "gondola_http": "127.0.0.1:0",
                "gondola_access": self.access,
            }
        )
        sessions = len(self.dc.gateway.identifies)
        async with serving(configuration) as house:
            await self.dc.wait_for(lambda: len(self.dc.gateway.identifies) > sessions, timeout=10)
            yield house

    async def heard(self, *channels: Channel) -> None:
        """A first run in which something was answered in these channels."""
        async with self.open():
            for channel in channels:
                self.dc.say(channel, self.ann, "Write a haiku", mention_bot=True)
                await self.dc.wait_answers(channel, 1)

    async def left_behind(self, incoming: Incoming, state: TurnState, **progress: Any) -> None:
        """A process took this event in and was killed."""
        store = await open_store("", self.folder, instance="dead", clock=time.time)
        async with store:
            at = time.time()
            await store.turns.take_in(
                [Intake("t1", incoming.event_id, "c", "p", to_payload(incoming), received_at=at)]
            )
            if state is not TurnState.RECEIVED:
                await store.turns.mark([TurnMark("t1", state, **progress)])

    def used(self, name: str, opening: Opening, age: float) -> Incoming:
        """A command that was used so many seconds ago."""
        number = new_id(age)
        return Incoming(
            f"discord:interaction:{number}",
            Place("discord", str(self.guild.id), str(self.channel.id)),
            Person("discord", str(self.ann.id), "Ann"),
            Addressed.COMMAND,
            command=CommandUse(name),
            reply_handle=Handle(opening, self.dc.bot.id, number, "secret-token").text,
            sent_at=time.time() - age,
        )

    def rows(self, statement: str) -> list[tuple[object, ...]]:
        with closing(sqlite3.connect(f"file:{self.folder / 'gondola.db'}?mode=ro", uri=True)) as connection:
            return list(connection.execute(statement))


@pytest.fixture
async def canal(tmp_path: Path) -> AsyncIterator[Canal]:
    async with FakeDiscord() as dc, DemoVenice(pace=math.inf) as demo:
        yield Canal(dc, demo, tmp_path)
        assert dc.violations == []
        assert dc.pinging() == []


async def test_a_missed_mention_and_a_missed_direct_message_are_answered_once(canal: Canal) -> None:
    dc, chat = canal.dc, canal.dc.dm(canal.ann)
    await canal.heard(canal.channel, chat)
    mention = dc.say(canal.channel, canal.ann, "Write a poem", mention_bot=True)
    dc.say(canal.channel, canal.ann, "not for the bot")
    dc.say(chat, canal.ann, "Write a poem")
    async with canal.open() as house:
        await dc.wait_answers(canal.channel, 2)
        await dc.wait_answers(chat, 2)
        dc.redeliver(mention)
        dc.say(canal.channel, canal.ann, "Write a limerick", mention_bot=True)
        await dc.wait_answers(canal.channel, 3)
        await house.engine.idle()
    async with canal.open() as house:
        await house.engine.idle()
    assert len(dc.answers(canal.channel)) == 3
    assert len(dc.answers(chat)) == 2
    assert canal.rows("select count(*) from read_marks") == [(2,)]


async def test_what_is_too_old_gets_one_line(canal: Canal) -> None:
    """Seventy missed lines in one place, three of them for the bot; in the other nobody asked anything."""
    dc = canal.dc
    other = dc.channel(canal.guild, "other")
    await canal.heard(canal.channel)
    long_ago = TOO_OLD + HOUR
    store = await open_store("", canal.folder, instance="test", clock=time.time)
    async with store:
        marks = [
            ReadMark(str(place.id), str(canal.guild.id), str(new_id(long_ago + 99)), time.time())
            for place in (canal.channel, other)
        ]
        await store.reading.keep("discord", marks)
    for number in range(60):
        for place in (canal.channel, other):
            dc.say(place, canal.ann, f"small talk {number}", age=long_ago - number / 10)
    for number in range(3):
        dc.say(canal.channel, canal.ann, "anybody?", mention_bot=True, age=long_ago - 10 - number)
    async with canal.open() as house:
        await dc.wait_text(canal.channel, "I was away")
        dc.say(other, canal.ann, "Write a haiku", mention_bot=True)
        await dc.wait_answers(other, 1)
        await house.engine.idle()
    assert [message.content for message in dc.answers(canal.channel)].count(AWAY) == 1
    assert len(dc.answers(canal.channel)) == 2
    assert len(dc.answers(other)) == 1
    assert "slash" not in AWAY
    assert "commands used meanwhile are lost" in AWAY


async def test_a_closed_house_stores_and_asks_nothing_of_strangers(canal: Canal) -> None:
    dc, chat = canal.dc, canal.dc.dm(canal.ann)
    canal.access = "closed"
    async with canal.open() as house:
        dc.say(canal.channel, canal.ann, "let me in", mention_bot=True)
        dc.say(chat, canal.ann, "let me in")
        await dc.wait_answers(chat, 1)
        await house.engine.idle()
    dc.say(canal.channel, canal.ann, "let me in", mention_bot=True)
    dc.say(chat, canal.ann, "let me in")
    async with canal.open() as house:
        dc.say(canal.channel, canal.ann, "and now?", mention_bot=True)
        await dc.wait_for(lambda: house.engine.last_handled("discord"))
        await house.engine.idle()
    assert canal.rows("select * from read_marks") == []
    assert canal.rows("select * from events") == []
    assert dc.calls_to("list_messages") == []
    assert dc.answers(canal.channel) == []


async def test_a_late_interaction_is_named_in_the_channel_once(canal: Canal) -> None:
    dc = canal.dc
    async with canal.open() as house:
        await dc.wait_for(lambda: dc.syncs)
        dc.interaction_deadline_s = -1
        late = dc.slash(canal.channel, canal.ann, "settings")
        (line,) = await dc.wait_answers(canal.channel, 1)
        dc.redeliver(late)
        dc.say(canal.channel, canal.ann, "Write a haiku", mention_bot=True)
        await dc.wait_answers(canal.channel, 2)
        await house.engine.idle()
    assert line.content == (
        f"{canal.ann.mention}, your `/settings` reached me too late and was lost. Please use it again."
    )
    assert len(dc.answers(canal.channel)) == 2


async def test_strangers_late_interactions_stay_unnamed(canal: Canal) -> None:
    dc = canal.dc
    canal.access = "closed"
    async with canal.open() as house:
        await dc.wait_for(lambda: dc.syncs)
        dc.interaction_deadline_s = -1
        dc.slash(canal.channel, canal.ann, "settings")
        await dc.wait_for(lambda: dc.calls_to("create_interaction_response"))
        dc.interaction_deadline_s = 3
        told = dc.slash(canal.channel, canal.ann, "settings")
        await dc.wait_for(lambda: told.messages and "private for now" in told.text)
        await house.engine.idle()
    assert [message for message in dc.answers(canal.channel) if not message.ephemeral] == []


@pytest.mark.parametrize("state", [TurnState.RECEIVED, TurnState.ADMITTED, TurnState.CALLED])
async def test_a_private_command_of_a_killed_process_is_named_as_lost(canal: Canal, state: TurnState) -> None:
    await canal.left_behind(canal.used("settings", Opening.PRIVATE, LIFE + 60), state)
    async with canal.open() as house:
        (line,) = await canal.dc.wait_answers(canal.channel, 1)
        await house.engine.idle()
    assert line.content.startswith(
        f"{canal.ann.mention}, I was interrupted before I had answered your `/settings`"
    )
    assert len(canal.dc.answers(canal.channel)) == 1
    assert canal.rows("select state, payload from turns") == [("settled", "")]


async def test_a_private_answer_that_was_shown_before_the_kill_is_not_called_lost(canal: Canal) -> None:
    used = canal.used("settings", Opening.PRIVATE, LIFE + 60)
    await canal.left_behind(used, TurnState.COMPLETE, refs=("77",), text="All settings")
    async with canal.open() as house:
        await canal.dc.wait_for(lambda: canal.rows("select state from turns") == [("settled",)], timeout=20)
        await house.engine.idle()
    assert canal.dc.answers(canal.channel) == []


async def test_a_public_command_of_a_killed_process_is_answered_in_the_channel(canal: Canal) -> None:
    used = canal.used("image", Opening.PUBLIC, LIFE + 60)
    asked = replace(used, command=CommandUse("image", {"prompt": "a lagoon"}))
    await canal.left_behind(asked, TurnState.RECEIVED)
    async with canal.open() as house:
        await canal.dc.wait_answers(canal.channel, 1)
        await house.engine.idle()
    assert [attachment for message in canal.dc.answers(canal.channel) for attachment in message.attachments]
