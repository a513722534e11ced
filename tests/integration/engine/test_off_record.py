"""Off the record: answered like anything else, and nowhere afterwards."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from bot.assembly import assemble
from bot.demo import DemoVenice
from bot.engine.flow import conduct
from bot.engine.flow.recovery import OFF_RECORD
from bot.engine.people.discretion import BADGE
from bot.messages import Addressed, Attachment, ButtonPress, CommandUse, Incoming, MediaKind, Person, Place
from bot.venice import VeniceClient
from storage import SqlStore, open_store
from storage.lease import Lease
from tests.integration.engine.room import ADA, PLACE, MemoryDoor, Message, Room, open_room

GROUP = Place("test", "g", "room")
THREAD = Place("test", "g", "room", "t7")
BOB = Person("test", "2", "Bob")
SECRET = "zebra"


@pytest.fixture
async def room(tmp_path: Path) -> AsyncIterator[Room]:
    async with open_room(tmp_path, long_memory=True) as opened:
        yield opened


async def off(room: Room, scope: str) -> None:
    await room.parts.settings.put(scope, "record", "off", by="test", at=1.0)


async def tables(store: SqlStore) -> dict[str, int]:
    """How many rows each table has."""
    totals = dict[str, int]()
    for name in ("history", "summaries", "facts", "reminders", "orders", "buttons", "kept_files", "chats"):
        async with store.database.engines[-1].connect() as connection:
            found = await connection.exec_driver_sql(f"SELECT count(*) FROM {name}")
            totals[name] = found.scalar_one()
    return totals


def on_disk(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in sorted(folder.glob("**/*")) if path.is_file())


def said(messages: list[Message]) -> str:
    return "\n".join(message.text for message in messages)


async def test_a_question_off_the_record_is_answered_and_nowhere_afterwards(
    room: Room, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shown = await room.command("offrecord", question=f"Please echo: my {SECRET} is called Lotte")
    assert BADGE in said(shown)
    assert not any(message.buttons for message in shown)
    assert set((await tables(room.store)).values()) == {0}
    assert SECRET.encode() not in await asyncio.to_thread(on_disk, tmp_path)
    printed = capsys.readouterr()
    assert SECRET not in printed.out + printed.err
    assert await room.spent() > 0
    [row] = await _turns(room.store)
    assert (row["state"], row["payload"], row["text"], row["refs"]) == ("settled", "", "", "[]")


async def test_the_same_question_on_the_record_is_kept(room: Room, tmp_path: Path) -> None:
    shown = await room.say(f"Please echo: my {SECRET} is called Lotte")
    assert BADGE not in said(shown)
    assert (await tables(room.store))["history"] == 2
    assert SECRET.encode() in await asyncio.to_thread(on_disk, tmp_path)


@pytest.mark.parametrize(
    "scope", [GROUP.server_key, GROUP.channel_key, THREAD.thread_key, BOB.scope_key, "bot"]
)
async def test_off_in_any_scope_holds(room: Room, scope: str, tmp_path: Path) -> None:
    await off(room, scope)
    await room.parts.settings.put(THREAD.channel_key, "activation", "always", by="t", at=1.0)
    shown = await room.send(_in_group(room, f"the {SECRET} sleeps"))
    assert BADGE in said(shown)
    assert SECRET.encode() not in await asyncio.to_thread(on_disk, tmp_path)


async def test_nobody_can_turn_the_record_on_where_it_is_off(room: Room) -> None:
    await off(room, GROUP.channel_key)
    for scope in (THREAD.thread_key, BOB.scope_key):
        await room.parts.settings.put(scope, "record", "on", by="test", at=1.0)
    assert BADGE in said(await room.send(_in_group(room, "hello")))


async def test_what_is_on_record_is_still_known_and_what_is_off_is_not(room: Room) -> None:
    await room.say("Remember the word lagoon.")
    await room.command("offrecord", question=f"the {SECRET} sleeps")
    assert "lagoon" in str(room.demo.requests[-1].json)
    await room.say("And now?")
    body = str(room.demo.requests[-1].json)
    assert "lagoon" in body
    assert SECRET not in body


async def test_what_must_be_kept_is_refused_with_a_sentence(room: Room) -> None:
    await off(room, PLACE.channel_key)
    for name, options in (
        ("remember", {"text": f"my {SECRET} sleeps"}),
        ("remind", {"when": "in 20 minutes", "what": SECRET}),
        ("video", {"prompt": SECRET}),
    ):
        assert "off the record" in said(await room.command(name, **options)), name
    assert set((await tables(room.store)).values()) == {0}


async def test_a_tool_that_keeps_things_is_refused(room: Room) -> None:
    await off(room, PLACE.channel_key)
    await room.say(f"Remember that my {SECRET} sleeps at noon.")
    assert (await tables(room.store))["facts"] == 0
    await room.say(f"Remind me in 20 minutes of the {SECRET}.")
    assert (await tables(room.store))["reminders"] == 0


async def test_pictures_are_shown_and_not_kept(room: Room, tmp_path: Path) -> None:
    await off(room, PLACE.channel_key)
    shown = await room.command("image", prompt=f"a {SECRET} in the fog")
    assert sum(len(message.media) for message in shown) == 1
    assert not any(message.buttons for message in shown)
    assert BADGE in said(shown)
    assert (await tables(room.store))["kept_files"] == 0
    assert SECRET.encode() not in await asyncio.to_thread(on_disk, tmp_path)


async def test_what_is_said_around_the_bot_is_not_heard(room: Room) -> None:
    await off(room, GROUP.channel_key)
    await room.parts.settings.put(GROUP.channel_key, "overhear", "10", by="test", at=1.0)
    await room.parts.settings.put(GROUP.channel_key, "heard", "on", by="test", at=1.0)
    await room.send(
        room.event(f"the {SECRET} sleeps", place=GROUP, author=BOB, addressed=Addressed.OVERHEARD)
    )
    await room.send(room.event("what is up?", place=GROUP, addressed=Addressed.MENTION))
    assert SECRET not in str(room.demo.requests[-1].json)


async def test_an_answer_given_anew_from_an_earlier_record_is_not_kept(room: Room) -> None:
    [shown] = await room.say("Tell me a joke.")
    again = shown.buttons[0][0].id
    before = [item.text for item in await room.store.memory.recent(PLACE.conversation, 9)]
    await off(room, PLACE.channel_key)
    await room.say("", addressed=Addressed.BUTTON, press=ButtonPress(again, "1"))
    assert [item.text for item in await room.store.memory.recent(PLACE.conversation, 9)] == before


async def test_files_are_read_and_not_kept(room: Room, tmp_path: Path) -> None:
    room.door.files["f"] = f"the {SECRET} in a file".encode()
    note = Attachment(MediaKind.DOCUMENT, "f", "note.txt", "text/plain", 20)
    command = CommandUse("offrecord", {"question": "What is in it?"})
    await room.say("", addressed=Addressed.COMMAND, command=command, attachments=(note,))
    assert SECRET in str(room.demo.requests[-1].json)
    assert SECRET.encode() not in await asyncio.to_thread(on_disk, tmp_path)


async def test_a_crash_in_the_middle_leaves_no_word_and_one_apology(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(conduct, "CHECKPOINT_SECONDS", 0.02)
    door = MemoryDoor()
    store = await open_store("", tmp_path, instance="files", clock=time.time)
    async with DemoVenice(pace=4) as demo, store, VeniceClient("demo", demo.base_url) as client:

        def process(name: str) -> Any:
            own = SqlStore(store.database, Lease(name, time.time, -1.0))
            return assemble(own, client, {"test": door}, key=b"key", is_open=True)

        first = process("one")
        await first.load()
        question = f"Please echo: the {SECRET} sleeps and sleeps and sleeps and sleeps all day long"
        use = CommandUse("offrecord", {"question": question})
        event = Incoming("e1", PLACE, ADA, Addressed.COMMAND, message_id="m1", command=use)
        checkpoints = asyncio.create_task(first.engine.keep_checkpoints())
        await first.engine.submit([event])
        while not any(SECRET in text for text in door.texts):
            await asyncio.sleep(0.01)
        await asyncio.sleep(0.1)  # several checkpoints
        second = process("two")
        await second.load()
        assert await second.engine.recover() == 1
        await asyncio.wait_for(second.engine.idle(), 5)
        await second.engine.drain(1)
        [apology] = [text for text in door.texts if OFF_RECORD in text]
        assert SECRET not in apology
        assert SECRET.encode() not in await asyncio.to_thread(on_disk, tmp_path)
        checkpoints.cancel()
        await first.engine.drain(0)
    assert SECRET.encode() not in await asyncio.to_thread(on_disk, tmp_path)
    printed = capsys.readouterr()
    assert SECRET not in printed.out + printed.err


def _in_group(room: Room, text: str) -> Incoming:
    return room.event(text, place=THREAD, author=BOB, addressed=Addressed.MENTION)


async def _turns(store: SqlStore) -> list[Any]:
    async with store.database.engines[-1].connect() as connection:
        return list((await connection.exec_driver_sql("SELECT * FROM turns")).mappings())
