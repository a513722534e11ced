"""The workbench: drawing, changing by words, larger, cut out, versions and the buttons between them."""

from __future__ import annotations

import asyncio
import base64
import io
import time
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image

from bot.commands import guide
from bot.declarations import Command
from bot.demo import Fault
from bot.engine.turns.registry import Bound
from bot.engine.turns.turn import Turn
from bot.messages import Addressed, CommandUse, MediaKind, Quoted
from tests.integration.engine.room import ADA, PLACE, Room, open_room
from tests.integration.engine.workbench import (
    body,
    calls,
    drawn,
    edit,
    key_of,
    labels,
    press,
    reply,
    sent,
)
from tests.pictures import opened, picture


@pytest.fixture
async def room(tmp_path: Path) -> AsyncIterator[Room]:
    async with open_room(tmp_path) as made:
        yield made


# --- drawing and its buttons ---


async def test_a_picture_comes_with_price_and_workbench(room: Room) -> None:
    shown = await drawn(room)
    assert "Z-Image Turbo · seed " in shown.text
    assert "$0.01" in shown.text
    assert labels(shown) == [
        "Again", "Vary", "Edit", "Upscale 2×", "Upscale 4×", "Cut out", "Animate", "Document",
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


async def test_several_pictures_are_merged_the_replied_one_first(room: Room) -> None:
    quoted = Quoted("m0", ADA, attachments=(sent(room, "base", picture((600, 300))),))
    added = (sent(room, "one"), sent(room, "two", picture((300, 300))))
    [merged] = await edit(room, "put them together", quoted=quoted, attachments=added)
    assert calls(room)[-1].path == "/image/multi-edit"
    assert len(body(room)["images"]) == 3
    assert opened(merged.media[0].data).size == (600, 300)


async def test_more_pictures_than_the_model_takes_name_one_that_does(room: Room) -> None:
    four = tuple(sent(room, str(number)) for number in range(4))
    [refused] = await edit(room, "merge", attachments=four)
    assert "FireRed Edit takes 3 pictures at most; these are 4. GPT Image 2 takes that many" in refused.text
    assert calls(room) == []
    await edit(room, "merge", attachments=four, options={"model": "gpt-image-2-edit"})
    assert len(body(room)["images"]) == 4
    # 0.34 USD, and 0.0092 for each picture beyond the first
    assert await room.spent() == 340_000 + 27_600


async def test_a_style_alone_restyles(room: Room) -> None:
    [styled] = await edit(room, "", attachments=(sent(room),), options={"style": "watercolor"})
    assert "in the style “Watercolor”" in body(room)["prompt"]
    assert "In the style “Watercolor”" in styled.text
    await edit(room, "add a boat", attachments=(sent(room),), options={"style": "watercolor"})
    assert body(room)["prompt"].startswith("add a boat")
    [refused] = await edit(room, "", attachments=(sent(room),), options={"style": "waterfall"})
    assert "There is no style “waterfall”" in refused.text


async def test_vary_and_again_on_a_changed_picture(room: Room) -> None:
    shown = await drawn(room)
    [changed] = await reply(room, shown, "make the sky red")
    base = body(room)["image"]
    await press(room, changed, "Again")
    assert (body(room)["image"], body(room)["prompt"]) == (base, "make the sky red")
    [varied] = await press(room, changed, "Vary")
    assert body(room)["image"] != base
    assert varied.text.startswith("A variation")
    await press(room, varied, "Again")
    assert "variation" in body(room)["prompt"]


async def test_edit_without_words_says_how_and_remembers_the_picture(room: Room) -> None:
    first = await drawn(room)
    await drawn(room, seed=2)
    [how] = await press(room, first, "Edit")
    assert "`/edit make the sky red`" in how.text
    await edit(room, "make it blue")
    assert base64.b64decode(body(room)["image"]) == first.media[0].data
    # From here on it is about the newest one again.
    await edit(room, "and darker")
    assert base64.b64decode(body(room)["image"]) != first.media[0].data
    assert [one.path for one in calls(room)] == ["/image/generate"] * 2 + ["/image/edit"] * 2


async def test_a_picture_of_ones_own_can_be_chosen_for_the_next_words(room: Room) -> None:
    [how] = await edit(room, "", attachments=(sent(room),))
    assert "Write `/edit make the sky red`" in how.text
    assert calls(room) == []
    await edit(room, "make it blue")
    assert base64.b64decode(body(room)["image"]) == room.door.files["p"]


async def test_a_question_about_a_picture_is_answered_not_drawn(room: Room) -> None:
    shown = await drawn(room)
    await reply(room, shown, "What is a lighthouse good for?")
    assert [one.path for one in calls(room)] == ["/image/generate"]
    await reply(room, shown, "Can you make it blue?")
    assert calls(room)[-1].path == "/image/edit"


async def test_a_reply_to_anything_else_is_talk(room: Room) -> None:
    [answer] = await room.say("Hello")
    await reply(room, answer, "make it blue")
    # Nor is a picture somebody sent, although it was changed once.
    await edit(room, "make it blue", quoted=Quoted("m77", ADA, attachments=(sent(room),)))
    before = len(calls(room))
    await room.say("nice, this one", quoted=Quoted("m77", ADA, attachments=(sent(room),)))
    assert len(calls(room)) == before == 1


async def test_a_further_message_does_not_take_a_paid_edit_back(room: Room) -> None:
    shown = await drawn(room)
    room.demo.faults.next("/image/edit", Fault.delay(0.3))
    quoted = Quoted(key_of(room, shown), ADA, shown.text)
    await room.parts.engine.submit([room.event("make it blue", quoted=quoted)])
    while not any(one.path == "/image/edit" for one in room.demo.requests):
        await asyncio.sleep(0.01)
    await room.say("thanks")
    assert [one.path for one in calls(room)] == ["/image/generate", "/image/edit"]
    assert any("make it blue" in message.text and message.media for message in room.door.messages.values())


# --- several at once ---


async def test_an_album_asks_which_one(room: Room) -> None:
    album = await drawn(room, count=3)
    assert len(album.media) == 3
    [which] = await press(room, album, "Upscale 2×")
    assert labels(which) == ["1", "2", "3"]
    [larger] = await press(room, which, "3")
    assert base64.b64decode(body(room)["image"]) == album.media[2].data
    assert opened(larger.media[0].data).size == (2048, 2048)


async def test_one_of_an_album_is_chosen_by_number(room: Room) -> None:
    album = await drawn(room, count=2)
    quoted = Quoted(key_of(room, album), ADA)
    note, _ = await edit(room, "make it blue", quoted=quoted)
    assert "I took picture 1 of 2" in note.text
    await edit(room, "make it blue", quoted=quoted, options={"picture": 2})
    assert base64.b64decode(body(room)["image"]) == album.media[1].data
    [refused] = await edit(room, "make it blue", quoted=quoted, options={"picture": 5})
    assert "There is no picture 5" in refused.text


# --- versions ---


async def test_back_shows_the_parent_and_goes_on_from_it(room: Room) -> None:
    shown = await drawn(room)
    [red] = await reply(room, shown, "make the sky red")
    [darker] = await reply(room, red, "darker")
    [back] = await press(room, darker, "Back")
    assert back.media[0].data == red.media[0].data
    assert back.text.startswith("Edited: make the sky red")
    await edit(room, "add a boat")
    assert base64.b64decode(body(room)["image"]) == red.media[0].data
    [first] = await press(room, back, "Back")
    assert first.media[0].data == shown.media[0].data
    assert "Back" not in labels(first)
    # The picture shown again is the same version: words in reply to it go on from there, too.
    await reply(room, first, "make it green")
    assert base64.b64decode(body(room)["image"]) == shown.media[0].data


async def test_versions_are_a_tree_to_walk_in(room: Room) -> None:
    shown = await drawn(room)
    [red] = await reply(room, shown, "make the sky red")
    await reply(room, red, "darker")
    await press(room, shown, "Cut out")
    await drawn(room, seed=9)  # another picture, another tree
    quoted = Quoted(key_of(room, red), ADA)
    [listed] = await room.send(
        room.event(addressed=Addressed.COMMAND, command=CommandUse("versions"), quoted=quoted)
    )
    assert listed.text.splitlines()[:4] == [
        "1. drawn: a lighthouse",
        "2. · edited: make the sky red ← this one",
        "3. · · edited: darker",
        "4. · cut out",
    ]
    [again] = await press(room, listed, "1")
    assert again.media[0].data == shown.media[0].data
    await edit(room, "snow")
    assert base64.b64decode(body(room)["image"]) == shown.media[0].data


async def test_a_picture_somebody_sent_is_the_root_of_its_versions(room: Room) -> None:
    [changed] = await edit(room, "make it blue", attachments=(sent(room),))
    [back] = await press(room, changed, "Back")
    assert back.media[0].data == room.door.files["p"]
    [listed] = await room.command("versions")
    assert listed.text.splitlines()[:2] == ["1. your picture ← this one", "2. · edited: make it blue"]


async def test_nothing_to_go_back_to(room: Room) -> None:
    [answer] = await room.command("versions")
    assert "Reply to a picture I made with `/versions`" in answer.text


# --- files ---


async def test_document_is_the_very_picture_as_a_file(room: Room) -> None:
    shown = await drawn(room)
    [file] = await press(room, shown, "Document")
    [item] = file.media
    assert (item.kind, item.data) == (MediaKind.DOCUMENT, shown.media[0].data)
    assert item.name == "gondola-1.webp"
    # Words in reply to the file change it as well.
    await reply(room, file, "make it blue")
    assert base64.b64decode(body(room)["image"]) == item.data


async def test_a_result_too_large_for_the_place_is_compressed_and_kept_whole(room: Room) -> None:
    room.door.capabilities = replace(room.door.capabilities, upload_limit=20_000)
    shown = await drawn(room, size="512x512")  # quick to enlarge, also on a busy machine
    [larger] = await press(room, shown, "Upscale 4×")
    [item] = larger.media
    assert len(item.data) <= 20_000
    assert opened(item.data).format == "JPEG"
    assert item.mime == "image/jpeg"
    assert "compressed so that it fits" in larger.text
    [cut] = await press(room, shown, "Cut out")
    result = opened(cut.media[0].data)
    assert len(cut.media[0].data) <= 20_000
    assert result.mode == "RGBA"
    [kept] = await room.store.vault.recent(PLACE.conversation, time.time(), 1)
    assert kept.mime == "image/png"


async def test_a_large_picture_arrives_whole(room: Room) -> None:
    noise = Image.effect_noise((1000, 1000), 100)
    out = io.BytesIO()
    noise.save(out, "PNG")
    assert len(out.getvalue()) > 900_000  # more than a megabyte as base64
    [changed] = await edit(room, "make it blue", attachments=(sent(room, data=out.getvalue()),))
    assert base64.b64decode(body(room)["image"]) == out.getvalue()
    assert changed.media


# --- films of pictures ---


async def test_animate_runs_the_film_command_with_the_very_picture(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[CommandUse | None] = []

    async def film(turn: Turn) -> None:
        seen.append(turn.incoming.command)
        turn.say("A film.")

    usual = guide.bound
    video = Bound(Command("video", "Make a film."), film)
    monkeypatch.setattr(guide, "bound", lambda declared: [*usual(declared), video])  # pyright: ignore
    async with open_room(tmp_path) as room:
        album = await drawn(room, count=2)
        assert "Animate" in labels(album)
        [which] = await press(room, album, "Animate")
        [answer] = await press(room, which, "2")
        assert answer.text == "A film."
        [use_of_it] = seen
        assert use_of_it is not None
        kept = await room.store.vault.get(str(use_of_it.options["picture"]), time.time())
        assert kept is not None
        assert kept.data == album.media[1].data
