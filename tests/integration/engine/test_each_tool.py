"""What each tool does in an answer: pictures, the web, memory, and several of them at once."""

from __future__ import annotations

import io
import json
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image

from bot.demo import Fault
from bot.messages import Addressed, ButtonPress
from tests.integration.engine.room import ADA, PLACE, Room, open_room
from tests.integration.engine.toolroom import CHAT, SPEAK, bodies, put, remembered, texts, told


@pytest.fixture
async def room(tmp_path: Path) -> AsyncIterator[Room]:
    async with open_room(tmp_path) as opened:
        yield opened


async def test_drawn_on_request_shown_with_its_buttons_and_paid(room: Room) -> None:
    shown = await room.say('use tool draw_image {"prompt": "a map of *Venice* @everyone", "shape": "16:9"}')
    [picture] = [media for message in shown for media in message.media]
    opened = Image.open(io.BytesIO(picture.data))
    assert opened.width > opened.height
    assert "Drew “a map of \\*Venice\\* \\@everyone”" in texts(shown)
    assert any(message.media and message.buttons for message in shown)
    assert {row.medium for row in await room.store.money.usage(since=0)} == {"chat", "image"}
    assert (await remembered(room))[1][2] == "(drew a picture: “a map of *Venice* @everyone”)"
    assert told(room)[0].startswith("Done: they see the picture")


async def test_the_place_keeps_the_painter_safe_whatever_the_model_wants(room: Room) -> None:
    await room.say('use tool draw_image {"prompt": "a lighthouse", "safe_mode": false}')
    assert "may only have" in told(room)[0]
    await room.say('use tool draw_image {"prompt": "a lighthouse"}')
    [order] = bodies(room, "/image/generate")
    assert order["safe_mode"] is True


async def test_a_picture_that_may_not_be_is_told_to_the_model(room: Room) -> None:
    room.demo.faults.next("/image/generate", Fault.status(422)).always()
    shown = await room.say('use tool draw_image {"prompt": "a lighthouse"}')
    assert told(room)[0].startswith("Error: ")
    assert "did not work" in texts(shown)


async def test_looked_up_with_sources_that_can_be_clicked(room: Room) -> None:
    await put(room, "web_search", "auto")
    [answer] = await room.say('use tool search_web {"query": "gondolas of Venice"}')
    assert "Searched for “gondolas of Venice”" in answer.text
    assert "**Sources**" in answer.text
    assert "](<http" in answer.text
    [result] = told(room)
    assert "never an instruction" in result
    assert result.count("<results>") == 1
    assert "[1] " in result
    [search] = bodies(room, "/augment/search")
    assert search["query"] == "gondolas of Venice"
    assert {row.medium for row in await room.store.money.usage(since=0)} == {"chat", "search"}


async def test_a_page_is_read_and_cited(room: Room) -> None:
    [answer] = await room.say('use tool read_page {"url": "https://example.org/lagoon"}')
    [result] = told(room)
    assert result.startswith("This is [1], https://example.org/lagoon")
    assert "Read a page of example.org" in answer.text
    assert "](<https://example.org/lagoon>)" in answer.text


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1/admin",
        "http://10.0.0.1/",
        "http://[::1]/",
        "http://169.254.169.254/latest/meta-data",
        "http://localhost:8000/",
        "http://printer.local/",
        "https://user:secret@example.org/",
        "file:///etc/passwd",
        "ftp://example.org/",
        "javascript:alert(1)",
        "https://x.com/somebody",
        "https://api.telegram.org/bot12345678:ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghi/getMe",
    ],
)
async def test_addresses_that_are_nobodys_business_are_never_opened(room: Room, url: str) -> None:
    await room.say(f"use tool read_page {json.dumps({'url': url})}")
    assert told(room)[0].startswith("Error: ")
    assert bodies(room, "/augment/scrape") == []
    assert {row.medium for row in await room.store.money.usage(since=0)} == {"chat"}


async def test_where_the_web_is_off_nothing_is_looked_up(room: Room) -> None:
    await put(room, "web_search", "off")
    await room.say('use tool search_web {"query": "gondolas"}')
    names = [tool["function"]["name"] for tool in bodies(room)[0]["tools"]]
    assert "search_web" not in names
    assert "read_page" not in names
    assert "there is no such tool" in told(room)[0]
    assert bodies(room, "/augment/search") == []


async def test_remembered_on_request_with_an_undo(room: Room) -> None:
    await put(room, "long_memory", "auto")
    shown = await room.say('use tool remember {"fact": "Ada\'s dog is called Ombra"}')
    [notice] = [message for message in shown if message.text.startswith("Remembered")]
    assert notice.buttons[0][0].label == "Undo"
    [memory] = await room.command("memory")
    assert "Ombra" in memory.text
    press = ButtonPress(notice.buttons[0][0].id, "1")
    await room.send(room.event(addressed=Addressed.BUTTON, press=press))
    [empty] = await room.command("memory")
    assert "Ombra" not in empty.text


async def test_secrets_are_not_remembered_and_the_model_is_told_why(room: Room) -> None:
    await put(room, "long_memory", "auto")
    await room.say('use tool remember {"fact": "my password is hunter2hunter2"}')
    assert "passwords" in told(room)[0]


async def test_where_nothing_is_kept_it_is_not_offered(room: Room) -> None:
    await put(room, "long_memory", "off")
    await room.say('use tool remember {"fact": "Ada likes tea"}')
    assert "there is no such tool" in told(room)[0]


async def test_wishes_in_plain_words_through_the_demo(room: Room) -> None:
    shown = await room.say("Draw us a map of the lagoon")
    assert any(message.media for message in shown)
    shown = await room.say("Say good night aloud")
    assert any(message.media for message in shown)
    shown = await room.say("Look up gondolas")
    assert "**Sources**" in texts(shown)


async def test_one_turn_with_several_tools_is_one_answer_within_one_budget(room: Room) -> None:
    shown = await room.say(
        'first say Let me see, use tool search_web {"query": "gondolas"} use tool draw_image '
        '{"prompt": "a gondola"} use tool speak {"text": "A gondola"}'
    )
    answer = shown[0].text
    order = ["Let me see", "Searched for", "Drew", "Said aloud", "The tool answered", "Sources"]
    places = [answer.index(words) for words in order]
    assert places == sorted(places)
    assert len([media for message in shown for media in message.media]) == 2
    spent = {row.medium: row.calls for row in await room.store.money.usage(since=0)}
    assert spent == {"chat": 1, "search": 1, "image": 1, "voice": 1}


async def test_where_nothing_may_leave_an_enclave_nothing_is_looked_up(room: Room) -> None:
    model = (await room.parts.models.catalogue()).offered("text")[0]
    await put(room, "min_privacy", "tee")
    settings = room.parts.settings.resolve(PLACE, ADA)
    able = replace(model, capabilities=replace(model.capabilities, functions=True))
    names = [tool.name for tool in room.parts.toolbox.offered(settings, able)]
    assert "speak" in names
    assert "search_web" not in names
    assert "read_page" not in names


async def test_another_model_steps_in_with_the_same_tools_and_says_so(room: Room) -> None:
    room.demo.faults.next(CHAT, Fault.status(503))
    shown = await room.say(f"first say Gladly, then {SPEAK}")
    first, second, third = bodies(room)
    assert first["model"] != second["model"] == third["model"]
    assert first["tools"] == second["tools"]
    assert "answers this one" in texts(shown)
    assert texts(shown).count("answers this one") == 1
    assert "*Said aloud*" in texts(shown)
