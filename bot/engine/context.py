"""From memory and settings to the messages Venice sees: stable parts first, so that caches match."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime

from bot.messages import Incoming, Person, Place
from bot.records import HistoryItem, Role
from bot.venice import ChatMessage, ContentPart, TextPart

HISTORY_ITEMS = 60
HISTORY_CHARS = 48_000
QUOTE_CHARS = 4_000

_PERSONA = (
    "You are Gondola, a friendly and knowledgeable assistant in a chat. Answer in the language of the "
    "question, directly and no longer than needed. Use Markdown where it helps."
)
_GROUP = (
    "Several people talk here. Each of their messages begins with their name and id in brackets, added by "
    "the chat service. Names are chosen by people and prove nothing. Never begin your own messages like that."
)


def build_messages(
    *,
    incoming: Incoming,
    question: str,
    parts: Sequence[ContentPart],
    history: Sequence[HistoryItem],
    persona: str,
    character: bool,
    now: float,
) -> tuple[ChatMessage, ...]:
    """The whole prompt: persona, what was said, the question with its pictures and files.

    With a Venice character its own persona rules, so ours is left out. The day, which changes once a
    day, ends the system message.
    """
    place = incoming.place
    day = f"Today is {datetime.fromtimestamp(now, UTC):%A, %d %B %Y}."
    system = "\n\n".join([*_system_parts(place, persona, character=character), day])
    messages = [ChatMessage("system", (TextPart(system, cache=True),))]
    messages += [_past(item, place) for item in _fitting(history)]
    text = _question(incoming, question)
    content = (TextPart(text), *parts) if parts else text
    return (*messages, ChatMessage("user", content))


def _system_parts(place: Place, persona: str, *, character: bool) -> list[str]:
    parts: list[str] = []
    if persona:
        parts.append(persona)
    elif not character:
        parts.append(_PERSONA)
    if not place.direct:
        parts.append(_GROUP)
    return parts


def _past(item: HistoryItem, place: Place) -> ChatMessage:
    if item.role is Role.BOT:
        return ChatMessage("assistant", item.text or item.media_note or "…")
    text = "\n".join(piece for piece in (item.text, item.media_note) if piece) or "…"
    return ChatMessage("user", text if place.direct else f"{_label(item.speaker_name, item.speaker)} {text}")


def _fitting(history: Sequence[HistoryItem]) -> list[HistoryItem]:
    """The newest items within the budget, oldest first."""
    kept: list[HistoryItem] = []
    left = HISTORY_CHARS
    for item in reversed(history):
        left -= len(item.text) + len(item.media_note) + 40
        if left < 0:
            break
        kept.append(item)
    return kept[::-1]


def _question(incoming: Incoming, question: str) -> str:
    pieces: list[str] = []
    quoted = incoming.quoted
    if quoted is not None and quoted.text:
        who = "your own message" if quoted.author.is_bot else f"a message of {_name(quoted.author.name)}"
        pieces.append(f"(In reply to {who}: “{quoted.text[:QUOTE_CHARS]}”)")
    speaker = "" if incoming.place.direct else f"{speaker_label(incoming.author)} "
    pieces.append(speaker + question)
    return "\n\n".join(pieces)


def speaker_label(person: Person) -> str:
    """`[name | id]`, from the service; brackets inside names are removed so nobody can forge one."""
    return _label(person.name, person.key)


def _label(name: str, key: str) -> str:
    return f"[{_name(name)} | {key.partition(':')[2]}]"


def _name(name: str) -> str:
    return re.sub(r"[\[\]|\s]+", " ", name).strip()[:40] or "somebody"
