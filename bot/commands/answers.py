"""What the buttons under an answer do, /stop and /receipt."""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping
from dataclasses import replace

from bot.commands.cards import price
from bot.commands.services import Services
from bot.declarations import Command
from bot.engine.memory.context import HISTORY_ITEMS
from bot.engine.models.book import allowed, check_allowed
from bot.engine.text.spoken import speakable
from bot.engine.turns.again import Again, AnswerRecord, asked_again, described, from_payload, parted
from bot.engine.turns.answerbook import ANSWER, more_rows
from bot.engine.turns.registry import QUESTION, ActionHandler, Bound
from bot.engine.turns.texts import EXPIRED_BUTTON
from bot.engine.turns.turn import Turn
from bot.errors import UserError
from bot.messages import Button, ButtonRows, MessageRef
from bot.records import HistoryItem, StoredButton
from bot.venice import Model

WITH_MODEL = "answer_model"
OFFERED = 6
OFFER_LIFE = 24 * 3600
SHOWN_THOUGHT = 3_000
FORGOTTEN = "I no longer remember this question. Please ask it again."
PROCEED = (
    "Continue your last message exactly where it stopped, as if there had been no break. "
    "Repeat nothing and add no remark about continuing."
)

STOP = Command("stop", "Stop the answer I am writing here.", private_reply=True)
RECEIPT = Command("receipt", "What the last answer here took: model, tokens, cost, time.", private_reply=True)

ORDERED = frozenset({f"{ANSWER}.again", f"{ANSWER}.continue", WITH_MODEL})
"""Actions that ask Venice within the conversation, and so wait their turn in it."""
BEHIND: Mapping[str, str] = dict.fromkeys(ORDERED, QUESTION)
"""What each button goes on with (`bot.engine.turns.registry`)."""


def bound(services: Services) -> list[Bound]:
    """The commands of this group."""

    async def stop(turn: Turn) -> None:
        services.stopper.stop(turn)
        turn.say("Stopped.")

    async def receipt(turn: Turn) -> None:
        last = await services.answers.latest(turn.incoming.place)
        if last is None:
            raise UserError("There is no answer here yet that I have a receipt for.")
        own = turn.moderator or last.asker in ("", turn.person)
        thought = services.answers.thought(last.button_id) if own else ""
        turn.say(_receipt_text(last.record, thought))

    return [Bound(STOP, stop), Bound(RECEIPT, receipt)]


def actions(services: Services) -> Mapping[str, ActionHandler]:
    """What the buttons do, by action."""

    async def again(turn: Turn, stored: StoredButton) -> None:
        await _again(services, turn, stored, _current(turn, stored))

    async def proceed(turn: Turn, stored: StoredButton) -> None:
        await _proceed(services, turn, stored, _current(turn, stored))

    async def models(turn: Turn, stored: StoredButton) -> None:
        await _offer_models(services, turn, stored, from_payload(stored.payload))

    async def listen(turn: Turn, stored: StoredButton) -> None:
        await _listen(services, turn, from_payload(stored.payload))

    async def more(turn: Turn, stored: StoredButton) -> None:
        record = from_payload(stored.payload)
        text = _receipt_text(record, services.answers.thought(stored.id))
        few = turn.settings.text("buttons") == "few"
        turn.notice(text, private=True, buttons=more_rows(stored.id, record) if few else ())

    async def with_model(turn: Turn, stored: StoredButton) -> None:
        await _with_model(services, turn, stored)

    return {
        f"{ANSWER}.again": again,
        f"{ANSWER}.continue": proceed,
        f"{ANSWER}.models": models,
        f"{ANSWER}.listen": listen,
        f"{ANSWER}.more": more,
        WITH_MODEL: with_model,
    }


def _current(turn: Turn, stored: StoredButton) -> AnswerRecord:
    """The record, unless the answer has changed since the pressed button was put there."""
    record = from_payload(stored.payload)
    press = turn.incoming.press
    version = press.button_id.rpartition(".")[2] if press is not None else ""
    if version != str(record.version):
        raise UserError(EXPIRED_BUTTON)
    return record


# --- asking again ---


async def _again(
    services: Services, turn: Turn, stored: StoredButton, record: AnswerRecord, model: str = ""
) -> None:
    """The same question with what was said before it; the new answer takes the place of the old one."""
    before, asked, old = await _remembered(services, record)
    if record.in_place:
        turn.answer.adopt([MessageRef(turn.incoming.place, one) for one in old.message_ids])
    turn.again = Again(
        stored.id,
        stored.person,
        record,
        before,
        replace(old, text="", message_ids=()),
        model,
        pressed=_pressed(turn) if model or not record.in_place else None,
    )
    turn.incoming = asked_again(record, turn.incoming, services.answers.quoted(stored.id))
    await services.talker.answer(turn, asked.text, search=record.search)


async def _proceed(services: Services, turn: Turn, stored: StoredButton, record: AnswerRecord) -> None:
    """The rest of an answer, as a further message."""
    before, asked, old = await _remembered(services, record)
    turn.again = Again(
        stored.id,
        stored.person,
        record,
        (*before, asked, old),
        old,
        record.receipt.model,
        proceed=True,
        pressed=_pressed(turn),
    )
    rest = replace(record.incoming, attachments=(), quoted=None)
    turn.incoming = asked_again(replace(record, incoming=rest), turn.incoming)
    await services.talker.answer(turn, PROCEED, search="off")


async def _remembered(
    services: Services, record: AnswerRecord
) -> tuple[tuple[HistoryItem, ...], HistoryItem, HistoryItem]:
    conversation = record.incoming.place.conversation
    items = await services.store.memory.of_turn(conversation, record.turn_id, HISTORY_ITEMS + 2)
    found = parted(items, record.turn_id)
    if found is None:
        raise UserError(FORGOTTEN)
    return found


def _pressed(turn: Turn) -> MessageRef | None:
    """The message whose button was pressed."""
    press = turn.incoming.press
    return MessageRef(turn.incoming.place, press.message_id) if press is not None else None


# --- other models ---


async def _offer_models(services: Services, turn: Turn, stored: StoredButton, record: AnswerRecord) -> None:
    catalogue = await services.models.catalogue()
    offered = [
        model for model in catalogue.offered("text", allowed(turn)) if model.id != record.receipt.model
    ][:OFFERED]
    if not offered:
        raise UserError("There is no other model you could use here.")
    turn.notice(
        "Which model should answer this? Prices are US dollars per million tokens, in and out.",
        private=True,
        buttons=await _model_buttons(services, turn, stored, record, offered),
    )


async def _model_buttons(
    services: Services, turn: Turn, stored: StoredButton, record: AnswerRecord, offered: list[Model]
) -> ButtonRows:
    rows = [
        StoredButton(
            id=secrets.token_urlsafe(9),
            action=WITH_MODEL,
            payload=json.dumps({"answer": stored.id, "version": record.version, "model": model.id}),
            person=turn.person,
            channel=stored.channel,
            expires_at=turn.now + OFFER_LIFE,
            member=stored.member,
        )
        for model in offered
    ]
    await services.store.buttons.save(rows)
    labels = [f"{model.name[:40]} · {price(model)}" for model in offered]
    buttons = [Button(label, row.id) for label, row in zip(labels, rows, strict=True)]
    return tuple(tuple(buttons[i : i + 2]) for i in range(0, len(buttons), 2))


async def _with_model(services: Services, turn: Turn, chosen: StoredButton) -> None:
    wanted = json.loads(chosen.payload)
    stored = await services.store.buttons.get(wanted["answer"], turn.now)
    record = from_payload(stored.payload) if stored is not None else None
    if stored is None or record is None or record.version != wanted["version"]:
        raise UserError(EXPIRED_BUTTON)
    model = (await services.models.catalogue()).find(wanted["model"])
    check_allowed(model, turn)
    await _again(services, turn, stored, record, model.id)


# --- listening and looking behind ---


async def _listen(services: Services, turn: Turn, record: AnswerRecord) -> None:
    _, _, answer = await _remembered(services, record)
    words = speakable(answer.text)
    if not words:
        raise UserError("There is nothing in this answer to read aloud.")
    turn.answer.typing()
    choice = await services.speaker.choose(turn)
    (await services.speaker.speak(turn, words, choice)).show(turn)


def _receipt_text(record: AnswerRecord, thought: str) -> str:
    text = described(record.receipt)
    if not thought:
        return text
    shown = thought if len(thought) <= SHOWN_THOUGHT else thought[:SHOWN_THOUGHT] + " …"
    quoted = "\n".join(f"> {line}" for line in shown.splitlines())
    return f"{text}\n\n**What the model thought**\n\n{quoted}"
