"""What can be asked of each picture model: offered as suggestions, refused with a sentence otherwise."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.messages import Addressed, CommandUse, OptionValue
from tests.integration.engine.room import Room, open_room
from tests.integration.engine.workbench import body, calls, edit, sent
from tests.pictures import opened


@pytest.fixture
async def room(tmp_path: Path) -> AsyncIterator[Room]:
    async with open_room(tmp_path) as made:
        yield made


async def suggested(
    room: Room, command: str, option: str, typed: str = "", *, adult: bool = False, model: str = ""
) -> list[str]:
    use = CommandUse(command, {"model": model} if model else {})
    event = room.event(addressed=Addressed.COMMAND, command=use, adult_allowed=adult)
    return [choice.value for choice in await room.parts.engine.complete(event, option, typed)]


@pytest.mark.parametrize(
    ("command", "model", "option", "offered"),
    [
        ("image", "", "size", ["1:1", "4:3", "3:4", "3:2", "2:3", "16:9", "9:16"]),
        ("image", "gpt-image-2", "size", [
            "1:1", "2:3", "3:2", "3:4", "4:3", "4:5", "5:4", "9:16", "16:9", "21:9",
        ]),
        ("image", "gpt-image-2", "resolution", ["1K", "2K", "4K"]),
        ("image", "gpt-image-2", "quality", ["low", "medium", "high"]),
        ("image", "", "resolution", []),
        ("image", "", "quality", []),
        ("edit", "", "resolution", []),
        ("edit", "grok-imagine-edit", "resolution", ["1K", "2K"]),
        ("edit", "gpt-image-2-edit", "quality", ["low", "medium", "high"]),
        ("edit", "", "size", ["auto", "1:1", "3:2", "16:9", "9:16", "2:3", "3:4"]),
    ],
)  # fmt: skip
async def test_suggestions_are_what_the_model_offers(
    room: Room, command: str, model: str, option: str, offered: list[str]
) -> None:
    assert await suggested(room, command, option, model=model) == offered


async def test_suggestions_follow_the_model_that_is_set(room: Room) -> None:
    await room.command("settings", name="image_model", value="nano-banana-2")
    await room.command("settings", name="edit_model", value="grok-imagine-edit")
    assert await suggested(room, "image", "resolution") == ["1K", "2K", "4K"]
    assert await suggested(room, "edit", "resolution") == ["1K", "2K"]
    assert await suggested(room, "image", "size", "wide") == ["16:9"]


async def test_models_for_adults_are_suggested_where_they_may_be_used(room: Room) -> None:
    assert "chroma" not in await suggested(room, "image", "model")
    assert "chroma" in await suggested(room, "image", "model", adult=True)
    assert "qwen-edit-uncensored" not in await suggested(room, "edit", "model")
    assert "bria-bg-remover" not in await suggested(room, "image", "model")


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"size": "7:3"}, "Z-Image Turbo has no `size` “7:3”. It offers `1:1`, `4:3`"),
        ({"size": "4000x4000"}, "or pixels such as `1024x768`, 256 to 1,280 a side."),
        ({"resolution": "4K"}, "Z-Image Turbo has no `resolution` to choose. Please leave `resolution` out."),
        ({"quality": "high"}, "Z-Image Turbo has no `quality` to choose."),
        ({"model": "gpt-image-2", "size": "7:3"}, "GPT Image 2 has no `size` “7:3”. It offers `1:1`, `2:3`"),
        ({"model": "gpt-image-2", "size": "640x480"}, "GPT Image 2 has no `size` “640x480”."),
        ({"model": "gpt-image-2", "resolution": "8K"}, "no `resolution` “8K”. It offers `1K`, `2K`, `4K`."),
        (
            {"model": "gpt-image-2", "quality": "best"},
            "no `quality` “best”. It offers `low`, `medium`, `high`.",
        ),
        ({"model": "gpt-image-2", "steps": 5}, "GPT Image 2 has no `steps` to choose."),
        ({"steps": 30}, "Z-Image Turbo takes 1 to 8 `steps`."),
        ({"model": "venice-sd35", "prompt": "x" * 1501}, "takes at most 1,500 characters; yours has 1,501."),
        ({"count": 9}, "I draw 1 to 4 pictures at once."),
        ({"seed": 2_000_000_000}, "A seed is a whole number from 0 to 999999999."),
        ({"prompt": "   "}, "Say what the picture should show"),
        ({"model": "bria-bg-remover"}, "no price in Venice's list"),
    ],
)
async def test_what_a_model_does_not_offer_is_refused_with_what_it_does(
    room: Room, options: dict[str, OptionValue], says: str
) -> None:
    [answer] = await room.command("image", **{"prompt": "a cat", **options})
    assert says in answer.text
    assert (calls(room), await room.spent()) == ([], 0)


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"size": "7:3"}, "FireRed Edit has no `size` “7:3”. It offers `auto`, `1:1`"),
        ({"resolution": "2K"}, "FireRed Edit has no `resolution` to choose."),
        ({"model": "grok-imagine-edit", "resolution": "4K"}, "It offers `1K`, `2K`."),
        ({"model": "z-image-turbo"}, "I do not know the model"),
        ({"words": "x" * 2501}, "takes at most 2,500 characters"),
    ],
)
async def test_the_same_for_changing(room: Room, options: dict[str, OptionValue], says: str) -> None:
    [answer] = await edit(room, "blue", attachments=(sent(room),), options=options)
    assert says in answer.text
    assert (calls(room), await room.spent()) == ([], 0)


@pytest.mark.parametrize(
    ("options", "size", "cost"),
    [
        ({"size": "wide"}, (1280, 720), 10_000),
        ({"size": "1000x500", "model": "venice-sd35"}, (992, 496), 10_000),
        ({"size": "portrait", "model": "qwen-image"}, (888, 1184), 30_000),
        ({"model": "nano-banana-2", "resolution": "2k", "size": "1:1"}, (2048, 2048), 140_000),
        ({"model": "gpt-image-2", "quality": "low"}, (1024, 1024), 20_000),
        ({"steps": 4}, (1024, 1024), 10_000),
    ],
)
async def test_what_is_asked_for_is_drawn_and_paid(
    room: Room, options: dict[str, OptionValue], size: tuple[int, int], cost: int
) -> None:
    [shown] = await room.command("image", **{"prompt": "a cat", **options})
    assert opened(shown.media[0].data).size == size
    assert await room.spent() == cost
    assert body(room).get("steps") == options.get("steps")


async def test_a_changed_picture_in_another_shape_and_quality(room: Room) -> None:
    options: dict[str, OptionValue] = {
        "model": "gpt-image-2-edit", "size": "wide", "resolution": "2K", "quality": "low",
    }  # fmt: skip
    [shown] = await edit(room, "blue", attachments=(sent(room),), options=options)
    assert calls(room)[-1].path == "/image/multi-edit"  # the other has no field for quality
    width, height = opened(shown.media[0].data).size
    assert width / height == pytest.approx(16 / 9, abs=0.01)
    assert await room.spent() == 30_000


async def test_the_drawer_trusts_no_argument(room: Room) -> None:
    """A model that talks may hand over anything."""
    event = room.event(addressed=Addressed.COMMAND, command=CommandUse("image", {"prompt": "x", "count": -3}))
    [answer] = await room.send(event)
    assert "I draw 1 to 4" in answer.text
    assert calls(room) == []
