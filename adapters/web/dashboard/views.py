"""What is looked at: one method a page. Each asks the desk as the viewer and renders its answer."""

from __future__ import annotations

import secrets
from collections.abc import Mapping

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from adapters.web.dashboard.access import Access, Seat
from adapters.web.dashboard.filters import Asked
from adapters.web.dashboard.frame import Frame
from adapters.web.dashboard.live import tail
from adapters.web.dashboard.plots import plots_of
from adapters.web.dashboard.sheets import sheet
from adapters.web.dashboard.words import SPANS, Names
from bot.auditing import ChangeKind
from bot.dashboard import Desk, Server, Span
from bot.declarations import Medium
from bot.errors import NotAllowed, UserError
from bot.records import ALL_MEDIA, CapPeriod

ELSEWHERE = "Another site asked for this. Open the dashboard itself."
NO_CURSOR = ""
_LONGEST = 300
"""Characters of a parameter that are looked at."""


class Views:
    """GET only; nothing here changes anything."""

    def __init__(self, desk: Desk, access: Access, frame: Frame) -> None:
        self._desk = desk
        self._access = access
        self._frame = frame

    async def overview(self, request: Request, seat: Seat) -> Response:
        asked = request.query_params.get("span", "")
        span = Span(asked) if asked in list(Span) else Span.DAY
        found = await self._desk.overview(seat.viewer, span)
        values = {
            "overview": found,
            "plots": plots_of(found),
            "spans": SPANS,
            "names": await self.names(seat),
        }
        return self._frame.page(request, seat, "overview.html", values)

    async def places(self, request: Request, seat: Seat) -> Response:
        servers = await self._desk.places(seat.viewer)
        values = {"servers": servers, "names": _names_of(servers)}
        return self._frame.page(request, seat, "places.html", values)

    async def place(self, request: Request, seat: Seat) -> Response:
        return await self.place_page(request, seat, parameter(request, "scope"))

    async def place_page(
        self,
        request: Request,
        seat: Seat,
        scope: str,
        tried: Mapping[str, str] | None = None,
        status: int = 200,
    ) -> Response:
        """A scope's settings. `tried` holds the name, the value and the sentence of a change that was not
        possible, so that nothing typed is lost."""
        found = await self._desk.place(seat.viewer, scope)
        values = {
            "place": found,
            "tried": tried or {"name": "", "value": "", "sentence": ""},
            "saved": request.query_params.get("saved", ""),
            "names": await self.names(seat),
        }
        return self._frame.page(request, seat, "place.html", values, status)

    async def caps(self, request: Request, seat: Seat) -> Response:
        return await self.caps_page(request, seat)

    async def caps_page(
        self, request: Request, seat: Seat, tried: Mapping[str, str] | None = None, status: int = 200
    ) -> Response:
        """The caps. `tried` is the form as it was sent, with the sentence, after what was not possible."""
        servers = await self._desk.places(seat.viewer)
        blank = {"scope": "", "medium": ALL_MEDIA, "period": CapPeriod.DAY.value, "amount": ""}
        values = {
            "bars": await self._desk.caps(seat.viewer),
            "servers": servers,
            "names": _names_of(servers),
            "media": (ALL_MEDIA, *Medium),
            "periods": tuple(CapPeriod),
            "tried": {**blank, "sentence": "", **(tried or {})},
            "saved": request.query_params.get("saved", ""),
        }
        return self._frame.page(request, seat, "caps.html", values, status)

    async def people(self, request: Request, seat: Seat) -> Response:
        return await self.people_page(request, seat, parameter(request, "cursor"))

    async def people_page(
        self,
        request: Request,
        seat: Seat,
        cursor: str,
        tried: Mapping[str, str] | None = None,
        status: int = 200,
    ) -> Response:
        """A page of people. `tried` is a grant as it was sent, with the sentence, after what was not
        possible. `once` lets a form that is sent twice grant once."""
        values = {
            "page": await self._desk.people(seat.viewer, cursor),
            "cursor": cursor,
            "once": secrets.token_urlsafe(12),
            "tried": {"person": "", "amount": "", "note": "", "sentence": "", **(tried or {})},
            "saved": request.query_params.get("saved", ""),
        }
        return self._frame.page(request, seat, "people.html", values, status)

    async def ledger(self, request: Request, seat: Seat) -> Response:
        asked, sentence, status = Asked.of(request.query_params), "", 200
        values: dict[str, object] = {"asked": asked, "media": tuple(Medium), "page": None}
        try:
            cursor = parameter(request, "cursor")
            values["page"] = await self._desk.ledger(seat.viewer, asked.wanted(), cursor)
        except NotAllowed:
            raise
        except UserError as error:
            sentence, status = error.reader_text, 422
        servers = await self._desk.places(seat.viewer)
        values |= {"sentence": sentence, "servers": servers, "names": _names_of(servers)}
        return self._frame.page(request, seat, "ledger.html", values, status)

    async def ledger_sheet(self, request: Request, seat: Seat) -> Response:
        """The filtered ledger as a file. The first line is read before anything is sent, so that a refusal
        is still a page."""
        rows = self._desk.ledger_rows(seat.viewer, Asked.of(request.query_params).wanted())
        first = await anext(rows, None)
        headers = {"content-disposition": 'attachment; filename="gondola-ledger.csv"'}
        return StreamingResponse(sheet(first, rows), media_type="text/csv", headers=headers)

    async def jobs(self, request: Request, seat: Seat) -> Response:
        values = {"jobs": await self._desk.jobs(seat.viewer), "names": await self.names(seat)}
        return self._frame.page(request, seat, "jobs.html", values)

    async def characters(self, request: Request, seat: Seat) -> Response:
        values = {"characters": await self._desk.characters(seat.viewer), "names": await self.names(seat)}
        return self._frame.page(request, seat, "characters.html", values)

    async def errors(self, request: Request, seat: Seat) -> Response:
        page = await self._desk.errors(seat.viewer, parameter(request, "cursor"))
        return self._frame.page(request, seat, "errors.html", {"page": page, "names": await self.names(seat)})

    async def audit(self, request: Request, seat: Seat) -> Response:
        kind = parameter(request, "kind")
        kind = kind if kind in list(ChangeKind) else ""
        page = await self._desk.audit(seat.viewer, parameter(request, "cursor"), kind)
        values = {"page": page, "kind": kind, "kinds": tuple(ChangeKind), "names": await self.names(seat)}
        return self._frame.page(request, seat, "audit.html", values)

    async def live(self, request: Request, seat: Seat) -> Response:
        return self._frame.page(request, seat, "live.html", {})

    async def live_events(self, request: Request, seat: Seat) -> Response:
        if self._access.gate.foreign(request):
            raise NotAllowed(ELSEWHERE)

        async def still() -> bool:
            return await self._access.seat(request) is not None

        events = tail(self._desk.live(seat.viewer), await self.names(seat), still)
        return StreamingResponse(events, media_type="text/event-stream", headers={"x-accel-buffering": "no"})

    async def names(self, seat: Seat) -> Names:
        """What the places are called that somebody may see."""
        return _names_of(await self._desk.places(seat.viewer))


def _names_of(servers: tuple[Server, ...]) -> Names:
    titles = {server.scope: server.title for server in servers if server.scope}
    titles |= {channel.scope: channel.title for server in servers for channel in server.channels}
    return Names(titles)


def parameter(request: Request, name: str) -> str:
    """A part of the address, "" where it is not there."""
    return request.query_params.get(name, NO_CURSOR)[:_LONGEST]
