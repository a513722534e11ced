"""One ordered mailbox per conversation; conversations run in parallel.

A plain message starts at once. Only what the client itself cut up waits for its rest: album parts,
forwards with a comment, and text near the platform's limit. If the same person adds a message before
anything of the answer is visible, the running attempt is cancelled and asked again with both.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, field

from bot.delivery import Answer
from bot.messages import Incoming, Place

QUIET = 0.9
"""Seconds without a further piece after which a cut-up message counts as whole."""
MOST_PIECES = 20


@dataclass(frozen=True, slots=True)
class Letter:
    """A journalled event. `ticket` is the name under which it waits, that of the event it replaces.
    `resumed` says that an earlier process began with it, `shown` are messages of its answer from there."""

    turn_id: str
    incoming: Incoming
    ticket: str = ""
    shown: tuple[str, ...] = ()
    resumed: bool = False

    @property
    def name(self) -> str:
        """The name under which it waits; an edit does not change it."""
        return self.ticket or self.turn_id


@dataclass(slots=True)
class Attempt:
    """One try at answering letters. The handler sets `visible` once people can see something of it, and
    `sealed` once it is being written down and cannot be taken back. `stopped` means that people stopped
    it. `bound` means that it did something that must not be done twice, so further messages wait.
    `revised` are the letters after one was edited or deleted. `carried` is an answer that people see
    already, to be filled anew."""

    letters: tuple[Letter, ...]
    visible: bool = False
    additions: list[Letter] = field(default_factory=list[Letter])
    stopped: bool = False
    revised: tuple[Letter, ...] | None = None
    sealed: bool = False
    bound: bool = False
    carried: Answer | None = None

    @property
    def superseded(self) -> bool:
        """True when this attempt was cancelled in favour of one with other letters."""
        return bool(self.following)

    @property
    def dropped(self) -> bool:
        """True when this attempt was cancelled because its question was deleted."""
        return self.revised == () and not self.additions

    @property
    def following(self) -> tuple[Letter, ...]:
        """The letters to ask again with, none for an attempt that simply ends."""
        if self.revised is None:
            return (*self.letters, *self.additions) if self.additions else ()
        return (*self.revised, *self.additions)


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

    @property
    def in_line(self) -> int:
        """Letters in line behind others."""
        return sum(len(box.letters) for box in self._boxes.values())

    def stop(self, conversation: str) -> bool:
        """Cancel what is being answered in a conversation; True when something was."""
        box = self._boxes.get(conversation)
        attempt = self.attempt(conversation)
        if box is None or box.running is None or attempt is None or attempt.stopped or attempt.sealed:
            return False
        attempt.stopped = box.running.cancel()
        return attempt.stopped

    def attempt(self, conversation: str) -> Attempt | None:
        """What is being answered in a conversation."""
        box = self._boxes.get(conversation)
        return box.attempt if box is not None else None

    def writing(self, place: Place, turn_id: str) -> Attempt | None:
        """What is being answered: of that turn, whoever's conversation it is in; else, without one, in the
        place's own conversation."""
        if not turn_id:
            return self.attempt(place.conversation)
        attempts = (self._boxes[key].attempt for key in self.around(place))
        return next((one for one in attempts if one and one.letters[0].turn_id == turn_id), None)

    def around(self, place: Place) -> Sequence[str]:
        """Conversations with something under way in the room of a place, whoever's they are."""
        return [key for key in self._boxes if key == place.room or key.startswith(f"{place.room}:")]

    def of(self, askers: frozenset[str]) -> list[Letter]:
        """The letters of some people (keys) that can still be changed, wherever they are."""
        letters = [letter for box in self._boxes.values() for letter in _open(box)]
        return [letter for letter in letters if letter.incoming.author.key in askers]

    # --- what people do to questions that are not answered yet ---

    def find(self, conversation: str, message_id: str) -> Letter | None:
        """The letter of a message that waits or is being answered and can still be changed."""
        box = self._boxes.get(conversation)
        return next((one for one in _open(box) if one.incoming.message_id == message_id), None)

    def waits(self, letter: Letter) -> bool:
        """Whether a letter waits for its turn behind another one."""
        box = self._boxes.get(letter.incoming.place.conversation)
        return box is not None and box.running is not None and letter in box.letters

    def asker(self, conversation: str) -> str:
        """The person key of whoever asked what is being answered, "" for nobody."""
        box = self._boxes.get(conversation)
        return box.attempt.letters[0].incoming.author.key if box is not None and box.attempt else ""

    def change(self, conversation: str, old: Letter, new: Letter | None) -> bool:
        """Put another letter in the place of one, or none; what is being answered of it is cancelled and
        asked again with what is left. False if it is too late."""
        box = self._boxes.get(conversation)
        if box is None or old not in _open(box):
            return False
        if old in box.letters:
            box.letters = deque(_exchanged(box.letters, old, new))
            return True
        attempt, running = box.attempt, box.running
        if attempt is None or running is None:
            return False
        under_way = attempt.superseded or attempt.dropped
        if old in attempt.additions:
            attempt.additions[:] = _exchanged(attempt.additions, old, new)
            attempt.revised = attempt.letters if attempt.revised is None else attempt.revised
        else:
            current = attempt.letters if attempt.revised is None else attempt.revised
            attempt.revised = _exchanged(current, old, new)
        if not under_way:
            running.cancel()
        return True

    def hurry(self, conversation: str, letter: Letter) -> None:
        """Stop what is being answered and take a waiting letter next."""
        box = self._boxes.get(conversation)
        if box is None or letter not in box.letters:
            return
        box.letters.remove(letter)
        box.letters.appendleft(letter)
        self.stop(conversation)

    def waiting(self, conversation: str, name: str) -> Letter | None:
        """The waiting letter of a name."""
        box = self._boxes.get(conversation)
        return next((one for one in box.letters if one.name == name), None) if box else None

    async def ended(self, conversation: str, message_ids: Sequence[str]) -> None:
        """Wait until what is being answered of these messages has been written down."""
        box = self._boxes.get(conversation)
        if box is None or box.running is None or box.attempt is None:
            return
        if any(letter.incoming.message_id in message_ids for letter in box.attempt.letters):
            await asyncio.wait([box.running])

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
        if attempt is None or running is None or attempt.visible or attempt.sealed or box.letters:
            return False
        if attempt.bound or letter.incoming.edits or attempt.letters[-1].incoming.edits:
            return False
        if attempt.stopped or letter.incoming.press or attempt.letters[-1].incoming.press:
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
        carried: Answer | None = None
        while letters:
            box.attempt = attempt = Attempt(letters, carried=carried)
            box.running = asyncio.create_task(self._run(attempt))
            await asyncio.wait([box.running])
            box.attempt = box.running = None
            letters, carried = attempt.following, attempt.carried

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


def _open(box: _Box | None) -> list[Letter]:
    """Every letter that can still be changed."""
    if box is None:
        return []
    attempt = box.attempt
    if attempt is None or attempt.sealed or attempt.stopped:
        return list(box.letters)
    current = attempt.letters if attempt.revised is None else attempt.revised
    return [*current, *attempt.additions, *box.letters]


def _exchanged(letters: Iterable[Letter], old: Letter, new: Letter | None) -> tuple[Letter, ...]:
    changed = (new if one is old else one for one in letters)
    return tuple(one for one in changed if one is not None)


def _may_continue(incoming: Incoming) -> bool:
    return bool(incoming.album_id) or incoming.near_limit or incoming.forwarded


def _belongs(first: Incoming, second: Incoming) -> bool:
    if first.author.key != second.author.key or second.command is not None or second.press:
        return False
    if first.album_id:
        return second.album_id == first.album_id
    return first.near_limit or first.forwarded
