"""The desk behind the dashboard: everybody sees and changes what is theirs, and every change is audited."""

from __future__ import annotations

import dataclasses
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest

from bot.auditing import ChangeKind
from bot.crediting import CreditAccount
from bot.dashboard import Desk, Overview, Span, Viewer
from bot.declarations import Scope
from bot.demo import Fault
from bot.errors import NotAllowed, UserError
from bot.overseeing import LedgerFilter
from bot.records import ALL_MEDIA, Cap, CapPeriod, CapUnit
from tests.integration.engine.deskroom import ANN, BEN, PRIVATE, A, B, admin, furnish, hashed, owner
from tests.integration.engine.room import Room, open_room

CHAT = "/chat/completions"
Asking = Callable[[Desk, Viewer], Awaitable[object]]


@pytest.fixture
async def room(tmp_path: Path) -> AsyncIterator[Room]:
    async with open_room(tmp_path) as opened:
        await furnish(opened)
        yield opened


async def exported(desk: Desk, viewer: Viewer, wanted: LedgerFilter) -> list[object]:
    """Every row of a CSV."""
    return [row async for row in desk.ledger_rows(viewer, wanted)]


ELSEWHERE: dict[str, Asking] = {
    "place of a server": lambda desk, viewer: desk.place(viewer, B.server_key),
    "channels of a server": lambda desk, viewer: desk.channels(viewer, B.server_key),
    "private chats": lambda desk, viewer: desk.channels(viewer, ""),
    "place of a channel": lambda desk, viewer: desk.place(viewer, B.channel_key),
    "place of a thread": lambda desk, viewer: desk.place(viewer, "thread:test:b1:5"),
    "place nobody knows": lambda desk, viewer: desk.place(viewer, "channel:test:nowhere"),
    "the whole bot": lambda desk, viewer: desk.place(viewer, "bot"),
    "a private chat": lambda desk, viewer: desk.place(viewer, PRIVATE.channel_key),
    "a person's own": lambda desk, viewer: desk.place(viewer, "user:test:12"),
    "put a setting": lambda desk, viewer: desk.put_setting(viewer, B.server_key, "streaming", "off"),
    "put in a channel": lambda desk, viewer: desk.put_setting(viewer, B.channel_key, "streaming", "off"),
    "put for the bot": lambda desk, viewer: desk.put_setting(viewer, "bot", "streaming", "off"),
    "clear a setting": lambda desk, viewer: desk.clear_setting(viewer, B.channel_key, "character"),
    "ledger of a server": lambda desk, viewer: desk.ledger(viewer, LedgerFilter(server=B.server_key)),
    "ledger of a channel": lambda desk, viewer: desk.ledger(viewer, LedgerFilter(channel=B.channel_key)),
    "ledger of a private chat": lambda desk, viewer: desk.ledger(
        viewer, LedgerFilter(channel=PRIVATE.channel_key)
    ),
    "CSV": lambda desk, viewer: exported(desk, viewer, LedgerFilter(server=B.server_key)),
    "put a cap": lambda desk, viewer: desk.put_cap(viewer, B.server_key, ALL_MEDIA, CapPeriod.DAY, "$5"),
    "put a cap at home": lambda desk, viewer: desk.put_cap(
        viewer, A.server_key, ALL_MEDIA, CapPeriod.DAY, "$500"
    ),
    "put a cap of a person": lambda desk, viewer: desk.put_cap(
        viewer, "user:*", ALL_MEDIA, CapPeriod.DAY, "$5"
    ),
    "clear a cap": lambda desk, viewer: desk.clear_cap(
        viewer, "bot", ALL_MEDIA, CapUnit.MONEY, CapPeriod.DAY
    ),
    "rule on a server": lambda desk, viewer: desk.set_rule(viewer, B.server_key, True),
    "rule at home": lambda desk, viewer: desk.set_rule(viewer, A.server_key, True),
    "grant credits": lambda desk, viewer: desk.grant(viewer, viewer.person, "$5", "", "once-1234"),
    "rule on a person": lambda desk, viewer: desk.set_rule(viewer, f"person:{viewer.person}", True),
}
READS: dict[str, Asking] = {
    "overview": lambda desk, viewer: desk.overview(viewer, Span.DAY),
    "places": lambda desk, viewer: desk.places(viewer),
    "channels": lambda desk, viewer: desk.channels(viewer, A.server_key),
    "titles": lambda desk, viewer: desk.titles(viewer),
    "caps": lambda desk, viewer: desk.caps(viewer),
    "people": lambda desk, viewer: desk.people(viewer),
    "ledger": lambda desk, viewer: desk.ledger(viewer, LedgerFilter()),
    "CSV": lambda desk, viewer: exported(desk, viewer, LedgerFilter()),
    "jobs": lambda desk, viewer: desk.jobs(viewer),
    "characters": lambda desk, viewer: desk.characters(viewer),
    "errors": lambda desk, viewer: desk.errors(viewer),
    "audit": lambda desk, viewer: desk.audit(viewer),
    "home": lambda desk, viewer: desk.place(viewer, A.channel_key),
}


@pytest.mark.parametrize("what", ELSEWHERE)
async def test_the_admin_of_one_server_is_refused_everything_elsewhere(room: Room, what: str) -> None:
    before = (room.parts.settings.rows(), room.parts.caps.all(), room.parts.doorkeeper.rules.of_owners)
    with pytest.raises(NotAllowed):
        await ELSEWHERE[what](room.parts.desk, admin(room, ANN, A))
    assert (
        room.parts.settings.rows(),
        room.parts.caps.all(),
        room.parts.doorkeeper.rules.of_owners,
    ) == before


@pytest.mark.parametrize("what", READS)
async def test_what_an_admin_reads_names_nothing_of_other_places(room: Room, what: str) -> None:
    desk = room.parts.desk
    await room.parts.caps.put(_cap(B.server_key), room.parts.clock())
    await room.parts.caps.put(_cap(B.channel_key), room.parts.clock())
    seen = repr(await READS[what](desk, admin(room, ANN, A)))
    elsewhere = (B.server_key, B.channel_key, "in-b", "'o-b'", hashed(room, BEN), "7777777", "secret")
    assert [word for word in elsewhere if word in seen] == []
    everything = repr(await READS[what](desk, owner(room)))
    assert seen != everything or what in ("home", "channels")


@pytest.mark.parametrize("what", READS)
async def test_not_even_owners_read_words_or_whose_private_chat_it_is(room: Room, what: str) -> None:
    seen = repr(await READS[what](room.parts.desk, owner(room)))
    assert [word for word in ("7777777", "secret", "test:11", "test:12", "Hello") if word in seen] == []


async def test_whoever_manages_nothing_any_more_sees_nothing(room: Room) -> None:
    nobody, desk = Viewer(hashed(room, ANN), owner=False), room.parts.desk
    assert (await desk.places(nobody)).rows == ()
    assert (await desk.ledger(nobody, LedgerFilter())).rows == ()
    assert (await desk.overview(nobody, Span.DAY)).whole.messages == 0
    assert (await desk.jobs(nobody)).orders.rows == ()


async def test_the_overview_counts_what_was_asked_paid_and_how_long_it_took(room: Room) -> None:
    desk = room.parts.desk
    mine, house = [await desk.overview(one, Span.DAY) for one in (admin(room, ANN, A), owner(room))]
    assert (mine.whole.messages, house.whole.messages) == (1, 3)
    assert (
        house.whole.cost == await room.spent() == sum(step.cost for step in house.steps) > mine.whole.cost > 0
    )
    assert (mine.people, house.people) == (1, 2)
    assert house.whole.p50 is not None
    assert house.whole.p95 is not None
    assert 0 < house.whole.p50 <= house.whole.p95 < 300
    assert house.whole.cached is not None
    assert len(house.steps) == 96
    assert house.steps[-1].messages + house.steps[-2].messages == 3
    assert house.size > 0 == mine.size
    assert [bar.cap.scope for bar in house.caps] == ["bot"]
    assert house.caps[0].used == await room.spent()
    assert mine.caps == ()


async def test_failures_are_counted_and_kept_with_their_request(room: Room) -> None:
    room.demo.faults.next(CHAT, Fault.status(500)).always()
    await room.say("Hello", author=ANN, place=A)
    desk = room.parts.desk
    assert (await desk.overview(admin(room, ANN, A), Span.HOURS)).whole.errors == 1
    newest = (await desk.errors(admin(room, ANN, A))).rows[0].incident
    assert (newest.kind, newest.fault, newest.channel) == ("VeniceError server", "venice", A.channel_key)
    assert newest.turn_id
    assert newest.request_id.endswith("-DMO")
    assert (await desk.errors(admin(room, BEN, B))).rows[0].incident.request_id == "r"


async def test_what_people_can_mend_is_no_error(room: Room) -> None:
    await room.command("settings", name="nonsense")
    desk = room.parts.desk
    assert len((await desk.errors(owner(room))).rows) == 3
    assert (await desk.overview(owner(room), Span.DAY)).whole.errors == 0


# --- places ---


async def test_places_are_listed_with_titles_rules_and_settings(room: Room) -> None:
    desk = room.parts.desk
    await desk.set_rule(owner(room), B.server_key, False)
    a, b, private = (await desk.places(owner(room))).rows
    assert (a.scope, a.title, a.allowed) == (A.server_key, "A", None)
    assert (b.title, b.allowed, b.channels[0].scope, b.channels[0].settings) == ("B", False, B.channel_key, 1)
    assert b.channels[0].last_used is not None
    assert private.scope == ""
    assert private.channels[0].scope.startswith("channel:test:~")
    assert [one.scope for one in (await desk.places(admin(room, ANN, A))).rows] == [A.server_key]


async def test_settings_say_where_they_come_from_and_are_set_at_once(room: Room) -> None:
    desk, ann = room.parts.desk, admin(room, ANN, A)
    assert await desk.put_setting(ann, A.server_key, "streaming", "OFF") == "off"
    view = await desk.place(ann, A.channel_key)
    line = next(one for one in view.settings if one.name == "streaming")
    assert (line.value, line.origin, line.here, line.editable) == ("off", Scope.SERVER, None, True)
    assert line.choices == ("edits", "drafts", "off")
    assert (view.kind, view.parent, view.title) == (Scope.CHANNEL, A.server_key, "")
    only_bot = next(one for one in view.settings if one.name == "low_balance")
    assert not only_bot.editable
    await desk.clear_setting(ann, A.server_key, "streaming")
    again = await desk.place(ann, A.channel_key)
    assert next(one for one in again.settings if one.name == "streaming").origin is None


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("nonsense", "1", "There is no such setting"),
        ("streaming", "sideways", "can be"),
        ("answer_length", "1", "between 16 and 32000"),
        ("model", "no-such-model", "no-such-model"),
        ("voice", "nobody", "no speech model has a voice"),
        ("timezone", "Atlantis", "no such time zone"),
        ("low_balance", "5", "can only be set for: bot"),
    ],
)
async def test_values_are_checked_as_in_chat(room: Room, name: str, value: str, sentence: str) -> None:
    before = room.parts.settings.rows()
    with pytest.raises(UserError) as refused:
        await room.parts.desk.put_setting(admin(room, ANN, A), A.channel_key, name, value)
    assert sentence.casefold() in refused.value.reader_text.casefold()
    assert room.parts.settings.rows() == before


async def test_models_go_by_their_ids_and_keep_to_the_places_rule(room: Room) -> None:
    desk, ann = room.parts.desk, admin(room, ANN, A)
    offered = (await room.parts.models.catalogue()).offered("text")
    private = next(one for one in offered if one.private and not one.uncensored and one.pricing.tokens)
    assert await desk.put_setting(ann, A.channel_key, "model", private.name) == private.id
    uncensored = next(one for one in offered if one.uncensored)
    with pytest.raises(NotAllowed):
        await desk.put_setting(ann, A.channel_key, "model", uncensored.id)
    await desk.put_setting(ann, A.server_key, "min_privacy", "private")
    anonymous = next(one for one in offered if not one.private and not one.uncensored)
    with pytest.raises(UserError):
        await desk.put_setting(ann, A.channel_key, "model", anonymous.id)
    assert room.parts.settings.rows()[A.channel_key, "model"] == private.id


async def test_private_chats_have_no_page_even_for_owners(room: Room) -> None:
    with pytest.raises(UserError):
        await room.parts.desk.place(owner(room), PRIVATE.channel_key)
    with pytest.raises(UserError):
        await room.parts.desk.set_rule(owner(room), "bot", True)


# --- caps, rules, audit ---


def _cap(scope: str) -> Cap:
    return Cap(scope, ALL_MEDIA, CapUnit.MONEY, CapPeriod.DAY, 5_000_000)


async def test_caps_are_set_with_what_was_used_and_cleared(room: Room) -> None:
    desk, ada = room.parts.desk, owner(room)
    bar = await desk.put_cap(ada, A.server_key, ALL_MEDIA, CapPeriod.DAY, "$5")
    rows = await room.store.money.usage(since=0, server=A.server_key)
    assert (bar.cap, bar.used, bar.editable) == (_cap(A.server_key), sum(row.cost for row in rows), True)
    each = await desk.put_cap(ada, "user:*", "image", CapPeriod.WEEK, "3")
    assert (each.cap.limit, each.cap.unit, each.used) == (3, CapUnit.COUNT, None)
    seen = (await desk.caps(admin(room, ANN, A))).rows
    assert [(one.cap.scope, one.editable) for one in seen] == [(A.server_key, False), ("user:*", False)]
    await desk.clear_cap(ada, A.server_key, ALL_MEDIA, CapUnit.MONEY, CapPeriod.DAY)
    with pytest.raises(UserError):
        await desk.clear_cap(ada, A.server_key, ALL_MEDIA, CapUnit.MONEY, CapPeriod.DAY)
    for scope, medium, amount in (
        ("bot", "nonsense", "$1"),
        ("thread:test:a1:1", ALL_MEDIA, "$1"),
        ("bot", ALL_MEDIA, "lots"),
        ("role:", ALL_MEDIA, "$1"),
        ("", ALL_MEDIA, "$1"),
    ):
        with pytest.raises(UserError):
            await desk.put_cap(ada, scope, medium, CapPeriod.DAY, amount)


async def test_every_change_is_audited_with_who_made_it(room: Room) -> None:
    desk, ada, ann = room.parts.desk, owner(room), admin(room, ANN, A)
    before = {entry.number for entry in (await desk.audit(ada)).rows}
    await desk.put_setting(ann, A.channel_key, "streaming", "off")
    await desk.clear_setting(ann, A.channel_key, "streaming")
    await desk.put_setting(ada, "bot", "streaming", "off")
    await desk.put_cap(ada, A.server_key, ALL_MEDIA, CapPeriod.DAY, "$5")
    await desk.clear_cap(ada, A.server_key, ALL_MEDIA, CapUnit.MONEY, CapPeriod.DAY)
    person = f"person:{hashed(room, BEN)}"
    for allowed in (False, True, None):
        await desk.set_rule(ada, person, allowed)
    entries = [entry.change for entry in (await desk.audit(ada)).rows if entry.number not in before]
    told = [(one.by == ada.person, one.kind, one.scope, one.server, one.old, one.new) for one in entries]
    server, channel = A.server_key, A.channel_key
    assert told[::-1] == [
        (False, ChangeKind.SETTING, channel, server, "", "off"),
        (False, ChangeKind.SETTING, channel, server, "off", ""),
        (True, ChangeKind.SETTING, "bot", "", "", "off"),
        (True, ChangeKind.CAP, server, server, "", "$5.00"),
        (True, ChangeKind.CAP, server, server, "$5.00", ""),
        (True, ChangeKind.ACCESS, person, "", "", "blocked"),
        (True, ChangeKind.ACCESS, person, "", "blocked", "allowed"),
        (True, ChangeKind.ACCESS, person, "", "allowed", ""),
    ]
    mine = [entry.change.scope for entry in (await desk.audit(ann)).rows]
    assert set(mine) == {server, channel}
    assert {entry.change.kind for entry in (await desk.audit(ada, kind="cap")).rows} == {ChangeKind.CAP}
    with pytest.raises(UserError):
        await desk.audit(ada, kind="nonsense")


async def test_what_was_set_in_a_private_chat_is_nobodys_business(room: Room) -> None:
    private = [
        entry.change
        for entry in (await room.parts.desk.audit(owner(room))).rows
        if entry.change.scope.startswith("channel:test:~")
    ]
    assert [(one.subject, one.old, one.new) for one in private] == [("character", "", "(private)")]


async def test_a_rule_holds_at_once_and_can_be_taken_back(room: Room) -> None:
    desk, ada = room.parts.desk, owner(room)
    await desk.set_rule(ada, f"person:{hashed(room, BEN)}", False)
    assert await room.say("Hello", author=BEN, place=B) == []
    line = next(one for one in (await desk.people(ada)).rows if one.person == hashed(room, BEN))
    assert (line.allowed, line.owner) == (False, False)
    await desk.set_rule(ada, f"person:{hashed(room, BEN)}", None)
    assert len(await room.say("Hello", author=BEN, place=B)) == 1


async def test_owners_grant_credits_once_and_nobody_else_sees_them(room: Room) -> None:
    desk, ada, ben = room.parts.desk, owner(room), hashed(room, BEN)
    assert (await desk.grant(ada, ben, "$1.50", " for  films ", "once-1234")).balance == 1_500_000
    assert (await desk.grant(ada, ben, "$1.50", "for films", "once-1234")).balance == 1_500_000, "sent twice"
    assert (await desk.grant(ada, ben, "-0.5", "", "once-1235")).balance == 1_000_000
    line = next(one for one in (await desk.people(ada)).rows if one.person == ben)
    assert line.credits == CreditAccount(1_000_000)
    assert [one.credits for one in (await desk.people(admin(room, BEN, B))).rows] == [None]
    booked = await room.store.credits.movements(ben, 9)
    assert [(one.amount, one.other, one.note) for one in booked] == [
        (-500_000, ada.person, ""),
        (1_500_000, ada.person, "for films"),
    ]
    changes = [one.change for one in (await desk.audit(ada, kind="credit")).rows]
    assert [(one.by, one.scope, one.server, one.new) for one in changes] == [
        (ada.person, f"person:{ben}", "", "granted -$0.50"),
        (ada.person, f"person:{ben}", "", "granted +$1.50"),
    ]


@pytest.mark.parametrize(
    ("person", "amount", "note", "once", "sentence"),
    [
        ("", "lots", "", "once-1234", "Write the amount"),
        ("", "$0", "", "once-1234", "Write how much"),
        ("", "-$1", "", "once-1234", "Only $0.00"),
        ("", "$1", "x" * 201, "once-1234", "at most 200"),
        ("", "$1", "", "", "out of date"),
        ("nobody", "$1", "", "once-1234", "Choose somebody"),
    ],
)
async def test_grants_that_cannot_be_say_why(
    room: Room, person: str, amount: str, note: str, once: str, sentence: str
) -> None:
    ben = hashed(room, BEN)
    with pytest.raises(UserError) as refused:
        await room.parts.desk.grant(owner(room), person or ben, amount, note, once)
    assert sentence in refused.value.reader_text
    assert await room.store.credits.movements(ben, 9) == []


# --- pages ---


@pytest.mark.parametrize("cursor", ["-1", "x", "1e9", "9" * 30, "../..", "٣"])
async def test_pages_nobody_gave_out_are_refused(room: Room, cursor: str) -> None:
    desk, ada = room.parts.desk, owner(room)
    for asked in (
        desk.ledger(ada, LedgerFilter(), cursor),
        desk.errors(ada, cursor),
        desk.audit(ada, cursor),
        desk.people(ada, cursor),
    ):
        with pytest.raises(UserError):
            await asked


async def test_pages_follow_each_other_and_private_chats_can_be_filtered_for(
    room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.desk.lists.PAGE_ROWS", 2)
    monkeypatch.setattr("bot.desk.lists.ROWS_AT_ONCE", 2)
    desk, ada = room.parts.desk, owner(room)
    first = await desk.ledger(ada, LedgerFilter())
    rest = await desk.ledger(ada, LedgerFilter(), first.cursor)
    assert (len(first.rows), len(rest.rows), rest.cursor) == (2, 1, "")
    assert await exported(desk, ada, LedgerFilter()) == [*first.rows, *rest.rows]
    shown = first.rows[0].channel
    assert shown.startswith("channel:test:~")
    only = await desk.ledger(ada, LedgerFilter(channel=shown))
    assert [one.channel for one in only.rows] == [shown]
    errors = await desk.errors(ada)
    assert len((await desk.errors(ada, errors.cursor)).rows) == 1
    monkeypatch.setattr("bot.desk.lists.PAGE_ROWS", 1)
    people = await desk.people(ada)
    more = await desk.people(ada, people.cursor)
    assert {people.rows[0].person, more.rows[0].person} == {hashed(room, ANN), hashed(room, BEN)}
    assert more.cursor == ""


async def test_forgetting_leaves_hashes_and_sums(room: Room) -> None:
    desk = room.parts.desk
    before = await desk.people(owner(room)), (await desk.overview(owner(room), Span.DAY)).whole.cost
    await room.store.memory.forget(A.conversation)
    await room.store.memory.forget(PRIVATE.conversation)
    after = await desk.people(owner(room)), (await desk.overview(owner(room), Span.DAY)).whole.cost
    assert after == before
    assert [one.channel for one in (await desk.jobs(owner(room))).reminders.rows] == [B.channel_key]


async def test_jobs_show_who_waits_for_what_and_what_the_house_did(room: Room) -> None:
    room.parts.chores.ran("housekeeping", "database: gone")
    jobs = await room.parts.desk.jobs(owner(room))
    assert sorted(one.order_id for one in jobs.orders.rows) == ["o-a", "o-b", "o-p"]
    assert len(jobs.reminders.rows) == 3
    (chore,) = jobs.chores
    assert (chore.name, chore.trouble) == ("housekeeping", "database: gone")
    assert (await room.parts.desk.jobs(admin(room, ANN, A))).chores == ()


async def test_characters_are_named_with_who_uses_them(room: Room) -> None:
    await room.parts.settings.put("user:test:11", "character", "in-a", by="x", at=0)
    first, *rest = sorted(
        (await room.parts.desk.characters(owner(room))).rows, key=lambda one: one.slug != "in-a"
    )
    assert (first.slug, first.scopes, first.people) == ("in-a", (A.channel_key,), 1)
    assert {one.slug for one in rest} == {"in-b", "in-p"}
    (mine,) = (await room.parts.desk.characters(admin(room, ANN, A))).rows
    assert (mine.slug, mine.people) == ("in-a", 0)


def test_the_desk_has_every_method_that_the_page_may_ask(room: Room) -> None:
    desk: Desk = room.parts.desk  # pyright checks the shapes
    assert {name for name in vars(Desk) if not name.startswith("_")} <= set(dir(desk))
    assert dataclasses.fields(Overview)
