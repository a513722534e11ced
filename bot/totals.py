"""Vocabulary of sums over the whole house, for those who watch it: numbers only, nobody's name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Spent:
    """What the ledger holds of a medium: paid calls, those settled at an estimate, and micro-USD."""

    calls: int
    uncertain: int
    cost: int


@dataclass(frozen=True, slots=True)
class Totals:
    """`turns` counts journalled turns by state, `reserved` is micro-USD held for calls under way, `size` the
    bytes of the database (of the schema's tables on PostgreSQL)."""

    turns: Mapping[str, int]
    spent: Mapping[str, Spent]
    reservations: int
    reserved: int
    size: int


class HasTotals(Protocol):
    """Storage that can add itself up."""

    async def totals(self) -> Totals:
        """Everything, read at once. Raises GondolaError."""
        ...
