"""Presses on buttons: what is behind the id, who may press, and whether it must wait its turn."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from bot.engine.turns.answerbook import STOP
from bot.engine.turns.registry import ActionHandler, Registry
from bot.engine.turns.stopping import Stopper
from bot.engine.turns.texts import EXPIRED_BUTTON
from bot.engine.turns.turn import Turn
from bot.errors import GondolaError, NotAllowed, UserError
from bot.messages import Incoming
from bot.ports import Clock
from bot.records import StoredButton
from bot.storing import Buttons


class Presses:
    """Carries out presses. An id is that of a stored row, with what to do after a dot where one row
    stands behind several buttons; a Stop button needs no row, since what it stops dies with us."""

    def __init__(
        self,
        buttons: Buttons,
        registry: Registry,
        stopper: Stopper,
        clock: Clock,
        more: Mapping[str, ActionHandler],
    ) -> None:
        """`more` are actions besides those of the registry."""
        self._buttons = buttons
        self._registry = registry
        self._stopper = stopper
        self._clock = clock
        self._more = more

    async def placed(self, incoming: Incoming) -> tuple[Incoming, bool]:
        """The press in the conversation that its button belongs to, and whether it takes its place there
        like a question."""
        button_id = incoming.press.button_id if incoming.press is not None else ""
        base, verb = _parts(button_id)
        if verb == STOP:
            return incoming, False
        try:
            stored = await self._buttons.get(base, self._clock())
        except GondolaError:
            return incoming, False  # the press itself meets the same trouble and says so
        if stored is None or not _shown_in(stored, incoming):
            return incoming, False
        place = replace(incoming.place, member=stored.member)
        return replace(incoming, place=place), self._registry.is_ordered(_action(stored, verb))

    async def work(self, turn: Turn) -> None:
        """Do what the pressed button says."""
        press = turn.incoming.press
        base, verb = _parts(press.button_id if press is not None else "")
        if verb == STOP:
            self._stopper.stop(turn, base)
            return
        stored, action = await self._found(base, verb, turn)
        if stored.person and stored.person != turn.person and not turn.moderator:
            raise NotAllowed("Only the person who asked can use this button.")
        self._registry.check_action(turn, _action(stored, verb))
        await action(turn, stored)

    async def _found(self, base: str, verb: str, turn: Turn) -> tuple[StoredButton, ActionHandler]:
        stored = await self._buttons.get(base, turn.now)
        name = _action(stored, verb) if stored is not None else ""
        action = self._more.get(name) or self._registry.action(name)
        if stored is None or action is None or not _shown_in(stored, turn.incoming):
            raise UserError(EXPIRED_BUTTON)
        return stored, action


def _shown_in(stored: StoredButton, incoming: Incoming) -> bool:
    """Whether the button stands in the channel where it is pressed. Ids can be read by whoever sees a message
    and sent from anywhere: from a server, say, that the presser manages."""
    return stored.channel == incoming.place.channel_key


def stops(incoming: Incoming) -> bool:
    """Whether somebody wants an answer stopped: that is never too much."""
    if incoming.command is not None:
        return incoming.command.name == STOP
    return incoming.press is not None and _parts(incoming.press.button_id)[1] == STOP


def _parts(button_id: str) -> tuple[str, str]:
    """The row's id and what to do."""
    base, _, rest = button_id.partition(".")
    return base, rest.partition(".")[0]


def _action(stored: StoredButton, verb: str) -> str:
    return f"{stored.action}.{verb}" if verb else stored.action
