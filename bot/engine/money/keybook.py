"""Which Venice key pays where: the house's, or the one of the server.

Keys are opened once, when they are read, and then kept in memory. A key that Venice refuses stays in force,
so that it is noticed; only where the owner allowed it (`own_key_fallback`) the house's key takes its place
for a while, and people are told.
"""

from __future__ import annotations

from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import replace

import structlog
from pydantic import SecretStr

from bot.auditing import Change, ChangeKind
from bot.engine.settings.book import SettingsBook
from bot.errors import GondolaError, OperatorError, VeniceError, VeniceFailure
from bot.keys import KeyOrigin, ServerKey, ServerKeys
from bot.messages import Place
from bot.ports import Clock
from bot.sealing import Sealer
from bot.venice import Credential, Limits, VeniceClient, acting_with

log: structlog.stdlib.BoundLogger = structlog.get_logger()

MICRO = 1_000_000
_PERIODS = {"EPOCH": "a day", "MONTH": "a month", "LIFETIME": "ever"}
"""Venice's words for what a limit is for, in ours."""
REST_SECONDS = 3_600.0
"""How long the house's key takes the place of one that was refused before that is tried again."""
UNUSABLE = frozenset({VeniceFailure.AUTH, VeniceFailure.BALANCE, VeniceFailure.SPEND_LIMIT})
"""Refusals that are about the key and not about what was asked."""

OWN_WORDS: Mapping[VeniceFailure, str] = {
    VeniceFailure.AUTH: "Venice refused this server's own key. Whoever manages the server can give a new one "
    "with `/key own`, or take it out with `/key revoke`.",
    VeniceFailure.BALANCE: "The Venice account behind this server's own key is empty. Whoever gave the key "
    "has to top it up.",
    VeniceFailure.SPEND_LIMIT: "The spending limit of this server's own Venice key is used up. It opens "
    "again by itself, or whoever gave the key raises it at Venice.",
    VeniceFailure.FORBIDDEN: "This model is not open to this server's own Venice key. Please choose another "
    "model.",
}
MINTED_WORDS: Mapping[VeniceFailure, str] = {
    VeniceFailure.AUTH: "Venice refused the key made for this server. An owner of this bot can make a new "
    "one with `/key rotate`.",
    VeniceFailure.SPEND_LIMIT: "This server's share of the Venice account is used up. It opens again by "
    "itself; `/key show` says how much it is.",
    VeniceFailure.FORBIDDEN: "This model is not open to this server's Venice key. Please choose another "
    "model.",
}
UNREADABLE = (
    "This server's Venice key is stored, but I cannot read it any more. The operator finds the reason in the "
    "log; `/key own`, `/key rotate` or `/key revoke` mends it here."
)


class KeyBook:
    """The keys of all servers in memory; writes go through to storage first."""

    def __init__(
        self, store: ServerKeys, sealer: Sealer, client: VeniceClient, settings: SettingsBook, clock: Clock
    ) -> None:
        self._store = store
        self._sealer = sealer
        self._client = client
        self._settings = settings
        self._clock = clock
        self._keys: dict[str, ServerKey] = {}
        self._credentials: dict[str, Credential] = {}
        self._resting: dict[str, float] = {}
        self._unmeasured: set[str] = set()

    async def load(self) -> None:
        """Read everything anew. What an earlier secret key sealed is sealed with the present one."""
        found = await self._store.all()
        # Nothing is awaited from here on: no turn may find its server without its key.
        known, credentials = self._keys, self._credentials
        self._keys, self._credentials = {}, {}
        for key in found:
            if known.get(key.server) == key:  # with what is known of its limits
                self._keys[key.server], self._credentials[key.server] = key, credentials[key.server]
        old = [key for key in found if key.server not in self._keys and self._opened(key)]
        for key in old:
            await self.put(key, self._credentials[key.server].secret)

    def _opened(self, key: ServerKey) -> bool:
        """Take a stored key in; True when it should be sealed anew."""
        try:
            secret = self._sealer.open(key.sealed, key.scope)
        except OperatorError as error:
            log.error("key.unreadable", server=key.server, key=key.name, hint=error.reader_text)
            self._hold(key, SecretStr(""), broken=UNREADABLE)
            return False
        self._hold(key, secret)
        return self._sealer.is_old(key.sealed)

    # --- what holds ---

    def of(self, server: str) -> ServerKey | None:
        """The key of a server, whether it can be used or not."""
        return self._keys.get(server)

    def all(self) -> list[ServerKey]:
        """Every key, by server."""
        return [self._keys[server] for server in sorted(self._keys)]

    def rests(self, server: str) -> bool:
        """Whether the house's key stands in for the server's."""
        until = self._resting.get(server, 0.0)
        return until > self._clock() and self._may_fall_back()

    def credential(self, server: str) -> Credential | None:
        """What the key is used with, whether it rests or not."""
        return self._credentials.get(server)

    @contextmanager
    def acting_for(self, place: Place) -> Generator[None]:
        """Inside the block calls to Venice go out with the key that pays in this place. Work that goes on
        later for a place (a queued film, a reminder) has to say so again."""
        server = place.server_key
        with acting_with(None if self.rests(server) else self._credentials.get(server)):
            yield

    def gives_way(self, place: Place, error: GondolaError) -> bool:
        """Whether the house's key takes the place of the server's own from now on, because Venice refused
        that; it does so for an hour at a time."""
        key = self._keys.get(place.server_key)
        if key is None or key.origin is not KeyOrigin.OWN or not self._may_fall_back():
            return False
        if not isinstance(error, VeniceError) or error.failure not in UNUSABLE or self.rests(key.server):
            return False
        self._resting[key.server] = self._clock() + REST_SECONDS
        log.warning("key.rests", server=key.server, key=key.name, reason=error.detail)
        return True

    def _may_fall_back(self) -> bool:
        return self._settings.everywhere().flag("own_key_fallback")

    # --- changes ---

    async def put(
        self, key: ServerKey, secret: SecretStr, limits: Limits | None = None, *, audited: bool = False
    ) -> ServerKey:
        """Seal and store a key, which holds at once; returns it as stored. `limits` are those of a key of
        another account, where they are known already; `audited` says that somebody gave it just now."""
        stored = replace(key, sealed=self._sealer.seal(secret, key.scope))
        change = self._change(key.server, _described(key), by=key.set_by, at=key.set_at)
        await self._store.put(stored, change if audited else None)
        self._hold(stored, secret, limits)
        return stored

    async def amend(self, key: ServerKey) -> None:
        """Store what is known of a key; its secret stays as it is, and so do its limits in use."""
        change = self._change(key.server, _described(key), by=key.set_by, at=key.set_at)
        await self._store.put(key, change)
        self._keys[key.server] = key

    async def remove(self, server: str, by: str) -> bool:
        """Forget the key of a server, as a person (keyed hash) wants it; the house's holds from now on. False
        when there was none."""
        removed = await self._store.remove(server, self._change(server, "", by=by, at=self._clock()))
        self._keys.pop(server, None)
        self._credentials.pop(server, None)
        self._resting.pop(server, None)
        return removed

    def _change(self, server: str, new: str, *, by: str, at: float) -> Change:
        """What the audit log says: names of keys in the ledger and their terms, nothing of a key."""
        before = self._keys.get(server)
        old = _described(before) if before is not None else ""
        return Change(at, by, ChangeKind.KEY, server, server, "Venice key", old, new)

    async def moving(self, old: Place, new: Place) -> None:
        """A server gets a new id. Its key is sealed for the new one before the old row goes, because a
        sealed text opens only where it belongs."""
        key, credential = self._keys.get(old.server_key), self._credentials.get(old.server_key)
        if key is None or credential is None or credential.broken or new.server_key in self._keys:
            return
        await self.put(replace(key, server=new.server_key), credential.secret)

    # --- limits ---

    async def measure(self) -> None:
        """Ask Venice what keys of other accounts may do, each once; until then only refusals tell."""
        for server in sorted(self._unmeasured):
            credential = self._credentials.get(server)
            self._unmeasured.discard(server)
            if credential is None or credential.broken:
                continue
            try:
                with acting_with(credential):
                    await self._client.rate_limits()
            except VeniceError as error:
                log.warning("key.unmeasured", server=server, key=credential.name, reason=error.detail)

    def _hold(
        self, key: ServerKey, secret: SecretStr, limits: Limits | None = None, *, broken: str = ""
    ) -> None:
        foreign = key.origin is KeyOrigin.OWN
        self._keys[key.server] = key
        self._resting.pop(key.server, None)
        self._credentials[key.server] = Credential(
            name=key.name,
            secret=secret,
            # Another account has windows of its own; a key of ours shares the house's.
            limits=(limits or Limits()) if foreign else self._client.keychain.house.limits.beside(),
            foreign=foreign,
            words={} if broken else OWN_WORDS if foreign else MINTED_WORDS,
            broken=broken,
        )
        if foreign and limits is None:
            self._unmeasured.add(key.server)


def _described(key: ServerKey) -> str:
    """A key by its name in the ledger, with what it may spend and call."""
    limits = [
        f"{limit / MICRO:g} {unit}"
        for limit, unit in ((key.limit_usd, "USD"), (key.limit_diem, "DIEM"))
        if limit is not None
    ]
    terms = [" and ".join(limits), _PERIODS.get(key.period, key.period), key.privacy.lower()]
    return ", ".join([key.name, *(one for one in terms if one)])
