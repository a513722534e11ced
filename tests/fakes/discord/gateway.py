"""The gateway: sessions, identify, resume with replay, intents and the message-content rule."""

import asyncio
import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from aiohttp import WSMsgType, web

from tests.fakes.discord.payloads import guild_create_json, member_json, user_json
from tests.fakes.discord.state import JsonObject, World, new_token

DISPATCH, HEARTBEAT, IDENTIFY, RESUME, RECONNECT, REQUEST_MEMBERS = 0, 1, 2, 6, 7, 8
INVALID_SESSION, HELLO, HEARTBEAT_ACK = 9, 10, 11
MESSAGE_CONTENT = 1 << 15
_MEMBERS, _PRESENCES = 1 << 1, 1 << 8
LIMITED_CONTENT_FLAG = 1 << 19
_HEARTBEAT_MS = 41_250
# Event prefix -> the intents that deliver it in a guild and in a DM; others need the guilds intent.
_INTENTS: dict[str, tuple[int, int]] = {
    "MESSAGE_REACTION": (1 << 10, 1 << 13),
    "MESSAGE": (1 << 9, 1 << 12),
    "TYPING": (1 << 11, 1 << 14),
}


@dataclass(frozen=True, slots=True)
class Event:
    """One dispatched event. `guild_id` is None for events of DMs and of the bot itself."""

    name: str
    data: JsonObject
    guild_id: int | None = None


@dataclass(frozen=True, slots=True)
class Identify:
    """One session start: monotonic time, intents and shard as asked."""

    at: float
    intents: int
    shard: tuple[int, int]


@dataclass(slots=True, eq=False)
class _Session:
    id: str
    intents: int
    shard: tuple[int, int]
    log: list[str] = field(default_factory=list[str])
    connection: "_Connection | None" = None

    def dispatch(self, name: str, data: JsonObject) -> None:
        """Number, keep and send one event; a session without connection keeps it for the resume."""
        frame = json.dumps({"op": DISPATCH, "t": name, "s": len(self.log) + 1, "d": data})
        self.log.append(frame)
        if self.connection is not None:
            self.connection.outbox.put_nowait(frame)

    def wants(self, event: Event) -> bool:
        if event.guild_id is not None and (event.guild_id >> 22) % self.shard[1] != self.shard[0]:
            return False
        if event.guild_id is None and self.shard[0] != 0:
            return False
        if event.name == "INTERACTION_CREATE":
            return True
        needed = next((pair for prefix, pair in _INTENTS.items() if event.name.startswith(prefix)), (1, 1))
        return bool(self.intents & needed[0 if event.guild_id is not None else 1])


@dataclass(slots=True, eq=False)
class _Connection:
    socket: web.WebSocketResponse
    transport: asyncio.Transport | None
    outbox: "asyncio.Queue[str | int]" = field(default_factory=asyncio.Queue[str | int])

    def send(self, op: int, data: object = None) -> None:
        self.outbox.put_nowait(json.dumps({"op": op, "d": data, "s": None, "t": None}))

    def close(self, code: int) -> None:
        """Close after everything queued so far was sent."""
        self.outbox.put_nowait(code)

    async def write(self) -> None:
        while not self.socket.closed:
            item = await self.outbox.get()
            if isinstance(item, int):
                await self.socket.close(code=item)
                return
            try:
                await self.socket.send_str(item)
            except ConnectionError:
                return


@dataclass(slots=True, eq=False)
class Gateway:
    """`url` is set once the port is known. `changed` is called whenever a session changes. Guilds that are
    `down` cannot be reached: a new session names them and tells nothing of them."""

    world: World
    token: str
    changed: Callable[[], None]
    url: str = ""
    allow_message_content: bool = True
    down: set[int] = field(default_factory=set[int])
    identifies: list[Identify] = field(default_factory=list[Identify])
    resumes: list[float] = field(default_factory=list[float])
    received: list[JsonObject] = field(default_factory=list[JsonObject])
    events: list[Event] = field(default_factory=list[Event])
    _sessions: dict[str, _Session] = field(default_factory=dict[str, _Session])
    _connections: dict[_Connection, _Session | None] = field(
        default_factory=dict[_Connection, _Session | None]
    )

    @property
    def connected(self) -> bool:
        """True while at least one identified or resumed session has its socket."""
        return any(session.connection is not None for session in self._sessions.values())

    def dispatch(self, event: Event) -> None:
        self.events.append(event)
        for session in self._sessions.values():
            if session.wants(event):
                session.dispatch(event.name, self._redacted(event, session.intents))

    def drop(self, *, resumable: bool, code: int | None) -> None:
        """Close every connection with `code`, or tear the TCP connection down when it is None."""
        if not resumable:
            self._sessions.clear()
        for connection in list(self._connections):
            self._detach(connection)
            if code is not None:
                connection.close(code)
            elif connection.transport is not None:
                connection.transport.abort()

    def request_reconnect(self) -> None:
        for connection in list(self._connections):
            connection.send(RECONNECT)

    def invalidate(self, *, resumable: bool) -> None:
        if not resumable:
            self._sessions.clear()
        for connection in list(self._connections):
            self._detach(connection)
            connection.send(INVALID_SESSION, resumable)

    async def stop(self) -> None:
        sockets = [connection.socket for connection in self._connections]
        self._sessions.clear()
        await asyncio.gather(*(socket.close(code=1001) for socket in sockets))

    async def handle(self, request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse(max_msg_size=0, timeout=0.5)
        await socket.prepare(request)
        connection = _Connection(socket, request.transport)
        self._connections[connection] = None
        connection.send(HELLO, {"heartbeat_interval": _HEARTBEAT_MS})
        writer = asyncio.create_task(connection.write())
        try:
            async for frame in socket:
                if frame.type is WSMsgType.TEXT:
                    self._receive(connection, json.loads(frame.data))
        finally:
            writer.cancel()
            self._detach(connection)
            del self._connections[connection]
            self.changed()
        return socket

    def _detach(self, connection: _Connection) -> None:
        session = self._connections.get(connection)
        if session is not None and session.connection is connection:
            session.connection = None
        self._connections[connection] = None

    def _receive(self, connection: _Connection, frame: JsonObject) -> None:
        self.received.append(frame)
        data: Any = frame.get("d")
        match frame.get("op"):
            case 1:
                connection.send(HEARTBEAT_ACK)
            case 2:
                self._identify(connection, data)
            case 6:
                self._resume(connection, data)
            case 8:
                self._send_members(connection, data)
            case _:
                pass

    def _identify(self, connection: _Connection, data: JsonObject) -> None:
        intents = int(data["intents"])
        if data["token"] != self.token:
            return connection.close(4004)
        allowed = MESSAGE_CONTENT if self.allow_message_content else 0
        if intents & (MESSAGE_CONTENT | _MEMBERS | _PRESENCES) & ~allowed:
            return connection.close(4014)
        index, total = data.get("shard", (0, 1))
        session = _Session(new_token(), intents, (index, total))
        self._sessions[session.id] = session
        self._attach(connection, session)
        self.identifies.append(Identify(time.monotonic(), intents, session.shard))
        self._greet(session)
        return self.changed()

    def _attach(self, connection: _Connection, session: _Session) -> None:
        session.connection = connection
        self._connections[connection] = session

    def _greet(self, session: _Session) -> None:
        index, total = session.shard
        guilds = [
            guild
            for guild in self.world.guilds.values()
            if self.world.has_bot(guild) and (guild.id >> 22) % total == index
        ]
        session.dispatch("READY", self._ready_json(session, [str(guild.id) for guild in guilds]))
        for guild in guilds:
            if guild.id in self.down:
                continue
            available = guild_create_json(guild, self.world.bot) | {"unavailable": False}
            session.dispatch("GUILD_CREATE", available)

    def _ready_json(self, session: _Session, guild_ids: list[str]) -> JsonObject:
        flags = LIMITED_CONTENT_FLAG if self.allow_message_content else 0
        return {
            "v": 10,
            "user": user_json(self.world.bot),
            "session_id": session.id,
            "session_type": "normal",
            "resume_gateway_url": self.url,
            "shard": list(session.shard),
            "guilds": [{"id": guild_id, "unavailable": True} for guild_id in guild_ids],
            "private_channels": [],
            "application": {"id": str(self.world.bot.id), "flags": flags},
        }

    def _resume(self, connection: _Connection, data: JsonObject) -> None:
        if data["token"] != self.token:
            return connection.close(4004)
        session = self._sessions.get(data["session_id"])
        if session is None:
            return connection.send(INVALID_SESSION, False)
        self._attach(connection, session)
        for frame in session.log[int(data["seq"]) :]:
            connection.outbox.put_nowait(frame)
        session.dispatch("RESUMED", {"_trace": []})
        self.resumes.append(time.monotonic())
        return self.changed()

    def _send_members(self, connection: _Connection, data: JsonObject) -> None:
        session = self._connections.get(connection)
        guild = self.world.guilds.get(int(data["guild_id"]))
        if session is None or guild is None:
            return
        wanted = data.get("user_ids")
        ids = set(map(int, wanted if isinstance(wanted, list) else [wanted])) if wanted else None  # pyright: ignore[reportUnknownArgumentType]
        members = [member for key, member in guild.members.items() if ids is None or key in ids]
        chunk: JsonObject = {
            "guild_id": str(guild.id),
            "members": [member_json(member) for member in members],
            "chunk_index": 0,
            "chunk_count": 1,
            "nonce": data.get("nonce"),
        }
        session.dispatch("GUILD_MEMBERS_CHUNK", chunk)

    def _redacted(self, event: Event, intents: int) -> JsonObject:
        """What the session may read: without the intent only DMs, mentions and its own messages."""
        message_event = event.name in ("MESSAGE_CREATE", "MESSAGE_UPDATE")
        if not message_event or event.guild_id is None or intents & MESSAGE_CONTENT:
            return event.data
        return redact(event.data, self.world.bot.id)


def redact(message: JsonObject, bot_id: int) -> JsonObject:
    """Empty the content fields of a message that neither mentions nor comes from the bot."""
    shown = dict(message)
    if isinstance(shown.get("referenced_message"), dict):
        shown["referenced_message"] = redact(shown["referenced_message"], bot_id)
    mentions = {user["id"] for user in message.get("mentions", [])}
    if str(bot_id) in mentions or message.get("author", {}).get("id") == str(bot_id):
        return shown
    return shown | {"content": "", "attachments": [], "embeds": [], "components": []}
