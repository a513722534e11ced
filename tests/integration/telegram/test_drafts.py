"""Answers as drafts, whole, and in the rich form: delivery and the real library over the wire."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Sequence

import pytest

from adapters.telegram.outbound import TelegramDoor
from bot.delivery import Delivered, Delivery, Streaming, Style
from bot.errors import PlatformError, PlatformFailure
from bot.messages import Button, ButtonsReady, Part, TextDelta, TextReplaced
from tests.fakes.telegram import Chat, FakeTelegram, TelegramLimits, User
from tests.fakes.telegram.faults import FaultKind
from tests.integration.telegram.front import RecordingFront, serving
from tests.integration.telegram.making import at, place_of

DRAFTS = Style(Streaming.DRAFTS)
WORDS = "The quick brown fox jumps **over** the lazy dog and runs away into the deep dark wood. "
PLAIN = WORDS.replace("**", "")
ROWS = ((Button("Again", "b1"),),)
TABLE = "The rivers:\n\n| River | km |\n|---|--:|\n| Po | 652 |\n| Adda | [313](https://a.example/adda) |\n"


@pytest.fixture
async def delivery(door: TelegramDoor) -> AsyncIterator[Delivery]:
    opened = Delivery({"telegram": door})
    yield opened
    await opened.close()


async def speak(
    delivery: Delivery,
    chat: Chat,
    pieces: Sequence[str],
    *,
    style: Style,
    pause: float = 0.05,
    typing: bool = False,
) -> Delivered:
    answer = delivery.open(at(place_of(chat)), "a1", style=style)
    if typing:
        answer.typing()
        await asyncio.sleep(pause)
    for piece in pieces:
        answer.push(TextDelta(piece))
        await asyncio.sleep(pause)
    answer.push(ButtonsReady(ROWS))
    return await answer.finish()


def frames(tg: FakeTelegram, chat: Chat) -> list[str]:
    return [str(call.params.get("text", "")) for call in tg.calls_of("sendMessageDraft", chat)]


# --- drafts ---


async def test_growing_frames_end_as_one_message_with_buttons(
    tg: FakeTelegram, delivery: Delivery, chat: Chat
) -> None:
    answer = delivery.open(at(place_of(chat)), "a1", style=DRAFTS)
    answer.typing()
    await tg.wait_for(lambda: tg.draft(chat))
    assert [draft.content.text for draft in tg.drafts(chat)] == [""]
    answer.push(TextDelta(WORDS))
    await tg.wait_for(lambda: len(tg.drafts(chat)) == 2 or None)
    draft = tg.drafts(chat)[-1]
    assert draft.content.text == PLAIN.strip()
    assert [entity.of(draft.content.text) for entity in draft.content.entities] == ["over"]
    answer.push(TextDelta(WORDS))
    await tg.wait_for(lambda: len(tg.drafts(chat)) == 3 or None)
    assert len({draft.id for draft in tg.drafts(chat)}) == 1
    assert tg.replies(chat) == []
    answer.push(ButtonsReady(ROWS))
    delivered = await answer.finish()
    (message,) = tg.replies(chat)
    assert message.text == (PLAIN * 2).strip()
    assert [button.data for button in message.buttons] == ["b1"]
    assert tg.draft(chat) is None
    assert [ref.message_id for ref in delivered.refs] == [str(message.id)]
    assert tg.calls_of("editMessageText") == []
    assert tg.calls_of("sendChatAction") == []


async def test_a_topic_of_a_private_chat(tg: FakeTelegram, delivery: Delivery) -> None:
    chat = tg.private(tg.user("Bea"), topics=True)
    topic = tg.topic(chat, "Cats")
    answer = delivery.open(at(place_of(chat, topic)), "a1", style=DRAFTS)
    answer.push(TextDelta(WORDS))
    await tg.wait_for(lambda: tg.draft(chat, topic))
    assert tg.draft(chat) is None
    await answer.finish()
    assert [message.topic for message in tg.replies(chat)] == [topic]


async def test_frames_that_fail_are_left_out(tg: FakeTelegram, delivery: Delivery) -> None:
    kinds: list[FaultKind] = ["400", "403", "404", "500", "502", "reset", "timeout_after_success"]

    async def one(kind: FaultKind) -> None:
        chat = tg.private(tg.user(kind))
        tg.faults.next("sendMessageDraft", kind, chat_id=chat.id, hold=0.0)
        answer = delivery.open(at(place_of(chat)), f"a-{kind}", style=DRAFTS)
        answer.push(TextDelta(WORDS))
        await tg.wait_for(lambda: frames(tg, chat) or None)
        answer.push(TextDelta(WORDS))
        await tg.wait_for(lambda: tg.draft(chat) if len(frames(tg, chat)) > 1 else None)
        delivered = await answer.finish()
        assert [message.text for message in tg.replies(chat)] == [(PLAIN * 2).strip()]
        assert delivered.failure is None

    await asyncio.gather(*map(one, kinds))
    assert tg.calls_of("editMessageText") == []


async def test_a_penalty_during_frames_delays_the_end_only(
    tg: FakeTelegram, delivery: Delivery, chat: Chat
) -> None:
    tg.faults.next("sendMessageDraft", "429", retry_after=1)
    await speak(delivery, chat, [WORDS] * 4, style=DRAFTS)
    (refused,) = tg.calls_of("sendMessageDraft")
    (sent,) = tg.calls_of("sendMessage")
    assert sent.time - refused.time >= 1.0
    assert tg.calls_of("editMessageText") == []
    assert [message.text for message in tg.replies(chat)] == [(PLAIN * 4).strip()]


async def test_a_long_answer_in_three_parts(tg: FakeTelegram, delivery: Delivery, chat: Chat) -> None:
    answer = delivery.open(at(place_of(chat)), "a1", style=DRAFTS)
    for parts in (1, 2):
        answer.push(TextDelta(WORDS * 54))
        # What is full is a message as soon as that is known, and the draft goes on with the rest.
        await tg.wait_for(lambda parts=parts: tg.draft(chat) if len(tg.replies(chat)) == parts else None)
        growing = tg.drafts(chat)[-1].content.text
        assert len(growing) < 4096
        assert growing in PLAIN * 54
    answer.push(ButtonsReady(ROWS))
    delivered = await answer.finish()
    messages = tg.replies(chat)
    assert len(messages) == len(delivered.refs) == 3
    assert " ".join(message.text for message in messages) == (PLAIN * 108).strip()
    assert [len(message.buttons) for message in messages] == [0, 0, 1]
    assert tg.calls_of("editMessageText") == []


async def test_a_group_is_edited(tg: FakeTelegram, delivery: Delivery, group: Chat) -> None:
    await speak(delivery, group, [WORDS] * 3, style=DRAFTS)
    assert tg.calls_of("sendMessageDraft") == []
    assert tg.calls_of("editMessageText")
    assert [message.text for message in tg.replies(group)] == [(PLAIN * 3).strip()]


async def test_the_end_that_is_not_confirmed_is_not_repeated(
    tg: FakeTelegram, delivery: Delivery, chat: Chat
) -> None:
    tg.faults.next("sendMessage", "timeout_after_success", hold=0.0)
    delivered = await speak(delivery, chat, [WORDS] * 2, style=DRAFTS)
    assert [message.text for message in tg.replies(chat)] == [(PLAIN * 2).strip()]
    assert len(tg.calls_of("sendMessage")) == 1
    assert delivered.failure is not None
    assert delivered.failure.failure is PlatformFailure.AMBIGUOUS


async def test_real_limits_are_never_met(front: RecordingFront) -> None:
    async with FakeTelegram(limits=TelegramLimits.real()) as tg, serving(front, tg) as adapter:
        chat = tg.private(tg.user("Ann"))
        await speak(
            Delivery({"telegram": adapter.door}), chat, [WORDS] * 30, style=DRAFTS, pause=0.1, typing=True
        )
        assert len(frames(tg, chat)) >= 3
        assert all(call.status == 200 for call in tg.calls if call.method.startswith("send"))


# --- off ---


async def test_off_sends_once(tg: FakeTelegram, delivery: Delivery, chat: Chat) -> None:
    await speak(delivery, chat, [WORDS] * 6, style=Style(Streaming.OFF), pause=0.1, typing=True)
    methods = [call.method for call in tg.calls if call.chat_id == str(chat.id)]
    assert methods[-1] == "sendMessage"
    assert set(methods[:-1]) == {"sendChatAction"}


# --- the rich form ---


async def test_a_table_is_one_rich_message(tg: FakeTelegram, delivery: Delivery) -> None:
    text = TABLE + "\n" + WORDS * 60

    async def one(streaming: Streaming) -> None:
        chat = tg.private(tg.user(streaming))
        style = Style(streaming, rich=True)
        delivered = await speak(delivery, chat, [text[:80], text[80:]], style=style, pause=0.4)
        (message,) = tg.replies(chat)
        assert [block["type"] for block in message.blocks] == ["paragraph", "table", "paragraph"]
        assert "https://a.example/adda" in json.dumps(message.blocks)
        assert (PLAIN * 60).strip() in message.text
        assert [button.data for button in message.buttons] == ["b1"]
        assert len(delivered.refs) == 1
        converted = "editMessageText" if streaming is Streaming.EDITS else "sendRichMessage"
        assert "rich_message" in tg.calls_of(converted, chat)[-1].params

    await asyncio.gather(*map(one, Streaming))


async def test_a_group_takes_a_rich_message(tg: FakeTelegram, delivery: Delivery, group: Chat) -> None:
    await speak(delivery, group, [TABLE], style=Style(Streaming.OFF, rich=True))
    assert tg.replies(group)[0].blocks


async def test_refused_it_is_sent_in_the_ordinary_form(tg: FakeTelegram, delivery: Delivery) -> None:
    refusals: list[tuple[Streaming, str, FaultKind, str | None]] = [
        (Streaming.OFF, "sendRichMessage", "400", "Bad Request: message to be replied not found"),
        (Streaming.OFF, "sendRichMessage", "404", None),
        (Streaming.DRAFTS, "sendRichMessage", "400", None),
        # An older server knows the method, but not the parameter.
        (Streaming.EDITS, "editMessageText", "400", "Bad Request: message text is empty"),
    ]

    async def one(streaming: Streaming, method: str, kind: FaultKind, text: str | None) -> None:
        chat = tg.private(tg.user("Ann"))
        answer = delivery.open(at(place_of(chat)), f"a{chat.id}", style=Style(streaming, rich=True))
        answer.push(TextDelta(TABLE))
        if streaming is Streaming.EDITS:
            await tg.wait_text(chat, "Adda")
        tg.faults.next(method, kind, chat_id=chat.id, text=text)
        answer.push(ButtonsReady(ROWS))
        delivered = await answer.finish()
        (message,) = tg.replies(chat)
        assert message.blocks == []
        assert "Adda" in message.text
        assert [button.data for button in message.buttons] == ["b1"]
        assert delivered.failure is None
        tried = [call for call in tg.calls_of(method, chat) if "rich_message" in call.params]
        assert len(tried) == 1

    await asyncio.gather(*(one(*refusal) for refusal in refusals))


async def test_a_rich_send_that_is_not_confirmed_is_not_repeated(
    tg: FakeTelegram, delivery: Delivery, chat: Chat
) -> None:
    tg.faults.next("sendRichMessage", "timeout_after_success", hold=0.0)
    text = TABLE + "\n" + WORDS * 100
    delivered = await speak(delivery, chat, [text], style=Style(Streaming.OFF, rich=True))
    assert len(tg.replies(chat)) == 1
    assert tg.calls_of("sendMessage") == []
    assert delivered.failure is not None
    assert delivered.failure.failure is PlatformFailure.AMBIGUOUS


async def test_a_rich_edit_that_is_not_confirmed_is_repeated(
    tg: FakeTelegram, delivery: Delivery, chat: Chat
) -> None:
    answer = delivery.open(at(place_of(chat)), "a1", style=Style(rich=True))
    answer.push(TextDelta(TABLE))
    await tg.wait_text(chat, "Adda")
    tg.faults.next("editMessageText", "timeout_after_success", hold=0.0)
    answer.push(TextReplaced(TABLE + "\nEnd."))
    delivered = await answer.finish()
    assert delivered.failure is None
    (message,) = tg.replies(chat)
    assert message.blocks
    assert message.text.endswith("End.")


async def test_the_door_says_what_became_of_a_rich_call(
    tg: FakeTelegram, door: TelegramDoor, chat: Chat
) -> None:
    part = door.rich(TABLE)
    assert part is not None
    ref = await door.send(at(place_of(chat)), part, nonce="n")
    for spoilt, failure in (
        (Part("x", rich="<tg-button>x"), PlatformFailure.BAD_FORMAT),
        (Part("x", rich="x" * 40_000), PlatformFailure.BAD_FORMAT),
        (part, PlatformFailure.UNCHANGED),
    ):
        with pytest.raises(PlatformError) as caught:
            await door.edit(ref, spoilt)
        assert caught.value.failure is failure
    tg.replies(chat)[0].deleted = True
    with pytest.raises(PlatformError) as caught:
        await door.edit(ref, part)
    assert caught.value.failure is PlatformFailure.BAD_FORMAT
    tg.faults.next("sendRichMessage", "429", retry_after=3)
    with pytest.raises(PlatformError) as caught:
        await door.send(at(place_of(chat)), part, nonce="n")
    assert (caught.value.failure, caught.value.retry_after) == (PlatformFailure.RATE_LIMITED, 3.0)


async def test_a_rich_reply_in_a_topic(tg: FakeTelegram, door: TelegramDoor, ann: User) -> None:
    forum = tg.group("Forum", [], [ann], forum=True)
    topic = tg.topic(forum, "Rivers")
    asked = tg.say(forum, ann, "@gondola_bot rivers?", topic=topic)
    part = door.rich(TABLE)
    assert part is not None
    await door.send(at(place_of(forum, topic), str(asked.id)), part, nonce="n")
    (message,) = tg.replies(forum)
    assert (message.topic, message.reply_to) == (topic, asked)
