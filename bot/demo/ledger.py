"""The demo's account book: one line for each charge and refund. Venice writes several lines for a chat, by
prompt, answer and cache; here a call is one line, so that it always equals what was charged."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from bot.demo.jsonvalue import Json

BREACHES_KEPT = 50


def stamp(moment: datetime | None = None) -> str:
    """A moment as Venice writes it: UTC, milliseconds, Z."""
    at = moment or datetime.now(UTC)
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")


@dataclass(frozen=True, slots=True)
class Line:
    """`amount` in US dollars is negative for a charge."""

    at: datetime
    key_id: str
    model: str
    path: str
    amount: float
    notes: str
    request_id: str

    def row(self) -> dict[str, Json]:
        """As GET /billing/usage-history shows it."""
        details: dict[str, Json] = {
            "requestId": self.request_id,
            "promptTokens": None,
            "completionTokens": None,
            "inferenceExecutionTime": None,
        }
        return {
            "timestamp": stamp(self.at),
            "sku": self.sku,
            "units": 1,
            "pricePerUnitUsd": round(abs(self.amount), 8),
            "amount": round(self.amount, 8),
            "currency": "USD",
            "notes": self.notes,
            "inferenceDetails": details,
        }

    @property
    def sku(self) -> str:
        """What was sold."""
        return "-".join(part for part in (self.model.replace("/", "-"), *self.path.split("/")) if part)


@dataclass(frozen=True, slots=True)
class Breach:
    """A call that ran into a limit."""

    key_id: str
    model: str
    at: datetime

    def row(self) -> dict[str, Json]:
        """As GET /api_keys/rate_limits/log shows it."""
        return {
            "apiKeyId": self.key_id,
            "modelId": self.model,
            "rateLimitTier": "demo",
            "rateLimitType": "RPM",
            "timestamp": stamp(self.at),
        }


class Ledger:
    """Lines oldest first, and the last refused calls newest first."""

    def __init__(self) -> None:
        self._lines: list[Line] = []
        self._breaches: list[Breach] = []

    def add(self, key_id: str, model: str, path: str, amount: float, notes: str, request_id: str) -> None:
        """Writes a line; one of no money is not written."""
        if amount:
            now = datetime.now(UTC)
            self._lines.append(Line(now, key_id, model, path, amount, notes, request_id))

    def refuse(self, key_id: str, model: str) -> None:
        """Notes a call that was too fast."""
        self._breaches.insert(0, Breach(key_id, model, datetime.now(UTC)))
        del self._breaches[BREACHES_KEPT:]

    @property
    def lines(self) -> Sequence[Line]:
        return self._lines

    @property
    def breaches(self) -> Sequence[Breach]:
        return self._breaches

    def spent(self, key_id: str) -> float:
        """US dollars a key has spent."""
        return max(0.0, -sum(line.amount for line in self._lines if line.key_id == key_id))
