"""Doors on the dashboard: rules of the house and of a server, permits, and who asks to be let in."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from bot.auditing import ChangeKind
from bot.dashboard import PAGE_ROWS, Desk, Viewer
from bot.doorways import Entry, SubjectKind
from bot.errors import NotAllowed, UserError
from bot.messages import Addressed, CommandUse, Person, Place
from tests.integration.engine.deskroom import ANN, BEN, PRIVATE, A, B, admin, furnish, hashed, owner
from tests.integration.engine.room import ADA, MemoryDoor, Room, open_room

EVE = Person("test", "13", "Eve")
ARTISTS, GUESTS = "test:901", "test:902"
Asking = Callable[[Desk, Viewer], Awaitable[object]]


class NamingDoor(MemoryDoor):
    """A door that is in both servers and knows a category and two roles of A."""

    def servers(self) -> Sequence[Place]:
        return [Place("test", "a", ""), Place("test", "b", ""), Place("test", "new", "")]

    def title(self, place: Place) -> str:
        return {("a", ""): "Lagoon", ("a", "a1"): "general", ("a", "a2"): "quiet", ("a", "500"): "Talk"}.get(
            (place.space, place.channel), ""
        )

    def roles(self, place: Place) -> Mapping[str, str]:
        return {ARTISTS: "artists", GUESTS: "guests"} if place.space == "a" else {}


@pytest.fixture
async def room(tmp_path: Path) -> AsyncIterator[Room]:
    async with open_room(tmp_path, is_open=False, door=NamingDoor()) as opened:
        for place in (A, B):
            await opened.parts.doorkeeper.rules.put(place.server_key, True, by="x", at=0)
        await opened.parts.doorkeeper.rules.put("person:" + hashed(opened, BEN), True, by="x", at=0)
        await furnish(opened)
        yield opened


def books(room: Room) -> object:
    rules = room.parts.doorkeeper.rules
    servers = [dict(rules.of_server(one.server_key)) for one in (A, B)]
    permits = [dict(room.parts.permits.of(one.server_key)) for one in (A, B)]
    return dict(rules.of_owners), servers, permits


REFUSED: dict[str, Asking] = {
    "the house's doors": lambda desk, viewer: desk.doors(viewer),
    "another server's door": lambda desk, viewer: desk.door(viewer, B.server_key),
    "a channel as a server": lambda desk, viewer: desk.door(viewer, A.channel_key),
    "a rule of the house": lambda desk, viewer: desk.set_rule(viewer, A.server_key, True),
    "a role in the house": lambda desk, viewer: desk.set_rule(viewer, f"role:{ARTISTS}", True),
    "a rule elsewhere": lambda desk, viewer: desk.set_rule(viewer, "person:" + "0" * 16, False, B.server_key),
    "another server at home": lambda desk, viewer: desk.set_rule(viewer, B.server_key, False, A.server_key),
    "another platform at home": lambda desk, viewer: desk.set_rule(
        viewer, "channel:discord:5", False, A.server_key
    ),
    "a new rule of the house": lambda desk, viewer: desk.add_rule(viewer, SubjectKind.PERSON, "test:5", True),
    "a new rule elsewhere": lambda desk, viewer: desk.add_rule(
        viewer, SubjectKind.ROLE, "901", True, B.server_key
    ),
    "a permit elsewhere": lambda desk, viewer: desk.put_permit(
        viewer, B.server_key, "command:image", "nobody"
    ),
    "taking one back elsewhere": lambda desk, viewer: desk.clear_permit(viewer, B.server_key, "medium:image"),
    "approving": lambda desk, viewer: desk.decide(viewer, "p", True),
}


@pytest.mark.parametrize("what", REFUSED)
async def test_an_admin_has_no_say_about_other_doors(room: Room, what: str) -> None:
    await room.parts.permits.put(B.server_key, "medium:image", ("nobody",), by="x", at=0)
    before = books(room)
    with pytest.raises(NotAllowed):
        await REFUSED[what](room.parts.desk, admin(room, ANN, A))
    assert books(room) == before


async def test_an_admins_rules_hold_in_their_server_only_and_are_audited(room: Room) -> None:
    desk, viewer, server = room.parts.desk, admin(room, ANN, A), A.server_key
    assert await room.say("Hello", author=EVE, place=A)
    subject = await desk.add_rule(viewer, SubjectKind.PERSON, "<@13>", False, server)
    assert subject == f"person:{hashed(room, EVE)}"
    assert await room.say("Hello", author=EVE, place=A) == []
    assert await room.say("Hello", author=EVE, place=B)
    (line,) = (await desk.door(viewer, server)).rules
    assert (line.subject, line.allowed, line.title) == (subject, False, "")
    await desk.set_rule(viewer, subject, None, server)
    assert await room.say("Hello", author=EVE, place=A)
    lines = (await desk.audit(viewer, kind=ChangeKind.ACCESS.value)).rows
    seen = [(one.change.by, one.change.scope, one.change.old, one.change.new) for one in lines[:2]]
    by = hashed(room, ANN)
    assert seen == [(by, subject, "blocked", ""), (by, subject, "", "blocked")]
    assert not [one for one in (await desk.audit(admin(room, BEN, B))).rows if one.change.scope == subject]


@pytest.mark.parametrize(
    ("kind", "named", "subject"),
    [
        (SubjectKind.ROLE, "<@&901>", "role:test:901"),
        (SubjectKind.CHANNEL, "77", "channel:test:77"),
        (SubjectKind.CATEGORY, "500", "category:test:500"),
        (SubjectKind.TOPIC, "77:5", "thread:test:77:5"),
        (SubjectKind.SERVER, "", "server:test:a"),
    ],
)
async def test_what_a_rule_can_be_about(room: Room, kind: SubjectKind, named: str, subject: str) -> None:
    desk, viewer = room.parts.desk, admin(room, ANN, A)
    assert await desk.add_rule(viewer, kind, named, False, A.server_key) == subject
    assert room.parts.doorkeeper.rules.of_server(A.server_key) == {subject: False}


@pytest.mark.parametrize(
    ("kind", "named"),
    [
        (SubjectKind.PERSON, "Eve"),
        (SubjectKind.PERSON, ""),
        (SubjectKind.PERSON, "13:5"),
        (SubjectKind.TOPIC, "5"),
        (SubjectKind.PERSON, "mars:13"),
        (SubjectKind.ROLE, "9" * 40),
    ],
)
async def test_what_is_no_subject_is_said(room: Room, kind: SubjectKind, named: str) -> None:
    with pytest.raises(UserError):
        await room.parts.desk.add_rule(admin(room, ANN, A), kind, named, False, A.server_key)
    with pytest.raises(UserError):
        await room.parts.desk.add_rule(owner(room), kind, named, False)
    for subject in ("user:test:5", "person:13", "thread:test:5", "channel:test:a b", "server:"):
        with pytest.raises(UserError):
            await room.parts.desk.set_rule(owner(room), subject, True)


async def test_a_server_is_let_in_by_owners_or_its_admins(room: Room) -> None:
    desk, new = room.parts.desk, Place("test", "new", "n1")
    mine = Viewer(hashed(room, ANN), owner=False, servers=(new.server_key,))

    async def entry() -> tuple[Entry, bool | None]:
        found = await desk.door(mine, new.server_key)
        return found.entry, found.own_word

    assert await entry() == (Entry.NOBODY, None)
    await desk.set_rule(mine, new.server_key, True, new.server_key)
    assert await entry() == (Entry.NOBODY, True)
    await room.parts.settings.put("bot", "admin_enable", "on", by="x", at=0)
    assert await entry() == (Entry.ADMINS, True)
    assert await room.say("Hello", author=EVE, place=new)
    await desk.set_rule(owner(room), new.server_key, True)
    assert await entry() == (Entry.OWNERS, True)
    await desk.set_rule(mine, new.server_key, False, new.server_key)
    assert await entry() == (Entry.CLOSED, False)
    assert await room.say("Hello", author=EVE, place=new) == []
    await desk.set_rule(owner(room), new.server_key, False)
    assert await entry() == (Entry.BLOCKED, False)


async def test_an_admin_reads_what_owners_said_of_their_server_and_no_more(room: Room) -> None:
    rules = room.parts.doorkeeper.rules
    mine = [
        "category:test:500",
        "channel:test:a2",
        A.channel_key,
        f"role:{ARTISTS}",
        f"thread:{A.channel_key[8:]}:9",
    ]
    for subject in (*mine, B.channel_key, "role:test:77", "category:test:7", PRIVATE.channel_key):
        await rules.put(subject, True, by="x", at=0)
    seen = await room.parts.desk.door(admin(room, ANN, A), A.server_key)
    assert sorted(one.subject for one in seen.of_owners) == sorted([*mine, A.server_key])
    titles = {one.subject: one.title for one in seen.of_owners}
    assert (titles[A.server_key], titles[A.channel_key]) == ("Lagoon", "general")
    assert titles["channel:test:a2"] == "quiet", "where nobody has said anything yet"
    house = {one.subject: one.title for one in (await room.parts.desk.doors(owner(room))).rules}
    assert house["channel:test:a2"] == "quiet"
    text = repr(seen)
    assert not [one for one in (hashed(room, BEN), "b1", "7777777") if one in text]


async def test_owners_rules_in_pages_without_the_number_of_a_private_chat(room: Room) -> None:
    desk, rules = room.parts.desk, room.parts.doorkeeper.rules
    await rules.put(PRIVATE.channel_key, True, by="x", at=0)
    await rules.put("channel:test:8888888", False, by="x", at=0)
    for number in range(130):
        await rules.put(f"person:{number:016x}", True, by="x", at=0)
    seen, cursor = list[str](), ""
    while True:
        page = await desk.doors(owner(room), cursor)
        assert len(page.rules) <= PAGE_ROWS
        seen += [one.subject for one in page.rules]
        assert "7777777" not in repr(page) + page.cursor
        assert "8888888" not in repr(page) + page.cursor
        if not (cursor := page.cursor):
            break
    assert len(seen) == len(set(seen)) == len(rules.of_owners)
    with pytest.raises(UserError):
        await desk.doors(owner(room), "channel:test:1")
    hidden = [one for one in seen if "~" in one]
    assert len(hidden) == 2
    before = len(rules.of_owners)
    for shown in hidden:
        await desk.set_rule(owner(room), shown, None)
    assert len(rules.of_owners) == before - 2
    changes = [one.change for one in (await desk.audit(owner(room), kind=ChangeKind.ACCESS.value)).rows[:2]]
    assert sorted(one.scope for one in changes) == sorted(hidden)


async def test_permits_are_those_of_the_command(room: Room) -> None:
    desk, viewer, server = room.parts.desk, admin(room, ANN, A), A.server_key
    await desk.put_permit(viewer, server, "command:image", "nobody")
    await desk.put_permit(viewer, server, "command:image", ARTISTS)
    await desk.put_permit(viewer, server, "command:image", GUESTS)
    assert room.parts.permits.of(server) == {"command:image": (ARTISTS, GUESTS)}
    await desk.put_permit(viewer, server, "medium:voice", "nobody")
    seen = await desk.door(viewer, server)
    assert [(one.subject, one.who, one.titles) for one in seen.permits] == [
        ("command:image", (ARTISTS, GUESTS), ("artists", "guests")),
        ("medium:voice", ("nobody",), ("",)),
    ]
    assert "allow" not in seen.commands
    assert "pairings" not in seen.commands
    assert "image" in seen.commands
    event = room.event(author=EVE, place=A, command=CommandUse("image", {"prompt": "a boat"}))
    (refused,) = await room.send(replace(event, addressed=Addressed.COMMAND))
    assert "In this server, `/image` is for people with the role" in refused.text
    await desk.clear_permit(viewer, server, "command:image")
    assert room.parts.permits.of(server) == {"medium:voice": ("nobody",)}
    changes = [one.change for one in (await desk.audit(viewer, kind=ChangeKind.COMMAND.value)).rows]
    assert (changes[0].subject, changes[0].new, changes[0].by) == ("command:image", "", hashed(room, ANN))
    assert len(changes) == 5


@pytest.mark.parametrize(
    ("subject", "who"),
    [
        ("command:allow", "nobody"),
        ("command:pairings", "anyone"),
        ("command:none", "anyone"),
        ("medium:embedding", "nobody"),
        ("command:image", "test:903"),
        ("command:image", "everyone"),
        ("", "nobody"),
    ],
)
async def test_permits_that_there_cannot_be(room: Room, subject: str, who: str) -> None:
    for viewer in (admin(room, ANN, A), owner(room)):
        with pytest.raises(UserError):
            await room.parts.desk.put_permit(viewer, A.server_key, subject, who)
    assert room.parts.permits.of(A.server_key) == {}


async def test_owners_decide_who_asked_to_be_let_in(room: Room) -> None:
    desk, me = room.parts.desk, owner(room)
    await room.parts.settings.put("bot", "pairing", "on", by="x", at=0)
    for number in (21, 22):
        who = Person("test", str(number))
        await room.say("Hello", author=who, place=Place("test", "", str(number)))
    first, second = (await desk.doors(me)).waiting
    assert (first.subject, first.platform, len(first.hint)) == (
        f"person:{hashed(room, Person('test', '21'))}",
        "test",
        2,
    )
    await desk.decide(me, first.id, True)
    await desk.decide(me, second.id, False)
    assert (await desk.doors(me)).waiting == ()
    rules = room.parts.doorkeeper.rules.of_owners
    assert (rules.get(first.subject), rules.get(second.subject)) == (True, None)
    with pytest.raises(UserError) as refused:
        await desk.decide(me, second.id, True)
    assert "no longer open" in refused.value.reader_text
    changes = [one.change for one in (await desk.audit(me, kind=ChangeKind.ACCESS.value)).rows[:2]]
    assert [(one.by, one.scope, one.new) for one in changes] == [
        (hashed(room, ADA), second.subject, "refused"),
        (hashed(room, ADA), first.subject, "allowed"),
    ]
