"""/permit: who may use which command in a server."""

from __future__ import annotations

from collections.abc import Mapping

from bot.commands.services import Services, text_option
from bot.declarations import Choice, Command, Option, OptionKind, Permission
from bot.engine.doors.permits import PERMITTED, described, permit_subject, with_role
from bot.engine.turns.registry import Bound
from bot.engine.turns.turn import Turn
from bot.errors import UserError
from bot.serverrules import ANYONE, MANAGERS, NOBODY

_DEFAULT = "default"
PERMIT = Command(
    "permit",
    "Say who may use a command or a medium in this server; shows what was said if all is left out.",
    (
        Option("command", "Which command.", completer="command", maximum=40),
        Option(
            "medium",
            "Or everything of a kind, in conversation and by buttons, too.",
            choices=tuple(Choice(one, one) for one in PERMITTED),
        ),
        Option("role", "Who has this role; use it again to add another one.", OptionKind.ROLE),
        Option(
            "who",
            "Or who else.",
            choices=(
                Choice(ANYONE, "anyone"),
                Choice(MANAGERS, "whoever manages the channel"),
                Choice(NOBODY, "nobody"),
                Choice(_DEFAULT, "default: take it back"),
            ),
        ),
    ),
    Permission.ADMIN,
    private_reply=True,
)


def bound(services: Services, commands: Mapping[str, Bound]) -> list[Bound]:
    """The command of this group; `commands` are all there are, by name."""

    async def permit(turn: Turn) -> None:
        server = turn.incoming.place.server_key
        if not server:
            raise UserError("Use `/permit` in the server or group it is for.")
        if not text_option(turn, "command") and not text_option(turn, "medium"):
            turn.say(_shown(services, turn, server))
            return
        await _permit(services, turn, server, _subject(turn, commands))

    return [Bound(PERMIT, permit)]


def _subject(turn: Turn, commands: Mapping[str, Bound]) -> str:
    name, medium = text_option(turn, "command").lower().removeprefix("/"), text_option(turn, "medium")
    return permit_subject({key: bound.command for key, bound in commands.items()}, name, medium)


async def _permit(services: Services, turn: Turn, server: str, subject: str) -> None:
    role, who = text_option(turn, "role"), text_option(turn, "who")
    what = _named(subject)
    if bool(role) == bool(who):
        raise UserError("Say who may: a role, or `anyone`, `managers`, `nobody` or `default` as `who`.")
    if who == _DEFAULT:
        removed = await services.permits.remove(server, subject, by=turn.person, at=turn.now)
        turn.say(f"{what}: as everywhere again." if removed else f"Nothing was said about {what}.")
        return
    allowed = (who,)
    if role:
        allowed = with_role(services.permits.of(server).get(subject, ()), role)
    await services.permits.put(server, subject, allowed, by=turn.person, at=turn.now)
    turn.say(
        f"{what}: {described(allowed, turn.answer.capabilities.role_style)}. Owners of this bot always may."
    )


def _shown(services: Services, turn: Turn, server: str) -> str:
    style = turn.answer.capabilities.role_style
    lines = [
        f"- {_named(subject)}: {described(who, style)}"
        for subject, who in sorted(services.permits.of(server).items())
    ]
    return "\n".join(
        [
            "**Who may use what here**",
            "",
            *(lines or ["- nothing is restricted"]),
            "",
            "`/permit command:image role:@artists`, or `who:nobody`; `who:default` takes it back. What is "
            "said of a command goes before what is said of its medium.",
        ]
    )


def _named(subject: str) -> str:
    kind, _, name = subject.partition(":")
    return f"`/{name}`" if kind == "command" else f"everything with {name}"
