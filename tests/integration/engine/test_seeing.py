"""What people send along, in a question: the right part for the model, limits said, bad files survived."""

from __future__ import annotations

import base64
import io
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from bot.demo import Fault, RecordedRequest
from bot.engine.files.documents import MOST_TOKENS
from bot.messages import Addressed, Attachment, ButtonPress, MediaKind, Quoted
from bot.records import ALL_MEDIA, Cap, CapPeriod, CapUnit
from tests.integration.engine.room import ADA, Message, Room, open_room
from tests.papers import docx, pdf, pdf_bomb, pdf_locked, pdf_scanned, zip_bomb
from tests.pictures import opened, picture
from tests.sounds import decoded, film, mp3, ogg, samples, wav

CHAT = "/chat/completions"
LISTEN = "/audio/transcriptions"


@pytest.fixture
async def room(tmp_path: Path) -> AsyncIterator[Room]:
    async with open_room(tmp_path) as opened:
        yield opened


def sent(room: Room, data: bytes, name: str, kind: MediaKind = MediaKind.DOCUMENT, **more: Any) -> Attachment:
    room.door.files[name] = data
    return Attachment(kind, name, "application/octet-stream", name, len(data), **more)


def calls(room: Room, path: str = CHAT) -> list[RecordedRequest]:
    return [request for request in room.demo.requests if request.path == path]


def parts(room: Room) -> list[dict[str, Any]]:
    """The parts of the newest question."""
    body: Any = calls(room)[-1].json
    content = body["messages"][-1]["content"]
    return [{"type": "text", "text": content}] if isinstance(content, str) else content


def of_type(room: Room, kind: str) -> list[dict[str, Any]]:
    return [part[kind] for part in parts(room) if part["type"] == kind]


def texts(room: Room) -> str:
    return "\n".join(part["text"] for part in parts(room) if part["type"] == "text")


def unpacked(url: str) -> bytes:
    return base64.b64decode(url.partition(",")[2])


def said(messages: list[Message]) -> str:
    return "\n".join(message.text for message in messages)


# --- documents ---


async def test_a_pdf_goes_along_whole_and_is_paid_for(room: Room) -> None:
    data = pdf("The lamp is green today.", "And the door is red.")
    messages = await room.say("Sum it up", attachments=(sent(room, data, "notes.pdf"),))
    [file] = of_type(room, "file")
    assert unpacked(file["file_data"]) == data
    assert (file["filename"], file["file_data"][:20]) == ("notes.pdf", "data:application/pdf")
    assert len(messages) == 1
    assert await room.spent() > 0


async def test_code_goes_along_as_fenced_text(room: Room) -> None:
    code = "def day():\n    '''```'''\n    return 'día'\n"
    await room.say("What does it do?", attachments=(sent(room, code.encode("utf-16"), "day.py"),))
    assert of_type(room, "file") == []
    assert f"(File day.py:)\n````\n{code}\n````" in texts(room)


async def test_a_long_text_is_cut_openly(room: Room) -> None:
    long = "".join(f"line {number:07}\n" for number in range(60_000))
    messages = await room.say("Sum it up", attachments=(sent(room, long.encode(), "log.txt"),))
    assert "I read the first" in said(messages)
    assert "of 780,000 characters" in said(messages)
    shown = texts(room)
    assert "line 0000000\n" in shown
    assert "line 0059999" not in shown
    assert "(The rest of the file is left out.)" in shown
    assert MOST_TOKENS * 2.5 < len(shown) < MOST_TOKENS * 3 + 1_000


async def test_files_are_only_a_note_in_memory(room: Room) -> None:
    await room.say("Sum it up", attachments=(sent(room, b"The lamp is green.", "lamp.txt"),))
    await room.say("And now?")
    body: Any = calls(room)[-1].json
    remembered = str(body["messages"][:-1])
    assert "(sent with: document lamp.txt)" in remembered
    assert "The lamp is green" not in remembered


async def test_a_long_document_does_not_make_the_talk_before_it_forgotten(room: Room) -> None:
    await room.say("My name is Ada.")
    await room.say("Sum it up", attachments=(sent(room, b"lamp and door " * 14_000, "log.txt"),))
    body: Any = calls(room)[-1].json
    assert "My name is Ada." in str(body["messages"][:-1])


async def test_a_document_of_the_quoted_message_is_read(room: Room) -> None:
    quoted = Quoted("q1", ADA, "", (sent(room, docx("The lamp is green."), "lamp.docx"),))
    await room.say("Sum it up", quoted=quoted)
    [file] = of_type(room, "file")
    assert file["filename"] == "lamp.docx"


async def test_a_large_file_with_little_text_does_not_fill_the_cap(room: Room) -> None:
    cap = Cap("bot", ALL_MEDIA, CapUnit.MONEY, CapPeriod.DAY, 100_000)
    await room.parts.caps.put(cap, room.parts.clock())
    data = pdf("The lamp is green today.") + b"\n%" + b"x" * 950_000
    [answer] = await room.say("Sum it up", attachments=(sent(room, data, "big.pdf"),))
    assert "cap" not in answer.text
    assert len(of_type(room, "file")) == 1


@pytest.mark.parametrize(
    ("name", "data", "sentence"),
    [
        ("empty.pdf", b"", "`empty.pdf` is empty"),
        ("setup.pdf", b"MZ\x90\x00" + bytes(400), "`setup.pdf` is a program"),
        ("half.pdf", pdf("some words here")[:150], "`half.pdf`: it is damaged or incomplete"),
        ("bomb.docx", zip_bomb(), "`bomb.docx` unpacks to far more"),
        ("bomb.pdf", pdf_bomb(), "`bomb.pdf` unpacks to far more"),
        ("locked.pdf", pdf_locked("secret", "1234"), "`locked.pdf` is protected by a password"),
        ("scan.pdf", pdf("", ""), "`scan.pdf` has only pictures of pages"),
        ("blob.bin", b"\x00\x01" * 500, "I do not know how to read `blob.bin`"),
    ],
)
async def test_a_bad_document_is_said_and_the_rest_is_answered(
    room: Room, name: str, data: bytes, sentence: str
) -> None:
    good = sent(room, b"The lamp is green.", "good.txt")
    messages = await room.say("Sum it up", attachments=(sent(room, data, name), good))
    assert sentence in said(messages)
    assert len(messages) == 2
    assert f"({name} was sent along, but could not be opened." in texts(room)
    assert "The lamp is green." in texts(room)
    alone = await room.say("", attachments=(sent(room, data, name),))
    assert [sentence in message.text for message in alone] == [True]
    assert len(calls(room)) == 1


async def test_a_scan_is_looked_at_page_by_page(room: Room) -> None:
    pages = [picture((300 + number, 200), form="JPEG") for number in range(9)]
    messages = await room.say("Sum it up", attachments=(sent(room, pdf_scanned(*pages), "scan.pdf"),))
    assert [one.width for one in shown_pictures(room)] == [300 + number for number in range(8)]
    assert "`scan.pdf` has no text in it, only pictures, so I look at the first 8 of 9 pages." in said(
        messages
    )
    assert "cannot see pictures, so" in said(messages)


# --- pictures, stickers, GIFs ---


def gif(frames: int) -> bytes:
    pictures = [Image.new("RGB", (100, 80), (number * 20, 0, 0)) for number in range(frames)]
    out = io.BytesIO()
    pictures[0].save(out, "GIF", save_all=True, append_images=pictures[1:], duration=100)
    return out.getvalue()


def shown_pictures(room: Room) -> list[Image.Image]:
    return [opened(unpacked(one["url"])) for one in of_type(room, "image_url")]


async def test_a_gif_is_a_few_of_its_pictures(room: Room) -> None:
    messages = await room.say("?", attachments=(sent(room, gif(9), "cat.gif", MediaKind.IMAGE),))
    reds = [one.convert("RGB").getpixel((50, 40)) for one in shown_pictures(room)]
    assert len(reds) == 4
    assert [red[0] // 20 for red in reds if isinstance(red, tuple)] == [0, 2, 4, 6]
    assert "(cat.gif moves; 4 of its pictures in order:)" in texts(room)
    assert "cannot see pictures, so" in said(messages)


@pytest.mark.parametrize(
    ("data", "name"),
    [(picture((512, 512), form="WEBP"), "sticker.webp"), (film(None, 1.0), "sticker.webm")],
    ids=["still", "moving"],
)
async def test_a_sticker_is_one_picture_and_what_it_stands_for(room: Room, data: bytes, name: str) -> None:
    await room.say("", attachments=(sent(room, data, name, MediaKind.STICKER, words="😀"),))
    assert len(shown_pictures(room)) == 1
    assert "(A sticker 😀:)" in texts(room)
    assert calls(room, LISTEN) == []


async def test_thirty_pictures_are_ten_and_a_sentence(room: Room) -> None:
    album = tuple(sent(room, picture((80, 80)), f"{n}.png", MediaKind.IMAGE) for n in range(30))
    messages = await room.say("Compare them", attachments=album)
    assert len(shown_pictures(room)) == 10
    assert "I look at 10 pictures at once, so I left out the last 20." in said(messages)


async def test_a_bad_picture_does_not_lose_the_others(room: Room) -> None:
    bomb = io.BytesIO()
    Image.new("1", (9_000, 9_000)).save(bomb, "PNG")
    bad = sent(room, bomb.getvalue(), "bomb.png", MediaKind.IMAGE)
    cut = sent(room, picture()[:90], "cut.png", MediaKind.IMAGE)
    good = sent(room, picture((300, 200)), "good.png", MediaKind.IMAGE)
    messages = await room.say("Compare them", attachments=(bad, cut, good))
    [shown] = shown_pictures(room)
    assert shown.size == (300, 200)
    assert "`bomb.png`: This picture has too many pixels" in said(messages)
    assert "`cut.png`: I could not read this picture." in said(messages)


async def test_a_picture_named_like_a_document_is_looked_at(room: Room) -> None:
    messages = await room.say("?", attachments=(sent(room, picture((300, 200)), "scan.pdf"),))
    assert [one.size for one in shown_pictures(room)] == [(300, 200)]
    assert "cannot see pictures, so" in said(messages)


# --- films and sounds ---


async def test_a_film_goes_to_a_model_that_watches(room: Room) -> None:
    data = film(samples(2.0), 2.0)
    messages = await room.say("What happens?", attachments=(sent(room, data, "a.mp4", MediaKind.VIDEO),))
    [shown] = of_type(room, "video_url")
    assert unpacked(shown["url"]) == data
    assert shown["url"].startswith("data:video/mp4;base64,")
    assert "cannot watch films, so Google Gemma 4 31B Instruct answers" in said(messages)
    assert calls(room, LISTEN) == []


async def test_a_film_is_stills_and_words_for_a_model_that_only_sees(room: Room) -> None:
    await room.command("model", name="grok-4-3")
    data = film(samples(6.0), 6.0)
    messages = await room.say("What happens?", attachments=(sent(room, data, "a.mp4", MediaKind.VIDEO),))
    assert len(shown_pictures(room)) == 8
    assert of_type(room, "video_url") == []
    assert "(a.mp4 is a film and lasts 0:06; 8 pictures of it in order:)" in texts(room)
    assert "(What is said in a.mp4:)" in texts(room)
    assert "6 seconds" in texts(room)
    assert "I did not watch `a.mp4` whole: I looked at 8 pictures of it and listened to it." in said(messages)
    media = {row.medium for row in await room.store.money.usage(since=0)}
    assert media == {"transcription", "chat"}


async def test_a_long_film_is_looked_at_but_not_listened_to_unasked(room: Room) -> None:
    await room.command("model", name="grok-4-3")
    long = sent(room, film(samples(30.0), 30.0), "long.mp4", MediaKind.VIDEO, duration=1_200.0)
    messages = await room.say("Good morning", attachments=(long,))
    assert "`/transcribe` writes down" in said(messages)
    assert 4 <= len(shown_pictures(room)) <= 8
    assert calls(room, LISTEN) == []


async def test_a_silent_film_is_not_listened_to(room: Room) -> None:
    await room.command("model", name="grok-4-3")
    messages = await room.say("?", attachments=(sent(room, film(None, 1.0), "a.mp4", MediaKind.VIDEO),))
    assert "I looked at 8 pictures of it." in said(messages)
    assert calls(room, LISTEN) == []


async def test_a_corrupt_film_is_said_and_the_rest_is_answered(room: Room) -> None:
    bad = sent(room, film(samples(1.0))[:900], "bad.mp4", MediaKind.VIDEO)
    messages = await room.say("Good morning", attachments=(bad,))
    assert "`bad.mp4`: I could not read this film." in said(messages)
    assert len(messages) >= 2


async def test_asked_again_a_film_is_shown_but_not_paid_for_twice(room: Room) -> None:
    await room.command("model", name="grok-4-3")
    messages = await room.say(
        "?", attachments=(sent(room, film(samples(3.0), 3.0), "a.mp4", MediaKind.VIDEO),)
    )
    button = next(b for m in messages for row in m.buttons for b in row if b.label == "Regenerate")
    await press(room, button.id)
    assert len(calls(room)) == 2
    assert len(shown_pictures(room)) == 8
    assert texts(room).count("(What is said in a.mp4:)") == 1
    assert len(calls(room, LISTEN)) == 1


async def press(room: Room, button_id: str) -> None:
    ref = next(key for key, message in room.door.messages.items() if message.buttons)
    await room.send(room.event(addressed=Addressed.BUTTON, press=ButtonPress(button_id, ref)))


async def test_a_sound_goes_to_a_model_that_listens(room: Room) -> None:
    listeners = [m for m in (await room.client.models()) if m.capabilities.audio_input]
    await room.command("model", name=listeners[0].id)
    data = mp3(samples(3.0))
    await room.say("What is this tune?", attachments=(sent(room, data, "tune.mp3", MediaKind.AUDIO),))
    [heard] = of_type(room, "input_audio")
    assert heard["format"] == "mp3"
    assert decoded(base64.b64decode(heard["data"])).seconds == pytest.approx(3.0, abs=0.2)
    assert calls(room, LISTEN) == []


@pytest.mark.parametrize(
    ("data", "sentence"),
    [(wav(samples(0.0)), "0 seconds long"), (ogg(samples(1.0))[:40], "could not read this sound")],
    ids=["nothing in it", "cut"],
)
async def test_a_bad_sound_is_said_and_the_rest_is_answered(room: Room, data: bytes, sentence: str) -> None:
    messages = await room.say("Hello", attachments=(sent(room, data, "a.ogg", MediaKind.AUDIO),))
    assert sentence in said(messages)
    assert len(calls(room)) == 1
    assert calls(room, LISTEN) == []


async def test_a_sound_venice_cannot_write_down_does_not_lose_the_question(room: Room) -> None:
    room.demo.faults.next(LISTEN, Fault.status(422, body={"error": "No speech"})).always()
    messages = await room.say("Hello", attachments=(sent(room, ogg(samples(2.0)), "a.ogg", MediaKind.AUDIO),))
    assert "`a.ogg`:" in said(messages)
    assert len(calls(room)) == 1
