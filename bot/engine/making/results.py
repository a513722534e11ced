"""What was made, as bytes: in memory while it is on its way, in the vault for a week, else at Venice."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field

import structlog

from bot.engine.making.board import place_of
from bot.keeping import FILE_LIMIT, KEPT_SECONDS, KeptFile, Vault
from bot.media.fitting import Unfit, look, smaller_film, smaller_sound
from bot.orders import Order
from bot.ports import Clock

log: structlog.stdlib.BoundLogger = structlog.get_logger()

_SMALLER: dict[bool, tuple[Callable[[bytes, int], bytes], str, str]] = {
    True: (smaller_film, "video/mp4", "mp4"),
    False: (smaller_sound, "audio/mpeg", "mp3"),
}


@dataclass(frozen=True, slots=True)
class Result:
    """A film or a sound."""

    data: bytes = field(repr=False)
    mime: str
    name: str


def shrunk(result: Result, limit: int, *, film: bool) -> Result:
    """A result of at most `limit` bytes. Takes a while. Raises Unfit."""
    shrink, mime, ext = _SMALLER[film]
    return Result(shrink(result.data, limit), mime, f"{result.name.rpartition('.')[0]}.{ext}")


async def _bounded(result: Result) -> Result:
    """Small enough for the vault, as it is where that cannot be."""
    try:
        seen = await asyncio.to_thread(look, result.data)
        return await asyncio.to_thread(shrunk, result, FILE_LIMIT, film=seen.film)
    except Unfit as error:
        log.warning("result.unfit", reason=str(error), size=len(result.data))
        return result


class Results:
    """Keeps results and finds them again."""

    def __init__(self, vault: Vault, clock: Clock) -> None:
        self._vault = vault
        self._clock = clock
        self._at_hand: dict[str, Result] = {}

    async def keep(self, order: Order, result: Result) -> str:
        """Keep a result, made smaller where the vault wants that; returns its id there, "" where it is not
        kept."""
        if len(result.data) > FILE_LIMIT:
            result = await _bounded(result)
        self._at_hand[order.id] = result
        now, place = self._clock(), place_of(order)
        file = KeptFile(
            id=order.id,
            room=place.room,
            conversation=place.conversation,
            person=order.person,
            name=result.name,
            mime=result.mime,
            data=result.data,
            created_at=now,
            expires_at=now + KEPT_SECONDS,
        )
        return order.id if order.id in await self._vault.keep([file]) else ""

    async def find(self, order: Order) -> Result | None:
        """The result, None when it is neither at hand nor in the vault."""
        at_hand = self._at_hand.get(order.id)
        if at_hand is not None:
            return at_hand
        kept = await self._vault.get(order.kept, self._clock()) if order.kept else None
        return Result(kept.data, kept.mime, kept.name) if kept is not None else None

    async def unwanted(self, order: Order) -> None:
        """The order ended, or was erased, while its result was being kept: nobody will look for it."""
        self.let_go(order)
        await self._vault.drop(order.id)

    def let_go(self, order: Order) -> None:
        """It is no longer needed at hand."""
        self._at_hand.pop(order.id, None)
