"""Commands and button actions with their handlers, as the engine runs them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from bot.declarations import Choice, Command, Medium, Permission
from bot.engine.turns.turn import Turn
from bot.messages import Incoming
from bot.records import StoredButton

CommandHandler = Callable[[Turn], Awaitable[None]]
QUESTION = ""
"""Stands for a question in words, where an action is said to go on with a command."""
NOTHING_BEHIND: Mapping[str, str] = {}
ActionHandler = Callable[[Turn, StoredButton], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Bound:
    """A declared command with its handler. `ordered` commands take their place in the conversation's
    queue like a question; the others run at once beside it."""

    command: Command
    handler: CommandHandler
    ordered: bool = False


class Completer(Protocol):
    """Suggestions for an option being typed (at most 25)."""

    async def __call__(self, incoming: Incoming, option: str, typed: str) -> Sequence[Choice]: ...


class Registry:
    """Every command and button action, by name."""

    def __init__(
        self,
        commands: Sequence[Bound],
        actions: Mapping[str, ActionHandler],
        completer: Completer,
        ordered_actions: frozenset[str] = frozenset(),
        behind: Mapping[str, str] = NOTHING_BEHIND,
    ) -> None:
        """`behind` names for actions the command that they go on with, or "" for a question."""
        self._bound = {bound.command.name: bound for bound in commands}
        self._actions = dict(actions)
        self._ordered = ordered_actions
        self._behind = dict(behind)
        self.complete = completer

    @property
    def commands(self) -> list[Command]:
        """Every declaration, in menu order."""
        return [bound.command for bound in self._bound.values()]

    def find(self, name: str) -> Bound | None:
        """The command of that name."""
        return self._bound.get(name)

    def action(self, name: str) -> ActionHandler | None:
        """The handler of a button action."""
        return self._actions.get(name)

    def is_ordered(self, action: str) -> bool:
        """Whether presses with that action take their place in the conversation's queue."""
        return action in self._ordered

    def check_action(self, turn: Turn, action: str) -> None:
        """Refuse a button whose command the asker may not use."""
        name = self._behind.get(action)
        bound = self._bound.get(name) if name else None
        if bound is not None:
            check_permission(turn, bound.command)
        elif name == QUESTION:
            turn.gate.check("", Medium.CHAT.value)


def check_permission(turn: Turn, command: Command) -> None:
    """Refuse a command the asker may not use; checked here whatever the platform shows."""
    turn.gate.check(command.name, command.medium.value if command.medium is not None else "")
    if command.permission is Permission.OWNER:
        turn.require_owner()
    elif command.permission is Permission.ADMIN:
        turn.require_admin()
    elif command.permission is Permission.MODERATOR:
        turn.require_moderator()
