"""/claim, /allow, /deny: who may come in."""

from __future__ import annotations

import re

from bot.commands.services import Services, text_option
from bot.declarations import Command, Option, Permission
from bot.engine.registry import Bound
from bot.engine.turn import Turn
from bot.errors import UserError
from bot.messages import Person

CLAIM = Command(
    "claim",
    "Become the owner of this bot with the code printed at its start.",
    (Option("code", "The code.", required=True, rest=True, maximum=40),),
    private_reply=True,
)
_WHO = Option("who", "A person's id or mention, “channel” or “server”; this place if left out.", rest=True)
ALLOW = Command("allow", "Let a person or this place in.", (_WHO,), Permission.OWNER, private_reply=True)
DENY = Command("deny", "Shut a person or this place out.", (_WHO,), Permission.OWNER, private_reply=True)


def bound(services: Services) -> list[Bound]:
    """The commands of this group."""

    async def claim(turn: Turn) -> None:
        right = await services.doorkeeper.claim(turn.incoming.author, text_option(turn, "code"), at=turn.now)
        if not right:
            raise UserError("That code is not right. It is printed where the bot was started.")
        turn.say(
            "Welcome: you own this bot now. `/allow` lets a place or a person in, `/caps` limits what is "
            "spent ($10 a day for the whole bot unless you change it), `/settings` shows the rest."
        )

    async def allow(turn: Turn) -> None:
        await _rule(services, turn, allowed=True)

    async def deny(turn: Turn) -> None:
        await _rule(services, turn, allowed=False)

    return [Bound(CLAIM, claim), Bound(ALLOW, allow), Bound(DENY, deny)]


async def _rule(services: Services, turn: Turn, *, allowed: bool) -> None:
    subject, words = _subject(services, turn, text_option(turn, "who"))
    await services.doorkeeper.put_rule(
        subject, allowed, by=turn.person, at=turn.now, server=turn.incoming.place.audience
    )
    turn.say(f"{words} may come in now." if allowed else f"{words} is shut out now.")


def _subject(services: Services, turn: Turn, who: str) -> tuple[str, str]:
    incoming, place = turn.incoming, turn.incoming.place
    if not who and incoming.quoted is not None and not incoming.quoted.author.is_bot:
        return services.doorkeeper.person_subject(incoming.quoted.author), "This person"
    if who.lower() in ("", "here"):
        return (place.server_key, "This server") if place.server_key else (place.channel_key, "This chat")
    if who.lower() == "channel":
        return place.channel_key, "This channel"
    if who.lower() == "server" and place.server_key:
        return place.server_key, "This server"
    found = re.fullmatch(r"<@!?(\d+)>|(?:(discord|telegram):)?(\d+)", who)
    if found is None:
        raise UserError("Say who: a person's id or mention, `channel` or `server`, or reply to somebody.")
    person = Person(found[2] or place.platform, found[1] or found[3])
    return services.doorkeeper.person_subject(person), f"The person {person.id}"
