"""A finished answer as its buttons know it, and the wish to ask for it again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from pydantic import TypeAdapter

from bot.messages import SPOKEN, Attachment, Incoming, MessageRef, Quoted
from bot.records import HistoryItem, Role

MICRO = 1_000_000


@dataclass(frozen=True, slots=True)
class Receipt:
    """What an answer took. `cost` is micro-USD, `uncertain` where Venice sent no bill; `prompt`, `cached`
    and `completion` are tokens (0 where unknown), `first` and `total` seconds."""

    model: str
    name: str
    private: bool
    cost: int
    prompt: int = 0
    cached: int = 0
    completion: int = 0
    reasoning: int = 0
    searches: int = 0
    uncertain: bool = False
    first: float | None = None
    total: float = 0.0


@dataclass(frozen=True, slots=True)
class AnswerRecord:
    """What is stored of an answer for its buttons. The words stay in memory only, so that forgetting
    them forgets them everywhere.

    `turn_id` is the turn whose remembered items hold question and answer; `version` grows each time the
    answer changes, so that buttons of an earlier form are known as such. `in_place` says that the
    messages remembered with the answer are text and can be edited.
    """

    turn_id: str
    incoming: Incoming
    receipt: Receipt
    search: str = ""
    version: int = 0
    in_place: bool = True
    unfinished: bool = False


@dataclass(frozen=True, slots=True)
class Again:
    """An answer asked for anew, or carried on where it stopped (`proceed`). `history` is what the model
    is shown before the question, `old` the remembered answer. `pressed` is the message whose buttons have
    done their work once this is answered."""

    button_id: str
    asker: str
    record: AnswerRecord
    history: tuple[HistoryItem, ...]
    old: HistoryItem
    model: str = ""
    proceed: bool = False
    pressed: MessageRef | None = None


_RECORD = TypeAdapter(AnswerRecord)


def to_payload(record: AnswerRecord) -> str:
    """The record as JSON, without what is as usual."""
    return _RECORD.dump_json(record, exclude_defaults=True).decode()


def from_payload(payload: str) -> AnswerRecord:
    """The record from storage."""
    return _RECORD.validate_json(payload)


def without_words(incoming: Incoming) -> Incoming:
    """What asking again needs besides the remembered words. Voices have become words already."""
    quoted = incoming.quoted
    if quoted is not None:
        quoted = replace(quoted, attachments=_seen(quoted.attachments))
    if quoted is not None and cites_others(incoming):
        quoted = replace(quoted, text="", author=replace(quoted.author, name=""))
    return replace(
        incoming,
        text="",
        command=None,
        press=None,
        reply_handle="",
        attachments=_seen(incoming.attachments),
        quoted=quoted,
    )


def cites_others(incoming: Incoming) -> bool:
    """Whether it replies to words of somebody else. They did not ask to be remembered: their words are used
    for this question and never stored with a button (decision 0011)."""
    quoted = incoming.quoted
    if quoted is None or not (quoted.text or quoted.attachments):
        return False
    return not quoted.author.is_bot and quoted.author.key != incoming.author.key


def _seen(attachments: Sequence[Attachment]) -> tuple[Attachment, ...]:
    return tuple(one for one in attachments if one.kind not in SPOKEN)


def asked_again(record: AnswerRecord, pressed: Incoming, quoted: Quoted | None = None) -> Incoming:
    """The question's event once more, with what holds for whoever pressed. `quoted` is what it replied to,
    where that is still known."""
    return replace(
        record.incoming,
        quoted=quoted or record.incoming.quoted,
        event_id=pressed.event_id,
        place=pressed.place,
        authority=pressed.authority,
        adult_allowed=pressed.adult_allowed,
        reply_handle=pressed.reply_handle,
        trusted=pressed.trusted,
    )


def parted(
    items: Sequence[HistoryItem], turn_id: str
) -> tuple[tuple[HistoryItem, ...], HistoryItem, HistoryItem] | None:
    """What was said before a turn, its question and its answer; None where they are forgotten."""
    mine = [item for item in items if item.turn_id == turn_id]
    asked = next((item for item in mine if item.role is Role.PERSON), None)
    old = next((item for item in mine if item.role is Role.BOT), None)
    if asked is None or old is None:
        return None
    return tuple(item for item in items if item.turn_id != turn_id), asked, old


def described(receipt: Receipt) -> str:
    """The receipt in a few lines, CommonMark."""
    privacy = "private (nothing is kept)" if receipt.private else "anonymised (the provider sees the words)"
    cached = f" ({receipt.cached:,} from the cache)" if receipt.cached else ""
    thought = f" ({receipt.reasoning:,} of them thinking)" if receipt.reasoning else ""
    about = " (estimated, Venice sent no bill)" if receipt.uncertain else ""
    first = f"first word after {receipt.first:.1f} s, " if receipt.first is not None else ""
    lines = [
        f"**{receipt.name}** (`{receipt.model}`), {privacy}",
        f"Cost: ${receipt.cost / MICRO:.6f}{about}",
        f"Time: {first}{receipt.total:.1f} s in all",
    ]
    if receipt.prompt or receipt.completion:
        lines.insert(1, f"Tokens: {receipt.prompt:,} in{cached}, {receipt.completion:,} out{thought}")
    if receipt.searches:
        lines.append(f"Web searches: {receipt.searches}")
    return "\n".join(f"- {line}" for line in lines)
