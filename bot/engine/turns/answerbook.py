"""The buttons under answers: which ones, stored how, and the thinking behind an answer for a while."""

from __future__ import annotations

import hmac
import secrets
from collections import OrderedDict
from collections.abc import Callable, Coroutine
from dataclasses import dataclass

import structlog

from bot.engine.batching import Batcher, each
from bot.engine.turns.again import (
    AnswerRecord,
    Receipt,
    cites_others,
    from_payload,
    to_payload,
    without_words,
)
from bot.engine.turns.turn import Turn
from bot.errors import GondolaError
from bot.messages import Button, ButtonRows, ButtonsReady, MessageRef, Place, Quoted
from bot.ports import Clock
from bot.records import StoredButton
from bot.storing import Buttons

log: structlog.stdlib.BoundLogger = structlog.get_logger()

ANSWER = "answer"
"""Action of the one stored row behind all buttons of an answer; a button's id is the row's id, what to do
and the version of the answer, joined by dots."""

LIFE = 7 * 24 * 3600
STOP = "stop"
THOUGHT_CHARS = 16_000
THOUGHT_SECONDS = 3600.0
MOST_KEPT = 500

Clear = Callable[[MessageRef], Coroutine[None, None, None]]
Sign = Callable[[str], str]


@dataclass(frozen=True, slots=True)
class Last:
    """The latest answer of a conversation."""

    button_id: str
    asker: str
    record: AnswerRecord


@dataclass(frozen=True, slots=True)
class Outcome:
    """How an answer ended."""

    receipt: Receipt
    thought: str
    unfinished: bool
    search: str


class AnswerBook:
    """Puts buttons under answers and remembers what is behind them."""

    def __init__(self, buttons: Buttons, clock: Clock, clear: Clear, sign: Sign) -> None:
        """`clear` takes the buttons of a message away; `sign` makes a word of a text that only this house
        can make."""
        self.clock = clock
        self._sign = sign
        self._clear = clear
        self._buttons = buttons
        self._save: Batcher[StoredButton, None] = Batcher(each(buttons.save))
        self._latest: OrderedDict[str, Last] = OrderedDict()
        self._thoughts: OrderedDict[str, tuple[str, float]] = OrderedDict()
        self._quoted: OrderedDict[str, Quoted] = OrderedDict()
        self._begun: OrderedDict[str, None] = OrderedDict()

    def begin(self, turn: Turn) -> None:
        """A Stop button under what is being written."""
        if turn.attempt is not None and turn.settings.text("buttons") != "off":
            self._begun[turn.id] = None
            while len(self._begun) > MOST_KEPT:
                self._begun.popitem(last=False)
            turn.answer.push(ButtonsReady(((Button("Stop", self.stop_id(turn.id)),),)))

    def stop_id(self, turn_id: str) -> str:
        """The id of a turn's Stop button, signed: no row stands behind it that would tell a forged one."""
        return f"{turn_id}.{STOP}.{self._sign(f'{STOP}:{turn_id}')}"

    async def clear_stale(self, turn_id: str, button_id: str, ref: MessageRef) -> None:
        """Take a Stop button away that an earlier process left; one of ours gives way by itself."""
        if turn_id not in self._begun and hmac.compare_digest(
            button_id.encode(), self.stop_id(turn_id).encode()
        ):
            await self._clear(ref)

    def withdraw(self, turn: Turn) -> None:
        """No buttons: there is nothing to do anything with."""
        turn.answer.push(ButtonsReady(()))

    def end(self, turn: Turn, outcome: Outcome) -> None:
        """The answer is complete, or as complete as it gets: its buttons, stored beside the last edit."""
        again = turn.again
        button_id = again.button_id if again is not None else secrets.token_urlsafe(9)
        asker = again.asker if again is not None else turn.person
        record = _record(turn, outcome)
        self._keep(button_id, asker, record, outcome.thought)
        if cites_others(turn.incoming) and turn.incoming.quoted is not None:
            self._quoted[button_id] = turn.incoming.quoted
            while len(self._quoted) > MOST_KEPT:
                self._quoted.popitem(last=False)
        if again is not None and again.pressed is not None:
            turn.beside(self._clear(again.pressed))
        level = turn.settings.text("buttons")
        if level == "off":
            self.withdraw(turn)
            return
        turn.answer.push(ButtonsReady(rows(button_id, record, everything=level == "all")))
        stored = StoredButton(
            id=button_id,
            action=ANSWER,
            payload=to_payload(record),
            person=asker,
            channel=record.incoming.place.channel_key,
            expires_at=self.clock() + LIFE,
            member=record.incoming.place.member,
        )
        turn.beside(self._saved(stored))

    async def latest(self, place: Place) -> Last | None:
        """The latest answer of a conversation, also from before a restart."""
        known = self._latest.get(place.conversation)
        if known is not None:
            return known
        for stored in await self._buttons.recent(ANSWER, place.channel_key, self.clock(), 50):
            record = from_payload(stored.payload)
            if record.incoming.place.conversation == place.conversation:
                return Last(stored.id, stored.person, record)
        return None

    def quoted(self, button_id: str) -> Quoted | None:
        """Somebody else's message that the question replied to, while this process remembers it: their words
        are never stored."""
        return self._quoted.get(button_id)

    def thought(self, button_id: str) -> str:
        """The thinking behind an answer, "" when there was none or it is no longer kept."""
        text, at = self._thoughts.get(button_id, ("", 0.0))
        return text if self.clock() - at < THOUGHT_SECONDS else ""

    def _keep(self, button_id: str, asker: str, record: AnswerRecord, thought: str) -> None:
        now = self.clock()
        conversation = record.incoming.place.conversation
        self._latest[conversation] = Last(button_id, asker, record)
        self._latest.move_to_end(conversation)
        self._thoughts.pop(button_id, None)
        if thought:
            self._thoughts[button_id] = (thought[:THOUGHT_CHARS], now)
        for kept in (self._latest, self._thoughts):
            while len(kept) > MOST_KEPT:
                kept.popitem(last=False)
        while self._thoughts and now - next(iter(self._thoughts.values()))[1] > THOUGHT_SECONDS:
            self._thoughts.popitem(last=False)

    async def _saved(self, stored: StoredButton) -> None:
        try:
            await self._save(stored)
        except GondolaError as error:
            log.warning("buttons.unsaved", reason=error.detail)


def rows(button_id: str, record: AnswerRecord, *, everything: bool) -> ButtonRows:
    """The buttons of an answer: at most two rows."""

    def button(label: str, verb: str) -> Button:
        return Button(label, f"{button_id}.{verb}.{record.version}")

    first = [button("Regenerate", "again")]
    if record.unfinished:
        first.insert(0, button("Continue", "continue"))
    if not everything:
        return ((*first, button("More", "more")),)
    [others] = more_rows(button_id, record)
    return (tuple(first), (*others, button("More", "more")))


def more_rows(button_id: str, record: AnswerRecord) -> ButtonRows:
    """What is offered behind More."""
    version = record.version
    return (
        (
            Button("Other model", f"{button_id}.models.{version}"),
            Button("Listen", f"{button_id}.listen.{version}"),
        ),
    )


def _record(turn: Turn, outcome: Outcome) -> AnswerRecord:
    again = turn.again
    earlier = again.record if again is not None else None
    carried_on = earlier if again is not None and again.proceed else None
    return AnswerRecord(
        turn_id=earlier.turn_id if earlier is not None else turn.id,
        incoming=earlier.incoming if earlier is not None else without_words(turn.incoming),
        receipt=outcome.receipt,
        search=earlier.search if earlier is not None else outcome.search,
        version=earlier.version + 1 if earlier is not None else 0,
        in_place=turn.reply_mode == "text"
        and not turn.showed
        and (carried_on is None or carried_on.in_place),
        unfinished=outcome.unfinished,
    )
