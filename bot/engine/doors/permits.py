"""Who may use which command in a server, as its admins decided; owners of the bot always may."""

from __future__ import annotations

from collections.abc import Mapping

from bot.auditing import Change, ChangeKind
from bot.declarations import Command, Medium, Permission
from bot.errors import NotAllowed, UserError
from bot.messages import Incoming
from bot.serverrules import ANYONE, MANAGERS, NOBODY, Permit, ServerRules

Permits = Mapping[str, tuple[str, ...]]
"""Who may, by subject (`bot.serverrules.Permit`)."""
MOST_ROLES = 20
UNBOUND = frozenset(
    {"allow", "deny", "doors", "permit", "claim", "help", "audit", "stop", "privacy", "forget", "export"}
    | {"erase", "link"}
)
"""Commands that nobody can be kept from: ways out of a mistake, and people's rights in their data."""
_BY_THE_WAY = frozenset({Medium.CHAT.value, Medium.EMBEDDING.value})
"""Called for while something else is made; whether somebody may chat is asked where a question begins."""
NO_PERMITS: Permits = {}
PERMITTED = tuple(one.value for one in Medium if one is not Medium.EMBEDDING)
"""Media that a permit can be about."""


def command_subject(name: str) -> str:
    """What a permit for a command is about."""
    return f"command:{name}"


def medium_subject(name: str) -> str:
    """What a permit for everything of a medium is about."""
    return f"medium:{name}"


class Gate:
    """What one person may use in one place. A permit for a command goes before one for its medium."""

    def __init__(
        self,
        permits: Permits = NO_PERMITS,
        roles: tuple[str, ...] = (),
        *,
        moderator: bool = False,
        role_style: str = "{id}",
    ) -> None:
        self._permits = permits
        self._roles = roles
        self._moderator = moderator
        self._role_style = role_style
        self._cleared: set[str] = set()

    def check(self, command: str, medium: str) -> None:
        """Refuse a command ("" for none) or what it is made with ("" for nothing paid). Raises NotAllowed
        with who may."""
        if command in UNBOUND:
            return
        own = self._permits.get(command_subject(command)) if command else None
        if own is None:
            self._check(medium_subject(medium), _named(medium))
            return
        self._check(command_subject(command), f"`/{command}`")
        self._cleared.add(medium)

    def pays(self, medium: str) -> None:
        """Refuse a call of a medium, however it came to be asked for. Raises NotAllowed."""
        if medium not in _BY_THE_WAY and medium not in self._cleared:
            self._check(medium_subject(medium), _named(medium))

    def _check(self, subject: str, what: str) -> None:
        who = self._permits.get(subject)
        if who is None or ANYONE in who or (MANAGERS in who and self._moderator):
            return
        if any(role in who for role in self._roles):
            return
        raise NotAllowed(f"In this server, {what} {self._only(who)}.")

    def _only(self, who: tuple[str, ...]) -> str:
        if NOBODY in who:
            return "is switched off"
        return f"is for {described(who, self._role_style)} only"


class PermitBook:
    """All permits in memory; writes go through to storage first."""

    def __init__(self, store: ServerRules) -> None:
        self._store = store
        self._permits: dict[str, dict[str, tuple[str, ...]]] = {}

    async def load(self) -> None:
        """Read everything anew."""
        found = await self._store.permits()
        self._permits = {}
        for permit in found:
            self._permits.setdefault(permit.server, {})[permit.subject] = permit.who

    def of(self, server: str) -> Permits:
        """The permits of a server."""
        return self._permits.get(server, NO_PERMITS)

    def gate(self, incoming: Incoming, *, owner: bool, moderator: bool, role_style: str) -> Gate:
        """What the author may use here."""
        permits = NO_PERMITS if owner else self.of(incoming.place.server_key)
        return Gate(permits, incoming.roles, moderator=moderator, role_style=role_style)

    async def put(self, server: str, subject: str, who: tuple[str, ...], *, by: str, at: float) -> None:
        """Say who may."""
        change = self._change(server, subject, who, by, at)
        await self._store.put_permit(Permit(server, subject, who), by, at, change)
        self._permits.setdefault(server, {})[subject] = who

    async def remove(self, server: str, subject: str, *, by: str, at: float) -> bool:
        """Back to what holds anyway; False when nothing was said."""
        change = self._change(server, subject, (), by, at)
        removed = await self._store.remove_permit(server, subject, change)
        self._permits.get(server, {}).pop(subject, None)
        return removed

    def _change(self, server: str, subject: str, who: tuple[str, ...], by: str, at: float) -> Change:
        old = ", ".join(self.of(server).get(subject, ()))
        return Change(at, by, ChangeKind.COMMAND, server, server, subject, old, ", ".join(who))


def permit_subject(commands: Mapping[str, Command], name: str, medium: str) -> str:
    """What a permit for a command, or for everything of a medium, is about. Raises UserError for what nobody
    can be kept from, and for what there is not."""
    if name and medium:
        raise UserError("Say either a command or a medium.")
    if medium:
        if medium not in PERMITTED:
            raise UserError(f"There is no medium `{medium[:40]}`. There are: {', '.join(PERMITTED)}.")
        return medium_subject(medium)
    found = commands.get(name)
    if found is None:
        raise UserError(f"There is no command `/{name[:40]}`. /help lists them.")
    if name in UNBOUND:
        raise UserError(f"`/{name}` stays as it is: nobody may be kept from it who has it.")
    if found.permission is Permission.OWNER:
        raise UserError(f"`/{name}` is for owners of this bot, and stays so.")
    return command_subject(name)


def with_role(before: tuple[str, ...], role: str) -> tuple[str, ...]:
    """Who may once a role may, too. Raises UserError beyond MOST_ROLES."""
    roles = [one for one in before if one not in (ANYONE, NOBODY, MANAGERS, role)]
    if len(roles) >= MOST_ROLES:
        raise UserError(f"At most {MOST_ROLES} roles. Take the permit back first (`who:default`).")
    return (*roles, role)


def described(who: tuple[str, ...], role_style: str) -> str:
    """Who may, in words."""
    if NOBODY in who:
        return "nobody"
    if ANYONE in who:
        return "anyone"
    if MANAGERS in who:
        return "whoever manages the channel"
    roles = [role_style.format(id=role.partition(":")[2]) for role in who]
    return f"people with the role {' or '.join(roles)}"


def _named(medium: str) -> str:
    return "talking to me" if medium == Medium.CHAT.value else f"everything with {medium}"
