"""One's own data: taken away as a file, erased to the last byte, and the same on two accounts."""

from __future__ import annotations

import asyncio
import json
import logging
import time
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import replace
from io import BytesIO
from pathlib import Path

import pytest

from bot.demo.faults import Fault
from bot.engine.doors.hashing import Hasher
from bot.keeping import KeptFile
from bot.messages import Addressed, ButtonPress, CommandUse, OptionValue, Person, Place
from bot.records import Cap, CapPeriod, CapUnit
from tests.integration.engine.room import ADA, CAPABILITIES, Message, Room, open_room

BOB = Person("test", "778899", "Bob Bytes")
EVE = Person("test", "5511", "Eve")
DIRECT = Place("test", "", "778899")
GROUP = Place("test", "s1", "c9")
WORDS = ("quixotry", "zugzwang", "pfefferminz", "böhnchen", "wanderlust")


async def command(
    room: Room, author: Person, place: Place, name: str, /, **options: OptionValue
) -> list[Message]:
    """Use a command as somebody."""
    use = CommandUse(name, dict(options))
    return await room.send(room.event(author=author, place=place, addressed=Addressed.COMMAND, command=use))


async def press(room: Room, author: Person, place: Place, shown: Message, label: str) -> list[Message]:
    """Press a button of a message."""
    [button] = [one for row in shown.buttons for one in row if one.label == label]
    [number] = [key for key, message in room.door.messages.items() if message is shown]
    pressed = ButtonPress(button.id, number)
    return await room.send(room.event(author=author, place=place, addressed=Addressed.BUTTON, press=pressed))


async def live(room: Room) -> None:
    """Bob leaves traces everywhere, Eve a few beside them."""
    await room.say(f"Tell me about {WORDS[0]}", author=BOB, place=DIRECT)
    await room.say(f"And of {WORDS[3]}", author=BOB, place=GROUP, addressed=Addressed.MENTION)
    await room.say("I like geese", author=EVE, place=GROUP, addressed=Addressed.MENTION)
    await command(room, BOB, GROUP, "remember", text=f"My dog is called {WORDS[1]}")
    await command(room, BOB, DIRECT, "remind", when="tomorrow at 9", what=f"water the {WORDS[2]}")
    await command(
        room, BOB, DIRECT, "settings", name="system_prompt", value=f"Talk like {WORDS[4]}", where="user"
    )
    await command(room, BOB, DIRECT, "image", prompt=f"a picture of {WORDS[2]}")
    await command(room, BOB, DIRECT, "new", title=f"Notes on {WORDS[0]}")
    await room.say(f"Once more {WORDS[0]}", author=BOB, place=DIRECT)


def traces(text: str) -> Iterator[bytes]:
    """How a text may lie in a file."""
    yield text.encode()
    yield text.encode("utf-16-le")
    yield json.dumps(text)[1:-1].encode()


def found_in(folder: Path, texts: Sequence[str]) -> list[str]:
    """Where any of these texts is in any file below a folder."""
    found: list[str] = []
    for path in sorted(folder.rglob("*")):
        data = path.read_bytes() if path.is_file() else b""
        found += [f"{text} in {path.name}" for text in texts for one in traces(text) if one in data]
    return found


async def test_erased_to_the_last_byte(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    secrets = (*WORDS, BOB.id, BOB.name)
    async with open_room(tmp_path, long_memory=True) as room:
        await live(room)
        assert {text.partition(" in ")[0] for text in found_in(tmp_path, secrets)} == set(secrets)
        [asked] = await command(room, BOB, DIRECT, "erase")
        assert "cannot be undone" in asked.text
        assert "30 days" in asked.text
        before = await room.store.money.usage(since=0)
        answered = await press(room, BOB, DIRECT, asked, "Erase everything")
        assert "erasing it now" in answered[0].text
        assert "is erased" in answered[-1].text
        assert await room.store.money.usage(since=0) == before
        items = await room.store.memory.recent(GROUP.conversation, 20)
        assert [item.text for item in items if item.speaker] == ["I like geese"]
        assert len(items) == 2
        found = found_in(tmp_path, secrets)
        assert found == []
        assert [text for text in secrets if text in caplog.text] == []
    assert found_in(tmp_path, secrets) == []


async def erase(room: Room, author: Person, place: Place) -> list[Message]:
    """Ask for it and confirm it; returns what came of that."""
    [asked] = await command(room, author, place, "erase")
    return await press(room, author, place, asked, "Erase everything")


async def test_nobody_else_can_confirm(tmp_path: Path) -> None:
    async with open_room(tmp_path) as room:
        await room.say("Of quixotry, please", author=BOB, place=DIRECT)
        [asked] = await command(room, BOB, DIRECT, "erase")
        [refused] = await press(room, ADA, DIRECT, asked, "Erase everything")
        assert "Only the person" in refused.text
        assert await room.store.people.claim() == []
        room.ahead = 601
        [expired] = await press(room, BOB, DIRECT, asked, "Erase everything")
        assert "erasing" not in expired.text
        assert await room.store.memory.recent(DIRECT.conversation, 5)


async def test_a_group_is_no_place_for_it(tmp_path: Path) -> None:
    async with open_room(tmp_path) as room:
        for name in ("erase", "export"):
            [refused] = await command(room, BOB, GROUP, name)
            assert f"`/{name}` in our private chat" in refused.text


async def test_erasing_resets_no_cap(tmp_path: Path) -> None:
    async with open_room(tmp_path) as room:
        for scope in ("user:*", "channel:*"):
            cap = Cap(scope, "chat", CapUnit.COUNT, CapPeriod.DAY, 1)
            await room.parts.caps.put(cap, room.parts.clock())
        await room.say("Good morning", author=BOB, place=DIRECT)
        await erase(room, BOB, DIRECT)
        [refused] = await room.say("Good morning", author=BOB, place=DIRECT)
        assert "daily limit of 1 answers" in refused.text
        await room.parts.caps.clear("user:*", "chat", CapUnit.COUNT, CapPeriod.DAY, at=0)
        [refused] = await room.say("Good morning", author=BOB, place=DIRECT)
        assert "This channel's daily limit of 1 answers" in refused.text


async def test_erasing_lifts_no_block_and_takes_no_house_away(tmp_path: Path) -> None:
    async with open_room(tmp_path, owner=False) as room:
        keeper = room.parts.doorkeeper
        assert await keeper.claim(BOB, keeper.open_claim(), at=0)
        await keeper.put_rule(keeper.person_subject(EVE), False, by="x", at=0)
        [asked] = await command(room, BOB, DIRECT, "erase")
        assert "that you own this bot" in asked.text
        await press(room, BOB, DIRECT, asked, "Erase everything")
        assert keeper.is_owner(room.event(author=BOB, place=DIRECT))
        assert await room.say("Let me in", author=EVE, place=GROUP, addressed=Addressed.MENTION) == []
        assert found_in(tmp_path, (BOB.id,)) == []
    async with open_room(tmp_path, owner=False) as room:
        assert room.parts.doorkeeper.is_owner(room.event(author=BOB, place=DIRECT))


async def test_an_answer_under_way_is_stopped_and_not_remembered(tmp_path: Path) -> None:
    async with open_room(tmp_path) as room:
        [asked] = await command(room, BOB, DIRECT, "erase")
        room.demo.faults.next("/chat/completions", Fault.drip(0.2))
        question = room.event("Write a story about quixotry", author=BOB, place=GROUP)
        await room.parts.engine.submit([question])
        async with asyncio.timeout(5):
            while not any("quixotry" in text for text in room.door.texts):
                await asyncio.sleep(0.02)
        await press(room, BOB, DIRECT, asked, "Erase everything")
        assert await room.store.memory.recent(GROUP.conversation, 5) == []
        assert found_in(tmp_path, ("quixotry", BOB.id)) == []
        assert [row.calls for row in await room.store.money.usage(since=0)] == [1]


async def test_orders_are_given_up_paid_and_cleared_at_venice(tmp_path: Path) -> None:
    async with open_room(tmp_path) as room:
        room.demo.job_seconds = 1000
        [card] = await command(room, BOB, DIRECT, "sound", prompt="quixotry", seconds=2)
        before = len(room.door.messages)
        await press(room, BOB, DIRECT, card, "Make it")
        async with asyncio.timeout(5):
            while "In the making" not in card.text:
                await asyncio.sleep(0.02)
        await erase(room, BOB, DIRECT)
        assert await room.spent() == 1_840
        assert found_in(tmp_path, ("quixotry", BOB.id)) == []
        assert len(room.door.messages) > before
        assert any(request.path.endswith("/complete") for request in room.demo.requests)


async def test_an_export_holds_everything_and_comes_once_an_hour(tmp_path: Path) -> None:
    async with open_room(tmp_path, long_memory=True) as room:
        await live(room)
        [shown] = await command(room, BOB, DIRECT, "export")
        [media] = shown.media
        assert media.name.startswith("gondola-export-")
        with zipfile.ZipFile(BytesIO(media.data)) as packed:
            names = packed.namelist()
            told = json.loads(packed.read("data.json"))
            pictures = [packed.read(name) for name in names if name.startswith("media/")]
        everything = json.dumps(told, ensure_ascii=False)
        assert [word for word in WORDS if word not in everything] == []
        assert "geese" not in everything
        [file] = told["files"]
        assert file["path"] in names
        assert len(pictures[0]) == file["bytes"]
        assert told["reminders"][0]["due_at"] > time.time()
        [again] = await command(room, BOB, DIRECT, "export")
        assert "less than an hour ago" in again.text
        [other] = await command(room, EVE, Place("test", "", "5511"), "export")
        assert other.media
        room.ahead = 3700
        [later] = await command(room, BOB, DIRECT, "export")
        assert later.media


async def test_files_beyond_the_platforms_limit_are_listed(tmp_path: Path) -> None:
    async with open_room(tmp_path) as room:
        room.door.capabilities = replace(CAPABILITIES, upload_limit=70_000)
        now = room.parts.clock()
        big = KeptFile(
            "f1",
            DIRECT.room,
            DIRECT.conversation,
            Hasher(b"key").person(BOB),
            "a/../b.png",
            "image/png",
            bytes(100_000),
            now,
            now + 99,
        )
        await room.store.vault.keep([big, replace(big, id="f2", data=b"small")])
        [shown] = await command(room, BOB, DIRECT, "export")
        with zipfile.ZipFile(BytesIO(shown.media[0].data)) as packed:
            told = json.loads(packed.read("data.json"))
            names = packed.namelist()
        assert names == ["data.json", "media/002-a_.._b.png"]
        assert ["path" in one for one in told["files"]] == [False, True]


# --- one person on two accounts ---

TWIN = Person("test", "990011", "Bob too")
OF_TWIN = Place("test", "", "990011")


async def link(room: Room) -> None:
    """Bob's code, given by his other account."""
    [shown] = await command(room, BOB, DIRECT, "link")
    code = shown.text.split("`")[1]
    [joined] = await command(room, TWIN, OF_TWIN, "link", code=code.lower())
    assert "one person for me now" in joined.text


async def test_linked_accounts_share_settings_facts_and_blocks(tmp_path: Path) -> None:
    async with open_room(tmp_path, long_memory=True) as room:
        await command(room, TWIN, OF_TWIN, "settings", name="voice", value="af_heart", where="user")
        await command(room, BOB, DIRECT, "remember", text="My dog is called zugzwang")
        await link(room)
        settings = room.parts.settings
        for person, place in ((BOB, DIRECT), (TWIN, OF_TWIN)):
            assert settings.resolve(place, person).text("voice") == "af_heart"
        await command(room, TWIN, OF_TWIN, "settings", name="voice", value="am_adam", where="user")
        assert settings.resolve(DIRECT, BOB).text("voice") == "am_adam"
        [memory] = await command(room, TWIN, OF_TWIN, "memory")
        assert "zugzwang" in memory.text
        keeper = room.parts.doorkeeper
        await keeper.put_rule(keeper.person_subject(TWIN), False, by="x", at=0)
        assert await room.say("Hello", author=BOB, place=DIRECT) == []
        assert await command(room, BOB, DIRECT, "link", code="off") == []


async def test_link_off_undoes_it(tmp_path: Path) -> None:
    async with open_room(tmp_path) as room:
        await link(room)
        identities = room.parts.identities
        assert identities.person(TWIN) == identities.person(BOB)
        [parted] = await command(room, TWIN, OF_TWIN, "link", code="off")
        assert "separate again" in parted.text
        assert identities.person(TWIN) != identities.person(BOB)
        [nothing] = await command(room, TWIN, OF_TWIN, "link", code="off")
        assert "not linked" in nothing.text
        changes = [one.change for one in await room.store.audit.entries(9, kind="data")]
        assert [change.subject for change in changes] == ["link", "link"]
        assert BOB.id not in str(changes)
        assert TWIN.id not in str(changes)


async def test_codes_are_guessed_a_few_times_only_and_never_stored(tmp_path: Path) -> None:
    async with open_room(tmp_path) as room:
        [shown] = await command(room, BOB, DIRECT, "link")
        code = shown.text.split("`")[1]
        [own] = await command(room, BOB, DIRECT, "link", code=code)
        assert "this very account" in own.text
        [shown] = await command(room, BOB, DIRECT, "link")
        code = shown.text.split("`")[1]
        for _ in range(5):
            [wrong] = await command(room, TWIN, OF_TWIN, "link", code="AAAAA-AAAAA")
            assert "not good" in wrong.text
        [refused] = await command(room, TWIN, OF_TWIN, "link", code=code)
        assert "too many wrong codes" in refused.text
        assert found_in(tmp_path, (code, code.replace("-", ""), "AAAAA-AAAAA")) == []
        room.ahead = 601
        [late] = await command(room, TWIN, OF_TWIN, "link", code=code)
        assert "not good" in late.text


async def test_privacy_says_how(tmp_path: Path) -> None:
    async with open_room(tmp_path) as room:
        text = "".join(message.text for message in await command(room, BOB, DIRECT, "privacy"))
        for said in ("/export", "/erase", "/link", "30 days"):
            assert said in text
