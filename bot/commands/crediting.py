"""/credits: what people may spend beyond their allowance, granted by owners and given among members."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from bot.commands.limits import parse_money
from bot.commands.services import Services, flag_option, text_option
from bot.crediting import CreditKind, Movement
from bot.declarations import Command, Option, OptionKind
from bot.engine.account.creditbook import GIVE, signed, standing
from bot.engine.money.caps import dollars
from bot.engine.turns.registry import ActionHandler, Bound
from bot.engine.turns.turn import Turn
from bot.errors import UserError
from bot.messages import Person
from bot.records import StoredButton

CREDITS = Command(
    "credits",
    "Show your credits, or give some of them to somebody.",
    (
        Option("person", "Whose: an id or mention; or reply to somebody.", maximum=60),
        Option("amount", "How much, as $5; owners take back with -$5.", maximum=20),
        Option("note", "What it is for; whoever gets it can read this.", rest=True, maximum=200),
        Option("gift", "Give of your own credits; owners grant new ones otherwise.", OptionKind.BOOLEAN),
    ),
    private_reply=True,
)
_PERSON = re.compile(r"<@!?(\d+)>|(?:(discord|telegram):)?(\d{5,})")
_MONEY = re.compile(r"[-−]?\$[-−]?[\d.]+|[-−]?[\d.]+usd", re.IGNORECASE)
_WORDS = {
    CreditKind.GRANTED: "granted",
    CreditKind.GIVEN: "given away",
    CreditKind.RECEIVED: "a gift",
    CreditKind.SPENT: "spent",
}
WHO = "Say who: a person's id or mention, or reply to somebody with `/credits $5 gift`."


@dataclass(frozen=True, slots=True)
class Wish:
    """What was asked for; `amount` is micro-USD, None for a look. `person` is None for the asker."""

    person: Person | None
    amount: int | None
    note: str
    gift: bool


def bound(services: Services) -> list[Bound]:
    """The commands of this group."""

    async def credits_of(turn: Turn) -> None:
        await _credits(services, turn)

    return [Bound(CREDITS, credits_of)]


def actions(services: Services) -> Mapping[str, ActionHandler]:
    """The buttons of this group."""

    async def give(turn: Turn, stored: StoredButton) -> None:
        amount, account = await services.credits.give(turn, stored)
        turn.say(f"Done: you gave {dollars(amount)}. {standing(account) or 'You have no credits left.'}")

    return {GIVE: give}


async def _credits(services: Services, turn: Turn) -> None:
    wish = _wish(turn)
    if wish.amount is None:
        await _show(services, turn, wish.person)
        return
    if wish.person is None:
        raise UserError(WHO)
    if wish.gift or not turn.owner:
        rows = await services.credits.offer(turn, wish.person, wish.amount, wish.note)
        question = f"Give {dollars(wish.amount)} of your credits to {_named(turn, wish.person)}?"
        turn.notice(question, private=True, buttons=rows)
        return
    if wish.person.is_bot or not wish.amount:
        raise UserError("Grant an amount, as `$5`, to a person.")
    account = await services.credits.grant(turn, wish.person, wish.amount, wish.note)
    verb = "Granted" if wish.amount > 0 else "Taken back"
    turn.say(f"{verb}: {dollars(abs(wish.amount))}. They have {_plain(account.balance)} of credits now.")


async def _show(services: Services, turn: Turn, person: Person | None) -> None:
    if person is not None and person.key != turn.incoming.author.key:
        turn.require_owner()
    account, movements = await services.credits.account(person or turn.incoming.author)
    mine = person is None or person.key == turn.incoming.author.key
    title = standing(account) or "You have no credits." if mine else f"They have {_plain(account.balance)}."
    lines = [_line(movement) for movement in movements]
    turn.say("\n".join([title, "", *lines]).strip())


def _line(movement: Movement) -> str:
    day = datetime.fromtimestamp(movement.at, UTC)
    note = f": {_literal(movement.note)}" if movement.note else ""
    return f"- {day:%d %B}: {signed(movement.amount)}, {_WORDS[movement.kind]}{note}"


def _plain(balance: int) -> str:
    return dollars(balance) if balance >= 0 else f"-{dollars(-balance)}"


def _literal(text: str) -> str:
    return "".join(f"\\{char}" if char in "\\`*_[]<>#|~@" else char for char in " ".join(text.split()))


def _named(turn: Turn, person: Person) -> str:
    quoted = turn.incoming.quoted
    if quoted is not None and quoted.author.key == person.key and person.name:
        return f"**{_literal(person.name)}**"
    return f"the person {person.id}"


def _wish(turn: Turn) -> Wish:
    """What the options say; typed as one line, who, how much and `gift` stand before the note, in any
    order."""
    who, amount = text_option(turn, "person"), text_option(turn, "amount")
    gift, words = flag_option(turn, "gift"), text_option(turn, "note").split()
    while words:
        if not who and _PERSON.fullmatch(words[0]):
            who = words.pop(0)
        elif not amount and _MONEY.fullmatch(words[0]):
            amount = words.pop(0)
        elif not gift and words[0].lower() == "gift":
            gift = bool(words.pop(0))
        else:
            break
    return Wish(_person(turn, who), parse_money(amount) if amount else None, " ".join(words), gift)


def _person(turn: Turn, who: str) -> Person | None:
    quoted = turn.incoming.quoted
    if not who:
        return quoted.author if quoted is not None else None
    found = _PERSON.fullmatch(who)
    if found is None:
        raise UserError(WHO)
    return Person(found[2] or turn.incoming.place.platform, found[1] or found[3])
