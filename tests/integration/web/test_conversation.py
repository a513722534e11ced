"""Words, files, commands and buttons in; answers, pictures and suggestions out."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from adapters.web.capabilities import WEB
from adapters.web.media import LONGEST_SECONDS
from adapters.web.transcript import LONGEST
from bot.declarations import Command, Option
from bot.errors import GondolaError, PlatformError, PlatformFailure
from bot.messages import Addressed, Attachment, CommandUse, MediaKind, MessageRef, Place, Target
from bot.records import HistoryItem, Role
from tests.integration.web.conftest import Starter, Tab, Web, browse, collect
from tests.integration.web.front import ANSWER, picture, tone


def place(web: Web) -> Place:
    return web.front.events[0].place


async def test_a_message_reaches_the_engine(tab: Tab, web: Web) -> None:
    answer = await tab.client.post(
        "/messages",
        data={"text": "How do tides work?", "id": "event-0001"},
        headers={**tab.post_headers, "accept-language": "de-AT,de;q=0.9"},
    )
    assert answer.status_code == 202
    [event] = web.front.events
    assert event.text == "How do tides work?"
    assert event.addressed is Addressed.DIRECT
    assert event.trusted
    assert event.place == Place("web", "", event.author.id)
    assert event.place.direct
    assert event.author.name == "You"
    assert event.language == "de-AT"
    assert event.message_id == "v-event-0001"
    assert web.front.handled_on == ["web"]


async def test_an_answer_streams_to_every_tab(tab: Tab, web: Web) -> None:
    web.front.pace = 0.01

    def complete(event: object) -> bool:
        return "watch the rim." in str(event)

    opened = [asyncio.Event(), asyncio.Event()]
    tabs = [asyncio.create_task(collect(tab, complete, opened=one)) for one in opened]
    await asyncio.gather(*(one.wait() for one in opened))
    await tab.say("How do tides work?")
    for events in await asyncio.gather(*tabs):
        kinds = [event.data["type"] for event in events]
        assert kinds[0] == "message"
        assert events[0].data["mine"]
        assert "typing" in kinds
        assert kinds.count("edit") > 10
        assert kinds.count("message") == 2
        assert "<strong>breathing</strong>" in str(events[-1].data["html"])
        numbers = [int(event.id.split("-")[1]) for event in events if event.id]
        assert numbers == sorted(numbers)


async def test_a_returning_tab_gets_what_it_missed_and_no_more(tab: Tab, web: Web) -> None:
    await tab.say("first")
    await web.front.settle()
    seen = await collect(tab, lambda event: "watch the rim." in str(event.data.get("html")))
    last = seen[-1].id
    await tab.say("/stop")
    await web.front.settle()
    missed = await collect(tab, lambda event: "Command" in str(event.data.get("html")), last)
    assert [event.data["type"] for event in missed] == ["message", "message"]
    assert missed[0].data["text"] == "/stop"


async def test_edits_missed_come_as_the_present_text_once(tab: Tab, web: Web) -> None:
    web.front.silent = True
    await tab.say("hello")
    door, target = web.adapter.door, Target(place(web))
    ref = await door.send(target, door.compose("one")[0], nonce="n1")
    [*_, shown] = await collect(tab, lambda event: "one" in str(event.data.get("html")))
    for word in ("two", "three", "four"):
        await door.edit(ref, door.compose(word)[0])
    [missed] = await collect(tab, lambda event: True, shown.id)
    assert missed.data["type"] == "edit"
    assert missed.data["html"] == "<p>four</p>\n"


async def test_a_page_of_an_earlier_run_gets_everything(tab: Tab, web: Web) -> None:
    await tab.say("/stop")
    await web.front.settle()
    for stale in ("0123abcd-7", "nonsense", "-"):
        events = await collect(tab, lambda event: "Command" in str(event.data.get("html")), stale)
        assert [event.data["type"] for event in events] == ["message", "message"]


async def test_a_repeated_post_is_one_message(tab: Tab, web: Web) -> None:
    for _ in range(2):
        assert (await tab.say("hello", "same-id-0001")).status_code == 202
    await web.front.settle()
    assert len(web.front.events) == 1
    assert [item["mine"] for item in await tab.items()] == [True, False]


async def test_a_send_with_the_same_nonce_shows_once(tab: Tab, web: Web) -> None:
    web.front.silent = True
    await tab.say("hello")
    door, target = web.adapter.door, Target(place(web))
    refs = [await door.send(target, door.compose("answer")[0], nonce="n1") for _ in range(2)]
    assert refs[0] == refs[1]
    assert len(await tab.items()) == 2


async def test_private_answers_are_notices(tab: Tab, web: Web) -> None:
    web.front.silent = True
    await tab.say("hello")
    door = web.adapter.door
    await door.send(Target(place(web), private=True), door.compose("Only you")[0], nonce="n1")
    assert (await tab.items())[-1]["kind"] == "notice"


async def test_visitors_do_not_see_each_other(tab: Tab, web: Web) -> None:
    await tab.say("/image a secret gondola")
    await web.front.settle()
    mine = await tab.items()
    address = mine[-1]["media"][0]["url"]
    async with browse(web) as other:
        await other.open()
        assert await other.items() == []
        assert (await other.client.get(str(address))).status_code == 404
    assert (await tab.client.get(str(address))).status_code == 200


async def test_pictures_have_type_and_privacy(tab: Tab, web: Web) -> None:
    await tab.say("/image a gondola size=wide --hide")
    await web.front.settle()
    item = (await tab.items())[-1]
    assert item["kind"] == "media"
    [media] = item["media"]
    assert media["spoiler"]
    assert media["name"] == "gondola.png"
    answer = await tab.client.get(media["url"])
    assert answer.content == picture()
    assert answer.headers["content-type"] == "image/png"
    assert answer.headers["content-security-policy"] == "default-src 'none'; sandbox"
    assert answer.headers["cache-control"].startswith("private")
    assert item["buttons"][0][0]["label"] == "Again"


async def test_sounds_can_be_read_in_ranges(tab: Tab, web: Web) -> None:
    await tab.say("/voice Good morning")
    await web.front.settle()
    media = (await tab.items())[-1]["media"][0]
    part = await tab.client.get(media["url"], headers={"range": "bytes=4-11"})
    assert part.status_code == 206
    assert part.content == tone()[4:12]
    assert part.headers["content-type"] == "audio/wav"


async def test_files_come_in_and_the_door_fetches_them(tab: Tab, web: Web) -> None:
    web.front.silent = True
    await tab.attach(
        "look", ("../../holiday.png", picture(), "image/png"), ("notes.txt", b"hello", "text/plain")
    )
    [event] = web.front.events
    image, notes = event.attachments
    assert (image.kind, image.name, image.mime) == (MediaKind.IMAGE, "holiday.png", "image/png")
    assert (notes.kind, notes.size) == (MediaKind.DOCUMENT, 5)
    assert await web.adapter.door.fetch(image, 10_000_000) == picture()
    with pytest.raises(PlatformError) as caught:
        await web.adapter.door.fetch(notes, 4)
    assert caught.value.failure is PlatformFailure.TOO_LARGE
    with pytest.raises(PlatformError) as caught:
        await web.adapter.door.fetch(Attachment(MediaKind.IMAGE, "../web-sessions.json"), 100)
    assert caught.value.failure is PlatformFailure.GONE


async def test_a_web_page_as_file_is_only_ever_downloaded(tab: Tab, web: Web) -> None:
    web.front.silent = True
    await tab.attach(
        "",
        ("evil.html", b"<script>alert(1)</script>", "text/html"),
        ("evil.svg", b"<svg/>", "image/svg+xml"),
        ("evil.js", b"alert(1)", "text/javascript"),
    )
    [item] = await tab.items()
    for media in item["media"]:
        answer = await tab.client.get(media["url"])
        assert answer.headers["content-type"] == "application/octet-stream"
        assert answer.headers["content-disposition"].startswith("attachment")


async def test_what_is_too_large_gets_a_sentence(tab: Tab, web: Web) -> None:
    big = await tab.attach("", ("big.bin", bytes(26_500_000), "application/octet-stream"))
    assert big.status_code == 413
    assert "25 MB" in big.json()["error"]

    async def chunks() -> AsyncIterator[bytes]:
        yield b'--x\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\n'
        for _ in range(27):
            yield bytes(1_000_000)

    headers = {**tab.post_headers, "content-type": "multipart/form-data; boundary=x"}
    unannounced = await tab.client.post("/messages", content=chunks(), headers=headers)
    assert unannounced.status_code == 413
    long = await tab.say("x" * 200_001)
    assert long.status_code == 413
    assert "200,000" in long.json()["error"]
    press = await tab.post("/press", button_id="x" * 70_000)
    assert press.status_code == 413
    assert web.front.events == []


async def test_too_many_files_and_nothing_at_all_get_a_sentence(tab: Tab, web: Web) -> None:
    many = await tab.attach("", *((f"{number}.txt", b"x", "text/plain") for number in range(11)))
    assert many.status_code == 400
    assert "up to 10 files" in many.json()["error"]
    assert (await tab.say("  \n ")).status_code == 400
    assert (await tab.client.post("/messages", content=b"?", headers=tab.post_headers)).status_code == 400
    assert web.front.events == []


async def test_typed_commands_become_commands(tab: Tab, web: Web) -> None:
    web.front.silent = True
    await tab.say("/image a gondola at dawn size=Wide --hide")
    await tab.say("/usr/bin/python is where?")
    command, path = web.front.events
    assert command.addressed is Addressed.COMMAND
    assert command.command is not None
    assert command.command.name == "image"
    assert command.command.options == {"prompt": "a gondola at dawn", "size": "wide", "hide": True}
    assert path.command is None


async def test_a_secret_does_not_stay_on_the_page(
    tab: Tab, web: Web, monkeypatch: pytest.MonkeyPatch
) -> None:
    unlock = Command("unlock", "Open", (Option("code", "The code", secret=True),))
    monkeypatch.setattr("tests.integration.web.front.COMMANDS", (unlock,))
    await tab.say("/unlock sesame", "event-0009")
    [event] = web.front.events
    assert event.command == CommandUse("unlock", {"code": "sesame"})
    shown = [item["text"] for item in await tab.items() if item["mine"]]
    assert shown == ["/unlock …"]


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ("/imagine a boat", "Did you mean"),
        ("/image size=round a boat", "can be"),
        ("/image", "needs <code>prompt</code>: what to draw"),
        ("/stop the music", "I do not know what"),
    ],
)
async def test_mistyped_commands_get_a_sentence_in_the_chat(
    tab: Tab, web: Web, typed: str, sentence: str
) -> None:
    assert (await tab.say(typed)).status_code == 202
    said, notice = await tab.items()
    assert said["text"] == typed
    assert notice["kind"] == "notice"
    assert sentence in str(notice["html"])
    assert web.front.events == []


async def test_a_file_may_stand_for_a_missing_text(tab: Tab, web: Web) -> None:
    web.front.silent = True
    await tab.attach("/image", ("boat.png", picture(), "image/png"))
    [event] = web.front.events
    assert event.command is not None
    assert event.command.name == "image"


async def test_buttons_are_pressed(tab: Tab, web: Web) -> None:
    await tab.say("buttons")
    await web.front.settle()
    item = (await tab.items())[-1]
    assert item["buttons"][1][1]["url"] == "https://example.org"
    await tab.post("/press", button_id="yes", message_id=str(item["id"]))
    event = web.front.events[-1]
    assert event.addressed is Addressed.BUTTON
    assert event.press is not None
    assert (event.press.button_id, event.press.message_id) == ("yes", item["id"])
    assert event.trusted


async def test_suggestions_come_from_the_engine(tab: Tab, web: Web) -> None:
    answer = await tab.client.get(
        "/complete", params={"command": "model", "option": "name", "typed": "llama"}
    )
    assert [choice["value"] for choice in answer.json()] == ["llama-large", "llama-small"]
    assert web.front.asked == [("model", "name", "llama")]


async def test_trouble_in_the_engine_is_a_sentence(tab: Tab, web: Web) -> None:
    web.front.trouble = GondolaError("The database is full.")
    answer = await tab.say("hello", "event-0001")
    assert (answer.status_code, answer.json()) == (503, {"error": "The database is full."})
    web.front.trouble = None
    assert (await tab.say("hello", "event-0001")).status_code == 202
    assert len(web.front.events) == 1
    await web.front.settle()
    assert len(await tab.items()) == 2


async def test_the_user_words_are_never_markup(tab: Tab) -> None:
    await tab.say("</script><script>alert(1)</script>")
    page = await tab.client.get("/")
    assert "<script>alert(1)" not in page.text
    assert "\\u003cscript\\u003ealert(1)" in page.text


async def test_after_a_restart_the_conversation_is_still_there(start_web: Starter) -> None:
    async with start_web() as web, browse(web) as tab:
        await tab.open()
        await tab.say("/image a gondola")
        await web.front.settle()
        await tab.say("/voice hello")
        await web.front.settle()
        where, cookies = place(web), dict(tab.client.cookies)
        image_id = (await tab.items())[1]["id"]
        past = [
            HistoryItem(where.conversation, Role.PERSON, "Draw <me>", 1.0, message_ids=("v-1",)),
            HistoryItem(where.conversation, Role.BOT, "**Here**", 2.0, message_ids=(image_id,)),
            HistoryItem(where.conversation, Role.BOT, "", 3.0, media_note="a picture of a boat"),
            HistoryItem(where.conversation, Role.PERSON, "later", time.time() + 5, message_ids=("v-2",)),
        ]
    async with start_web() as web, browse(web) as tab:
        web.front.past = past
        tab.client.cookies.update(cookies)
        await tab.open()
        asked, answered, noted, voice, later = await tab.items()
        assert [one["kind"] for one in voice["media"]] == ["voice"]
        assert later["text"] == "later"
        assert asked["mine"]
        assert asked["text"] == "Draw <me>"
        assert "<strong>Here</strong>" in str(answered["html"])
        assert len(answered["media"]) == 1
        assert "a picture of a boat" in str(noted["html"])
        door = web.adapter.door
        await door.edit(MessageRef(where, "b-lost"), door.compose("resumed")[0])
        items = await tab.items()
        assert "resumed" in str(items[-1]["html"])
        assert [item["recalled"] for item in items] == [True] * 5 + [False]


async def test_the_transcript_keeps_the_last_messages(tab: Tab, web: Web) -> None:
    web.front.silent = True
    await tab.say("hello")
    door, target = web.adapter.door, Target(place(web))
    for number in range(LONGEST + 5):
        await door.send(target, door.compose(f"line {number}")[0], nonce=f"n{number}")
    items = await tab.items()
    assert len(items) == LONGEST
    assert "line 204" in str(items[-1]["html"])


async def test_old_files_are_removed(start_web: Starter, tmp_path: Path) -> None:
    now = [1_000_000.0]
    async with start_web(clock=lambda: now[0]) as web, browse(web) as tab:
        await tab.open()
        await tab.say("/image one")
        await web.front.settle()
        assert len(list((tmp_path / "web-media").iterdir())) == 1
        now[0] += LONGEST_SECONDS + 1
        await tab.say("/image two")
        await web.front.settle()
        assert len(list((tmp_path / "web-media").iterdir())) == 1
        old = next(item for item in await tab.items() if item["media"])
        answer = await tab.client.get(str(old["media"][0]["url"]))
        assert answer.status_code == 404


async def test_stopping_does_not_wait_for_open_pages(start_web: Starter) -> None:
    async with start_web() as web, browse(web) as tab:
        await tab.open()
        async with tab.client.stream("GET", "/events") as response:
            lines = response.aiter_lines()
            await anext(lines)
            began = time.perf_counter()
            web.task.cancel()
            await asyncio.wait({web.task}, timeout=5)
            assert web.task.cancelled()
            assert time.perf_counter() - began < 1.5
            assert not web.adapter.started.is_set()


async def test_it_can_be_run_again(start_web: Starter) -> None:
    async with start_web() as web:
        port = web.adapter.port
        web.task.cancel()
        await asyncio.wait({web.task})
        again = asyncio.create_task(web.adapter.run())
        await web.adapter.started.wait()
        assert web.adapter.port
        async with browse(web) as tab:
            await tab.open()
            await tab.say("hello")
            assert [event.data["type"] for event in await collect(tab, lambda event: True)] == ["message"]
        again.cancel()
        await asyncio.wait({again})
        assert port


async def test_the_demo_says_so(start_web: Starter) -> None:
    async with start_web(demo=True) as web, browse(web) as tab:
        page = await tab.open()
    assert "built-in demo" in page.text
    assert "VENICE_API_KEY" in page.text


def test_the_capabilities_are_a_page_s() -> None:
    assert WEB.platform == "web"
    assert WEB.pacing.direct == ()
    assert WEB.autocomplete
    assert len(ANSWER) < WEB.text_limit


async def test_a_visitor_who_has_everything_erased_leaves_no_file(web: Web, tab: Tab, tmp_path: Path) -> None:
    await tab.attach("Look at my quixotry", ("quixotry.png", picture(), "image/png"))
    async with browse(web) as other:
        await other.open()
        await other.attach("Mine stays", ("geese.png", picture(), "image/png"))
    assert len(web.front.events) == 2
    assert await tab.items()
    speaker = web.front.events[0].author.key
    await web.adapter.door.forget_people(frozenset({speaker, "telegram:1"}))
    assert [item for item in await tab.items() if "quixotry" in str(item)] == []
    files = {path.name: path.read_bytes() for path in _files(tmp_path / "web-media")}
    [left] = files.values()
    assert b"geese.png" in left
    assert b"quixotry" not in left


def _files(folder: Path) -> list[Path]:
    return list(folder.iterdir())
