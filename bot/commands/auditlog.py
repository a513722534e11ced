"""/audit: who changed what."""

from __future__ import annotations

from datetime import UTC, datetime

from bot.auditing import AuditEntry, ChangeKind
from bot.commands.services import Services, number_option, text_option
from bot.declarations import Choice, Command, Option, OptionKind, Permission
from bot.engine.tools.tool import quoted
from bot.engine.turns.registry import Bound
from bot.engine.turns.turn import Turn

PER_PAGE = 20
AUDIT = Command(
    "audit",
    "Show who changed settings, limits and access, newest first.",
    (
        Option(
            "kind",
            "Only changes of this kind.",
            choices=tuple(Choice(kind.value, kind.value) for kind in ChangeKind),
        ),
        Option("before", "Only changes older than this number.", OptionKind.INTEGER, minimum=1),
    ),
    Permission.MODERATOR,
    private_reply=True,
)
_HOUSE = "the house itself"


def bound(services: Services) -> list[Bound]:
    """The command of this group."""

    async def audit(turn: Turn) -> None:
        await _audit(services, turn)

    return [Bound(AUDIT, audit)]


async def _audit(services: Services, turn: Turn) -> None:
    """Owners see everything in a direct chat; elsewhere everybody sees what concerns the place."""
    place = turn.incoming.place
    if place.server_key:
        turn.require_admin()  # the channel is theirs, but the log is of the whole server
    everything = turn.owner and place.direct
    kind, before = text_option(turn, "kind"), number_option(turn, "before") or 0
    servers = None if everything else [place.audience]
    found = await services.store.audit.entries(PER_PAGE + 1, servers=servers, kind=kind, before=before)
    page = found[:PER_PAGE]
    if not page:
        turn.say("Nothing older was changed." if before else "Nothing was changed yet.")
        return
    text = "\n".join(_line(turn, one, everywhere=everything) for one in page)
    if len(found) <= PER_PAGE:
        turn.notice(f"**Changes**\n\n{text}", private=True)
        return
    options = {"before": page[-1].number, **({"kind": kind} if kind else {})}
    buttons = await services.command_buttons(turn, [("Older", AUDIT.name, options)])
    turn.notice(f"**Changes**\n\n{text}", private=True, buttons=buttons)


def _line(turn: Turn, entry: AuditEntry, *, everywhere: bool) -> str:
    change = entry.change
    moment = datetime.fromtimestamp(change.at, UTC)
    who = "you" if change.by == turn.person else f"`{change.by[:6]}`" if change.by else _HOUSE
    where = f" ({_scope(change.scope)})" if everywhere else ""
    values = f"{_value(change.old)} → {_value(change.new)}"
    return f"- {moment:%d %b %H:%M} UTC, {who}: {change.kind.value} {quoted(change.subject)}{where}: {values}"


def _value(text: str) -> str:
    return quoted(text) if text else "*nothing*"


def _scope(scope: str) -> str:
    """A scope key, short; of a person only the beginning of the keyed hash."""
    kind, _, rest = scope.partition(":")
    return f"{kind} `{rest[:6]}`" if kind == "person" else f"`{quoted(scope)}`"
