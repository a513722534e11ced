"""Every administrative change leaves one line: who, what, old, new. What changes nothing leaves none."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from bot.auditing import Change
from bot.messages import Addressed, Authority, ButtonPress, CommandUse, Incoming, OptionValue, Person, Place
from tests.integration.engine.room import ADA, CAPABILITIES, MemoryDoor, Message, Room, open_room

GROUP = Place("test", "100", "101", category="9")
HOME = Place("test", "", "c1")
MO, BOB = Person("test", "4", "Mo"), Person("test", "2", "Bob")
"""Mo manages the server."""
ADMIN_KEY = "VENICE_ADMIN_KEY_of-the-house"
BROUGHT = "VENICE_INFERENCE_KEY_brought-by-mo-4711"
Line = tuple[str, str, str, str]
"""Kind, subject, old and new value."""


class Hall(MemoryDoor):
    """Where adults are stated and roles exist."""

    def __init__(self) -> None:
        super().__init__()
        self.capabilities = CAPABILITIES

    def has_role(self, place: Place, role: str) -> bool:
        return role == "7"


@pytest.fixture
async def room(tmp_path: Path) -> AsyncIterator[Room]:
    keys = frozenset({ADMIN_KEY, BROUGHT})
    async with open_room(tmp_path, door=Hall(), admin_key=ADMIN_KEY, keys=keys) as opened:
        yield opened


def by(room: Room, who: Person, place: Place, **fields: Any) -> Incoming:
    manages = who == MO and not place.direct
    authority = Authority.MODERATOR if manages else Authority.MEMBER
    return room.event(author=who, place=place, authority=authority, admin=manages, reply_handle="h", **fields)


async def use(
    room: Room, who: Person, place: Place, name: str, /, **options: OptionValue
) -> Sequence[Message]:
    return await room.send(
        by(room, who, place, addressed=Addressed.COMMAND, command=CommandUse(name, dict(options)))
    )


async def press(room: Room, who: Person, place: Place, message: Message, label: str) -> Sequence[Message]:
    [button] = [one for row in message.buttons for one in row if one.label.startswith(label)]
    shown = next(key for key, one in room.door.messages.items() if one is message)
    pressed = ButtonPress(button.id, shown)
    return await room.send(by(room, who, place, addressed=Addressed.BUTTON, press=pressed))


async def lines(room: Room) -> list[Change]:
    return [one.change for one in reversed(await room.store.audit.entries(100))]


CHANGES: Sequence[tuple[Person, Place, str, dict[str, OptionValue], Line | None]] = (
    (
        ADA,
        HOME,
        "settings",
        {"name": "rate_limit", "value": "9", "where": "bot"},
        ("setting", "rate_limit", "", "9"),
    ),
    (
        ADA,
        HOME,
        "settings",
        {"name": "rate_limit", "value": "0", "where": "bot"},
        ("setting", "rate_limit", "9", "0"),
    ),
    (
        MO,
        GROUP,
        "settings",
        {"name": "tools", "value": "off", "where": "server"},
        ("setting", "tools", "", "off"),
    ),
    (MO, GROUP, "settings", {"name": "retention", "value": "30"}, ("setting", "retention", "", "30")),
    (MO, GROUP, "settings", {"name": "retention", "value": "default"}, ("setting", "retention", "30", "")),
    (MO, GROUP, "settings", {"name": "record", "value": "off"}, ("setting", "record", "", "off")),
    (MO, GROUP, "settings", {"name": "record", "value": "on"}, ("setting", "record", "off", "on")),
    (MO, GROUP, "settings", {"name": "timezone", "value": "Europe/Rome", "where": "user"}, None),
    (MO, GROUP, "character", {"persona": "A pirate"}, ("setting", "system_prompt", "", "A pirate")),
    (MO, GROUP, "character", {"clear": True}, ("setting", "system_prompt", "A pirate", "")),
    (ADA, HOME, "caps", {"scope": "bot", "amount": "$7"}, ("cap", "all a day", "$10.00", "$7.00")),
    (
        MO,
        GROUP,
        "caps",
        {"scope": "server", "amount": "5", "medium": "image"},
        ("cap", "image a day", "", "5 calls"),
    ),
    (
        MO,
        GROUP,
        "caps",
        {"scope": "server", "amount": "none", "medium": "image"},
        ("cap", "image a day", "5 calls", ""),
    ),
    (MO, GROUP, "caps", {"scope": "server", "amount": "none", "medium": "image"}, None),
    (ADA, HOME, "allow", {"who": "2"}, ("access", "access", "", "allowed")),
    (ADA, HOME, "deny", {"who": "2"}, ("access", "access", "allowed", "blocked")),
    (ADA, HOME, "allow", {"who": "2", "forget": True}, ("access", "access", "blocked", "")),
    (ADA, HOME, "allow", {"who": "2", "forget": True}, None),
    (MO, GROUP, "deny", {"who": "category"}, ("access", "access here", "", "blocked")),
    (MO, GROUP, "allow", {"who": "category"}, ("access", "access here", "blocked", "allowed")),
    (MO, GROUP, "deny", {"who": "category", "forget": True}, ("access", "access here", "allowed", "")),
    (MO, GROUP, "permit", {"command": "image", "role": "test:7"}, ("command", "command:image", "", "test:7")),
    (
        MO,
        GROUP,
        "permit",
        {"command": "image", "who": "nobody"},
        ("command", "command:image", "test:7", "nobody"),
    ),
    (MO, GROUP, "permit", {"command": "image", "who": "default"}, ("command", "command:image", "nobody", "")),
    (MO, GROUP, "permit", {"command": "image", "who": "default"}, None),
    (ADA, HOME, "credits", {"person": "22222", "amount": "$2"}, ("credit", "credits", "", "granted +$2.00")),
    (BOB, GROUP, "settings", {"name": "tools", "value": "on"}, None),
    (BOB, GROUP, "deny", {"who": "4"}, None),
    (MO, GROUP, "caps", {"scope": "bot", "amount": "$900"}, None),
)


async def test_what_is_changed_by_command(room: Room) -> None:
    await room.parts.models.catalogue()
    before = len(await lines(room))
    for who, place, name, options, wanted in CHANGES:
        shown = await use(room, who, place, name, **options)
        found = (await lines(room))[before:]
        before += len(found)
        told = [(one.kind.value, one.subject, one.old, one.new) for one in found]
        assert told == ([wanted] if wanted else []), (name, options, shown[0].text)
        assert all(one.by == room.hasher.person(who) for one in found)


async def test_keys_with_their_terms_and_without_a_letter_of_them(room: Room) -> None:
    await room.parts.models.catalogue()
    before = len(await lines(room))
    await use(room, ADA, GROUP, "key", action="mint", limit="$5", per="day")
    await use(room, ADA, GROUP, "key", action="change", limit="$7", per="month")
    await use(room, ADA, GROUP, "key", action="rotate")
    await use(room, ADA, GROUP, "key", action="revoke")
    await use(room, MO, GROUP, "key", action="own", key=BROUGHT)
    await use(room, MO, GROUP, "key", action="revoke")
    found = (await lines(room))[before:]
    assert [one.kind.value for one in found] == ["key"] * 6
    terms = [tuple(value.partition(", ")[2] for value in (one.old, one.new)) for one in found]
    assert terms[:4] == [
        ("", "5 USD, a day, all"),
        ("5 USD, a day, all", "7 USD, a month, all"),
        ("7 USD, a month, all", "7 USD, a month, all"),
        ("7 USD, a month, all", ""),
    ]
    assert [one.old for one in found[1:]] == [one.new for one in found[:-1]]
    assert BROUGHT[-4:] not in str(found)
    assert {one.by for one in found} == {room.hasher.person(ADA), room.hasher.person(MO)}
    assert {one.server for one in found} == {GROUP.server_key}


async def test_what_is_deleted_for_everybody(room: Room) -> None:
    await room.parts.settings.put("bot", "long_memory", "on", by="test", at=1.0)
    await room.send(by(room, BOB, GROUP, text="Hello there", addressed=Addressed.MENTION))
    await use(room, MO, GROUP, "remember", text="We meet on Fridays", shelf="channel")
    before = len(await lines(room))
    [asked] = await use(room, MO, GROUP, "forget")
    await press(room, MO, GROUP, asked, "Forget it")
    await use(room, MO, GROUP, "remember", text="We meet on Fridays", shelf="channel")
    [listed] = await use(room, MO, GROUP, "memory")
    [sure] = await press(room, MO, GROUP, listed, "Forget all")
    await press(room, MO, GROUP, sure, "Forget")
    found = [(one.subject, one.old, one.new, one.server) for one in (await lines(room))[before:]]
    assert [one[0] for one in found] == ["chat", "memory of the channel"]
    assert all(one[1][0].isdigit() and (one[2], one[3]) == ("", GROUP.server_key) for one in found)
    # One's own chat is nobody's business.
    await room.say("Hello", author=BOB, place=Place("test", "", "bob"))
    [asked] = await use(room, BOB, Place("test", "", "bob"), "forget")
    await press(room, BOB, Place("test", "", "bob"), asked, "Forget it")
    assert len(await lines(room)) == before + len(found)


async def test_who_is_let_in_by_code_and_who_owns_the_house(tmp_path: Path) -> None:
    async with open_room(tmp_path, is_open=False, owner=False) as room:
        code = room.parts.doorkeeper.open_claim()
        await use(room, ADA, HOME, "claim", code=code)
        for person, answer in ((BOB, "Approve 1"), (MO, "Refuse 1")):
            await room.say("hi", author=person, place=Place("test", "", person.id))
            [listed] = [one for one in await use(room, ADA, HOME, "pairings") if one.buttons]
            await press(room, ADA, HOME, listed, answer)
        found = await lines(room)
        told = [
            (one.kind.value, one.subject, one.old, one.new) for one in found if one.by not in ("", "test")
        ]
        assert told[0] == ("owner", "owner", "", "owner")
        assert ("access", "access", "", "allowed") in told
        assert ("access", "pairing", "", "refused") in told
