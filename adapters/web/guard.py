"""What holds for every request: safe headers on the way out, bounded bodies on the way in."""

from __future__ import annotations

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from adapters.web.capabilities import MEGABYTE, UPLOAD_LIMIT

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; "
    "media-src 'self' blob:; connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)
SAFE_HEADERS = {
    "content-security-policy": POLICY,
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), microphone=(), geolocation=()",
}
MESSAGE_BODY = UPLOAD_LIMIT + MEGABYTE
"""Bytes of a POST with files: the files, and room for the text and the multipart frame."""

SMALL_BODY = 64_000
HOOK_BODY = MEGABYTE
"""Bytes of what a platform posts: its longest message with all its formatting and what it replies to."""
_DISCARDED = 4 * MESSAGE_BODY
"""Bytes read and thrown away before a refusal: a browser that is cut off while it uploads shows the
person a network error instead of our sentence."""


class TooLarge(Exception):
    """The body is over its limit; Guard turns it into the answer."""


class Guard:
    """ASGI middleware."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        limit = _limit(scope["path"])
        body = _Body(receive, limit)

        async def send_safely(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in SAFE_HEADERS.items():
                    headers.setdefault(name, value)
                # Static files are asked for anew each time, so that an update shows at once.
                static = scope["path"].startswith("/static/")
                headers.setdefault("cache-control", "no-cache" if static else "no-store")
            await send(message)

        if _declared_length(scope) > limit:
            await self._refuse(scope, body, send_safely)
            return
        try:
            await self._app(scope, body.receive, send_safely)
        except TooLarge:
            await self._refuse(scope, body, send_safely)

    async def _refuse(self, scope: Scope, body: _Body, send: Send) -> None:
        await body.discard()
        sentence = "That is too large: up to 25 MB fit in one message, files included."
        await JSONResponse({"error": sentence}, status_code=413)(scope, body.receive, send)


class _Body:
    """Counts what arrives."""

    def __init__(self, receive: Receive, limit: int) -> None:
        self._receive = receive
        self._limit = limit
        self._count = 0
        self._ended = False

    async def receive(self) -> Message:
        message = await self._next()
        if self._count > self._limit:
            raise TooLarge
        return message

    async def discard(self) -> None:
        while not self._ended and self._count < _DISCARDED:
            await self._next()

    async def _next(self) -> Message:
        message = await self._receive()
        self._count += len(message.get("body", b""))
        self._ended = message["type"] == "http.disconnect" or not message.get("more_body", False)
        return message


def _limit(path: str) -> int:
    if path.startswith("/hooks/"):
        return HOOK_BODY
    return MESSAGE_BODY if path == "/messages" else SMALL_BODY


def _declared_length(scope: Scope) -> int:
    length = Headers(scope=scope).get("content-length", "0")
    return int(length) if length.isdecimal() else 0
