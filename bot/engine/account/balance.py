"""Noticing that the Venice account runs low, from the headers of ordinary answers and a look now and then."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, replace
from decimal import ROUND_FLOOR, Decimal
from enum import IntEnum

import structlog

from bot.engine.money.caps import dollars
from bot.engine.settings.book import SettingsBook
from bot.engine.side.sidecalls import Background
from bot.engine.turns.directs import Directs
from bot.errors import GondolaError, VeniceError, VeniceFailure
from bot.ports import Clock
from bot.storing import Marks
from bot.venice import HOUSE, Credential, Notices

log: structlog.stdlib.BoundLogger = structlog.get_logger()

MARK = "venice-balance"
EMPTY_QUIET = 6 * 3_600.0
"""Seconds in which a second refusal for want of money is no news: a film may cost more than what is left
while chat goes on."""
_MICRO = Decimal(1_000_000)


class Level(IntEnum):
    """How the account stands; EMPTY means that Venice refused a call for want of money."""

    FINE = 0
    LOW = 1
    EMPTY = 2


@dataclass(frozen=True, slots=True)
class State:
    """What is remembered: each time the account got worse is a crossing of its own, told once. `left` is
    micro-USD (DIEM counted one to one), None for not known; `empty_at` Unix seconds."""

    level: int = Level.FINE
    crossing: int = 0
    left: int | None = None
    empty_at: float = 0.0


class BalanceWatch:
    """Tells the owners once for each time the account gets low or empty; a top-up arms it anew."""

    def __init__(
        self, marks: Marks, settings: SettingsBook, directs: Directs, background: Background, clock: Clock
    ) -> None:
        self._marks = marks
        self._settings = settings
        self._directs = directs
        self._background = background
        self._clock = clock
        self._state = State()

    async def load(self) -> None:
        """Where an earlier process left it."""
        stored = await self._marks.get(MARK)
        self._state = State(**json.loads(stored)) if stored else State()

    def hear(self, credential: Credential, heard: Notices | VeniceError) -> None:
        """Headers or a refusal of Venice. What is left is told per key, so only the house's own says
        something; that the account has nothing left, a key made for a server says as well."""
        house = credential.name == HOUSE
        if isinstance(heard, VeniceError):
            empty = heard.failure is VeniceFailure.BALANCE and not credential.foreign
            if empty or (house and heard.failure is VeniceFailure.SPEND_LIMIT):
                self._empty()
        elif house:
            self.look(heard.balance_usd, heard.balance_diem)

    def look(self, usd: str | None, diem: str | None) -> None:
        """What is left, as Venice writes it; a currency that is missing has nothing left, but when both are
        nothing is known."""
        if usd is None and diem is None:
            return
        left = _micro(usd) + _micro(diem)
        threshold = self._threshold()
        if left < threshold and self._state.level == Level.FINE:
            self._worse(Level.LOW, left)
        elif left >= threshold and self._state.level != Level.FINE:
            self._change(replace(self._state, level=Level.FINE, left=left))

    async def remind(self) -> None:
        """Tell those whom the last crossing has not reached, as after a restart."""
        if self._state.level != Level.FINE and self._threshold():
            await self._tell(self._state)

    def _empty(self) -> None:
        now = self._clock()
        quiet = now - self._state.empty_at < EMPTY_QUIET
        if self._state.level != Level.EMPTY and not quiet and self._threshold():
            self._state = replace(self._state, empty_at=now)
            self._worse(Level.EMPTY, self._state.left)

    def _worse(self, level: Level, left: int | None) -> None:
        self._change(replace(self._state, level=level, crossing=self._state.crossing + 1, left=left))

    def _change(self, state: State) -> None:
        self._state = state
        # Who is being answered just now reads what is wrong there; the next look tells them the rest.
        self._background.spawn(self._settle(state, self._directs.busy))

    async def _settle(self, state: State, busy: frozenset[str]) -> None:
        """Written down first: what was told once is not told again."""
        try:
            await self._marks.put(MARK, json.dumps(asdict(state)))
            if state.level != Level.FINE:
                log.warning("balance.low", level=Level(state.level).name.lower(), left_micro_usd=state.left)
                await self._tell(state, busy)
        except GondolaError as error:
            log.warning("balance.unwritten", reason=error.detail)

    async def _tell(self, state: State, busy: frozenset[str] = frozenset()) -> None:
        words = _words(state, self._threshold())
        await self._directs.tell_owners(f"balance:{state.crossing}", words, not_now=busy)

    def _threshold(self) -> int:
        return round((self._settings.everywhere().number("low_balance") or 0) * 1_000_000)


def _words(state: State, threshold: int) -> str:
    if state.level == Level.EMPTY:
        return (
            "Venice refused a call because the account's balance, or the limit of its key, does not cover "
            "it. Top it up at https://venice.ai/settings/api; `/account` shows what is left."
        )
    return (
        "The Venice account, or what its key may still spend, is running low: "
        f"{dollars(state.left or 0)} is left. Top it up at "
        f"https://venice.ai/settings/api. I tell you below {dollars(threshold)} (`/settings low_balance`); "
        "`/account` shows more."
    )


def _micro(amount: str | None) -> int:
    try:
        number = Decimal(amount or "0") * _MICRO
    except ArithmeticError:
        return 0
    return int(number.to_integral_value(ROUND_FLOOR)) if number.is_finite() else 0
