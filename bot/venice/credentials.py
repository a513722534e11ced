"""Whose key a call goes out with: the house's own, unless somebody acts with another one.

One client serves every key, so that whoever calls Venice needs to know of none. Which one it is holds for a
task and what it starts (a context variable), from the boundary of a turn to its end. It is set in few places
(bot/engine/money/keybook.py), and read where a call leaves (`Keychain`) and where it is paid (the cashier),
so that the ledger always names the key that went out.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field

from pydantic import SecretStr

from bot.errors import VeniceError, VeniceFailure
from bot.venice.errors import failure
from bot.venice.limits import Limits
from bot.venice.types import Notices

HOUSE = ""
"""Name of the house's own key."""


@dataclass(frozen=True, slots=True, eq=False)
class Credential:
    """A key with the limits that hold for it. `name` is what the ledger calls it. `foreign` keys spend money
    that is not the house's. `words` are sentences in place of the usual ones for what Venice refuses;
    `broken` says why the key cannot be used at all, "" when it can."""

    name: str
    secret: SecretStr
    limits: Limits
    foreign: bool = False
    words: Mapping[VeniceFailure, str] = field(default_factory=dict[VeniceFailure, str])
    broken: str = ""


Listener = Callable[[Credential, Notices | VeniceError], None]
"""Hears of each answer's headers and each refusal, with the key they came to; must not raise."""

_acting: ContextVar[Credential | None] = ContextVar("venice_credential", default=None)


def acting() -> Credential | None:
    """The key that calls go out with now; None for the house's own."""
    return _acting.get()


@contextmanager
def acting_with(credential: Credential | None) -> Generator[None]:
    """Inside the block, and in tasks started there, calls go out with this key."""
    before = _acting.set(credential)
    try:
        yield
    finally:
        _acting.reset(before)


def _silent(_credential: Credential, _heard: Notices | VeniceError) -> None:
    """Nobody listens."""


class Keychain:
    """What one client sends with."""

    def __init__(self, house: Credential) -> None:
        self.house = house
        self.listener: Listener = _silent

    @property
    def now(self) -> Credential:
        """The key of a call that leaves now."""
        return acting() or self.house

    def bearer(self) -> str:
        """The secret for the header. Raises AUTH, as Venice would, for a key that cannot be used."""
        credential = self.now
        if credential.broken:
            # With a status: the call was refused before it cost anything.
            raise failure(VeniceFailure.AUTH, credential.broken, status=401, detail="unusable stored key")
        return credential.secret.get_secret_value()

    def heard(self, notices: Notices) -> None:
        """An answer came."""
        self.listener(self.now, notices)

    def refused(self, error: VeniceError) -> None:
        """A refusal came: people read what it means for the key that was sent."""
        credential = self.now
        error.reader_text = credential.words.get(error.failure, error.reader_text)
        self.listener(credential, error)
