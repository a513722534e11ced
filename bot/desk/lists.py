"""Ledger, people, errors, changes and jobs, in pages, as far as a viewer may see them."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Sequence
from dataclasses import replace
from typing import TypeVar

from bot.auditing import AuditEntry, AuditLog
from bot.dashboard import PAGE_ROWS, ChoreLine, IncidentLine, Jobs, Page, PersonLine, Viewer
from bot.desk.atlas import KNOWN_FOR, Atlas
from bot.desk.cursors import moment, number, of_moment
from bot.desk.fence import NOT_YOURS, may_read, servers_of
from bot.desk.purse import Purse
from bot.engine.doors.access import Doorkeeper
from bot.engine.doors.hashing import Hasher
from bot.engine.oversight.chores import Chores
from bot.errors import NotAllowed
from bot.figures import Figures
from bot.overseeing import LedgerFilter, LedgerLine, OrderLine, Overseen, ReminderLine
from bot.ports import Clock

T = TypeVar("T")
SPENT_IN = 30 * 86_400.0
"""Seconds that the sums of people look back."""
ROWS_AT_ONCE = 500
HIDDEN = "(private)"
NO_KIND = "There is no such kind of change."


class Lists:
    """Reads pages of rows; what is of a private chat is shown by a hash."""

    def __init__(
        self,
        overseen: Overseen,
        figures: Figures,
        audit: AuditLog,
        atlas: Atlas,
        doorkeeper: Doorkeeper,
        hasher: Hasher,
        chores: Chores,
        purse: Purse,
        clock: Clock,
    ) -> None:
        self._overseen = overseen
        self._figures = figures
        self._audit = audit
        self._atlas = atlas
        self._doorkeeper = doorkeeper
        self._hasher = hasher
        self._chores = chores
        self._purse = purse
        self._clock = clock

    # --- the ledger ---

    async def ledger(self, viewer: Viewer, wanted: LedgerFilter, cursor: str) -> Page[LedgerLine]:
        """See bot.dashboard.Desk."""
        wanted = await self._allowed(viewer, wanted)
        rows = await self._overseen.ledger(
            wanted, PAGE_ROWS + 1, servers=servers_of(viewer), before=number(cursor)
        )
        shown = tuple(self._veiled(row) for row in rows[:PAGE_ROWS])
        return Page(shown, str(shown[-1].number) if len(rows) > PAGE_ROWS else "")

    async def ledger_rows(self, viewer: Viewer, wanted: LedgerFilter) -> AsyncGenerator[LedgerLine]:
        """See bot.dashboard.Desk. Lines that come meanwhile are newer than the first and not among them."""
        wanted, before = await self._allowed(viewer, wanted), 0
        while True:
            rows = await self._overseen.ledger(
                wanted, ROWS_AT_ONCE, servers=servers_of(viewer), before=before
            )
            for row in rows:
                yield self._veiled(row)
            if len(rows) < ROWS_AT_ONCE:
                return
            before = rows[-1].number

    async def _allowed(self, viewer: Viewer, wanted: LedgerFilter) -> LedgerFilter:
        """The filter, with the channel behind a hash; refused where it asks for what is elsewhere."""
        if wanted.server and not may_read(viewer, wanted.server):
            raise NotAllowed(NOT_YOURS)
        if not wanted.channel:
            return wanted
        if viewer.owner:
            known = await self._overseen.used(since=self._clock() - KNOWN_FOR, servers=("",))
            return replace(
                wanted, channel=self._atlas.unveiled(wanted.channel, (one.channel for one in known))
            )
        if not may_read(viewer, await self._overseen.home(wanted.channel) or ""):
            raise NotAllowed(NOT_YOURS)
        return wanted

    def _veiled(self, row: LedgerLine) -> LedgerLine:
        return replace(row, channel=self._atlas.veiled(row.channel, row.server))

    # --- people ---

    async def people(self, viewer: Viewer, cursor: str) -> Page[PersonLine]:
        """See bot.dashboard.Desk. Rules hold in the whole house, so they are shown to owners."""
        rows = await self._overseen.spenders(
            PAGE_ROWS + 1,
            since=self._clock() - SPENT_IN,
            servers=servers_of(viewer),
            before=moment(cursor),
        )
        owners = set(self._doorkeeper.owners) if viewer.owner else set[str]()
        page = rows[:PAGE_ROWS]
        held = await self._purse.accounts(viewer, [row.person for row in page])
        shown = tuple(
            PersonLine(
                row.person,
                row.cost,
                row.calls,
                row.last_seen,
                self._doorkeeper.rules.of_owners.get(f"person:{row.person}") if viewer.owner else None,
                row.person in owners,
                held[row.person] if held is not None else None,
            )
            for row in page
        )
        last = of_moment(shown[-1].last_seen, shown[-1].person) if len(rows) > PAGE_ROWS else ""
        return Page(shown, last)

    # --- what went wrong, what was changed ---

    async def errors(self, viewer: Viewer, cursor: str) -> Page[IncidentLine]:
        """See bot.dashboard.Desk."""
        rows = await self._figures.incidents(PAGE_ROWS + 1, servers=servers_of(viewer), before=number(cursor))
        shown = tuple(rows[:PAGE_ROWS])
        return Page(shown, str(shown[-1].number) if len(rows) > PAGE_ROWS else "")

    async def audit(self, viewer: Viewer, cursor: str, kind: str) -> Page[AuditEntry]:
        """See bot.dashboard.Desk."""
        rows = await self._audit.entries(
            PAGE_ROWS + 1, servers=servers_of(viewer), kind=kind, before=number(cursor)
        )
        shown = tuple(self._entry(row) for row in rows[:PAGE_ROWS])
        return Page(shown, str(shown[-1].number) if len(rows) > PAGE_ROWS else "")

    def _entry(self, row: AuditEntry) -> AuditEntry:
        """Of a private chat, the server whose admins may know is the chat itself."""
        change = row.change
        if not change.server.startswith("channel:"):
            return row
        scope = self._atlas.veiled(change.scope, change.server)
        # What was set in a private chat may be somebody's own words.
        veiled = replace(
            change,
            scope=scope,
            server=self._atlas.veiled(change.server, ""),
            old=HIDDEN if change.old else "",
            new=HIDDEN if change.new else "",
        )
        return replace(row, change=veiled)

    # --- jobs ---

    async def jobs(self, viewer: Viewer, orders: str, reminders: str) -> Jobs:
        """See bot.dashboard.Desk."""
        servers = servers_of(viewer)
        made = await self._overseen.orders(PAGE_ROWS + 1, servers=servers, after=moment(orders))
        due = await self._overseen.reminders(PAGE_ROWS + 1, servers=servers, after=moment(reminders))
        chores = self._chores.rounds.items() if viewer.owner else ()
        return Jobs(
            Page(
                tuple(self._order(one) for one in made[:PAGE_ROWS]),
                _more(made, lambda one: of_moment(one.created_at, one.order_id)),
            ),
            Page(
                tuple(self._reminder(one) for one in due[:PAGE_ROWS]),
                _more(due, lambda one: of_moment(one.due_at, one.reminder_id)),
            ),
            tuple(ChoreLine(name, last.at, last.trouble) for name, last in chores),
        )

    def _order(self, one: OrderLine) -> OrderLine:
        return replace(one, channel=self._atlas.veiled(one.channel, one.server))

    def _reminder(self, one: ReminderLine) -> ReminderLine:
        return replace(one, channel=self._atlas.veiled(one.channel, one.server))


def _more(rows: Sequence[T], cursor: Callable[[T], str]) -> str:
    """The cursor of what follows a page, read with one row more than it has."""
    return cursor(rows[PAGE_ROWS - 1]) if len(rows) > PAGE_ROWS else ""
