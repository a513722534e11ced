"""Speaking: voices and formats of each model, long text, money, and what happens when a piece fails."""

from __future__ import annotations

import math
import re
import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from bot.demo import Fault, RecordedRequest
from bot.engine.text import spoken
from bot.engine.voice.speaking import NOTHING_TO_SAY
from bot.messages import Addressed, Attachment, ButtonPress, CommandUse, MediaKind, OptionValue, Quoted
from bot.records import ALL_MEDIA, Cap, CapPeriod, CapUnit
from tests.integration.engine.room import ADA, Message, Room, open_room
from tests.sounds import decoded, film, ogg, samples

SPEECH = "/audio/speech"
SHORT_OF_BREATH = "tts-qwen3-0-6b"
SENTENCE = "The lamp burns low, and nobody minds. "
LONG = SENTENCE * 20
"""Four pieces for a model short of breath."""


@pytest.fixture
async def room(tmp_path: Path) -> AsyncIterator[Room]:
    async with open_room(tmp_path) as opened:
        yield opened


def spoken_calls(room: Room) -> list[RecordedRequest]:
    return [request for request in room.demo.requests if request.path == SPEECH]


def bodies(room: Room) -> list[Any]:
    return [request.json for request in spoken_calls(room)]


def micro(requests: list[RecordedRequest]) -> int:
    """What they cost, each rounded up to whole micro-USD."""
    return sum(math.ceil(round(request.cost_usd * 1e6, 6)) for request in requests)


async def press(room: Room, message: Message, label: str) -> list[Message]:
    button = next(one for row in message.buttons for one in row if one.label == label)
    return await room.send(room.event(addressed=Addressed.BUTTON, press=ButtonPress(button.id, "1")))


async def suggested(room: Room, command: str, option: str, typed: str, **others: OptionValue) -> list[str]:
    event = room.event(addressed=Addressed.COMMAND, command=CommandUse(command, others))
    return [choice.value for choice in await room.parts.engine.complete(event, option, typed)]


async def ledger(room: Room) -> list[tuple[str, str, int, int]]:
    """Medium, model, calls and micro-USD of each line of the usage table."""
    return [(row.medium, row.model, row.calls, row.cost) for row in await room.store.money.usage(since=0)]


# --- voices, models, formats ---


async def test_as_fast_as_asked(room: Room) -> None:
    await room.command("voice", text="Good morning, everyone", speed=1.5)
    await room.command("voice", text="Good morning, everyone")
    assert [body.get("speed") for body in bodies(room)] == [1.5, None]


@pytest.mark.parametrize(
    ("model", "voice", "form"),
    [("tts-kokoro", "af_sky", "opus"), (SHORT_OF_BREATH, "Vivian", "mp3"), ("tts-orpheus", "tara", "wav")],
)
async def test_each_model_speaks_in_its_own_voice_and_format(
    room: Room, model: str, voice: str, form: str
) -> None:
    [shown] = await room.command("voice", text="Good morning, everyone", model=model)
    [body] = bodies(room)
    assert (body["model"], body["voice"], body["response_format"]) == (model, voice, form)
    sound = decoded(shown.media[0].data)
    assert (sound.container, sound.codec, sound.channels) == ("ogg", "opus", 1)
    assert shown.media[0].duration == pytest.approx(sound.seconds, abs=0.05)
    assert sound.seconds == pytest.approx(23 / 15, abs=0.2)  # the demo reads 15 letters a second


@pytest.mark.parametrize(
    ("model", "voice", "says"),
    [
        ("", "af_skye", "Did you mean `af_sky`"),
        ("tts-orpheus", "Tare", "Did you mean `tara`"),
        ("tts-orpheus", "af_sky", "It has `dan`, `jess`"),
        ("tts-kokoro", "qqqqqqqq", "and more; `/voice` lets you hear them."),
    ],
)
async def test_a_voice_the_model_does_not_have(room: Room, model: str, voice: str, says: str) -> None:
    [answer] = await room.command("voice", text="hi", model=model, voice=voice)
    assert f"has no voice `{voice}`" in answer.text
    assert says in answer.text
    assert spoken_calls(room) == []


async def test_suggestions_are_voices_of_the_chosen_model(room: Room) -> None:
    assert await suggested(room, "voice", "voice", "", model="tts-orpheus") == [
        "dan", "jess", "leah", "leo", "mia", "tara", "zac", "zoe",
    ]  # fmt: skip
    british = await suggested(room, "voice", "voice", "british", model="tts-kokoro")
    assert {"bf_emma", "bm_george"} <= set(british)
    assert all(voice.startswith("b") for voice in british)
    assert len(await suggested(room, "voice", "voice", "", model="tts-kokoro")) == 25
    await room.command("settings", name="voice_model", value="tts-orpheus")
    assert await suggested(room, "voice", "voice", "le") == ["leah", "leo"]
    assert await suggested(room, "settings", "value", "le", name="voice") == ["leah", "leo"]
    assert await suggested(room, "voice", "model", "orph") == ["tts-orpheus"]
    assert await suggested(room, "voice", "voice", "", model="no-such-model") == []


async def test_a_voice_that_is_set_speaks_until_its_model_changes(room: Room) -> None:
    await room.command("settings", name="voice", value="BM_George")
    await room.command("voice", text="One")
    [answer] = await room.command("settings", name="voice_model", value="tts-orpheus")
    assert "It has no voice `bm_george`, so `tara` speaks." in answer.text
    await room.command("voice", text="Two")
    assert [body["voice"] for body in bodies(room)] == ["bm_george", "tara"]
    [refused] = await room.command("settings", name="voice", value="bm_george")
    assert "`tts-orpheus` has no voice `bm_george`" in refused.text


async def test_voices_are_heard_before_they_are_kept(room: Room) -> None:
    [card] = await room.command("voice", model="tts-orpheus")
    assert "`tts-orpheus` has 8 voices, formats wav; $62.5 per million characters; private" in card.text
    assert spoken_calls(room) == []
    sample, named = await press(room, card, "▶ dan")
    assert sample.media[0].kind is MediaKind.VOICE
    assert "**dan** of Orpheus TTS" in named.text
    [body] = bodies(room)
    assert body["voice"] == "dan"
    assert len(body["input"]) < 100
    assert await ledger(room) == [("voice", "tts-orpheus", 1, micro(spoken_calls(room)))]
    [kept] = await press(room, named, "Use it for me")
    assert "From now on I speak to you as **dan**" in kept.text
    settings = room.parts.settings.resolve(card.target.place, ADA)
    assert (settings.text("voice_model"), settings.text("voice")) == ("tts-orpheus", "dan")
    [other] = await press(room, card, "Kokoro Text to Speech")
    assert "has 54 voices" in other.text


async def test_a_sample_of_own_words_is_short(room: Room) -> None:
    await room.command("voice", voice="am_adam", sample=True, text="word " * 200)
    [body] = bodies(room)
    assert len(body["input"]) <= 200


# --- long text ---


async def test_long_text_is_spoken_in_pieces_and_joined(room: Room) -> None:
    [shown] = await room.command("voice", text=LONG, model=SHORT_OF_BREATH)
    inputs = [body["input"] for body in bodies(room)]
    assert len(inputs) == 4
    assert all(text.endswith("minds.") and len(text) <= 240 for text in inputs)
    assert " ".join(inputs) == LONG.strip()
    sound = decoded(shown.media[0].data)
    assert (sound.container, sound.codec) == ("ogg", "opus")
    assert sound.seconds == pytest.approx(sum(map(len, inputs)) / 15 + 3 * 0.15, abs=0.7)
    assert shown.media[0].duration == pytest.approx(sound.seconds, abs=0.05)
    assert 200 < len(shown.media[0].waveform) <= 256
    assert await ledger(room) == [("voice", SHORT_OF_BREATH, 4, micro(spoken_calls(room)))]


async def test_a_piece_that_fails_leaves_the_pieces_before_it(room: Room) -> None:
    room.demo.faults.next(SPEECH, Fault.delay(0)).times(2)
    room.demo.faults.next(SPEECH, Fault.status(500))
    shown, sentence = await room.command("voice", text=LONG, model=SHORT_OF_BREATH)
    first, second, failed = spoken_calls(room)
    assert "I could read only 2 of 4 parts aloud." in sentence.text
    said = sum(len(body["input"]) for body in bodies(room)[:2])
    assert decoded(shown.media[0].data).seconds == pytest.approx(said / 15 + 0.15, abs=0.4)
    assert await ledger(room) == [("voice", SHORT_OF_BREATH, 2, micro([first, second]))]
    assert failed.cost_usd == 0


async def test_a_piece_without_an_answer_is_paid_as_uncertain(room: Room, tmp_path: Path) -> None:
    room.demo.faults.next(SPEECH, Fault.delay(0)).times(1)
    room.demo.faults.next(SPEECH, Fault.lost_answer())
    shown, sentence = await room.command("voice", text=LONG, model=SHORT_OF_BREATH)
    assert "I could read only 1 of 4 parts aloud." in sentence.text
    assert shown.media
    assert await room.spent() == micro(spoken_calls(room))
    assert len(spoken_calls(room)) == 2
    with closing(sqlite3.connect(tmp_path / "gondola.db")) as books:
        assert books.execute("select calls, uncertain from ledger").fetchall() == [(2, 1)]


async def test_nothing_is_spoken_when_the_first_piece_fails(room: Room) -> None:
    room.demo.faults.next(SPEECH, Fault.status(500)).always()
    [sentence] = await room.command("voice", text=LONG, model=SHORT_OF_BREATH)
    assert not sentence.media
    assert "try again" in sentence.text
    assert await room.spent() == 0


async def test_a_cap_in_the_middle_refuses_the_whole_before_it_costs(room: Room) -> None:
    """Enough for two of four pieces: nothing is begun that cannot be finished, where nobody wants less."""
    await room.parts.settings.put("bot", "saving", "off", by="test", at=room.parts.clock())
    price = math.ceil(len(LONG) * 87.5)
    cap = Cap("bot", ALL_MEDIA, CapUnit.MONEY, CapPeriod.DAY, price // 2)
    await room.parts.caps.put(cap, room.parts.clock())
    [sentence] = await room.command("voice", text=LONG, model=SHORT_OF_BREATH)
    assert not sentence.media
    assert "would be passed, so I did not start" in sentence.text
    assert (spoken_calls(room), await room.spent()) == ([], 0)


async def test_a_cap_between_answer_and_voice_leaves_the_answer(room: Room) -> None:
    await room.command("settings", name="reply_mode", value="both")
    await room.parts.caps.put(Cap("bot", "voice", CapUnit.COUNT, CapPeriod.DAY, 0), room.parts.clock())
    answer, sentence = await room.say("Good morning")
    assert answer.text
    assert "I could not say it aloud." in sentence.text
    assert spoken_calls(room) == []


async def test_what_is_left_out_is_said(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spoken, "MOST_SPOKEN", 500)
    shown, sentence = await room.command("voice", text=LONG, model=SHORT_OF_BREATH)
    assert shown.media
    said = sum(len(body["input"]) for body in bodies(room))
    assert said <= 500
    left_out = re.search(r"([\d,]+) characters are left out", sentence.text)
    assert left_out is not None
    assert int(left_out[1].replace(",", "")) == pytest.approx(len(LONG) - said, abs=4)


async def test_a_voice_that_leaves_something_out_comes_with_the_text(
    room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(spoken, "MOST_SPOKEN", 100)
    monkeypatch.setattr(spoken, "PIECE_UNITS", 50)
    await room.command("settings", name="reply_mode", value="voice")
    messages = await room.say("Write a story about lamps")
    assert any(message.media for message in messages)
    assert any("characters are left out" in message.text for message in messages)
    assert max(len(message.text) for message in messages) > 300


async def test_a_reply_reads_the_message_aloud(room: Room) -> None:
    use = CommandUse("voice")
    quoted = Quoted("q1", ADA, "Read this, please.")
    [shown] = await room.send(room.event(addressed=Addressed.COMMAND, command=use, quoted=quoted))
    assert shown.media
    assert bodies(room)[0]["input"] == "Read this, please."
    empty = Quoted("q2", ADA, " \n ")
    [sentence] = await room.send(room.event(addressed=Addressed.COMMAND, command=use, quoted=empty))
    assert sentence.text == NOTHING_TO_SAY


# --- mirror ---


def recorded(room: Room, kind: MediaKind, data: bytes, name: str) -> Attachment:
    room.door.files[name] = data
    return Attachment(kind, name, "audio/ogg", name, len(data))


async def test_mirror_answers_voice_with_voice_and_words_with_words(room: Room) -> None:
    await room.command("settings", name="reply_mode", value="mirror")
    [text] = await room.say("Good morning")
    assert not text.media
    voice = recorded(room, MediaKind.VOICE, ogg(samples(2.0)), "v.ogg")
    answer, bubble = await room.say("", attachments=(voice,))
    assert answer.text
    assert bubble.media[0].kind is MediaKind.VOICE
    assert decoded(bubble.media[0].data).codec == "opus"
    note = recorded(room, MediaKind.VIDEO_NOTE, film(samples(2.0)), "n.mp4")
    answer, bubble = await room.say("", attachments=(note,))
    assert bubble.media[0].kind is MediaKind.VOICE


async def test_mirror_takes_no_file_for_a_voice(room: Room) -> None:
    await room.command("settings", name="reply_mode", value="mirror")
    song = recorded(room, MediaKind.AUDIO, ogg(samples(2.0)), "song.ogg")
    messages = await room.say("What is said here?", attachments=(song,))
    assert not any(message.media for message in messages)


async def test_a_voice_is_answered_with_text_by_default(room: Room) -> None:
    voice = recorded(room, MediaKind.VOICE, ogg(samples(2.0)), "v.ogg")
    [answer] = await room.say("", attachments=(voice,))
    assert not answer.media
