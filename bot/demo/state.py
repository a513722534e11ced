"""What one running demo knows: recorded requests, balance, prefix memory, and one request's call."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from secrets import token_hex

from bot.demo.churn import Churn
from bot.demo.faults import Fault, FaultKind, FaultScript
from bot.demo.jobbook import JobBook
from bot.demo.jsonvalue import Json, JsonObject, as_object, as_text
from bot.demo.keyring import KeyRing, key_id_of
from bot.demo.ledger import Ledger
from bot.demo.prefixes import PrefixMemory

START_BALANCE_USD = 25.0
JOB_SECONDS = 6.0
"""How long a film or a piece of music takes, unless told otherwise."""
FASTEST_PACE = 1e9
"""Tokens a second that stand for: no wait at all. Infinity would not survive the arithmetic."""


@dataclass(frozen=True, slots=True)
class Upload:
    """One file of a multipart request."""

    filename: str
    content_type: str
    data: bytes


@dataclass(slots=True)
class RecordedRequest:
    """One request as it came in, and how it ended.

    `files` has one file a name, `uploads` all of them in order.
    `path` is below /api/v1; header names are lower case; `at` and `ended_at` are time.monotonic() seconds;
    `status` is None when no answer was given. `tokens_sent` counts streamed tokens; `cut_off` says the
    caller went away before the answer was complete; `cost_usd` is what the demo charged; `request_id` is told
    as CF-RAY.
    """

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    at: float
    json: Json = None
    form: Mapping[str, str] = field(default_factory=dict[str, str])
    files: Mapping[str, Upload] = field(default_factory=dict[str, Upload])
    uploads: Sequence[tuple[str, Upload]] = ()
    status: int | None = None
    tokens_sent: int = 0
    cut_off: bool = False
    cost_usd: float = 0.0
    request_id: str = field(default_factory=lambda: f"{token_hex(8)}-DMO")
    ended_at: float | None = None

    @property
    def secret(self) -> str:
        """The key it came with, empty for none."""
        return self.headers.get("authorization", "").partition(" ")[2].strip()

    @property
    def model(self) -> str:
        """The model the request names, empty when none."""
        fields = {**self.form, **as_object(self.json)}
        return as_text(fields.get("model")) or as_text(fields.get("modelId"))


class DemoState:
    """Shared by all requests of one demo."""

    def __init__(self, pace: float, keys: frozenset[str] | None) -> None:
        self.pace = min(pace, FASTEST_PACE)
        self.keys = keys
        self.faults = FaultScript()
        self.churn = Churn()
        self.requests: list[RecordedRequest] = []
        self.prefixes = PrefixMemory()
        self.jobs = JobBook()
        self.ledger = Ledger()
        self.keyring = KeyRing()
        self.cloned_voices: dict[str, str] = {}
        self.job_seconds = JOB_SECONDS
        self.balance_usd = START_BALANCE_USD
        self.stopping = asyncio.Event()
        self._windows: dict[tuple[str, int], int] = {}

    def charge(self, record: RecordedRequest, cost_usd: float, request_id: str = "") -> None:
        """Takes money for a request, and writes it down under the id its answer has, else that of its
        headers."""
        record.cost_usd += cost_usd
        self.balance_usd = max(0.0, self.balance_usd - cost_usd)
        name = request_id or record.request_id
        self.ledger.add(self.key_id(record), record.model, record.path, -cost_usd, "API usage", name)

    def refund(self, record: RecordedRequest, cost_usd: float, request_id: str) -> None:
        """Gives the price of a failed job back."""
        self.balance_usd += cost_usd
        self.ledger.add(self.key_id(record), record.model, record.path, cost_usd, "Refund", request_id)

    def key_id(self, record: RecordedRequest) -> str:
        """The id of the key a request came with."""
        key = self.keyring.by_secret(record.secret)
        return key_id_of(record.secret) if key is None else key.id

    def count(self, model: str) -> int:
        """How many requests this model had in the running minute, this one included."""
        minute = int(time.time() // 60)
        if any(key[1] != minute for key in self._windows):
            self._windows.clear()
        used = self._windows.get((model, minute), 0) + 1
        self._windows[(model, minute)] = used
        return used


@dataclass(slots=True)
class Call:
    """One request being answered."""

    state: DemoState
    record: RecordedRequest
    transport: asyncio.Transport
    fault: Fault | None = None

    def has(self, kind: FaultKind) -> bool:
        return self.fault is not None and self.fault.kind is kind

    @property
    def body(self) -> JsonObject:
        return as_object(self.record.json)

    @property
    def is_form(self) -> bool:
        """Whether the request is a multipart form."""
        return self.record.headers.get("content-type", "").startswith("multipart/form-data")

    @property
    def gone(self) -> bool:
        """The caller has closed the connection, or the demo is stopping."""
        return self.transport.is_closing() or self.state.stopping.is_set()

    async def wait(self, seconds: float) -> None:
        """Sleeps, but not past the demo's stop."""
        try:
            await asyncio.wait_for(self.state.stopping.wait(), seconds)
        except TimeoutError:
            return

    async def hold(self) -> None:
        """Silence until the caller or the demo gives up."""
        while not self.gone:
            await self.wait(0.02)
