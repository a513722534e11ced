"""What is asked of an event before it is written down: who is turned away with which words, whether somebody
asks too much, and what the place allows."""

from __future__ import annotations

import math
from dataclasses import replace

from bot.declarations import Medium
from bot.engine.doors.access import Doorkeeper
from bot.engine.doors.adults import AdultRule
from bot.engine.doors.hashing import Hasher
from bot.engine.doors.pace import Pace
from bot.engine.doors.permits import PermitBook
from bot.engine.flow.pairingdesk import PairingDesk
from bot.engine.flow.pressing import stops
from bot.engine.settings.book import SettingsBook
from bot.engine.turns.texts import closed, too_fast
from bot.errors import NotAllowed
from bot.messages import Addressed, Incoming
from bot.ports import Clock


class Threshold:
    """Keeps nothing but what its parts keep."""

    def __init__(
        self,
        doorkeeper: Doorkeeper,
        desk: PairingDesk,
        permits: PermitBook,
        adults: AdultRule,
        settings: SettingsBook,
        hasher: Hasher,
        clock: Clock,
    ) -> None:
        self._doorkeeper = doorkeeper
        self._desk = desk
        self._permits = permits
        self._adults = adults
        self._hasher = hasher
        self._pace = Pace(lambda: int(settings.house("rate_limit").value or 0), clock)

    def judged(self, incoming: Incoming) -> Incoming:
        """The event with what its place allows, and without the words and files of who is shut out."""
        quoted = incoming.quoted
        if quoted is not None and self._doorkeeper.silenced(incoming.place, quoted.author):
            nobody = replace(quoted.author, name="")
            incoming = replace(incoming, quoted=replace(quoted, author=nobody, text="", attachments=()))
        return self._adults.judged(incoming)

    async def words(self, incoming: Incoming) -> str:
        """What a stranger is told."""
        return closed(await self._desk.invite(incoming), server=not incoming.place.direct)

    def refusal(self, incoming: Incoming) -> str | None:
        """Why an event of somebody who may come in goes no further: a sentence, "" for silence; None when
        it may pass, and is counted."""
        if self._doorkeeper.is_owner(incoming) or stops(incoming):
            return None
        if incoming.addressed is Addressed.OVERHEARD and not self._may_chat(incoming):
            return ""  # nobody asked, so nobody is refused
        if incoming.addressed is Addressed.OVERHEARD and incoming.edits:
            return None  # most of these were never a question
        person = self._hasher.person(incoming.author)
        seconds = self._pace.wait(person, incoming.album_id)
        if not seconds:
            return None
        # A slash command without an answer looks broken, and only its author sees the sentence.
        shown = self._pace.first_refusal(person, seconds) or (incoming.reply_handle and incoming.command)
        return too_fast(math.ceil(seconds)) if shown else ""

    def _may_chat(self, incoming: Incoming) -> bool:
        moderator = self._doorkeeper.is_moderator(incoming)
        gate = self._permits.gate(incoming, owner=False, moderator=moderator, role_style="")
        try:
            gate.check("", Medium.CHAT.value)
        except NotAllowed:
            return False
        return True
