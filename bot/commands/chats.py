"""/new, /chats, /resume, /forget, /context: the conversation under the person's control."""

from __future__ import annotations

import json
from dataclasses import replace

from bot.auditing import Change, ChangeKind
from bot.commands.services import Services, text_option
from bot.declarations import Command, Option
from bot.engine.flow.changes import BRANCH
from bot.engine.memory.recall import RESUME, keep_button, new_chat_id
from bot.engine.money.caps import dollars
from bot.engine.turns.registry import ActionHandler, Bound
from bot.engine.turns.turn import Turn
from bot.errors import NotAllowed, UserError
from bot.messages import Button, ButtonStyle
from bot.records import Chat, Role, StoredButton

LISTED = 10
FORGET_CHAT = "chat.forget"
"""Button action: delete the chat in the payload."""

NEW = Command(
    "new",
    "Start a new chat here; the old one is kept and can be resumed.",
    (Option("title", "Title of the new chat.", rest=True, maximum=100),),
)
CHATS = Command("chats", "List the chats of this place, to resume one.")
RESUME_CHAT = Command(
    "resume",
    "Go on with an earlier chat of this place.",
    (Option("chat", "Its number in /chats, or its title.", required=True, rest=True, maximum=200),),
)
FORGET = Command(
    "forget", "Delete what I remember of this chat; as a reply to a message, only of that message."
)
CONTEXT = Command("context", "Show what I see of this chat, in tokens and money.", private_reply=True)


def bound(services: Services) -> list[Bound]:
    """The commands of this group."""

    async def new(turn: Turn) -> None:
        title = text_option(turn, "title")
        await start_chat(services, turn, title)
        turn.say(f"This is a new chat{f': **{_line(title)}**' if title else ''}. /chats lists the others.")

    async def chats(turn: Turn) -> None:
        await _list(services, turn)

    async def resume(turn: Turn) -> None:
        found = await services.store.chats.all(turn.incoming.place.conversation)
        await _resume(services, turn, _chosen(found, text_option(turn, "chat")).id)

    async def forget(turn: Turn) -> None:
        quoted = turn.incoming.quoted
        if quoted is not None and quoted.message_id:
            await _forget_message(services, turn, quoted.message_id)
        else:
            await _ask_to_forget(services, turn)

    async def context(turn: Turn) -> None:
        await _context(services, turn)

    return [
        Bound(NEW, new),
        Bound(CHATS, chats),
        Bound(RESUME_CHAT, resume),
        Bound(FORGET, forget),
        Bound(CONTEXT, context),
    ]


def actions(services: Services) -> dict[str, ActionHandler]:
    """The buttons of this group."""

    async def resume(turn: Turn, stored: StoredButton) -> None:
        await _resume(services, turn, json.loads(stored.payload)["chat"])

    async def forget(turn: Turn, stored: StoredButton) -> None:
        turn.require_moderator()
        chat = json.loads(stored.payload)["chat"]
        place = turn.incoming.place
        await services.door_files.forget(place)
        count = await services.store.chats.forget(place.conversation, chat)
        if count and not place.direct and not place.member:  # others lose it, too
            old, scope = _messages(count), place.channel_key
            change = Change(turn.now, turn.person, ChangeKind.DATA, scope, place.audience, "chat", old, "")
            await services.store.audit.add(change)
        turn.say(f"Forgotten: {_messages(count)} of this chat.")

    async def branch(turn: Turn, stored: StoredButton) -> None:
        payload = json.loads(stored.payload)
        conversation, message, text = turn.incoming.place.conversation, payload["message"], payload["text"]
        title = f"Branch: {_line(text)}"
        if not await services.store.chats.branch(conversation, new_chat_id(), message, title, turn.now):
            raise UserError("I no longer remember that question.")
        turn.incoming = replace(turn.incoming, text=text, message_id=message)
        await services.talker.answer(turn, text)

    return {RESUME: resume, FORGET_CHAT: forget, BRANCH: branch}


async def start_chat(services: Services, turn: Turn, title: str) -> None:
    """A new chat here; the old one is kept."""
    conversation = turn.incoming.place.conversation
    await services.store.chats.start(conversation, new_chat_id(), title, turn.now)


# --- list and resume ---


async def _list(services: Services, turn: Turn) -> None:
    found = await services.store.chats.all(turn.incoming.place.conversation)
    if not found:
        raise UserError("There is no chat here yet. Just ask something.")
    lines = [_entry(number, chat, turn.now) for number, chat in enumerate(found[:LISTED], 1)]
    buttons = [
        await keep_button(
            services.store, turn, f"{number}. {_title(chat)}", RESUME, {"chat": chat.id}, anyone=True
        )
        for number, chat in enumerate(found[:LISTED], 1)
        if not chat.current
    ]
    more = f"\n\n{len(found) - LISTED} older ones: `/resume NUMBER` or title." if len(found) > LISTED else ""
    turn.notice("\n".join(lines) + more, buttons=tuple((button,) for button in buttons))


def _entry(number: int, chat: Chat, now: float) -> str:
    here = ", this one" if chat.current else ""
    return f"{number}. **{_title(chat)}** ({_messages(chat.messages)}, {_age(now - chat.used_at)}{here})"


def _title(chat: Chat) -> str:
    return _line(chat.title) or "Untitled"


def _line(text: str) -> str:
    """The beginning of a text in one line, without what would format it."""
    words = " ".join(text.split())
    plain = "".join(sign for sign in words if sign not in "*_`[]<>|~\\")
    return plain if len(plain) <= 48 else f"{plain[:47].rstrip()}…"


def _messages(count: int) -> str:
    return "1 message" if count == 1 else f"{count} messages"


def _age(seconds: float) -> str:
    minutes = max(0, round(seconds / 60))
    if minutes < 1:
        return "just now"
    if minutes < 60:
        return f"{minutes} min ago"
    hours = round(minutes / 60)
    return f"{hours} h ago" if hours < 48 else f"{round(hours / 24)} days ago"


def _chosen(found: list[Chat], wanted: str) -> Chat:
    number = wanted.lstrip("#").rstrip(".")
    if number.isdecimal() and 1 <= int(number) <= len(found):
        return found[int(number) - 1]
    folded = wanted.casefold()
    for matches in (str.__eq__, str.startswith, str.__contains__):
        for chat in found:
            if matches(chat.title.casefold(), folded):
                return chat
    raise UserError("There is no such chat here. /chats lists them.")


async def _resume(services: Services, turn: Turn, chat: str) -> None:
    conversation = turn.incoming.place.conversation
    if not await services.store.chats.resume(conversation, chat, turn.now):
        raise UserError("That chat is gone. /chats lists what there is.")
    found = next(one for one in await services.store.chats.all(conversation) if one.id == chat)
    turn.say(f"We go on with **{_title(found)}** ({_messages(found.messages)}).")


# --- forget ---


async def _forget_message(services: Services, turn: Turn, message_id: str) -> None:
    conversation = turn.incoming.place.conversation
    found = await services.store.memory.upto(conversation, message_id, 2)
    pictures = await services.gallery.quoted(turn)
    if found is None and pictures:
        if not turn.moderator and any(one.person != turn.person for one in pictures):
            raise NotAllowed(
                "Only who asked for it or someone who manages this channel can make me forget it."
            )
        await services.store.memory.forget_messages(conversation, [message_id])
        turn.say("Forgotten: that picture. Its buttons no longer work; the message here stays visible.")
        return
    if found is None:
        raise UserError("I do not remember that message, so there is nothing to forget.")
    item = found.items[-1]
    # An answer belongs to whoever asked for it.
    asked = item if item.role is Role.PERSON else found.items[0]
    own = asked.turn_id == item.turn_id and asked.speaker == turn.incoming.author.key
    if not own and not turn.moderator:
        raise NotAllowed("Only who wrote it or someone who manages this channel can make me forget it.")
    count = await services.store.memory.forget_messages(conversation, [message_id])
    turn.say("Forgotten: that message and my answer to it." if count > 1 else "Forgotten: that message.")


async def _ask_to_forget(services: Services, turn: Turn) -> None:
    turn.require_moderator()
    found = await services.store.chats.all(turn.incoming.place.conversation)
    current = next((chat for chat in found if chat.current), None)
    facts = await services.store.facts.count(turn.incoming.place.conversation, current.id if current else "")
    if current is None or not (current.messages or facts):
        raise UserError("I remember nothing of this chat.")
    kept = await keep_button(services.store, turn, "Forget it", FORGET_CHAT, {"chat": current.id})
    button = Button(kept.label, kept.id, style=ButtonStyle.DANGER)
    turn.notice(
        f"Shall I forget all {_messages(current.messages)} of **{_title(current)}**{_and_facts(facts)}? "
        "This cannot be undone. The messages here stay visible.",
        buttons=((button,),),
    )


def _and_facts(count: int) -> str:
    """What goes along; `/memory` shows it."""
    if not count:
        return ""
    return f", and the {'1 fact' if count == 1 else f'{count} facts'} I remember from it"


# --- context ---


async def _context(services: Services, turn: Turn) -> None:
    outlook = await services.talker.outlook(turn)
    found = await services.store.chats.all(turn.incoming.place.conversation)
    remembered = next((chat.messages for chat in found if chat.current), 0)
    cut = remembered - outlook.messages
    seen = f"I see {_messages(outlook.messages)} of this chat"
    fate = "summed up" if outlook.summed_up else "cut"
    left = f"; the {_messages(cut)} before are {fate}" if cut > 0 else "; nothing is cut"
    turn.say(
        f"{seen}{left}.\n"
        f"- About {outlook.tokens:,} tokens before your question.\n"
        f"- The next question costs about {dollars(outlook.reading)} to read with **{outlook.model}**, "
        f"and {dollars(outlook.ceiling)} at the very most with its answer.\n"
        f"- {_manner(turn)}"
    )


def _manner(turn: Turn) -> str:
    settings = turn.settings
    who = "plain Gondola"
    if settings.text("character"):
        who = f"character `{settings.text('character')}`"
    elif settings.text("system_prompt"):
        who = f"own persona “{_line(settings.text('system_prompt'))}”"
    names = ("answer_length", "thinking", "web_search")
    return f"I am {who}; " + ", ".join(f"{name} {settings.text(name)}" for name in names) + "."
