"""One person's data in every table: told, erased; and what stays without naming anybody."""

from __future__ import annotations

import random
from dataclasses import replace
from pathlib import Path
from typing import Any

from sqlalchemy import insert, select

from bot.messages import Place
from bot.records import (
    AccessRule,
    Closing,
    HistoryItem,
    Role,
    SettingRow,
    Summary,
    TurnState,
)
from storage.tables import (
    access_rules,
    audit,
    caps,
    counters,
    events,
    history,
    ledger,
    metadata,
    orders,
    reservations,
    turns,
)
from tests.contract.storage.houses import NOON, House, admission, settlement
from tests.contract.storage.somebody import (
    ANN,
    DIRECT,
    ERASED,
    EVE,
    GROUP,
    HASHED,
    NUMBER,
    OF_EVE,
    OF_NOBODY,
    OTHER,
    OWN,
    SPEAKER,
    WHOSE,
    WORD,
    erasure,
    furnish,
    hide,
    note,
    texts,
)
from tests.contract.storage.test_orders import CARD, step


def test_every_table_is_thought_of() -> None:
    """Whoever adds a table says here what an erasure does to it, and teaches storage/erasing.py."""
    assert set(metadata.tables) == ERASED | HASHED | OF_NOBODY


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
    assert filled >= {"titles", "summaries", "let in or shut out by servers", "asked to be let in"}
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
