"""/catchup: what was said while somebody was away, for their eyes alone."""

from __future__ import annotations

from bot.commands.services import Services
from bot.declarations import Command, Medium
from bot.engine.settings.zones import local_now, spelled, zone_of
from bot.engine.talk.backlog import MOST, READ_BACK, Missed
from bot.engine.turns.registry import Bound
from bot.engine.turns.turn import Turn
from bot.errors import UserError

CATCHUP = Command(
    "catchup",
    "Tell me alone what was said here since my last message.",
    medium=Medium.CHAT,
    private_reply=True,
)
ALONE = (
    "Here we are alone, so you missed nothing. Use `/catchup` in a group to hear what was said there since "
    "your last message."
)
ONLY_WITH_ME = (
    f"*I know only what was said with me. Whoever manages this channel can let me read the rest for this: "
    f"`/settings {READ_BACK} on`.*"
)
BARRED = "*I could not read what else was said here: the platform does not let me.*"


def bound(services: Services) -> list[Bound]:
    """The commands of this group."""

    async def catchup(turn: Turn) -> None:
        if turn.incoming.place.direct:
            raise UserError(ALONE)
        turn.answer.typing()
        await services.aside.tell(turn, "\n\n".join(await _pieces(services, turn)))

    return [Bound(CATCHUP, catchup)]


async def _pieces(services: Services, turn: Turn) -> list[str]:
    """What there is to say, CommonMark."""
    missed = await services.backlog.missed(turn)
    note = _note(missed)
    if not missed.lines:
        nothing = "I know of nothing that was said here"
        return [f"{nothing} {_since(services, turn, missed)}." if missed.last else f"{nothing}.", *note]
    zone = zone_of(turn.settings.text("timezone"))
    text, used = await services.messenger.told(turn, missed.lines, zone)
    title = f"**What you missed** {_since(services, turn, missed)} ({_count(used, len(missed.lines))})"
    return [title, text, *note]


def _count(used: int, of: int) -> str:
    if used < of:
        return f"the newest {used} of {of} messages"
    return "1 message" if of == 1 else f"{of} messages"


def _note(missed: Missed) -> list[str]:
    if missed.whole:
        return []
    return [BARRED if missed.barred else ONLY_WITH_ME]


def _since(services: Services, turn: Turn, missed: Missed) -> str:
    """Since when, with the address of the asker's own last message."""
    last = missed.last
    if last is None:
        return f"among the newest {MOST} messages, none of which is yours"
    when = spelled(local_now(last.at, zone_of(turn.settings.text("timezone"))))
    url = services.links.to(turn.incoming.place, [last.message_id]) if last.message_id else ""
    return f"since [your message]({url}) of {when}" if url else f"since your message of {when}"
