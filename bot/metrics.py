"""What /metrics says: how the house is doing, in numbers. No names, ids or words of anybody."""

from __future__ import annotations

import asyncio
import os
import resource
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version

from bot.engine.turns.workload import Workload
from bot.errors import GondolaError
from bot.exposition import Exposition
from bot.supervision import Platform
from bot.totals import HasTotals, Totals
from bot.venice.tally import Tally

KEPT_SECONDS = 10.0
"""How long the database's sums are good: adding up a ledger costs, and several may ask."""
LONGEST_SECONDS = 5.0
_MICRO = 1_000_000


@dataclass(frozen=True, slots=True)
class Sources:
    """Where the numbers come from."""

    platforms: Callable[[], Sequence[Platform]]
    last_handled: Callable[[str], float | None]
    workload: Callable[[], Workload]
    venice: Tally
    store: HasTotals


class Metrics:
    """Call it for the text."""

    def __init__(self, sources: Sources) -> None:
        self._sources = sources
        self._started = time.time()
        self._totals: Totals | None = None
        self._asked = -KEPT_SECONDS
        self._took = 0.0
        self._one = asyncio.Lock()

    async def __call__(self) -> str:
        """Everything, now."""
        page = Exposition()
        self._program(page)
        self._platforms(page)
        self._work(page)
        self._venice(page)
        totals = await self._database()
        page.gauge("gondola_database_up", "Whether the database answers.", int(totals is not None))
        page.gauge("gondola_database_seconds", "Seconds the last sums took.", self._took)
        if totals is not None:
            _house(page, totals)
        return page.text()

    def forget(self) -> None:
        """Ask the database anew the next time."""
        self._asked = -KEPT_SECONDS

    def _program(self, page: Exposition) -> None:
        try:
            running = version("gondola")
        except PackageNotFoundError:
            running = "unknown"
        python = ".".join(str(part) for part in sys.version_info[:3])
        page.gauge("gondola_info", "Versions.", [({"version": running, "python": python}, 1)])
        page.gauge("process_start_time_seconds", "When this process started.", self._started)
        used = resource.getrusage(resource.RUSAGE_SELF)
        page.counter("process_cpu_seconds_total", "Processor time used.", used.ru_utime + used.ru_stime)
        page.gauge("process_resident_memory_bytes", "Memory used now.", _resident())
        page.gauge("process_open_fds", "Open files and connections.", _open_files())
        page.gauge("gondola_tasks", "Tasks of the event loop.", len(asyncio.all_tasks()))

    def _platforms(self, page: Exposition) -> None:
        platforms = self._sources.platforms()
        page.gauge(
            "gondola_platform_up",
            "Whether something came from the platform lately (the page: whether it is open).",
            [({"platform": one.name}, int(one.hearing)) for one in platforms],
        )
        heard = [(one.name, self._sources.last_handled(one.name)) for one in platforms]
        page.gauge(
            "gondola_platform_last_event_timestamp_seconds",
            "When something last came from the platform.",
            [({"platform": name}, at) for name, at in heard if at is not None],
        )

    def _work(self, page: Exposition) -> None:
        work = self._sources.workload()
        page.gauge("gondola_conversations_busy", "Conversations being worked on.", work.busy)
        page.gauge("gondola_turns_waiting", "Questions in line behind another one.", work.waiting)
        page.counter(
            "gondola_turns_total",
            "Turns since the start, by how they ended.",
            [
                ({"platform": platform, "outcome": outcome}, number)
                for (platform, outcome), number in sorted(work.ended.items())
            ],
        )

    def _venice(self, page: Exposition) -> None:
        tally = self._sources.venice
        page.gauge("gondola_venice_calls_open", "Calls whose answer has not begun.", tally.open)
        page.counter(
            "gondola_venice_calls_total",
            "Calls to Venice since the start, by the first part of the path and how they ended.",
            [
                ({"area": area, "outcome": outcome}, number)
                for (area, outcome), number in sorted(tally.calls.items())
            ],
        )
        page.counter(
            "gondola_venice_wait_seconds_total",
            "Seconds until answers began; divide by gondola_venice_calls_total.",
            [({"area": area}, seconds) for area, seconds in sorted(tally.seconds.items())],
        )

    async def _database(self) -> Totals | None:
        async with self._one:
            started = time.monotonic()
            if started - self._asked < KEPT_SECONDS:
                return self._totals
            try:
                async with asyncio.timeout(LONGEST_SECONDS):
                    self._totals = await self._sources.store.totals()
            except (GondolaError, TimeoutError):
                self._totals = None
            self._asked = time.monotonic()
            self._took = self._asked - started
            return self._totals


def _house(page: Exposition, totals: Totals) -> None:
    page.gauge("gondola_database_bytes", "Size of the database.", totals.size)
    page.gauge(
        "gondola_journal_turns",
        "Turns in the journal by state.",
        [({"state": state}, number) for state, number in sorted(totals.turns.items())],
    )
    by_medium = sorted(totals.spent.items())
    page.counter(
        "gondola_spent_usd_total",
        "Dollars in the ledger.",
        [({"medium": medium}, spent.cost / _MICRO) for medium, spent in by_medium],
    )
    page.counter(
        "gondola_paid_calls_total",
        "Paid calls in the ledger.",
        [({"medium": medium}, spent.calls) for medium, spent in by_medium],
    )
    page.counter(
        "gondola_uncertain_bills_total",
        "Lines of the ledger settled at an estimate, because Venice told no price.",
        [({"medium": medium}, spent.uncertain) for medium, spent in by_medium],
    )
    page.gauge("gondola_reservations", "Calls that money is reserved for.", totals.reservations)
    page.gauge("gondola_reserved_usd", "Dollars reserved for calls under way.", totals.reserved / _MICRO)


def _resident() -> float:
    try:
        with open("/proc/self/statm", encoding="ascii") as file:
            return int(file.read().split()[1]) * float(resource.getpagesize())
    except OSError:  # no Linux: the peak has to do
        return float(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024)


def _open_files() -> int:
    try:
        return len(os.listdir("/proc/self/fd"))
    except OSError:
        return len(os.listdir("/dev/fd"))
