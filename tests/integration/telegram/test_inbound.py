"""What people do on Telegram, as events."""

from __future__ import annotations

import pytest

from adapters.telegram.adapter import TelegramAdapter
from bot.messages import Addressed, Authority, ButtonPress, MediaKind, Person, Place
from tests.fakes.telegram import Chat, Entity, FakeTelegram, User
from tests.fakes.telegram.model import MediaKind as SentKind
from tests.integration.telegram.front import RecordingFront
from tests.integration.telegram.making import at, button

pytestmark = pytest.mark.usefixtures("adapter")


async def test_private_text(tg: FakeTelegram, front: RecordingFront, chat: Chat, ann: User) -> None:
    message = tg.say(chat, ann, "hello there")
    event = await front.event()
    assert message.update is not None
    assert event.event_id == f"update:{message.update['update_id']}"
    assert event.place == Place("telegram", "", str(chat.id))
    assert event.author == Person("telegram", str(ann.id), "Ann")
    assert event.addressed is Addressed.DIRECT
    assert (event.text, event.message_id, event.language) == ("hello there", str(message.id), "de")
    assert event.authority is Authority.MODERATOR
    assert event.sent_at == message.date
    assert event.quoted is None
    assert [event.near_limit, event.forwarded, event.adult_allowed] == [False] * 3


async def test_long_text_is_near_the_limit(
    tg: FakeTelegram, front: RecordingFront, chat: Chat, ann: User
) -> None:
    tg.say(chat, ann, "🦊" * 2000)
    tg.say(chat, ann, "x" * 3999)
    await front.event(2)
    assert [event.near_limit for event in front.events] == [True, False]


async def test_forward(tg: FakeTelegram, front: RecordingFront, chat: Chat, ann: User) -> None:
    tg.say(chat, ann, "/image of this", forwarded_from=tg.user("Cara"))
    event = await front.event()
    assert event.forwarded
    assert event.command is None
    assert event.text == "/image of this"


@pytest.mark.parametrize(
    ("sent", "kind", "mime", "name", "duration"),
    [
        ("photo", MediaKind.IMAGE, "image/jpeg", "photo.jpg", None),
        ("voice", MediaKind.VOICE, "audio/ogg", "voice.ogg", 7.0),
        ("audio", MediaKind.AUDIO, "audio/mpeg", "song.mp3", 7.0),
        ("video", MediaKind.VIDEO, "video/mp4", "clip.mp4", 7.0),
        ("video_note", MediaKind.VIDEO_NOTE, "video/mp4", "video_note.mp4", 7.0),
        ("document", MediaKind.DOCUMENT, "application/octet-stream", "file.bin", None),
    ],
)
async def test_files(
    tg: FakeTelegram,
    front: RecordingFront,
    adapter: TelegramAdapter,
    chat: Chat,
    ann: User,
    sent: SentKind,
    kind: MediaKind,
    mime: str,
    name: str,
    duration: float | None,
) -> None:
    tg.send_file(sent, chat, ann, b"some bytes", duration=7)
    event = await front.event()
    (file,) = event.attachments
    assert (file.kind, file.mime, file.name, file.size) == (kind, mime, name, 10)
    assert file.duration == duration
    assert await adapter.door.fetch(file, 10) == b"some bytes"


async def test_caption_and_picture_as_document(
    tg: FakeTelegram, front: RecordingFront, chat: Chat, ann: User
) -> None:
    tg.send_document(chat, ann, b"png", mime="image/png", file_name="cat.png", caption="a cat?")
    event = await front.event()
    assert event.text == "a cat?"
    assert [(file.kind, file.name) for file in event.attachments] == [(MediaKind.IMAGE, "cat.png")]


def sticker_update(chat: Chat, ann: User, *, animated: bool = False, film: bool = False) -> dict[str, object]:
    sticker = {
        "file_id": "STICKER",
        "file_unique_id": "S1",
        "type": "regular",
        "width": 512,
        "height": 512,
        "is_animated": animated,
        "is_video": film,
        "emoji": "😺",
        "set_name": "Cats",
    }
    return pushed(chat, ann, {"sticker": sticker})


def pushed(chat: Chat, ann: User, content: dict[str, object]) -> dict[str, object]:
    """A message update that the fake's people cannot make."""
    return {
        "message": {
            "message_id": 900,
            "date": 1_700_000_000,
            "chat": {"id": chat.id, "type": chat.kind, "first_name": "Ann"},
            "from": {"id": ann.id, "is_bot": False, "first_name": "Ann"},
            **content,
        }
    }


async def test_stickers(tg: FakeTelegram, front: RecordingFront, chat: Chat, ann: User) -> None:
    tg.push(sticker_update(chat, ann))
    tg.push(sticker_update(chat, ann, film=True))
    tg.push(sticker_update(chat, ann, animated=True))
    still, moving, drawn = await front.event(), await front.event(2), await front.event(3)
    files = [file for event in (still, moving) for file in event.attachments]
    assert [(file.kind, file.mime, file.words) for file in files] == [
        (MediaKind.STICKER, "image/webp", "😺"),
        (MediaKind.STICKER, "video/webm", "😺"),
    ]
    assert (drawn.attachments, drawn.text) == ((), "😺 (an animated sticker of the set “Cats”)")


async def test_other_contents(tg: FakeTelegram, front: RecordingFront, chat: Chat, ann: User) -> None:
    animation = {
        "file_id": "GIF",
        "file_unique_id": "G1",
        "width": 10,
        "height": 10,
        "duration": 2,
        "mime_type": "video/mp4",
    }
    document = {"file_id": "GIF", "file_unique_id": "G1", "mime_type": "video/mp4"}
    tg.push(pushed(chat, ann, {"animation": animation, "document": document}))
    tg.push(pushed(chat, ann, {"location": {"latitude": 52.5, "longitude": 13.4}}))
    tg.push(pushed(chat, ann, {"dice": {"emoji": "🎲", "value": 6}}))
    tg.push(pushed(chat, ann, {"contact": {"phone_number": "+49", "first_name": "Cara"}}))
    await front.event(4)
    assert front.events[0].attachments[0].kind is MediaKind.VIDEO
    assert [event.text for event in front.events[1:]] == [
        "My location: 52.5, 13.4",
        "🎲 6",
        "Contact: Cara +49",
    ]


async def test_album_stays_together_in_a_group(tg: FakeTelegram, front: RecordingFront, ann: User) -> None:
    group = tg.group("Open", [ann], privacy=False)
    album = tg.album_id()
    tg.send_photo(group, ann, b"1", media_group_id=album, caption="@gondola_bot which is nicer?")
    tg.send_photo(group, ann, b"2", media_group_id=album)
    tg.send_photo(group, ann, b"3", media_group_id=tg.album_id())
    await front.event(3)
    assert [event.addressed for event in front.events] == [
        Addressed.MENTION,
        Addressed.MENTION,
        Addressed.OVERHEARD,
    ]
    assert [event.album_id == album for event in front.events] == [True, True, False]
    assert front.events[0].text == "which is nicer?"


@pytest.mark.parametrize(
    ("said", "heard"),
    [
        ("@gondola_bot, what is this?", "what is this?"),
        ("👋🏽 hi @Gondola_Bot how are you", "👋🏽 hi how are you"),
        ("what does @gondola_bot", "what does"),
        ("@gondola_bot\n  keep\n  this", "keep\n  this"),
    ],
)
async def test_mention(
    tg: FakeTelegram, front: RecordingFront, group: Chat, ann: User, said: str, heard: str
) -> None:
    tg.say(group, ann, said)
    event = await front.event()
    assert (event.addressed, event.text) == (Addressed.MENTION, heard)
    assert event.place == Place("telegram", str(group.id), str(group.id))
    assert event.place_title == "Friends"


async def test_mention_by_entity(tg: FakeTelegram, front: RecordingFront, group: Chat, ann: User) -> None:
    tg.say(group, ann, "Gondola, help", entities=[Entity("text_mention", 0, 7, user_id=tg.bot.id)])
    event = await front.event()
    assert (event.addressed, event.text) == (Addressed.MENTION, "help")


async def test_overheard(tg: FakeTelegram, front: RecordingFront, ann: User) -> None:
    tg.say(tg.group("Open", [ann], privacy=False), ann, "not for @other_bot you")
    event = await front.event()
    assert (event.addressed, event.text) == (Addressed.OVERHEARD, "not for @other_bot you")


async def test_reply_to_the_bot(
    tg: FakeTelegram, front: RecordingFront, adapter: TelegramAdapter, group: Chat, ann: User
) -> None:
    first = tg.say(group, ann, "@gondola_bot hi")
    place = (await front.event()).place
    await adapter.door.send(at(place, str(first.id)), adapter.door.compose("**hello**")[0], nonce="n")
    (answer,) = tg.replies(group)
    tg.say(group, ann, "and now?", reply_to=answer)
    event = await front.event(2)
    assert event.addressed is Addressed.REPLY
    assert event.place.thread == ""  # the reply chain's number is no topic
    assert event.quoted is not None
    assert (event.quoted.text, event.quoted.message_id) == ("hello", str(answer.id))
    assert event.quoted.author.is_bot


async def test_reply_to_a_picture(tg: FakeTelegram, front: RecordingFront, group: Chat, ann: User) -> None:
    picture = tg.send_photo(group, tg.user("Bob"), b"jpg", caption="look")
    tg.say(group, ann, "@gondola_bot what is it?", reply_to=picture)
    event = await front.event()
    assert event.addressed is Addressed.MENTION
    assert event.quoted is not None
    assert (event.quoted.text, event.quoted.author.name) == ("look", "Bob")
    assert [file.kind for file in event.quoted.attachments] == [MediaKind.IMAGE]


async def test_reply_across_chats(tg: FakeTelegram, front: RecordingFront, chat: Chat, ann: User) -> None:
    origin = {"type": "hidden_user", "date": 1_700_000_000, "sender_user_name": "X"}
    reply = {"external_reply": {"origin": origin}, "quote": {"text": "a claim", "position": 0}}
    tg.push(pushed(chat, ann, {"text": "is that so?", **reply}))
    event = await front.event()
    assert event.quoted is not None
    assert event.quoted.text == "a claim"


async def test_topics(tg: FakeTelegram, front: RecordingFront, ann: User) -> None:
    forum = tg.group("Forum", [], [ann], forum=True)
    topic = tg.topic(forum, "Cats")
    first = tg.say(forum, ann, "@gondola_bot in a topic", topic=topic)
    tg.say(forum, ann, "@gondola_bot in general")
    tg.say(forum, ann, "@gondola_bot again", topic=topic, reply_to=first)
    await front.event(3)
    assert [event.place.thread for event in front.events] == [str(topic.id), "", str(topic.id)]
    assert front.events[0].quoted is None  # only the message that opened the topic
    assert front.events[2].quoted is not None


async def test_anonymous_administrator(
    tg: FakeTelegram, front: RecordingFront, group: Chat, ann: User
) -> None:
    tg.say(group, ann, "/settings", anonymous=True)
    event = await front.event()
    assert event.author == Person("telegram", str(group.id), "Friends")
    assert event.authority is Authority.MODERATOR
    assert tg.calls_of("getChatAdministrators") == []


async def test_linked_channel(tg: FakeTelegram, front: RecordingFront, chat: Chat, ann: User) -> None:
    channel = {"id": -100777, "type": "channel", "title": "News"}
    group = {"id": -100888, "type": "supergroup", "title": "Talk"}
    bot = {"id": 136817688, "is_bot": True, "first_name": "Channel"}
    tg.push(pushed(chat, ann, {"text": "news", "sender_chat": channel, "chat": group, "from": bot}))
    event = await front.event()
    assert event.author == Person("telegram", "-100777", "News")
    assert event.authority is Authority.MEMBER


async def test_bots_and_service_messages_mean_nothing(
    tg: FakeTelegram, front: RecordingFront, chat: Chat, ann: User
) -> None:
    robot = {"id": 5, "is_bot": True, "first_name": "Robot"}
    tg.push(pushed(chat, ann, {"text": "I am a bot", "from": robot}))
    tg.push(pushed(chat, ann, {"new_chat_title": "Other"}))
    moved: dict[str, object] = {
        "location": {"latitude": 1.5, "longitude": 2.5, "live_period": 60},
        "edit_date": 5,
    }
    tg.push({"edited_message": pushed(chat, ann, moved)["message"]})
    tg.say(chat, ann, "last")
    await front.event()
    assert [event.text for event in front.events] == ["last"]


async def test_another_bot_comes_in_only_where_it_names_this_one(
    tg: FakeTelegram, front: RecordingFront, group: Chat, ann: User
) -> None:
    robot = {"id": 5, "is_bot": True, "first_name": "Robot"}
    named = {"type": "text_mention", "offset": 0, "length": 7, "user": {**robot, "id": tg.bot.id}}
    tg.push(pushed(group, ann, {"text": "beep", "from": robot}))
    tg.push(pushed(group, ann, {"text": "Gondola, beep", "from": robot, "entities": [named]}))
    event = await front.event()
    assert event.author == Person("telegram", "5", "Robot", is_bot=True)
    assert event.addressed is Addressed.MENTION
    assert len(front.events) == 1


# --- buttons and membership ---


async def testbutton(tg: FakeTelegram, front: RecordingFront, adapter: TelegramAdapter, ann: User) -> None:
    forum = tg.group("Forum", [], [ann], forum=True)
    topic = tg.topic(forum, "Cats")
    place = Place("telegram", str(forum.id), str(forum.id), str(topic.id))
    await adapter.door.send(
        at(place), adapter.door.compose("Pick")[0], nonce="n", buttons=((button("Go", "abc123"),),)
    )
    (message,) = tg.replies(forum)
    press = tg.press(message, "Go", ann)
    event = await front.event()
    assert event.press == ButtonPress("abc123", str(message.id))
    assert (event.addressed, event.place, event.authority) == (
        Addressed.BUTTON,
        place,
        Authority.MODERATOR,
    )
    await tg.wait_for("answerCallbackQuery")
    assert press.answer is not None


async def test_a_press_that_is_too_old_still_counts(
    tg: FakeTelegram, front: RecordingFront, adapter: TelegramAdapter, chat: Chat, ann: User
) -> None:
    place = Place("telegram", "", str(chat.id))
    await adapter.door.send(
        at(place), adapter.door.compose("Pick")[0], nonce="n", buttons=((button("Go", "abc"),),)
    )
    (message,) = tg.replies(chat)
    tg.press(message, "Go", ann).expired = True
    assert (await front.event()).press is not None


@pytest.mark.parametrize("hidden", [False, True])
async def test_press_on_a_message_too_old_to_be_told(
    tg: FakeTelegram, front: RecordingFront, group: Chat, ann: User, hidden: bool
) -> None:
    presser = {"id": 1087968824 if hidden else ann.id, "is_bot": hidden, "first_name": "X"}
    chat = {"id": group.id, "type": "supergroup", "title": "Friends"}
    message = {"message_id": 7, "date": 0, "chat": chat}
    query = {"id": "1", "from": presser, "chat_instance": "1", "data": "abc", "message": message}
    tg.push({"callback_query": query})
    inline = {key: value for key, value in query.items() if key != "message"}
    tg.push({"callback_query": {**inline, "inline_message_id": "x"}})
    tg.say(group, ann, "@gondola_bot end")
    event = await front.event()
    await front.event(2)
    assert event.press == ButtonPress("abc", "7")
    assert event.author.id == str(group.id if hidden else ann.id)
    assert event.authority is Authority.MODERATOR
    assert [one.text for one in front.events] == ["", "end"]


async def test_welcome(tg: FakeTelegram, front: RecordingFront, ann: User) -> None:
    group = tg.group("New", [], [ann], bot="left")
    tg.add_bot(group, ann)
    await front.until(lambda: bool(front.welcomed))
    tg.add_bot(group, ann, admin=True)
    tg.block(ann)
    tg.unblock(ann)
    tg.say(tg.private(ann), ann, "end")
    await front.event()
    assert front.welcomed == [(Place("telegram", str(group.id), str(group.id)), "New")]


async def test_migration(tg: FakeTelegram, front: RecordingFront, ann: User) -> None:
    group = tg.group("Old", [], [ann])
    tg.say(group, ann, "@gondola_bot before")
    bigger = tg.migrate(group)
    tg.say(bigger, ann, "@gondola_bot after")
    await front.event(2)
    assert front.moves == [("telegram", str(group.id), str(bigger.id))]
    assert front.journal == [
        f"said in {group.id}",
        f"moved to {bigger.id}",
        f"said in {bigger.id}",
    ]
