"""Letters to the work that answers them: in line in their conversation's mailbox, or at once beside it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace

from bot.delivery import Delivery
from bot.engine.doors.hashing import Hasher
from bot.engine.flow.changes import Changes
from bot.engine.flow.conduct import Conductor
from bot.engine.flow.hushing import Hush
from bot.engine.flow.intake import merged
from bot.engine.flow.lobby import PATIENCE, Lobby
from bot.engine.flow.pressing import Presses
from bot.engine.groups.overheard import Overheard
from bot.engine.side.sidecalls import Background
from bot.engine.turns.answerbook import AnswerBook
from bot.engine.turns.mailbox import Attempt, Letter, Mailboxes
from bot.engine.turns.registry import Bound, Registry, check_permission
from bot.engine.turns.stopping import Stopper
from bot.engine.turns.texts import unknown_command
from bot.engine.turns.turn import Turn
from bot.errors import UserError
from bot.messages import Incoming
from bot.ports import Clock
from bot.storing import Store

Talk = Callable[[Turn], Awaitable[None]]


class Router:
    """Owns the mailboxes and what people do to them: the line, buttons, edits and deletions. `talk` is the
    work of a question, `journal` takes a letter in (False for a known event)."""

    def __init__(
        self,
        store: Store,
        delivery: Delivery,
        conductor: Conductor,
        registry: Registry,
        answers: AnswerBook,
        stopper: Stopper,
        background: Background,
        hasher: Hasher,
        clock: Clock,
        *,
        talk: Talk,
        journal: Callable[[Letter], Awaitable[bool]],
        patience: float = PATIENCE,
    ) -> None:
        self._conductor = conductor
        self._registry = registry
        self._background = background
        self._talk = talk
        self.mailboxes = Mailboxes(self._answer)
        stopper.watch(self.mailboxes)
        self.lobby = Lobby(store, delivery, self.mailboxes, conductor, hasher, clock, patience=patience)
        self._presses = Presses(store.buttons, registry, stopper, clock, self.lobby.actions)
        self.changes = Changes(
            store,
            self.mailboxes,
            conductor,
            registry,
            self.lobby,
            answers,
            journal=journal,
            post=self.route,
        )

    def hush(self, overheard: Overheard) -> Hush:
        """What stops everything that somebody has under way here."""
        return Hush(self.mailboxes, self.lobby, self._conductor, overheard)

    def bound(self, incoming: Incoming) -> Bound | None:
        """The command that an event uses; None where it uses none, or one that does not exist."""
        return self._registry.find(incoming.command.name) if incoming.command is not None else None

    def route(self, letter: Letter) -> None:
        """Have a letter that was taken in answered; returns at once."""
        incoming = letter.incoming
        if incoming.press is not None:
            self._background.spawn(self._route_press(letter))
            return
        if incoming.complaint:
            self._background.spawn(self._conductor.conduct(incoming, [letter], _complain))
            return
        bound = self.bound(incoming)
        if incoming.command is not None and (bound is None or not bound.ordered):
            self._background.spawn(self._run_command(letter, bound))
            return
        self._in_line(letter)

    def _in_line(self, letter: Letter) -> None:
        self.mailboxes.post(letter)
        self.lobby.watch(letter)

    async def _route_press(self, letter: Letter) -> None:
        incoming, ordered = await self._presses.placed(letter.incoming)
        letter = replace(letter, incoming=incoming)
        if ordered:
            self._in_line(letter)
        else:
            await self._conductor.conduct(incoming, [letter], self._presses.work)

    async def _answer(self, attempt: Attempt) -> None:
        self.lobby.enter(attempt)
        incoming = merged(list(attempt.letters))
        bound = self.bound(incoming)
        work = _checked(bound) if bound is not None else self._talk
        if incoming.press is not None:
            work = self._presses.work
        if incoming.edits:
            work = self.changes.work(work)
        await self._conductor.conduct(incoming, attempt.letters, work, attempt=attempt)

    async def _run_command(self, letter: Letter, bound: Bound | None) -> None:
        private = bound is None or bound.command.private_reply
        work = _checked(bound) if bound is not None else _unknown
        await self._conductor.conduct(letter.incoming, [letter], work, private=private)


def _checked(bound: Bound) -> Talk:
    async def work(turn: Turn) -> None:
        check_permission(turn, bound.command)
        await bound.handler(turn)

    return work


async def _unknown(turn: Turn) -> None:
    name = turn.incoming.command.name if turn.incoming.command is not None else ""
    raise UserError(unknown_command(name))


async def _complain(turn: Turn) -> None:
    raise UserError(turn.incoming.complaint)
