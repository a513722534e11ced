"""Caps on the dashboard: what is set, how much of it is used, and changing it."""

from __future__ import annotations

from collections.abc import Sequence

from bot.commands.limits import parse_amount
from bot.dashboard import CAPS_SHOWN, CapBar, Page, Viewer
from bot.declarations import Medium
from bot.desk.cursors import paged
from bot.desk.fence import BOT, Fence, may_read, owners_only
from bot.engine.money.caps import CapsBook, period_at
from bot.errors import UserError
from bot.overseeing import Overseen
from bot.ports import Clock
from bot.records import ALL_MEDIA, Cap, CapPeriod, CapUnit, counter_key
from bot.storing import Money

NO_CAP = "There is no such cap any more."
NO_SCOPE = "A cap holds for the whole bot, each person, server or channel, or one of them: choose which."
NO_MEDIUM = "There is no such medium. There are: {}."
_EACH = ("user:*", "server:*", "channel:*")
_ONE = ("user:", "role:")


class Till:
    """Caps are the money of whoever owns the house, so owners alone change them, as with `/caps`."""

    def __init__(self, caps: CapsBook, money: Money, overseen: Overseen, fence: Fence, clock: Clock) -> None:
        self._caps = caps
        self._money = money
        self._overseen = overseen
        self._fence = fence
        self._clock = clock

    async def page(self, viewer: Viewer, cursor: str) -> Page[CapBar]:
        """See bot.dashboard.Desk.caps."""
        page = paged(await self._visible(viewer), _key, cursor)
        return Page(await self._bars(viewer, page.rows), page.cursor)

    async def fullest(self, viewer: Viewer) -> tuple[CapBar, ...]:
        """The caps of which the largest part is used, in the order of all."""
        bars = await self._bars(viewer, await self._visible(viewer))
        shown = sorted(bars, key=_part, reverse=True)[:CAPS_SHOWN]
        return tuple(bar for bar in bars if bar in shown)

    async def _bars(self, viewer: Viewer, found: Sequence[Cap]) -> tuple[CapBar, ...]:
        now = self._clock()
        keys = {cap: _counter(cap, now) for cap in found if not cap.for_each}
        used = {state.counter: state.used for state in await self._money.counters(list(keys.values()))}
        return tuple(
            CapBar(
                cap,
                used.get(keys[cap], 0) if cap in keys else None,
                period_at(cap.period, now).end,
                viewer.owner,
            )
            for cap in found
        )

    async def put(self, viewer: Viewer, scope: str, medium: str, period: CapPeriod, amount: str) -> CapBar:
        """See bot.dashboard.Desk.put_cap."""
        server = await self._server(viewer, scope)
        media = (ALL_MEDIA, *(one.value for one in Medium))
        if medium not in media:
            raise UserError(NO_MEDIUM.format(", ".join(media)))
        unit, limit = parse_amount(amount.strip())
        cap = Cap(scope, medium, unit, period, limit)
        await self._caps.put(cap, self._clock(), by=viewer.person, server=server)
        (bar,) = await self._bars(viewer, [cap])
        return bar

    async def clear(self, viewer: Viewer, scope: str, medium: str, unit: CapUnit, period: CapPeriod) -> None:
        """See bot.dashboard.Desk.clear_cap."""
        owners_only(viewer)
        server = await self._home(scope)
        removed = await self._caps.clear(
            scope, medium, unit, period, at=self._clock(), by=viewer.person, server=server
        )
        if not removed:
            raise UserError(NO_CAP)

    async def _server(self, viewer: Viewer, scope: str) -> str:
        """Whose admins may know of a cap on a scope, after checking that there can be one."""
        owners_only(viewer)
        if scope == BOT or scope in _EACH:
            return ""
        if scope.startswith(_ONE) and scope.split(":", 1)[1]:
            return ""
        if scope.startswith("thread:"):
            raise UserError(NO_SCOPE)
        return (await self._fence.site(viewer, scope)).server

    async def _home(self, scope: str) -> str:
        if scope in _EACH:
            return ""
        if scope.startswith("channel:"):
            return await self._overseen.home(scope) or ""
        return scope if scope.startswith("server:") else ""

    async def _visible(self, viewer: Viewer) -> list[Cap]:
        """Every cap somebody may know of."""
        caps = self._caps.all()
        if viewer.owner:
            return list(caps)
        channels = (cap.scope for cap in caps if cap.scope.startswith("channel:") and cap.scope not in _EACH)
        homes = await self._overseen.homes(channels)
        return [
            cap for cap in caps if cap.scope in _EACH or may_read(viewer, homes.get(cap.scope, cap.scope))
        ]


def _key(cap: Cap) -> str:
    return "/".join((cap.scope, cap.medium, cap.unit.value, cap.period.value))


def _part(bar: CapBar) -> float:
    """How much of a cap is used; of what each has for themselves nobody knows."""
    return (bar.used or 0) / max(1, bar.cap.limit)


def _counter(cap: Cap, now: float) -> str:
    return counter_key(cap.scope, cap.medium, cap.unit, cap.period, period_at(cap.period, now).name)
