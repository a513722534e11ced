"""What was said while nobody listened, after a start or a session that could not be resumed.

Discord tells with each server the last message of its channels, so that a quiet channel costs no call; of
direct chats it tells nothing, so each known one is asked. Interactions cannot be asked for: those are lost.
"""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Iterable, Iterator
from datetime import UTC, datetime
from typing import TypeGuard

import discord
import structlog

from adapters.discord.capabilities import PLATFORM
from adapters.discord.errors import CALL_SECONDS, refusals
from adapters.discord.inbound import guild_id_of, place_of
from adapters.discord.seen import MOST, Seen
from bot.errors import GondolaError, PlatformError, PlatformFailure
from bot.messages import Addressed, Incoming, Person
from bot.ports import Front

log: structlog.stdlib.BoundLogger = structlog.get_logger()

SINCE_MARK = "discord:listening_since"
"""A snowflake: what is older was taken in, or said where nobody could be answered."""

SINCE_SECONDS = 60.0
"""The mark is written anew at most so often."""

MOST_MESSAGES = 50
"""Per channel. Where more were missed the newest count."""

MOST_CHANNELS = 200
AT_ONCE = 4
PAUSES = (2.0, 10.0)
"""Seconds before a channel that could not be read is tried again."""

LIVE_SECONDS = 5.0
"""A message just written waits so long at most for what was missed before it."""

_SKEW = 5.0
"""Seconds by which the clock here may be ahead of Discord's."""

UNREADABLE = (discord.ClientException, ArithmeticError, AttributeError, LookupError, TypeError, ValueError)
"""What the library and the way in raise for data of a shape they do not know."""

_CLOSED = (PlatformFailure.GONE, PlatformFailure.FORBIDDEN)

Channel = discord.TextChannel | discord.VoiceChannel | discord.StageChannel | discord.Thread


class CatchUp:
    """One client's. `order` gives a channel's lock, which is held wherever its messages are taken in;
    `take` takes one message in and tells whether the door admits its author."""

    def __init__(
        self,
        client: discord.Client,
        front: Front,
        seen: Seen,
        *,
        order: Callable[[int], asyncio.Lock],
        take: Callable[[discord.Message], Awaitable[bool]],
    ) -> None:
        self._client = client
        self._front = front
        self._seen = seen
        self._order = order
        self._take = take
        self._since = self._stored_since = 0
        self._begun = self._session = 0
        self._pending: dict[int, int] = {}
        self._known: dict[str, list[int]] = {}
        self._claimed: set[int] = set()
        self._done: set[int] = set()
        self._looked: set[int] = set()
        self._directs: OrderedDict[str, int] = OrderedDict()
        self._wake = asyncio.Event()
        self._channels = self._messages = self._left_out = 0

    async def load(self) -> None:
        """Read what is stored; before connecting. Raises GondolaError."""
        await self._seen.load()
        self._since = self._stored_since = int(await self._front.recall_mark(SINCE_MARK) or 0)

    # --- what the session tells ---

    def begin(self) -> None:
        """A session that replays nothing has begun. The servers are known by id; direct chats are asked."""
        self._advance()
        self._begun = snowflake(time.time() - _SKEW)
        self._session += 1
        self._pending.clear()
        self._done.clear()
        self._looked.clear()
        self._look_at_direct_chats()

    def forget(self, numbers: Iterable[str]) -> None:
        """It is not known any more how far direct chats with these people were read."""
        chats = (self._directs.pop(number, None) for number in numbers)
        self._seen.forget(one for one in chats if one is not None)

    def _direct(self, number: int, channel: int) -> None:
        """Somebody does something in their direct chat."""
        self._directs[str(number)] = channel
        self._directs.move_to_end(str(number))
        if len(self._directs) > MOST:
            self._directs.popitem(last=False)

    def look(self, guild: discord.Guild) -> None:
        """A server with its channels is known now."""
        self._looked.add(guild.id)
        self._wake.set()
        me = self._me(guild)
        if me is None:
            return
        # What was deleted, closed to the bot, or is a thread that fell asleep.
        known = [(one, guild.get_channel_or_thread(one)) for one in self._known.pop(str(guild.id), ())]
        self._seen.forget(one for one, channel in known if not may_read(channel, me))
        for channel in channels_of(guild):
            last = channel.last_message_id or 0
            if channel.id in self._done or channel.id in self._pending:
                continue
            if last <= (self._seen.upto(channel.id) or self._since):
                continue
            after = self._after(channel)
            if after is not None and after < last and may_read(channel, me):
                self._add(channel.id, last)

    def _look_at_direct_chats(self) -> None:
        self._known = self._seen.by_space()
        for channel in self._known.pop("", ()):
            self._add(channel, self._seen.upto(channel) or 0)
        for space in self._known.keys() - {str(guild.id) for guild in self._client.guilds}:
            self._seen.forget(self._known.pop(space))
        self._wake.set()

    def _add(self, channel: int, last: int) -> None:
        self._pending[channel] = last
        if len(self._pending) > MOST_CHANNELS:
            del self._pending[min(self._pending, key=lambda one: self._pending[one])]
            self._left_out += 1

    def _after(self, channel: Channel) -> int | None:
        """The message after which a channel of a server was not read; None where nobody may come in."""
        read = self._seen.upto(channel.id)
        if read is not None or not self._since:
            return read  # before the first session nobody was missed
        anybody = Incoming("", place_of(channel, channel.guild.id), Person(PLATFORM, ""), Addressed.OVERHEARD)
        if not self._front.admits(anybody):
            return None
        me = self._me(channel.guild)
        joined = me.joined_at if me is not None else None
        return max(self._since, snowflake(joined.timestamp()) if joined is not None else 0)

    def _me(self, guild: discord.Guild) -> discord.Member | None:
        user = self._client.user
        return guild.get_member(user.id) if user is not None else None

    # --- live events ---

    async def before(self, message: discord.Message) -> None:
        """What was missed in a channel comes before what is said there now. Call it with the lock held."""
        channel = message.channel.id
        if channel not in self._pending and not self._unsure(message):
            return
        self._pending.setdefault(channel, message.id)
        if not await self._catch_up(channel, LIVE_SECONDS):
            self._wake.set()

    def _unsure(self, message: discord.Message) -> bool:
        """Whether it is not known yet if something was missed in the channel of a live message."""
        channel, guild_id = message.channel, guild_id_of(message)
        if guild_id is None or guild_id in self._looked or channel.id in self._done:
            return False
        known = self._after(channel) if is_readable(channel) else self._seen.upto(channel.id)
        return known is not None

    def note(self, message: discord.Message, *, admitted: bool) -> None:
        """A live message was taken in."""
        channel = message.channel
        if admitted and guild_id_of(message) is None:
            self._direct(message.author.id, channel.id)
        if channel.id in self._pending:
            return  # until what was missed before it is in, the mark must not pass it
        if message.author == self._client.user and isinstance(channel, discord.Thread):
            # A thread in which the bot answers is known like the channel it belongs to.
            admitted = self._seen.upto(channel.parent_id) is not None
        self._seen.note(channel.id, str(guild_id_of(message) or ""), message.id, admitted=admitted)

    def met(self, interaction: discord.Interaction[discord.Client]) -> None:
        """Somebody whom the door lets in used a command or a button: the channel is known from now on."""
        channel, guild_id = interaction.channel_id, interaction.guild_id
        if channel is not None and guild_id is None:
            self._direct(interaction.user.id, channel)
        if channel is None or self._seen.upto(channel) is not None or channel in self._pending:
            return
        reachable = guild_id in self._looked if guild_id is not None else bool(interaction.context.dm_channel)
        if reachable:
            self._seen.note(channel, str(guild_id or ""), interaction.id, admitted=True)

    # --- the work ---

    async def run(self) -> None:
        """Catch up in the background, a few channels at a time, until cancelled."""
        while True:
            await self._wake.wait()
            self._wake.clear()
            await asyncio.gather(*(self._work() for _ in range(AT_ONCE)))
            await self._over()

    async def _work(self) -> None:
        while (channel := self._next()) is not None:
            self._claimed.add(channel)
            try:
                await self._patiently(channel)
            finally:
                self._claimed.discard(channel)

    def _next(self) -> int | None:
        """The channel that was active last."""
        waiting = [one for one in self._pending if one not in self._claimed]
        return max(waiting, key=lambda one: self._pending[one], default=None)

    async def _patiently(self, channel: int) -> None:
        for pause in (*PAUSES, None):
            async with self._order(channel):
                if channel not in self._pending or await self._catch_up(channel, CALL_SECONDS):
                    return
            if pause is not None:
                await asyncio.sleep(pause)
        self._pending.pop(channel, None)
        self._left_out += 1

    async def _catch_up(self, channel: int, seconds: float) -> bool:
        """False where it may work later."""
        session = self._session
        try:
            async with refusals(seconds):
                missed = await self._missed(channel)
            admitted = [await self._taken(message) for message in missed]
        except PlatformError as error:
            if error.failure not in _CLOSED:
                log.info("discord.not_caught_up", reason=error.detail)
                return False
            self._seen.forget([channel])
            missed, admitted = [], []
        except GondolaError as error:
            log.warning("discord.not_caught_up", reason=error.detail)
            return False
        except UNREADABLE:  # which must not stop what is said there now
            await self._client.on_error("catch_up")
            missed, admitted = [], []
        if session == self._session:  # else there is a further gap after what was read
            self._pending.pop(channel, None)
            self._done.add(channel)
        self._channels += bool(missed)
        self._messages += len(missed)
        if missed:
            space = str(guild_id_of(missed[-1]) or "")
            self._seen.note(channel, space, missed[-1].id, admitted=any(admitted))
        return True

    async def _taken(self, message: discord.Message) -> bool:
        try:
            return await self._take(message)
        except UNREADABLE:  # as for live messages, it costs only itself
            await self._client.on_error("message")
            return False

    async def _missed(self, channel_id: int) -> list[discord.Message]:
        """The newest of the messages that were missed in a channel, oldest first."""
        channel = self._client.get_channel(channel_id)
        if is_readable(channel):
            after = self._after(channel)
            return await newest_after(channel, after) if after is not None else []
        after = self._seen.upto(channel_id)
        missed = await newest_after(self._client.get_partial_messageable(channel_id), after or 0)
        if missed:
            whole = await self._client.fetch_channel(channel_id)
            for message in missed:
                message.channel = whole  # pyright: ignore[reportAttributeAccessIssue]
        return missed

    async def _over(self) -> None:
        """Say what was found, and remember from when on nothing is missed."""
        if self._channels or self._left_out:
            log.info(
                "discord.caught_up",
                channels=self._channels,
                messages=self._messages,
                channels_left_out=self._left_out,
                lost="slash commands and buttons used meanwhile",
            )
        self._channels = self._messages = self._left_out = 0
        if self._is_whole():
            self._since = max(self._since, self._begun)
            await self._store_since(0.0)

    # --- since when nothing was missed ---

    async def keep(self) -> None:
        """Store now and then how far channels were read, until cancelled."""
        while True:
            await self._seen.worth_storing()
            await self.store(SINCE_SECONDS)

    async def store(self, least: float = 0.0) -> None:
        """Store how far channels were read; also since when nothing was missed, if it has moved by at least
        so many seconds."""
        await self._seen.store()
        self._advance()
        await self._store_since(least)

    def _advance(self) -> None:
        """Events come in order: what is older than the newest message has come, if nothing is pending."""
        if self._is_whole():
            self._since = max(self._since, self._seen.newest - _ids_in(_SKEW))

    def _is_whole(self) -> bool:
        looked = all(guild.id in self._looked for guild in self._client.guilds)
        return self._session > 0 and not self._pending and looked

    async def _store_since(self, least: float) -> None:
        if self._since <= self._stored_since + _ids_in(least):
            return
        try:
            await self._front.set_mark(SINCE_MARK, str(self._since))
        except GondolaError as error:
            log.warning("discord.read_marks_not_stored", reason=error.detail)
            return
        self._stored_since = self._since


def _ids_in(seconds: float) -> int:
    """How far ids move in a time."""
    return round(seconds * 1000) << 22


def snowflake(at: float) -> int:
    """The first id of a time in Unix seconds."""
    return discord.utils.time_snowflake(datetime.fromtimestamp(at, UTC))


def is_readable(channel: object) -> TypeGuard[Channel]:
    """Whether it is a channel of a server that holds messages."""
    return isinstance(channel, Channel)


def channels_of(guild: discord.Guild) -> Iterator[Channel]:
    """Those that hold messages. Of threads only those that are awake are told."""
    yield from (*guild.text_channels, *guild.voice_channels, *guild.stage_channels, *guild.threads)


def may_read(channel: object, me: discord.Member) -> bool:
    """Whether the bot may read what was said there before."""
    if not is_readable(channel) or (isinstance(channel, discord.Thread) and channel.parent is None):
        return False  # of a thread without parent the library cannot tell
    held = channel.permissions_for(me)
    return held.view_channel and held.read_message_history


async def newest_after(channel: discord.abc.Messageable, after: int) -> list[discord.Message]:
    """At most MOST_MESSAGES, oldest first. Discord begins at the other end, so where that many were missed
    the newest are asked for."""
    since = discord.Object(after)
    found = [one async for one in channel.history(limit=MOST_MESSAGES, after=since, oldest_first=True)]
    if len(found) < MOST_MESSAGES:
        return found
    newest = [one async for one in channel.history(limit=MOST_MESSAGES, oldest_first=False)]
    return [one for one in reversed(newest) if one.id > after]
