"""What the bot shows on Telegram, and what the door makes of refusals and broken connections."""

from __future__ import annotations

import io

import pytest
from PIL import Image

from adapters.telegram.adapter import TelegramAdapter
from adapters.telegram.outbound import TelegramDoor
from adapters.telegram.request import Connection
from bot.errors import PlatformError, PlatformFailure
from bot.messages import Attachment, Button, Entity, Media, MediaKind, MessageRef, Part, Place, Target
from tests.fakes.telegram import Chat, FakeTelegram, User
from tests.fakes.telegram.faults import FaultKind
from tests.integration.telegram.front import RecordingFront
from tests.integration.telegram.making import at, button, place_of

OGG = b"OggS" + bytes(60)


def picture(width: int = 64, height: int = 64) -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (width, height), "teal").save(buffer, "PNG")
    return buffer.getvalue()


def media(kind: MediaKind, data: bytes, mime: str, name: str, duration: float | None = None) -> Media:
    return Media(kind, data, mime, name, duration)


async def test_formatted_text_with_buttons(tg: FakeTelegram, door: TelegramDoor, chat: Chat) -> None:
    rows = (
        (button("Again", "id1"), Button("Read", url="https://a.example/x")),
        (Button("Bad", url="javascript:x"), Button("Long", "x" * 65), Button(" ", "y")),
    )
    ref = await door.send(at(place_of(chat)), door.compose("🦊 **bold** `x`")[0], nonce="n", buttons=rows)
    (message,) = tg.replies(chat)
    assert ref == MessageRef(place_of(chat), str(message.id))
    assert message.text == "🦊 bold x"
    assert [(e.type, e.of(message.text)) for e in message.entities] == [("bold", "bold"), ("code", "x")]
    assert [(b.text, b.data, b.url) for b in message.buttons] == [
        ("Again", "id1", None),
        ("Read", None, "https://a.example/x"),
    ]
    (call,) = tg.calls_of("sendMessage")
    assert "is_disabled" in str(call.params["link_preview_options"])
    assert "parse_mode" not in call.params


async def test_reply_and_topic(tg: FakeTelegram, door: TelegramDoor, ann: User) -> None:
    forum = tg.group("Forum", [], [ann], forum=True)
    topic = tg.topic(forum, "Cats")
    asked = tg.say(forum, ann, "@gondola_bot hi", topic=topic)
    target = at(place_of(forum, topic), str(asked.id))
    await door.typing(target)
    assert tg.action(forum, topic) == "typing"
    assert tg.action(forum) is None
    await door.send(target, Part("in the topic"), nonce="n")
    await door.send(at(place_of(forum)), Part("in general"), nonce="n")
    await door.send_media(
        at(place_of(forum, topic)),
        [media(MediaKind.IMAGE, picture(), "image/png", "a.png")],
        caption=None,
        nonce="n",
    )
    assert [(m.topic, m.reply_to) for m in tg.replies(forum)] == [
        (topic, asked),
        (None, None),
        (topic, None),
    ]


async def test_reply_to_a_deleted_message(
    tg: FakeTelegram, door: TelegramDoor, chat: Chat, ann: User
) -> None:
    asked = tg.say(chat, ann, "oops")
    asked.deleted = True
    await door.send(at(place_of(chat), str(asked.id)), Part("still here"), nonce="n")
    assert tg.replies(chat)[0].reply_to is None


async def test_edit(tg: FakeTelegram, door: TelegramDoor, chat: Chat) -> None:
    ref = await door.send(at(place_of(chat)), Part("one"), nonce="n")
    await door.edit(ref, Part("two", (Entity("bold", 0, 3),)), buttons=((button("Go", "id"),),))
    (message,) = tg.replies(chat)
    assert (message.text, message.entities[0].type, message.buttons[0].data) == ("two", "bold", "id")
    await door.edit(ref, Part("two"))
    assert message.buttons == []
    with pytest.raises(PlatformError) as caught:
        await door.edit(ref, Part("two"))
    assert caught.value.failure is PlatformFailure.UNCHANGED


# --- files ---


async def test_voice_is_a_bubble(tg: FakeTelegram, door: TelegramDoor, chat: Chat) -> None:
    item = media(MediaKind.VOICE, OGG, "audio/ogg", "voice.ogg", 3.4)
    await door.send_media(
        at(place_of(chat)), [item], caption=Part("hear", (Entity("bold", 0, 4),)), nonce="n"
    )
    (message,) = tg.replies(chat)
    assert message.media is not None
    assert (message.media.kind, message.media.duration, message.media.data) == ("voice", 3, OGG)
    assert (message.caption, message.entities[0].type) == ("hear", "bold")


@pytest.mark.parametrize(
    ("kind", "mime", "name", "shown"),
    [
        (MediaKind.IMAGE, "image/png", "a.png", "photo"),
        (MediaKind.IMAGE, "image/gif", "a.gif", "document"),
        (MediaKind.AUDIO, "audio/mpeg", "a.mp3", "audio"),
        (MediaKind.AUDIO, "audio/wav", "a.wav", "document"),
        (MediaKind.VOICE, "audio/wav", "a.wav", "document"),
        (MediaKind.VIDEO, "video/mp4", "a.mp4", "video"),
        (MediaKind.VIDEO, "video/webm", "a.webm", "document"),
        (MediaKind.DOCUMENT, "text/plain", "a.txt", "document"),
    ],
)
async def test_forms(
    tg: FakeTelegram, door: TelegramDoor, chat: Chat, kind: MediaKind, mime: str, name: str, shown: str
) -> None:
    item = media(kind, picture(), mime, name, 2.0)
    await door.send_media(at(place_of(chat)), [item], caption=None, nonce="n", buttons=((button("B", "b"),),))
    (message,) = tg.replies(chat)
    assert message.media is not None
    assert message.media.kind == shown
    assert message.buttons[0].data == "b"


async def test_album_with_buttons(tg: FakeTelegram, door: TelegramDoor, chat: Chat) -> None:
    items = [media(MediaKind.IMAGE, picture(), "image/png", f"{n}.png") for n in range(3)]
    ref = await door.send_media(
        at(place_of(chat)),
        items,
        caption=door.compose("**three**")[0],
        nonce="n",
        buttons=((button("B", "b"),),),
    )
    *album, below = tg.replies(chat)
    assert [message.media.kind for message in album if message.media] == ["photo"] * 3
    assert len({message.media_group_id for message in album}) == 1
    assert [message.caption for message in album] == ["three", "", ""]
    assert ref.message_id == str(album[0].id)
    assert (below.text, below.buttons[0].data) == ("What next?", "b")


async def test_lost_album_buttons_do_not_fail_the_album(
    tg: FakeTelegram, door: TelegramDoor, chat: Chat
) -> None:
    items = [media(MediaKind.IMAGE, picture(), "image/png", f"{n}.png") for n in range(2)]
    tg.faults.next("sendMessage", "429")
    await door.send_media(at(place_of(chat)), items, caption=None, nonce="n", buttons=((button("B", "b"),),))
    assert len(tg.replies(chat)) == 2


@pytest.mark.parametrize(("width", "height"), [(3000, 100), (6000, 5000)])
async def test_odd_pictures_go_as_files(
    tg: FakeTelegram, door: TelegramDoor, chat: Chat, width: int, height: int
) -> None:
    odd = media(MediaKind.IMAGE, picture(width, height), "image/png", "odd.png")
    fine = media(MediaKind.IMAGE, picture(), "image/png", "fine.png")
    await door.send_media(at(place_of(chat)), [odd], caption=None, nonce="n")
    await door.send_media(at(place_of(chat)), [odd, fine], caption=None, nonce="n")
    kinds = [message.media.kind for message in tg.replies(chat) if message.media]
    assert kinds == ["document"] * 3


async def test_refused_form_goes_as_a_file(tg: FakeTelegram, door: TelegramDoor, chat: Chat) -> None:
    tg.faults.next("sendVoice", "400", text="Bad Request: VOICE_MESSAGES_FORBIDDEN")
    voice = media(MediaKind.VOICE, OGG, "audio/ogg", "voice.ogg", 3.0)
    await door.send_media(at(place_of(chat)), [voice], caption=Part("hear"), nonce="n")
    tg.faults.next("sendMediaGroup", "400", text="Bad Request: IMAGE_PROCESS_FAILED")
    items = [media(MediaKind.IMAGE, picture(), "image/png", f"{n}.png") for n in range(2)]
    await door.send_media(at(place_of(chat)), items, caption=None, nonce="n")
    kinds = [message.media.kind for message in tg.replies(chat) if message.media]
    assert kinds == ["document"] * 3
    assert tg.replies(chat)[0].caption == "hear"


async def test_fetch_limits(
    tg: FakeTelegram, door: TelegramDoor, front: RecordingFront, chat: Chat, ann: User
) -> None:
    tg.send_document(chat, ann, b"x" * 1000)
    tg.send_document(chat, ann, b"y" * 1000, size=10)  # says less than it is
    tg.send_document(chat, ann, b"z", size=21 * 1024 * 1024)
    await front.event(3)
    for event in front.events:
        with pytest.raises(PlatformError) as caught:
            await door.fetch(event.attachments[0], 999)
        assert caught.value.failure is PlatformFailure.TOO_LARGE
    assert await door.fetch(front.events[0].attachments[0], 1000) == b"x" * 1000


async def test_fetch_repeats_what_broke(
    tg: FakeTelegram, door: TelegramDoor, front: RecordingFront, chat: Chat, ann: User
) -> None:
    tg.send_document(chat, ann, b"whole")
    file = (await front.event()).attachments[0]
    tg.faults.next("download", "reset")
    assert await door.fetch(file, 100) == b"whole"


async def test_fetch_failures_do_not_name_the_token(
    tg: FakeTelegram, door: TelegramDoor, front: RecordingFront, chat: Chat, ann: User
) -> None:
    tg.send_document(chat, ann, b"whole")
    file = (await front.event()).attachments[0]
    with pytest.raises(PlatformError) as unknown:
        await door.fetch(Attachment(MediaKind.IMAGE, "no such file"), 100)
    tg.faults.next("download", "404")
    with pytest.raises(PlatformError) as gone:
        await door.fetch(file, 100)
    for caught in (unknown.value, gone.value):
        assert caught.failure is PlatformFailure.GONE
        assert tg.token not in f"{caught} {caught.detail} {caught.__cause__}"


async def test_download_only_from_the_server(tg: FakeTelegram) -> None:
    connection = Connection(tg.token, tg.base_url)
    for address in ("https://evil.example/file", "/var/lib/telegram/file", ""):
        with pytest.raises(PlatformError) as caught:
            await connection.download(address, 100)
        assert caught.value.failure is PlatformFailure.FORBIDDEN
    await connection.close()


# --- refusals ---


@pytest.mark.parametrize(
    ("fault", "text", "failure"),
    [
        ("429", None, PlatformFailure.RATE_LIMITED),
        ("403", None, PlatformFailure.FORBIDDEN),
        ("404", None, PlatformFailure.FORBIDDEN),
        ("500", None, PlatformFailure.UNAVAILABLE),
        ("502", None, PlatformFailure.UNAVAILABLE),
        ("reset", None, PlatformFailure.AMBIGUOUS),
        ("timeout_after_success", None, PlatformFailure.AMBIGUOUS),
        ("400", "Bad Request: chat not found", PlatformFailure.GONE),
        ("400", "Bad Request: message thread not found", PlatformFailure.GONE),
        ("400", "Bad Request: TOPIC_DELETED", PlatformFailure.GONE),
        ("400", "Bad Request: TOPIC_CLOSED", PlatformFailure.FORBIDDEN),
        ("400", "Bad Request: not enough rights to send text messages to the chat", "forbidden"),
        ("400", "Bad Request: CHAT_SEND_PHOTOS_FORBIDDEN", PlatformFailure.FORBIDDEN),
        ("400", "Bad Request: can't parse entities: unsupported", PlatformFailure.BAD_FORMAT),
        ("400", "Bad Request: entity begins after the end of the text", PlatformFailure.BAD_FORMAT),
        ("400", "Bad Request: message is too long", PlatformFailure.TOO_LARGE),
        ("400", "Bad Request: something new", PlatformFailure.BAD_FORMAT),
    ],
)
async def test_refused_send(
    tg: FakeTelegram,
    door: TelegramDoor,
    chat: Chat,
    fault: FaultKind,
    text: str | None,
    failure: PlatformFailure,
) -> None:
    tg.faults.next("sendMessage", fault, text=text, retry_after=7, hold=0.1)
    with pytest.raises(PlatformError) as caught:
        await door.send(at(place_of(chat)), Part("secret words"), nonce="n")
    assert caught.value.failure is PlatformFailure(failure)
    assert caught.value.retry_after == (7.0 if fault == "429" else None)
    assert tg.token not in caught.value.detail


async def test_edit_of_a_deleted_message(tg: FakeTelegram, door: TelegramDoor, chat: Chat) -> None:
    ref = await door.send(at(place_of(chat)), Part("one"), nonce="n")
    tg.replies(chat)[0].deleted = True
    with pytest.raises(PlatformError) as caught:
        await door.edit(ref, Part("two"))
    assert caught.value.failure is PlatformFailure.GONE


async def test_blocked(tg: FakeTelegram, door: TelegramDoor, chat: Chat, ann: User) -> None:
    tg.block(ann)
    with pytest.raises(PlatformError) as caught:
        await door.send(at(place_of(chat)), Part("hi"), nonce="n")
    assert caught.value.failure is PlatformFailure.FORBIDDEN


async def test_moved(tg: FakeTelegram, door: TelegramDoor, ann: User) -> None:
    group = tg.group("Old", [], [ann])
    bigger = tg.migrate(group)
    with pytest.raises(PlatformError) as caught:
        await door.send(at(place_of(group)), Part("hi"), nonce="n")
    assert (caught.value.failure, caught.value.moved_to) == (PlatformFailure.MOVED, str(bigger.id))


async def test_too_large_upload(door: TelegramDoor, chat: Chat) -> None:
    huge = media(MediaKind.DOCUMENT, bytes(51 * 1024 * 1024), "application/zip", "a.zip")
    with pytest.raises(PlatformError) as caught:
        await door.send_media(at(place_of(chat)), [huge], caption=None, nonce="n")
    assert caught.value.failure is PlatformFailure.TOO_LARGE


async def test_no_answer_at_all_was_never_sent(front: RecordingFront, unused_tcp_port: int) -> None:
    adapter = TelegramAdapter(front, "1:T", base_url=f"http://127.0.0.1:{unused_tcp_port}")
    target = Target(Place("telegram", "", "5"))
    with pytest.raises(PlatformError) as caught:
        await adapter.door.send(target, Part("hi"), nonce="n")
    assert caught.value.failure is PlatformFailure.UNAVAILABLE
    with pytest.raises(PlatformError):
        await adapter.run()
    with pytest.raises(PlatformError) as closed:
        await adapter.door.send(target, Part("hi"), nonce="n")
    assert closed.value.failure is PlatformFailure.UNAVAILABLE
