"""The HTML pages, from templates."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.responses import HTMLResponse

from adapters.web.commands import palette
from adapters.web.gate import Visitor
from adapters.web.stream import wire
from adapters.web.transcript import Item
from bot.declarations import Command

HERE = Path(__file__).parent
STATIC = HERE / "static"

EXAMPLES = (
    ("Chat", "Explain tides to a ten-year-old", "chat"),
    ("Draw a picture", "/image a gondola at dawn, watercolour", "image"),
    ("Read aloud", "/voice Good morning, Venice!", "voice"),
    ("Search the web", "/search What is new in Venice this week?", "search"),
)
"""Title, what is typed, icon; an example of a command that is not there is left out."""


class Pages:
    """Renders every page."""

    def __init__(self, demo: bool) -> None:
        self._demo = demo
        self._environment = Environment(
            loader=FileSystemLoader(HERE / "templates"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )

    def chat(
        self, visitor: Visitor, items: Sequence[Item], last: str, commands: Sequence[Command]
    ) -> HTMLResponse:
        names = {f"/{command.name}" for command in commands}
        examples = [one for one in EXAMPLES if one[1][0] != "/" or one[1].split()[0] in names]
        state = {"last": last, "items": [wire(item) for item in items], "commands": palette(commands)}
        return self._page("chat.html", 200, {"token": visitor.token, "state": state, "examples": examples})

    def locked(self) -> HTMLResponse:
        return self._page("locked.html", 403, {})

    def sign_in(self, visitor: Visitor, code: str) -> HTMLResponse:
        return self._page("sign_in.html", 200, {"token": visitor.token, "code": code})

    def not_found(self) -> HTMLResponse:
        return self._page("not_found.html", 404, {})

    def _page(self, name: str, status: int, values: Mapping[str, object]) -> HTMLResponse:
        text = self._environment.get_template(name).render(demo=self._demo, **values)
        return HTMLResponse(text, status)
