"""Which of the messages in a group are meant for the bot, and what becomes of the others."""

from __future__ import annotations

from dataclasses import replace
from enum import StrEnum

from bot.engine.doors.hashing import Hasher
from bot.engine.groups.ambient import Gate
from bot.engine.groups.botloops import BotLoops
from bot.engine.groups.overheard import Overheard
from bot.engine.groups.threads import Threads
from bot.engine.settings.book import PlaceSettings, SettingsBook
from bot.messages import Addressed, Incoming

_ALWAYS_OURS = (Addressed.COMMAND, Addressed.BUTTON, Addressed.DIRECT)
_GATE_LINES = 10
HEARD = "heard"
"""The setting by which people agree to be context."""


class Meant(StrEnum):
    """PERHAPS is left to the gate (`worth_answering`)."""

    FOR_US = "for us"
    PERHAPS = "perhaps"
    NOT_FOR_US = "not for us"


class Groups:
    """Decides about messages of those who may come in; nothing of strangers arrives here."""

    def __init__(
        self,
        settings: SettingsBook,
        hasher: Hasher,
        overheard: Overheard,
        threads: Threads,
        gate: Gate,
        loops: BotLoops,
    ) -> None:
        self._settings = settings
        self._hasher = hasher
        self.overheard = overheard
        self._threads = threads
        self._gate = gate
        self._loops = loops

    def lets_bots(self, incoming: Incoming) -> bool:
        """Whether another bot may speak to this one here."""
        return incoming.author.is_bot and self._of(incoming).flag("bots")

    def placed(self, incoming: Incoming) -> Incoming:
        """The event in its author's own conversation, where people do not share one."""
        place = incoming.place
        personal = not place.direct and self._of(incoming).text("memory") == "personal"
        return replace(incoming, place=replace(place, member=incoming.author.id)) if personal else incoming

    async def decide(self, incoming: Incoming) -> Meant:
        """Whether to answer. A line that is not for the bot may become context."""
        if incoming.addressed in _ALWAYS_OURS:
            return Meant.FOR_US
        settings = self._of(incoming)
        meant = await self._meant(incoming, settings.text("activation"))
        counts = meant is Meant.FOR_US or not incoming.author.is_bot
        if counts and not self._loops.admits(incoming):
            return Meant.NOT_FOR_US
        if meant is Meant.NOT_FOR_US:
            self._overhear(incoming, settings)
        return meant

    async def worth_answering(self, incoming: Incoming) -> bool:
        """Ask the gate about a line of an ambient channel."""
        settings = self._of(incoming)
        most = min(_GATE_LINES, int(settings.number("overhear") or 0))
        around = self.overheard.lines(incoming.place.room, most)
        wanted = await self._gate.wants(incoming, self._hasher.person(incoming.author), settings, around)
        if not wanted:
            self._overhear(incoming, settings)
        return wanted

    def _overhear(self, incoming: Incoming, settings: PlaceSettings) -> None:
        """Keep a line as context, where the place wants that and its author agreed."""
        agreed = settings.text(HEARD) == "on" and not incoming.off_record
        if agreed and settings.number("overhear"):
            self.overheard.note(incoming)

    def wants_thread(self, incoming: Incoming) -> bool:
        """Whether the question gets a thread of its own."""
        return self._threads.wanted(incoming, self._of(incoming).text("activation"))

    async def threaded(self, incoming: Incoming) -> Incoming:
        """The question in its thread, or where it was if that was refused."""
        return self.placed(await self._threads.opened(incoming))

    async def _meant(self, incoming: Incoming, activation: str) -> Meant:
        if activation == "off":
            return Meant.NOT_FOR_US
        if incoming.addressed is not Addressed.OVERHEARD or activation == "always":
            return Meant.FOR_US
        if activation == "ambient":
            return Meant.PERHAPS
        ours = activation == "thread" and await self._threads.ours(incoming.place)
        return Meant.FOR_US if ours else Meant.NOT_FOR_US

    def _of(self, incoming: Incoming) -> PlaceSettings:
        return self._settings.resolve(incoming.place, incoming.author)
