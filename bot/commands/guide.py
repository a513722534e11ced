"""/help and /start: what one can do here, generated from the declarations."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from bot.declarations import Command, Permission
from bot.engine.turns.registry import Bound
from bot.engine.turns.turn import Turn

HELP = Command("help", "List what I can do.", private_reply=True)


def bound(commands: Callable[[], Sequence[Command]]) -> list[Bound]:
    """The commands of this group; `commands` gives every declaration, this one too."""

    async def guide(turn: Turn) -> None:
        turn.say(help_text(commands(), owner=turn.owner))

    return [Bound(HELP, guide)]


def help_text(commands: Sequence[Command], *, owner: bool) -> str:
    """Every command the asker may use, with its options."""
    lines = [_line(c) for c in commands if owner or c.permission is not Permission.OWNER]
    return (
        "**Talk to me**: mention me or reply to me in a group, or write to me in a direct chat. Send "
        "pictures, files or voice messages along.\n\n" + "\n".join(lines)
    )


def _line(command: Command) -> str:
    options = " ".join(f"`{o.name}`" if o.required else f"[{o.name}]" for o in command.options)
    return f"- **/{command.name}** {options}{' ' if options else ''}{command.description}"
