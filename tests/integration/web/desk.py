"""A small desk for the dashboard's tests: two servers, people with hostile names, and one rule: who does not
own the house sees their servers only."""

from __future__ import annotations

import asyncio
import math
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeVar

from bot.auditing import AuditEntry, Change, ChangeKind
from bot.crediting import CreditAccount
from bot.dashboard import (
    PAGE_ROWS,
    PAGE_SERVERS,
    SPAN_STEPS,
    CapBar,
    Channel,
    CharacterLine,
    ChoreLine,
    Jobs,
    LiveEvent,
    Overview,
    Page,
    PersonLine,
    PlaceView,
    PlatformHealth,
    Server,
    SettingLine,
    Span,
    Step,
    Viewer,
)
from bot.declarations import OptionKind, Scope
from bot.errors import GondolaError, NotAllowed, UserError
from bot.figures import Incident, IncidentLine
from bot.overseeing import LedgerFilter, LedgerLine, OrderLine, ReminderLine
from bot.records import Cap, CapPeriod, CapUnit
from tests.integration.web.doordesk import HOME, HOSTILE, NOW, OTHER, DoorDesk

GENERAL, SECRET = "channel:discord:101", "channel:discord:201"
FORMULA = '=HYPERLINK("https://evil.example","x")'
ADA, BOB = "a1b2c3d4e5f60718", "0f1e2d3c4b5a6978"
ELSEWHERE = "There is no such place, or it is not yours to see."
SETTINGS = ("model", "persona", "search", "max_tokens", "ambient")
TOKENS = {"owner-token": Viewer(ADA, owner=True), "admin-token": Viewer(BOB, owner=False, servers=(HOME,))}
OTHERS = ("Other guild", "staff-room", OTHER, SECRET)
"""What whoever manages HOME must never read."""


T = TypeVar("T")


def _paged(rows: Sequence[T], key: Callable[[T], str], cursor: str, size: int = PAGE_ROWS) -> Page[T]:
    start = next((number for number, row in enumerate(rows, 1) if key(row) == cursor), 0)
    shown = tuple(rows[start : start + size])
    return Page(shown, key(shown[-1]) if len(rows) > start + size else "")


def _lines() -> list[LedgerLine]:
    places = [(HOME, GENERAL, ADA), (OTHER, SECRET, BOB), (HOME, GENERAL, BOB)]
    media = [("chat", "zai-org-glm-4.7"), ("image", "lagoon-draw"), ("chat", FORMULA)]
    lines: list[LedgerLine] = []
    for number in range(120, 0, -1):
        server, channel, person = places[number % 3]
        medium, model = media[number % 3]
        at, cost = NOW - (120 - number) * 3600, 1_234 * number
        request = f"req-{number:04}"
        lines.append(
            LedgerLine(
                number,
                at,
                at + 3,
                server,
                channel,
                person,
                medium,
                model,
                cost + 500,
                cost,
                1,
                number % 10 == 0,
                request,
                f"turn-{number}",
                "",
            )
        )
    return lines


@dataclass
class PracticeDesk(DoorDesk):
    """bot.dashboard.Desk. `trouble` is raised by every look."""

    tokens: dict[str, Viewer] = field(default_factory=lambda: dict(TOKENS))
    gone: set[str] = field(default_factory=set[str])
    values: dict[tuple[str, str], str] = field(default_factory=dict[tuple[str, str], str])
    cap_list: list[Cap] = field(
        default_factory=lambda: [
            Cap("bot", "all", CapUnit.MONEY, CapPeriod.DAY, 10_000_000),
            Cap(HOME, "image", CapUnit.COUNT, CapPeriod.WEEK, 50),
            Cap("user:*", "all", CapUnit.MONEY, CapPeriod.MONTH, 2_000_000),
        ]
    )
    grants: dict[str, tuple[str, str, str]] = field(default_factory=dict[str, tuple[str, str, str]])
    lines: list[LedgerLine] = field(default_factory=_lines)
    events: asyncio.Queue[LiveEvent | None] = field(default_factory=asyncio.Queue[LiveEvent | None])
    listeners: int = 0
    trouble: GondolaError | None = None

    async def redeem(self, token: str) -> Viewer | None:
        return self.tokens.pop(token, None)

    async def still(self, viewer: Viewer) -> Viewer | None:
        return None if viewer.person in self.gone else viewer

    def _look(self, viewer: Viewer, *scopes: str) -> None:
        if self.trouble:
            raise self.trouble
        mine = {"": ("",), HOME: (HOME, GENERAL)}
        seen = {scope for server in viewer.servers for scope in mine.get(server, ())}
        if not viewer.owner and not set(scopes) <= seen:
            raise NotAllowed(ELSEWHERE)

    async def overview(self, viewer: Viewer, span: Span) -> Overview:
        self._look(viewer)
        count, seconds = SPAN_STEPS[span]
        steps = tuple(self._step(NOW - (count - n) * seconds, n) for n in range(count))
        whole = replace(
            steps[0],
            messages=sum(step.messages for step in steps),
            errors=sum(step.errors for step in steps),
            cost=sum(step.cost for step in steps),
            p50=None if self.empty else 1.84,
            p95=None if self.empty else 7.2,
            cached=None if self.empty else 0.63,
        )
        if not viewer.owner:
            return Overview(span, seconds, steps, whole, self._bars(viewer), (), 12)
        health = (
            PlatformHealth("discord", up=True, hearing=True, last_event=NOW - 4),
            PlatformHealth("telegram", up=True, hearing=False, last_event=NOW - 900),
            PlatformHealth("web", up=True, hearing=True, last_event=None),
        )
        return Overview(
            span, seconds, steps, whole, self._bars(viewer), health, 31, 420_000, 3, 1, 18_400_000
        )

    def _step(self, at: float, n: int) -> Step:
        if self.empty or 20 <= n <= 26:
            return Step(at)
        wave = 1 + math.sin(n / 9) + 0.4 * math.sin(n * 1.7)
        messages = max(0, round(9 * wave))
        return Step(
            at,
            messages,
            1 if n % 23 == 0 else 0,
            messages * 2_150,
            1.2 + 0.6 * wave if messages else None,
            4.0 + 2.5 * wave if messages else None,
            min(1.0, 0.4 + 0.15 * wave) if messages else None,
        )

    async def places(self, viewer: Viewer, search: str = "", cursor: str = "") -> Page[Server]:
        self._look(viewer)
        found = [one for one in self._servers(viewer) if search.casefold() in one.title.casefold()]
        return _paged(found, lambda one: one.scope, cursor, PAGE_SERVERS)

    def _servers(self, viewer: Viewer) -> list[Server]:
        if self.empty:
            return []
        home = Server(
            HOME,
            "Lagoon rowers",
            self.rules.get(HOME, True),
            2,
            (
                Channel(GENERAL, "general", None, 1, NOW - 60),
                Channel("channel:discord:102", HOSTILE, False, 0, None),
            ),
            self.crowded,
        )
        other = Server(OTHER, "Other guild", None, 0, (Channel(SECRET, "staff-room", None, 0, NOW - 5),))
        crowd = [
            Server(f"server:discord:9{index}", f"Pier {index:03}", None, 0, ())
            for index in range(self.crowded)
        ]
        return [home, other, *crowd] if viewer.owner else [home]

    async def channels(self, viewer: Viewer, server: str, cursor: str = "") -> Page[Channel]:
        self._look(viewer, server)
        shown = [one for each in self._servers(viewer) if each.scope == server for one in each.channels]
        crowd = [
            Channel(f"channel:discord:8{index}", f"berth {index}", None, 0, None)
            for index in range(self.crowded)
        ]
        return _paged([*shown, *(crowd if server == HOME else [])], lambda one: one.scope, cursor)

    async def titles(self, viewer: Viewer) -> Mapping[str, str]:
        servers = self._servers(viewer)
        channels = [channel for server in servers for channel in server.channels]
        return {one.scope: one.title for one in (*servers, *channels)}

    async def place(self, viewer: Viewer, scope: str) -> PlaceView:
        self._look(viewer, scope)
        kinds = {"bot": Scope.BOT, HOME: Scope.SERVER, GENERAL: Scope.CHANNEL, OTHER: Scope.SERVER}
        if scope not in kinds:
            raise NotAllowed(ELSEWHERE)
        titles = {"bot": "The whole house", HOME: "Lagoon rowers", GENERAL: "general"}
        parents = {"bot": "", GENERAL: HOME}
        lines = tuple(self._line(viewer, scope, name) for name in SETTINGS)
        return PlaceView(scope, kinds[scope], titles.get(scope, ""), parents.get(scope, "bot"), None, lines)

    def _line(self, viewer: Viewer, scope: str, name: str) -> SettingLine:
        about = {
            "model": ("Which model answers", "zai-org-glm-4.7", OptionKind.TEXT, (), 100),
            "persona": ("How I speak and what I know about this place", "", OptionKind.TEXT, (), 4000),
            "search": ("Look things up on the web", "auto", OptionKind.TEXT, ("auto", "on", "off"), None),
            "max_tokens": (
                "Longest answer, in tokens; a cut answer offers Continue",
                "2000",
                OptionKind.INTEGER,
                (),
                32000,
            ),
            "ambient": ("Join in without being asked", "off", OptionKind.BOOLEAN, ("on", "off"), None),
        }
        description, default, kind, choices, most = about[name]
        here = self.values.get((scope, name))
        house = self.values.get(("bot", name))
        origin = Scope.SERVER if here is not None else Scope.BOT if house is not None else None
        value = here if here is not None else house if house is not None else default
        editable = viewer.owner or name != "ambient"
        topic = "Joining in" if name == "ambient" else "How I answer"
        return SettingLine(
            name, topic, description, value, origin, here, default, kind, choices, None, most, editable
        )

    async def caps(self, viewer: Viewer, cursor: str = "") -> Page[CapBar]:
        return _paged(self._bars(viewer), lambda one: f"{one.cap.scope}/{one.cap.medium}", cursor)

    def _bars(self, viewer: Viewer) -> tuple[CapBar, ...]:
        self._look(viewer)
        if self.empty:
            return ()
        used = {"bot": 8_612_345, HOME: 50}
        seen = [cap for cap in self.cap_list if viewer.owner or cap.scope in (HOME, "user:*")]
        return tuple(
            CapBar(
                cap,
                None if cap.for_each else used.get(cap.scope, 0),
                NOW + 40_000,
                viewer.owner or cap.scope == HOME,
            )
            for cap in seen
        )

    async def people(self, viewer: Viewer, cursor: str = "") -> Page[PersonLine]:
        self._look(viewer)
        if self.empty or cursor:
            return Page(())
        held = CreditAccount(2_500_000, 300_000) if viewer.owner else None
        rows = (
            PersonLine(ADA, 4_310_000, 812, NOW - 30, None, owner=True, credits=held),
            PersonLine(BOB, 950, 3, NOW - 90_000, self.rules.get(f"person:{BOB}"), owner=False, credits=held),
        )
        return Page(rows, "older")

    async def ledger(self, viewer: Viewer, wanted: LedgerFilter, cursor: str = "") -> Page[LedgerLine]:
        found = self._wanted(viewer, wanted)
        start = int(cursor) if cursor.isdecimal() else 0
        more = str(start + 50) if len(found) > start + 50 else ""
        return Page(tuple(found[start : start + 50]), more)

    async def ledger_rows(self, viewer: Viewer, wanted: LedgerFilter) -> AsyncGenerator[LedgerLine]:
        for line in self._wanted(viewer, wanted):
            yield line

    def _wanted(self, viewer: Viewer, wanted: LedgerFilter) -> list[LedgerLine]:
        scopes = [scope for scope in (wanted.server, wanted.channel) if scope]
        self._look(viewer, *scopes)
        return [
            line
            for line in ([] if self.empty else self.lines)
            if (viewer.owner or line.server in viewer.servers)
            and (not wanted.server or line.server == wanted.server)
            and (not wanted.medium or line.medium == wanted.medium)
            and (not wanted.person or line.person == wanted.person)
            and (wanted.uncertain is None or line.uncertain is wanted.uncertain)
            and (wanted.since is None or line.at >= wanted.since)
            and (wanted.until is None or line.at < wanted.until)
        ]

    async def jobs(self, viewer: Viewer, orders: str = "", reminders: str = "") -> Jobs:
        self._look(viewer)
        if self.empty:
            return Jobs(Page(()), Page(()), ())
        order = OrderLine("o0", HOME, GENERAL, ADA, "video", "gondola-film", "queued", 450_000, NOW - 60, NOW)
        reminder = ReminderLine("r0", HOME, GENERAL, BOB, NOW + 3600, begun=False)
        numbers = range(self.crowded + 1)
        chores = (
            ChoreLine("retention", NOW - 500, ""),
            ChoreLine("balance", NOW - 20, "Venice did not answer"),
        )
        return Jobs(
            _paged([replace(order, order_id=f"o{n}") for n in numbers], lambda one: one.order_id, orders),
            _paged(
                [replace(reminder, reminder_id=f"r{n}") for n in numbers],
                lambda one: one.reminder_id,
                reminders,
            ),
            chores if viewer.owner else (),
        )

    async def characters(self, viewer: Viewer, cursor: str = "") -> Page[CharacterLine]:
        self._look(viewer)
        found = [CharacterLine("captain-brine", (GENERAL, HOME), 3, self.crowded)]
        found += [CharacterLine(f"sailor-{n:03}", (HOME,), n) for n in range(self.crowded)]
        return _paged([] if self.empty else found, lambda one: one.slug, cursor)

    async def errors(self, viewer: Viewer, cursor: str = "") -> Page[IncidentLine]:
        self._look(viewer)
        if self.empty or cursor:
            return Page(())
        one = Incident(
            NOW - 10, "discord", HOME, GENERAL, "VeniceError overloaded", "venice", "req-77", "turn-9"
        )
        return Page((IncidentLine(7, one),), "6")

    async def audit(self, viewer: Viewer, cursor: str = "", kind: str = "") -> Page[AuditEntry]:
        self._look(viewer)
        if self.empty or cursor:
            return Page(())
        entries = (
            AuditEntry(2, Change(NOW - 5, ADA, ChangeKind.SETTING, HOME, HOME, "persona", "", HOSTILE)),
            AuditEntry(1, Change(NOW - 50, "", ChangeKind.CAP, HOME, HOME, "all a day", "$1", "$2")),
        )
        return Page(tuple(entry for entry in entries if kind in ("", entry.change.kind)))

    async def live(self, viewer: Viewer) -> AsyncGenerator[LiveEvent]:
        self.listeners += 1
        try:
            while event := await self.events.get():
                if viewer.owner or event.server in viewer.servers:
                    yield event
        finally:
            self.listeners -= 1

    async def put_setting(self, viewer: Viewer, scope: str, name: str, value: str) -> str:
        self._look(viewer, scope)
        if name == "max_tokens" and not value.isdecimal():
            raise UserError(f"`{value[:20]}` is no whole number. `max_tokens` takes 1 to 32,000.")
        if name == "ambient" and not viewer.owner:
            raise NotAllowed("Only owners of this bot set `ambient`.")
        self.values[scope, name] = value
        return value

    async def clear_setting(self, viewer: Viewer, scope: str, name: str) -> None:
        self._look(viewer, scope)
        self.values.pop((scope, name), None)

    async def put_cap(
        self, viewer: Viewer, scope: str, medium: str, period: CapPeriod, amount: str
    ) -> CapBar:
        self._look(viewer, scope)
        number = amount.removeprefix("$")
        if not number.replace(".", "", 1).isdecimal():
            raise UserError(f"`{amount[:20]}` is no amount. Write `$5` or a number of calls.")
        money = amount.startswith("$")
        limit = round(float(number) * 1_000_000) if money else int(number)
        unit = CapUnit.MONEY if money else CapUnit.COUNT
        await self.clear_cap(viewer, scope, medium, unit, period)
        self.cap_list.append(Cap(scope, medium, unit, period, limit))
        return CapBar(self.cap_list[-1], 0, NOW + 40_000, editable=True)

    async def clear_cap(
        self, viewer: Viewer, scope: str, medium: str, unit: CapUnit, period: CapPeriod
    ) -> None:
        self._look(viewer, scope)
        key = (scope, medium, unit, period)
        self.cap_list = [one for one in self.cap_list if (one.scope, one.medium, one.unit, one.period) != key]

    async def grant(self, viewer: Viewer, person: str, amount: str, note: str, once: str) -> CreditAccount:
        if not viewer.owner:
            raise NotAllowed("Only owners of this bot grant credits.")
        if not amount.startswith("$"):
            raise UserError("Write the amount as `$5` or `$0.50`.")
        self.grants[once] = (person, amount, note)
        return CreditAccount(5_000_000)
