"""Credits on the dashboard: what people have, and owners granting."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from bot.commands.limits import parse_money
from bot.crediting import CreditAccount, CreditKind, Credits, Movement
from bot.dashboard import Viewer
from bot.desk.fence import owners_only
from bot.engine.account.creditbook import CreditBook
from bot.errors import UserError
from bot.ports import Clock

LONGEST_NOTE = 200
NOBODY = "Choose somebody from the list of people."
NOTHING = "Write how much, for example `$5`; `-$5` takes back."
LONG_NOTE = f"A note has at most {LONGEST_NOTE} characters."
STALE_FORM = "That form is out of date. Reload the page and try again."
_PERSON = re.compile(r"[0-9a-f]{16}")
_ONCE = re.compile(r"[A-Za-z0-9_-]{8,40}")


class Purse:
    """Credits are the money of whoever owns the house, so owners alone see and grant them."""

    def __init__(self, accounts: Credits, book: CreditBook, clock: Clock) -> None:
        self._credits = accounts
        self._book = book
        self._clock = clock

    async def accounts(self, viewer: Viewer, people: Sequence[str]) -> Mapping[str, CreditAccount] | None:
        """What each of these people has, None for who may not know."""
        if not viewer.owner:
            return None
        had = await self._credits.accounts(people)
        return {person: had.get(person, CreditAccount()) for person in people}

    async def grant(self, viewer: Viewer, person: str, amount: str, note: str, once: str) -> CreditAccount:
        """See bot.dashboard.Desk."""
        owners_only(viewer)
        note = " ".join(note.split())
        if not _PERSON.fullmatch(person):
            raise UserError(NOBODY)
        if not _ONCE.fullmatch(once):
            raise UserError(STALE_FORM)
        if len(note) > LONGEST_NOTE:
            raise UserError(LONG_NOTE)
        micro = parse_money(amount)
        if not micro:
            raise UserError(NOTHING)
        # With the person: two of one form must not meet when their accounts are linked.
        reference = f"desk-{once}-{person}"
        return await self._book.book(
            Movement(
                person, CreditKind.GRANTED, micro, self._clock(), reference, other=viewer.person, note=note
            )
        )
