"""One person on several platforms: a code shown on one and given on the other joins the two."""

from __future__ import annotations

import secrets
from collections import OrderedDict, deque
from collections.abc import Awaitable, Callable, Sequence

from bot.auditing import Change, ChangeKind
from bot.engine.doors.identities import Identities
from bot.errors import UserError
from bot.messages import Person
from bot.people import Link, LinkOffer
from bot.ports import Clock
from bot.storing import Store

LIFE = 600.0
"""Seconds for which a code is good."""
GUESSES = 5
"""Wrong codes of one person within `LIFE`."""
_LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"
_CODE_LENGTH = 10
_MOST_KNOWN = 10_000
WRONG = (
    "That code is not good. A code lasts ten minutes and works once: `/link` on the other platform shows a "
    "new one."
)
TOO_MANY = "That were too many wrong codes. Please wait ten minutes."
SELF = "That is the code of this very account. Give it to me on the other platform."
LINKED_ELSEWHERE = "This account is linked to another one. `/link off` ends that; then give me a new code."
BEING_ERASED = "One of these accounts is being erased just now. Wait a minute, then ask for a new code."
NOT_LINKED = "This account is not linked to another one. `/link` shows a code that does it."


class Linker:
    """Makes codes, takes them, and undoes what they did."""

    def __init__(
        self,
        store: Store,
        identities: Identities,
        clock: Clock,
        reload: Sequence[Callable[[], Awaitable[None]]],
    ) -> None:
        """`reload` are books in memory that read anew what they know of people."""
        self._store = store
        self._identities = identities
        self._clock = clock
        self._reload = reload
        self._wrong: OrderedDict[str, deque[float]] = OrderedDict()

    async def offer(self, person: Person) -> str:
        """A new code for this account; its earlier one ends."""
        code = "".join(secrets.choice(_LETTERS) for _ in range(_CODE_LENGTH))
        account = self._identities.account(person)
        await self._store.people.offer(
            LinkOffer(self._hashed(code), account, person.key, self._clock() + LIFE)
        )
        return f"{code[:5]}-{code[5:]}"

    async def join(self, person: Person, code: str) -> None:
        """Join this account to that of the code. Raises UserError."""
        account, now = self._identities.account(person), self._clock()
        self._check_guesses(account, now)
        if self._identities.linked(person):
            raise UserError(LINKED_ELSEWHERE)
        offer = await self._store.people.redeem(self._hashed(code), now)
        if offer is None:
            self._wrong[account].append(now)
            raise UserError(WRONG)
        if offer.person == account:
            raise UserError(SELF)
        canonical = self._identities.canonical(offer.person)
        first = Link(offer.person, canonical, offer.speaker)
        change = Change(now, canonical, ChangeKind.DATA, f"person:{canonical}", "", "link", "", account)
        if not await self._store.people.link(first, Link(account, account, person.key), change):
            raise UserError(BEING_ERASED)
        await self._read()

    async def part(self, person: Person) -> None:
        """Every account by itself again. Raises UserError where there is nothing to undo."""
        canonical, now = self._identities.person(person), self._clock()
        change = Change(now, canonical, ChangeKind.DATA, f"person:{canonical}", "", "link", "linked", "")
        if not await self._store.people.unlink(canonical, change):
            raise UserError(NOT_LINKED)
        await self._read()

    def _check_guesses(self, account: str, now: float) -> None:
        wrong = self._wrong.setdefault(account, deque(maxlen=GUESSES))
        self._wrong.move_to_end(account)
        if len(self._wrong) > _MOST_KNOWN:
            self._wrong.popitem(last=False)
        if len(wrong) == GUESSES and wrong[0] > now - LIFE:
            raise UserError(TOO_MANY)

    def _hashed(self, code: str) -> str:
        plain = "".join(char for char in code.upper() if char.isalnum())
        return self._identities.text(f"link code {plain}")

    async def _read(self) -> None:
        await self._identities.load()
        for read in self._reload:
            await read()
