"""Which shelves of long memory hold for a turn: what may be kept, learned, and seen here by this person.

The rules are those of docs/decisions/0008: `long_memory` of the place decides whether anything is kept here
and whether the channel learns; that of the person decides about their own shelf; and what was said in one
channel is not told in another one.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from bot.declarations import Scope
from bot.engine.settings.book import SettingsBook
from bot.engine.turns.turn import Turn
from bot.errors import NotAllowed, UserError
from bot.messages import Person
from bot.remembered import Fact, Shelf, channel_shelf, character_shelf, user_shelf

SETTING = "long_memory"
CLOSED = (
    "Nothing is remembered for good here: `long_memory` is off for this place. Someone who manages it can "
    "change that with `/settings long_memory auto`."
)
DECLINED = (
    "You told me to remember nothing about you. `/settings long_memory auto where:user` takes that back."
)
NO_CHARACTER = "There is no character here whose memory this could be. Choose one with `/character`."


@dataclass(frozen=True, slots=True)
class Rules:
    """What holds here: "on", "off" or "auto", for the place and for the person."""

    place: str
    person: str

    @property
    def closed(self) -> bool:
        """Whether nothing is kept or told here at all."""
        return self.place == "off"


def rules(settings: SettingsBook, turn: Turn) -> Rules:
    """The two choices apart: a person's own would hide the place's."""
    place = turn.incoming.place
    nobody = Person(place.platform, "")
    own = turn.settings[SETTING]
    mine = own.text if own.origin is Scope.USER else "auto"
    return Rules(settings.resolve(place, nobody).text(SETTING), mine)


def character_of(turn: Turn) -> str:
    """The name that the character here has on shelves: a slug, or a mark of the own persona; "" for plain
    Gondola."""
    slug, persona = turn.settings.text("character"), turn.settings.text("system_prompt")
    if slug or not persona:
        return slug
    return f"own-{hashlib.sha256(persona.encode()).hexdigest()[:12]}"


def shelf_keys(turn: Turn, found: Rules) -> dict[Shelf, str]:
    """The shelves that may be told from here."""
    place, character = turn.incoming.place, character_of(turn)
    keys: dict[Shelf, str] = {}
    if found.closed:
        return keys
    if found.person != "off":
        keys[Shelf.USER] = user_shelf(turn.person)
    if not place.direct:
        keys[Shelf.CHANNEL] = channel_shelf(place)
    if character:
        keys[Shelf.CHARACTER] = character_shelf(place, character)
    return keys


def learns(turn: Turn, found: Rules) -> frozenset[Shelf]:
    """The shelves on which something may be put in passing, without being asked to."""
    incoming = turn.incoming
    if found.closed or found.person == "off" or incoming.author.is_bot:
        return frozenset()
    direct, opened = incoming.place.direct, found.place == "on"
    shelves: set[Shelf] = set()
    if direct or found.person == "on":
        shelves.add(Shelf.USER)
    if opened and not direct:
        shelves.add(Shelf.CHANNEL)
    if character_of(turn) and (direct or opened):
        shelves.add(Shelf.CHARACTER)
    return frozenset(shelves)


def chosen_key(turn: Turn, found: Rules, shelf: Shelf) -> str:
    """The shelf for something to be kept by hand. Raises UserError with the reason why not. In a direct chat
    the channel's shelf is the person's own."""
    if found.closed:
        raise UserError(CLOSED)
    direct = turn.incoming.place.direct
    if shelf is Shelf.USER or (shelf is Shelf.CHANNEL and direct):
        if found.person == "off":
            raise UserError(DECLINED)
        return user_shelf(turn.person)
    if not turn.moderator and found.place != "on":
        raise NotAllowed("Only someone who manages this channel can tell me what to remember for everybody.")
    character = character_of(turn)
    if shelf is Shelf.CHANNEL:
        return channel_shelf(turn.incoming.place)
    if not character:
        raise UserError(NO_CHARACTER)
    return character_shelf(turn.incoming.place, character)


def visible(fact: Fact, turn: Turn) -> bool:
    """Whether a fact of one of these shelves may be told here. A person's own facts are told in a group only
    if they were said in that channel, and what was learned in a thread stays in it; in their private chat a
    person sees them all."""
    here, said = turn.incoming.place, fact.place
    if here.direct:
        return True
    if fact.kind is Shelf.USER and (said.direct or said.channel_key != here.channel_key):
        return False
    return not fact.learned or said.thread in ("", here.thread)


def may_forget(fact: Fact, turn: Turn) -> bool:
    """Whether the person of a turn may have a fact forgotten."""
    if fact.kind is Shelf.USER:
        return fact.shelf == user_shelf(turn.person)
    return turn.moderator or fact.by == turn.person
