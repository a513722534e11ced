"""The HTTP side: paths, tokens, faults, flood control, answers."""

import asyncio
import socket
import struct
import time

from aiohttp import web

from tests.fakes.telegram.errors import ApiError, bad_request, too_many_requests
from tests.fakes.telegram.faults import Fault
from tests.fakes.telegram.methods import BY_LOWER_NAME, METHODS, is_metered
from tests.fakes.telegram.methods_send import album_items
from tests.fakes.telegram.model import Call
from tests.fakes.telegram.params import Params, read_params
from tests.fakes.telegram.shapes import JsonObject
from tests.fakes.telegram.state import World

_MAX_POLL = 50.0
_BAD_GATEWAY = "<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body>nginx</body>\r\n</html>\r\n"
_TEXTS = {
    "400": "Bad Request: message is temporarily unacceptable",
    "403": "Forbidden: bot was blocked by the user",
    "404": "Not Found",
    "500": "Internal Server Error",
}


class BotApiServer:
    """Serves one world on a loopback port of the system's choice."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._runner: web.AppRunner | None = None
        self.port = 0

    async def start(self) -> None:
        """Listen. The port is known afterwards."""
        app = web.Application(client_max_size=256 * 1024 * 1024)
        app.router.add_get("/file/bot{token}/{path:.+}", self._download)
        app.router.add_route("*", "/bot{token}/{method}", self._handle)
        app.router.add_route("*", "/{anything:.*}", self._nowhere)
        # A poll or hold whose client has gone must end at once.
        self._runner = web.AppRunner(app, handler_cancellation=True, access_log=None, shutdown_timeout=0.05)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        self.port = int(self._runner.addresses[0][1])

    async def stop(self) -> None:
        """Close the port and every connection."""
        if self._runner is not None:
            await self._runner.cleanup()

    async def _nowhere(self, _request: web.Request) -> web.StreamResponse:
        return _refusal(ApiError(404, "Not Found"))

    async def _download(self, request: web.Request) -> web.StreamResponse:
        if self._world.faults.outage:
            return await _cut(request, 0)
        fault = self._world.faults.take("download", None)
        if fault is not None:
            return await _spoil(request, fault)
        data = self._world.files.download(request.match_info["path"])
        if request.match_info["token"] != self._world.token or data is None:
            return _refusal(ApiError(404, "Not Found"))
        return web.Response(body=data, content_type="application/octet-stream")

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        if self._world.faults.outage:
            return await _cut(request, 0)
        token = request.match_info["token"]
        if token != self._world.token:
            # Without a colon it is no token at all.
            return _refusal(ApiError(401, "Unauthorized") if ":" in token else ApiError(404, "Not Found"))
        spelled = request.match_info["method"]
        method = BY_LOWER_NAME.get(spelled.lower(), spelled)
        try:
            params = await read_params(method, request, self._world.limits.upload_bytes)
        except ApiError as error:
            return self._unread(method, error)
        call = Call(time.monotonic(), method, dict(params.values), dict(params.files))
        self._world.calls.append(call)
        self._world.check_call(method if method in METHODS else spelled, call.params, call.files)
        return await self._answer(request, call, params)

    def _unread(self, method: str, error: ApiError) -> web.StreamResponse:
        refused = Call(time.monotonic(), method, {}, {}, error.status, error.description)
        self._world.calls.append(refused)
        self._world.signal.notify()
        return _refusal(error)

    async def _answer(self, request: web.Request, call: Call, params: Params) -> web.StreamResponse:
        fault = self._world.faults.take(call.method, call.chat_id)
        if fault is not None and fault.kind != "timeout_after_success":
            if fault.kind.isdigit():
                self._note(call, int(fault.kind), fault.text or _TEXTS.get(fault.kind))
            return await _spoil(request, fault)
        try:
            result = await self._result(call, params)
        except ApiError as error:
            self._note(call, error.status, error.description)
            return _refusal(error)
        if fault is not None:
            self._world.signal.notify()
            return await _cut(request, fault.hold)
        self._note(call, 200, None)
        return web.json_response({"ok": True, "result": result})

    def _note(self, call: Call, status: int, error: str | None) -> None:
        call.status, call.error = status, error
        self._world.signal.notify()

    async def _result(self, call: Call, params: Params) -> object:
        if call.method == "getUpdates":
            return await self._get_updates(params)
        handler = METHODS.get(call.method)
        if handler is None:
            raise ApiError(404, "Not Found")
        if is_metered(call.method):
            self._meter(params)
        result = handler(self._world, params)
        self._world.check_answer(call.method, result)
        return result

    def _meter(self, params: Params) -> None:
        chat = self._world.chat_of(params)
        items = max(1, len(album_items(params))) if params.method == "sendMediaGroup" else 1
        wait = self._world.flood.admit(chat.id, group=chat.is_group, now=time.monotonic(), items=items)
        if wait is not None:
            raise too_many_requests(wait)

    async def _get_updates(self, params: Params) -> list[JsonObject]:
        kinds = params.json_array("allowed_updates")
        if kinds is not None:
            self._world.queue.allow([str(kind) for kind in kinds])
        limit = params.integer("limit")
        if limit is not None and not 1 <= limit <= 100:
            limit = 100
        timeout = params.integer("timeout") or 0
        if timeout < 0:
            raise bad_request("timeout must be non-negative")
        return await self._world.queue.poll(params.integer("offset"), limit or 100, min(timeout, _MAX_POLL))


def _refusal(error: ApiError) -> web.StreamResponse:
    seconds = (error.parameters or {}).get("retry_after")
    headers = None if seconds is None else {"Retry-After": str(seconds)}
    return web.json_response(error.body(), status=error.status, headers=headers)


async def _spoil(request: web.Request, fault: Fault) -> web.StreamResponse:
    if fault.kind == "429":
        return _refusal(too_many_requests(fault.retry_after))
    if fault.kind == "502":
        return web.Response(text=_BAD_GATEWAY, status=502, content_type="text/html")
    if fault.kind in _TEXTS:
        return _refusal(ApiError(int(fault.kind), fault.text or _TEXTS[fault.kind]))
    return await _cut(request, fault.hold)


async def _cut(request: web.Request, hold: float) -> web.StreamResponse:
    """Reset the connection after `hold` seconds. Never answers."""
    await asyncio.sleep(hold)
    transport = request.transport
    if transport is not None:
        raw: object = transport.get_extra_info("socket")
        if isinstance(raw, socket.socket):
            raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        transport.abort()
    # The lost connection cancels this handler before it can answer.
    await asyncio.sleep(1)
    return web.Response()
