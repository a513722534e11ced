"""/model, /models, /think and /privacy: the catalogue in words, and what is set by it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from bot.messages import Addressed, Authority, ButtonPress, CommandUse, Incoming, Person, Place
from tests.integration.engine.room import PLACE, Message, Room, open_room

CHAT = "/chat/completions"
BOB = Person("test", "2", "Bob")
GROUP = Place("test", "g", "room")


@pytest.fixture
async def room(tmp_path: Path) -> AsyncIterator[Room]:
    async with open_room(tmp_path) as opened:
        yield opened


async def put(room: Room, name: str, value: str, scope: str = PLACE.channel_key) -> None:
    await room.parts.settings.put(scope, name, value, by="test", at=1.0)


def labels(message: Message) -> list[str]:
    return [button.label for row in message.buttons for button in row]


async def press(room: Room, message: Message, label: str, **fields: Any) -> list[Message]:
    [button] = [button for row in message.buttons for button in row if button.label.startswith(label)]
    key = next(key for key, one in room.door.messages.items() if one is message)
    event = room.event(addressed=Addressed.BUTTON, press=ButtonPress(button.id, key), **fields)
    return await room.send(event)


def body(room: Room) -> dict[str, Any]:
    [*_, last] = [request for request in room.demo.requests if request.path == CHAT]
    found: Any = last.json
    return found


# --- the catalogue ---


async def test_the_page_shows_who_answers_and_what_else_there_is(room: Room) -> None:
    [page] = await room.command("model")
    assert page.text.startswith("**GLM 5.2** (`zai-org-glm-5-2`) answers here (Venice's default).")
    assert "`most_intelligent` (Grok 4.6)" in page.text
    assert "- **GLM 4.7 Flash** (`zai-org-glm-4.7-flash`): $0.06/$0.4, private, 128k tokens" in page.text
    assert "page 1 of" in page.text
    assert labels(page)[-1] == "More ›"


async def test_pages_turn_in_place(room: Room) -> None:
    [page] = await room.command("model")
    assert await press(room, page, "More") == []
    assert "page 2 of" in page.text
    assert labels(page)[-2:] == ["‹ Back", "More ›"]
    assert await press(room, page, "‹ Back") == []
    assert "page 1 of" in page.text


async def test_a_model_is_picked_by_its_button(room: Room) -> None:
    [page] = await room.command("models", filter="private vision cheap")
    assert "GLM" not in page.text
    [picked] = await press(room, page, "Google Gemma 4 31B Instruct")
    assert "**Google Gemma 4 31B Instruct** answers here from now on" in picked.text
    await room.say("Hello")
    assert body(room)["model"] == "google-gemma-4-31b-it"


async def test_a_picture_model_is_picked_by_its_button(room: Room) -> None:
    [page] = await room.command("models", kind="image")
    assert "Nano Banana 2** (`nano-banana-2`): $0.1 to $0.19 each, anonymised" in page.text
    [picked] = await press(room, page, "Venice SD35")
    assert "`image_model` is now `venice-sd35`" in picked.text


async def test_words_narrow_the_list(room: Room) -> None:
    [page] = await room.command("model", name="tee")
    assert "(2)" in page.text
    assert "e2ee-gpt-oss-120b-p" in page.text
    [page] = await room.command("models", kind="asr", filter="asr")
    assert "Parakeet ASR" in page.text
    assert "$0.006 a minute" in page.text
    [page] = await room.command("models", kind="video")
    assert "quoted first" in page.text
    [nothing] = await room.command("models", filter="no-such-thing")
    assert "There is no model for language" in nothing.text
    [unknown] = await room.command("model", name="no-such-thing")
    assert "I do not know the model" in unknown.text


async def test_only_what_is_allowed_here_is_listed(room: Room) -> None:
    await put(room, "min_privacy", "private")
    [page] = await room.command("models", kind="image")
    assert "anonymised" not in page.text
    assert "more are not allowed in this place" in page.text
    [refused] = await room.command("model", name="claude-sonnet-5")
    assert "Claude Sonnet 5 is anonymised, and this place asks for private models." in refused.text
    assert room.parts.settings.of_place(PLACE, "model") == ""


async def test_suggestions_show_price_and_privacy(room: Room) -> None:
    asked: Incoming = room.event(addressed=Addressed.COMMAND, command=CommandUse("model", {}))
    choices = await room.parts.engine.complete(asked, "name", "grok")
    assert ("grok-4-3", "Grok 4.3 · $1.42/$2.83 · private") in [(c.value, c.label) for c in choices]


async def test_only_who_manages_the_channel_chooses(room: Room) -> None:
    member: dict[str, Any] = {"author": BOB, "place": GROUP, "addressed": Addressed.COMMAND}
    for name, options in (("model", {"name": "grok-4-3"}), ("think", {"level": "high"})):
        [answer] = await room.say("", command=CommandUse(name, {**options}), **member)
        assert "manages this channel" in answer.text
    rule = CommandUse("settings", {"name": "min_privacy", "value": "tee"})
    [answer] = await room.say("", command=rule, **member)
    assert "manages this channel" in answer.text
    mine = CommandUse("settings", {"name": "min_privacy", "value": "tee", "where": "user"})
    [answer] = await room.say("", command=mine, **member)
    assert "cannot be set for a single person" in answer.text
    [answer] = await room.say("", command=rule, **{**member, "authority": Authority.MODERATOR})
    assert "`min_privacy` is now `tee` for the channel" in answer.text


# --- traits ---


async def test_a_trait_follows_venice(room: Room) -> None:
    [answer] = await room.command("model", name="most_intelligent")
    assert "**Grok 4.6** answers here from now on. As `most_intelligent`" in answer.text
    await room.say("Hello")
    assert body(room)["model"] == "grok-4-6"
    room.demo.churn.move_trait("most_intelligent", "grok-4-3")
    room.ahead = 16 * 60
    messages = await room.say("Hello")
    assert body(room)["model"] == "grok-4-3"
    assert len(messages) == 1
    [settings] = await room.command("settings")
    assert "- **model**: `most_intelligent` (now Grok 4.3) (from channel)" in settings.text


async def test_default_is_a_trait_and_clear_takes_it_back(room: Room) -> None:
    await put(room, "model", "grok-4-3", "bot")
    await room.command("model", name="default")
    await room.say("Hello")
    assert body(room)["model"] == "zai-org-glm-5-2"
    [answer] = await room.command("model", name="clear")
    assert answer.text.startswith("**Grok 4.3** (`grok-4-3`) answers here (set for bot).")


async def test_a_picture_model_may_be_a_trait(room: Room) -> None:
    [answer] = await room.command("settings", name="image_model", value="fastest")
    assert "`image_model` is now `fastest`" in answer.text
    [shown] = await room.command("image", prompt="a lighthouse")
    assert "Z-Image Turbo" in shown.text


# --- thinking ---


@pytest.mark.parametrize(
    ("model", "level", "sent"),
    [
        ("zai-org-glm-5-2", "high", ("high", False)),
        ("zai-org-glm-5-2", "on", (None, False)),
        ("zai-org-glm-5-2", "off", ("none", False)),
        ("grok-4-6", "off", (None, True)),
        ("grok-4-6", "xhigh", ("xhigh", False)),
        ("claude-sonnet-5", "on", (None, False)),
        ("claude-sonnet-5", "off", (None, True)),
    ],
)
async def test_a_level_becomes_what_the_model_takes(
    room: Room, model: str, level: str, sent: tuple[str | None, bool]
) -> None:
    await room.command("model", name=model)
    await room.command("think", level=level)
    await room.say("Hello", adult_allowed=True)
    asked = body(room)
    assert (asked.get("reasoning_effort"), "disable_thinking" in asked["venice_parameters"]) == sent


@pytest.mark.parametrize(
    ("model", "level", "says"),
    [
        ("zai-org-glm-5-2", "medium", "cannot think at `medium`. It takes `off`, `on`, `high`, `max`."),
        ("claude-sonnet-5", "high", "It takes `off`, `on`."),
        ("llama-3.3-70b", "low", "Llama 3.3 70B cannot think before it answers."),
    ],
)
async def test_a_level_the_model_lacks_is_refused(room: Room, model: str, level: str, says: str) -> None:
    await room.command("model", name=model)
    for command, options in (("think", {"level": level}), ("settings", {"name": "thinking", "value": level})):
        [answer] = await room.command(command, **options)
        assert says in answer.text
    assert room.parts.settings.of_place(PLACE, "thinking") == "off"


async def test_think_tells_what_a_level_comes_to(room: Room) -> None:
    await put(room, "thinking", "medium")
    [shown] = await room.command("think")
    assert "GLM 5.2 takes `off`, `on`, `high`, `max` (`on` is its own measure, `max`)." in shown.text
    assert "thinks at `high` (`medium` is set, and it does not take that)" in shown.text
    assert labels(shown) == ["off", "on", "high", "max"]
    await put(room, "model", "grok-4-6")
    await put(room, "thinking", "off")
    [shown] = await room.command("think")
    assert "this one always thinks" in shown.text
    choices = await room.parts.engine.complete(
        room.event(addressed=Addressed.COMMAND, command=CommandUse("think", {})), "level", ""
    )
    assert [choice.value for choice in choices] == ["off", "on", "low", "medium", "high", "xhigh"]


# --- settings that are checked ---


async def test_a_fallback_names_models_there_are(room: Room) -> None:
    [answer] = await room.command("settings", name="fallback", value="grok-4-3,  most_intelligent")
    assert "`fallback` is now `grok-4-3, most_intelligent`" in answer.text
    [answer] = await room.command("settings", name="fallback", value="grok-4-3, gork")
    assert "I do not know the model “gork”" in answer.text
    [answer] = await room.command("settings", name="fallback", value="OFF")
    assert "`fallback` is now `off`" in answer.text


async def test_a_new_rule_says_what_it_closes(room: Room) -> None:
    [answer] = await room.command("settings", name="min_privacy", value="tee")
    assert "GPT OSS 120B answers here." in answer.text
    assert "There is nothing that private for: pictures" in answer.text
    await put(room, "min_privacy", "tee", "bot")
    [answer] = await room.command("settings", name="min_privacy", value="any")
    assert "A wider rule holds here: `tee`." in answer.text


# --- privacy ---


async def test_privacy_in_plain_words(room: Room) -> None:
    [text, more] = await room.command("privacy")
    assert "**GLM 5.2** answers: nothing is kept there, by contract." in text.text
    assert "Words for music and sounds: **MiniMax Music 2.0**, anonymised" in text.text
    assert "when a question needs it. What is searched for goes through Venice" in text.text
    assert "names and numbers" not in text.text
    assert labels(more) == ["Private models", "Rule of this place", "How long it is kept"]
    await put(room, "model", "claude-sonnet-5")
    await put(room, "overhear", "10")
    [text, _] = await room.command("privacy")
    assert "its provider sees the words and may keep them" in text.text
    assert "Up to 10 lines said around me" in text.text
    await put(room, "min_privacy", "tee")
    [text, _] = await room.command("privacy")
    assert "never here, because a search would leave the enclave" in text.text
    assert "Words for a picture: nowhere" in text.text
    member: dict[str, Any] = {"author": BOB, "place": GROUP, "addressed": Addressed.COMMAND}
    [text, more] = await room.say("", command=CommandUse("privacy", {}), **member)
    assert "the names and numbers that people have here" in text.text
    assert labels(more) == ["Private models"]
