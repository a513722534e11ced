"""/remember and /memory: what I know for good, where from, and how to take it back."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from bot.auditing import Change, ChangeKind
from bot.commands.services import Services, number_option, text_option
from bot.declarations import Choice, Command, Option, OptionKind
from bot.engine.memory.recall import keep_button
from bot.engine.memory.remembering import UNDO, plain
from bot.engine.memory.shelves import may_forget
from bot.engine.turns.registry import ActionHandler, Bound
from bot.engine.turns.turn import Turn
from bot.errors import UserError
from bot.messages import Button, ButtonRows, ButtonStyle, OptionValue
from bot.records import StoredButton
from bot.remembered import Fact, Shelf

PAGE = 5
FORGET_ALL = "fact.forget-all"
"""Button action: forget every fact of the shelf in the payload that is told here."""
ASK_ALL = "fact.ask-all"
"""Button action: ask whether to do that."""
_TITLES = {
    Shelf.USER: "What I remember about you",
    Shelf.CHANNEL: "What I remember for this channel",
    Shelf.CHARACTER: "What the character here remembers",
}
_LABELS = {
    Shelf.USER: "about me",
    Shelf.CHANNEL: "for this channel",
    Shelf.CHARACTER: "for the character here",
}
_SHELVES = tuple(Choice(shelf.value, label) for shelf, label in _LABELS.items())
NOTHING = (
    "I remember nothing here that I may show you. `/remember My dog is called Bello` keeps something; "
    "`/settings long_memory` says what I keep by myself."
)
ELSEWHERE = (
    "What you told me elsewhere stays there: `/memory` in our private chat lists all that is about you."
)

REMEMBER = Command(
    "remember",
    "Keep something in mind for good; /memory lists it and takes it back.",
    (
        Option("text", "What should I remember?", required=True, rest=True, maximum=2000),
        Option("shelf", "Whose memory: yours if left out.", choices=_SHELVES),
    ),
)
MEMORY = Command(
    "memory",
    "What I remember for good, and where it comes from.",
    (
        Option("find", "Only what is about this.", rest=True, maximum=300),
        Option("shelf", "Whose memory: yours if left out.", choices=_SHELVES),
        Option("page", "Which page.", OptionKind.INTEGER, minimum=1, maximum=100),
    ),
    private_reply=True,
)


def bound(services: Services) -> list[Bound]:
    """The commands of this group."""

    async def remember(turn: Turn) -> None:
        shelf = Shelf(text_option(turn, "shelf") or Shelf.USER)
        await services.long_memory.remember(turn, text_option(turn, "text"), shelf)

    async def memory(turn: Turn) -> None:
        await _memory(services, turn)

    return [Bound(REMEMBER, remember), Bound(MEMORY, memory)]


def actions(services: Services) -> dict[str, ActionHandler]:
    """The buttons of this group."""

    async def undo(turn: Turn, stored: StoredButton) -> None:
        fact = await services.long_memory.forget(turn, json.loads(stored.payload)["fact"])
        turn.say(f"Forgotten: {plain(fact.text)}")
        if json.loads(stored.payload)["alone"]:
            services.long_memory.undone(turn)

    async def ask_all(turn: Turn, stored: StoredButton) -> None:
        await _ask_all(services, turn, Shelf(json.loads(stored.payload)["shelf"]))

    async def forget_all(turn: Turn, stored: StoredButton) -> None:
        shelf, place = Shelf(json.loads(stored.payload)["shelf"]), turn.incoming.place
        count = await services.long_memory.forget_all(turn, shelf)
        if count and shelf is not Shelf.USER and not place.direct:  # others lose it, too
            subject, old, scope = f"memory of the {shelf.value}", _facts(count), place.channel_key
            change = Change(turn.now, turn.person, ChangeKind.DATA, scope, place.audience, subject, old, "")
            await services.store.audit.add(change)
        turn.say(f"Forgotten: {_facts(count)}.")

    return {UNDO: undo, ASK_ALL: ask_all, FORGET_ALL: forget_all}


@dataclass(frozen=True, slots=True)
class _Page:
    """What of a shelf is shown: `facts` begin with the one of number `first`; `others` are further shelves
    with something on them."""

    shelf: Shelf
    facts: Sequence[Fact]
    first: int
    number: int
    pages: int
    total: int
    others: Sequence[Shelf]


async def _memory(services: Services, turn: Turn) -> None:
    words = text_option(turn, "find")
    if words:
        await _found(services, turn, words)
        return
    seen = await services.long_memory.seen(turn)
    elsewhere = "" if turn.incoming.place.direct else f"\n\n*{ELSEWHERE}*"
    page = _page(seen, text_option(turn, "shelf"), number_option(turn, "page") or 1)
    if page is None:
        raise UserError(NOTHING + elsewhere)
    entries = "\n\n".join(
        _entry(services, number, fact) for number, fact in enumerate(page.facts, page.first)
    )
    of = f", page {page.number} of {page.pages}" if page.pages > 1 else ""
    turn.notice(
        f"**{_TITLES[page.shelf]}** ({_facts(page.total)}{of})\n\n{entries}{elsewhere}",
        buttons=await _buttons(services, turn, page),
    )


async def _found(services: Services, turn: Turn, words: str) -> None:
    """What is remembered about something, of all shelves, to be forgotten one by one."""
    found = await services.long_memory.find(turn, words, PAGE)
    wanted = text_option(turn, "shelf")
    found = [fact for fact in found if not wanted or fact.kind is Shelf(wanted)]
    if not found:
        raise UserError(f"I remember nothing about “{plain(words[:60])}” that I may show you here.")
    entries = "\n\n".join(_entry(services, number, fact) for number, fact in enumerate(found, 1))
    forget = [
        await services.long_memory.undo(turn, fact, f"Forget {number}")
        for number, fact in enumerate(found, 1)
        if may_forget(fact, turn)
    ]
    turn.notice(
        f"**What I remember about “{plain(words[:60])}”**\n\n{entries}",
        buttons=(tuple(forget),) if forget else (),
    )


def _page(seen: Sequence[Fact], wanted: str, number: int) -> _Page | None:
    """A page of the wanted shelf, else of the first that has anything; None where nothing is."""
    there = [shelf for shelf in Shelf if any(fact.kind is shelf for fact in seen)]
    shelf = Shelf(wanted) if wanted else next(iter(there), Shelf.USER)
    found = [fact for fact in seen if fact.kind is shelf]
    if not found:
        return None
    pages = -(-len(found) // PAGE)
    number = min(number, pages)
    first = (number - 1) * PAGE
    others = [one for one in there if one is not shelf]
    return _Page(shelf, found[first : first + PAGE], first + 1, number, pages, len(found), others)


def _entry(services: Services, number: int, fact: Fact) -> str:
    """A fact with when, where and by whom it was said."""
    day = f"{datetime.fromtimestamp(fact.at, UTC):%d %B %Y}".lstrip("0")
    place = "in a private chat" if fact.place.direct else f"in {plain(fact.title) or 'a group'}"
    who = "" if fact.kind is Shelf.USER else f" from {plain(fact.name)}"
    how = "noticed" if fact.learned else "kept on request"
    link = services.links.to(fact.place, fact.message_ids)
    where = f"[{place}](<{link}>)" if link else place
    return f"{number}. {plain(fact.text)}\n\n*{how}{who} on {day} {where}*"


async def _buttons(services: Services, turn: Turn, page: _Page) -> ButtonRows:
    forget = [
        await services.long_memory.undo(turn, fact, f"Forget {number}")
        for number, fact in enumerate(page.facts, page.first)
        if may_forget(fact, turn)
    ]
    rows: list[tuple[Button, ...]] = [tuple(forget)] if forget else []
    if turn.moderator or page.shelf is Shelf.USER:
        every = await keep_button(services.store, turn, "Forget all", ASK_ALL, {"shelf": page.shelf})
        rows.append((every,))
    turns = [(label, page.number + step) for label, step in (("◀ Newer", -1), ("Older ▶", 1))]
    more: list[tuple[str, str, Mapping[str, OptionValue]]] = [
        (label, MEMORY.name, {"shelf": page.shelf.value, "page": number})
        for label, number in turns
        if 1 <= number <= page.pages
    ]
    more += [(_LABELS[shelf], MEMORY.name, {"shelf": shelf.value}) for shelf in page.others]
    return (*rows, *(await services.command_buttons(turn, more))) if more else tuple(rows)


async def _ask_all(services: Services, turn: Turn, shelf: Shelf) -> None:
    count = sum(fact.kind is shelf for fact in await services.long_memory.seen(turn))
    if not count:
        raise UserError("There is nothing left to forget.")
    kept = await keep_button(services.store, turn, "Forget all", FORGET_ALL, {"shelf": shelf})
    button = Button(kept.label, kept.id, style=ButtonStyle.DANGER)
    turn.notice(f"Shall I forget {_facts(count)}? This cannot be undone.", buttons=((button,),))


def _facts(count: int) -> str:
    return "1 fact" if count == 1 else f"{count} facts"
