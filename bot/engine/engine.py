"""The engine's front: events in, turns out.

access -> activation -> intake row (duplicates end here) -> router (mailbox or at once) -> conduct.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Coroutine, Sequence
from dataclasses import replace

from bot.declarations import Choice, Command
from bot.delivery import Delivery
from bot.engine.doors.access import Doorkeeper, Verdict
from bot.engine.flow.amends import Amends
from bot.engine.flow.away import Away
from bot.engine.flow.conduct import Conductor
from bot.engine.flow.intake import Intakes
from bot.engine.flow.lost import Losses
from bot.engine.flow.moving import Mover
from bot.engine.flow.recovery import Recovery, Unseen
from bot.engine.flow.remarks import Remarks
from bot.engine.flow.routing import Router
from bot.engine.flow.threshold import Threshold
from bot.engine.groups.groups import Groups, Meant
from bot.engine.money.acquaintance import Acquaintance
from bot.engine.people.discretion import Discretion
from bot.engine.people.erasing import Eraser
from bot.engine.people.retention import Retention
from bot.engine.people.sheltering import sheltered
from bot.engine.pictures.replies import Replies
from bot.engine.settings.book import SettingsBook
from bot.engine.side.sidecalls import Background
from bot.engine.turns.mailbox import Letter
from bot.engine.turns.registry import Registry
from bot.engine.turns.workload import Workload
from bot.messages import Incoming, Place
from bot.ports import Clock
from bot.records import HistoryItem, ReadMark
from bot.storing import Store


class Engine:
    """Implements bot.ports.Front."""

    def __init__(
        self,
        *,
        store: Store,
        delivery: Delivery,
        doorkeeper: Doorkeeper,
        settings: SettingsBook,
        conductor: Conductor,
        registry: Registry,
        router: Router,
        intakes: Intakes,
        clock: Clock,
        amends: Amends,
        background: Background,
        groups: Groups,
        losses: Losses,
        acquaintance: Acquaintance,
        mover: Mover,
        replies: Replies,
        unseen: Unseen,
        eraser: Eraser,
        retention: Retention,
        threshold: Threshold,
    ) -> None:
        self._away = Away(clock)
        self._retention = retention
        self._threshold = threshold
        self._store = store
        self._doorkeeper = doorkeeper
        self._discretion = Discretion(settings)
        self._conductor = conductor
        self._registry = registry
        self._router = router
        self._intakes = intakes
        self._clock = clock
        self._acquaintance = acquaintance
        self._mover = mover
        self._remarks = Remarks(delivery, doorkeeper, threshold)
        self._recovery = Recovery(
            store,
            delivery,
            conductor,
            amends,
            losses,
            unseen=unseen,
            replaced=router.changes.replaced,
            route=self._enter,
            spawn=background.spawn,
            clock=clock,
        )
        eraser.stop = router.hush(groups.overheard)
        self._background = background
        self._groups = groups
        self._replies = replies
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
            self._spawn(self._remarks.greet(place, title))

    async def membership(self, place: Place, *, member: bool) -> None:
        await (self._retention.present(place) if member else self._retention.left(place))

    async def known_servers(self, platform: str) -> Sequence[Place]:
        return await self._retention.servers(platform)

    async def moved(self, platform: str, old_channel: str, new_channel: str) -> None:
        await self._mover.move(platform, old_channel, new_channel)

    async def forgotten(self, place: Place, message_ids: Sequence[str]) -> None:
        self._groups.overheard.forget_messages(place.room, message_ids)
        await self._router.changes.deleted(place, message_ids)

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
        boxes = self._router.mailboxes
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
        tasks, boxes = self._background.tasks, self._router.mailboxes
        while tasks or boxes.busy:
            await asyncio.wait([*tasks, *boxes.busy])

    async def drain(self, seconds: float) -> None:
        """Finish running turns; what is not done after `seconds` is cancelled and keeps its partial text."""
        late = await self._router.mailboxes.drain(seconds)
        self._router.lobby.close()
        if self._background.tasks:
            _, pending = await asyncio.wait(self._background.tasks, timeout=1.0 if late else seconds)
            for task in pending:
                task.cancel()
            if pending:
                await asyncio.wait(pending)
        await self._conductor.settle()

    def stop_answer(self, place: Place) -> bool:
        """Stop what is being answered in a conversation; True when something was."""
        return self._router.mailboxes.stop(place.conversation)

    # --- the way in ---

    async def _submit(self, incoming: Incoming) -> None:
        self.handled(incoming.place.platform)
        bound = self._router.bound(incoming)
        incoming = sheltered(incoming, bound.command if bound is not None else None)
        incoming = self._threshold.judged(self._discretion.placed(self._groups.placed(incoming)))
        if incoming.edits:
            if self._doorkeeper.admits(incoming) and self._passes(incoming, quietly=True):
                await self._router.changes.edited(incoming)
            return
        verdict = self._doorkeeper.decide(incoming, bots=self._groups.lets_bots(incoming))
        if verdict is Verdict.TELL:
            self._spawn(self._remarks.turn_away(incoming))
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
            self._spawn(self._remarks.tell(incoming, refusal))
        return refusal is None

    async def _consider(self, incoming: Incoming) -> None:
        if await self._groups.worth_answering(incoming):
            await self._accept(incoming)

    async def _accept(self, incoming: Incoming) -> None:
        incoming = await self._replies.read(incoming)
        letter = Letter(secrets.token_hex(8), incoming)
        if not await self._intakes.take_in(letter):
            return
        if self._away.missed(incoming):
            self._spawn(self._conductor.conduct(incoming, [letter], self._away.tell))
            return
        self._enter(letter)

    def _enter(self, letter: Letter) -> None:
        """To the work, through a thread of its own where the channel asks for one."""
        self._acquaintance.meet(letter.incoming)
        if self._groups.wants_thread(letter.incoming):
            self._spawn(self._enter_thread(letter))
        else:
            self._router.route(letter)

    async def _enter_thread(self, letter: Letter) -> None:
        self._router.route(replace(letter, incoming=await self._groups.threaded(letter.incoming)))

    def _spawn(self, work: Coroutine[None, None, None]) -> None:
        self._background.spawn(work)
