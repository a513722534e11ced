"""The platform calls of one answer: where they go, what they reply to, and their nonces."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from hashlib import blake2s

from bot.capabilities import CallKind
from bot.delivery.limits import Grade
from bot.delivery.livedoor import LiveDoor
from bot.delivery.media import Errand, Line, is_answer
from bot.delivery.pages import Change
from bot.messages import ButtonRows, MessageRef, Part, Place, Target

DRAFT_DIGITS = 7
"""Hexadecimal digits of a draft's number, which stays a positive integer of 32 bits."""


@dataclass(frozen=True, slots=True)
class Step:
    """The next call: a change of the text, or an errand beside it with these buttons."""

    kind: CallKind
    grade: Grade
    work: Change | Errand
    buttons: ButtonRows = ()


Sending = Callable[[], Awaitable[None]]


async def unannounced() -> None:
    """Nobody has to know before something is sent."""


class Courier:
    """Makes the calls. `calls` counts them; `replied` is set once the answer has its reply."""

    def __init__(
        self, door: LiveDoor, target: Target, answer_id: str, on_sending: Sending = unannounced
    ) -> None:
        """`on_sending` is awaited before each send."""
        self._door = door
        self._on_sending = on_sending
        self._key = blake2s(answer_id.encode(), digest_size=8).hexdigest()
        self._draft = int(self._key[:DRAFT_DIGITS], 16) or 1
        self._errands = 0
        self.target = target
        self.replied = False
        self.calls = 0

    async def send(self, change: Change, index: int) -> MessageRef:
        """Begin a message of the text; `index` counts those begun before."""
        await self._on_sending()
        return await self._door.send(
            self._goal(change), change.part, nonce=f"{self._key}t{index}", buttons=change.buttons
        )

    async def edit(self, ref: MessageRef, change: Change) -> MessageRef:
        await self._door.edit(ref, change.part, buttons=change.buttons)
        return ref

    async def frame(self, part: Part) -> None:
        """Show this as the answer's draft; all its frames have one number."""
        self.calls += 1
        await self._door.draft(replace(self.target, reply_to=""), part, number=self._draft)

    async def run(self, errand: Errand, buttons: ButtonRows) -> MessageRef:
        """Send media or a line beside the text."""
        await self._on_sending()
        target, nonce = self._goal(errand), f"{self._key}e{self._errands}"
        if isinstance(errand, Line):
            return await self._door.send(target, errand.part, nonce=nonce, buttons=buttons)
        return await self._door.send_media(
            target, errand.items, caption=errand.caption, nonce=nonce, buttons=buttons
        )

    def errand_over(self) -> None:
        """The next errand is another one, with a nonce of its own."""
        self._errands += 1

    def _goal(self, work: Change | Errand) -> Target:
        """The first message of the answer replies, and so does a notice that comes before everything."""
        private = isinstance(work, Line) and work.private
        replies = not self.replied and (is_answer(work) or not self._errands)
        return replace(
            self.target,
            reply_to=self.target.reply_to if replies else "",
            private=private or self.target.private,
        )

    def move(self, channel: str) -> Place:
        """The chat has a new id; Telegram does this when a group becomes a supergroup."""
        place = self.target.place
        space = channel if place.space == place.channel else place.space
        self.target = replace(self.target, place=replace(place, space=space, channel=channel))
        return self.target.place
