"""What is changed: one method a form. Afterwards the browser is led to a page, so that reloading repeats
nothing; what was not possible is shown at its field with everything that was typed."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from adapters.web.dashboard.access import PATH, Access, Seat
from adapters.web.dashboard.views import Views
from bot.dashboard import Desk
from bot.errors import NotAllowed, UserError
from bot.records import CapPeriod, CapUnit

RULES: Mapping[str, bool | None] = {"allow": True, "deny": False, "none": None}
NO_SUCH_FORM = "That form is out of date. Reload the page and try again."
_BACK = ("places", "people")


class Changes:
    """POST only. Who may is the desk's to say; each change is audited there."""

    def __init__(self, desk: Desk, access: Access, views: Views) -> None:
        self._desk = desk
        self._access = access
        self._views = views

    async def setting(self, request: Request, seat: Seat, form: Mapping[str, str]) -> Response:
        scope, name = form.get("scope", ""), form.get("name", "")
        value = form.get("value", "").replace("\r\n", "\n")
        try:
            if form.get("do") == "clear":
                await self._desk.clear_setting(seat.viewer, scope, name)
            else:
                await self._desk.put_setting(seat.viewer, scope, name, value)
        except NotAllowed as error:
            if not await self._may_see(seat, scope):
                raise
            return await self._refused(request, seat, scope, name, value, error)
        except UserError as error:
            return await self._refused(request, seat, scope, name, value, error)
        return led_to("place", f"setting-{name}", scope=scope, saved=name)

    async def cap(self, request: Request, seat: Seat, form: Mapping[str, str]) -> Response:
        scope, medium = form.get("scope", "").strip(), form.get("medium", "")
        try:
            period = _period(form)
            if form.get("do") == "clear":
                unit = _unit(form)
                await self._desk.clear_cap(seat.viewer, scope, medium, unit, period)
                return led_to("caps", "set", saved="cleared")
            await self._desk.put_cap(seat.viewer, scope, medium, period, form.get("amount", ""))
        except NotAllowed:
            raise
        except UserError as error:
            kept = {key: form[key] for key in ("scope", "medium", "period", "amount") if key in form}
            tried = {**kept, "sentence": error.reader_text}
            return await self._views.caps_page(request, seat, "", tried, 422)
        return led_to("caps", "set", saved="set")

    async def grant(self, request: Request, seat: Seat, form: Mapping[str, str]) -> Response:
        person, cursor = form.get("person", ""), form.get("cursor", "")
        amount, note = form.get("amount", "").strip(), form.get("note", "").strip()
        try:
            await self._desk.grant(seat.viewer, person, amount, note, form.get("once", ""))
        except NotAllowed:
            raise
        except UserError as error:
            tried = {"person": person, "amount": amount, "note": note, "sentence": error.reader_text}
            return await self._views.people_page(request, seat, cursor, tried, 422)
        return led_to("people", f"person-{person}", **({"cursor": cursor} if cursor else {}), saved=person)

    async def rule(self, request: Request, seat: Seat, form: Mapping[str, str]) -> Response:
        if form.get("rule", "") not in RULES:
            raise UserError(NO_SUCH_FORM)
        await self._desk.set_rule(seat.viewer, form.get("subject", ""), RULES[form["rule"]])
        back = form.get("back", "")
        return led_to(back if back in _BACK else _BACK[0])

    async def sign_out(self, request: Request, seat: Seat, form: Mapping[str, str]) -> Response:
        response = led_to("sign-in")
        self._access.leave(request, response, seat, everywhere=form.get("everywhere") == "yes")
        return response

    async def _may_see(self, seat: Seat, scope: str) -> bool:
        try:
            await self._desk.place(seat.viewer, scope)
        except UserError:
            return False
        return True

    async def _refused(
        self, request: Request, seat: Seat, scope: str, name: str, value: str, error: UserError
    ) -> Response:
        tried = {"name": name, "value": value, "sentence": error.reader_text}
        status = 403 if isinstance(error, NotAllowed) else 422
        return await self._views.place_page(request, seat, scope, tried, status)


def led_to(page: str, part: str = "", **query: str) -> RedirectResponse:
    """Leads to a part of a page of the dashboard."""
    asked = f"?{urlencode(query)}" if query else ""
    return RedirectResponse(f"{PATH}/{page}{asked}{f'#{part}' if part.isascii() and part else ''}", 303)


def _period(form: Mapping[str, str]) -> CapPeriod:
    if (given := form.get("period", "")) not in list(CapPeriod):
        raise UserError(NO_SUCH_FORM)
    return CapPeriod(given)


def _unit(form: Mapping[str, str]) -> CapUnit:
    if (given := form.get("unit", "")) not in list(CapUnit):
        raise UserError(NO_SUCH_FORM)
    return CapUnit(given)
