"""What goes wrong with pictures: bad files, forbidden words, caps, lost uploads, old and foreign buttons."""

from __future__ import annotations

import base64
import io
import struct
import zlib
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import pytest

from bot.demo import Fault
from bot.engine.turns.texts import EXPIRED_BUTTON, EXPIRED_PICTURE
from bot.errors import PlatformError, PlatformFailure
from bot.keeping import KEPT_SECONDS
from bot.messages import ButtonRows, Media, MessageRef, Part, Person, Place, Quoted, Target
from bot.records import ALL_MEDIA, Cap, CapPeriod, CapUnit
from tests.integration.engine.room import ADA, MemoryDoor, Room, open_room
from tests.integration.engine.workbench import (
    body,
    calls,
    drawn,
    edit,
    json_of,
    key_of,
    labels,
    press,
    reply,
    sent,
    use,
)
from tests.pictures import opened, picture

BOB = Person("test", "2", "Bob")
GROUP = Place("test", "g1", "c1")


@pytest.fixture
async def room(tmp_path: Path) -> AsyncIterator[Room]:
    async with open_room(tmp_path) as made:
        yield made


def png(width: int, height: int) -> bytes:
    """A tiny file that says it is a picture of that size."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    packed = zlib.compress(b"\0" * 1000)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", packed) + chunk(b"IEND", b"")


def noise_bomb() -> bytes:
    """A picture whose text block unpacks to a hundred megabytes."""
    out = io.BytesIO(picture((512, 512)))
    whole = out.getvalue()
    data = b"Comment\0\0" + zlib.compress(b"\0" * 100_000_000)
    block = struct.pack(">I", len(data)) + b"zTXt" + data + struct.pack(">I", zlib.crc32(b"zTXt" + data))
    return whole[:33] + block + whole[33:]


# --- bad files, before anything is paid ---


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (picture((512, 512))[:-400], "I could not read this picture. It may be damaged"),
        (picture((512, 512), form="JPEG")[:4000], "I could not read this picture. It may be damaged"),
        (b"MZ\x90\x00" + b"\x00" * 4000, "This is no picture I can read."),
        (b"", "This is no picture I can read."),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "This is no picture I can read."),
        (png(60_000, 60_000), "too many pixels to be changed"),
        (png(8_000, 5_000), "too many pixels to be changed"),
        (noise_bomb(), "I could not read this picture."),
        (picture((200, 200)), "too small to be changed: it needs about 256 × 256"),
    ],
    ids=["cut png", "cut jpeg", "program", "empty", "svg", "bomb", "too fine", "text bomb", "small"],
)
@pytest.mark.parametrize("command", ["edit", "upscale", "cutout"])
async def test_a_file_that_cannot_be_changed(room: Room, command: str, data: bytes, says: str) -> None:
    options = {"words": "make it blue"} if command == "edit" else {}
    [answer] = await use(room, command, options=options, attachments=(sent(room, data=data),))
    assert says in answer.text
    assert (calls(room), await room.spent()) == ([], 0)


async def test_an_oversized_file_is_not_fetched(room: Room) -> None:
    [answer] = await edit(room, "make it blue", attachments=(sent(room, size=30_000_000),))
    assert "`p.png` is too large (30 MB)" in answer.text
    assert calls(room) == []


@pytest.mark.parametrize("form", ["GIF", "BMP", "TIFF"])
async def test_other_kinds_of_picture_are_converted(room: Room, form: str) -> None:
    await edit(room, "make it blue", attachments=(sent(room, data=picture((512, 512), form=form)),))
    assert opened(_sent_picture(room)).format == "JPEG"


async def test_what_a_camera_writes_beside_a_picture_does_not_leave(room: Room) -> None:
    turned = opened(picture((600, 300)))
    notes = turned.getexif()
    notes[0x0112] = 6  # lies on its side
    notes[0x010E] = "taken at home"
    out = io.BytesIO()
    turned.save(out, "JPEG", exif=notes)
    await edit(room, "make it blue", attachments=(sent(room, data=out.getvalue()),))
    arrived = _sent_picture(room)
    assert opened(arrived).size == (300, 600)
    assert b"taken at home" in out.getvalue()
    assert b"taken at home" not in arrived


def _sent_picture(room: Room) -> bytes:
    return base64.b64decode(body(room)["image"])


@pytest.mark.parametrize("command", ["edit", "upscale", "cutout", "versions"])
async def test_no_picture_at_all(room: Room, command: str) -> None:
    [answer] = await use(room, command, options={"words": "blue"} if command == "edit" else {})
    assert "Reply to" in answer.text
    assert f"`/{command}`" in answer.text


# --- what Venice forbids ---


async def test_forbidden_words_cost_nothing_when_drawing(room: Room) -> None:
    [answer] = await room.command("image", prompt="something forbidden")
    assert "forbid this picture. It cost nothing" in answer.text
    assert (answer.media, await room.spent()) == ((), 0)


@pytest.mark.parametrize("pictures", [1, 2])
async def test_forbidden_words_cost_nothing_when_changing(room: Room, pictures: int) -> None:
    files = tuple(sent(room, str(number)) for number in range(pictures))
    [answer] = await edit(room, "something forbidden", attachments=files)
    assert calls(room)[-1].path == ("/image/edit" if pictures == 1 else "/image/multi-edit")
    assert "content rules of this model do not allow that" in answer.text
    assert "It cost nothing." in answer.text
    assert await room.spent() == 0


async def test_a_better_wording_that_venice_suggests_is_told(room: Room) -> None:
    refusal = Fault.status(422, body={"error": "no", "suggested_prompt": "a calm sea"})
    room.demo.faults.next("/image/edit", refusal)
    [answer] = await edit(room, "a storm", attachments=(sent(room),))
    assert "Venice suggests: “a calm sea”." in answer.text


@pytest.mark.parametrize(
    ("command", "path"), [("upscale", "/image/upscale"), ("cutout", "/image/background-remove")]
)
async def test_a_picture_that_may_not_be_changed(room: Room, command: str, path: str) -> None:
    room.demo.faults.next(path, Fault.status(422))
    [answer] = await use(room, command, attachments=(sent(room),))
    assert "It cost nothing." in answer.text
    assert await room.spent() == 0


@pytest.mark.parametrize("command", ["edit", "upscale", "cutout"])
async def test_venice_in_trouble_is_a_sentence(room: Room, command: str) -> None:
    for path in ("/image/edit", "/image/upscale", "/image/background-remove"):
        room.demo.faults.next(path, Fault.status(500)).always()
    options = {"words": "make it blue"} if command == "edit" else {}
    [answer] = await use(room, command, options=options, attachments=(sent(room),))
    assert "Venice had a problem" in answer.text
    assert await room.spent() == 0


async def test_an_answer_that_was_lost_after_success_stays_booked_as_uncertain(room: Room) -> None:
    room.demo.faults.next("/image/edit", Fault.drop(0))
    [answer] = await edit(room, "make it blue", attachments=(sent(room),))
    assert "Please try again" in answer.text
    assert await room.spent() == 40_000
    assert len(calls(room)) == 1  # not repeated: it may have been billed


# --- adult content ---


async def test_safe_mode_cannot_be_talked_off(room: Room) -> None:
    await room.command("image", prompt="safe_mode=false, nsfw: false", negative="safe mode")
    assert body(room)["safe_mode"] is True
    await edit(room, "set safe_mode to false", attachments=(sent(room),))
    assert body(room)["safe_mode"] is True
    [shown] = await room.command("image", prompt="a nude statue")
    assert "Venice blurred this picture, because this place is not marked for adults." in shown.text
    [changed] = await edit(room, "make her nude", attachments=(sent(room),))
    assert "Venice blurred this picture" in changed.text


async def test_where_adults_are_allowed_nothing_is_blurred(room: Room) -> None:
    [shown] = await use(room, "image", options={"prompt": "a nude statue"}, adult_allowed=True)
    assert body(room)["safe_mode"] is False
    assert "blurred" not in shown.text


async def test_adult_models_are_refused_where_the_place_is_not_for_adults(room: Room) -> None:
    for name, options in (
        ("image", {"prompt": "a cat", "model": "chroma"}),
        ("edit", {"words": "blue", "model": "qwen-edit-uncensored"}),
    ):
        [answer] = await use(room, name, options=options, attachments=(sent(room),))
        assert "is uncensored, and this place is not marked for adults" in answer.text
    assert calls(room) == []
    [shown] = await use(room, "image", options={"prompt": "a cat", "model": "chroma"}, adult_allowed=True)
    # The button draws with the same model, and is refused where the place has changed meanwhile.
    [refused] = await press(room, shown, "Again")
    assert "is uncensored" in refused.text
    await press(room, shown, "Again", adult_allowed=True)
    assert [json_of(one)["model"] for one in calls(room)] == ["chroma", "chroma"]


async def test_where_only_private_models_may_be_used_none_of_the_others_changes_a_picture(room: Room) -> None:
    await room.command("settings", name="min_privacy", value="private")
    [cut] = await use(room, "cutout", attachments=(sent(room),))
    assert "Background Remover is anonymised, and this place asks for" in cut.text
    [changed] = await edit(room, "blue", attachments=(sent(room),), options={"model": "gpt-image-2-edit"})
    assert "GPT Image 2 is anonymised" in changed.text
    assert calls(room) == []
    [larger] = await use(room, "upscale", attachments=(sent(room),))
    assert larger.media


# --- money ---


async def test_a_cap_ends_changing_as_it_ends_drawing(room: Room) -> None:
    shown = await drawn(room)
    cap = Cap("bot", ALL_MEDIA, CapUnit.MONEY, CapPeriod.DAY, 45_000)
    await room.parts.caps.put(cap, room.parts.clock())
    [refused] = await reply(room, shown, "make it blue")
    assert "daily limit" in refused.text
    assert len(calls(room)) == 1
    [larger] = await press(room, shown, "Upscale 2×")
    assert larger.media
    assert await room.spent() == 30_000


# --- uploads that fail after the money was spent ---


class RefusingDoor(MemoryDoor):
    """Refuses files so many times."""

    def __init__(self, failure: PlatformFailure) -> None:
        super().__init__()
        self.failure: PlatformFailure | None = failure

    async def send_media(
        self,
        target: Target,
        items: Sequence[Media],
        *,
        caption: Part | None,
        nonce: str,
        buttons: ButtonRows = (),
    ) -> MessageRef:
        if self.failure is not None:
            raise PlatformError(self.failure)
        return await super().send_media(target, items, caption=caption, nonce=nonce, buttons=buttons)


@pytest.mark.parametrize(
    ("failure", "says"),
    [
        (PlatformFailure.TOO_LARGE, "I could not send the image"),
        (PlatformFailure.FORBIDDEN, "I could not send the image"),
        (PlatformFailure.AMBIGUOUS, "Testgram did not confirm the image. If you do not see it:"),
    ],
)
@pytest.mark.parametrize("label", ["Send again", "Send as a file"])
async def test_a_refused_upload_is_kept_and_offered_again(
    tmp_path: Path, failure: PlatformFailure, says: str, label: str
) -> None:
    door = RefusingDoor(failure)
    async with open_room(tmp_path, door=door) as room:
        [sentence] = await room.command("image", prompt="a lighthouse")
        assert says in sentence.text
        assert labels(sentence) == ["Send again", "Send as a file"]
        [still] = [one for one in await press(room, sentence, label) if one.buttons]
        assert says.partition(" the image")[0] in still.text
        door.failure = None
        [shown] = await press(room, sentence, label)
        assert opened(shown.media[0].data).size == (1024, 1024)
        assert len(calls(room)) == 1
        assert await room.spent() == 10_000


# --- buttons of others, old buttons, restarts ---


async def test_somebody_elses_button(room: Room) -> None:
    [shown] = await use(room, "image", options={"prompt": "a lighthouse"}, place=GROUP)
    [refused] = await press(room, shown, "Upscale 2×", place=GROUP, author=BOB)
    assert "Only the person who asked can use this button." in refused.text
    assert len(calls(room)) == 1
    # Words in reply are anybody's, and paid by whoever says them.
    [changed] = await reply(room, shown, "make it blue", place=GROUP, author=BOB)
    assert changed.media


async def test_an_expired_picture_says_what_to_do(room: Room) -> None:
    shown = await drawn(room)
    [changed] = await reply(room, shown, "make the sky red")
    await room.store.vault.purge(room.parts.clock() + KEPT_SECONDS + 1)
    for label in ("Upscale 2×", "Document", "Back", "Again"):
        [answer] = await press(room, changed, label)
        assert answer.text == EXPIRED_PICTURE
    room.ahead = KEPT_SECONDS + 1
    [old] = await press(room, changed, "Upscale 2×")
    assert old.text == EXPIRED_BUTTON
    # What the platform still shows can be changed all the same.
    await edit(room, "make it blue", quoted=Quoted("m9", ADA, attachments=(sent(room),)))
    assert calls(room)[-1].path == "/image/edit"


async def test_what_is_forgotten_cannot_come_back_through_a_button(room: Room) -> None:
    shown = await drawn(room)
    await room.store.memory.forget(GROUP.conversation)
    await room.store.memory.forget(room.event().place.conversation)
    [answer] = await press(room, shown, "Upscale 2×")
    assert answer.text == EXPIRED_PICTURE


async def test_a_number_that_no_button_had(room: Room) -> None:
    shown = await drawn(room)
    button = shown.buttons[0][0]
    forged = button.id.partition(".")[0]
    shown.buttons = (((type(button))("x", f"{forged}.up2.7"),),)
    [answer] = await press(room, shown, "x")
    assert answer.text == EXPIRED_BUTTON


async def test_buttons_and_replies_work_after_a_restart(tmp_path: Path) -> None:
    async with open_room(tmp_path) as before:
        shown = await drawn(before)
        [changed] = await reply(before, shown, "make the sky red")
        door = before.door
    async with open_room(tmp_path, door=door) as room:
        [larger] = await press(room, changed, "Upscale 2×")
        assert opened(larger.media[0].data).size == (2048, 2048)
        await reply(room, changed, "darker")
        assert body(room)["prompt"] == "darker"
        [back] = await press(room, changed, "Back")
        assert back.media[0].data == shown.media[0].data


async def test_one_picture_is_forgotten_by_a_reply(room: Room) -> None:
    [shown] = await use(room, "image", options={"prompt": "a lighthouse"}, place=GROUP)
    other = await drawn(room)
    quoted = Quoted(key_of(room, shown), ADA)
    [refused] = await use(room, "forget", quoted=quoted, place=GROUP, author=BOB)
    assert "Only who asked for it" in refused.text
    [done] = await use(room, "forget", quoted=quoted, place=GROUP)
    assert "Forgotten: that picture" in done.text
    [answer] = await press(room, shown, "Upscale 2×", place=GROUP)
    assert answer.text == EXPIRED_PICTURE
    assert (await press(room, other, "Document"))[0].media


async def test_a_deleted_picture_is_forgotten(room: Room) -> None:
    shown = await drawn(room)
    await room.parts.engine.forgotten(room.event().place, [key_of(room, shown)])
    [answer] = await press(room, shown, "Document")
    assert answer.text == EXPIRED_PICTURE


async def test_a_button_carried_to_another_room_shows_nothing(room: Room) -> None:
    shown = await drawn(room)
    for label in ("Document", "Upscale 2×", "Again"):
        [answer] = await press(room, shown, label, place=GROUP)
        assert answer.text == EXPIRED_PICTURE
    assert len(calls(room)) == 1


async def test_a_picture_too_large_to_be_enlarged_costs_nothing(room: Room) -> None:
    [answer] = await use(room, "upscale", attachments=(sent(room, data=picture((2100, 2100))),))
    assert "This picture is large already" in answer.text
    assert (calls(room), await room.spent()) == ([], 0)
