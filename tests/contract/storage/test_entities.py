"""Memory, settings, access, buttons and marks."""

from __future__ import annotations

import asyncio
from dataclasses import replace

from bot.auditing import LONGEST_VALUE, Change, ChangeKind
from bot.records import (
    ALL_MEDIA,
    AccessRule,
    AccessState,
    Announcement,
    Cap,
    CapPeriod,
    CapUnit,
    Closing,
    HistoryItem,
    ReadMark,
    Role,
    SettingRow,
    StoredButton,
    TurnState,
)
from storage import SqlStore
from tests.contract.storage.houses import MIDNIGHT, NOON, House, Statements

HERE, THERE = "discord:1:2:", "discord:1:3:"


async def say(store: SqlStore, *texts: str, at: float = NOON, conversation: str = HERE) -> None:
    """Remember texts."""
    items = tuple(HistoryItem(conversation, Role.PERSON, text, at) for text in texts)
    await store.turns.close([Closing("t-none", TurnState.COMPLETE, history=items)])


async def recall(store: SqlStore, limit: int = 100, conversation: str = HERE) -> list[str]:
    """The texts remembered."""
    return [item.text for item in await store.memory.recent(conversation, limit)]


async def test_a_remembered_item_comes_back_whole(store: SqlStore) -> None:
    item = HistoryItem(
        HERE,
        Role.BOT,
        "Grüße",
        NOON + 0.25,
        "discord:7",
        "Ann",
        "t-1",
        ("10", "11"),
        "a picture of a cat",
        "chat",
    )
    await store.turns.close([Closing("t-none", TurnState.COMPLETE, history=(item,))])
    await store.chats.resume(HERE, "chat", NOON + 9)
    assert await store.memory.recent(HERE, 5) == [item]


async def test_recent_gives_the_newest_oldest_first_of_one_conversation(store: SqlStore) -> None:
    await say(store, "1", "2", "3")
    await say(store, "other", conversation=THERE)
    await say(store, "4")
    assert await recall(store, 3) == ["2", "3", "4"]
    assert await recall(store, conversation="discord:9:9:") == []


async def test_forgetting_deletes_and_counts(store: SqlStore) -> None:
    await say(store, "1", "2")
    await say(store, "other", conversation=THERE)
    assert await store.memory.forget(HERE) == 2
    assert await store.memory.forget(HERE) == 0
    assert await recall(store) == []
    assert await recall(store, conversation=THERE) == ["other"]


async def test_settings_are_set_replaced_and_removed(store: SqlStore) -> None:
    await store.settings.put(SettingRow("bot", "model", "a"), "h1", NOON)
    await store.settings.put(SettingRow("bot", "model", "b"), "h2", NOON + 1)
    await store.settings.put(SettingRow("channel:discord:2", "model", "c"), "h1", NOON)
    assert await store.settings.all() == [
        SettingRow("bot", "model", "b"),
        SettingRow("channel:discord:2", "model", "c"),
    ]
    assert await store.settings.remove("bot", "model") is True
    assert await store.settings.remove("bot", "model") is False
    assert len(await store.settings.all()) == 1


async def test_owners_and_rules(store: SqlStore) -> None:
    assert await store.access.load() == AccessState(frozenset(), ())
    await store.access.add_owner("discord:1", NOON)
    await store.access.add_owner("discord:1", NOON)
    await store.access.add_owner("telegram:2", NOON)
    await store.access.put_rule(AccessRule("server:discord:1", True), "h", NOON)
    await store.access.put_rule(AccessRule("person:ff", True), "h", NOON)
    await store.access.put_rule(AccessRule("person:ff", False), "h", NOON)
    assert await store.access.load() == AccessState(
        frozenset({"discord:1", "telegram:2"}),
        (AccessRule("person:ff", False), AccessRule("server:discord:1", True)),
    )
    assert await store.access.remove_rule("person:ff") is True
    assert await store.access.remove_rule("person:ff") is False


async def test_buttons_last_until_they_expire(store: SqlStore) -> None:
    short = StoredButton("b1", "retry", '{"turn":"t"}', "h", "channel:discord:2", NOON + 10.5)
    long = StoredButton("b2", "stop", "{}", "", "channel:discord:2", NOON + 100)
    await store.buttons.save([short, long, short])
    await store.buttons.save([])
    assert await store.buttons.get("b1", NOON) == short
    assert await store.buttons.get("b1", NOON + 10.5) is None
    assert await store.buttons.get("b3", NOON) is None
    assert await store.buttons.purge(NOON + 50) == 1
    assert await store.buttons.get("b2", NOON) == long


async def test_marks_are_remembered(store: SqlStore) -> None:
    assert await store.marks.get("offset") == ""
    await store.marks.put("offset", "1")
    await store.marks.put("offset", "2")
    assert await store.marks.get("offset") == "2"
    assert await store.marks.claim("offset", "3") is False
    assert await store.marks.get("offset") == "2"


async def test_a_mark_is_claimed_by_one_only(built: House) -> None:
    stores = [built.store, await built.another("b")]
    won = await asyncio.gather(*(stores[n % 2].marks.claim("greeted", str(n)) for n in range(12)))
    assert won.count(True) == 1
    assert await built.store.marks.get("greeted") == str(won.index(True))


async def test_a_mark_advances_once(built: House) -> None:
    stores = [built.store, await built.another("b")]
    assert await built.store.marks.advance("day", "2026-11-28")
    won = await asyncio.gather(*(stores[n % 2].marks.advance("day", "2026-11-29") for n in range(12)))
    assert won.count(True) == 1
    assert await built.store.marks.advance("day", "2026-11-28") is False
    assert await built.store.marks.get("day") == "2026-11-29"


async def test_announcements_are_given_out_once(built: House) -> None:
    here = "channel:test:c1"
    first, second = Announcement(here, "model:x", "old", NOON), Announcement(here, "model:y", "two", NOON + 2)
    other = Announcement("bot", "model:x", "all", NOON)
    for one in (first, second, other, replace(first, text="one", at=NOON + 1)):
        await built.store.announcements.put(one)
    assert await built.store.announcements.scopes() == {here, "bot"}
    assert await built.store.announcements.take([]) == []
    stores = [built.store, await built.another("b")]
    given = await asyncio.gather(*(stores[n % 2].announcements.take([here, "none"]) for n in range(6)))
    assert [[one.text for one in row] for row in given if row] == [["one", "two"]]
    assert await built.store.announcements.scopes() == {"bot"}


async def test_announcements_move_with_their_chat(store: SqlStore) -> None:
    await store.announcements.put(Announcement("channel:telegram:-1", "model:x", "one", NOON))
    await store.move("telegram", "-1", "-100")
    assert await store.announcements.scopes() == {"channel:telegram:-100"}


async def test_a_turn_is_recalled_with_what_went_before_it(store: SqlStore) -> None:
    for number in range(3):
        asked = HistoryItem(HERE, Role.PERSON, f"q{number}", NOON + number, turn_id=f"t{number}")
        said = HistoryItem(HERE, Role.BOT, f"a{number}", NOON + number, turn_id=f"t{number}")
        await store.turns.close([Closing("t-none", TurnState.COMPLETE, history=(asked, said))])

    async def upto(turn: str, limit: int = 10) -> list[str]:
        return [item.text for item in await store.memory.of_turn(HERE, turn, limit)]

    assert await upto("t1") == ["q0", "a0", "q1", "a1"]
    assert await upto("t1", 3) == ["a0", "q1", "a1"]
    assert await upto("unknown") == []
    await store.chats.start(HERE, "c2", "", NOON + 5)
    new = HistoryItem(HERE, Role.PERSON, "q3", NOON + 6, turn_id="t3", chat="c2")
    await store.turns.close([Closing("t-none", TurnState.COMPLETE, history=(new,))])
    assert await upto("t3") == ["q3"]
    assert await upto("t1") == ["q0", "a0", "q1", "a1"]


async def test_a_revised_answer_takes_the_place_of_the_old_one(store: SqlStore) -> None:
    asked = HistoryItem(HERE, Role.PERSON, "q", NOON, turn_id="t1")
    said = HistoryItem(HERE, Role.BOT, "a", NOON, turn_id="t1", message_ids=("1",))
    await store.turns.close([Closing("t-none", TurnState.COMPLETE, history=(asked, said))])
    await say(store, "later", at=NOON + 1)
    better = HistoryItem(HERE, Role.BOT, "better", NOON, turn_id="t1", message_ids=("1", "2"))
    elsewhere = HistoryItem(THERE, Role.BOT, "forgotten", NOON, turn_id="t1")
    await store.turns.close([Closing("t-none", TurnState.COMPLETE, revised=(better, elsewhere))])
    assert [item.text for item in await store.memory.recent(HERE, 9)] == ["q", "better", "later"]
    assert (await store.memory.recent(HERE, 9))[1].message_ids == ("1", "2")
    assert await recall(store, conversation=THERE) == []


async def test_recent_buttons_of_a_channel_newest_first(store: SqlStore) -> None:
    await store.buttons.save(
        [
            StoredButton("b1", "answer", "{}", "", "channel:t:1", NOON + 10),
            StoredButton("b2", "answer", "{}", "", "channel:t:1", NOON + 20),
            StoredButton("b3", "answer", "{}", "", "channel:t:2", NOON + 30),
            StoredButton("b4", "run", "{}", "", "channel:t:1", NOON + 40),
        ]
    )
    found = await store.buttons.recent("answer", "channel:t:1", NOON, 5)
    assert [one.id for one in found] == ["b2", "b1"]
    assert [one.id for one in await store.buttons.recent("answer", "channel:t:1", NOON + 15, 5)] == ["b2"]


async def test_read_marks_are_kept_replaced_and_dropped(store: SqlStore) -> None:
    talk = ReadMark("10", "1", "100", NOON + 0.5)
    direct = ReadMark("20", "", "200", NOON + 2)
    await store.reading.keep("discord", [talk, direct])
    await store.reading.keep("other", [ReadMark("10", "1", "7", NOON)])
    await store.reading.keep("discord", [])
    assert await store.reading.newest("discord", 5) == [direct, talk]
    assert await store.reading.newest("discord", 1) == [direct]
    later = ReadMark("10", "1", "101", NOON + 3)
    await store.reading.keep("discord", [talk, later], ["20", "30"])
    assert await store.reading.newest("discord", 5) == [later]
    await store.reading.keep("discord", [], ["10"])
    assert await store.reading.newest("discord", 5) == []
    assert await store.reading.newest("other", 5) == [ReadMark("10", "1", "7", NOON)]


async def test_read_marks_of_quiet_channels_are_purged(store: SqlStore) -> None:
    await store.reading.keep("discord", [ReadMark("10", "1", "1", NOON), ReadMark("20", "", "2", NOON + 10)])
    assert await store.reading.purge(NOON + 10) == 1
    assert await store.reading.newest("discord", 5) == [ReadMark("20", "", "2", NOON + 10)]


async def test_read_marks_are_one_statement_however_many(store: SqlStore) -> None:
    statements = Statements(store)
    await store.reading.keep("discord", [ReadMark(str(n), "1", "1", NOON) for n in range(300)])
    written = [one for one in statements.take() if one.lstrip().startswith("INSERT")]
    assert len(written) == 1
    assert len(await store.reading.newest("discord", 500)) == 300


def a_change(subject: str, server: str, at: float = NOON) -> Change:
    return Change(at, "h1", ChangeKind.SETTING, server or "bot", server, subject, "", "new")


async def test_the_audit_log_is_read_newest_first_and_by_server(store: SqlStore) -> None:
    for subject, server in (("a", "server:discord:1"), ("b", "server:discord:2"), ("c", "")):
        await store.audit.add(a_change(subject, server))
    entries = await store.audit.entries(2)
    assert [one.change.subject for one in entries] == ["c", "b"]
    older = await store.audit.entries(5, before=entries[-1].number)
    assert [one.change for one in older] == [a_change("a", "server:discord:1")]
    mine = await store.audit.entries(5, servers=["server:discord:2"], kind="setting")
    assert [one.change.subject for one in mine] == ["b"]
    assert await store.audit.entries(5, servers=[]) == []
    assert await store.audit.entries(5, kind="cap") == []


async def test_a_change_is_audited_with_what_it_changes_and_only_then(store: SqlStore) -> None:
    await store.settings.put(SettingRow("bot", "model", "x"), "h1", NOON, a_change("put", ""))
    await store.settings.remove("bot", "none", a_change("nothing removed", ""))
    await store.settings.remove("bot", "model", a_change("removed", ""))
    await store.access.add_owner("discord:1", NOON, a_change("owner", ""))
    await store.access.add_owner("discord:1", NOON, a_change("no new owner", ""))
    await store.access.put_rule(AccessRule("person:ff", True), "h1", NOON, a_change("rule", ""))
    await store.access.remove_rule("person:ff", a_change("rule gone", ""))
    await store.access.remove_rule("person:ff", a_change("no rule", ""))
    cap = Cap("bot", ALL_MEDIA, CapUnit.MONEY, CapPeriod.DAY, 5)
    await store.money.set_cap(cap, [], MIDNIGHT, NOON, a_change("cap", ""))
    await store.money.clear_cap("bot", ALL_MEDIA, "money", "day", a_change("cap gone", ""))
    await store.money.clear_cap("bot", ALL_MEDIA, "money", "day", a_change("no cap", ""))
    subjects = [one.change.subject for one in await store.audit.entries(20)]
    assert subjects == ["cap gone", "cap", "rule gone", "rule", "owner", "removed", "put"]


async def test_old_audit_entries_go_and_long_values_are_cut(store: SqlStore) -> None:
    await store.audit.add(replace(a_change("old", ""), new="x" * 1000))
    await store.audit.add(a_change("new", "", NOON + 10))
    assert len((await store.audit.entries(5))[-1].change.new) == LONGEST_VALUE
    assert await store.audit.purge(NOON + 5) == 1
    assert [one.change.subject for one in await store.audit.entries(5)] == ["new"]
