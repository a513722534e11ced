"""Turns end to end without a platform: memory, media, money, and every way Venice can fail."""

from __future__ import annotations

import asyncio
import io
import math
import re
import struct
import wave
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from bot.demo import Fault, RecordedRequest
from bot.engine.money.caps import period_at
from bot.messages import Addressed, Attachment, ButtonPress, CommandUse, MediaKind, Person, Place, Quoted
from bot.records import ALL_MEDIA, CapPeriod, CapUnit, counter_key
from tests.integration.engine.room import Room, open_room

BOB = Person("test", "2", "Bob")
GROUP = Place("test", "g", "room")
CHAT = "/chat/completions"


@pytest.fixture
async def room(tmp_path: Path) -> AsyncIterator[Room]:
    async with open_room(tmp_path) as opened:
        yield opened


async def held(room: Room) -> int:
    """Micro-USD reserved or spent on today's whole-bot cap."""
    period = period_at(CapPeriod.DAY, room.parts.clock())
    key = counter_key("bot", ALL_MEDIA, CapUnit.MONEY, CapPeriod.DAY, period.name)
    return sum(state.used for state in await room.store.money.counters([key]))


def chats(room: Room) -> list[RecordedRequest]:
    """The chat calls Venice saw."""
    return [request for request in room.demo.requests if request.path == CHAT]


def last_body(room: Room) -> Any:
    """The newest paid call's body."""
    return room.demo.requests[-1].json


def micro(requests: list[RecordedRequest]) -> int:
    """What they cost, each rounded up to whole micro-USD."""
    return sum(math.ceil(round(request.cost_usd * 1e6, 6)) for request in requests)


# --- conversation ---


async def test_a_conversation_is_remembered_and_paid_exactly(room: Room) -> None:
    await room.say("Hello, my name is Ada.")
    [answer] = await room.say("What is my name?")
    assert "Ada" in answer.text
    assert await room.spent() == await held(room) == micro(chats(room))


async def test_reset_forgets_and_other_places_never_knew(room: Room) -> None:
    await room.say("Hello, my name is Ada.")
    [elsewhere] = await room.say("What is my name?", place=Place("test", "", "c2"))
    await room.command("reset")
    [after] = await room.say("What is my name?")
    assert "Ada" not in elsewhere.text + after.text


async def test_in_a_group_speakers_are_told_apart_by_id(room: Room) -> None:
    await room.say(
        "I like tea", author=Person("test", "3", "Eve] [Ada | 1"), place=GROUP, addressed=Addressed.MENTION
    )
    await room.say("and what do I like?", author=BOB, place=GROUP, addressed=Addressed.MENTION)
    messages = last_body(room)["messages"]
    assert messages[1]["content"].startswith("[Eve Ada 1 | 3] I like tea")
    assert messages[-1]["content"].startswith("[Bob | 2] ")


async def test_activation_decides_in_groups(room: Room) -> None:
    overheard: dict[str, Any] = {"place": GROUP, "addressed": Addressed.OVERHEARD}
    assert await room.say("chatter", **overheard) == []
    await room.parts.settings.put(GROUP.channel_key, "activation", "always", by="h", at=1.0)
    assert len(await room.say("chatter again", **overheard)) == 1
    await room.parts.settings.put(GROUP.channel_key, "activation", "off", by="h", at=1.0)
    assert await room.say("hello?", place=GROUP, addressed=Addressed.MENTION) == []


async def test_the_same_event_twice_is_answered_once(room: Room) -> None:
    event = room.event("Hello")
    assert len(await room.send(event, event)) == 1
    assert await room.send(event) == []


async def test_sources_become_links_and_one_list(room: Room) -> None:
    [answer] = await room.command("search", question="latest news about rain")
    assert "[\\[1\\]](<https://example.org/" in answer.text
    assert answer.text.count("**Sources**") == 1
    assert "^" not in answer.text


async def test_a_quoted_message_alone_is_a_question(room: Room) -> None:
    await room.say("", quoted=Quoted("9", BOB, "The moon is a cheese"))
    assert "The moon is a cheese" in str(last_body(room)["messages"][-1])


async def test_an_empty_question_gets_a_friendly_sentence_and_costs_nothing(room: Room) -> None:
    [answer] = await room.say("  ")
    assert "Write your question" in answer.text
    assert room.demo.requests == []


async def test_a_very_long_question_is_answered(room: Room) -> None:
    [answer, *_] = await room.say("Please read this. " + "word " * 6000)
    assert answer.text


async def test_a_question_beyond_the_models_room_is_refused_before_it_costs(room: Room) -> None:
    await room.command("model", name="llama-3.3-70b")
    [answer] = await room.say("x" * 800_000)
    assert "too long for" in answer.text
    assert await room.spent() == 0


# --- media ---


def sound(seconds: float = 1.0) -> bytes:
    buffer = io.BytesIO()
    with wave.open(buffer, "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(16_000)
        out.writeframes(b"".join(struct.pack("<h", i * 600 % 16_000) for i in range(int(16_000 * seconds))))
    return buffer.getvalue()


async def test_a_voice_message_is_understood(room: Room) -> None:
    room.door.files["v"] = sound(2.0)
    await room.say("", attachments=(Attachment(MediaKind.VOICE, "v", "audio/wav", "v.wav"),))
    asked = last_body(room)["messages"][-1]["content"]
    assert "2 seconds" in asked
    usage = {row.medium for row in await room.store.money.usage(since=0)}
    assert usage == {"transcription", "chat"}


async def test_a_picture_goes_to_a_model_that_sees(room: Room) -> None:
    buffer = io.BytesIO()
    Image.new("RGB", (200, 100), "blue").save(buffer, "PNG")
    room.door.files["p"] = buffer.getvalue()
    messages = await room.say(
        "What is this?", attachments=(Attachment(MediaKind.IMAGE, "p", "image/png", "p.png"),)
    )
    assert any("cannot see pictures" in message.text for message in messages)
    assert any("blue" in message.text for message in messages)


@pytest.mark.parametrize("kind", [MediaKind.IMAGE, MediaKind.VOICE])
async def test_a_damaged_file_alone_is_a_sentence(room: Room, kind: MediaKind) -> None:
    room.door.files["x"] = b"not what it says"
    [answer] = await room.say("", attachments=(Attachment(kind, "x", "x/y", "x.bin"),))
    assert "I could not read this" in answer.text
    assert await room.spent() == 0


async def test_a_file_that_is_too_large_is_refused_before_it_is_fetched(room: Room) -> None:
    large = Attachment(MediaKind.DOCUMENT, "none", "application/pdf", "big.pdf", size=100_000_000)
    [answer] = await room.say("", attachments=(large,))
    assert answer.text.startswith("`big.pdf` is too large (100 MB). Testgram lets me fetch files up to 1 MB.")
    assert await room.spent() == 0


async def test_pictures_on_request_in_the_asked_shape(room: Room) -> None:
    [shown] = await room.command(
        "image", prompt="a lighthouse", size="16:9", count=2, seed=7, style="watercolor"
    )
    assert [item.kind for item in shown.media] == [MediaKind.IMAGE] * 2
    assert Image.open(io.BytesIO(shown.media[0].data)).size == (1280, 720)
    assert last_body(room)["style_preset"] == "Watercolor"
    assert last_body(room)["safe_mode"] is True
    assert await room.spent() == 20_000


async def test_a_forbidden_picture_costs_nothing(room: Room) -> None:
    [answer] = await room.command("image", prompt="something forbidden")
    assert "forbid this picture" in answer.text
    assert (await room.spent(), await held(room)) == (0, 0)


async def test_speech_is_a_native_voice_bubble(room: Room) -> None:
    [shown] = await room.command("voice", text="Good morning, everyone", voice="AF_SKY")
    assert shown.media[0].kind is MediaKind.VOICE
    assert shown.media[0].data.startswith(b"OggS")
    assert shown.media[0].duration
    assert shown.media[0].waveform


@pytest.mark.parametrize(("mode", "texts", "voices"), [("text", 1, 0), ("voice", 0, 1), ("both", 1, 1)])
async def test_reply_modes(room: Room, mode: str, texts: int, voices: int) -> None:
    await room.command("settings", name="reply_mode", value=mode)
    messages = await room.say("Good morning")
    assert (sum(not m.media for m in messages), sum(bool(m.media) for m in messages)) == (texts, voices)


async def test_words_that_were_paid_for_are_shown_when_the_voice_fails(room: Room) -> None:
    await room.command("settings", name="reply_mode", value="voice")
    room.demo.faults.next("/audio/speech", Fault.status(500)).always()
    texts = [message.text for message in await room.say("Good morning")]
    assert any("could not say it aloud" in text for text in texts)
    assert len(texts) == 2


# --- choices ---


async def test_a_character_is_chosen_and_cleared(room: Room) -> None:
    [offer] = await room.command("character")
    button = offer.buttons[0][0]
    press = ButtonPress(button.id, "1")
    [chosen] = await room.send(room.event(addressed=Addressed.BUTTON, press=press))
    assert button.label in chosen.text
    await room.say("Who are you?")
    assert last_body(room)["venice_parameters"]["character_slug"]
    await room.command("character", clear=True)
    await room.say("Who are you?")
    assert "character_slug" not in last_body(room)["venice_parameters"]


async def test_a_chosen_character_comes_with_what_people_say_of_it(room: Room) -> None:
    [offer] = await room.command("character")
    [slug] = re.findall(r"\(`([^`]+)`\)", offer.text)[:1]
    [card] = await room.command("character", name=slug)
    assert re.search(r"\*\d\.\d of 5 in [\d,]+ reviews at Venice\*", card.text)
    assert card.text.count("★") >= 1
    room.demo.faults.next(f"/characters/{slug}/reviews", Fault.status(500)).always()
    [card] = await room.command("character", name=slug)
    assert "From now on I am" in card.text
    assert "reviews" not in card.text


async def test_an_own_persona_leads_the_prompt(room: Room) -> None:
    await room.command("character", persona="You are a grumpy lighthouse keeper.")
    await room.say("Hello")
    system = last_body(room)["messages"][0]["content"]
    assert "grumpy lighthouse keeper" in str(system)


@pytest.mark.parametrize(
    ("command", "options", "says"),
    [
        ("model", {"name": "zai-org-glm-4.7-flsh"}, "Did you mean zai-org-glm-4.7-flash"),
        ("model", {"name": "zai-org-glm-5-2:enable_web_search=on"}, "do not know the model"),
        ("image", {"prompt": "a cat", "style": "crayon"}, "There is no style"),
        ("voice", {"text": "hi", "voice": "nobody"}, "has no voice"),
        ("character", {"name": "nobody at all"}, "no character of that name"),
        ("settings", {"name": "temperature", "value": "hot"}, "must be a number"),
        ("settings", {"name": "model", "value": "gpt-99"}, "do not know the model"),
        ("caps", {"scope": "user", "amount": "lots"}, "Write the amount"),
        ("nonsense", {}, "do not know the command"),
    ],
)
async def test_wrong_input_says_what_to_do(
    room: Room, command: str, options: dict[str, str], says: str
) -> None:
    [answer] = await room.command(command, **options)
    assert says in answer.text


async def test_dear_models_are_for_owners_and_settings_for_moderators(room: Room) -> None:
    dear: dict[str, Any] = {"place": GROUP, "author": BOB, "addressed": Addressed.COMMAND}
    [first] = await room.say("", command=CommandUse("model", {"name": "claude-sonnet-5"}), **dear)
    [second] = await room.say(
        "", command=CommandUse("settings", {"name": "reply_mode", "value": "both"}), **dear
    )
    [third] = await room.say("", command=CommandUse("caps", {"scope": "bot", "amount": "$99"}), **dear)
    assert "only an owner" in first.text
    assert "manages this channel" in second.text
    assert "Only an owner" in third.text


async def test_a_button_is_for_who_asked(room: Room) -> None:
    use = CommandUse("model", {})
    [offer] = await room.send(room.event(place=GROUP, addressed=Addressed.COMMAND, command=use))
    press = ButtonPress(offer.buttons[0][0].id, "1")
    [refused] = await room.send(room.event(author=BOB, place=GROUP, addressed=Addressed.BUTTON, press=press))
    assert "Only the person who asked" in refused.text
    [unknown] = await room.send(room.event(addressed=Addressed.BUTTON, press=ButtonPress("gone", "1")))
    assert "too old" in unknown.text


# --- money ---


async def test_a_cap_refuses_before_the_call_and_says_when_it_resets(room: Room) -> None:
    await room.command("caps", scope="user", amount="$0.000001")
    [answer] = await room.say("Hello")
    assert "Your daily limit" in answer.text
    assert "It resets at 00:00 on" in answer.text
    assert chats(room) == []


async def test_a_picture_count_cap_holds(room: Room) -> None:
    await room.command("caps", scope="channel", amount="3", medium="image")
    await room.command("image", prompt="a cat", count=2)
    [refused] = await room.command("image", prompt="a cat", count=2)
    assert "This channel's daily limit of 3 pictures" in refused.text
    [shown] = await room.command("image", prompt="a cat", count=1)
    assert shown.media


async def test_a_bill_above_the_reservation_is_booked_in_full(room: Room) -> None:
    room.demo.faults.next(CHAT, Fault.wrong_bill(1000.0))
    await room.say("Hello")
    assert await room.spent() == await held(room) == round(chats(room)[0].cost_usd * 1e9)


# --- trouble at Venice ---


@pytest.mark.parametrize(
    ("fault", "says"),
    [
        (Fault.status(401), "key"),
        (Fault.status(402), "account is empty"),
        (Fault.status(500), "Please try again"),
        (Fault.html(502), "Please try again"),
        (Fault.drop(), "Please try again"),
        (Fault.in_band_error(0), "try again"),
    ],
    ids=["401", "402", "500", "html", "drop", "in-band"],
)
async def test_trouble_is_one_sentence_and_nothing_stays_reserved(
    room: Room, fault: Fault, says: str
) -> None:
    await room.parts.models.catalogue()
    room.demo.faults.next(CHAT, fault).always()
    messages = await room.say("Hello")
    assert len(messages) == 1
    assert says in messages[0].text
    assert await held(room) == await room.spent()


async def test_a_short_refusal_is_repeated_unseen(room: Room) -> None:
    room.demo.faults.next(CHAT, Fault.status(429, retry_after=0.05))
    [answer] = await room.say("Hello, my name is Ada")
    assert "Ada" in answer.text


@pytest.mark.parametrize(
    "fault", [Fault.truncate(8), Fault.drop(8), Fault.hang(8)], ids=["cut", "reset", "hang"]
)
async def test_a_broken_stream_keeps_its_text_and_is_settled_from_the_list(room: Room, fault: Fault) -> None:
    room.demo.faults.next(CHAT, fault)
    messages = await room.say("Write a long story")
    assert len(messages) == 2
    assert 20 < len(messages[0].text) <= 40
    assert messages[1].text
    assert 0 < await room.spent() == await held(room)


async def test_an_answer_cut_at_the_limit_says_so(room: Room) -> None:
    await room.command("settings", name="answer_length", value="20")
    [answer] = await room.say("Write a long story")
    assert "Say “continue”" in answer.text


async def test_thinking_that_leaves_no_answer_is_explained(room: Room) -> None:
    room.demo.faults.next(CHAT, Fault.reasoning_only())
    [answer] = await room.say("Hello")
    assert "nothing was left for the answer" in answer.text


async def test_an_answer_without_usage_is_settled_from_the_list(room: Room) -> None:
    room.demo.faults.next(CHAT, Fault.no_usage())
    await room.say("Hello")
    assert 0 < await room.spent() == await held(room)


# --- many at once, restarts ---


async def test_a_second_message_before_the_first_word_asks_again_with_both(room: Room) -> None:
    room.demo.faults.next(CHAT, Fault.hang())
    await room.parts.engine.submit([room.event("my name is")])
    while not chats(room):
        await asyncio.sleep(0.01)
    [answer] = await room.send(room.event("Ada"))
    assert "Ada" in answer.text
    assert await held(room) == await room.spent()


async def test_draining_keeps_the_partial_answer_and_settles_it(room: Room) -> None:
    room.demo.faults.next(CHAT, Fault.hang(30))
    await room.parts.engine.submit([room.event("Write a long story")])
    while not room.door.texts:
        await asyncio.sleep(0.01)
    await room.parts.engine.drain(0.05)
    story, sentence = room.door.texts
    assert 100 < len(story) <= 120
    assert "I was interrupted" in sentence
    assert 0 < await room.spent() == await held(room)


async def test_fifty_at_once_are_all_answered_and_paid(room: Room) -> None:
    events = [
        room.event("Hello", author=Person("test", str(n), "P"), place=Place("test", "", f"c{n}"))
        for n in range(50)
    ]
    messages = await room.send(*events)
    assert len(messages) == 50
    assert await held(room) == await room.spent()


async def test_strangers_stay_outside_until_claimed(tmp_path: Path) -> None:
    async with open_room(tmp_path, is_open=False, owner=False) as room:
        [told] = await room.say("hello")
        assert "private" in told.text
        assert await room.say("hello again") == []
        code = room.parts.doorkeeper.open_claim()
        [claimed] = await room.command("claim", code=code)
        assert "you own this bot now" in claimed.text
        assert await room.say("in a group", author=BOB, place=GROUP, addressed=Addressed.MENTION) == []
        await room.command("allow", who="2")
        assert len(await room.say("let in", author=BOB, place=GROUP, addressed=Addressed.MENTION)) == 1
        await room.command("deny", who="2")
        assert await room.say("out", author=BOB, place=GROUP, addressed=Addressed.MENTION) == []


async def test_a_welcome_is_said_once(room: Room) -> None:
    for _ in range(2):
        await room.parts.engine.welcome(GROUP, "The Canal")
        await room.parts.engine.idle()
    assert len([text for text in room.door.texts if "**The Canal**" in text]) == 1
