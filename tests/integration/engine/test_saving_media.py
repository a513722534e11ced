"""Near a cap: voices, transcripts, pictures, research and films are made smaller, and that is said."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from bot.engine.models.choosing import Chooser, Job
from bot.engine.turns.turn import Turn
from bot.messages import Addressed, CommandUse, MediaKind, Person, Target
from bot.records import ALL_MEDIA, Cap, CapPeriod, CapUnit
from bot.venice.catalogue import price_of
from tests.integration.engine.room import ADA, PLACE, Message, Room, open_room
from tests.integration.engine.shop import card
from tests.integration.engine.test_transcribe import calls, sent, transcribe
from tests.integration.engine.workbench import edit, json_of, use
from tests.integration.engine.workbench import sent as picture_sent
from tests.sounds import ogg, samples

EVE = Person("test", "9", "Eve")
SPEECH = "/audio/speech"
SENTENCE = "The lamp at the far end of the harbour burns every night. "


@pytest.fixture
async def room(tmp_path: Path) -> AsyncIterator[Room]:
    async with open_room(tmp_path) as opened:
        for name in ("tools", "web_search"):
            await put(opened, name, "off")
        await put(opened, "timezone", "Europe/Berlin")
        yield opened


async def put(room: Room, name: str, value: str) -> None:
    await room.parts.settings.put("bot", name, value, by="test", at=room.parts.clock())


async def cap(room: Room, limit: int, medium: str = ALL_MEDIA, scope: str = "user:*") -> None:
    await room.parts.caps.put(Cap(scope, medium, CapUnit.MONEY, CapPeriod.DAY, limit), room.parts.clock())


async def nearly_used(room: Room, medium: str) -> int:
    """Somebody's spending so far is most of a cap; how much of it is left, in micro-USD."""
    await room.command("image", prompt="a boat", model="nano-banana-2")
    spent = await room.spent()
    await cap(room, spent * 6 // 5)
    lines = room.parts.caps.lines(
        PLACE, room.hasher.person(ADA), medium, cost=1, count=1, at=room.parts.clock()
    )
    room.parts.levels.drawn(lines, None)
    await room.parts.cap_watch.check()
    return spent // 5


def spoken(room: Room) -> list[Any]:
    return [one.json for one in room.demo.requests if one.path == SPEECH]


def noted(shown: list[Message]) -> str:
    """The sentence that says what is done differently."""
    [note] = [one.text for one in shown if "nearly used" in one.text]
    assert note.startswith("*Your daily limit of $"), note
    assert "(Europe/Berlin, in " in note
    return note


async def test_a_voice_is_a_cheaper_one_before_it_is_refused(room: Room) -> None:
    await put(room, "voice_model", "tts-qwen3-0-6b")
    await cap(room, 3_000)
    shown = await room.command("voice", text=SENTENCE * 3)
    [said] = spoken(room)
    assert said["model"] == "tts-kokoro"
    assert said["voice"] in noted(shown), "a voice belongs to its model, so it is said"
    assert any(one.media for one in shown)
    assert 0 < await room.spent() <= 3_000


async def test_who_names_a_voice_hears_the_beginning_in_it_and_reads_the_rest(room: Room) -> None:
    await cap(room, 12_000)
    text = SENTENCE.strip() + " " + "Nobody has ever seen who lights it. " * 4
    shown = await room.command("voice", text=text, model="tts-qwen3-0-6b")
    [said] = spoken(room)
    assert (said["model"], said["input"]) != ("tts-qwen3-0-6b", text.strip())
    assert text.startswith(said["input"])
    assert said["input"].endswith(".")
    assert "I read only the beginning aloud until " in noted(shown)
    [rest] = [one.text for one in shown if one.text.startswith("**In writing:**")]
    assert f"{said['input']} {rest.removeprefix('**In writing:** ')}" == text.strip(), "no word is lost"
    assert 0 < await room.spent() <= 12_000
    await cap(room, await room.spent() + 1_000)
    [refused] = await room.command("voice", text=text, model="tts-qwen3-0-6b")
    assert "would be passed, so I did not start. It resets at " in refused.text


async def test_near_a_cap_a_voice_takes_a_tenth_of_what_is_left(room: Room) -> None:
    await put(room, "voice_model", "tts-orpheus")
    left = await nearly_used(room, "voice")
    assert left > 4_000, "it can be paid, but little would be left"
    shown = await room.command("voice", text=SENTENCE)
    assert spoken(room)[-1]["model"] == "tts-kokoro"
    noted(shown)
    await room.command("voice", text=SENTENCE, model="tts-orpheus")
    assert spoken(room)[-1]["model"] == "tts-orpheus", "what is named is spared only where it must"


async def test_an_answer_aloud_ends_early_and_stands_in_writing(room: Room) -> None:
    for name, value in (("reply_mode", "voice"), ("voice_model", "tts-qwen3-0-6b")):
        await put(room, name, value)
    await put(room, "min_privacy", "private")
    await cap(room, 700, medium="voice")
    shown = await room.say("Tell me about the harbour, please, in several sentences")
    words = [one.text for one in shown if one.text]
    assert any(one.media for one in shown)
    assert spoken(room)
    assert sum(len(one) for one in words) > 100, "the whole answer can be read"


async def test_a_cap_in_numbers_is_not_saved_on(room: Room) -> None:
    count = Cap("user:*", "voice", CapUnit.COUNT, CapPeriod.DAY, 0)
    await room.parts.caps.put(count, room.parts.clock())
    [refused] = await room.command("voice", text=SENTENCE)
    assert "Your daily limit of 0 spoken answers would be passed" in refused.text


async def test_saving_can_be_switched_off_for_every_medium(room: Room) -> None:
    await put(room, "saving", "off")
    await cap(room, 3_000)
    for shown in (
        await room.command("voice", text=SENTENCE * 9, model="tts-qwen3-0-6b"),
        await transcribe(room, sent(room, ogg(samples(60.0)), "long.ogg", MediaKind.AUDIO)),
        await edit(room, "make it red", attachments=(picture_sent(room),)),
        await use(room, "upscale", options={"scale": 4}, attachments=(picture_sent(room),)),
    ):
        [refused] = shown
        assert "would be passed" in refused.text
    assert await room.spent() == 0


async def test_a_transcript_is_of_the_beginning_where_no_more_can_be_paid(room: Room) -> None:
    await cap(room, 3_000)
    shown = await transcribe(room, sent(room, ogg(samples(60.0)), "talk.ogg", MediaKind.AUDIO))
    assert "writes down only the first 0:" in noted(shown) or "write down only the first 0:" in noted(shown)
    assert len(calls(room)) == 1
    assert 1_500 < await room.spent() <= 3_000
    await cap(room, await room.spent() + 100)
    [refused] = await transcribe(room, sent(room, ogg(samples(60.0)), "talk.ogg", MediaKind.AUDIO))
    assert "would be passed" in refused.text


async def test_half_of_a_spoken_question_is_no_question(room: Room) -> None:
    await cap(room, 3_000, medium="transcription")
    [refused] = await room.say("", attachments=(sent(room, ogg(samples(60.0))),))
    assert "Your daily limit of $0.003 for transcriptions would be passed" in refused.text
    assert await room.spent() == 0


async def test_an_edit_is_made_by_a_cheaper_model_or_smaller(room: Room) -> None:
    await put(room, "edit_model", "gpt-image-2-edit")
    await cap(room, 50_000)
    shown = await edit(room, "make it red", attachments=(picture_sent(room),))
    assert any(one.media for one in shown)
    assert "so a cheaper model, " in noted(shown)
    before = await room.spent()
    assert 0 < before <= 50_000
    await cap(room, before + 35_000)
    named: dict[str, Any] = {"model": "grok-imagine-edit", "resolution": "2K"}
    shown = await edit(room, "make it red", options=named, attachments=(picture_sent(room),))
    assert "makes it in 1K until " in noted(shown)
    assert await room.spent() <= before + 35_000
    await cap(room, await room.spent() + 1)
    [refused] = await edit(room, "make it red", attachments=(picture_sent(room),))
    assert "would be passed" in refused.text


async def test_four_times_as_large_becomes_twice(room: Room) -> None:
    await cap(room, 30_000)
    shown = await use(room, "upscale", options={"scale": 4}, attachments=(picture_sent(room),))
    assert "I make it 2 times as large until " in noted(shown)
    scales = [json_of(one)["scale"] for one in room.demo.requests if one.path == "/image/upscale"]
    assert (scales, await room.spent()) == ([2], 20_000)


async def test_fewer_pictures_where_not_all_can_be_paid(room: Room) -> None:
    await room.command("image", prompt="a cat", model="qwen-image")
    one = await room.spent()
    await cap(room, one + 2 * one + 5)
    shown = await room.command("image", prompt="a cat", model="qwen-image", count=4)
    assert sum(len(message.media) for message in shown) == 2
    assert " draws 2 of 4 until " in noted(shown)


async def test_research_searches_and_reads_less(room: Room) -> None:
    await cap(room, 60_000)
    event = room.event(
        addressed=Addressed.COMMAND,
        command=CommandUse("search", {"question": "Which lighthouses still burn oil?", "depth": "research"}),
    )
    shown = await room.send(event)
    paths = [one.path for one in room.demo.requests]
    assert (paths.count("/augment/search"), paths.count("/augment/scrape")) == (1, 2)
    assert "so I research with 1 search and 2 pages at most until " in "\n".join(one.text for one in shown)
    assert 30_000 <= await room.spent() <= 60_000


async def test_a_card_starts_from_a_way_that_can_be_paid(room: Room) -> None:
    plain = await card(room, "video", prompt="a boat", model="veo3-fast-text-to-video")
    assert "nearly used" not in plain.text
    await cap(room, 300_000)
    shown = await card(room, "video", prompt="a boat", model="veo3-fast-text-to-video")
    assert "nearly used, so this card starts from a cheaper way than you asked for until " in shown.text
    assert "Make it" in [one.label for row in shown.buttons for one in row]
    assert await room.spent() == 0


async def test_an_owner_who_is_free_is_not_saved_on(tmp_path: Path) -> None:
    async with open_room(tmp_path, owner_free=True) as room:
        await cap(room, 30_000)
        shown = await use(room, "upscale", options={"scale": 4}, attachments=(picture_sent(room),))
        assert not any("nearly used" in one.text for one in shown)
        assert await room.spent() == 80_000
        theirs = await use(
            room, "upscale", options={"scale": 4}, attachments=(picture_sent(room),), author=EVE
        )
        assert any("2 times as large" in one.text for one in theirs)


async def test_what_is_cheaper_is_never_less_private_nor_less_restrained(room: Room) -> None:
    incoming = room.event("x", adult_allowed=True)
    turn = Turn(
        id="t",
        incoming=incoming,
        person="hash",
        settings=room.parts.settings.resolve(PLACE, ADA),
        owner=True,
        moderator=True,
        answer=room.parts.delivery.open(Target(PLACE), "t"),
        now=room.parts.clock(),
    )
    catalogue = await room.parts.models.catalogue()
    chooser = Chooser(room.parts.models, room.parts.bulletin, room.store.turns, room.parts.clock)
    seen = 0
    for medium in ("text", "image", "inpaint", "tts", "asr"):
        for model in catalogue.offered(medium):
            for other in await chooser.cheaper(turn, model, Job(medium)):
                seen += 1
                assert other.tier >= model.tier, (model.id, other.id)
                assert model.uncensored or not other.uncensored, (model.id, other.id)
                assert price_of(other) < price_of(model)
                assert other.medium == medium
    assert seen > 50
