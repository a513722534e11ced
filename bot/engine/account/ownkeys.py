"""Keys that servers bring: taken only where nobody else reads along, tried at Venice, then stored sealed."""

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass

from pydantic import SecretStr

from bot.engine.money.keybook import KeyBook
from bot.errors import UserError, VeniceError, VeniceFailure
from bot.keys import KeyOrigin, ServerKey
from bot.messages import Incoming, Place
from bot.ports import Clock
from bot.venice import Credential, Limits, VeniceClient, acting_with

TICKET_SECONDS = 900.0
COMMAND = "key"
_KEY = re.compile(r"[\x21-\x7e]{16,300}")
_ADMIN = "VENICE_ADMIN_KEY_"
_MOST_TICKETS = 1_000
NOT_A_KEY = "That does not look like a Venice key. Copy it whole, without spaces."
ADMIN_KEY = (
    "That is an admin key, which can spend everything and make further keys. I have not kept it. Make an "
    "inference key with a spending limit at https://venice.ai/settings/api and give me that."
)
UNKNOWN_KEY = "Venice does not accept this key, so I have not kept it. Look whether it was copied whole."
NO_ACCESS = (
    "This key may not call Venice: its account has no balance, or its limit is used up. I have not kept it."
)


@dataclass(frozen=True, slots=True)
class Ticket:
    """Somebody who manages a server was told to bring its key to a direct chat."""

    server: str
    title: str
    until: float


class OwnKeys:
    """Takes keys in. Who asked for it in a server may bring the key to a direct chat for a while, kept in
    memory only."""

    def __init__(self, keys: KeyBook, client: VeniceClient, clock: Clock) -> None:
        self._keys = keys
        self._client = client
        self._clock = clock
        self._tickets: dict[str, Ticket] = {}

    def invite(self, person_key: str, place: Place, title: str) -> None:
        """Expect the key of this server from a person."""
        now = self._clock()
        self._tickets = {who: one for who, one in self._tickets.items() if one.until > now}
        if len(self._tickets) >= _MOST_TICKETS:
            raise UserError(
                "Too many servers want to give me a key just now. Try again in a quarter of an hour."
            )
        self._tickets[person_key] = Ticket(place.server_key, title, now + TICKET_SECONDS)

    def ticket(self, person_key: str) -> Ticket | None:
        """The server whose key a person was asked for, None when that was too long ago or never."""
        found = self._tickets.get(person_key)
        return found if found is not None and found.until > self._clock() else None

    def expects(self, incoming: Incoming) -> bool:
        """Whether this is somebody bringing a key, who may come in for that."""
        use = incoming.command
        return (
            use is not None
            and use.name == COMMAND
            and incoming.place.direct
            and self.ticket(incoming.author.key) is not None
        )

    def done(self, person_key: str) -> None:
        """The key was brought."""
        self._tickets.pop(person_key, None)

    async def take(self, server: str, given: str, by: str) -> ServerKey:
        """Try a key at Venice, then store it for the server. Raises UserError where it is no good,
        VeniceError where Venice cannot say."""
        secret = SecretStr(given.strip())
        limits = await self._tried(secret)
        key = ServerKey(
            server=server,
            id=secrets.token_hex(6),
            origin=KeyOrigin.OWN,
            sealed="",
            last4=secret.get_secret_value()[-4:],
            set_by=by,
            set_at=self._clock(),
        )
        return await self._keys.put(key, secret, limits, audited=True)

    async def _tried(self, secret: SecretStr) -> Limits:
        """What Venice allows the key."""
        text = secret.get_secret_value()
        if not _KEY.fullmatch(text):
            raise UserError(NOT_A_KEY)
        if text.startswith(_ADMIN):
            raise UserError(ADMIN_KEY)
        measured = Limits()
        with acting_with(Credential("own:candidate", secret, measured, foreign=True)):
            try:
                limits = await self._client.rate_limits()
            except VeniceError as error:
                if error.failure in (VeniceFailure.AUTH, VeniceFailure.FORBIDDEN):
                    raise UserError(UNKNOWN_KEY) from error
                raise
            if await self._has_rights():
                raise UserError(ADMIN_KEY)
        if not limits.access_permitted:
            raise UserError(NO_ACCESS)
        return measured

    async def _has_rights(self) -> bool:
        """Older admin keys do not say that they are."""
        try:
            await self._client.account.balance()
        except VeniceError as error:
            if error.failure in (VeniceFailure.FORBIDDEN, VeniceFailure.AUTH):
                return False
            raise
        return True
