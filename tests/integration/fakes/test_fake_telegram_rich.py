"""The fake Telegram's drafts pass by themselves, and its rich messages are read as the server reads them."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest
from telegram import Bot, Message
from telegram.error import BadRequest, RetryAfter

from tests.fakes.telegram import Chat, FakeTelegram, TelegramLimits
from tests.fakes.telegram.client import connected_bot
from tests.fakes.telegram.model import DRAFT_SECONDS


@pytest.fixture
async def tg() -> AsyncIterator[FakeTelegram]:
    async with FakeTelegram() as fake:
        yield fake
        assert fake.violations == []


@pytest.fixture
async def bot(tg: FakeTelegram) -> AsyncIterator[Bot]:
    async with connected_bot(tg) as client:
        yield client


@pytest.fixture
def chat(tg: FakeTelegram) -> Chat:
    return tg.private(tg.user("Ann"))


async def send(bot: Bot, chat: Chat, **rich: object) -> Message:
    message: Message = await bot.do_api_request(
        "sendRichMessage", api_kwargs={"chat_id": chat.id, "rich_message": rich}, return_type=Message
    )
    return message


async def test_a_draft_passes_after_half_a_minute(tg: FakeTelegram, bot: Bot, chat: Chat) -> None:
    await bot.send_message_draft(chat.id, 7, "part")
    (draft,) = tg.drafts(chat)
    assert tg.draft(chat) is draft
    chat.drafts[None] = [replace(draft, time=time.monotonic() - DRAFT_SECONDS)]
    assert tg.draft(chat) is None
    await bot.send_message_draft(chat.id, 7, "part")
    assert tg.draft(chat) is not None


@pytest.mark.parametrize(
    ("number", "text", "problem"),
    [(0, "x", "Random_id_empty"), (1, "x" * 4097, "too long")],
)
async def test_drafts_that_are_refused(
    tg: FakeTelegram, bot: Bot, chat: Chat, number: int, text: str, problem: str
) -> None:
    with pytest.raises(BadRequest, match=problem):
        await bot.send_message_draft(chat.id, number, text)
    assert tg.drafts(chat) == []


async def test_drafts_and_rich_messages_count_against_the_limits() -> None:
    async with FakeTelegram(limits=TelegramLimits.real()) as tg, connected_bot(tg) as bot:
        chat = tg.private(tg.user("Ann"))
        for _ in range(2):
            await bot.send_message_draft(chat.id, 7, "part")
        await send(bot, chat, markdown="# x")
        with pytest.raises(RetryAfter):
            await bot.send_message_draft(chat.id, 7, "part")


async def test_a_rich_message(tg: FakeTelegram, bot: Bot, chat: Chat) -> None:
    sent = await send(bot, chat, markdown="# Top\n\n- [x] <b>do</b>ne\n\n```math\nx^2\n```\n")
    (message,) = tg.visible(chat)
    assert message.text == "Top\ndone\nx^2"
    assert message.blocks == [
        {"type": "heading", "text": "Top", "size": 1},
        {
            "type": "list",
            "items": [
                {
                    "label": "•",
                    "has_checkbox": True,
                    "is_checked": True,
                    "blocks": [{"type": "paragraph", "text": [{"type": "bold", "text": "do"}, "ne"]}],
                }
            ],
        },
        {"type": "mathematical_expression", "expression": "x^2"},
    ]
    assert sent.api_kwargs["rich_message"]["blocks"] == message.blocks
    await bot.edit_message_text("plain", chat.id, sent.message_id)
    assert (message.text, message.blocks) == ("plain", [])


@pytest.mark.parametrize(
    ("rich", "problem"),
    [
        ({}, "exactly one"),
        ({"markdown": "x", "html": "x"}, "exactly one"),
        ({"markdown": " "}, "empty"),
        ({"markdown": "x" * 32_769}, "too long"),
        ({"markdown": "x\n\n" * 501}, "too many blocks"),
        ({"markdown": "> " * 17 + "x"}, "too deep"),
        ({"markdown": f"|{'a|' * 21}\n|{'-|' * 21}\n"}, "too many columns"),
        ({"markdown": "<tg-button>x"}, "unsupported tag"),
        ({"markdown": "![x](https://a.example/x.png)"}, "media"),
    ],
    ids=lambda value: str(value)[:24],
)
async def test_rich_messages_that_are_refused(
    tg: FakeTelegram, bot: Bot, chat: Chat, rich: dict[str, object], problem: str
) -> None:
    with pytest.raises(BadRequest, match=problem):
        await send(bot, chat, **rich)
    assert tg.visible(chat) == []
