"""The engine's front: events in, turns out.

access -> activation -> intake row (duplicates end here) -> mailbox or at once -> conduct.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from dataclasses import replace

import structlog

from bot.declarations import Choice, Command
from bot.delivery import Delivery
from bot.engine.access import Doorkeeper, Verdict
from bot.engine.amends import Amends
from bot.engine.answerbook import AnswerBook
from bot.engine.away import Away
from bot.engine.batching import Batcher
from bot.engine.caps import CapsBook
from bot.engine.changes import Changes
from bot.engine.conduct import Conductor
from bot.engine.discretion import Discretion
from bot.engine.erasing import Eraser
from bot.engine.freeowners import FreeOwners
from bot.engine.groups import Groups, Meant
from bot.engine.hashing import Hasher
from bot.engine.hushing import Hush
from bot.engine.intake import merged, to_payload
from bot.engine.keybook import KeyBook
from bot.engine.lobby import PATIENCE, Lobby
from bot.engine.lost import Losses
from bot.engine.mailbox import Attempt, Letter, Mailboxes
from bot.engine.permits import PermitBook
from bot.engine.pressing import Presses
from bot.engine.recovery import Recovery, Unseen
from bot.engine.registry import Bound, Registry, check_permission
from bot.engine.replies import Replies
from bot.engine.retention import Retention
from bot.engine.settings import SettingsBook
from bot.engine.sheltering import sheltered
from bot.engine.sidecalls import Background
from bot.engine.stopping import Stopper
from bot.engine.texts import greeting, unknown_command
from bot.engine.threshold import Threshold
from bot.engine.turn import Turn
from bot.engine.workload import Workload
from bot.errors import UserError
from bot.messages import Addressed, Done, Incoming, Notice, Person, Place, Target
from bot.ports import Clock
from bot.records import HistoryItem, Intake, ReadMark
from bot.storing import Store

log: structlog.stdlib.BoundLogger = structlog.get_logger()
Talk = Callable[[Turn], Awaitable[None]]


class Engine:
    """Implements bot.ports.Front."""

    def __init__(
        self,
        *,
        store: Store,
        delivery: Delivery,
        doorkeeper: Doorkeeper,
        settings: SettingsBook,
        caps: CapsBook,
        free_owners: FreeOwners,
        conductor: Conductor,
        registry: Registry,
        talk: Talk,
        hasher: Hasher,
        clock: Clock,
        amends: Amends,
        background: Background,
        groups: Groups,
        stopper: Stopper,
        losses: Losses,
        answers: AnswerBook,
        keys: KeyBook,
        replies: Replies,
        unseen: Unseen,
        eraser: Eraser,
        retention: Retention,
        threshold: Threshold,
        permits: PermitBook,
        patience: float = PATIENCE,
    ) -> None:
        self._away = Away(clock)
        self._keys = keys
        self._retention = retention
        self._threshold = threshold
        self._permits = permits
        self._store = store
        self._delivery = delivery
        self._doorkeeper = doorkeeper
        self._settings = settings
        self._discretion = Discretion(settings)
        self._caps = caps
        self._free_owners = free_owners
        self._conductor = conductor
        self._registry = registry
        self._talk = talk
        self._hasher = hasher
        self._clock = clock
        self._mailboxes = Mailboxes(self._answer)
        stopper.watch(self._mailboxes)
        self._take_in: Batcher[Intake, bool] = Batcher(self._journal)
        self._lobby = Lobby(store, delivery, self._mailboxes, conductor, hasher, clock, patience=patience)
        self._presses = Presses(store.buttons, registry, stopper, clock, self._lobby.actions)
        self._changes = Changes(
            store,
            self._mailboxes,
            conductor,
            registry,
            self._lobby,
            answers,
            journal=self._journalled,
            post=self._route,
        )
        self._recovery = Recovery(
            store,
            delivery,
            conductor,
            amends,
            losses,
            unseen=unseen,
            replaced=self._changes.replaced,
            route=self._enter,
            spawn=self._spawn,
            clock=clock,
        )
        eraser.stop = Hush(self._mailboxes, self._lobby, conductor, groups.overheard)
        self._background = background
        self._groups = groups
        self._replies = replies
        self._tasks = background.tasks
        self._handled: dict[str, float] = {}

    # --- Front ---

    @property
    def commands(self) -> Sequence[Command]:
        return self._registry.commands

    async def submit(self, events: Sequence[Incoming]) -> None:
        await asyncio.gather(*(self._submit(event) for event in events))

    async def complete(self, incoming: Incoming, option: str, typed: str) -> Sequence[Choice]:
        if not self._doorkeeper.admits(incoming):
            return ()
        return await self._registry.complete(self._threshold.judged(incoming), option, typed)

    async def history(self, place: Place, limit: int) -> Sequence[HistoryItem]:
        return await self._store.memory.recent(place.conversation, limit)

    def off_record(self, incoming: Incoming) -> bool:
        return self._discretion.placed(self._groups.placed(incoming)).off_record

    async def welcome(self, place: Place, title: str) -> None:
        if await self._store.marks.claim(f"welcomed:{place.channel_key}", "1"):
            self._spawn(self._greet(place, title))

    async def membership(self, place: Place, *, member: bool) -> None:
        await (self._retention.present(place) if member else self._retention.left(place))

    async def known_servers(self, platform: str) -> Sequence[Place]:
        return await self._retention.servers(platform)

    async def moved(self, platform: str, old_channel: str, new_channel: str) -> None:
        old, new = (Place(platform, channel, channel) for channel in (old_channel, new_channel))
        await self._keys.moving(old, new)
        await self._store.move(platform, old_channel, new_channel)
        await self._settings.load()
        await self._caps.load()
        await self._doorkeeper.load()
        await self._permits.load()
        await self._keys.load()

    async def forgotten(self, place: Place, message_ids: Sequence[str]) -> None:
        await self._changes.deleted(place, message_ids)

    def admits(self, incoming: Incoming) -> bool:
        return self._doorkeeper.admits(incoming, bots=self._groups.lets_bots(incoming))

    async def read_marks(self, platform: str, limit: int) -> Sequence[ReadMark]:
        return await self._store.reading.newest(platform, limit)

    async def keep_read(self, platform: str, marks: Sequence[ReadMark], gone: Sequence[str]) -> None:
        await self._store.reading.keep(platform, marks, gone)

    async def recall_mark(self, name: str) -> str:
        return await self._store.marks.get(name)

    async def set_mark(self, name: str, value: str) -> None:
        await self._store.marks.put(name, value)

    def handled(self, platform: str) -> None:
        self._handled[platform] = self._clock()

    def last_handled(self, platform: str) -> float | None:
        """When an event of the platform was last handled, Unix seconds."""
        return self._handled.get(platform)

    def workload(self) -> Workload:
        """How much there is to do right now."""
        boxes = self._mailboxes
        return Workload(len(boxes.busy), boxes.in_line, dict(self._conductor.ended))

    # --- life ---

    async def recover(self) -> int:
        """Take over turns of instances that died. Returns how many."""
        return await self._recovery.run()

    async def keep_checkpoints(self) -> None:
        """Journal the text of answers under way now and then, until cancelled."""
        await self._conductor.keep_checkpoints()

    async def idle(self) -> None:
        """Wait until nothing is being answered."""
        while self._tasks or self._mailboxes.busy:
            await asyncio.wait([*self._tasks, *self._mailboxes.busy])

    async def drain(self, seconds: float) -> None:
        """Finish running turns; what is not done after `seconds` is cancelled and keeps its partial text."""
        late = await self._mailboxes.drain(seconds)
        self._lobby.close()
        if self._tasks:
            _, pending = await asyncio.wait(self._tasks, timeout=1.0 if late else seconds)
            for task in pending:
                task.cancel()
            if pending:
                await asyncio.wait(pending)
        await self._conductor.settle()

    def stop_answer(self, place: Place) -> bool:
        """Stop what is being answered in a conversation; True when something was."""
        return self._mailboxes.stop(place.conversation)

    # --- the way in ---

    async def _submit(self, incoming: Incoming) -> None:
        self.handled(incoming.place.platform)
        bound = self._registry.find(incoming.command.name) if incoming.command is not None else None
        incoming = sheltered(incoming, bound.command if bound is not None else None)
        incoming = self._threshold.judged(self._discretion.placed(self._groups.placed(incoming)))
        if incoming.edits:
            if self._doorkeeper.admits(incoming) and self._passes(incoming, quietly=True):
                await self._changes.edited(incoming)
            return
        verdict = self._doorkeeper.decide(incoming, bots=self._groups.lets_bots(incoming))
        if verdict is Verdict.TELL:
            self._spawn(self._turn_away(incoming))
        if verdict is not Verdict.ENTER:
            return
        await self._retention.present(incoming.place)
        match await self._groups.decide(incoming):
            case Meant.FOR_US if self._passes(incoming):
                await self._accept(incoming)
            case Meant.PERHAPS if not self._away.missed(incoming) and self._passes(incoming, quietly=True):
                self._spawn(self._consider(incoming))
            case _:
                pass

    def _passes(self, incoming: Incoming, *, quietly: bool = False) -> bool:
        """Whether somebody who may come in may ask this now; if not, they are told where that is due, unless
        `quietly`."""
        refusal = self._threshold.refusal(incoming)
        if refusal and not quietly:
            self._spawn(self._tell(incoming, refusal))
        return refusal is None

    async def _consider(self, incoming: Incoming) -> None:
        if await self._groups.worth_answering(incoming):
            await self._accept(incoming)

    async def _accept(self, incoming: Incoming) -> None:
        incoming = await self._replies.read(incoming)
        letter = Letter(secrets.token_hex(8), incoming)
        if not await self._journalled(letter):
            return
        if self._away.missed(incoming):
            self._spawn(self._conductor.conduct(incoming, [letter], self._away.tell))
            return
        self._enter(letter)

    async def _journalled(self, letter: Letter) -> bool:
        """Take a letter in; False for an event that is known already."""
        new = await self._take_in(self._row(letter))
        if not new:
            log.info("event.duplicate", platform=letter.incoming.place.platform)
        return new

    def _enter(self, letter: Letter) -> None:
        """To the work, through a thread of its own where the channel asks for one."""
        incoming = letter.incoming
        person = self._hasher.person(incoming.author)
        self._caps.know_roles(incoming.place, person, incoming.roles)
        self._caps.know_zone(person, self._settings.of_person(incoming.place, incoming.author, "timezone"))
        self._free_owners.know(incoming)
        if self._groups.wants_thread(letter.incoming):
            self._spawn(self._enter_thread(letter))
        else:
            self._route(letter)

    async def _enter_thread(self, letter: Letter) -> None:
        self._route(replace(letter, incoming=await self._groups.threaded(letter.incoming)))

    def _row(self, letter: Letter) -> Intake:
        incoming = letter.incoming
        return Intake(
            turn_id=letter.turn_id,
            event_id=f"{incoming.place.platform}:{incoming.event_id}",
            conversation=incoming.place.conversation,
            person=self._hasher.person(incoming.author),
            payload=to_payload(incoming),
            received_at=self._clock(),
        )

    async def _journal(self, batch: Sequence[Intake]) -> list[bool]:
        new = await self._store.turns.take_in(batch)
        results: list[bool] = []
        for row in batch:
            results.append(row.event_id in new)
            new.discard(row.event_id)  # the same event twice in one batch counts once
        return results

    def _route(self, letter: Letter) -> None:
        incoming = letter.incoming
        if incoming.press is not None:
            self._spawn(self._route_press(letter))
            return
        if incoming.complaint:
            self._spawn(self._conductor.conduct(incoming, [letter], _complain))
            return
        bound = self._registry.find(incoming.command.name) if incoming.command is not None else None
        if incoming.command is not None and (bound is None or not bound.ordered):
            self._spawn(self._run_command(letter, bound))
            return
        self._mailboxes.post(letter)
        self._lobby.watch(letter)

    # --- the work ---

    async def _answer(self, attempt: Attempt) -> None:
        self._lobby.enter(attempt)
        incoming = merged(list(attempt.letters))
        bound = self._registry.find(incoming.command.name) if incoming.command is not None else None
        work = self._checked(bound) if bound is not None else self._talk
        if incoming.press is not None:
            work = self._presses.work
        if incoming.edits:
            work = self._changes.work(work)
        await self._conductor.conduct(incoming, attempt.letters, work, attempt=attempt)

    async def _run_command(self, letter: Letter, bound: Bound | None) -> None:
        private = bound is None or bound.command.private_reply
        work = self._checked(bound) if bound is not None else self._unknown
        await self._conductor.conduct(letter.incoming, [letter], work, private=private)

    def _checked(self, bound: Bound) -> Talk:
        async def work(turn: Turn) -> None:
            check_permission(turn, bound.command)
            await bound.handler(turn)

        return work

    async def _unknown(self, turn: Turn) -> None:
        name = turn.incoming.command.name if turn.incoming.command is not None else ""
        raise UserError(unknown_command(name))

    async def _route_press(self, letter: Letter) -> None:
        incoming, ordered = await self._presses.placed(letter.incoming)
        letter = replace(letter, incoming=incoming)
        if ordered:
            self._mailboxes.post(letter)
            self._lobby.watch(letter)
        else:
            await self._conductor.conduct(incoming, [letter], self._presses.work)

    # --- small sentences outside a turn ---

    async def _tell(self, incoming: Incoming, text: str) -> None:
        target = Target(incoming.place, incoming.message_id, incoming.reply_handle, private=True)
        await self._send(target, text)

    async def _turn_away(self, incoming: Incoming) -> None:
        await self._tell(incoming, await self._threshold.words(incoming))

    async def _greet(self, place: Place, title: str) -> None:
        nobody = Person(place.platform, "")
        probe = Incoming("", place, nobody, Addressed.DIRECT)
        door = self._doorkeeper
        words = greeting(
            title,
            allowed=door.admits(probe),
            admins=door.admins_open(),
            pairs=door.pairs() and bool(door.owners),
        )
        await self._send(Target(place), words)

    async def _send(self, target: Target, text: str) -> None:
        answer = self._delivery.open(target, secrets.token_hex(8))
        answer.push(Notice(text, private=target.private))
        answer.push(Done())
        delivered = await answer.finish()
        if delivered.failure is not None:
            log.info("sentence.undelivered", reason=delivered.failure.detail)

    def _spawn(self, work: Coroutine[None, None, None]) -> None:
        self._background.spawn(work)


async def _complain(turn: Turn) -> None:
    raise UserError(turn.incoming.complaint)
