"""Links that sign in to the dashboard once: made for whoever may have one, and redeemed."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable
from dataclasses import dataclass, replace

import structlog
from pydantic import SecretStr

from bot.auditing import Change, ChangeKind
from bot.dashboard import SIGN_IN_PATH, SIGN_IN_SECONDS, Viewer
from bot.engine.doors.access import Doorkeeper
from bot.engine.doors.hashing import Hasher
from bot.engine.doors.standing import Standing
from bot.engine.turns.turn import Turn
from bot.errors import NotAllowed, OperatorError
from bot.messages import Person
from bot.ports import Clock
from bot.sealing import Sealer
from bot.signingin import SignIn, SignIns

log: structlog.stdlib.BoundLogger = structlog.get_logger()

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
        sealer: Sealer,
        standing: Standing,
    ) -> None:
        self._sealer = sealer
        self._standing = standing
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
        # No character of it means anything in CommonMark.
        token = secrets.token_hex(_TOKEN_BYTES) + self._account(turn, server).encode().hex()
        expires = self._clock() + SIGN_IN_SECONDS
        # Ownership is an account's own, what a server's admin may do any linked account's.
        person = self._hasher.account(turn.incoming.author) if turn.owner else turn.person
        await self._links.add(SignIn(digest(token), person, server, expires))
        return Link(f"{self.page}{SIGN_IN_PATH}?token={token}", server, not self._public_url)

    def _account(self, turn: Turn, server: str) -> str:
        """Whose link to a server it is, encrypted. It stands in the link, for the house keeps only hashes of
        people, and by a hash no platform can be asked whether somebody still manages the server."""
        if not server:
            return ""
        return self._sealer.seal(SecretStr(turn.incoming.author.key), _scope(turn.person, server))

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
        return await self.still(Viewer(link.person, not link.server, servers, _sealed_in(token)))

    async def still(self, viewer: Viewer) -> Viewer | None:
        """What is left of somebody's rights now: an owner's end with the ownership, those in a server with a
        rule against the server or the person, and with the platform's word that they do not manage it any
        more (see `Standing` for how soon)."""
        if not viewer.person:
            return viewer
        if viewer.owner:
            return viewer if viewer.person in self._doorkeeper.owners else None
        servers = tuple([one for one in viewer.servers if await self._manages(viewer, one)])
        return replace(viewer, servers=servers) if servers else None

    async def _manages(self, viewer: Viewer, server: str) -> bool:
        if not self._doorkeeper.open_to(server, viewer.person):
            return False
        if not self._standing.asks(server):
            return True
        try:
            account = self._sealer.open(viewer.account, _scope(viewer.person, server)).get_secret_value()
        except OperatorError as error:  # a session of an earlier version, or the secret key was changed
            log.info("dashboard.account_unknown", reason=error.reader_text)
            return False
        platform, _, number = account.partition(":")
        return await self._standing.manages(server, Person(platform, number))


def _scope(person: str, server: str) -> str:
    return f"dashboard|{person}|{server}"


def _sealed_in(token: str) -> str:
    """The encrypted account in a token that was found to be one of ours."""
    return bytes.fromhex(token[2 * _TOKEN_BYTES :]).decode()


def digest(token: str) -> str:
    """How a token is kept. It has too many bits to be guessed, so no salt is needed."""
    return hashlib.sha256(token.encode()).hexdigest()
