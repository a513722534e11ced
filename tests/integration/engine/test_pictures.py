"""The workbench: drawing, changing by words, larger, cut out, versions and the buttons between them."""

from __future__ import annotations

import io
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from bot.demo import RecordedRequest
from bot.messages import Addressed, Attachment, ButtonPress, CommandUse, MediaKind, Quoted
from tests.integration.engine.room import ADA, Message, Room, open_room
from tests.pictures import opened, picture


@pytest.fixture
async def room(tmp_path: Path) -> AsyncIterator[Room]:
    async with open_room(tmp_path) as made:
        yield made


def labels(message: Message) -> list[str]:
    return [button.label for row in message.buttons for button in row]


async def press(room: Room, message: Message, label: str, **fields: Any) -> list[Message]:
    button = next(one for row in message.buttons for one in row if one.label == label)
    return await room.send(room.event(addressed=Addressed.BUTTON, press=ButtonPress(button.id, "1"), **fields))


def key_of(room: Room, message: Message) -> str:
    return next(key for key, one in room.door.messages.items() if one is message)


async def reply(room: Room, message: Message, text: str, **fields: Any) -> list[Message]:
    """Say something in reply to a message of the bot's."""
    quoted = Quoted(key_of(room, message), ADA, message.text)
    return await room.say(text, quoted=quoted, **fields)


async def edit(room: Room, words: str, /, **fields: Any) -> list[Message]:
    """`/edit words`, with whatever else the event has."""
    options = {"words": words, **fields.pop("options", {})}
    return await room.send(
        room.event(addressed=Addressed.COMMAND, command=CommandUse("edit", options), **fields)
    )


def sent(room: Room, name: str = "p", data: bytes | None = None, **fields: Any) -> Attachment:
    """A picture somebody attaches."""
    room.door.files[name] = picture((512, 512)) if data is None else data
    return Attachment(MediaKind.IMAGE, name, "image/png", f"{name}.png", **fields)


def calls(room: Room) -> list[RecordedRequest]:
    return [one for one in room.demo.requests if one.path.startswith("/image/") and one.method == "POST"]


def body(room: Room) -> Any:
    return calls(room)[-1].json


async def drawn(room: Room, **options: Any) -> Message:
    [shown] = await room.command("image", prompt="a lighthouse", **options)
    return shown


# --- drawing and its buttons ---


async def test_a_picture_comes_with_price_and_workbench(room: Room) -> None:
    shown = await drawn(room)
    assert "Z-Image Turbo · seed " in shown.text
    assert "$0.01" in shown.text
    assert labels(shown) == [
        "Again", "Vary", "Edit", "Upscale 2×", "Upscale 4×", "Cut out", "Document",
    ]  # fmt: skip


async def test_again_draws_the_same_words_with_another_seed(room: Room) -> None:
    shown = await drawn(room, size="wide", style="watercolor", negative="people")
    first = body(room)
    [other] = await press(room, shown, "Again")
    second = body(room)
    assert first["seed"] != second["seed"]
    assert {**first, "seed": 0} == {**second, "seed": 0}
    assert opened(other.media[0].data).size == (1280, 720)
    assert other.media[0].data != shown.media[0].data


async def test_words_in_reply_to_a_picture_change_it(room: Room) -> None:
    shown = await drawn(room)
    [changed] = await reply(room, shown, "make the sky red")
    assert calls(room)[-1].path == "/image/edit"
    assert body(room)["prompt"] == "make the sky red"
    assert opened(changed.media[0].data).size == (1024, 1024)
    assert "make the sky red" in changed.text
    assert "$0.04" in changed.text
    assert "Back" in labels(changed)
    assert await room.spent() == 50_000


async def test_larger_and_cut_out_by_button(room: Room) -> None:
    shown = await drawn(room)
    [larger] = await press(room, shown, "Upscale 2×")
    assert opened(larger.media[0].data).size == (2048, 2048)
    [cut] = await press(room, shown, "Cut out")
    result = opened(cut.media[0].data)
    assert result.mode == "RGBA"
    assert result.getchannel("A").getextrema() == (0, 255)
    assert await room.spent() == 10_000 + 20_000 + 30_000


async def test_edit_on_an_attached_picture(room: Room) -> None:
    [changed] = await edit(room, "make it blue", attachments=(sent(room),))
    assert changed.media[0].kind is MediaKind.IMAGE
    assert Image.open(io.BytesIO(changed.media[0].data)).size == (512, 512)
