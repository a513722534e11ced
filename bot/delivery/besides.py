"""What stands beside the text of an answer: media, notices, and buttons that no text can carry."""

from __future__ import annotations

from collections import deque

from bot.capabilities import CallKind
from bot.delivery.courier import Courier, Step
from bot.delivery.draft import Draft
from bot.delivery.limits import Grade
from bot.delivery.media import (
    Album,
    Errand,
    Line,
    errands,
    is_answer,
    sentence,
    unconfirmed_text,
    unsent_text,
)
from bot.delivery.textflow import TextFlow
from bot.messages import ButtonRows
from bot.ports import Door

BUTTONS_TEXT = "What next?"
"""Carries the buttons of an answer whose own messages cannot."""


class Besides:
    """Errands in order, each once the text said before it is shown."""

    def __init__(self, door: Door, draft: Draft, flow: TextFlow, courier: Courier) -> None:
        self._door = door
        self._draft = draft
        self._flow = flow
        self._courier = courier
        self._errands: deque[Errand] = deque()
        self._buttons_beside: ButtonRows = ()

    def next(self) -> Step | None:
        """The next errand, if its time has come."""
        asides = self._draft.asides
        while not self._errands and asides and asides[0].after <= self._flow.synced:
            self._errands.extend(errands(asides.popleft().event, self._door))
        if not self._errands:
            return None
        errand = self._errands[0]
        buttons = errand.buttons or self._buttons_without_text(errand)
        return Step(CallKind.SEND, Grade.MUST, errand, buttons)

    def _buttons_without_text(self, errand: Errand) -> ButtonRows:
        """The answer's buttons, if this is its last message and there is no text to carry them."""
        last = len(self._errands) == 1 and not self._draft.asides and not self._draft.length
        return self._draft.buttons if last and is_answer(errand) else ()

    def last(self) -> Step | None:
        """The errand that carries the buttons of a complete answer, if nothing else does."""
        buttons = self._draft.buttons
        if not buttons or buttons == self._buttons_beside or self._flow.carries(buttons):
            return None
        self._buttons_beside = buttons
        self._errands.extend(Line(part, buttons) for part in self._door.compose(BUTTONS_TEXT)[:1])
        return self.next()

    def arrived(self, step: Step) -> None:
        """The errand is done."""
        self.over()
        if is_answer(step.work):
            self._buttons_beside = step.buttons or self._buttons_beside

    def over(self) -> None:
        """The errand is done, or given up."""
        self._errands.popleft()
        self._courier.errand_over()

    def exchange(self, errand: Errand) -> None:
        """Try this form of the errand instead."""
        self._errands[0] = errand

    def denied(self, errand: Errand) -> None:
        """The errand is refused for good: for files, a sentence says so."""
        self.over()
        if isinstance(errand, Album):
            self._say_first(unsent_text(errand, self._door.capabilities), errand.rescue)

    def doubted(self, errand: Errand) -> None:
        """Nobody knows whether the errand is done: where files can be had again, a sentence says so."""
        self.over()
        if isinstance(errand, Album) and errand.rescue:
            self._say_first(unconfirmed_text(errand, self._door.capabilities), errand.rescue)

    def _say_first(self, text: str, buttons: ButtonRows) -> None:
        self._errands.extendleft(reversed(sentence(text, self._door, buttons)))
