"""Where every request arrives: read, record, apply the scripted fault, check the key, dispatch, answer."""

from __future__ import annotations

import contextlib
import json
import re
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Literal

from starlette.datastructures import UploadFile
from starlette.formparsers import MultiPartException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import Message, Receive, Scope, Send

from bot.demo import (
    account,
    augment,
    billing,
    characters,
    chat,
    edits,
    embeddings,
    films,
    images,
    jobs,
    keys,
    listings,
    music,
    speech,
    transcriptions,
    voices,
)
from bot.demo.faults import Fault, FaultKind
from bot.demo.headers import common_headers
from bot.demo.jsonvalue import Json, as_number
from bot.demo.keyring import Key, is_admin
from bot.demo.refusals import Refusal, no_credentials, plain, too_large
from bot.demo.state import Call, DemoState, RecordedRequest, Upload
from bot.demo.wire import Wire

PREFIX = "/api/v1"
TOO_FAST = 429
MAX_BODY_BYTES = 35 * 1024 * 1024

Endpoint = Callable[[Call, str], Awaitable[Response]]

OPEN_ROUTES: dict[tuple[str, str], Endpoint] = {
    ("GET", "/models"): listings.list_models,
    ("GET", "/models/traits"): listings.list_traits,
    ("GET", "/models/compatibility_mapping"): listings.list_aliases,
    ("GET", "/image/styles"): images.list_styles,
    ("POST", "/video/quote"): films.quote,
    ("POST", "/audio/quote"): music.quote,
    ("GET", "/billing/usage"): billing.retired_usage,
    ("GET", "/media/{slug}"): jobs.download,
    ("DELETE", "/media/{slug}"): jobs.delete_download,
}
KEYED_ROUTES: dict[tuple[str, str], Endpoint] = {
    ("POST", "/chat/completions"): chat.complete,
    ("POST", "/image/generate"): images.generate,
    ("POST", "/image/edit"): edits.edit,
    ("POST", "/image/multi-edit"): edits.multi_edit,
    ("POST", "/image/upscale"): edits.upscale,
    ("POST", "/image/background-remove"): edits.remove_background,
    ("POST", "/audio/speech"): speech.speak,
    ("POST", "/audio/transcriptions"): transcriptions.transcribe,
    ("POST", "/audio/voices"): voices.clone,
    ("POST", "/augment/search"): augment.search,
    ("POST", "/augment/scrape"): augment.scrape,
    ("POST", "/augment/text-parser"): augment.parse,
    ("POST", "/video/queue"): films.queue,
    ("POST", "/video/retrieve"): jobs.retrieve_film,
    ("POST", "/video/complete"): jobs.complete_film,
    ("POST", "/audio/queue"): music.queue,
    ("POST", "/audio/retrieve"): jobs.retrieve_sound,
    ("POST", "/audio/complete"): jobs.complete_sound,
    ("POST", "/embeddings"): embeddings.embed,
    ("GET", "/characters"): characters.list_characters,
    ("GET", "/characters/{slug}"): characters.one_character,
    ("GET", "/characters/{slug}/reviews"): characters.list_reviews,
    ("GET", "/api_keys/rate_limits"): account.rate_limits,
}
ADMIN_ROUTES: dict[tuple[str, str], Endpoint] = {
    ("GET", "/billing/balance"): billing.balance,
    ("GET", "/billing/usage-history"): billing.usage_history,
    ("GET", "/billing/usage-analytics"): billing.usage_analytics,
    ("GET", "/api_keys"): keys.list_keys,
    ("POST", "/api_keys"): keys.create,
    ("PATCH", "/api_keys"): keys.update,
    ("DELETE", "/api_keys"): keys.delete,
    ("GET", "/api_keys/{id}"): keys.one_key,
    ("GET", "/api_keys/rate_limits/log"): keys.breaches,
}
VARYING = (
    (r"/characters/([^/]+)/reviews", "/characters/{slug}/reviews"),
    (r"/characters/(.+)", "/characters/{slug}"),
    (r"/media/([\w-]+)", "/media/{slug}"),
    (r"/api_keys/(?!rate_limits$)([^/]+)", "/api_keys/{id}"),
)
"""Paths with a part that varies."""
Access = Literal["open", "keyed", "admin"]
ROUTES: dict[Access, dict[tuple[str, str], Endpoint]] = {
    "open": OPEN_ROUTES,
    "keyed": KEYED_ROUTES,
    "admin": ADMIN_ROUTES,
}
FORMS = frozenset({"/audio/transcriptions", "/audio/voices", "/augment/text-parser"})
EITHER = frozenset({"/image/edit", "/image/multi-edit", "/image/upscale", "/image/background-remove"})
"""Paths that read forms, and those that read forms as well as JSON."""


def _route(method: str, path: str) -> tuple[Endpoint, Access, str]:
    """The endpoint, what key it needs, and the varying part of the path. Raises Refusal 404 or 405."""
    found = ((template, re.fullmatch(pattern, path)) for pattern, template in VARYING)
    pattern, slug = next(((template, hit[1]) for template, hit in found if hit), (path, ""))
    for access, routes in ROUTES.items():
        if (method, pattern) in routes:
            return routes[method, pattern], access, slug
    known = any(pattern == other for routes in ROUTES.values() for _, other in routes)
    raise plain(405 if known else 404, "Method not allowed" if known else "Not found")


async def _read_body(receive: Receive) -> bytes | None:
    """The whole body, or None when it is too large or the caller went away.

    A body that is too large is read to its end all the same, so that the caller can hear the refusal.
    """
    parts: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            return None
        part: bytes = message.get("body", b"")
        size += len(part)
        if size <= MAX_BODY_BYTES:
            parts.append(part)
        if not message.get("more_body", False):
            return b"".join(parts) if size <= MAX_BODY_BYTES else None


async def _read_form(scope: Scope, body: bytes, record: RecordedRequest) -> None:
    async def replay() -> Message:
        return {"type": "http.request", "body": body, "more_body": False}

    fields: dict[str, str] = {}
    files: dict[str, Upload] = {}
    uploads: list[tuple[str, Upload]] = []
    async with Request(scope, replay).form() as form:
        for name, value in form.multi_items():
            if isinstance(value, UploadFile):
                data = await value.read()
                files[name] = Upload(value.filename or "", value.content_type or "", data)
                uploads.append((name, files[name]))
            else:
                fields[name] = value
    record.form, record.files, record.uploads = fields, files, uploads


def _query(request: Request) -> dict[str, str]:
    """Query fields; a repeated one is joined with commas, which means the same to Venice."""
    params = request.query_params
    return {name: ",".join(params.getlist(name)) for name in params}


class Desk:
    """The ASGI application of the demo."""

    def __init__(self, state: DemoState) -> None:
        self._state = state

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope)
        record = RecordedRequest(
            method=request.method,
            path=request.url.path.removeprefix(PREFIX),
            query=_query(request),
            headers=dict(request.headers.items()),
            at=time.monotonic(),
        )
        call = Call(self._state, record, request.state.transport)
        wire = Wire(call, send)
        body = await _read_body(receive)
        if body is None and call.gone:
            return
        await self._record(scope, body or b"", record)
        call.fault = self._state.faults.take(record.path, record.model)
        if call.fault is None or await self._before(call, call.fault, wire, scope):
            response = await self._respond(call, request, too_big=body is None)
            await wire.deliver(response, scope, receive)
        record.cut_off = record.cut_off or call.transport.is_closing()
        record.ended_at = time.monotonic()

    async def _record(self, scope: Scope, body: bytes, record: RecordedRequest) -> None:
        self._state.requests.append(record)
        kind = record.headers.get("content-type", "")
        if kind.startswith("multipart/form-data"):
            with contextlib.suppress(MultiPartException):
                await _read_form(scope, body, record)
        elif body:
            try:
                record.json = json.loads(body)
            except ValueError:
                record.json = None

    async def _before(self, call: Call, fault: Fault, wire: Wire, scope: Scope) -> bool:
        """Applies what happens before any work; True when the request goes on."""
        if fault.kind is FaultKind.STATUS:
            if fault.code == TOO_FAST:
                self._state.ledger.refuse(self._state.key_id(call.record), call.record.model)
            headers = {**common_headers(call), **fault.headers}
            await wire.plain(Response(fault.body, fault.code, headers, fault.media_type), scope)
            return False
        if fault.after is None and fault.kind is FaultKind.HANG:
            await call.hold()
            return False
        if fault.after is None and fault.kind is FaultKind.DROP:
            wire.reset()
            return False
        if fault.kind is FaultKind.DELAY:
            await call.wait(fault.seconds)
        return True

    async def _respond(self, call: Call, request: Request, *, too_big: bool) -> Response:
        try:
            endpoint, access, slug = _route(call.record.method, call.record.path)
            if access != "open":
                self._check_key(call, str(request.url))
            if access == "admin" and not is_admin(call.record.secret):
                raise plain(401, "Admin API key required")
            if too_big:
                raise too_large("The request body")
            if call.record.method in ("POST", "PATCH"):
                _check_content(call)
                self._state.churn.check(call.record.model)
            return await endpoint(call, slug)
        except Refusal as refusal:
            body: Json = refusal.body
            return JSONResponse(body, refusal.status, {**common_headers(call), **refusal.headers})

    def _check_key(self, call: Call, url: str) -> None:
        given = call.record.headers.get("authorization")
        if given is None:
            raise no_credentials(url)
        scheme, _, key = given.partition(" ")
        made, accepted = self._state.keyring.by_secret(key.strip()), self._state.keys
        known = accepted is None or key in accepted or made is not None
        if scheme.lower() != "bearer" or not key.strip() or not known or self._state.keyring.dead(key):
            raise plain(401, "Authentication failed")
        if made is not None:
            self._check_limit(call, made)

    def _check_limit(self, call: Call, key: Key) -> None:
        """A key made with a limit opens nothing that costs once it is used up."""
        key.used = datetime.now(UTC)
        limit = key.limit.get("usd")
        costs = call.record.method == "POST" and not call.record.path.endswith(("/retrieve", "/complete"))
        if limit is not None and costs and self._state.ledger.spent(key.id) >= as_number(limit):
            raise plain(402, "API key USD spend limit exceeded. Raise the limit or wait for its reset.")


def _check_content(call: Call) -> None:
    """Raises Refusal 400 when the body is not what the endpoint reads."""
    path, kind = call.record.path, call.record.headers.get("content-type", "")
    if path in EITHER and call.is_form:
        return
    wanted = "multipart/form-data" if path in FORMS else "application/json"
    if not kind.startswith(wanted):
        raise plain(400, f"'Content-Type' must be '{wanted}'")
    if path not in FORMS and call.record.json is None:
        raise plain(400, "Invalid JSON body")
