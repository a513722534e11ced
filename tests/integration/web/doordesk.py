"""The doors of the practice desk: rules of the house and of each server, permits, and two who ask."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TypeVar

from bot.dashboard import Viewer
from bot.doorways import Applicant, DoorRule, Entry, HouseDoor, PermitLine, ServerDoor, SubjectKind
from bot.errors import NotAllowed, UserError

NOW = 1_795_860_000.0
HOSTILE = '<script>alert(1)</script>" onmouseover="alert(2)'
"""What people call a channel, or write into a persona."""
HOME, OTHER = "server:discord:100", "server:discord:200"
SHUT = "person:0f1e2d3c4b5a6978"
ROLE = "discord:901"
OVER = "That request is no longer open: it was decided, or its hour is over."
OWNERS = "Only an owner of this bot can do that."
PAGE = 50


def _waiting() -> list[Applicant]:
    person = Applicant("p1", "telegram", "person:77aa88bb99cc00dd", "", "XZ", NOW - 600, NOW + 3000)
    return [person, Applicant("p2", "discord", OTHER, HOSTILE, "QK", NOW - 60, NOW + 3540)]


@dataclass
class DoorDesk:
    """The part of bot.dashboard.Desk about doors."""

    rules: dict[str, bool] = field(default_factory=dict[str, bool])
    own_rules: dict[tuple[str, str], bool] = field(
        default_factory=lambda: {
            (HOME, SHUT): False,
            (HOME, f"role:{ROLE}"): True,
            (HOME, "channel:discord:102"): False,
            (HOME, "thread:discord:101:555"): False,
        }
    )
    permits: dict[tuple[str, str], tuple[str, ...]] = field(
        default_factory=lambda: {(HOME, "command:image"): (ROLE,), (HOME, "medium:video"): ("nobody",)}
    )
    waiting: list[Applicant] = field(default_factory=_waiting)
    entry: Entry = Entry.OWNERS
    empty: bool = False
    crowded: int = 0
    """So many more of everything."""

    def _mine(self, viewer: Viewer, server: str) -> None:
        if not viewer.owner and (not server or server not in viewer.servers):
            raise NotAllowed(OWNERS if not server else "There is no such place, or it is not yours to see.")

    async def doors(self, viewer: Viewer, cursor: str = "") -> HouseDoor:
        self._mine(viewer, "")
        first = int(cursor or 0)
        found = [DoorRule(one, "", allowed) for one, allowed in sorted(self.rules.items())]
        more = str(first + PAGE) if len(found) > first + PAGE else ""
        return HouseDoor(
            is_open=False,
            admins_open=True,
            pairs=True,
            rules=tuple(found[first : first + PAGE]),
            cursor=more,
            waiting=tuple(self.waiting),
        )

    async def door(self, viewer: Viewer, server: str, cursor: str = "") -> ServerDoor:
        self._mine(viewer, server)
        titles = {f"role:{ROLE}": "artists", "channel:discord:102": HOSTILE}
        rules = {} if self.empty else self.own_rules
        own = {subject: allowed for (at, subject), allowed in sorted(rules.items()) if at == server}
        first = int(cursor or 0)
        shown = [DoorRule(one, titles.get(one, ""), allowed) for one, allowed in own.items()]
        return ServerDoor(
            server=server,
            title="Lagoon rowers",
            entry=self.entry,
            own_word=own.get(server),
            admins_open=True,
            of_owners=(DoorRule(server, "Lagoon rowers", allowed=True),),
            rules=tuple(shown[first : first + PAGE]),
            cursor=str(first + PAGE) if len(shown) > first + PAGE else "",
            permits=tuple(
                PermitLine(what, who, tuple("artists" if one == ROLE else "" for one in who))
                for (at, what), who in sorted(self.permits.items())
                if at == server and not self.empty
            ),
            roles={ROLE: "artists", "discord:902": HOSTILE},
            commands=("image", "video"),
            media=("chat", "image", "video"),
        )

    async def set_rule(self, viewer: Viewer, subject: str, allowed: bool | None, server: str = "") -> None:
        self._mine(viewer, server)
        if server:
            _put(self.own_rules, (server, subject), allowed)
        else:
            _put(self.rules, subject, allowed)

    async def add_rule(
        self, viewer: Viewer, kind: SubjectKind, named: str, allowed: bool, server: str = ""
    ) -> str:
        self._mine(viewer, server)
        if not named.removeprefix("discord:").isdecimal():
            raise UserError("Write an id, as in `123456789`.")
        subject = f"{kind.value}:discord:{named.removeprefix('discord:')}"
        await self.set_rule(viewer, subject, allowed, server)
        return subject

    async def put_permit(self, viewer: Viewer, server: str, subject: str, who: str) -> None:
        self._mine(viewer, server)
        if who not in ("anyone", "managers", "nobody", ROLE):
            raise UserError("Say who may: a role of this server.")
        self.permits[server, subject] = (who,)

    async def clear_permit(self, viewer: Viewer, server: str, subject: str) -> None:
        self._mine(viewer, server)
        self.permits.pop((server, subject), None)

    async def decide(self, viewer: Viewer, applicant: str, allowed: bool) -> None:
        self._mine(viewer, "")
        found = next((one for one in self.waiting if one.id == applicant), None)
        if found is None:
            raise UserError(OVER)
        self.waiting.remove(found)
        if allowed:
            self.rules[found.subject] = True

    def crowd(self, number: int) -> None:
        """So many who ask, and so many rules."""
        self.crowded = number
        one = self.waiting[0]
        self.waiting = [replace(one, id=f"w{index}") for index in range(number)]
        self.rules = {f"person:{index:016x}": bool(index % 2) for index in range(number)}


Key = TypeVar("Key")


def _put(kept: dict[Key, bool], key: Key, allowed: bool | None) -> None:
    if allowed is None:
        kept.pop(key, None)
    else:
        kept[key] = allowed
