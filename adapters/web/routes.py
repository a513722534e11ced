"""The page's HTTP surface."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import (
    JSONResponse,
    PlainTextResponse,
    RedirectResponse,
    Response,
    StreamingResponse,
)
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from adapters.web.capabilities import PLATFORM
from adapters.web.dashboard.routes import Dashboard
from adapters.web.forms import read_fields
from adapters.web.gate import SESSION_COOKIE, Gate, Visitor, has_token
from adapters.web.guard import Guard
from adapters.web.inbound import Origin, event_of, language_of, place_of, pressed
from adapters.web.media import MediaStore
from adapters.web.outbound import WebDoor
from adapters.web.pages import STATIC, Pages
from adapters.web.posting import Refused, read_message, take_message
from adapters.web.serving import MEDIA_POLICY, media_answer
from adapters.web.sessions import SESSION_SECONDS, Sessions, SignIn
from adapters.web.stream import Feed
from bot.errors import GondolaError, PlatformError
from bot.keeping import KeptFile
from bot.messages import Addressed, ButtonPress, CommandUse, Incoming, Person
from bot.ports import Clock, Front, Hooks

LOCKED = "This page is private. Open it with the sign-in link that Gondola showed when it started."
STALE = "This page is out of date. Reload it and try again."
SIGN_IN_ANSWERS = {
    SignIn.WRONG: (403, "This link is not valid. Use the link that Gondola showed when it last started."),
    SignIn.USED: (403, "This link was used already; it works once. Restart Gondola for a new one."),
    SignIn.TOO_MANY: (429, "Too many tries. Wait a minute, then try again."),
}
METRICS_TYPE = "text/plain; version=0.0.4; charset=utf-8"
METRICS_LOCKED = "From elsewhere /metrics needs GONDOLA_METRICS_TOKEN, as Authorization: Bearer."


Linked = Callable[[str], Awaitable[KeptFile | None]]
"""Finds the file behind the secret part of a link."""


@dataclass(frozen=True, slots=True)
class House:
    """Everything the routes need."""

    front: Front
    door: WebDoor
    gate: Gate
    sessions: Sessions
    feed: Feed
    media: MediaStore
    pages: Pages
    clock: Clock
    ready: Callable[[], dict[str, bool]]
    hooks: Hooks
    linked: Linked
    metrics: Callable[[], Awaitable[str]] | None = None
    metrics_token: str = field(default="", repr=False)
    dashboard: Dashboard | None = None


def build_app(house: House) -> Starlette:
    """The whole application."""
    routes = Routes(house)
    return Starlette(
        routes=[
            Route("/", routes.chat),
            Route("/messages", routes.message, methods=["POST"]),
            Route("/press", routes.press, methods=["POST"]),
            Route("/events", routes.events),
            Route("/complete", routes.complete),
            Route("/media/{media_id}", routes.picture),
            Route("/files/{secret}", routes.file),
            Route("/sign-in", routes.sign_in_page, methods=["GET"]),
            Route("/sign-in", routes.sign_in, methods=["POST"]),
            Route("/hooks/{name}", routes.hook, methods=["POST"]),
            Route("/healthz", routes.healthz),
            Route("/readyz", routes.readyz),
            Route("/metrics", routes.metrics),
            *(house.dashboard.routes if house.dashboard else ()),
            Mount("/static", StaticFiles(directory=STATIC)),
        ],
        middleware=[Middleware(Guard)],
        exception_handlers={404: routes.not_found, HTTPException: _answer, GondolaError: _answer},
    )


HEALTH_SECONDS = 5.0


class Routes:
    """One method a route."""

    def __init__(self, house: House) -> None:
        self._house = house

    async def healthz(self, request: Request) -> Response:
        """The process answers, and so does its database."""
        try:
            async with asyncio.timeout(HEALTH_SECONDS):
                await self._house.front.recall_mark("health")
        except (GondolaError, TimeoutError):
            return PlainTextResponse("the database does not answer", 503)
        return PlainTextResponse("ok")

    async def readyz(self, request: Request) -> Response:
        parts = self._house.ready()
        return JSONResponse(parts, 200 if all(parts.values()) else 503)

    async def metrics(self, request: Request) -> Response:
        """Numbers for Prometheus: for this very machine, or with the operator's token."""
        house = self._house
        if house.metrics is None:
            raise HTTPException(404)
        if not house.gate.local(request) and not has_token(request, house.metrics_token):
            return PlainTextResponse(METRICS_LOCKED, 403, {"www-authenticate": "Bearer"})
        return Response(await house.metrics(), headers={"content-type": METRICS_TYPE})

    async def hook(self, request: Request) -> Response:
        """A platform's own post; who it is, its handler checks."""
        handler = self._house.hooks.get(request.path_params["name"])
        if handler is None:
            return Response(status_code=404)
        return Response(status_code=await handler(dict(request.headers), await request.body()))

    async def not_found(self, request: Request, error: Exception) -> Response:
        return self._house.pages.not_found()

    async def chat(self, request: Request) -> Response:
        house = self._house
        if not house.gate.trusted(request):
            return house.pages.locked()
        visitor = house.gate.visitor(request)
        if visitor.fresh:
            response = house.pages.chat(visitor, (), "", house.front.commands)
        else:
            transcript = await house.door.transcript(visitor.id)
            mark = house.feed.mark(transcript)
            response = house.pages.chat(visitor, transcript.items, mark, house.front.commands)
        house.gate.remember(request, response, visitor)
        return response

    async def sign_in_page(self, request: Request) -> Response:
        house = self._house
        if house.gate.trusted(request):
            return RedirectResponse("/", 303)
        visitor = house.gate.visitor(request)
        response = house.pages.sign_in(visitor, request.query_params.get("code", ""))
        house.gate.remember(request, response, visitor)
        return response

    async def sign_in(self, request: Request) -> Response:
        """Only a POST uses up the code: chat programs that preview links do not."""
        house = self._house
        if not house.gate.own_page(request, house.gate.visitor(request)):
            raise Refused(403, STALE)
        fields = await read_fields(request)
        outcome, token = house.sessions.sign_in(fields.get("code", ""), house.gate.peer(request))
        if outcome is not SignIn.DONE:
            status, sentence = SIGN_IN_ANSWERS[outcome]
            raise Refused(status, sentence)
        response = JSONResponse({"ok": True})
        response.set_cookie(
            SESSION_COOKIE,
            token,
            max_age=SESSION_SECONDS,
            httponly=True,
            samesite="strict",
            secure=house.gate.secure(request),
        )
        return response

    async def message(self, request: Request) -> Response:
        visitor = self._poster(request)
        message = await read_message(request)
        origin = self._origin(request, visitor, message.event)
        await take_message(self._house.front, self._house.door, self._house.media, origin, message)
        self._house.front.handled(PLATFORM)
        return JSONResponse({"id": origin.item_id}, 202)

    async def press(self, request: Request) -> Response:
        visitor = self._poster(request)
        fields = await read_fields(request)
        origin = self._origin(request, visitor, fields.get("id", ""))
        press = ButtonPress(fields.get("button_id", "")[:64], fields.get("message_id", "")[:128])
        await self._house.front.submit([pressed(origin, press)])
        self._house.front.handled(PLATFORM)
        return JSONResponse({"ok": True}, 202)

    async def events(self, request: Request) -> Response:
        visitor = self._reader(request)
        transcript = await self._house.door.transcript(visitor.id)
        last = request.headers.get("last-event-id") or request.query_params.get("last", "")
        return StreamingResponse(
            self._house.feed.follow(transcript, last),
            media_type="text/event-stream",
            headers={"x-accel-buffering": "no"},
        )

    async def complete(self, request: Request) -> Response:
        visitor = self._reader(request)
        asked = request.query_params
        incoming = Incoming(
            event_id=event_of(""),
            place=place_of(visitor.id),
            author=Person(PLATFORM, visitor.id, "You"),
            addressed=Addressed.COMMAND,
            command=CommandUse(asked.get("command", "")[:64]),
            trusted=True,
            sent_at=self._house.clock(),
        )
        choices = await self._house.front.complete(
            incoming, asked.get("option", "")[:64], asked.get("typed", "")[:200]
        )
        return JSONResponse([{"value": choice.value, "label": choice.label} for choice in choices])

    async def picture(self, request: Request) -> Response:
        visitor = self._reader(request)
        stored = await self._house.media.find(request.path_params["media_id"], visitor.id)
        if stored is None:
            raise HTTPException(404)
        try:
            opened = await self._house.media.open(stored)
        except PlatformError:
            raise HTTPException(404) from None
        return media_answer(request, stored, opened)

    async def file(self, request: Request) -> Response:
        """A result for whoever has its link, to be saved: nobody signs in for it, and no page shows it."""
        kept = await self._house.linked(request.path_params["secret"])
        if kept is None:
            raise HTTPException(404)
        name = re.sub(r"[^A-Za-z0-9._-]", "_", kept.name)
        headers = {
            "content-security-policy": MEDIA_POLICY,
            "cache-control": "private, no-store",
            "content-disposition": f'attachment; filename="{name}"',
        }
        return Response(kept.data, media_type=kept.mime, headers=headers)

    def _reader(self, request: Request) -> Visitor:
        """The visitor of a GET for data."""
        gate = self._house.gate
        visitor = gate.visitor(request)
        if not gate.trusted(request) or visitor.fresh or gate.foreign(request):
            raise Refused(403, LOCKED)
        return visitor

    def _poster(self, request: Request) -> Visitor:
        """The visitor of a POST, made by our own page."""
        gate = self._house.gate
        if not gate.trusted(request):
            raise Refused(403, LOCKED)
        visitor = gate.visitor(request)
        if not gate.own_page(request, visitor):
            raise Refused(403, STALE)
        return visitor

    def _origin(self, request: Request, visitor: Visitor, event: str) -> Origin:
        language = language_of(request.headers.get("accept-language", ""))
        return Origin(visitor.id, event_of(event), self._house.clock(), language)


async def _answer(request: Request, error: Exception) -> Response:
    """A refusal or a failure as a sentence the page can show."""
    match error:
        case HTTPException():
            return JSONResponse({"error": error.detail}, error.status_code, headers=error.headers)
        case GondolaError():
            return JSONResponse({"error": error.reader_text}, 503)
        case _:
            raise error
