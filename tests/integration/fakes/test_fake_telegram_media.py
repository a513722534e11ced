"""Files of the fake Telegram, driven by the real python-telegram-bot."""

import io
from collections.abc import AsyncIterator

import pytest
from PIL import Image
from telegram import Bot, InputMediaAudio, InputMediaDocument, InputMediaPhoto, MessageEntity
from telegram.error import BadRequest, InvalidToken, NetworkError

from tests.fakes.telegram import Chat, FakeTelegram, TelegramLimits, User
from tests.fakes.telegram.client import connected_bot

LIMITS = TelegramLimits(flood=False, upload_bytes=50_000, photo_bytes=20_000, download_bytes=40_000)


@pytest.fixture
async def tg() -> AsyncIterator[FakeTelegram]:
    async with FakeTelegram(limits=LIMITS) as fake:
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
def chat(tg: FakeTelegram, ann: User) -> Chat:
    return tg.private(ann)


def picture(width: int = 32, height: int = 16) -> bytes:
    target = io.BytesIO()
    Image.new("RGB", (width, height), "teal").save(target, "PNG")
    return target.getvalue()


async def test_photo_with_caption(tg: FakeTelegram, bot: Bot, chat: Chat) -> None:
    data = picture()
    sent = await bot.send_photo(
        chat.id, data, caption="a cat", caption_entities=[MessageEntity("bold", 2, 3)]
    )
    assert [(size.width, size.height) for size in sent.photo][-1] == (32, 16)
    (message,) = tg.visible(chat)
    assert message.media is not None
    assert (message.media.kind, message.media.data, message.caption) == ("photo", data, "a cat")
    await bot.edit_message_caption(chat.id, sent.message_id, caption="a dog")
    assert [version.content.text for version in message.history] == ["a cat", "a dog"]
    with pytest.raises(BadRequest, match="There is no text"):
        await bot.edit_message_text("x", chat.id, sent.message_id)


@pytest.mark.parametrize(
    ("data", "error"),
    [
        (b"no picture", "Image_process_failed"),
        (picture(420, 20), "Photo_invalid_dimensions"),
        (picture() + b"\0" * 20_000, "is too big for a photo"),
    ],
)
async def test_unfit_photos(bot: Bot, chat: Chat, data: bytes, error: str) -> None:
    with pytest.raises(BadRequest, match=error):
        await bot.send_photo(chat.id, data)


async def test_captions_have_a_limit(bot: Bot, chat: Chat) -> None:
    with pytest.raises(BadRequest, match="Message caption is too long"):
        await bot.send_photo(chat.id, picture(), caption="x" * 1025)


async def test_upload_limit(tg: FakeTelegram, bot: Bot, chat: Chat) -> None:
    with pytest.raises(NetworkError, match="Request Entity Too Large"):
        await bot.send_document(chat.id, b"x" * 50_001)
    assert tg.calls_of("sendDocument")[0].status == 413


async def test_voice_formats(tg: FakeTelegram, bot: Bot, chat: Chat) -> None:
    voice = await bot.send_voice(chat.id, b"OggS....", duration=3, caption="said")
    assert voice.voice is not None
    assert voice.voice.mime_type == "audio/ogg"
    assert voice.voice.file_size == 8
    plain = await bot.send_voice(chat.id, b"RIFF....")
    assert plain.voice is None
    assert plain.document is not None
    audio = await bot.send_audio(chat.id, b"ID3.", title="Song", performer="Ann", filename="song.mp3")
    assert audio.audio is not None
    assert (audio.audio.title, audio.audio.file_name) == ("Song", "song.mp3")
    again = await bot.send_voice(chat.id, voice.voice.file_id)
    assert again.voice == voice.voice
    assert [message.media.kind for message in tg.visible(chat) if message.media] == [
        "voice",
        "document",
        "audio",
        "voice",
    ]


async def test_unknown_sources(bot: Bot, chat: Chat) -> None:
    with pytest.raises(BadRequest, match="Failed to get http url content"):
        await bot.send_photo(chat.id, "https://pictures.example/a.png")
    with pytest.raises(BadRequest, match="Wrong file identifier"):
        await bot.send_photo(chat.id, "nonsense")


async def test_albums(tg: FakeTelegram, bot: Bot, chat: Chat) -> None:
    photos = [InputMediaPhoto(picture(), caption="both"), InputMediaPhoto(picture(8, 8))]
    sent = await bot.send_media_group(chat.id, photos)
    assert len({message.media_group_id for message in sent}) == 1
    assert [message.caption for message in sent] == ["both", None]
    mixed = [InputMediaPhoto(picture()), InputMediaDocument(b"text")]
    with pytest.raises(BadRequest, match="Document can't be mixed"):
        await bot.send_media_group(chat.id, mixed)
    songs = [InputMediaAudio(b"ID3"), InputMediaPhoto(picture())]
    with pytest.raises(BadRequest, match="Audio can't be mixed"):
        await bot.send_media_group(chat.id, songs)
    with pytest.raises(BadRequest, match="Too many messages"):
        await bot.send_media_group(chat.id, [InputMediaDocument(b"x")] * 11)
    assert len(tg.visible(chat)) == 2


async def test_replace_media_and_copy(tg: FakeTelegram, bot: Bot, chat: Chat) -> None:
    sent = await bot.send_photo(chat.id, picture())
    await bot.edit_message_media(InputMediaPhoto(picture(9, 9), caption="new"), chat.id, sent.message_id)
    copied = await bot.copy_message(chat.id, chat.id, sent.message_id)
    first, second = tg.visible(chat)
    assert second.id == copied.message_id
    assert first.media is second.media
    assert (first.caption, second.caption) == ("new", "new")
    assert len(first.history) == 2
    with pytest.raises(BadRequest, match="Message to copy not found"):
        await bot.copy_message(chat.id, chat.id, 999)


async def test_files_of_people(tg: FakeTelegram, bot: Bot, ann: User, chat: Chat) -> None:
    album = tg.album_id()
    tg.send_photo(chat, ann, b"jpeg 1", caption="two", media_group_id=album)
    tg.send_photo(chat, ann, b"jpeg 2", media_group_id=album)
    tg.send_voice(chat, ann, b"OggS", duration=4)
    tg.send_audio(chat, ann, b"ID3")
    tg.send_document(chat, ann, b"%PDF", mime="application/pdf", file_name="a.pdf")
    tg.send_video_note(chat, ann, b"round")
    messages = [update.message for update in await bot.get_updates()]
    first, second, voice, audio, document, note = (message for message in messages if message)
    assert first.media_group_id == second.media_group_id == album
    assert first.caption == "two"
    assert voice.voice is not None
    assert audio.audio is not None
    assert note.video_note is not None
    assert document.document is not None
    assert document.document.mime_type == "application/pdf"
    file = await document.document.get_file()
    assert bytes(await file.download_as_bytearray()) == b"%PDF"
    small, large = first.photo
    assert bytes(await (await large.get_file()).download_as_bytearray()) == b"jpeg 1"
    assert bytes(await (await small.get_file()).download_as_bytearray()) != b"jpeg 1"


async def test_download_limits(tg: FakeTelegram, bot: Bot, ann: User, chat: Chat) -> None:
    tg.send_document(chat, ann, b"really small", size=LIMITS.download_bytes + 1)
    tg.send_document(chat, ann, b"small")
    large, small = [update.message for update in await bot.get_updates()]
    assert large is not None
    assert large.document is not None
    with pytest.raises(BadRequest, match="File is too big"):
        await large.document.get_file()
    with pytest.raises(BadRequest, match="Wrong file_id"):
        await bot.get_file("nonsense")
    assert small is not None
    assert small.document is not None
    file = await small.document.get_file()
    tg.expire_links()
    with pytest.raises(InvalidToken, match="Not Found"):
        await file.download_as_bytearray()
    again = await small.document.get_file()
    assert bytes(await again.download_as_bytearray()) == b"small"
