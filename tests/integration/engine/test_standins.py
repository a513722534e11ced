"""Who draws, speaks, listens and judges when Venice cannot serve the model that is set."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from bot.demo import Fault
from bot.errors import VeniceError
from bot.messages import Addressed, Attachment, CommandUse, MediaKind
from bot.records import Cap, CapPeriod, CapUnit
from bot.venice import ChatMessage, ChatRequest
from bot.venice.catalogue import MEDIUM_OF
from tests.integration.engine.room import ADA, PLACE, Message, Room, open_room
from tests.integration.engine.workbench import calls, edit, json_of, sent
from tests.sounds import decoded, ogg, samples

DRAW, EDIT, SPEECH, HEAR = "/image/generate", "/image/edit", "/audio/speech", "/audio/transcriptions"
CHAT = "/chat/completions"
SPEAK = 'use tool speak {"text": "Good evening, Venice"}'


@pytest.fixture
async def room(tmp_path: Path) -> AsyncIterator[Room]:
    async with open_room(tmp_path) as opened:
        yield opened


async def put(room: Room, name: str, value: str) -> None:
    await room.parts.settings.put(PLACE.channel_key, name, value, by="test", at=1.0)


def asked(room: Room, path: str) -> list[str]:
    """The models that were called, in order."""
    return [request.model for request in room.demo.requests if request.path == path]


def texts(messages: list[Message]) -> str:
    return "\n".join(message.text for message in messages)


async def paid(room: Room) -> dict[str, int]:
    """Micro-USD of each model that cost something."""
    rows = await room.store.money.usage(since=0)
    return {row.model: row.cost for row in rows if row.cost}


async def name_of(room: Room, model: str) -> str:
    found = (await room.parts.models.catalogue()).get(model)
    assert found is not None
    return found.name


async def transcribe(room: Room) -> list[Message]:
    room.door.files["talk.ogg"] = ogg(samples(3.0))
    sound = Attachment(MediaKind.VOICE, "talk.ogg", "x/y", "talk.ogg", len(room.door.files["talk.ogg"]))
    event = room.event(
        addressed=Addressed.COMMAND, command=CommandUse("transcribe", {}), attachments=(sound,)
    )
    return await room.send(event)


# --- pictures ---


@pytest.mark.parametrize(
    ("fault", "says"),
    [
        (Fault.overloaded(), "is overloaded"),
        (Fault.status(503, retry_after=60), "is overloaded"),
        (Fault.status(410), "has been retired by Venice"),
        (Fault.status(404), "is no longer known to Venice"),
    ],
    ids=["overloaded", "503", "410", "404"],
)
async def test_another_painter_draws_and_it_is_said(room: Room, fault: Fault, says: str) -> None:
    room.demo.faults.next(DRAW, fault)
    note, shown = await room.command("image", prompt="a lighthouse")
    first, second = asked(room, DRAW)
    assert first != second
    assert note.text == f"*{await name_of(room, first)} {says}, so {await name_of(room, second)} drew this.*"
    assert len(shown.media) == 1
    assert f"*{await name_of(room, second)} · seed" in shown.text
    assert list(await paid(room)) == [second]


async def test_while_a_painter_is_unwell_the_other_one_draws_at_once(room: Room) -> None:
    room.demo.faults.next(DRAW, Fault.overloaded(retry_after=30))
    await room.command("image", prompt="a lighthouse")
    note, _ = await room.command("image", prompt="a bridge")
    first, second, third = asked(room, DRAW)
    assert (second, first != third) == (third, True)
    assert "is overloaded, so" in note.text
    room.ahead = 31.0
    [shown] = await room.command("image", prompt="a tower")
    assert asked(room, DRAW)[-1] == first
    assert shown.media


async def test_only_a_painter_that_takes_the_options_steps_in(room: Room) -> None:
    room.demo.faults.next(DRAW, Fault.overloaded()).always()
    await room.command("image", prompt="a lighthouse", steps=2)
    catalogue = await room.parts.models.catalogue()
    for model in asked(room, DRAW):
        found = catalogue.get(model)
        assert found is not None
        assert (found.image.steps_max or 0) >= 2


async def test_what_the_chosen_painter_does_not_offer_is_refused_before_anything(room: Room) -> None:
    [answer] = await room.command("image", prompt="a lighthouse", quality="high")
    assert "has no `quality`" in answer.text
    assert asked(room, DRAW) == []


async def test_at_most_two_step_in_and_nothing_is_paid(room: Room) -> None:
    room.demo.faults.next(DRAW, Fault.overloaded()).always()
    [answer] = await room.command("image", prompt="a lighthouse")
    assert "very busy" in answer.text
    assert 2 <= len(set(asked(room, DRAW))) == len(asked(room, DRAW)) <= 3
    assert await room.spent() == 0


async def test_off_means_nobody_draws(room: Room) -> None:
    await put(room, "fallback", "off")
    room.demo.faults.next(DRAW, Fault.overloaded())
    [answer] = await room.command("image", prompt="a lighthouse")
    assert "very busy" in answer.text
    assert len(asked(room, DRAW)) == 1


async def test_a_list_speaks_for_the_media_it_names(room: Room) -> None:
    catalogue = await room.parts.models.catalogue()
    usual = catalogue.default("image")
    other = next(one for one in catalogue.offered("image") if usual and one.id != usual.id and not one.beta)
    [answer] = await room.command("settings", name="fallback", value=f"grok-4-3, {other.id}")
    assert f"`grok-4-3, {other.id}`" in answer.text
    room.demo.faults.next(DRAW, Fault.overloaded())
    await room.command("image", prompt="a lighthouse")
    assert asked(room, DRAW)[-1] == other.id
    room.demo.faults.next(SPEECH, Fault.overloaded())
    await room.command("voice", text="Good evening")
    assert len(asked(room, SPEECH)) == 2  # of no speech model, so the nearest speaks


async def test_a_place_that_asks_for_privacy_gets_no_other_painter(room: Room) -> None:
    await put(room, "min_privacy", "private")
    room.demo.faults.next(DRAW, Fault.overloaded()).always()
    await room.command("image", prompt="a lighthouse")
    catalogue = await room.parts.models.catalogue()
    assert all((found := catalogue.get(one)) is not None and found.private for one in asked(room, DRAW))


async def test_a_cap_in_numbers_counts_what_was_drawn_not_who_was_asked(room: Room) -> None:
    cap = Cap("bot", "image", CapUnit.COUNT, CapPeriod.DAY, 1)
    await room.parts.caps.put(cap, by="test", at=1.0)
    room.demo.faults.next(DRAW, Fault.overloaded())
    _, shown = await room.command("image", prompt="a lighthouse")
    assert shown.media
    [refused] = await room.command("image", prompt="a lighthouse")
    assert "daily limit of 1 pictures" in refused.text


async def test_another_editor_changes_the_picture(room: Room) -> None:
    room.demo.faults.next(EDIT, Fault.overloaded())
    note, shown = await edit(room, "make it blue", attachments=(sent(room),))
    assert note.text.endswith("changed this.*")
    first, second = (json_of(one)["modelId" if "modelId" in json_of(one) else "model"] for one in calls(room))
    assert first != second
    assert shown.media
    assert list(await paid(room)) == [second]


async def test_the_drawing_tool_steps_aside_too(room: Room) -> None:
    room.demo.faults.next(DRAW, Fault.overloaded())
    shown = await room.say('use tool draw_image {"prompt": "a lighthouse"}')
    assert len(asked(room, DRAW)) == 2
    assert "drew this.*" in texts(shown)
    assert [media for message in shown for media in message.media]


# --- voices ---


async def test_another_voice_reads_and_both_are_named(room: Room) -> None:
    room.demo.faults.next(SPEECH, Fault.overloaded())
    shown = await room.command("voice", text="Good evening", voice="af_sky")
    first, second = asked(room, SPEECH)
    said = texts(shown)
    assert (
        f"{await name_of(room, first)} is overloaded, so {await name_of(room, second)} reads this.*" in said
    )
    assert "A voice belongs to its model, so you hear `" in said
    [clip] = [media for message in shown for media in message.media]
    assert decoded(clip.data).codec == "opus"
    assert list(await paid(room)) == [second]


async def test_a_voice_in_place_of_words_needs_no_words_because_of_the_note(room: Room) -> None:
    await put(room, "reply_mode", "voice")
    room.demo.faults.next(SPEECH, Fault.overloaded())
    shown = await room.say("Hello there")
    assert [media for message in shown for media in message.media]
    bubble, note, buttons = (message.text for message in shown)
    assert (bubble, buttons) == ("", "What next?")  # the words are not written besides
    assert "reads this" in note


async def test_once_a_piece_was_spoken_nobody_steps_in(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.engine.text.spoken.PIECE_UNITS", 40)
    room.demo.faults.next(SPEECH, Fault.delay(0))
    room.demo.faults.next(SPEECH, Fault.overloaded())
    shown = await room.command("voice", text="The lamp burns low tonight. Nobody minds that at all, here.")
    assert len(set(asked(room, SPEECH))) == 1
    assert "only 1 of" in texts(shown)


# --- sound to words ---


async def test_another_listener_writes_it_down(room: Room) -> None:
    room.demo.faults.next(HEAR, Fault.overloaded())
    shown = await transcribe(room)
    requests = [request for request in room.demo.requests if request.path == HEAR]
    first, second = (request.model for request in requests)
    assert first != second
    assert f"so {await name_of(room, second)} wrote this down.*" in texts(shown)
    assert list(await paid(room)) == [second]


async def test_no_listener_and_nothing_is_paid(room: Room) -> None:
    room.demo.faults.next(HEAR, Fault.status(503, retry_after=60)).always()
    [answer] = await transcribe(room)
    assert answer.text
    assert len(set(asked(room, HEAR))) >= 2
    assert await room.spent() == 0


# --- calls nobody asked for ---


async def side_call(room: Room, **fields: Any) -> str:
    calls_ = room.parts.side_calls
    model = await calls_.cheap_model(private=True, place=PLACE)
    assert model is not None
    request = ChatRequest((ChatMessage("user", "Say yes"),), max_completion_tokens=50, **fields)
    return await calls_.ask(PLACE, "person", model, request)


async def test_a_side_call_goes_to_the_next_model_and_each_is_settled(room: Room) -> None:
    room.demo.faults.next(CHAT, Fault.overloaded())
    assert await side_call(room)
    first, second = asked(room, CHAT)
    catalogue = await room.parts.models.catalogue()
    models = [catalogue.get(first), catalogue.get(second)]
    assert first != second
    assert all(model is not None and model.private and not model.uncensored for model in models)
    assert list(await paid(room)) == [second]
    await side_call(room)
    assert asked(room, CHAT)[-1] == second  # the one that is unwell is left alone


async def test_a_side_call_stays_within_the_rule_of_the_place(room: Room) -> None:
    await put(room, "min_privacy", "tee")
    room.demo.faults.next(CHAT, Fault.overloaded())
    await side_call(room)
    assert len(asked(room, CHAT)) == 2
    assert all(one.startswith("e2ee-") for one in asked(room, CHAT))


async def test_off_holds_for_side_calls(room: Room) -> None:
    await put(room, "fallback", "off")
    room.demo.faults.next(CHAT, Fault.overloaded())
    with pytest.raises(VeniceError):
        await side_call(room)
    assert len(asked(room, CHAT)) == 1
    assert await room.spent() == 0


# --- a later round ---


async def test_after_a_tool_another_model_goes_on_with_what_was_done(room: Room) -> None:
    room.demo.faults.next(CHAT, Fault.delay(0))
    room.demo.faults.next(CHAT, Fault.overloaded())
    shown = await room.say(SPEAK)
    first, refused, second = asked(room, CHAT)
    assert (first, refused != second) == (refused, True)
    assert len(asked(room, SPEECH)) == 1  # nothing is done twice
    said = texts(shown)
    assert f"so {await name_of(room, second)} answers this one.*" in said
    assert "*Said aloud*" in said
    assert "The tool answered: Done" in said
    last = [request for request in room.demo.requests if request.path == CHAT][-1]
    body: Any = last.json
    assert body["messages"][-1]["role"] == "tool"
    [receipt] = await room.command("receipt")
    assert await name_of(room, second) in receipt.text


async def test_after_a_tool_nobody_steps_in_where_it_is_off(room: Room) -> None:
    await put(room, "fallback", "off")
    room.demo.faults.next(CHAT, Fault.delay(0))
    room.demo.faults.next(CHAT, Fault.overloaded()).always()
    shown = await room.say(SPEAK)
    assert len(set(asked(room, CHAT))) == 1
    assert "*Said aloud*" in texts(shown)


async def test_what_was_begun_in_a_later_round_is_not_said_twice(room: Room) -> None:
    room.demo.faults.next(CHAT, Fault.delay(0))
    room.demo.faults.next(CHAT, Fault.in_band_error(3))
    await room.say(SPEAK)
    assert len(set(asked(room, CHAT))) == 1


async def test_suggestions_name_models_of_every_medium(room: Room) -> None:
    event = room.event(
        addressed=Addressed.COMMAND, author=ADA, command=CommandUse("settings", {"name": "fallback"})
    )
    found = await room.parts.engine.complete(event, "value", "tts-")
    assert "tts-kokoro" in [choice.value for choice in found]
    assert MEDIUM_OF["tts"] == "tts"
