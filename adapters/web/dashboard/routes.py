"""The dashboard's HTTP surface: who is let to which page, and what a failure looks like."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from adapters.web.dashboard.access import PATH, Access, Seat
from adapters.web.dashboard.changes import Changes
from adapters.web.dashboard.doors import Doors
from adapters.web.dashboard.frame import Frame
from adapters.web.dashboard.sessions import DeskSessions, TokenFile
from adapters.web.dashboard.views import Views
from adapters.web.forms import read_fields
from adapters.web.gate import Gate
from adapters.web.sessions import Sessions
from adapters.web.tries import Tries
from bot.dashboard import SIGN_IN_PATH, Desk
from bot.errors import GondolaError, NotAllowed, UserError
from bot.ports import Clock

STALE = "This page is out of date. Go back, reload it and try again."
WRONG = "This link is not valid any more: it works once, for 15 minutes. Get a new one with /dashboard."
TOO_MANY = "Too many tries. Wait a minute, then try again."
_LONGEST_TOKEN = 500

View = Callable[[Request, Seat], Awaitable[Response]]
Change = Callable[[Request, Seat, Mapping[str, str]], Awaitable[Response]]
Endpoint = Callable[[Request], Awaitable[Response]]


class Dashboard:
    """The pages over a desk. `data_dir` keeps its sessions and the token file."""

    def __init__(
        self, desk: Desk, gate: Gate, chat: Sessions, *, data_dir: Path, clock: Clock, demo: bool
    ) -> None:
        self._file = TokenFile(data_dir / "dashboard-token")
        sessions = DeskSessions(data_dir / "dashboard-sessions.json", clock)
        self._access = Access(gate, chat, desk, sessions, self._file, Tries(clock))
        self._frame = Frame(self._access, clock, demo=demo)
        self._views = Views(desk, self._access, self._frame)
        self._changes = Changes(desk, self._access, self._views)
        self._doors = Doors(desk, self._frame, self._views)

    def open(self) -> None:
        """Write the token file; once per start."""
        self._file.renew()

    @property
    def routes(self) -> list[BaseRoute]:
        look, change = self._views, self._changes
        views: Mapping[str, View] = {
            "": look.overview,
            "/places": look.places,
            "/channels": look.channels,
            "/place": look.place,
            "/doors": self._doors.look,
            "/caps": look.caps,
            "/people": look.people,
            "/ledger": look.ledger,
            "/ledger.csv": look.ledger_sheet,
            "/jobs": look.jobs,
            "/characters": look.characters,
            "/errors": look.errors,
            "/audit": look.audit,
            "/live": look.live,
            "/live/events": look.live_events,
        }
        changes: Mapping[str, Change] = {
            "/place": change.setting,
            "/doors": self._doors.change,
            "/caps": change.cap,
            "/people": change.grant,
            "/rule": change.rule,
            "/sign-out": change.sign_out,
        }
        return [
            Route(SIGN_IN_PATH, self._enter_page, methods=["GET"]),
            Route(SIGN_IN_PATH, self._enter, methods=["POST"]),
            *(Route(f"{PATH}{path}", self._looking(view), methods=["GET"]) for path, view in views.items()),
            *(Route(f"{PATH}{path}", self._changing(one), methods=["POST"]) for path, one in changes.items()),
        ]

    async def _enter_page(self, request: Request) -> Response:
        """Looking at a link uses nothing up: chat programs that preview links do no more than this."""
        return self._frame.sign_in(request, request.query_params.get("token", "")[:_LONGEST_TOKEN])

    async def _enter(self, request: Request) -> Response:
        form = await read_fields(request)
        token = form.get("token", "").strip()[:_LONGEST_TOKEN]
        gate = self._access.gate
        visitor = gate.visitor(request)
        if visitor.fresh or not gate.own_form(request, visitor.token, form.get("csrf", "")):
            return self._frame.sign_in(request, token, STALE, 403)
        if not self._access.may_try(request):
            return self._frame.sign_in(request, token, TOO_MANY, 429)
        try:
            secret = await self._access.redeem(token)
        except GondolaError as error:
            return self._frame.sign_in(request, token, error.reader_text, 503)
        if secret is None:
            return self._frame.sign_in(request, "", WRONG, 403)
        response = RedirectResponse(PATH, 303)
        self._access.give(request, response, secret)
        return response

    def _looking(self, view: View) -> Endpoint:
        async def endpoint(request: Request) -> Response:
            seat = await self._access.seat(request)
            if seat is None:
                return self._frame.sign_in(request, "", status=401)
            return await self._honest(request, seat, lambda: view(request, seat))

        return endpoint

    def _changing(self, change: Change) -> Endpoint:
        async def endpoint(request: Request) -> Response:
            seat = await self._access.seat(request)
            if seat is None:
                return self._frame.sign_in(request, "", status=401)
            form = await read_fields(request)
            if not self._access.own(request, seat, form.get("csrf", "")):
                return self._frame.trouble(request, seat, 403, STALE)
            return await self._honest(request, seat, lambda: change(request, seat, form))

        return endpoint

    async def _honest(
        self, request: Request, seat: Seat, work: Callable[[], Awaitable[Response]]
    ) -> Response:
        """Refusals and failures as pages with their sentence."""
        try:
            return await work()
        except NotAllowed as error:
            return self._frame.trouble(request, seat, 403, error.reader_text)
        except UserError as error:
            return self._frame.trouble(request, seat, 400, error.reader_text)
        except GondolaError as error:
            return self._frame.trouble(request, seat, 503, error.reader_text)
