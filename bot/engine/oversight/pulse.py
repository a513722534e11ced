"""The house counts itself: turns, how long they took, what Venice's cache spared, what went wrong.

Counted in memory and written every few seconds in one statement, so that a turn costs none. What a process
counted since, a few seconds' worth, is lost when it is killed; the ledger is not.
"""

from __future__ import annotations

import asyncio
from collections import Counter, deque

import structlog

from bot.dashboard import LiveEvent, LiveKind
from bot.engine.doors.hashing import Hasher
from bot.engine.money.cashier import Bill, Hold, Payer
from bot.engine.oversight.broadcast import Broadcast
from bot.engine.oversight.chores import Ran
from bot.engine.oversight.titles import Titles
from bot.engine.turns.turn import Turn
from bot.engine.turns.workload import Outcome
from bot.errors import Fault, GondolaError, PlatformError, VeniceError
from bot.figures import BUCKET_SECONDS, Count, Figures, Incident, Measure, latency
from bot.messages import Place
from bot.ports import Clock

log: structlog.stdlib.BoundLogger = structlog.get_logger()

WRITE_SECONDS = 5.0
MOST_COUNTS = 20_000
"""Sums that wait while the database does not answer; beyond that they are given up."""
MOST_INCIDENTS = 500


class Pulse:
    """Hears of everything that happens and never fails or waits for it."""

    def __init__(self, figures: Figures, hasher: Hasher, clock: Clock) -> None:
        self._figures = figures
        self._hasher = hasher
        self._clock = clock
        self._counts: Counter[tuple[int, str, str]] = Counter()
        self._incidents: deque[Incident] = deque(maxlen=MOST_INCIDENTS)
        self.broadcast = Broadcast(clock)
        self.titles = Titles()

    # --- what happens ---

    def began(self, turn: Turn) -> None:
        """Somebody asked something."""
        self.titles.note(turn.incoming)
        self._publish(LiveKind.ASKED, turn.incoming.place, turn.person, turn.id)

    def ended(self, turn: Turn, outcome: Outcome) -> None:
        """A turn is over. How long it took is counted where it called Venice and was answered."""
        took = max(0.0, self._clock() - turn.now)
        server = turn.incoming.place.server_key
        self._count(server, Measure(outcome.value).value)
        if outcome is Outcome.ANSWERED and turn.settlements:
            self._count(server, latency(took))
        self._publish(LiveKind(outcome.value), turn.incoming.place, turn.person, turn.id, seconds=took)

    def paid(self, payer: Payer, hold: Hold, bill: Bill, took: float) -> None:
        """A call was settled, `took` seconds after its money was reserved."""
        if bill.prompt:
            self._count(payer.place.server_key, Measure.PROMPT.value, bill.prompt)
            self._count(payer.place.server_key, Measure.CACHED.value, bill.cached)
        self._publish(
            LiveKind.PAID,
            payer.place,
            payer.person,
            payer.turn_id,
            medium=hold.medium,
            model=hold.model,
            seconds=took,
            cost=bill.cost or 0,
        )

    def trouble(self, place: Place, error: BaseException, turn_id: str = "") -> None:
        """Something went wrong that nobody who asked can mend."""
        fault = error.fault if isinstance(error, GondolaError) else Fault.GONDOLA
        self._incidents.append(
            Incident(
                self._clock(),
                place.platform,
                place.server_key,
                self.veiled(place),
                _kind(error),
                fault.value,
                (error.request_id or "") if isinstance(error, GondolaError) else "",
                turn_id,
            )
        )

    def platform_trouble(self, platform: str, error: BaseException) -> None:
        """A platform failed and is built anew, or cannot be."""
        self.trouble(Place(platform, "", ""), error)

    def veiled(self, place: Place) -> str:
        """The channel's key; of a direct chat, whose id may be a person's, a hash. "" for no channel."""
        if not place.channel:
            return ""
        return place.channel_key if place.space else veil(self._hasher, place.channel_key)

    # --- writing it down ---

    async def keep(self, ran: Ran) -> None:
        """Write every few seconds, until cancelled; `ran` hears of every time."""
        while True:
            await asyncio.sleep(WRITE_SECONDS)
            ran("figures", await self.flush())

    async def flush(self) -> str:
        """Write what was counted; when the database does not answer it waits for the next time. Returns why
        it failed, "" for well."""
        counts, self._counts = self._counts, Counter()
        incidents = list(self._incidents)
        self._incidents.clear()
        if not counts and not incidents:
            return ""
        try:
            await self._figures.add([Count(*key, amount) for key, amount in counts.items()], incidents)
        except GondolaError as error:
            log.warning("pulse.unwritten", reason=error.detail)
            self._counts += counts
            self._incidents.extendleft(reversed(incidents))
            if len(self._counts) > MOST_COUNTS:
                self._counts.clear()
            return error.detail
        return ""

    def _count(self, server: str, measure: str, amount: int = 1) -> None:
        bucket = int(self._clock()) // BUCKET_SECONDS * BUCKET_SECONDS
        self._counts[bucket, server, measure] += amount

    def _publish(
        self,
        kind: LiveKind,
        place: Place,
        person: str,
        turn_id: str,
        *,
        medium: str = "",
        model: str = "",
        seconds: float = 0.0,
        cost: int = 0,
    ) -> None:
        self.broadcast.publish(
            LiveEvent(
                self._clock(),
                kind,
                place.platform,
                place.server_key,
                self.veiled(place),
                person,
                turn_id,
                medium,
                model,
                seconds,
                cost,
            )
        )


def veil(hasher: Hasher, channel_key: str) -> str:
    """A channel key with a hash in the place of the chat's id."""
    kind, platform, chat = channel_key.split(":", 2)
    return f"{kind}:{platform}:~{hasher.text(chat)[:12]}"


def _kind(error: BaseException) -> str:
    """The class of an error with what sort it is, never its words: they may be somebody's."""
    for family in (VeniceError, PlatformError):
        if isinstance(error, family):
            return f"{family.__name__} {error.failure.value}"
    return type(error).__name__
