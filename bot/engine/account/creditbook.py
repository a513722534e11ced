"""Credits as people get and give them: owners grant, members give of their own after a second look."""

from __future__ import annotations

import json
import secrets
from dataclasses import replace

from bot.auditing import Change, ChangeKind
from bot.crediting import CreditAccount, CreditKind, Movement
from bot.engine.doors.identities import Identities
from bot.engine.money.caps import dollars
from bot.engine.turns.bulletin import Bulletin, personal
from bot.engine.turns.turn import Turn
from bot.errors import NotAllowed, UserError
from bot.messages import Button, ButtonRows, Person
from bot.records import Announcement, StoredButton
from bot.storing import Store

GIVE = "credits.give"
"""Action of the button that carries a gift out."""
LEAST = 10_000
"""Micro-USD: nothing smaller is given."""
YOURS = "You have these credits already. Give them to somebody else."
_BUTTON_LIFE = 3600
_LISTED = 8


class CreditBook:
    """Grants, gifts and accounts. Amounts are micro-USD."""

    def __init__(self, store: Store, bulletin: Bulletin, hasher: Identities) -> None:
        self._credits = store.credits
        self._buttons = store.buttons
        self._bulletin = bulletin
        self._hasher = hasher

    async def account(self, person: Person) -> tuple[CreditAccount, list[Movement]]:
        """What somebody has, and what changed it last, the newest first."""
        name = self._hasher.person(person)
        return await self._credits.account(name), list(await self._credits.movements(name, _LISTED))

    async def grant(self, turn: Turn, person: Person, amount: int, note: str) -> CreditAccount:
        """Add to somebody's credits, or take back what is free of them; what they have then. The turn is the
        reference: run again after a crash, it grants nothing more."""
        turn.require_owner()
        name = self._hasher.person(person)
        return await self.book(
            Movement(
                name, CreditKind.GRANTED, amount, turn.now, turn.id, turn.id, other=turn.person, note=note
            )
        )

    async def book(self, grant: Movement) -> CreditAccount:
        """Carry out what an owner (`grant.other`) grants, once for its reference. An account that was linked
        meanwhile is no longer a person of its own."""
        grant = replace(grant, person=self._hasher.canonical(grant.person))
        name, amount = grant.person, grant.amount
        if not await self._credits.grant(grant, _change(grant, name)):
            free = (await self._credits.account(name)).free
            raise UserError(f"Only {dollars(free)} of their credits are free to take back.")
        if amount > 0 and name != grant.other:
            sentence = f"You were granted {dollars(amount)} of credits."
            await self._announce(name, grant.reference, sentence, grant.at)
        return await self._credits.account(name)

    async def offer(self, turn: Turn, person: Person, amount: int, note: str) -> ButtonRows:
        """The button that gives of the asker's own credits. UserError where that cannot be."""
        name = self._hasher.person(person)
        if person.is_bot:
            raise UserError("A bot has no use for credits. Give them to a person.")
        if name == turn.person:
            raise UserError(YOURS)
        if amount < LEAST:
            raise UserError(f"Give at least {dollars(LEAST)}.")
        account = await self._credits.account(turn.person)
        if amount > account.free:
            raise UserError(_too_little(account))
        stored = StoredButton(
            id=secrets.token_urlsafe(9),
            action=GIVE,
            payload=json.dumps({"to": name, "amount": amount, "note": note}),
            person=turn.person,
            channel=turn.incoming.place.channel_key,
            expires_at=turn.now + _BUTTON_LIFE,
            member=turn.incoming.place.member,
        )
        await self._buttons.save([stored])
        return ((Button(f"Give {dollars(amount)}", stored.id),),)

    async def give(self, turn: Turn, stored: StoredButton) -> tuple[int, CreditAccount]:
        """Carry a gift out, once: how much, and what the giver has then."""
        if (
            stored.person != turn.person
        ):  # a moderator may press other buttons, but this is nobody else's money
            raise NotAllowed("Only the person who gives can use this button.")
        payload = json.loads(stored.payload)
        to, amount = self._hasher.canonical(str(payload["to"])), int(payload["amount"])
        if to == turn.person:  # the two were linked since the button was shown
            raise UserError(YOURS)
        gift = Movement(
            turn.person,
            CreditKind.GIVEN,
            amount,
            turn.now,
            stored.id,
            turn.id,
            other=to,
            note=payload["note"],
        )
        if not await self._credits.give(gift, _change(gift, to, by=turn.person)):
            raise UserError(_too_little(await self._credits.account(turn.person)))
        await self._announce(to, stored.id, f"Somebody gave you {dollars(amount)} of credits.", turn.now)
        return amount, await self._credits.account(turn.person)

    async def _announce(self, person: str, reference: str, sentence: str, at: float) -> None:
        text = f"*{sentence} They pay for what your allowance does not leave; `/credits` shows them.*"
        await self._bulletin.post(Announcement(personal(person), f"credits:{reference}", text, at))


def _change(movement: Movement, person: str, *, by: str = "") -> Change:
    new = f"{movement.kind.value} {signed(movement.amount)}"
    return Change(
        movement.at, by or movement.other, ChangeKind.CREDIT, f"person:{person}", "", "credits", "", new
    )


def _too_little(account: CreditAccount) -> str:
    held = f" ({dollars(account.held)} more are held by calls that run)" if account.held else ""
    return f"You have {dollars(account.free)} of credits to give{held}."


def signed(amount: int) -> str:
    """An amount with its sign, `+$1.20` or `-$0.30`."""
    return f"{'-' if amount < 0 else '+'}{dollars(abs(amount))}"


def standing(account: CreditAccount) -> str:
    """What people read about their account, "" where there is nothing to tell."""
    if account.balance < 0:
        owed = dollars(-account.balance)
        return f"Your credits are overdrawn by {owed}: what you get next pays that first."
    if not account.balance:
        return ""
    held = f" ({dollars(account.held)} of it held by calls that run)" if account.held else ""
    return f"You have {dollars(account.balance)} of credits{held}; they are used after your allowance."
