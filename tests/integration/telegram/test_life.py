"""Starting, polling, and what happens when Telegram or another process gets in the way."""

from __future__ import annotations

import asyncio

import pytest
from structlog.testing import capture_logs

from adapters.telegram.adapter import TelegramAdapter
from bot.declarations import Command
from bot.delivery import Delivery
from bot.errors import OperatorError, PlatformError, PlatformFailure
from bot.messages import Notice, Target, TextDelta
from tests.fakes.telegram import Chat, FakeTelegram, TelegramLimits, User
from tests.fakes.telegram.client import connected_bot
from tests.fakes.telegram.faults import FaultKind
from tests.integration.telegram.front import QUICK, RecordingFront, serving
from tests.integration.telegram.making import place_of


def test_making_an_adapter_calls_nobody(front: RecordingFront) -> None:
    door = TelegramAdapter(front, "1:T", base_url="http://telegram.invalid").door
    assert door.capabilities.platform == "telegram"
    assert [part.text for part in door.compose("**hi**")] == ["hi"]


@pytest.mark.parametrize("token", ["", "1:T\n", "bot token"])
def test_impossible_token(front: RecordingFront, token: str) -> None:
    with pytest.raises(OperatorError) as caught:
        TelegramAdapter(front, token)
    assert "TELEGRAM_TOKEN" in caught.value.reader_text


@pytest.mark.parametrize("token", ["999:WRONG", "nonsense"])
async def test_wrong_token(tg: FakeTelegram, front: RecordingFront, token: str) -> None:
    with pytest.raises(OperatorError) as caught:
        await TelegramAdapter(front, token, base_url=tg.base_url).run()
    assert "TELEGRAM_TOKEN" in caught.value.reader_text
    assert token not in f"{caught.value} {caught.value.reader_text} {caught.value.__cause__}"


async def test_token_revoked_while_polling(tg: FakeTelegram, front: RecordingFront) -> None:
    adapter = TelegramAdapter(front, tg.token, base_url=tg.base_url, timing=QUICK)
    tg.faults.next("getUpdates", "404")
    with pytest.raises(OperatorError) as caught:
        await adapter.run()
    assert "TELEGRAM_TOKEN" in caught.value.reader_text


@pytest.mark.parametrize("fault", ["outage", "502", "429"])
async def test_unreachable_at_start(tg: FakeTelegram, front: RecordingFront, fault: str) -> None:
    if fault == "outage":
        tg.faults.outage = True
    else:
        tg.faults.next("getMe", "502" if fault == "502" else "429")
    with pytest.raises(PlatformError) as caught:
        await TelegramAdapter(front, tg.token, base_url=tg.base_url).run()
    assert caught.value.failure is PlatformFailure.UNAVAILABLE


async def test_webhook_goes_and_what_waited_stays(
    tg: FakeTelegram, front: RecordingFront, chat: Chat, ann: User
) -> None:
    tg.queue.webhook_url = "https://hook.example/"
    tg.say(chat, ann, "said while away")
    async with serving(front, tg):
        assert (await front.event()).text == "said while away"
    assert tg.queue.webhook_url == ""


async def test_answers_within_five_seconds_of_start(
    tg: FakeTelegram, front: RecordingFront, chat: Chat, ann: User
) -> None:
    async with asyncio.timeout(5), serving(front, tg) as adapter:
        tg.say(chat, ann, "hi")
        event = await front.event()
        await adapter.door.send(Target(event.place), adapter.door.compose("hello")[0], nonce="n")
        await tg.wait_text(chat, "hello")


# --- the menu ---


async def test_menu(tg: FakeTelegram, front: RecordingFront, chat: Chat, group: Chat, ann: User) -> None:
    bob = next(user for user in group.members.values() if user.name == "Bob")
    async with serving(front, tg):
        names = [[name for name, _ in tg.menu(*who)] for who in ((chat, ann), (group, ann), (group, bob))]
    everyone = ["help", "claim", "image", "ask_twice"]
    assert names == [[*everyone, "settings"], [*everyone, "settings"], everyone]


async def test_menu_is_told_once(tg: FakeTelegram, front: RecordingFront) -> None:
    for _ in range(2):
        async with serving(front, tg):
            assert len(tg.calls_of("setMyCommands")) == 4
    front.commands = [*front.commands, Command("more", "One more.")]
    async with serving(front, tg):
        assert len(tg.calls_of("setMyCommands")) == 8


async def test_refused_menu_is_tried_at_the_next_start(
    tg: FakeTelegram, front: RecordingFront, chat: Chat, ann: User
) -> None:
    tg.faults.next("setMyCommands", "500", 1)
    async with serving(front, tg):
        assert tg.menu(chat, ann) == []
        tg.say(chat, ann, "hi")
        await front.event()
    async with serving(front, tg):
        assert tg.menu(chat, ann) != []


# --- polling ---


@pytest.mark.usefixtures("adapter")
async def test_a_broken_update_does_not_lose_its_batch(
    tg: FakeTelegram, front: RecordingFront, chat: Chat, ann: User
) -> None:
    tg.say(chat, ann, "before")
    with capture_logs() as logs:
        broken = tg.malformed_update()
        tg.world.push({"something_new": {"text": "not for the log"}}, check=False)
        tg.say(chat, ann, "after")
        await front.event(2)
        await tg.wait_for(lambda: tg.queue.pending == [] or None)
    assert [event.text for event in front.events] == ["before", "after"]
    (line,) = [line for line in logs if line["event"] == "telegram.unreadable"]
    assert (line["update_id"], line["kinds"]) == (broken["update_id"], ["message"])
    assert "not for the log" not in str(logs)


async def test_redelivery(tg: FakeTelegram, front: RecordingFront, chat: Chat, ann: User) -> None:
    async with serving(front, tg):
        message = tg.say(chat, ann, "once")
        await front.event()
    async with serving(front, tg):
        tg.redeliver(message)
        tg.say(chat, ann, "twice")
        await front.event(2)
    assert [event.text for event in front.events] == ["once", "twice"]
    assert {event.text for event in front.duplicates} <= {"once"}
    assert front.duplicates


async def test_offset_advances_only_after_the_commit(tg: FakeTelegram, chat: Chat, ann: User) -> None:
    class Failing(RecordingFront):
        async def submit(self, events: object) -> None:
            raise PlatformError(PlatformFailure.UNAVAILABLE, detail="the database is away")

    adapter = TelegramAdapter(Failing(), tg.token, base_url=tg.base_url, timing=QUICK)
    tg.say(chat, ann, "keep me")
    with pytest.raises(PlatformError):
        await adapter.run()
    assert len(tg.queue.pending) == 1
    front = RecordingFront()
    async with serving(front, tg):
        assert (await front.event()).text == "keep me"


async def test_one_submit_for_what_came_together(
    tg: FakeTelegram, front: RecordingFront, chat: Chat, ann: User
) -> None:
    for number in range(120):
        tg.say(chat, ann, f"{number}")
    async with serving(front, tg):
        await front.event(120)
    assert front.batches == [100, 20]
    assert [event.text for event in front.events] == [str(number) for number in range(120)]


async def test_conflict_is_said_once_and_waited_out(
    tg: FakeTelegram, front: RecordingFront, chat: Chat, ann: User
) -> None:
    with capture_logs() as logs:
        async with serving(front, tg), connected_bot(tg) as other:
            await other.get_updates(timeout=0)
            await tg.wait_for(lambda: any(c.status == 409 for c in tg.calls_of("getUpdates")) or None)
            await asyncio.sleep(0.1)
            await other.get_updates(timeout=0)
            tg.say(chat, ann, "still there?")
            assert (await front.event()).text == "still there?"
    (line,) = [line for line in logs if line["event"] == "telegram.conflict"]
    assert "Another process polls with this token" in line["hint"]


@pytest.mark.parametrize("fault", ["drop_poll", "502", "429", "500", "reset"])
async def test_polling_survives(
    tg: FakeTelegram, front: RecordingFront, chat: Chat, ann: User, fault: FaultKind
) -> None:
    tg.faults.next("getUpdates", fault, 1 if fault == "429" else 2)
    async with serving(front, tg):
        tg.say(chat, ann, "hello?")
        assert (await front.event()).text == "hello?"
        assert front.polls >= 1


async def test_outage(tg: FakeTelegram, front: RecordingFront, chat: Chat, ann: User) -> None:
    async with serving(front, tg):
        tg.faults.outage = True
        tg.say(chat, ann, "during the outage")
        await asyncio.sleep(0.3)
        tg.faults.outage = False
        await front.event()
    assert [event.text for event in front.events] == ["during the outage"]


# --- with the real delivery, under the real limits ---


async def test_real_delivery_never_trips_the_real_limits(front: RecordingFront) -> None:
    async with FakeTelegram(limits=TelegramLimits.real()) as tg, serving(front, tg) as adapter:
        ann = tg.user("Ann")
        chats = [tg.private(ann), tg.group("G", [ann], privacy=False)]
        delivery = Delivery({"telegram": adapter.door})
        answers = [
            delivery.open(Target(place_of(chat)), f"{chat.id}-{number}")
            for chat in chats
            for number in (1, 2)
        ]
        for answer in answers:
            answer.typing()
            answer.push(TextDelta("It **begins** like this. "))
        for number in range(2):
            await asyncio.sleep(0.5)
            for answer in answers:
                answer.push(TextDelta(f"word {number} "))
                answer.push(Notice(f"Notice {number}."))
        delivered = await asyncio.gather(*[answer.finish() for answer in answers])
        await delivery.close()
        assert [one.failure for one in delivered] == [None] * 4
        assert {call.status for call in tg.calls} - {None} == {200}
        for chat in chats:
            shown = [message.text for message in tg.replies(chat)]
            assert shown.count("It begins like this. word 0 word 1") == 2
            assert shown.count("Notice 1.") == 2
        assert tg.violations == []
