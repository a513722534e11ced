"""Links that sign in to the dashboard once: made for whoever may have one, and redeemed."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable
from dataclasses import dataclass

from bot.auditing import Change, ChangeKind
from bot.dashboard import SIGN_IN_PATH, SIGN_IN_SECONDS, Viewer
from bot.engine.access import Doorkeeper
from bot.engine.hashing import Hasher
from bot.engine.turn import Turn
from bot.errors import NotAllowed
from bot.ports import Clock
from bot.signingin import SignIn, SignIns

NOT_YOURS = (
    "The dashboard is for owners of this bot and for those who manage a server. If you manage one, use "
    "`/dashboard` there."
)
_TOKEN_BYTES = 32


@dataclass(frozen=True, slots=True)
class Link:
    """A link to the dashboard. `server` is whose page it opens, "" for the whole house; `local` says that it
    works only on the machine the bot runs on."""

    url: str
    server: str
    local: bool


class SignInLinks:
    """`public_url` is where people reach the page, "" for nowhere; `local_url` where this machine does."""

    def __init__(
        self,
        links: SignIns,
        doorkeeper: Doorkeeper,
        hasher: Hasher,
        clock: Clock,
        public_url: str,
        local_url: Callable[[], str],
    ) -> None:
        self._links = links
        self._doorkeeper = doorkeeper
        self._hasher = hasher
        self._clock = clock
        self._public_url = public_url.rstrip("/")
        self._local_url = local_url

    async def make(self, turn: Turn) -> Link:
        """A link for the asker: an owner's opens the whole house, a server's admin's that server. Raises
        NotAllowed for anybody else."""
        place = turn.incoming.place
        if not turn.owner and not (place.server_key and turn.incoming.admin):
            raise NotAllowed(NOT_YOURS)
        server = "" if turn.owner else place.server_key
        token = secrets.token_hex(_TOKEN_BYTES)  # no character of it means anything in CommonMark
        expires = self._clock() + SIGN_IN_SECONDS
        # Ownership is an account's own, what a server's admin may do any linked account's.
        person = self._hasher.account(turn.incoming.author) if turn.owner else turn.person
        await self._links.add(SignIn(digest(token), person, server, expires))
        return Link(f"{self.page}{SIGN_IN_PATH}?token={token}", server, not self._public_url)

    @property
    def page(self) -> str:
        """Where the page is, without a slash at the end."""
        return self._public_url or self._local_url().rstrip("/")

    async def redeem(self, token: str) -> Viewer | None:
        """Use up a link, audited; None when it is unknown, used or too old, or when its person may not look
        any more."""
        now = self._clock()
        found = await self._links.get(digest(token), now)
        if found is None:
            return None
        scope = found.server or "bot"
        change = Change(
            now, found.person, ChangeKind.SIGN_IN, scope, found.server, "dashboard", "", "signed in"
        )
        link = await self._links.claim(found.digest, now, change)
        if link is None:
            return None
        servers = (link.server,) if link.server else ()
        return self.still(Viewer(link.person, not link.server, servers))

    def still(self, viewer: Viewer) -> Viewer | None:
        """What is left of somebody's rights now."""
        if not viewer.person:
            return viewer
        if viewer.owner:
            return viewer if viewer.person in self._doorkeeper.owners else None
        servers = tuple(one for one in viewer.servers if self._doorkeeper.open_to(one, viewer.person))
        return Viewer(viewer.person, owner=False, servers=servers) if servers else None


def digest(token: str) -> str:
    """How a token is kept. It has too many bits to be guessed, so no salt is needed."""
    return hashlib.sha256(token.encode()).hexdigest()
