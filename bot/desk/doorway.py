"""The door on the dashboard: the owners' rules and each server's own, permits, and who asks to be let in.

What `/allow`, `/deny` and `/permit` let somebody do in chat they may do here, and no more.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from bot.dashboard import PAGE_ROWS, Viewer
from bot.declarations import Command, Permission
from bot.desk.atlas import Atlas
from bot.desk.cursors import number
from bot.desk.fence import NOT_YOURS, owners_only
from bot.doorways import Applicant, DoorRule, Entry, HouseDoor, PermitLine, ServerDoor, SubjectKind
from bot.engine.doors.access import Doorkeeper
from bot.engine.doors.permits import PERMITTED, UNBOUND, PermitBook, permit_subject, with_role
from bot.engine.doors.precedence import Rules
from bot.engine.flow.pairingdesk import PairingDesk
from bot.errors import NotAllowed, UserError
from bot.messages import Person, Place
from bot.overseeing import Overseen
from bot.pairing import Pairing
from bot.ports import Clock
from bot.serverrules import ANYONE, MANAGERS, NOBODY

NO_RULE = "A rule is for a person, a role, a channel, a category, a topic or a server."
NO_ID = "Write an id, as in `123456789`: with developer mode on, Discord copies it from the menu of anything."
NO_PLATFORM = "Say on which platform it is, too, as in `discord:123456789`."
NO_TOPIC = "Write a topic as its channel and itself, `CHANNEL:TOPIC`, both by id."
NO_WHO = "Say who may: a role of this server, or anyone, whoever manages the channel, or nobody."
OVER = "That request is no longer open: it was decided, or its hour is over."
_ROOMS = ("channel:", "thread:")
_SIMPLE = (ANYONE, MANAGERS, NOBODY)
_SUBJECT = re.compile(
    r"person:[0-9a-f]{16}"
    r"|(?:server|channel|category|role):(?P<platform>[a-z]+):[^:\s]{1,100}"
    r"|thread:(?P<of_thread>[a-z]+):[^:\s]{1,100}:[^:\s]{1,100}"
)
_WRITTEN = re.compile(
    r"(?:<[@#]!?&?)?(?:(?P<platform>[a-z]+):)?(?P<id>-?[0-9]{1,32})(?::(?P<topic>[0-9]{1,32}))?>?"
)


class Doorway:
    """Asks and changes the books of the door. `commands` are all there are, by name."""

    def __init__(
        self,
        doorkeeper: Doorkeeper,
        permits: PermitBook,
        pairing_desk: PairingDesk,
        atlas: Atlas,
        overseen: Overseen,
        commands: Mapping[str, Command],
        clock: Clock,
    ) -> None:
        self._doorkeeper = doorkeeper
        self._rules = doorkeeper.rules
        self._permits = permits
        self._pairing_desk = pairing_desk
        self._atlas = atlas
        self._overseen = overseen
        self._commands = commands
        self._clock = clock

    # --- looking ---

    async def house(self, viewer: Viewer, cursor: str) -> HouseDoor:
        """See bot.dashboard.Desk.doors."""
        owners_only(viewer)
        rules, more = _page(self._rules.of_owners, cursor)
        return HouseDoor(
            self._doorkeeper.is_open,
            self._doorkeeper.admins_open(),
            self._doorkeeper.pairs(),
            tuple([await self._line(subject, allowed) for subject, allowed in rules.items()]),
            more,
            tuple(self._applicant(one) for one in await self._pairing_desk.waiting()),
        )

    async def server(self, viewer: Viewer, server: str, cursor: str) -> ServerDoor:
        """See bot.dashboard.Desk.door."""
        self._check(viewer, server)
        rules, more = _page(self._rules.of_server(server), cursor)
        roles = self._atlas.roles(server)
        permits = sorted(self._permits.of(server).items())
        return ServerDoor(
            server,
            self._atlas.title(server),
            self._entry(server),
            self._rules.of_server(server).get(server),
            self._doorkeeper.admins_open(),
            tuple(self._here(server, one, self._rules.of_owners[one]) for one in await self._about(server)),
            tuple(self._here(server, subject, allowed) for subject, allowed in rules.items()),
            more,
            tuple(PermitLine(what, who, tuple(roles.get(one, "") for one in who)) for what, who in permits),
            roles,
            tuple(sorted(name for name in self._commands if self._can_be_kept_from(name))),
            PERMITTED,
        )

    def _can_be_kept_from(self, name: str) -> bool:
        return name not in UNBOUND and self._commands[name].permission is not Permission.OWNER

    def _entry(self, server: str) -> Entry:
        """By the rules about the server as a whole, in the order of `precedence.may_enter`."""
        owners = self._rules.of_owners.get(server)
        here = self._rules.of_server(server).get(server)
        if owners is False:
            return Entry.BLOCKED
        if owners or self._doorkeeper.is_open:
            return Entry.CLOSED if here is False else Entry.OWNERS if owners else Entry.OPEN
        return Entry.ADMINS if here and self._doorkeeper.admins_open() else Entry.NOBODY

    async def _about(self, server: str) -> list[str]:
        """Subjects of the owners' rules that are this server or in it; people are everywhere."""
        platform = _platform(server)
        roles = self._atlas.roles(server)
        return [
            subject
            for subject in sorted(self._rules.of_owners)
            if subject == server
            or subject.removeprefix("role:") in roles
            or (_platform(subject) == platform and await self._is_in(server, subject))
        ]

    async def _is_in(self, server: str, subject: str) -> bool:
        if subject.startswith("category:"):
            return bool(self._atlas.named(subject, server))
        if not subject.startswith(_ROOMS):
            return False
        return await self._home(subject) == server

    async def _line(self, subject: str, allowed: bool) -> DoorRule:
        """A rule of the owners. A channel that is in no server known may be somebody's private chat."""
        if not subject.startswith(_ROOMS):
            return DoorRule(subject, self._atlas.title(subject), allowed)
        home = await self._home(subject)
        return DoorRule(
            self._atlas.veiled(subject, home), self._atlas.title(_channel(subject), home), allowed
        )

    async def _home(self, subject: str) -> str:
        """The server of a channel or topic, as what happened there or its platform says; "" for none."""
        key = _channel(subject)
        return await self._overseen.home(key) or self._atlas.joined_with(key)

    def _here(self, server: str, subject: str, allowed: bool) -> DoorRule:
        """A rule about a server or what is in it."""
        kind, _, rest = subject.partition(":")
        if kind == "role":
            return DoorRule(subject, self._atlas.roles(server).get(rest, ""), allowed)
        named = _channel(subject) if subject.startswith(_ROOMS) else subject
        return DoorRule(subject, self._atlas.title(named, server), allowed)

    def _applicant(self, one: Pairing) -> Applicant:
        server = one.subject.startswith("server:")
        title = self._atlas.title(one.subject) if server else ""
        return Applicant(one.id, one.platform, one.subject, title, one.hint, one.asked_at, one.expires_at)

    # --- changing ---

    async def set_rule(self, viewer: Viewer, subject: str, allowed: bool | None, server: str) -> None:
        """See bot.dashboard.Desk."""
        if server:
            await self._set_here(viewer, server, subject, allowed)
            return
        owners_only(viewer)
        subject = self._atlas.unveiled(subject, self._rules.of_owners)
        _checked(subject)
        audience = await self._audience(subject)
        by, now = viewer.person, self._clock()
        if allowed is None:
            await self._rules.remove(subject, by=by, at=now, server=audience)
        else:
            await self._rules.put(subject, allowed, by=by, at=now, server=audience)

    async def _set_here(self, viewer: Viewer, server: str, subject: str, allowed: bool | None) -> None:
        self._check(viewer, server)
        platform = _checked(subject)
        elsewhere = platform and platform != _platform(server)
        if elsewhere or (subject.startswith("server:") and subject != server):
            raise NotAllowed(NOT_YOURS)
        by, now = viewer.person, self._clock()
        if allowed is None:
            await self._rules.remove_here(server, subject, by=by, at=now)
        else:
            await self._rules.put_here(server, subject, allowed, by=by, at=now)

    async def add_rule(
        self, viewer: Viewer, kind: SubjectKind, named: str, allowed: bool, server: str
    ) -> str:
        """See bot.dashboard.Desk."""
        if server:
            self._check(viewer, server)
        else:
            owners_only(viewer)
        subject = self._named(kind, named.strip().lower(), server)
        await self.set_rule(viewer, subject, allowed, server)
        return subject

    def _named(self, kind: SubjectKind, named: str, server: str) -> str:
        """The subject of what somebody wrote."""
        if kind is SubjectKind.SERVER and server:
            return server
        found = _WRITTEN.fullmatch(named)
        if found is None:
            raise UserError(NO_TOPIC if kind is SubjectKind.TOPIC else NO_ID)
        platform = found["platform"] or (_platform(server) if server else "")
        if not self._atlas.knows(platform):
            raise UserError(NO_PLATFORM)
        if bool(found["topic"]) != (kind is SubjectKind.TOPIC):
            raise UserError(NO_TOPIC if kind is SubjectKind.TOPIC else NO_ID)
        if kind is SubjectKind.PERSON:
            return self._doorkeeper.person_subject(Person(platform, found["id"]))
        if kind is SubjectKind.TOPIC:
            return Place(platform, "", found["id"], found["topic"]).thread_key
        return f"{kind.value}:{platform}:{found['id']}"

    async def put_permit(self, viewer: Viewer, server: str, subject: str, who: str) -> None:
        """See bot.dashboard.Desk."""
        self._check(viewer, server)
        subject = self._permitted(subject)
        allowed = (who,)
        if who not in _SIMPLE:
            if who not in self._atlas.roles(server):
                raise UserError(NO_WHO)
            allowed = with_role(self._permits.of(server).get(subject, ()), who)
        await self._permits.put(server, subject, allowed, by=viewer.person, at=self._clock())

    async def clear_permit(self, viewer: Viewer, server: str, subject: str) -> None:
        """See bot.dashboard.Desk."""
        self._check(viewer, server)
        if subject in self._permits.of(server):
            await self._permits.remove(server, subject, by=viewer.person, at=self._clock())

    def _permitted(self, subject: str) -> str:
        kind, _, name = subject.partition(":")
        medium = kind == "medium"
        return permit_subject(self._commands, "" if medium else name, name if medium else "")

    async def decide(self, viewer: Viewer, applicant: str, allowed: bool) -> None:
        """See bot.dashboard.Desk."""
        owners_only(viewer)
        if await self._pairing_desk.decide(applicant, allowed=allowed, by=viewer.person) is None:
            raise UserError(OVER)

    # --- whose it is ---

    def _check(self, viewer: Viewer, server: str) -> None:
        """Whether somebody may see and change what is a server's own."""
        if not viewer.owner and server not in viewer.servers:
            raise NotAllowed(NOT_YOURS)
        if not server.startswith("server:") or _checked(server) != _platform(server):
            raise UserError(NO_RULE)

    async def _audience(self, subject: str) -> str:
        """Whose admins may know of a rule of the owners; of a private chat, it itself."""
        if subject.startswith("server:"):
            return subject
        if not subject.startswith(_ROOMS):
            return ""
        return await self._home(subject) or _channel(subject)


def _checked(subject: str) -> str:
    """The platform of a subject, "" of a person. Raises UserError for what is none."""
    found = _SUBJECT.fullmatch(subject)
    if found is None:
        raise UserError(NO_RULE)
    return found["platform"] or found["of_thread"] or ""


def _channel(subject: str) -> str:
    """The key of the channel that a channel or topic is (in)."""
    _, platform, channel, *_ = subject.split(":")
    return f"channel:{platform}:{channel}"


def _platform(key: str) -> str:
    return key.split(":", 2)[1]


def _page(rules: Rules, cursor: str) -> tuple[Rules, str]:
    """Rules from a number on, and the cursor of those that follow. A subject would be no cursor: it may be
    somebody's number."""
    first = number(cursor)
    last = first + PAGE_ROWS
    shown = sorted(rules)[first:last]
    return {subject: rules[subject] for subject in shown}, str(last) if len(rules) > last else ""
