"""Groups, forums, privacy and membership of the fake Telegram, driven by the real python-telegram-bot."""

from collections.abc import AsyncIterator

import pytest
from telegram import Bot
from telegram.error import BadRequest, ChatMigrated, Forbidden

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
    return tg.user("Ann")


@pytest.fixture
def group(tg: FakeTelegram, ann: User) -> Chat:
    return tg.group("Friends", [tg.user("Bob")], [ann])


async def test_privacy_mode(tg: FakeTelegram, bot: Bot, ann: User, group: Chat) -> None:
    own = await bot.send_message(group.id, "hi all")
    mine = tg.visible(group)[0]
    tg.say(group, ann, "not for you")
    tg.say(group, ann, "/other@another_bot x")
    tg.say(group, ann, "mail me@gondola_bot.example")
    for text in ("@gondola_bot hello", "/help", "/help@Gondola_Bot"):
        tg.say(group, ann, text)
    tg.say(group, ann, "a reply", reply_to=mine)
    received = [update.message for update in await bot.get_updates()]
    texts = [message.text for message in received if message]
    assert texts == ["@gondola_bot hello", "/help", "/help@Gondola_Bot", "a reply"]
    assert received[-1] is not None
    assert received[-1].reply_to_message is not None
    assert received[-1].reply_to_message.message_id == own.message_id


@pytest.mark.parametrize("how", ["admin", "off"])
async def test_privacy_lifted(tg: FakeTelegram, bot: Bot, ann: User, how: str) -> None:
    if how == "admin":
        group = tg.group("G", [ann], bot="administrator")
    else:
        group = tg.group("G", [ann], privacy=False)
    assert tg.say(group, ann, "anything").update is not None


async def test_other_bots_are_not_heard(tg: FakeTelegram, bot: Bot, group: Chat) -> None:
    other = tg.user("Other", username="other_bot", is_bot=True)
    assert tg.say(group, other, "@gondola_bot hello").update is None


async def test_anonymous_administrator(tg: FakeTelegram, bot: Bot, ann: User, group: Chat) -> None:
    tg.say(group, ann, "/help", anonymous=True)
    (update,) = await bot.get_updates()
    assert update.message is not None
    assert update.message.from_user is not None
    assert update.message.from_user.id == 1087968824
    assert update.message.sender_chat is not None
    assert update.message.sender_chat.id == group.id


async def test_joining_and_leaving(tg: FakeTelegram, bot: Bot, ann: User, group: Chat) -> None:
    tg.remove_bot(group, ann)
    assert tg.say(group, ann, "/help").update is None
    with pytest.raises(Forbidden, match="bot was kicked from the group chat"):
        await bot.send_message(group.id, "x")
    tg.add_bot(group, ann)
    await bot.send_message(group.id, "thanks")
    removed, added, joined = await bot.get_updates()
    assert removed.my_chat_member is not None
    assert removed.my_chat_member.new_chat_member.status == "kicked"
    assert added.my_chat_member is not None
    assert added.my_chat_member.new_chat_member.status == "member"
    assert joined.message is not None
    assert [user.id for user in joined.message.new_chat_members] == [bot.id]
    await bot.leave_chat(group.id)
    with pytest.raises(Forbidden, match="not a member"):
        await bot.send_message(group.id, "x")


async def test_migration(tg: FakeTelegram, bot: Bot, ann: User, group: Chat) -> None:
    bigger = tg.migrate(group)
    with pytest.raises(ChatMigrated) as caught:
        await bot.send_message(group.id, "x")
    assert caught.value.new_chat_id == bigger.id
    leaving, arriving = [update.message for update in await bot.get_updates()]
    assert leaving is not None
    assert arriving is not None
    assert (leaving.chat.id, leaving.migrate_to_chat_id) == (group.id, bigger.id)
    assert (arriving.chat.id, arriving.migrate_from_chat_id) == (bigger.id, group.id)
    await bot.send_message(bigger.id, "here")
    assert [message.text for message in tg.replies(bigger)] == ["here"]
    with pytest.raises(ValueError, match="was upgraded"):
        tg.say(group, ann, "/help")


async def test_members(tg: FakeTelegram, bot: Bot, ann: User, group: Chat) -> None:
    assert (await bot.get_chat(group.id)).title == "Friends"
    assert [member.user.id for member in await bot.get_chat_administrators(group.id)] == [ann.id]
    stranger = tg.user("Eve")
    statuses = [(await bot.get_chat_member(group.id, user.id)).status for user in (ann, stranger, tg.bot)]
    assert statuses == ["creator", "left", "member"]
    with pytest.raises(BadRequest, match="There are no administrators"):
        await bot.get_chat_administrators(tg.private(ann).id)


async def test_deleting_needs_rights(tg: FakeTelegram, bot: Bot, ann: User, group: Chat) -> None:
    theirs = tg.say(group, ann, "hi")
    with pytest.raises(BadRequest, match="Message can't be deleted"):
        await bot.delete_message(group.id, theirs.id)
    tg.add_bot(group, ann, admin=True)
    await bot.delete_message(group.id, theirs.id)
    assert tg.visible(group) == []


async def test_reactions(tg: FakeTelegram, bot: Bot, ann: User, group: Chat) -> None:
    theirs = tg.say(group, ann, "hi")
    await bot.set_message_reaction(group.id, theirs.id, "👀")
    assert theirs.reactions == {bot.id: "👀"}
    with pytest.raises(BadRequest, match="Reaction_invalid"):
        await bot.set_message_reaction(group.id, theirs.id, "🪐")
    await bot.set_message_reaction(group.id, theirs.id)
    assert theirs.reactions == {}


async def test_forum_topics(tg: FakeTelegram, bot: Bot, ann: User) -> None:
    forum = tg.group("Forum", [ann], forum=True)
    topic = tg.topic(forum, "Cats")
    asked = tg.say(forum, ann, "/cats", topic=topic)
    tg.say(forum, ann, "/general")
    inside, general = [update.message for update in await bot.get_updates()]
    assert inside is not None
    assert general is not None
    assert (inside.message_thread_id, inside.is_topic_message) == (topic.id, True)
    assert inside.reply_to_message is not None
    assert inside.reply_to_message.forum_topic_created is not None
    assert (general.message_thread_id, general.is_topic_message) == (None, None)
    await bot.send_message(forum.id, "in", message_thread_id=topic.id)
    await bot.send_chat_action(forum.id, "typing", message_thread_id=topic.id)
    assert tg.action(forum, topic) == "typing"
    assert tg.action(forum) is None
    await inside.reply_text("by reply", do_quote=True)
    assert [message.text for message in tg.replies(forum, topic)] == ["in", "by reply"]
    assert tg.replies(forum, topic)[-1].reply_to is asked
    for thread in (1, 999):
        with pytest.raises(BadRequest, match="Message thread not found"):
            await bot.send_message(forum.id, "x", message_thread_id=thread)
    with pytest.raises(BadRequest, match="Message thread not found"):
        await bot.send_message(tg.private(ann).id, "x", message_thread_id=topic.id)


async def test_topics_made_by_the_bot(tg: FakeTelegram, bot: Bot, ann: User) -> None:
    chat = tg.private(ann, topics=True)
    assert (await bot.get_me()).has_topics_enabled
    made = await bot.create_forum_topic(chat.id, "New chat")
    await bot.edit_forum_topic(chat.id, made.message_thread_id, name="About cats")
    topic = chat.topics[made.message_thread_id]
    assert topic.name == "About cats"
    await bot.send_message_draft(chat.id, 1, "dra", message_thread_id=topic.id)
    assert tg.draft(chat) is None
    assert tg.draft(chat, topic) is not None
    await bot.delete_forum_topic(chat.id, topic.id)
    with pytest.raises(BadRequest, match="Message thread not found"):
        await bot.send_message(chat.id, "x", message_thread_id=topic.id)
    forum = tg.group("Forum", [ann], forum=True)
    with pytest.raises(BadRequest, match="Not enough rights"):
        await bot.create_forum_topic(forum.id, "x")


async def test_closed_topics(tg: FakeTelegram, bot: Bot, ann: User) -> None:
    forum = tg.group("Forum", [ann], forum=True)
    topic = tg.topic(forum, "Cats")
    topic.closed = True
    with pytest.raises(BadRequest, match="Topic_closed"):
        await bot.send_message(forum.id, "x", message_thread_id=topic.id)


async def test_reply_chains_outside_forums(tg: FakeTelegram, bot: Bot, ann: User) -> None:
    group = tg.group("Big", [ann], supergroup=True, privacy=False)
    first = tg.say(group, ann, "one")
    second = tg.say(group, ann, "two", reply_to=first)
    tg.say(group, ann, "three", reply_to=second)
    last = (await bot.get_updates())[-1].message
    assert last is not None
    assert (last.message_thread_id, last.is_topic_message) == (first.id, None)
