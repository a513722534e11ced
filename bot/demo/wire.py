"""The way out: delivers an answer, or breaks it on the way as the scripted fault says."""

from __future__ import annotations

import asyncio
import socket
import struct
from collections.abc import Sequence

from starlette.responses import Response
from starlette.types import Message, Receive, Scope, Send

from bot.demo.faults import FaultKind
from bot.demo.state import Call

LINGER_ZERO = struct.pack("ii", 1, 0)
MIN_TICK_SECONDS = 0.004
LONG_REST_SECONDS = 0.1
BROKEN = frozenset({FaultKind.HANG, FaultKind.DROP, FaultKind.TRUNCATE})


async def _nothing() -> Message:
    return {"type": "http.disconnect"}


class Wire:
    """One answer's connection."""

    def __init__(self, call: Call, send: Send) -> None:
        self.call = call
        self._send = send

    def reset(self) -> None:
        """Closes with a TCP reset: no lingering, whatever was buffered is lost."""
        handle = self.call.transport.get_extra_info("socket")
        if handle is not None:
            handle.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, LINGER_ZERO)
        self.call.transport.abort()

    async def plain(self, response: Response, scope: Scope) -> None:
        """Sends the response as it is."""
        self.call.record.status = response.status_code
        await response(scope, _nothing, self._send)

    async def deliver(self, response: Response, scope: Scope, receive: Receive) -> None:
        """Sends the response, through the fault where one applies to answers."""
        fault = self.call.fault
        if fault is not None and fault.kind is FaultKind.LOST_ANSWER:
            await self.call.hold()
        elif isinstance(response, EventStream):
            self.call.record.status = response.status_code
            await response.play(self)
        elif fault is not None and fault.kind in BROKEN:
            await self._half(response)
        elif fault is not None and fault.kind is FaultKind.DRIP:
            await self._drip(response, fault.seconds)
        else:
            await self.plain(response, scope)

    async def start(self, response: Response) -> None:
        self.call.record.status = response.status_code
        await self._send(
            {"type": "http.response.start", "status": response.status_code, "headers": response.raw_headers}
        )

    async def push(self, body: bytes, *, more: bool = True) -> None:
        await self._send({"type": "http.response.body", "body": body, "more_body": more})

    async def _half(self, response: Response) -> None:
        body = bytes(response.body)
        await self.start(response)
        await self.push(body[: len(body) // 2])
        await self.break_off()

    async def _drip(self, response: Response, seconds: float) -> None:
        body = bytes(response.body)
        step = max(1, len(body) // 10)
        await self.start(response)
        for at in range(0, len(body), step):
            await self.call.wait(seconds)
            await self.push(body[at : at + step])
        await self.push(b"", more=False)

    async def break_off(self) -> None:
        """Ends the connection, or the silence, as the fault says."""
        fault = self.call.fault
        self.call.record.cut_off = True
        if fault is None or fault.kind is FaultKind.HANG:
            await self.call.hold()
        elif fault.kind is FaultKind.DROP:
            # The reset throws away what the kernel still holds; give the text before it time to leave.
            await self.call.wait(0.05)
            self.reset()
        else:
            self.call.transport.close()
            await self.call.hold()


class EventStream(Response):
    """A reply as server-sent events, each with the tokens that are out once it is sent.

    `broken` says that the stream ends without its last events, as the call's fault demands.
    """

    media_type = "text/event-stream"

    def __init__(
        self, events: Sequence[tuple[int, bytes]], headers: dict[str, str], *, broken: bool = False
    ) -> None:
        super().__init__(status_code=200, headers=headers)
        # A stream has no known length.
        del self.headers["content-length"]
        self._events = events
        self._broken = broken

    async def play(self, wire: Wire) -> None:
        """Sends the events at the demo's pace; stops quietly when the caller goes away."""
        await wire.start(self)
        if not await self._send_events(wire):
            wire.call.record.cut_off = True
        elif self._broken:
            await wire.break_off()
        else:
            await wire.push(b"", more=False)

    async def _send_events(self, wire: Wire) -> bool:
        call, events, pace = wire.call, self._events, wire.call.state.pace
        clock = asyncio.get_running_loop().time
        began, at = clock(), 0
        while at < len(events):
            if call.gone:
                return False
            due = (clock() - began) * pace + 1
            upto = at + 1
            while upto < len(events) and events[upto][0] <= due:
                upto += 1
            upto = await self._slow_down(call, at, upto)
            await wire.push(b"".join(event for _, event in events[at:upto]))
            call.record.tokens_sent = events[upto - 1][0]
            at = upto
            if at < len(events):
                await self._rest(call, max(MIN_TICK_SECONDS, (events[at][0] - due) / pace))
        return True

    async def _rest(self, call: Call, seconds: float) -> None:
        # The plain sleep is the cheap one; a long one has to end when the demo stops.
        await (asyncio.sleep(seconds) if seconds < LONG_REST_SECONDS else call.wait(seconds))

    async def _slow_down(self, call: Call, at: int, upto: int) -> int:
        """A dripping stream sends one event at a time, each after its wait; returns the new end."""
        fault = call.fault
        if fault is None or fault.kind is not FaultKind.DRIP or self._events[at][0] < (fault.after or 0):
            return upto
        await call.wait(fault.seconds)
        return at + 1
