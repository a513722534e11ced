"""Templates of the dashboard, and what every page of it has: who looks, the way around, refusals."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, cast

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import HTMLResponse

from adapters.web.dashboard import words
from adapters.web.dashboard.access import PATH, Access, Seat
from adapters.web.pages import HERE
from bot.ports import Clock

NAVIGATION = (
    ("", "Overview"),
    ("/places", "Servers"),
    ("/doors", "Doors"),
    ("/caps", "Caps"),
    ("/people", "People"),
    ("/ledger", "Ledger"),
    ("/jobs", "Jobs"),
    ("/characters", "Characters"),
    ("/errors", "Errors"),
    ("/audit", "Audit"),
    ("/live", "Live"),
)
_FILTERS: Mapping[str, Callable[..., str]] = {
    function.__name__: function
    for function in (
        words.money,
        words.when,
        words.iso,
        words.away,
        words.share,
        words.seconds,
        words.size,
        words.short,
        words.amount,
        words.of_cap,
    )
}


class Frame:
    """Renders pages. `demo` marks the house whose answers are made up."""

    def __init__(self, access: Access, clock: Clock, *, demo: bool) -> None:
        self._access = access
        self._clock = clock
        self._demo = demo
        self._environment = Environment(
            loader=FileSystemLoader([Path(__file__).parent / "templates", HERE / "templates"]),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._environment.filters.update(cast("dict[str, Any]", _FILTERS))

    def page(
        self, request: Request, seat: Seat, name: str, values: Mapping[str, object], status: int = 200
    ) -> HTMLResponse:
        """A page for somebody who is in."""
        known: Mapping[str, object] = {
            "seat": seat,
            "csrf": seat.token,
            "navigation": NAVIGATION,
            "here": request.url.path.removeprefix(PATH),
            "now": self._clock(),
        }
        response = self._render(name, {**known, **values}, status)
        if seat.visitor is not None:
            self._access.gate.remember(request, response, seat.visitor)
        return response

    def trouble(self, request: Request, seat: Seat, status: int, sentence: str) -> HTMLResponse:
        """A refusal or failure as a page."""
        return self.page(request, seat, "trouble.html", {"sentence": sentence}, status)

    def sign_in(self, request: Request, token: str, problem: str = "", status: int = 200) -> HTMLResponse:
        """Where a link leads. Nothing is used up before its button is pressed."""
        visitor = self._access.gate.visitor(request)
        values = {"csrf": visitor.token, "given": token, "problem": problem}
        response = self._render("enter.html", values, status)
        self._access.gate.remember(request, response, visitor)
        return response

    def _render(self, name: str, values: Mapping[str, object], status: int) -> HTMLResponse:
        text = self._environment.get_template(name).render(demo=self._demo, **values)
        return HTMLResponse(text, status)
