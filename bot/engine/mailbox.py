"""One ordered mailbox per conversation; conversations run in parallel.

A plain message starts at once. Only what the client itself cut up waits for its rest: album parts,
forwards with a comment, and text near the platform's limit. If the same person adds a message before
anything of the answer is visible, the running attempt is cancelled and asked again with both.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from bot.messages import Incoming

QUIET = 0.9
"""Seconds without a further piece after which a cut-up message counts as whole."""
MOST_PIECES = 20


@dataclass(frozen=True, slots=True)
class Letter:
    """A journalled event. `shown` are messages of its answer from before a crash."""

    turn_id: str
    incoming: Incoming
    shown: tuple[str, ...] = ()


@dataclass(slots=True)
class Attempt:
    """One try at answering letters. The handler sets `visible` once people can see something of it,
    and `ending` once all is said and it must not be cancelled any more; `stopped` means people stopped it."""

    letters: tuple[Letter, ...]
    visible: bool = False
    additions: list[Letter] = field(default_factory=list[Letter])
    stopped: bool = False
    ending: bool = False

    @property
    def superseded(self) -> bool:
        """True when this attempt was cancelled in favour of one with more letters."""
        return bool(self.additions)


Handler = Callable[[Attempt], Awaitable[None]]


class _Box:
    def __init__(self) -> None:
        self.letters: deque[Letter] = deque()
        self.arrived = asyncio.Event()
        self.attempt: Attempt | None = None
        self.running: asyncio.Task[None] | None = None


class Mailboxes:
    """Posts letters to their conversations. `handle` has its own error boundary and never raises."""

    def __init__(self, handle: Handler, *, quiet: float = QUIET) -> None:
        self._handle = handle
        self._quiet = quiet
        self._boxes: dict[str, _Box] = {}
        self._workers: set[asyncio.Task[None]] = set()

    def post(self, letter: Letter) -> None:
        """Put a letter into its conversation's box; returns at once."""
        key = letter.incoming.place.conversation
        box = self._boxes.get(key)
        if box is None:
            box = self._boxes[key] = _Box()
            worker = asyncio.create_task(self._work(key, box))
            self._workers.add(worker)
            worker.add_done_callback(self._workers.discard)
        elif self._supersede(box, letter):
            return
        box.letters.append(letter)
        box.arrived.set()

    @property
    def busy(self) -> frozenset[asyncio.Task[None]]:
        """Conversations being worked on."""
        return frozenset(self._workers)

    def stop(self, conversation: str) -> bool:
        """Cancel what is being answered in a conversation; True when something was."""
        box = self._boxes.get(conversation)
        attempt = self.attempt(conversation)
        if box is None or box.running is None or attempt is None or attempt.stopped or attempt.ending:
            return False
        attempt.stopped = box.running.cancel()
        return attempt.stopped

    def attempt(self, conversation: str) -> Attempt | None:
        """What is being answered in a conversation."""
        box = self._boxes.get(conversation)
        return box.attempt if box is not None else None

    async def drain(self, seconds: float) -> int:
        """Wait for running work, cancel what is left after `seconds`; returns how many were cancelled."""
        if not self._workers:
            return 0
        _, late = await asyncio.wait(self._workers, timeout=seconds)
        for box in self._boxes.values():
            box.letters.clear()
            if box.running is not None:
                box.running.cancel()
        if late:
            await asyncio.wait(late)
        return len(late)

    def _supersede(self, box: _Box, letter: Letter) -> bool:
        attempt, running = box.attempt, box.running
        if attempt is None or running is None or attempt.visible or box.letters:
            return False
        if attempt.stopped or attempt.ending or letter.incoming.press or attempt.letters[-1].incoming.press:
            return False
        if attempt.letters[-1].incoming.author.key != letter.incoming.author.key:
            return False
        if letter.incoming.command is not None or attempt.letters[-1].incoming.command is not None:
            return False
        attempt.additions.append(letter)
        running.cancel()
        return True

    async def _work(self, key: str, box: _Box) -> None:
        try:
            while box.letters:
                await self._answer(box, await self._gather(box))
        finally:
            del self._boxes[key]

    async def _answer(self, box: _Box, letters: tuple[Letter, ...]) -> None:
        while letters:
            box.attempt = attempt = Attempt(letters)
            box.running = asyncio.create_task(self._run(attempt))
            await asyncio.wait([box.running])
            box.attempt = box.running = None
            letters = (*letters, *attempt.additions) if attempt.superseded else ()

    async def _run(self, attempt: Attempt) -> None:
        await self._handle(attempt)

    async def _gather(self, box: _Box) -> tuple[Letter, ...]:
        pieces = [box.letters.popleft()]
        while _may_continue(pieces[-1].incoming) and len(pieces) < MOST_PIECES:
            if not box.letters and not await self._next_arrives(box):
                break
            if not box.letters or not _belongs(pieces[-1].incoming, box.letters[0].incoming):
                break
            pieces.append(box.letters.popleft())
        return tuple(pieces)

    async def _next_arrives(self, box: _Box) -> bool:
        box.arrived.clear()
        try:
            await asyncio.wait_for(box.arrived.wait(), self._quiet)
        except TimeoutError:
            return False
        return True


def _may_continue(incoming: Incoming) -> bool:
    return bool(incoming.album_id) or incoming.near_limit or incoming.forwarded


def _belongs(first: Incoming, second: Incoming) -> bool:
    if first.author.key != second.author.key or second.command is not None or second.press:
        return False
    if first.album_id:
        return second.album_id == first.album_id
    return first.near_limit or first.forwarded
