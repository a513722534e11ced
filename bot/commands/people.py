"""/export, /erase and /link: one's own data, taken away, erased, and the same on several platforms."""

from __future__ import annotations

from dataclasses import replace

from bot.commands.services import Services
from bot.declarations import Command, Option
from bot.engine.memory.recall import keep_button
from bot.engine.turns.registry import ActionHandler, Bound
from bot.engine.turns.turn import Turn
from bot.errors import NotAllowed, UserError
from bot.messages import ButtonStyle
from bot.records import StoredButton

EXPORT = Command("export", "Send me alone everything you store about me, as a file.", private_reply=True)
ERASE = Command("erase", "Erase everything about me, everywhere.", private_reply=True)
LINK = Command(
    "link",
    "Use me as one person on several platforms: shows a code, or takes one.",
    (
        Option(
            "code",
            "The code from the other platform, or “off” to end it.",
            rest=True,
            maximum=40,
            secret=True,
        ),
    ),
    private_reply=True,
)
CONFIRM = "erase.confirm"
"""Button action: erase everything of whoever pressed, if it was they who asked."""
CONFIRM_LIFE = 600.0
ALONE = "This is only for your eyes: please use `/{}` in our private chat."
TAKEN = "Here is all I store of you: `data.json` has the words and numbers, `media` the files."
ASK = """**Shall I erase everything about you?** This cannot be undone.

**What goes**, here and on every platform you linked:

- what you said to me and what I answered you, in every chat, and summaries of it
- what I remember about you or from you, your reminders, settings and learned voices
- pictures, films and other files I made for you, with their buttons, and files you sent on the web page; what
  is being made is given up and settled
- your names and numbers, and that your accounts are linked

**What stays**

- how much was spent, your caps, whether you are let in or shut out, and who changed what, under a scrambled
  name: erasing gives nobody a new allowance
- what others wrote, also where they quote you, and what you set for servers and channels
- the messages in the app itself, which you can delete there{more}"""
BACKUPS = "\n- backups of this bot, for at most {days} days"
OWNER = "\n- that you own this bot, under a scrambled name"
ERASING = "I am erasing it now. That takes a moment, and goes on even if I am restarted."
TELLS = " I say so here when it is done."
JOINED = (
    "These two accounts are one person for me now: caps and usage, settings, what I remember about you, and "
    "whether you may come in. Chats stay where they are. `/link off` ends it."
)
PARTED = (
    "Your accounts are separate again. What was used so far counts for each of them; what I remember, and "
    "the record of what was spent, stays with the account that showed the code."
)


def bound(services: Services) -> list[Bound]:
    """The commands of this group."""

    async def export(turn: Turn) -> None:
        _require_alone(turn, EXPORT)
        turn.answer.typing()
        limit = turn.answer.capabilities.upload_limit
        turn.show([await services.exporter.take(turn.incoming.author, limit)], TAKEN)

    async def erase(turn: Turn) -> None:
        _require_alone(turn, ERASE)
        await _ask(services, turn)

    async def link(turn: Turn) -> None:
        await _link(services, turn)

    return [Bound(EXPORT, export), Bound(ERASE, erase), Bound(LINK, link)]


def actions(services: Services) -> dict[str, ActionHandler]:
    """The buttons of this group."""

    async def confirm(turn: Turn, stored: StoredButton) -> None:
        if stored.person != turn.person:  # others may press buttons in places they manage, but not this one
            raise NotAllowed("Only the person it is about can have that erased.")
        await services.eraser.request(turn)
        turn.notice(ERASING + (TELLS if turn.incoming.place.direct else ""), private=True)

    return {CONFIRM: confirm}


def _require_alone(turn: Turn, command: Command) -> None:
    """A file or a question that concerns everything of somebody has no place before others."""
    if not (turn.incoming.place.direct or turn.answer.capabilities.private_replies):
        raise UserError(ALONE.format(command.name))


async def _ask(services: Services, turn: Turn) -> None:
    button = await keep_button(services.store, turn, "Erase everything", CONFIRM, {}, life=CONFIRM_LIFE)
    more = BACKUPS.format(days=services.backup_days) + (OWNER if turn.owner else "")
    danger = replace(button, style=ButtonStyle.DANGER)
    turn.notice(ASK.format(more=more), private=True, buttons=((danger,),))


async def _link(services: Services, turn: Turn) -> None:
    use = turn.incoming.command
    code = use.secrets.get("code", "").strip() if use is not None else ""
    author = turn.incoming.author
    if code.casefold() in ("off", "end", "none"):
        await services.linker.part(author)
        turn.say(PARTED)
    elif code:
        await services.linker.join(author, code)
        turn.say(JOINED)
    else:
        shown = await services.linker.offer(author)
        text = (
            f"Your code is `{shown}`. Within ten minutes, write `/link {shown}` to me on the other platform. "
            "Give it to nobody: whoever uses it becomes the same person as you here."
        )
        await services.aside.tell(turn, text)
