"""Flood control and ordered faults of the fake Telegram, seen by the real python-telegram-bot."""

import asyncio
import time
from dataclasses import replace

import pytest
from telegram import Bot
from telegram.error import BadRequest, Forbidden, InvalidToken, NetworkError, RetryAfter, TimedOut

from tests.fakes.telegram import FakeTelegram, FaultKind, TelegramLimits
from tests.fakes.telegram.client import connected_bot
from tests.fakes.telegram.limits import FloodControl

# The library's notice about the type of retry_after in its next major version.
pytestmark = pytest.mark.filterwarnings("ignore:.*retry_after:telegram.warnings.PTBDeprecationWarning")


async def test_flood_in_one_chat_spares_the_others() -> None:
    limits = replace(TelegramLimits.real(), penalty=0.3)
    async with FakeTelegram(limits=limits) as tg, connected_bot(tg) as bot:
        one, two = tg.private(tg.user("A")), tg.private(tg.user("B"))
        sent = await bot.send_message(one.id, "1")
        await sent.edit_text("2")
        await bot.send_chat_action(one.id, "typing")
        with pytest.raises(RetryAfter) as caught:
            await sent.edit_text("3")
        assert caught.value.retry_after == 1
        with pytest.raises(RetryAfter):
            await sent.edit_text("3")
        await bot.send_message(two.id, "1")
        await asyncio.sleep(0.31)
        await sent.edit_text("3")
        assert [call.status for call in tg.calls_of("editMessageText")] == [200, 429, 429, 200]
        assert tg.visible(one)[0].text == "3"


def test_private_chats_refill_by_the_second() -> None:
    flood = FloodControl(TelegramLimits.real())
    times = [0.0, 0.0, 0.0, 1.0, 2.0, 2.1]
    assert [flood.admit(1, group=False, now=now) for now in times] == [None] * 5 + [3]


def test_groups_have_a_window() -> None:
    flood = FloodControl(TelegramLimits.real())
    assert [flood.admit(-1, group=True, now=2.0 * n) for n in range(20)] == [None] * 20
    assert flood.admit(-1, group=True, now=41.0) == 3
    assert flood.admit(-1, group=True, now=42.0) == 2
    # Whoever waits as told is let through once.
    assert flood.admit(-1, group=True, now=44.0) is None
    assert flood.admit(-1, group=True, now=46.0) == 3


def test_albums_count_singly_in_groups() -> None:
    flood = FloodControl(TelegramLimits.real())
    assert flood.admit(-1, group=True, now=0.0, items=10) is None
    assert flood.admit(-1, group=True, now=2.0, items=10) is None
    assert flood.admit(-1, group=True, now=4.0) == 3


def test_the_token_has_a_limit() -> None:
    flood = FloodControl(TelegramLimits.real())
    assert [flood.admit(chat, group=False, now=5.0) for chat in range(30)] == [None] * 30
    assert flood.admit(99, group=False, now=5.5) == 3
    assert flood.admit(99, group=False, now=8.6) is None


def test_no_limits_when_off() -> None:
    flood = FloodControl(TelegramLimits.off())
    assert all(flood.admit(1, group=True, now=0.0) is None for _ in range(100))
    with pytest.raises(ValueError, match="penalty"):
        TelegramLimits(penalty=4)


@pytest.mark.parametrize(
    ("kind", "error"),
    [
        ("429", RetryAfter),
        ("500", NetworkError),
        ("502", NetworkError),
        ("403", Forbidden),
        ("400", BadRequest),
        ("404", InvalidToken),
        ("reset", NetworkError),
        ("hang", NetworkError),
    ],
)
async def test_faults_without_effect(kind: FaultKind, error: type[Exception]) -> None:
    async with FakeTelegram() as tg, connected_bot(tg) as bot:
        chat, other = tg.private(tg.user("A")), tg.private(tg.user("B"))
        tg.faults.next("sendMessage", kind, chat_id=chat.id, hold=0.05)
        await bot.send_message(other.id, "untouched")
        with pytest.raises(error):
            await bot.send_message(chat.id, "x")
        assert tg.visible(chat) == []
        await bot.send_message(chat.id, "now")
        assert [message.text for message in tg.visible(chat)] == ["now"]


async def test_answer_lost_after_success() -> None:
    async with FakeTelegram() as tg, connected_bot(tg, read_timeout=0.2) as bot:
        chat = tg.private(tg.user("A"))
        tg.faults.next("send*", "timeout_after_success")
        with pytest.raises(TimedOut):
            await bot.send_message(chat.id, "arrived")
        assert [message.text for message in tg.visible(chat)] == ["arrived"]
        assert tg.calls_of("sendMessage")[0].status is None


async def test_dropped_poll_loses_nothing() -> None:
    async with FakeTelegram() as tg, connected_bot(tg) as bot:
        ann = tg.user("Ann")
        tg.faults.next("getUpdates", "drop_poll")
        poll = asyncio.create_task(bot.get_updates(timeout=5))
        await tg.wait_for(lambda: bool(tg.calls_of("getUpdates")))
        tg.say(tg.private(ann), ann, "kept")
        with pytest.raises(NetworkError):
            await poll
        assert len(await bot.get_updates(timeout=1)) == 1


async def test_abandoned_poll_is_no_conflict() -> None:
    async with FakeTelegram() as tg, connected_bot(tg) as bot:
        poll = asyncio.create_task(bot.get_updates(timeout=30))
        await tg.wait_for(lambda: bool(tg.calls_of("getUpdates")))
        poll.cancel()
        await asyncio.wait([poll])
        assert await bot.get_updates(timeout=0) == ()


async def test_outage_and_recovery() -> None:
    async with FakeTelegram() as tg, connected_bot(tg) as bot:
        tg.faults.outage = True
        with pytest.raises(NetworkError):
            await bot.get_me()
        tg.faults.outage = False
        assert (await bot.get_me()).username == "gondola_bot"


async def test_fault_on_download() -> None:
    async with FakeTelegram() as tg, connected_bot(tg) as bot:
        ann = tg.user("Ann")
        tg.send_document(tg.private(ann), ann, b"data")
        (update,) = await bot.get_updates()
        assert update.message is not None
        assert update.message.document is not None
        file = await update.message.document.get_file()
        tg.faults.next("download", "500")
        with pytest.raises(NetworkError):
            await file.download_as_bytearray()
        assert bytes(await file.download_as_bytearray()) == b"data"


async def test_leaves_at_once_with_open_polls() -> None:
    started = time.monotonic()
    async with FakeTelegram() as tg, connected_bot(tg) as bot:
        poll = asyncio.create_task(_swallow(bot))
        await tg.wait_for(lambda: bool(tg.calls_of("getUpdates")))
        await tg.__aexit__(None, None, None)
        await poll
    assert time.monotonic() - started < 2


async def _swallow(bot: Bot) -> None:
    with pytest.raises(NetworkError):
        await bot.get_updates(timeout=30)


async def test_two_hundred_chats() -> None:
    async with FakeTelegram() as tg, connected_bot(tg) as bot:
        chats = [tg.private(tg.user(f"U{number}")) for number in range(200)]
        for chat in chats:
            assert chat.user is not None
            tg.say(chat, chat.user, "hi")
        started = time.monotonic()
        updates = [*await bot.get_updates()]
        updates += await bot.get_updates(offset=updates[-1].update_id + 1)
        await asyncio.gather(*(update.message.reply_text("yo") for update in updates if update.message))
        assert all(tg.replies(chat) for chat in chats)
        assert time.monotonic() - started < 10
