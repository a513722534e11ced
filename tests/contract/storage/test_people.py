"""One person's data in every table: told, joined with another account's, erased; nobody else's touched."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from sqlalchemy import insert, select

from bot.auditing import Change, ChangeKind
from bot.crediting import CreditKind, Movement
from bot.messages import Place
from bot.people import Erasure, Link, LinkOffer, Whose
from bot.records import (
    ALL_MEDIA,
    AccessRule,
    Cap,
    CapPeriod,
    CapUnit,
    Closing,
    HistoryItem,
    Role,
    SettingRow,
    Summary,
    TurnState,
)
from bot.serverrules import ServerRule
from storage import SqlStore
from storage.tables import (
    access_rules,
    audit,
    caps,
    counters,
    events,
    facts,
    history,
    ledger,
    links,
    metadata,
    orders,
    reservations,
    turns,
)
from tests.contract.storage.houses import MIDNIGHT, NOON, TODAY, House, admission, line, settlement
from tests.contract.storage.test_orders import CARD, step
from tests.integration.upkeep.rows import row_of

ANN, EVE = "hash-ann", "hash-eve"
NUMBER, OTHER = "4711778899", "5511223344"
SPEAKER, OF_EVE = f"telegram:{NUMBER}", f"telegram:{OTHER}"
DIRECT, OWN = Place("telegram", "", NUMBER), Place("telegram", "-12", "-12", member=NUMBER)
GROUP = Place("telegram", "-12", "-12")
WHOSE = Whose(frozenset({ANN}), frozenset({SPEAKER}))
WORD = "quixotry"
ERASED = frozenset(
    {
        *("history", "chats", "current_chats", "summaries", "facts", "reminders", "announcements"),
        *("read_marks", "orders", "kept_files", "own_voices", "shared_voices", "events", "turns"),
        *("settings", "buttons", "marks", "link_codes", "links", "erasures", "sign_ins"),
    }
)
"""Rows of somebody go."""
HASHED = frozenset(
    {
        *("ledger", "counters", "reservations", "caps", "access_rules", "audit", "owners"),
        *("credit_accounts", "credit_movements", "incidents", "pairings", "server_rules"),
    }
)
"""Rows stay under hashes; a direct chat's number is hidden."""
OF_NOBODY = frozenset({"server_keys", "permits", "pulse", "departures", "reconciliations"})


def hide(place: Place) -> str:
    """As different chats have different hashes."""
    return f"channel:{place.platform}:~{place.channel[::-1]}"


def note(what: str) -> Change:
    return Change(NOON, ANN, ChangeKind.DATA, f"person:{ANN}", "", what, "", "")


def erasure(**fields: Any) -> Erasure:
    return replace(Erasure(ANN, WHOSE, DIRECT.conversation, NOON + 10), **fields)


def test_every_table_is_thought_of() -> None:
    """Whoever adds a table says here what an erasure does to it, and teaches storage/erasing.py."""
    assert set(metadata.tables) == ERASED | HASHED | OF_NOBODY


def _row(name: str, person: str, number: str, key: str) -> Mapping[str, object]:
    """A row of a table as it belongs to somebody, with a word of theirs where there are any."""
    direct = Place("telegram", "", number)
    known: dict[str, object] = {
        "person": person,
        "said_by": person,
        "speaker": f"telegram:{number}",
        "speaker_name": f"{WORD} {key}",
        "conversation": direct.conversation,
        "room": direct.room,
        "scope": direct.channel_key,
        "channel": direct.channel_key,
        "shelf": f"user:{person}",
        "platform": "telegram",
        "server": "",
        "turn_id": f"t-{key}",
        "received_at": round(NOON * 1e6),
        "state": "settled",
        "message_ids": "[]",
        "subject": direct.channel_key,
        "counter": f"{direct.channel_key}|all|money|day|{TODAY}",
        "lines": "[]",
        "persons": "[]",
        "speakers": "[]",
    }
    special: dict[str, dict[str, object]] = {
        "read_marks": {"channel": number},
        "marks": {"name": f"welcomed:{direct.channel_key}"},
        "events": {"event_id": f"telegram:web:{number}:{key}"},
        "settings": {"scope": f"user:telegram:{number}", "name": WORD},
        "caps": {"unit": "money", "period": "day", "medium": "all"},
        "server_rules": {"server": "server:telegram:-12", "subject": f"person:{person}"},
        "shared_voices": {"voice": f"voice-{key}"},
        "own_voices": {"id": f"voice-{key}"},
        "summaries": {"chat": "c", "covers": 10**9},
        "chats": {"chat": "c"},
        "audit": {"by": person, "kind": "data"},
        "orders": {"uncleared": False, "state": "delivered"},
        "reservations": {"turn_id": f"t-{key}", "reserved_at": round(NOON * 1e6), "person": person},
    }
    table = metadata.tables[name]
    row = row_of(table, 2)
    words = {
        column.name: f"{WORD} {key} {column.name}"
        for column in table.columns
        if isinstance(row[column.name], str)
    }
    values = {**row, **words, **known, **special.get(name, {})}
    return {
        column.name: values[column.name]
        for column in table.columns
        if not (column.primary_key and column.autoincrement is True)
    }


async def furnish(store: SqlStore, person: str, number: str, key: str) -> None:
    """A row in every table that may hold something of a person."""
    skipped = {"owners", "links", "erasures", *OF_NOBODY}

    async def work(connection: Any) -> None:
        for name in sorted(set(metadata.tables) - skipped):
            await connection.execute(insert(metadata.tables[name]), [_row(name, person, number, key)])

    await store.database.write(work)


async def texts(built: House) -> dict[str, str]:
    """Everything in every table."""
    return {name: str(await built.rows(select(table))) for name, table in metadata.tables.items()}


async def test_nothing_of_somebody_is_left_in_any_table(built: House) -> None:
    store = built.store
    await furnish(store, ANN, NUMBER, "ann")
    await furnish(store, EVE, OTHER, "eve")
    before = await texts(built)
    filled = set(metadata.tables) - {"owners", "links", "erasures", *OF_NOBODY}
    assert {name for name in filled if "ann" in before[name] or NUMBER in before[name]} == filled
    await store.people.request(erasure())
    [claimed] = await store.people.claim()
    assert claimed == erasure()
    await store.people.erase(claimed, hide, note("erase"))
    after = await texts(built)
    assert [name for name, text in after.items() if NUMBER in text] == []
    named = {name for name, text in after.items() if f"{WORD} ann" in text}
    assert named <= HASHED  # made-up names of media and models there; no words of people
    for name in ERASED - {"links", "erasures"}:
        assert OTHER in after[name] or "eve" in after[name], name
    [left] = await store.people.claim()
    assert left.erased
    await store.people.finish(ANN)
    assert await store.people.claim() == []


async def test_money_rules_and_the_audit_log_stay(built: House) -> None:
    store = built.store
    await furnish(store, ANN, NUMBER, "ann")
    await store.access.put_rule(AccessRule(f"person:{ANN}", False), "owner", NOON)
    tables = (ledger, counters, caps, access_rules, audit, reservations)
    before = [await built.rows(select(table)) for table in tables]
    await store.people.erase(erasure(), hide, note("erase"))
    after = [await built.rows(select(table)) for table in tables]
    assert (
        [len(rows) for rows in after]
        == [
            len(before[0]) + 1,  # what was held is booked
            *(len(rows) for rows in before[1:4]),
            len(before[4]) + 1,
            0,
        ]
    )
    [counter] = after[1]
    assert counter["used"] == before[1][0]["used"]
    assert counter["counter"].startswith(f"{hide(DIRECT)}|")
    rules = (await store.access.load()).rules
    assert AccessRule(f"person:{ANN}", False) in rules


async def test_answers_go_and_what_others_said_stays(built: House) -> None:
    store = built.store
    said: list[HistoryItem] = []
    for number, (speaker, text) in enumerate(((OF_EVE, "geese"), (SPEAKER, WORD), (OF_EVE, "owls"))):
        asked = HistoryItem(GROUP.conversation, Role.PERSON, text, NOON, speaker, "X", f"t{number}")
        said += [asked, replace(asked, role=Role.BOT, text=f"about {text}", speaker="", speaker_name="")]
    own = HistoryItem(OWN.conversation, Role.BOT, "an answer", NOON)
    await store.turns.close([Closing("t", TurnState.COMPLETE, history=(*said, own))])
    items = await store.memory.recent(GROUP.conversation, 9)
    assert await store.memory.summarise(Summary(GROUP.conversation, "geese", items[1].id, NOON))
    await store.people.erase(erasure(), hide, note("erase"))
    left = await store.memory.recent(GROUP.conversation, 9)
    assert [item.text for item in left] == ["geese", "about geese", "owls", "about owls"]
    recalled = (await store.memory.recall([GROUP.conversation], 9))[0]
    assert recalled.summary is not None  # of what came before their first word
    assert await store.memory.recent(OWN.conversation, 9) == []
    assert await store.memory.summarise(Summary(GROUP.conversation, WORD, left[3].id, NOON), (), "geese")
    again = HistoryItem(GROUP.conversation, Role.PERSON, WORD, NOON, SPEAKER, "X", "t9")
    await store.turns.close([Closing("t2", TurnState.COMPLETE, history=(again,))])
    newest = (await store.memory.recent(GROUP.conversation, 1))[0]
    assert await store.memory.summarise(Summary(GROUP.conversation, WORD, newest.id, NOON), (), WORD)
    await store.people.erase(erasure(), hide, note("erase"))
    assert (await store.memory.recall([GROUP.conversation], 9))[0].summary is None


async def test_a_direct_chat_with_a_number_of_its_own_is_found_by_its_bill(built: House) -> None:
    store = built.store
    theirs, strange = Place("discord", "", "777888999"), Place("discord", "", "777000999")
    paid = admission("a", person=ANN, server="", channel=hide(theirs))
    await store.money.admit([paid])
    await store.turns.close([Closing("t", TurnState.COMPLETE, settlements=(settlement("a", 5),))])
    for place in (theirs, strange):
        await store.settings.put(SettingRow(place.channel_key, "model", "x"), "h", NOON)
        await store.chats.start(place.conversation, "c", WORD, NOON)
    await store.people.erase(erasure(), hide, note("erase"))
    after = await texts(built)
    assert [name for name, text in after.items() if theirs.channel in text] == []
    assert [row.scope for row in await store.settings.all()] == [strange.channel_key]


async def test_what_begins_later_is_left_alone(built: House) -> None:
    store = built.store
    await furnish(store, ANN, NUMBER, "ann")
    await store.people.erase(erasure(asked_at=NOON - 10), hide, note("erase"))
    assert len(await built.rows(select(turns))) == 1
    assert len(await built.rows(select(reservations))) == 1
    assert await built.rows(select(history)) == []


async def test_media_still_at_venice_keep_only_their_slip(built: House) -> None:
    store = built.store
    await store.orders.add(replace(CARD, person=ANN, conversation=DIRECT.conversation))
    await store.orders.advance(step(CARD.state.CANCELLED, CARD.state, uncleared=True, message_id=NUMBER))
    await store.people.erase(erasure(), hide, note("erase"))
    [row] = await built.rows(select(orders))
    assert (row["conversation"], row["request"], row["message_id"]) == ("telegram:::", "", "")


async def test_an_erasure_is_given_to_one_process_at_a_time(built: House) -> None:
    await built.store.people.request(erasure())
    await built.store.people.request(erasure(asked_at=NOON + 99))
    other = await built.another("b")
    assert await built.store.people.claim() == [erasure()]
    assert await other.people.claim() == []
    built.clock.now += 61
    assert await other.people.claim() == [erasure()]


def everything_in(folder: Path) -> bytes:
    """The bytes of all files."""
    return b"".join(path.read_bytes() for path in folder.iterdir() if path.is_file())


async def test_no_trace_is_left_in_the_files(built: House, tmp_path: Path) -> None:
    """SQLite overwrites what is deleted, but leaves copies behind where pages were split."""
    if built.url:
        assert await built.store.people.clean()
        return
    chance = random.Random(1)

    async def fill(connection: Any) -> None:
        rows = [
            {
                "conversation": GROUP.conversation,
                "role": "person",
                "text": f"{word} " + word[-1] * chance.choice((5, 50, 300, 6000)),
                "at": number,
                "speaker": speaker,
                "speaker_name": word,
                "turn_id": f"{word}{chance.random()}",
                "message_ids": "[]",
                "media_note": "",
                "chat": f"{chance.randrange(50)}",
            }
            for number in range(3000)
            for speaker, word in [chance.choice(((SPEAKER, WORD), (OF_EVE, "geese")))]
        ]
        await connection.execute(insert(history), rows)

    await built.store.database.write(fill)
    await built.store.people.erase(erasure(), hide, note("erase"))
    assert await built.store.people.clean()
    data = everything_in(tmp_path)
    assert WORD.encode() not in data
    assert SPEAKER.encode() not in data
    assert b"geese" in data


# --- one person, two accounts ---

FIRST, SECOND = Link(ANN, ANN, "discord:1"), Link(EVE, EVE, "telegram:2")


def counted(person: str, amount: int = 0, limit: int = 1000) -> Any:
    return line(f"user:{person}", amount, limit)


async def used(store: SqlStore, person: str) -> int:
    states = await store.money.counters([counted(person).counter])
    return states[0].used if states else 0


async def spend(store: SqlStore, name: str, person: str, amount: int, *, settled: bool = True) -> None:
    held = admission(name, counted(person, amount), person=person, estimate=amount)
    assert await store.money.admit([held]) == [None]
    if settled:
        done = (settlement(name, amount),)
        await store.turns.close([Closing(f"c-{name}", TurnState.COMPLETE, settlements=done)])


async def test_linked_counters_add_up_also_what_is_held(built: House) -> None:
    store = built.store
    await spend(store, "a", ANN, 100)
    await spend(store, "b", EVE, 30)
    await spend(store, "held", EVE, 50, settled=False)
    await store.people.link(FIRST, SECOND, note("link"))
    assert (await used(store, ANN), await used(store, EVE)) == (180, 0)
    done = (settlement("held", 20),)
    await store.turns.close([Closing("c", TurnState.COMPLETE, settlements=done)])
    assert await used(store, ANN) == 150
    assert sum(row.cost for row in await store.money.usage(since=0, person=ANN)) == 150
    assert [(one.person, one.canonical) for one in await store.people.links()] == [(ANN, ANN), (EVE, ANN)]


async def test_unlinking_resets_nothing(built: House) -> None:
    store = built.store
    await spend(store, "a", ANN, 100)
    await store.people.link(FIRST, SECOND, note("link"))
    await spend(store, "b", ANN, 200)
    assert await store.people.unlink(ANN, note("link")) == 2
    assert (await used(store, ANN), await used(store, EVE)) == (300, 300)
    assert await store.people.links() == []
    assert await store.people.unlink(ANN, note("link")) == 0


async def test_linking_again_counts_nothing_twice(built: House) -> None:
    store = built.store
    await spend(store, "a", ANN, 100)
    await spend(store, "b", EVE, 30)
    for first, second in ((FIRST, SECOND), (SECOND, FIRST), (FIRST, SECOND)):
        await store.people.link(first, second, note("link"))
        assert await used(store, first.person) == 130
        await store.people.unlink(first.person, note("link"))
        assert (await used(store, ANN), await used(store, EVE)) == (130, 130)
    await spend(store, "c", ANN, 7)
    await spend(store, "held", EVE, 5, settled=False)
    await store.people.link(FIRST, SECOND, note("link"))
    assert await used(store, ANN) == 142, "what each used alone since then adds up"


async def test_erasing_both_resets_neither(built: House) -> None:
    store = built.store
    await store.people.link(FIRST, SECOND, note("link"))
    await spend(store, "b", ANN, 200)
    whose = Whose(frozenset({ANN, EVE}), frozenset({"discord:1", "telegram:2"}))
    assert await store.people.whose(ANN) == whose
    await store.people.erase(erasure(whose=whose), hide, note("erase"))
    assert (await used(store, ANN), await used(store, EVE)) == (200, 200)
    assert await built.rows(select(links)) == []


async def test_the_stricter_cap_holds(built: House) -> None:
    store = built.store

    async def put(scope: str, limit: int, medium: str = ALL_MEDIA) -> None:
        cap = Cap(scope, medium, CapUnit.MONEY, CapPeriod.DAY, limit)
        await store.money.set_cap(cap, [], MIDNIGHT, NOON)

    await put("user:*", 50)
    await put(f"user:{ANN}", 500)  # more than everybody: the other account had only 50
    await put(f"user:{EVE}", 7, "image")
    await store.people.link(FIRST, SECOND, note("link"))
    found = {(cap.scope, cap.medium): cap.limit for cap in await store.money.caps()}
    assert found == {
        ("user:*", ALL_MEDIA): 50,
        (f"user:{ANN}", ALL_MEDIA): 50,
        (f"user:{ANN}", "image"): 7,
    }
    await store.people.unlink(ANN, note("link"))
    assert {cap.scope for cap in await store.money.caps()} == {"user:*", f"user:{ANN}", f"user:{EVE}"}


async def test_a_block_of_either_holds_for_both_and_outlives_the_link(built: House) -> None:
    store = built.store
    await store.access.put_rule(AccessRule(f"person:{ANN}", True), "owner", NOON)
    await store.access.put_rule(AccessRule(f"person:{EVE}", False), "owner", NOON)
    await store.people.link(FIRST, SECOND, note("link"))
    await store.people.unlink(ANN, note("link"))
    blocked = [AccessRule(f"person:{one}", False) for one in (ANN, EVE)]
    assert (await store.access.load()).rules == tuple(blocked)


async def test_what_is_theirs_goes_along_and_settings_of_the_first_stay(built: House) -> None:
    store = built.store
    await furnish(store, EVE, "2", "eve")
    for scope, name, value in (
        ("user:discord:1", "model", "first"),
        ("user:telegram:2", "model", "second"),
        ("user:telegram:2", "voice", "second"),
    ):
        await store.settings.put(SettingRow(scope, name, value), "h", NOON)
    await store.people.link(FIRST, SECOND, note("link"))
    kept = {(row.name, row.value) for row in await store.settings.all() if row.scope == "user:discord:1"}
    assert {("model", "first"), ("voice", "second")} <= kept
    assert [row["shelf"] for row in await built.rows(select(facts))] == [f"user:{ANN}"]
    after = await texts(built)
    assert {name for name, text in after.items() if EVE in text} == {
        "links",
        "audit",
        "link_codes",
        "server_rules",
    }


async def test_a_code_is_good_once_and_for_a_while(store: SqlStore) -> None:
    offer = LinkOffer("h1", ANN, "discord:1", NOON + 600)
    await store.people.offer(offer)
    await store.people.offer(replace(offer, code="h2"))
    assert await store.people.redeem("h1", NOON) is None
    assert await store.people.redeem("h2", NOON + 601) is None
    assert await store.people.redeem("h2", NOON) == replace(offer, code="h2")
    assert await store.people.redeem("h2", NOON) is None


async def test_the_dossier_holds_ones_own_and_nobody_elses(built: House) -> None:
    store = built.store
    await furnish(store, ANN, NUMBER, "ann")
    await furnish(store, EVE, OTHER, "eve")
    dossier = await store.people.dossier(WHOSE)
    told = str(dossier)
    assert "eve" not in told
    assert OTHER not in told
    filled = {name for name, rows in dossier.subjects.items() if rows}
    assert filled >= {"conversations", "facts", "reminders", "settings", "voices", "orders", "spent", "held"}
    assert "changes" in filled
    assert len(dossier.files) == 1
    assert "vv_" not in told


async def test_direct_chats_are_hidden_in_the_books(built: House) -> None:
    await furnish(built.store, ANN, NUMBER, "ann")
    for _ in range(2):
        await built.store.people.hide_directs(hide)
    assert hide(DIRECT) in str(await built.rows(select(ledger)))
    for table in (ledger, counters, caps, audit):
        assert NUMBER not in str(await built.rows(select(table)))
    assert NUMBER in str(await built.rows(select(events)))


async def test_linked_accounts_share_their_credits(built: House) -> None:
    store = built.store
    for person, amount in ((ANN, 500), (EVE, 200)):
        await store.credits.grant(
            Movement(person, CreditKind.GRANTED, amount, NOON, f"grant-{person}", note="x")
        )
    await store.people.link(FIRST, SECOND, note("link"))
    assert (await store.credits.account(ANN)).balance == 700
    assert (await store.credits.account(EVE)).balance == 0
    assert sum(one.amount for one in await store.credits.movements(ANN, 9)) == 700


async def test_a_servers_block_of_either_holds_for_both(built: House) -> None:
    store = built.store
    for server, person, allowed in (("a", ANN, True), ("a", EVE, False), ("b", EVE, True)):
        rule = ServerRule(f"server:telegram:{server}", f"person:{person}", allowed)
        await store.server_rules.put_rule(rule, "admin", NOON)
    await store.people.link(FIRST, SECOND, note("link"))
    found = {(one.server[-1], one.subject[-3:]): one.allowed for one in await store.server_rules.rules()}
    assert found == {("a", "ann"): False, ("a", "eve"): False, ("b", "ann"): True, ("b", "eve"): True}
