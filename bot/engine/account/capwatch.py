"""Tells who manages a cap when half, four fifths and all of it are used: once per cap, level and period.

Beside the turns: every few seconds the counters that calls drew on are read at once. Only what is settled
counts, since a reservation is the worst case and most of it comes back. A cap of the whole bot is told to the
owners, one of a server to them and to whoever manages it, one of a channel to whoever manages that, one of a
direct chat to the person there. What each person may spend, by a cap of their own, of their role or of
everybody, is their own business: they alone are told, at 80 % with their next answer (`saving`) and by the
refusal.
"""

from __future__ import annotations

import structlog

from bot.engine.money.caplevels import NEAR, CapLevels, Filling
from bot.engine.money.caps import WHOLE_BOT, CapsBook, amount_words, cap_words
from bot.engine.money.resets import later, reset_words
from bot.engine.oversight.chores import Ran, come_round
from bot.engine.settings.book import SettingsBook
from bot.engine.turns.bulletin import Bulletin
from bot.engine.turns.directs import Directs
from bot.ports import Clock
from bot.records import PERSON_PREFIX, Announcement, CapLine
from bot.storing import Marks, Store

log: structlog.stdlib.BoundLogger = structlog.get_logger()

CHECK_SECONDS = 5.0
FULL = 100


class CapWatch:
    """Reads and tells."""

    def __init__(
        self,
        store: Store,
        settings: SettingsBook,
        levels: CapLevels,
        bulletin: Bulletin,
        directs: Directs,
        caps: CapsBook,
        clock: Clock,
    ) -> None:
        self._caps = caps
        self._money = store.money
        self._marks = store.marks
        self._settings = settings
        self._levels = levels
        self._bulletin = bulletin
        self._directs = directs
        self._clock = clock
        self._seen: dict[tuple[str, int], tuple[int, int]] = {}
        """The highest level told of a counter and limit, and when its period ends."""

    @property
    def remembered(self) -> frozenset[tuple[str, int]]:
        """The counters and limits of this time of which something was told."""
        return frozenset(self._seen)

    async def run(self, ran: Ran) -> None:
        """Look again and again, until cancelled; `ran` hears of every look."""
        await come_round("cap watch", self.check, ran, every=CHECK_SECONDS, first=CHECK_SECONDS)

    async def check(self) -> None:
        """Read what may have changed, and tell what is new."""
        waiting = self._levels.waiting()
        if not waiting:
            return
        now = self._clock()
        self._seen = {known: seen for known, seen in self._seen.items() if seen[1] > now}
        for filling in self._levels.read(await self._money.standing(list(waiting)), now):
            if filling.level and not filling.line.scope.startswith(PERSON_PREFIX):
                await self._reached(filling, now)

    async def _reached(self, filling: Filling, now: float) -> None:
        line, level = filling.line, filling.level
        known = line.counter, line.limit
        if self._seen.get(known, (0, 0))[0] >= level:
            return  # saves asking; what counts is the mark
        self._seen[known] = level, line.resets_at
        if await first_to_tell(self._marks, line, level):
            log.info("cap.level", scope=line.scope, medium=line.medium, period=line.period.value, level=level)
            await self._tell(filling, now)

    async def _tell(self, filling: Filling, now: float) -> None:
        line = filling.line
        occasion = f"cap:{line.counter}:{line.limit}:{filling.level}"
        chat = self._levels.chat(line)
        if chat is not None:
            words = level_words(filling, reset_words(line.resets_at, now, self._zone(chat.person)))
            if await self._directs.write(chat.place, occasion, words):
                return
        elif line.scope == WHOLE_BOT or line.scope.startswith("server:"):
            reached = await self._directs.tell_owners(
                occasion,
                lambda owner: level_words(filling, reset_words(line.resets_at, now, self._zone(owner))),
            )
            if line.scope == WHOLE_BOT and reached:
                return
        scope = chat.place.channel_key if chat is not None else line.scope
        words = level_words(filling, later(line.resets_at))
        await self._bulletin.post(Announcement(scope, f"cap:{line.counter}", words, now))

    def _zone(self, person: str) -> str:
        """The time zone of who reads it (keyed hash of an account), else that of the whole bot."""
        return self._caps.zone(self._caps.canonical(person)) or self._settings.at(WHOLE_BOT, "timezone")


async def first_to_tell(marks: Marks, line: CapLine, level: int) -> bool:
    """Whether nobody was told yet, in this period, of this level of a cap or a higher one. A cap that was
    changed and is used up again is told again."""
    mark, value = f"cap-told:{line.counter}", f"{level:03}"
    first = await marks.advance(mark, value)
    return await marks.claim(f"{mark}:{line.limit}", value) if level == FULL else first


def level_words(filling: Filling, until: str) -> str:
    """How far a cap is used, in a sentence or two; `until` says when it resets."""
    line = filling.line
    used = f"{amount_words(line.unit, filling.settled)} so far"
    if filling.level == FULL:
        return (
            f"{cap_words(line)} is used up ({used}), so I refuse what it covers. It resets at {until}. "
            "`/caps` shows and changes it."
        )
    saving = " I answer shorter or with a cheaper model where I have to." if filling.level >= NEAR else ""
    return f"{cap_words(line)} is {filling.percent} % used ({used}). It resets at {until}.{saving}"
