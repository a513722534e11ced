"""Who looks at the dashboard, and whether what is posted came from a page of ours."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field

from starlette.requests import HTTPConnection, Request
from starlette.responses import Response

from adapters.web.dashboard.sessions import WHOLE_SECONDS, DeskSessions, TokenFile
from adapters.web.gate import SESSION_COOKIE, Gate, Visitor
from adapters.web.sessions import Sessions
from adapters.web.tries import Tries
from bot.dashboard import Desk, Viewer

COOKIE = "gondola_dashboard"
PATH = "/dashboard"


@dataclass(frozen=True, slots=True)
class Seat:
    """Somebody who may look. `token` is what a POST of their pages must carry. `secret` is the cookie of
    their session; "" where the browser is trusted without one, and their token hangs on `visitor`."""

    viewer: Viewer
    token: str = field(repr=False)
    secret: str = field(default="", repr=False)
    visitor: Visitor | None = field(default=None, repr=False)


class Access:
    """Sessions by link or token file; without one, whoever the chat page trusts as an owner."""

    def __init__(
        self, gate: Gate, chat: Sessions, desk: Desk, sessions: DeskSessions, file: TokenFile, tries: Tries
    ) -> None:
        self.gate = gate
        self._chat = chat
        self._desk = desk
        self._sessions = sessions
        self._file = file
        self._tries = tries

    async def seat(self, request: HTTPConnection) -> Seat | None:
        """Who looks, with what is left of their rights now; None: they have to sign in."""
        secret = request.cookies.get(COOKIE, "")
        if viewer := self._sessions.find(secret):
            if left := await self._desk.still(viewer):
                return Seat(left, _page_token(secret), secret)
            self._sessions.close(secret)
        if self.gate.trusted(request):
            visitor = self.gate.visitor(request)
            return Seat(Viewer("", owner=True), visitor.token, visitor=visitor)
        return None

    def own(self, request: Request, seat: Seat, given: str) -> bool:
        """Whether a POST was made by a page of theirs."""
        return self.gate.own_form(request, seat.token, given)

    def may_try(self, request: Request) -> bool:
        """Whether this address may try to sign in once more."""
        return self._tries.allow(self.gate.peer(request))

    async def redeem(self, token: str) -> str | None:
        """The secret of a new session for a token of a link or of the file; None for no valid one."""
        viewer = self._file.redeem(token) or await self._desk.redeem(token)
        return self._sessions.open(viewer) if viewer else None

    def give(self, request: Request, response: Response, secret: str) -> None:
        """Put a session into the browser."""
        response.set_cookie(
            COOKIE,
            secret,
            max_age=int(WHOLE_SECONDS),
            path=PATH,
            httponly=True,
            samesite="strict",
            secure=self.gate.secure(request),
        )

    def leave(self, request: Request, response: Response, seat: Seat, *, everywhere: bool) -> None:
        """End the session of this browser, or of all with the same person. Whoever came in by the chat
        page's sign-in leaves that."""
        if seat.secret:
            self._sessions.close(seat.secret, everywhere=everywhere)
        else:
            self._chat.close(request.cookies.get(SESSION_COOKIE, ""), everywhere=everywhere)
            response.delete_cookie(SESSION_COOKIE)
        response.delete_cookie(COOKIE, path=PATH)


def _page_token(secret: str) -> str:
    return hashlib.sha256(f"dashboard:{secret}".encode()).hexdigest()
