"""A voice of one's own: only with consent, only one's own, once, for a while, and gone when forgotten."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from bot.commands.cloning import AGREE_LABEL, STATEMENT
from bot.demo import Fault, RecordedRequest
from bot.engine.doors.hashing import Hasher
from bot.messages import (
    Addressed,
    Attachment,
    Authority,
    ButtonPress,
    CommandUse,
    MediaKind,
    Person,
    Place,
    Quoted,
)
from bot.venice.pricing import CLONE_FEE
from tests.integration.engine.room import ADA, PLACE, Message, Room, open_room
from tests.sounds import decoded, film, mp3, ogg, samples, wav

CLONE = "/audio/voices"
SPEECH = "/audio/speech"
BOB = Person("test", "2", "Bob")
GROUP = Place("test", "g", "room")
DAY = 86_400


@pytest.fixture
async def room(tmp_path: Path) -> AsyncIterator[Room]:
    async with open_room(tmp_path) as opened:
        yield opened


def calls(room: Room, path: str) -> list[RecordedRequest]:
    return [request for request in room.demo.requests if request.path == path]


def sent(room: Room, data: bytes, name: str = "me.ogg", kind: MediaKind = MediaKind.VOICE) -> Attachment:
    room.door.files[name] = data
    return Attachment(kind, name, "audio/ogg", name, len(data))


async def use(room: Room, name: str, /, author: Person = ADA, place: Place = PLACE, **more: Any) -> str:
    options = more.pop("options", {})
    command = CommandUse(name, options)
    event = room.event(addressed=Addressed.COMMAND, command=command, author=author, place=place, **more)
    return said(await room.send(event))


def said(messages: list[Message]) -> str:
    return "\n".join(message.text for message in messages)


def button(room: Room, label: str) -> tuple[str, str]:
    """The newest button of that label: its id and its message."""
    for key, message in reversed(room.door.messages.items()):
        for row in message.buttons:
            for one in row:
                if one.label == label:
                    return one.id, key
    raise LookupError(label)


async def press(room: Room, label: str, author: Person = ADA, place: Place = PLACE, **more: Any) -> str:
    found = ButtonPress(*button(room, label))
    event = room.event(addressed=Addressed.BUTTON, press=found, author=author, place=place, **more)
    return said(await room.send(event))


async def learned(room: Room, name: str = "Ada", place: Place = PLACE) -> None:
    voice = sent(room, ogg(samples(8.0)))
    await use(room, "clone", options={"name": name}, attachments=(voice,), place=place)
    assert "I have learned the voice" in await press(room, AGREE_LABEL, place=place)


async def test_a_voice_is_learned_after_consent_and_speaks(room: Room) -> None:
    voice = sent(room, ogg(samples(8.0)))
    shown = await use(room, "clone", attachments=(voice,))
    assert STATEMENT in shown
    assert "8 seconds with Chatterbox HD" in shown
    assert "$1.00 counts" in shown
    assert calls(room, CLONE) == []
    assert await room.store.own_voices.of(person(room)) == []
    answer = await press(room, AGREE_LABEL)
    assert "I have learned the voice **Ada**" in answer
    [made] = calls(room, CLONE)
    [file] = made.files.values()
    sound = decoded(file.data)
    assert (file.filename, sound.container, sound.channels) == ("sample.wav", "wav", 1)
    assert sound.seconds == pytest.approx(8.0, abs=0.1)
    [kept] = await room.store.own_voices.of(person(room))
    assert (kept.name, kept.statement, kept.model) == ("Ada", STATEMENT, "tts-chatterbox-hd")
    assert kept.expires_at - kept.agreed_at == pytest.approx(7 * DAY)
    [row] = await room.store.money.usage(since=0)
    assert (row.medium, row.cost) == ("voice", CLONE_FEE)
    [bubble] = await room.command("voice", text="Good morning", voice="ada")
    assert decoded(bubble.media[0].data).seconds > 0.5
    body: Any = calls(room, SPEECH)[-1].json
    assert (body["voice"], body["model"]) == (kept.handle, "tts-chatterbox-hd")
    assert kept.handle not in answer + shown


def person(room: Room) -> str:
    return Hasher(b"key").person(ADA)


async def test_consent_is_given_once_and_by_nobody_else(room: Room) -> None:
    await use(room, "clone", attachments=(sent(room, ogg(samples(8.0))),), place=GROUP)
    refused = await press(room, AGREE_LABEL, BOB, GROUP, authority=Authority.MODERATOR)
    assert "Only the person whose voice it is" in refused
    assert calls(room, CLONE) == []
    await press(room, AGREE_LABEL, place=GROUP)
    assert "was used already" in await press(room, AGREE_LABEL, place=GROUP)
    assert len(calls(room, CLONE)) == 1


@pytest.mark.parametrize("forwarded", [False, True], ids=["of Bob", "forwarded by Ada"])
async def test_voices_of_others_are_refused(room: Room, forwarded: bool) -> None:
    voice = sent(room, ogg(samples(8.0)))
    quoted = Quoted("q", ADA if forwarded else BOB, "", (voice,), forwarded)
    assert "only from the person it belongs to" in await use(room, "clone", quoted=quoted)
    assert "only from the person it belongs to" in await use(
        room, "clone", attachments=(voice,), forwarded=True
    )
    own = Quoted("q", ADA, "", (voice,))
    assert STATEMENT in await use(room, "clone", quoted=own)


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (ogg(samples(3.0)), "needs at least 5 seconds"),
        (wav(samples(0.0)), "0 seconds long"),
        (ogg(samples(8.0, loudness=0)), "it is silent"),
        (b"not a sound", "could not read this sound"),
        (film(None, 8.0), "There is no sound"),
    ],
    ids=["short", "nothing", "silent", "damaged", "soundless"],
)
async def test_a_bad_sample_is_refused_before_anybody_agrees(room: Room, data: bytes, sentence: str) -> None:
    shown = await use(room, "clone", attachments=(sent(room, data),))
    assert sentence in shown
    assert STATEMENT not in shown
    with pytest.raises(LookupError):
        button(room, AGREE_LABEL)


async def test_nothing_to_learn_from_says_how(room: Room) -> None:
    assert "Reply with `/clone`" in await use(room, "clone")


async def test_only_the_first_minute_is_sent(room: Room) -> None:
    await use(room, "clone", attachments=(sent(room, mp3(samples(90.0)), "me.mp3", MediaKind.AUDIO),))
    await press(room, AGREE_LABEL)
    [file] = calls(room, CLONE)[0].files.values()
    assert decoded(file.data).seconds == pytest.approx(60.0, abs=0.1)


async def test_a_model_that_is_not_open_is_said_and_costs_nothing(room: Room) -> None:
    room.demo.faults.next(CLONE, Fault.status(403, body={"error": "Voice cloning is not enabled"}))
    await use(room, "clone", attachments=(sent(room, ogg(samples(8.0))),))
    assert "has not opened learning voices with Chatterbox HD" in await press(room, AGREE_LABEL)
    assert await room.spent() == 0
    assert "I have learned" in await press(room, AGREE_LABEL)  # the agreement was not used up


async def test_without_an_answer_nothing_is_made_twice(room: Room) -> None:
    room.demo.faults.next(CLONE, Fault.lost_answer())
    await use(room, "clone", attachments=(sent(room, ogg(samples(8.0))),))
    await press(room, AGREE_LABEL)
    assert "was used already" in await press(room, AGREE_LABEL)
    assert len(calls(room, CLONE)) == 1
    assert await room.spent() == CLONE_FEE
    assert await room.store.own_voices.of(person(room)) == []


async def test_an_expired_voice_is_refused_with_a_sentence(room: Room) -> None:
    await learned(room)
    room.ahead = 8 * DAY
    before = len(calls(room, SPEECH))
    assert "The voice **Ada** expired on" in await use(room, "voice", options={"text": "Hi", "voice": "Ada"})
    assert "It expired on" in await use(room, "voices")
    assert len(calls(room, SPEECH)) == before


async def test_a_voice_is_its_owners_until_shared(room: Room) -> None:
    await learned(room, "Ada's own")
    options = {"text": "Hi", "voice": "ada's own"}
    assert "has no voice" in await use(room, "voice", BOB, GROUP, options=options)
    assert "may now let me speak with **Ada's own**" in await use(
        room, "voices", place=GROUP, options={"share": "Ada's own"}
    )
    await use(room, "voice", BOB, GROUP, options=options)
    assert len(calls(room, SPEECH)) == 1
    listed = await use(room, "voices", BOB, GROUP)
    assert "**Ada's own**, shared here by its owner" in listed
    assert "You have no voice of that name" in await use(
        room, "voices", BOB, GROUP, options={"forget": "Ada's own"}
    )
    elsewhere = Place("test", "g", "other")
    assert "has no voice" in await use(room, "voice", BOB, elsewhere, options=options)
    await use(room, "voices", place=GROUP, options={"unshare": "Ada's own"})
    assert "has no voice" in await use(room, "voice", BOB, GROUP, options=options)


async def test_a_forgotten_voice_speaks_no_more(room: Room) -> None:
    await learned(room)
    assert "lives until" in await use(room, "voices")
    assert "I have forgotten the voice **Ada**" in await press(room, "Forget Ada")
    assert "has no voice" in await use(room, "voice", options={"text": "Hi", "voice": "Ada"})
    assert "no voice of your own yet" in await use(room, "voices")


async def test_it_can_be_the_voice_of_every_answer(room: Room) -> None:
    await learned(room)
    assert "From now on I speak to you as **Ada**" in await press(room, "Speak to me with it")
    [kept] = await room.store.own_voices.of(person(room))
    await use(room, "voice", options={"text": "Good morning"})
    body: Any = calls(room, SPEECH)[-1].json
    assert body["voice"] == kept.handle


async def test_suggestions_show_it_to_its_owner_only(room: Room) -> None:
    await learned(room)
    suggest = room.parts.engine.complete
    for author, found in ((ADA, True), (BOB, False)):
        event = room.event(author=author, command=CommandUse("voice", {}))
        labels = [choice.label for choice in await suggest(event, "voice", "ada")]
        assert any(label.startswith("Ada (learned, until ") for label in labels) is found


async def test_names_of_venices_own_voices_are_taken(room: Room) -> None:
    voice = sent(room, ogg(samples(8.0)))
    shown = await use(room, "clone", options={"name": "aurora"}, attachments=(voice,))
    assert "Venice has a voice of its own called `aurora`" in shown
    shown = await use(room, "clone", options={"name": "a`b"}, attachments=(voice,))
    assert "may have letters" in shown
