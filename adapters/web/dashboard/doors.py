"""Pages of doors: who is let in and shut out, who asks, and who may use what; and the forms on them."""

from __future__ import annotations

from collections.abc import Mapping

from starlette.requests import Request
from starlette.responses import Response

from adapters.web.dashboard.access import Seat
from adapters.web.dashboard.changes import NO_SUCH_FORM, RULES, led_to
from adapters.web.dashboard.frame import Frame
from adapters.web.dashboard.views import Views, parameter
from adapters.web.dashboard.words import of_permit
from bot.dashboard import Desk
from bot.doorways import Entry, SubjectKind
from bot.errors import NotAllowed, UserError
from bot.serverrules import ANYONE, MANAGERS, NOBODY

WHO: Mapping[str, str] = {
    ANYONE: "anyone",
    MANAGERS: "whoever manages the channel",
    NOBODY: "nobody",
}
ENTRIES: Mapping[Entry, str] = {
    Entry.OPEN: "Everybody comes in: the house is open.",
    Entry.OWNERS: "Let in by an owner of this bot.",
    Entry.ADMINS: "Let in by those who manage this server.",
    Entry.NOBODY: "Nobody has let this server in yet.",
    Entry.BLOCKED: "Shut out by an owner of this bot.",
    Entry.CLOSED: "Shut by those who manage this server.",
}
IN_SERVER = (
    SubjectKind.PERSON,
    SubjectKind.ROLE,
    SubjectKind.CHANNEL,
    SubjectKind.CATEGORY,
    SubjectKind.TOPIC,
)
_BLANK = {"form": "", "kind": SubjectKind.PERSON.value, "named": "", "subject": "", "who": "", "sentence": ""}


class Doors:
    """Who may is the desk's to say, as everywhere."""

    def __init__(self, desk: Desk, frame: Frame, views: Views) -> None:
        self._desk = desk
        self._frame = frame
        self._views = views

    # --- looking ---

    async def look(self, request: Request, seat: Seat) -> Response:
        server = parameter(request, "server")
        if not server and not seat.viewer.owner:
            (server, *others) = seat.viewer.servers
            if others:
                return await self._choice(request, seat)
        return await self._page(request, seat, server, parameter(request, "cursor"))

    async def _choice(self, request: Request, seat: Seat) -> Response:
        """Several servers, and no word on which."""
        values = {"servers": seat.viewer.servers, "names": await self._views.names(seat)}
        return self._frame.page(request, seat, "doors_choice.html", values)

    async def _page(
        self,
        request: Request,
        seat: Seat,
        server: str,
        cursor: str,
        tried: Mapping[str, str] | None = None,
        status: int = 200,
    ) -> Response:
        """The door of a server, or with "" of the house. `tried` is a form as it was sent, with the sentence,
        after what was not possible."""
        values: dict[str, object] = {
            "server": server,
            "cursor": cursor,
            "tried": {**_BLANK, **(tried or {})},
            "saved": request.query_params.get("saved", ""),
            "names": await self._views.names(seat),
            "kinds": IN_SERVER if server else tuple(SubjectKind),
            "who": WHO,
            "of_permit": of_permit,
            "entries": ENTRIES,
        }
        if server:
            found = await self._desk.door(seat.viewer, server, cursor)
            return self._frame.page(request, seat, "door.html", {**values, "door": found}, status)
        house = await self._desk.doors(seat.viewer, cursor)
        return self._frame.page(request, seat, "doors.html", {**values, "door": house}, status)

    # --- changing ---

    async def change(self, request: Request, seat: Seat, form: Mapping[str, str]) -> Response:
        """One form of the page; which one is in `form`."""
        server, which = form.get("server", ""), form.get("form", "")
        try:
            part = await self._changed(seat, which, server, form)
        except NotAllowed:
            raise
        except UserError as error:
            kept = {key: form[key] for key in ("form", "kind", "named", "subject", "who") if key in form}
            tried = {**kept, "sentence": error.reader_text}
            return await self._page(request, seat, server, form.get("cursor", ""), tried, 422)
        where = {"server": server} if server else {}
        at = {"cursor": form["cursor"]} if form.get("cursor") else {}
        return led_to("doors", part, **where, **at, saved=part)

    async def _changed(self, seat: Seat, which: str, server: str, form: Mapping[str, str]) -> str:
        """The part of the page that shows what was changed."""
        viewer, subject = seat.viewer, form.get("subject", "")
        match which:
            case "rule":
                await self._desk.set_rule(viewer, subject, _rule(form), server)
                return "entry" if subject == server else "rules"
            case "add":
                allowed = _rule(form)
                if allowed is None or form.get("kind", "") not in list(SubjectKind):
                    raise UserError(NO_SUCH_FORM)
                kind = SubjectKind(form["kind"])
                await self._desk.add_rule(viewer, kind, form.get("named", ""), allowed, server)
                return "rules"
            case "permit":
                await self._desk.put_permit(viewer, server, subject, form.get("who", ""))
                return "permits"
            case "free":
                await self._desk.clear_permit(viewer, server, subject)
                return "permits"
            case "applicant":
                allowed = _rule(form)
                if allowed is None:
                    raise UserError(NO_SUCH_FORM)
                await self._desk.decide(viewer, subject, allowed)
                return "waiting"
            case _:
                raise UserError(NO_SUCH_FORM)


def _rule(form: Mapping[str, str]) -> bool | None:
    if form.get("rule", "") not in RULES:
        raise UserError(NO_SUCH_FORM)
    return RULES[form["rule"]]
