"""Text, updates and buttons of the fake Telegram, driven by the real python-telegram-bot."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from telegram import (
    Bot,
    BotCommand,
    BotCommandScopeAllPrivateChats,
    CallbackQuery,
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    MessageEntity,
    ReplyParameters,
    Update,
)
from telegram.error import BadRequest, Conflict, EndPointNotFound, Forbidden, InvalidToken
from telegram.ext import Application, ContextTypes, MessageHandler, filters
from telegram.request import HTTPXRequest

from tests.fakes.telegram import Chat, FakeTelegram, User
from tests.fakes.telegram.client import connected_bot


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
def ann(tg: FakeTelegram) -> User:
    return tg.user("Ann", username="ann_b")


@pytest.fixture
def chat(tg: FakeTelegram, ann: User) -> Chat:
    return tg.private(ann)


async def test_send_edit_and_history(tg: FakeTelegram, bot: Bot, chat: Chat) -> None:
    sent = await bot.send_message(chat.id, "one **x**", entities=[MessageEntity("bold", 4, 5)])
    await sent.edit_text("two")
    (message,) = tg.visible(chat)
    assert message.text == "two"
    assert [version.content.text for version in message.history] == ["one **x**", "two"]
    assert message.history[0].content.entities[0].of("one **x**") == "**x**"
    assert message.history[0].time <= message.history[1].time
    assert message.edit_date is not None


async def test_application_round_trip(tg: FakeTelegram, ann: User, chat: Chat) -> None:
    builder = Application.builder().token(tg.token).updater(None).base_url(f"{tg.base_url}/bot")
    app = builder.build()

    async def echo(update: Update, _context: ContextTypes.DEFAULT_TYPE) -> None:
        assert update.message is not None
        await update.message.reply_text(f"echo {update.message.text}", do_quote=True)

    app.add_handler(MessageHandler(filters.TEXT, echo))
    async with app:
        await app.start()
        asked = tg.say(chat, ann, "hello")
        for update in await app.bot.get_updates(timeout=2):
            await app.process_update(update)
        answer = await tg.wait_text(chat, "echo hello")
        await app.stop()
    assert answer.reply_to is asked


async def test_text_is_trimmed_and_detected(tg: FakeTelegram, bot: Bot, chat: Chat) -> None:
    text = "  👋 see https://a.example/x. and @ann_b /help a@b.example #tag  "
    sent = await bot.send_message(chat.id, text, entities=[MessageEntity("bold", 2, 2)])
    assert sent.text == text.strip()
    kinds = {covered: entity.type for entity, covered in sent.parse_entities().items()}
    assert kinds == {
        "👋": "bold",
        "https://a.example/x": "url",
        "@ann_b": "mention",
        "/help": "bot_command",
        "a@b.example": "email",
        "#tag": "hashtag",
    }


@pytest.mark.parametrize(
    ("text", "entities", "error"),
    [
        (" \n ", [], "message text is empty"),
        ("x" * 4097, [], "message is too long"),
        ("👋" * 2049, [], "message is too long"),
        ("abc", [("bold", 2, 2)], "ends after the end of the text"),
        ("abc", [("bold", 4, 1)], "begins after the end"),
        ("👋b", [("bold", 1, 2)], "begins in a middle of a utf-16 symbol"),
        ("a👋", [("bold", 0, 2)], "ends in a middle of a utf-16 symbol"),
        ("abc", [("bold", -1, 2)], "incorrect offset -1"),
        ("abc", [("loud", 0, 2)], "unsupported type"),
    ],
)
async def test_refused_text(
    bot: Bot, chat: Chat, text: str, entities: list[tuple[str, int, int]], error: str
) -> None:
    with pytest.raises(BadRequest) as caught:
        await bot.send_message(chat.id, text, entities=[MessageEntity(*entity) for entity in entities])
    assert error in str(caught.value).lower()


async def test_longest_text_and_entity_cap(tg: FakeTelegram, bot: Bot, chat: Chat) -> None:
    many = [MessageEntity("bold", 2 * index, 1) for index in range(130)]
    sent = await bot.send_message(chat.id, "a " * 2047 + "aa", entities=many)
    assert len(sent.text or "") == 4096
    assert len(tg.visible(chat)[0].entities) == 100


async def test_code_swallows_formats(bot: Bot, chat: Chat) -> None:
    entities = [MessageEntity("code", 0, 6), MessageEntity("bold", 2, 2)]
    sent = await bot.send_message(chat.id, "@ann_b", entities=entities)
    assert [entity.type for entity in sent.entities] == ["code"]


async def test_edit_refusals(tg: FakeTelegram, bot: Bot, ann: User, chat: Chat) -> None:
    sent = await bot.send_message(chat.id, "same")
    theirs = tg.say(chat, ann, "mine")
    with pytest.raises(BadRequest, match="Message is not modified"):
        await bot.edit_message_text("same ", chat.id, sent.message_id)
    with pytest.raises(BadRequest, match="Message to edit not found"):
        await bot.edit_message_text("x", chat.id, 999)
    with pytest.raises(BadRequest, match="Message can't be edited"):
        await bot.edit_message_text("x", chat.id, theirs.id)
    with pytest.raises(BadRequest, match="There is no caption"):
        await bot.edit_message_caption(chat.id, sent.message_id, caption="x")
    await sent.delete()
    with pytest.raises(BadRequest, match="Message to delete not found"):
        await sent.delete()
    assert [message.text for message in tg.visible(chat)] == ["mine"]


async def test_replies(tg: FakeTelegram, bot: Bot, ann: User, chat: Chat) -> None:
    asked = tg.say(chat, ann, "what is it?")
    sent = await bot.send_message(chat.id, "this", reply_parameters=ReplyParameters(asked.id, quote="is it"))
    assert sent.reply_to_message is not None
    assert sent.reply_to_message.text == "what is it?"
    assert tg.replies(chat)[0].quote == "is it"
    with pytest.raises(BadRequest, match="Message to be replied not found"):
        await bot.send_message(chat.id, "x", reply_parameters=ReplyParameters(999))
    with pytest.raises(BadRequest, match="Quote_text_invalid"):
        await bot.send_message(chat.id, "x", reply_parameters=ReplyParameters(asked.id, quote="nope"))
    loose = ReplyParameters(999, allow_sending_without_reply=True)
    assert (await bot.send_message(chat.id, "y", reply_parameters=loose)).reply_to_message is None


async def test_strangers_and_blocks(tg: FakeTelegram, bot: Bot, ann: User, chat: Chat) -> None:
    with pytest.raises(BadRequest, match="Chat not found"):
        await bot.send_message(42, "x")
    update = tg.block(ann)
    assert update is not None
    with pytest.raises(Forbidden, match="bot was blocked by the user"):
        await bot.send_message(chat.id, "x")
    with pytest.raises(Forbidden):
        await bot.send_chat_action(chat.id, "typing")
    tg.unblock(ann)
    await bot.send_message(chat.id, "back")
    changes = [update.my_chat_member for update in await bot.get_updates()]
    assert [change.new_chat_member.status for change in changes if change] == ["kicked", "member"]


async def test_wrong_token_and_unknown_method() -> None:
    async with FakeTelegram() as tg, connected_bot(tg) as bot:
        with pytest.raises(EndPointNotFound):
            await bot.do_api_request("sendNonsense")
        async with HTTPXRequest() as request:
            wrong = Bot("123456:OTHER", base_url=f"{tg.base_url}/bot", request=request)
            with pytest.raises(InvalidToken):
                await wrong.get_me()
        assert [call.status for call in tg.calls_of("sendNonsense")] == [404]


async def test_polling_confirms_by_offset(tg: FakeTelegram, bot: Bot, ann: User, chat: Chat) -> None:
    for word in ("a", "b", "c"):
        tg.say(chat, ann, word)
    first = await bot.get_updates(limit=2)
    assert [update.message.text for update in first if update.message] == ["a", "b"]
    assert len(await bot.get_updates()) == 3
    rest = await bot.get_updates(offset=first[-1].update_id + 1)
    assert [update.message.text for update in rest if update.message] == ["c"]
    assert tg.queue.confirmed == first[-1].update_id
    last = await bot.get_updates(offset=-1)
    assert last == rest


async def test_long_poll_waits_and_wakes(tg: FakeTelegram, bot: Bot, ann: User, chat: Chat) -> None:
    assert await bot.get_updates(timeout=0) == ()
    poll = asyncio.create_task(bot.get_updates(timeout=5))
    await tg.wait_for(lambda: len(tg.calls_of("getUpdates")) == 2)
    assert not poll.done()
    tg.say(chat, ann, "wake")
    assert len(await asyncio.wait_for(poll, 1)) == 1


async def test_second_poller_gets_the_first_refused(
    tg: FakeTelegram, bot: Bot, ann: User, chat: Chat
) -> None:
    first = asyncio.create_task(bot.get_updates(timeout=5))
    await tg.wait_for(lambda: bool(tg.calls_of("getUpdates")))
    second = asyncio.create_task(bot.get_updates(timeout=5))
    with pytest.raises(Conflict, match="terminated by other getUpdates request"):
        await first
    tg.say(chat, ann, "for the second")
    assert len(await second) == 1


async def test_webhook_and_polling_exclude_each_other(tg: FakeTelegram, bot: Bot) -> None:
    await bot.set_webhook("https://bot.example/hook")
    assert (await bot.get_webhook_info()).url == "https://bot.example/hook"
    with pytest.raises(Conflict, match="webhook is active"):
        await bot.get_updates()
    await bot.delete_webhook(drop_pending_updates=True)
    assert await bot.get_updates() == ()


async def test_allowed_updates_stick(tg: FakeTelegram, bot: Bot, ann: User, chat: Chat) -> None:
    message = tg.say(chat, ann, "x")
    assert tg.react(message, ann, "👍") is None
    await bot.get_updates(allowed_updates=["message_reaction"])
    await bot.get_updates(offset=10**10)
    assert tg.react(message, ann, "🔥") is not None
    assert tg.say(chat, ann, "y").update is None
    (update,) = await bot.get_updates(offset=1)
    assert update.message_reaction is not None
    await bot.get_updates(allowed_updates=[])
    assert tg.say(chat, ann, "z").update is not None


async def test_redelivery_and_malformed_updates(tg: FakeTelegram, bot: Bot, ann: User, chat: Chat) -> None:
    message = tg.say(chat, ann, "once")
    (update,) = await bot.get_updates()
    assert await bot.get_updates(offset=update.update_id + 1) == ()
    tg.redeliver(message)
    (again,) = await bot.get_updates(offset=update.update_id + 1)
    assert again.update_id == update.update_id
    tg.malformed_update()
    with pytest.raises(KeyError):
        await bot.get_updates(offset=update.update_id + 1)


async def test_long_text_of_people_is_split(tg: FakeTelegram, bot: Bot, ann: User, chat: Chat) -> None:
    text = " ".join(["word"] * 2000)
    last = tg.say(chat, ann, text)
    pieces = [message.text for message in tg.visible(chat)]
    assert len(pieces) == 3
    assert " ".join(pieces) == text
    assert pieces[-1] == last.text


async def test_edited_message(tg: FakeTelegram, bot: Bot, ann: User, chat: Chat) -> None:
    message = tg.say(chat, ann, "before")
    tg.edit(message, "after")
    updates = await bot.get_updates()
    assert updates[1].edited_message is not None
    assert updates[1].edited_message.text == "after"


async def test_buttons(tg: FakeTelegram, bot: Bot, ann: User, chat: Chat) -> None:
    rows = [
        [InlineKeyboardButton("Go", callback_data="go:1"), InlineKeyboardButton("Web", url="https://a.b")]
    ]
    await bot.send_message(chat.id, "choose", reply_markup=InlineKeyboardMarkup(rows))
    (shown,) = tg.visible(chat)
    press = tg.press(shown, "Go", ann)
    (update,) = await bot.get_updates()
    query = update.callback_query
    assert isinstance(query, CallbackQuery)
    assert query.data == "go:1"
    await query.answer("done", show_alert=True)
    answer = await tg.wait_for(lambda: press.answer)
    assert (answer.text, answer.alert) == ("done", True)
    with pytest.raises(BadRequest, match="Query is too old"):
        await query.answer()
    late = tg.press(shown, "go:1", ann)
    late.expired = True
    with pytest.raises(BadRequest, match="Query is too old"):
        await bot.answer_callback_query(late.id)
    with pytest.raises(LookupError):
        tg.press(shown, "Web", ann)
    await bot.edit_message_reply_markup(chat.id, shown.id)
    assert shown.buttons == []


@pytest.mark.parametrize("data", ["", "é" * 33])
async def test_callback_data_size(bot: Bot, chat: Chat, data: str) -> None:
    markup = InlineKeyboardMarkup([[InlineKeyboardButton("x", callback_data=data)]])
    with pytest.raises(BadRequest, match="Button_data_invalid"):
        await bot.send_message(chat.id, "x", reply_markup=markup)


async def test_edit_without_keyboard_removes_it(tg: FakeTelegram, bot: Bot, chat: Chat) -> None:
    markup = InlineKeyboardMarkup([[InlineKeyboardButton("x", callback_data="x" * 64)]])
    sent = await bot.send_message(chat.id, "x", reply_markup=markup)
    with pytest.raises(BadRequest, match="not modified"):
        await sent.edit_text("x", reply_markup=markup)
    await sent.edit_text("x")
    assert tg.visible(chat)[0].markup is None


async def test_drafts_and_actions(tg: FakeTelegram, bot: Bot, ann: User, chat: Chat) -> None:
    await bot.send_chat_action(chat.id, "typing")
    assert tg.action(chat) == "typing"
    await bot.send_message_draft(chat.id, 7, "par", api_kwargs={"can_stop": True})
    await bot.send_message_draft(chat.id, 7, "part")
    assert [draft.content.text for draft in tg.drafts(chat)] == ["par", "part"]
    with pytest.raises(LookupError):
        tg.stop_draft(chat)
    await bot.send_message_draft(chat.id, 7, "partly", api_kwargs={"can_stop": True})
    tg.stop_draft(chat)
    assert tg.draft(chat) is None
    (update,) = await bot.get_updates()
    assert update.api_kwargs["stopped_message_generation"]["draft_id"] == 7
    await bot.send_message_draft(chat.id, 8, "more")
    await bot.send_message(chat.id, "final")
    assert tg.draft(chat) is None
    assert tg.action(chat) is None
    group = tg.group("G", [ann])
    with pytest.raises(BadRequest, match="Textdraft_peer_invalid"):
        await bot.send_message_draft(group.id, 7, "x")


async def test_commands_and_profile(tg: FakeTelegram, bot: Bot, ann: User, chat: Chat) -> None:
    await bot.set_my_commands([BotCommand("help", "Help")])
    await bot.set_my_commands(
        [BotCommand("chat", "Chat")], scope=BotCommandScopeAllPrivateChats(), language_code="en"
    )
    assert [command.command for command in await bot.get_my_commands()] == ["help"]
    assert tg.menu(chat, ann) == [("chat", "Chat")]
    group = tg.group("G", [ann])
    assert tg.menu(group, ann) == [("help", "Help")]
    with pytest.raises(BadRequest, match="Bot_command_invalid"):
        await bot.set_my_commands([BotCommand("Not-Valid", "x")])
    await bot.delete_my_commands()
    assert await bot.get_my_commands() == ()
    await bot.set_my_description("Talks")
    assert (await bot.get_my_description()).description == "Talks"


async def test_waiting_says_what_happened(tg: FakeTelegram, bot: Bot, chat: Chat) -> None:
    call = await tg.wait_for("getMe")
    assert call.status == 200
    await bot.send_message(chat.id, "other")
    with pytest.raises(TimeoutError, match="'other'"):
        await tg.wait_text(chat, "missing", timeout=0.05)
