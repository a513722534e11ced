"""Who answers: the rules of a place, what a question needs, and who steps in for a model."""

from __future__ import annotations

import io
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from bot.demo import Fault
from bot.demo.state import RecordedRequest
from bot.engine.models.privacy import PrivacyRule
from bot.engine.money.caps import period_at
from bot.engine.money.cashier import Cashier, Payer
from bot.errors import NotAllowed
from bot.messages import Attachment, MediaKind
from bot.records import ALL_MEDIA, CapPeriod, CapUnit, counter_key
from tests.integration.engine.room import ADA, PLACE, Room, open_room
from tests.sounds import ogg, samples

CHAT = "/chat/completions"
DEFAULT = "zai-org-glm-5-2"
SUBSTITUTE = "grok-4-3"


@pytest.fixture
async def room(tmp_path: Path) -> AsyncIterator[Room]:
    async with open_room(tmp_path) as opened:
        yield opened


async def put(room: Room, name: str, value: str, scope: str = PLACE.channel_key) -> None:
    await room.parts.settings.put(scope, name, value, by="test", at=1.0)


def asked(room: Room) -> list[str]:
    """The models that were asked to chat, in order."""
    return [request.model for request in room.demo.requests if request.path == CHAT]


def chats(room: Room) -> list[RecordedRequest]:
    return [request for request in room.demo.requests if request.path == CHAT]


async def held(room: Room) -> int:
    """Micro-USD reserved or spent on today's whole-bot cap."""
    period = period_at(CapPeriod.DAY, room.parts.clock())
    key = counter_key("bot", ALL_MEDIA, CapUnit.MONEY, CapPeriod.DAY, period.name)
    return sum(state.used for state in await room.store.money.counters([key]))


def picture() -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (200, 100), "blue").save(buffer, "PNG")
    return buffer.getvalue()


LOOK: dict[str, Any] = {"attachments": (Attachment(MediaKind.IMAGE, "p", "image/png", "p.png"),)}


# --- who steps in ---


@pytest.mark.parametrize(
    ("fault", "says"),
    [
        (Fault.overloaded(), "is overloaded"),
        (Fault.status(503, retry_after=60), "is overloaded"),
        (Fault.status(503, message="The model is offline", retry_after=60), "is not available at present"),
        (Fault.status(429, retry_after=60), "has too much to do"),
        (Fault.status(410), "has been retired by Venice"),
        (Fault.status(404), "is no longer known to Venice"),
        (Fault.status(403), "is not open to our Venice key"),
        (Fault.in_band_error(0), "is overloaded"),
    ],
    ids=["overloaded", "503", "offline", "429", "410", "404", "403", "in-band"],
)
async def test_another_model_steps_in_and_says_so(room: Room, fault: Fault, says: str) -> None:
    room.demo.faults.next(CHAT, fault, model=DEFAULT)
    note, answer = await room.say("Hello")
    assert note.text == f"*GLM 5.2 {says}, so Grok 4.3 answers this one.*"
    assert answer.text
    assert asked(room) == [DEFAULT, SUBSTITUTE]


async def test_the_refused_call_costs_nothing_and_the_other_one_its_price(room: Room) -> None:
    room.demo.faults.next(CHAT, Fault.overloaded(), model=DEFAULT)
    await room.say("Hello")
    rows = {row.model: (row.cost, row.calls) for row in await room.store.money.usage(since=0)}
    cost, calls = rows.pop(SUBSTITUTE)
    assert calls == 1
    assert cost == pytest.approx(chats(room)[-1].cost_usd * 1e6, abs=1)
    assert set(rows.values()) <= {(0, 0)}
    assert await held(room) == cost


async def test_a_model_that_was_overloaded_is_left_alone_for_a_while(room: Room) -> None:
    room.demo.faults.next(CHAT, Fault.overloaded(retry_after=30), model=DEFAULT)
    await room.say("Hello")
    note, _ = await room.say("And now?")
    assert note.text == "*GLM 5.2 is overloaded, so Grok 4.3 answers this one.*"
    assert asked(room) == [DEFAULT, SUBSTITUTE, SUBSTITUTE]
    [context] = await room.command("context")
    assert "**Grok 4.3**" in context.text
    room.ahead = 31.0
    [context] = await room.command("context")
    assert "**GLM 5.2**" in context.text


async def test_two_substitutes_are_tried_and_no_more(room: Room) -> None:
    room.demo.faults.next(CHAT, Fault.overloaded()).always()
    [answer] = await room.say("Hello")
    assert "very busy" in answer.text
    assert len(set(asked(room))) == len(asked(room)) == 3
    assert (await room.spent(), await held(room)) == (0, 0)


async def test_nobody_steps_in_after_the_first_word(room: Room) -> None:
    room.demo.faults.next(CHAT, Fault.in_band_error(5))
    messages = await room.say("Tell me a story about a lighthouse")
    assert asked(room) == [DEFAULT]
    assert not any("answers this one" in message.text for message in messages)


@pytest.mark.parametrize("status", [400, 401, 402, 500])
async def test_trouble_that_is_not_the_models_is_told(room: Room, status: int) -> None:
    room.demo.faults.next(CHAT, Fault.status(status)).always()
    await room.say("Hello")
    assert set(asked(room)) == {DEFAULT}


async def test_fallback_off_means_nobody(room: Room) -> None:
    await put(room, "fallback", "off")
    room.demo.faults.next(CHAT, Fault.overloaded())
    [answer] = await room.say("Hello")
    assert "very busy" in answer.text
    assert asked(room) == [DEFAULT]


async def test_a_list_is_followed_in_its_order(room: Room) -> None:
    await put(room, "fallback", "llama-3.3-70b, no-such-model, grok-4-3")
    room.demo.faults.next(CHAT, Fault.overloaded(), model=DEFAULT)
    room.demo.faults.next(CHAT, Fault.overloaded(), model="llama-3.3-70b")
    note, _ = await room.say("Hello")
    assert asked(room) == [DEFAULT, "llama-3.3-70b", "grok-4-3"]
    assert note.text == (
        "*GLM 5.2 is overloaded; Llama 3.3 70B is overloaded, so Grok 4.3 answers this one.*"
    )


async def test_a_private_model_is_never_replaced_by_one_that_is_not(room: Room) -> None:
    await put(room, "model", "e2ee-qwen3-vl-30b-a3b-p")
    room.demo.faults.next(CHAT, Fault.overloaded(), model="e2ee-qwen3-vl-30b-a3b-p")
    note, _ = await room.say("Hello")
    assert asked(room)[-1] == "e2ee-gpt-oss-120b-p"
    assert "GPT OSS 120B answers" in note.text


async def test_a_character_that_is_gone_is_not_the_models_fault(room: Room) -> None:
    await put(room, "character", "nobody-here")
    await room.say("Hello")
    assert len(set(asked(room))) == 1


# --- the rules of a place ---


async def test_a_model_that_is_not_private_enough_is_replaced(room: Room) -> None:
    await put(room, "model", "claude-sonnet-5", "bot")
    await put(room, "min_privacy", "private")
    note, answer = await room.say("Hello")
    assert note.text.startswith("*Claude Sonnet 5 is anonymised, and this place asks for private models, so ")
    assert note.text.endswith("so GLM 5.2 answers this one.*")
    assert answer.text
    assert asked(room) == [DEFAULT]


async def test_the_strictest_rule_holds_whichever_is_narrower(room: Room) -> None:
    await put(room, "min_privacy", "private", "bot")
    await put(room, "min_privacy", "any")
    settings = room.parts.settings.resolve(PLACE, ADA)
    assert settings.text("min_privacy") == "private"
    await put(room, "min_privacy", "tee")
    assert room.parts.settings.of_place(PLACE, "min_privacy") == "tee"


async def test_in_an_enclave_nothing_is_searched(room: Room) -> None:
    await put(room, "min_privacy", "tee")
    await put(room, "web_search", "on")
    await room.say("What is new?")
    [request] = chats(room)
    body: Any = request.json
    assert request.model.startswith("e2ee-")
    assert "enable_web_search" not in body["venice_parameters"]


async def test_an_uncensored_model_does_not_answer_where_adults_are_not_meant(room: Room) -> None:
    await put(room, "model", "venice-uncensored-1-2", "bot")
    note, _ = await room.say("Hello")
    assert "is uncensored, and this place is not marked for adults, so GLM 5.2 answers" in note.text
    [answer] = await room.say("Hello", adult_allowed=True)
    assert asked(room) == [DEFAULT, "venice-uncensored-1-2"]
    assert answer.text


async def test_what_looks_at_pictures_is_fit_for_the_place(room: Room) -> None:
    room.door.files["p"] = picture()
    await room.say("What is this?", **LOOK)
    assert asked(room)[-1] == "google-gemma-4-31b-it"
    await room.say("What is this?", adult_allowed=True, **LOOK)
    assert asked(room)[-1] == "qwen-3-8-27b"
    await put(room, "min_privacy", "tee")
    await room.say("What is this?", **LOOK)
    assert asked(room)[-1] == "e2ee-qwen3-vl-30b-a3b-p"


async def test_a_stored_model_that_venice_dropped_is_replaced_openly(room: Room) -> None:
    await put(room, "model", "llama-3.3-70b")
    room.demo.churn.retire("llama-3.3-70b")
    note, _ = await room.say("Hello")
    assert note.text == "*`llama-3.3-70b` is not offered by Venice now, so GLM 5.2 answers this one.*"


async def test_a_dear_model_of_a_place_is_for_owners(tmp_path: Path) -> None:
    async with open_room(tmp_path, owner=False) as room:
        await put(room, "model", "claude-opus-5")
        note, _ = await room.say("Hello")
        assert note.text == (
            "*Claude Opus 5 is dear and only for owners of this bot, so GLM 5.2 answers this one.*"
        )


async def test_no_model_at_all_is_a_sentence_that_names_the_rule(room: Room) -> None:
    await put(room, "min_privacy", "tee")
    for model in ("e2ee-qwen3-vl-30b-a3b-p", "e2ee-gpt-oss-120b-p"):
        room.demo.churn.retire(model)
    [answer] = await room.say("Hello")
    assert "This place asks for a model in a TEE, and Venice offers no text model that is" in answer.text
    assert asked(room) == []


# --- every medium ---


@pytest.mark.parametrize(
    ("rule", "command", "options"),
    [
        ("private", "image", {"prompt": "a lighthouse", "model": "nano-banana-2"}),
        ("tee", "image", {"prompt": "a lighthouse", "model": "nano-banana-2"}),
        ("tee", "voice", {"text": "Good morning", "model": "tts-kokoro"}),
    ],
)
async def test_media_named_by_the_asker_are_refused(
    room: Room, rule: str, command: str, options: dict[str, Any]
) -> None:
    await put(room, "min_privacy", rule)
    [answer] = await room.command(command, **options)
    assert "this place asks for" in answer.text
    assert await room.spent() == 0


async def test_a_recording_is_not_heard_where_only_enclaves_may(room: Room) -> None:
    room.door.files["v"] = ogg(samples(2.0))
    voice = Attachment(MediaKind.VOICE, "v", "audio/ogg", "v.ogg", duration=2)
    await put(room, "min_privacy", "tee")
    [answer] = await room.say("", attachments=(voice,))
    assert "Venice offers no asr model that is" in answer.text
    await put(room, "min_privacy", "private")
    await room.say("", attachments=(voice,))
    assert {row.medium for row in await room.store.money.usage(since=0)} == {"transcription", "chat"}


async def test_a_place_with_a_rule_uses_what_fits_for_pictures_and_voices(room: Room) -> None:
    await put(room, "image_model", "nano-banana-2", "bot")
    await put(room, "min_privacy", "private")
    note, shown = await room.command("image", prompt="a lighthouse")
    assert "so Z-Image Turbo is used" in note.text
    assert shown.media


async def test_whoever_pays_past_the_choice_is_stopped_at_the_till(room: Room) -> None:
    """A medium that forgets to ask for the rule is refused before anything is called or reserved."""
    await put(room, "min_privacy", "private")
    rule = PrivacyRule(room.parts.settings, room.parts.models)
    cashier = Cashier(room.store.money, room.parts.caps, room.parts.clock, rule.check)
    payer = Payer("t", replace(PLACE, thread="x"), "hash")
    for medium, model in (
        ("music", "elevenlabs-music"),
        ("video", "wan-2.5-preview-text-to-video"),
        ("image", "bria-bg-remover"),
        ("video", "nobody-knows-it"),
    ):
        with pytest.raises(NotAllowed):
            await cashier.hold(payer, medium, model, 100)
        with pytest.raises(NotAllowed):
            async with cashier.paying(payer, [], medium, model, 100):
                raise AssertionError
    assert await held(room) == 0
    await cashier.hold(payer, "search", "augment/search", 100)
    await put(room, "min_privacy", "tee")
    with pytest.raises(NotAllowed):
        await cashier.hold(payer, "search", "augment/search", 100)
