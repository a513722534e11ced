"""The demo's queue: ordered films and sounds, kept in memory, each ready after its scripted time."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from secrets import token_hex, token_urlsafe

from bot.demo.faults import Fault, FaultKind

KEPT_SECONDS = 24 * 3600
Render = Callable[[], bytes]


def new_token() -> str:
    """The secret part of an address."""
    return token_urlsafe(24)


@dataclass(slots=True)
class DemoJob:
    """One order. `seconds` is how long it takes; `token` is set for films at an address of their own."""

    kind: str
    model: str
    media_type: str
    cost_usd: float
    seconds: float
    render: Render
    token: str = ""
    fault: Fault | None = None
    id: str = field(default_factory=lambda: token_hex(16))
    since: float = field(default_factory=time.monotonic)
    deleted: bool = False
    refunded: bool = False
    _media: bytes | None = None
    _lock: asyncio.Lock = field(default_factory=asyncio.Lock)

    @property
    def running(self) -> float:
        """Seconds since the order."""
        return time.monotonic() - self.since

    @property
    def ready(self) -> bool:
        return self.running >= self.seconds

    @property
    def gone(self) -> bool:
        """Deleted or expired; an order scripted to expire does so when it would be ready."""
        expires = self.fault is not None and self.fault.kind is FaultKind.JOB_EXPIRES
        return self.deleted or self.running > KEPT_SECONDS or (expires and self.ready)

    async def media(self) -> bytes:
        """The film or sound, made once."""
        async with self._lock:
            if self._media is None:
                self._media = await asyncio.to_thread(self.render)
        return self._media


class JobBook:
    """Every order of one running demo."""

    def __init__(self) -> None:
        self._jobs: dict[str, DemoJob] = {}

    def add(self, job: DemoJob, fault: Fault | None) -> DemoJob:
        """Takes an order; `fault` is the one scripted for it."""
        if fault is not None and fault.kind in (FaultKind.JOB_FAILS, FaultKind.JOB_EXPIRES):
            job.fault = fault
        if fault is not None and fault.kind is FaultKind.JOB_LASTS:
            job.seconds = fault.seconds
        self._jobs[job.id] = job
        return job

    def finish(self) -> None:
        """Makes every order ready now."""
        for job in self._jobs.values():
            job.seconds = 0

    def find(self, kind: str, model: str, job_id: str) -> DemoJob | None:
        """The order of this id, None when there is nothing to fetch."""
        job = self._jobs.get(job_id)
        known = job is not None and (job.kind, job.model) == (kind, model) and not job.gone
        return job if known else None

    def at(self, token: str) -> DemoJob | None:
        """The finished film at this address."""
        job = next((one for one in self._jobs.values() if token and one.token == token), None)
        return job if job is not None and job.ready and not job.gone else None
