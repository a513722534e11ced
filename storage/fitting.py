"""Which calls fit under their caps, and how much of a call a person's credits have to pay."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from bot.records import Admission, CapLine, Refusal
from storage.rows import Params


@dataclass(frozen=True, slots=True)
class Fitted:
    """A call with the part of its price that credits pay, in micro-USD. That part counts on none of the caps
    in money that are the person's own, which count the rest; all other caps count the whole."""

    call: Admission
    credit: int = 0

    @property
    def lines(self) -> tuple[CapLine, ...]:
        """What the call draws on its counters."""
        if not self.credit:
            return self.call.lines
        return tuple(
            replace(line, amount=line.amount - self.credit) if line.personal else line
            for line in self.call.lines
        )


def judge(
    batch: Iterable[Admission], used: Mapping[str, int], credits_of: Mapping[str, int]
) -> list[Fitted | Refusal]:
    """What becomes of each in order, given what is used, what people have free, and nobody else drawing on
    either."""
    now, free = Counter(used), Counter(credits_of)
    verdicts: list[Fitted | Refusal] = []
    for one in batch:
        fitted = Fitted(one, _beyond(one, now))
        if fitted.credit > free[one.person]:
            fitted = Fitted(one)
        full = next((line for line in fitted.lines if line.amount and not _fits(line, now)), None)
        if full is not None:
            left = free[one.person] if full.personal else 0
            verdicts.append(Refusal(full, now[full.counter], left))
            continue
        free[one.person] -= fitted.credit
        now.update({line.counter: line.amount for line in fitted.lines})
        verdicts.append(fitted)
    return verdicts


def _beyond(one: Admission, used: Mapping[str, int]) -> int:
    """How much of the price the person's own caps do not leave."""
    over = (
        min(line.amount, used.get(line.counter, 0) + line.amount - line.limit)
        for line in one.lines
        if line.personal
    )
    return max(0, max(over, default=0))


def _fits(line: CapLine, used: Mapping[str, int]) -> bool:
    return used.get(line.counter, 0) + line.amount <= line.limit


def drawn(lines: Iterable[CapLine]) -> list[Params]:
    """One row a counter, sorted by key: amounts summed, the lower limit where they differ. A line that
    credits pay whole draws on nothing, and so not on a counter that is beyond its limit."""
    totals: dict[str, tuple[int, int, int]] = {}
    for line in lines:
        if not line.amount:
            continue
        amount, limit, _ = totals.get(line.counter, (0, line.limit, 0))
        totals[line.counter] = (amount + line.amount, min(limit, line.limit), line.resets_at)
    return [
        {"counter": counter, "used": amount, "ceiling": limit, "resets_at": resets_at}
        for counter, (amount, limit, resets_at) in sorted(totals.items())
    ]


def fits_fresh(row: Params) -> bool:
    """Whether a counter that nobody has drawn on holds that much."""
    used, ceiling = row["used"], row["ceiling"]
    return isinstance(used, int) and isinstance(ceiling, int) and used <= ceiling
