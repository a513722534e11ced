"""The dashboard's desk, put together. See bot.dashboard.Desk for what each method promises."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Mapping, Sequence

from bot.auditing import AuditEntry, ChangeKind
from bot.crediting import CreditAccount
from bot.dashboard import (
    CapBar,
    Channel,
    CharacterLine,
    IncidentLine,
    Jobs,
    LiveEvent,
    Overview,
    Page,
    PersonLine,
    PlaceView,
    PlatformHealth,
    Server,
    Span,
    Viewer,
)
from bot.declarations import Command
from bot.desk.atlas import Atlas, editable, where_settable
from bot.desk.doorway import Doorway
from bot.desk.fence import Fence, may_read, servers_of
from bot.desk.figures import Chronicle
from bot.desk.lists import NO_KIND, Lists
from bot.desk.purse import Purse
from bot.desk.till import Till
from bot.desk.values import Values
from bot.doorways import HouseDoor, ServerDoor, SubjectKind
from bot.engine.account.creditbook import CreditBook
from bot.engine.doors.access import Doorkeeper
from bot.engine.doors.hashing import Hasher
from bot.engine.doors.permits import PermitBook
from bot.engine.flow.pairingdesk import PairingDesk
from bot.engine.models.book import ModelBook
from bot.engine.money.caps import CapsBook
from bot.engine.oversight.chores import Chores
from bot.engine.oversight.pulse import Pulse
from bot.engine.oversight.signin import SignInLinks
from bot.engine.settings.book import SettingsBook, find_setting
from bot.engine.turns.workload import Workload
from bot.errors import UserError
from bot.overseeing import LedgerFilter, LedgerLine
from bot.ports import Clock, Door
from bot.records import CapPeriod, CapUnit
from bot.storing import Store
from bot.venice import VeniceClient

WRONG_SCOPE = "`{}` can only be set for: {}."
Health = Callable[[], Sequence[PlatformHealth]]


class HouseDesk:
    """Implements bot.dashboard.Desk over the books of the engine. What changes something asks the fence
    first, and the book writes the audit log with it."""

    def __init__(
        self,
        store: Store,
        settings: SettingsBook,
        caps: CapsBook,
        doorkeeper: Doorkeeper,
        hasher: Hasher,
        client: VeniceClient,
        models: ModelBook,
        doors: Mapping[str, Door],
        pulse: Pulse,
        sign_in: SignInLinks,
        chores: Chores,
        creditbook: CreditBook,
        permits: PermitBook,
        pairing_desk: PairingDesk,
        commands: Sequence[Command],
        clock: Clock,
        *,
        workload: Callable[[], Workload],
        health: Health,
    ) -> None:
        overseen = store.overseen
        self._overseen = overseen
        self._settings = settings
        self._pulse = pulse
        self._sign_in = sign_in
        self._clock = clock
        self._workload = workload
        self._health = health
        self._fence = Fence(overseen)
        self._atlas = Atlas(overseen, settings, doorkeeper, hasher, pulse.titles, doors)
        self._values = Values(client, models)
        self._till = Till(caps, store.money, overseen, self._fence, clock)
        self._chronicle = Chronicle(store.figures, overseen)
        self._purse = Purse(store.credits, creditbook, clock)
        by_name = {one.name: one for one in commands}
        self._doorway = Doorway(doorkeeper, permits, pairing_desk, self._atlas, overseen, by_name, clock)
        self._lists = Lists(
            overseen, store.figures, store.audit, self._atlas, doorkeeper, hasher, chores, self._purse, clock
        )

    # --- signing in ---

    async def redeem(self, token: str) -> Viewer | None:
        return await self._sign_in.redeem(token)

    async def still(self, viewer: Viewer) -> Viewer | None:
        return await self._sign_in.still(viewer)

    # --- looking ---

    async def overview(self, viewer: Viewer, span: Span) -> Overview:
        await self._pulse.flush()
        steps, whole, people = await self._chronicle.steps(span, self._clock(), servers_of(viewer))
        seen = Overview(
            span=span,
            seconds=round(steps[1].at - steps[0].at),
            steps=steps,
            whole=whole,
            caps=await self._till.fullest(viewer),
            platforms=tuple(one for one in self._health() if _concerns(viewer, one)),
            people=people,
        )
        return await self._with_house(seen) if viewer.owner else seen

    async def _with_house(self, seen: Overview) -> Overview:
        held, work = await self._overseen.held(), self._workload()
        return Overview(
            seen.span,
            seen.seconds,
            seen.steps,
            seen.whole,
            seen.caps,
            seen.platforms,
            seen.people,
            reserved=held.reserved,
            busy=work.busy,
            waiting=work.waiting,
            size=held.size,
        )

    async def places(self, viewer: Viewer, search: str = "", cursor: str = "") -> Page[Server]:
        return await self._atlas.servers(viewer, search, cursor, self._clock())

    async def channels(self, viewer: Viewer, server: str, cursor: str = "") -> Page[Channel]:
        return await self._atlas.channels(viewer, server, cursor, self._clock())

    async def titles(self, viewer: Viewer) -> Mapping[str, str]:
        return await self._atlas.titles(viewer, self._clock())

    async def place(self, viewer: Viewer, scope: str) -> PlaceView:
        site = await self._fence.site(viewer, scope)
        suggested = await self._values.suggested(self._atlas.resolved(site), owner=viewer.owner)
        return self._atlas.view(viewer, site, suggested)

    async def caps(self, viewer: Viewer, cursor: str = "") -> Page[CapBar]:
        return await self._till.page(viewer, cursor)

    async def people(self, viewer: Viewer, cursor: str = "") -> Page[PersonLine]:
        return await self._lists.people(viewer, cursor)

    async def ledger(self, viewer: Viewer, wanted: LedgerFilter, cursor: str = "") -> Page[LedgerLine]:
        return await self._lists.ledger(viewer, wanted, cursor)

    def ledger_rows(self, viewer: Viewer, wanted: LedgerFilter) -> AsyncGenerator[LedgerLine]:
        return self._lists.ledger_rows(viewer, wanted)

    async def jobs(self, viewer: Viewer, orders: str = "", reminders: str = "") -> Jobs:
        return await self._lists.jobs(viewer, orders, reminders)

    async def characters(self, viewer: Viewer, cursor: str = "") -> Page[CharacterLine]:
        return await self._atlas.characters(viewer, cursor)

    async def errors(self, viewer: Viewer, cursor: str = "") -> Page[IncidentLine]:
        await self._pulse.flush()
        return await self._lists.errors(viewer, cursor)

    async def audit(self, viewer: Viewer, cursor: str = "", kind: str = "") -> Page[AuditEntry]:
        if kind and kind not in list(ChangeKind):
            raise UserError(NO_KIND)
        return await self._lists.audit(viewer, cursor, kind)

    async def doors(self, viewer: Viewer, cursor: str = "") -> HouseDoor:
        return await self._doorway.house(viewer, cursor)

    async def door(self, viewer: Viewer, server: str, cursor: str = "") -> ServerDoor:
        return await self._doorway.server(viewer, server, cursor)

    def live(self, viewer: Viewer) -> AsyncGenerator[LiveEvent]:
        return self._pulse.broadcast.read(lambda event: may_read(viewer, event.server), viewer.person)

    # --- changing ---

    async def put_setting(self, viewer: Viewer, scope: str, name: str, value: str) -> str:
        site = await self._fence.site(viewer, scope)
        setting = find_setting(name)
        if not editable(viewer, site, setting):
            raise UserError(WRONG_SCOPE.format(setting.name, " or ".join(where_settable(setting))))
        held = self._atlas.resolved(site)
        kept = await self._values.checked(setting, value.strip(), held, owner=viewer.owner)
        await self._settings.put(
            site.key, setting.name, kept, by=viewer.person, at=self._clock(), server=site.server
        )
        return self._settings.rows()[site.key, setting.name]

    async def clear_setting(self, viewer: Viewer, scope: str, name: str) -> None:
        site = await self._fence.site(viewer, scope)
        await self._settings.clear(
            site.key, find_setting(name).name, by=viewer.person, at=self._clock(), server=site.server
        )

    async def put_cap(
        self, viewer: Viewer, scope: str, medium: str, period: CapPeriod, amount: str
    ) -> CapBar:
        return await self._till.put(viewer, scope, medium, period, amount)

    async def clear_cap(
        self, viewer: Viewer, scope: str, medium: str, unit: CapUnit, period: CapPeriod
    ) -> None:
        await self._till.clear(viewer, scope, medium, unit, period)

    async def grant(self, viewer: Viewer, person: str, amount: str, note: str, once: str) -> CreditAccount:
        return await self._purse.grant(viewer, person, amount, note, once)

    async def set_rule(self, viewer: Viewer, subject: str, allowed: bool | None, server: str = "") -> None:
        await self._doorway.set_rule(viewer, subject, allowed, server)

    async def add_rule(
        self, viewer: Viewer, kind: SubjectKind, named: str, allowed: bool, server: str = ""
    ) -> str:
        return await self._doorway.add_rule(viewer, kind, named, allowed, server)

    async def put_permit(self, viewer: Viewer, server: str, subject: str, who: str) -> None:
        await self._doorway.put_permit(viewer, server, subject, who)

    async def clear_permit(self, viewer: Viewer, server: str, subject: str) -> None:
        await self._doorway.clear_permit(viewer, server, subject)

    async def decide(self, viewer: Viewer, applicant: str, allowed: bool) -> None:
        await self._doorway.decide(viewer, applicant, allowed)


def _concerns(viewer: Viewer, platform: PlatformHealth) -> bool:
    return viewer.owner or any(one.split(":")[1] == platform.name for one in viewer.servers)
