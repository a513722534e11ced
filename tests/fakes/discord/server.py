"""The HTTP side: one aiohttp server for REST, gateway and CDN on loopback."""

import json
import re
import socket
import struct
import time
from types import TracebackType
from typing import Self

from aiohttp import BodyPartReader, web

from tests.fakes.discord import (
    rest_commands,
    rest_interactions,
    rest_messages,
    rest_places,
    rest_webhooks,
)
from tests.fakes.discord.checks import REQUEST_LIMIT
from tests.fakes.discord.core import Call, UploadedFile
from tests.fakes.discord.errors import ApiError, no_route, unauthorized
from tests.fakes.discord.faults import Fault
from tests.fakes.discord.interact import Interacting
from tests.fakes.discord.limits import DiscordLimits
from tests.fakes.discord.routing import Operation, Reply, Request, find
from tests.fakes.discord.spec import load_spec
from tests.fakes.discord.state import CommandSync, JsonObject

_OPERATIONS: list[Operation] = [
    operation
    for module in (rest_places, rest_messages, rest_interactions, rest_webhooks, rest_commands)
    for operation in module.routes.operations
]
_FILE_PART = re.compile(r"files\[(\d+)\]$")
_FAULT_TEXTS = {
    403: (50013, "Missing Permissions"),
    404: (10003, "Unknown Channel"),
    500: (0, "500: Internal Server Error"),
    502: (0, "502: Bad Gateway"),
    503: (0, "503: Service Unavailable"),
}


class FakeDiscord(Interacting):
    """A Discord of one's own: `async with FakeDiscord() as dc`, then point the library at dc.base_url.

    `calls` are all REST requests; `violations` what broke the API description (empty without
    GONDOLA_SPECS); `calls_to(operation)` filters. Limits are off unless given.
    """

    def __init__(self, token: str = "TEST.TOKEN", limits: DiscordLimits | None = None) -> None:
        super().__init__(token, limits or DiscordLimits.off())
        self._spec = load_spec()
        self._runner: web.AppRunner | None = None

    async def __aenter__(self) -> Self:
        app = web.Application(client_max_size=2 * REQUEST_LIMIT)
        app.router.add_get("/gateway", self._serve_gateway)
        app.router.add_get("/gateway/", self._serve_gateway)
        app.router.add_get("/stickers/{name}", self._serve_sticker)
        app.router.add_get("/cdn/attachments/{channel_id}/{attachment_id}/{filename}", self._serve_file)
        app.router.add_route("*", "/api/v10/{tail:.*}", self._serve_api)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.2)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        host, port = self._runner.addresses[0][:2]
        self.root_url = f"http://{host}:{port}"
        self.gateway.url = f"ws://{host}:{port}/gateway"
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.faults.closing.set()
        await self.gateway.stop()
        if self._runner is not None:
            await self._runner.cleanup()

    @property
    def base_url(self) -> str:
        return f"{self.root_url}/api/v10"

    @property
    def syncs(self) -> list[CommandSync]:
        return self.world.syncs

    def calls_to(self, operation: str) -> list[Call]:
        """The calls of one operation, by its operationId ("create_message")."""
        return [call for call in self.calls if call.operation == operation]

    @property
    def rate_limited(self) -> list[Call]:
        """Calls answered 429; a well-paced bot has none."""
        return [call for call in self.calls if call.status == 429]

    async def _serve_api(self, request: web.Request) -> web.StreamResponse:
        path = request.rel_url.raw_path.removeprefix("/api/v10")
        found = find(_OPERATIONS, request.method, path)
        if found is None:
            self.violations.append(f"{request.method} {path}: the fake has no such route")
            return _json_response(404, no_route().body(), {})
        operation, parameters = found
        try:
            parsed = await _parse(request, parameters)
        except ApiError as error:
            return _json_response(error.status, error.body(), {})
        call = Call(
            time.monotonic(), request.method, operation.template, operation.name,
            parsed.path, parsed.query, parsed.body, parsed.files,
        )  # fmt: skip
        self.calls.append(call)
        return await self._answer(request, operation, parsed, call)

    async def _answer(
        self, request: web.Request, operation: Operation, parsed: Request, call: Call
    ) -> web.StreamResponse:
        channel_id = parsed.path.get("channel_id", "")
        fault = self.faults.take(
            operation.name,
            operation.method,
            operation.template,
            int(channel_id) if channel_id.isdigit() else None,
        )
        if fault is not None and fault.kind != "timeout_after_success":
            call.status = fault.status or 0
            return await self._break(request, fault)
        authorized = request.headers.get("Authorization") == f"Bot {self.token}"
        status, body, headers = self._process(operation, parsed, authorized)
        if fault is not None:
            return _reset(request)
        call.status = status
        self.notify()
        return _json_response(status, body, headers)

    async def _break(self, request: web.Request, fault: Fault) -> web.StreamResponse:
        self.notify()
        if fault.status is None:
            if fault.kind == "hang":
                await self.faults.closing.wait()
            return _reset(request)
        if fault.status == 429:
            return _rate_limited(fault.retry_after, fault.is_global, {"X-RateLimit-Scope": "user"})
        code, message = _FAULT_TEXTS[fault.status]
        body = {"message": fault.message or message, "code": code if fault.code is None else fault.code}
        return _json_response(fault.status, body, {})

    def _process(
        self, operation: Operation, request: Request, authorized: bool
    ) -> tuple[int, object, dict[str, str]]:
        """Authorization, limits, API description, handler: status, body and headers of the answer."""
        headers: dict[str, str] = {}
        try:
            if not operation.public and not authorized:
                raise unauthorized()
            verdict = self.limiter.check(operation.name, _major(request))
            headers = verdict.headers
            if verdict.retry_after is not None:
                headers = headers | _penalty_headers(verdict.retry_after)
                return 429, _penalty_body(verdict.retry_after, verdict.is_global), headers
            self._check_request(operation, request)
            reply = operation.handler(self, request)
        except ApiError as error:
            return error.status, error.body(), headers
        self._check_reply(operation, reply)
        return reply.status, reply.json, headers

    def _check_request(self, operation: Operation, request: Request) -> None:
        """Record and refuse a request that the API description does not allow."""
        if self._spec is None:
            return
        problems = self._spec.request_violations(
            operation.method, operation.template, request.path, request.query, request.body
        )
        if problems:
            self.violations += problems
            errors = {"_errors": [{"code": "BASE_TYPE", "message": problems[0]}]}
            raise ApiError(400, 50035, "Invalid Form Body", errors)

    def _check_reply(self, operation: Operation, reply: Reply) -> None:
        if self._spec is not None:
            self.violations += self._spec.response_violations(
                operation.method, operation.template, reply.status, reply.json
            )

    async def _serve_gateway(self, request: web.Request) -> web.StreamResponse:
        fault = self.faults.take("connect_gateway", "GET", "/gateway", None)
        return await self._break(request, fault) if fault else await self.gateway.handle(request)

    async def _serve_file(self, request: web.Request) -> web.StreamResponse:
        fault = self.faults.take("download_attachment", "GET", "/cdn", None)
        if fault is not None:
            return await self._break(request, fault)
        attachment = self.world.attachments.get(int(request.match_info["attachment_id"]))
        expires = int(request.query.get("ex", "0"), 16)
        if attachment is None or expires < time.time():
            return web.Response(status=404, text="This content is no longer available.")
        return web.Response(body=attachment.data, content_type=attachment.content_type.split(";")[0])

    async def _serve_sticker(self, request: web.Request) -> web.StreamResponse:
        data = self.world.stickers.get(request.match_info["name"])
        return web.Response(status=404) if data is None else web.Response(body=data)


def _major(request: Request) -> str:
    parts = [request.path.get(key, "") for key in ("channel_id", "webhook_id", "webhook_token")]
    return "+".join(parts)


async def _parse(request: web.Request, parameters: dict[str, str]) -> Request:
    query = dict(request.query)
    if request.content_type.startswith("multipart/"):
        body, files = await _parse_multipart(request)
        return Request(parameters, query, body, files)
    raw = await request.read()
    if not raw:
        return Request(parameters, query)
    return Request(parameters, query, _parse_json(raw))


def _parse_json(raw: bytes) -> object:
    try:
        return json.loads(raw)
    except ValueError as error:
        raise ApiError(400, 50109, "The request body contains invalid JSON.") from error


async def _parse_multipart(request: web.Request) -> tuple[object, list[UploadedFile]]:
    body: object = {}
    files: list[UploadedFile] = []
    async for part in await request.multipart():
        if not isinstance(part, BodyPartReader):
            continue
        data = bytes(await part.read())
        if part.name == "payload_json":
            body = _parse_json(data)
        elif match := _FILE_PART.match(part.name or ""):
            kind = part.headers.get("Content-Type", "application/octet-stream")
            files.append(UploadedFile(int(match[1]), part.filename or "file", kind, data))
    return body, files


def _json_response(status: int, body: object, headers: dict[str, str]) -> web.Response:
    """Content-Type must be exactly application/json, as discord.py compares it as a whole."""
    if status == 204:
        return web.Response(status=204, headers=headers)
    content = json.dumps(body).encode()
    return web.Response(status=status, body=content, content_type="application/json", headers=headers)


def _penalty_body(retry_after: float, is_global: bool) -> JsonObject:
    return {
        "message": "You are being rate limited.",
        "retry_after": round(retry_after, 3),
        "global": is_global,
    }


def _penalty_headers(retry_after: float) -> dict[str, str]:
    return {"Via": "1.1 google", "Retry-After": str(max(1, round(retry_after)))}


def _rate_limited(retry_after: float, is_global: bool, headers: dict[str, str]) -> web.Response:
    scope = {"X-RateLimit-Global": "true", "X-RateLimit-Scope": "global"} if is_global else headers
    return _json_response(429, _penalty_body(retry_after, is_global), scope | _penalty_headers(retry_after))


def _reset(request: web.Request) -> web.StreamResponse:
    """Tear the TCP connection down with a reset, so that the client sees ECONNRESET."""
    transport = request.transport
    if transport is not None:
        connection = transport.get_extra_info("socket")
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        transport.abort()
    return web.Response()
