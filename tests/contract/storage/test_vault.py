"""Kept files: bytes come back whole, versions are a tree, limits hold, and what is forgotten is gone."""

from __future__ import annotations

import os
from dataclasses import replace

import pytest

from bot.keeping import FILE_LIMIT, KEPT_SECONDS, KeptFile, Version
from bot.messages import Place
from bot.records import Closing, HistoryItem, Role, TurnState
from storage import SqlStore, vault
from tests.contract.storage.houses import NOON, House

HERE = Place("telegram", "-12", "-12")
OWN = replace(HERE, member="42")
LATER = NOON + 60


def kept(
    name: str, parent: str = "", *, place: Place = HERE, data: bytes = b"", at: float = NOON
) -> KeptFile:
    """A picture `name` that p1 asked for."""
    return KeptFile(
        id=name,
        room=place.room,
        conversation=place.conversation,
        person="p1",
        name=f"{name}.png",
        mime="image/png",
        data=data or name.encode(),
        created_at=at,
        expires_at=at + KEPT_SECONDS,
        parent=parent,
        note='{"prompt": "a ☀ lighthouse"}',
    )


def names(versions: list[Version]) -> list[str]:
    """Their ids."""
    return [version.id for version in versions]


async def test_bytes_and_all_that_is_known_come_back(store: SqlStore) -> None:
    file = replace(kept("one", data=bytes(range(256)) + os.urandom(300_000)), message_ids=("7", "8"))
    assert await store.vault.keep([file]) == {"one"}
    assert await store.vault.get("one", LATER) == file
    [about] = await store.vault.about(["one", "none"], LATER)
    assert (about.size, about.note, about.message_ids) == (300_256, file.note, ("7", "8"))
    assert await store.vault.get("none", LATER) is None


async def test_a_known_id_is_not_overwritten(store: SqlStore) -> None:
    await store.vault.keep([kept("one", data=b"first")])
    await store.vault.keep([kept("one", data=b"second")])
    file = await store.vault.get("one", LATER)
    assert file is not None
    assert file.data == b"first"


async def test_versions_are_a_tree(store: SqlStore) -> None:
    await store.vault.keep([kept("root")])
    await store.vault.keep([kept("b", "root"), kept("a", "root")])
    await store.vault.keep([kept("aa", "a")])
    assert names(await store.vault.ancestors("aa", LATER)) == ["a", "root"]
    assert names(await store.vault.ancestors("root", LATER)) == []
    assert names(await store.vault.children("root", LATER)) == ["b", "a"]
    assert names(await store.vault.recent(HERE.conversation, LATER, 3)) == ["aa", "a", "b"]


async def test_a_line_with_a_gap_ends_there(store: SqlStore) -> None:
    await store.vault.keep([replace(kept("root"), expires_at=LATER), kept("a", "root"), kept("aa", "a")])
    assert names(await store.vault.ancestors("aa", LATER)) == ["a"]


async def test_a_file_that_is_its_own_ancestor_ends_the_walk(store: SqlStore) -> None:
    await store.vault.keep([kept("a", "b"), kept("b", "a")])
    assert set(names(await store.vault.ancestors("a", LATER))) == {"b"}


async def test_messages_show_files_in_the_order_they_were_kept_in(store: SqlStore) -> None:
    await store.vault.keep([kept("z"), kept("a"), kept("other", place=Place("telegram", "-13", "-13"))])
    await store.vault.shown(["z", "a"], ["100"])
    await store.vault.shown(["other"], ["100"])
    await store.vault.shown(["z"], ["101", "100"])
    assert names(await store.vault.shown_by(HERE.room, "100", LATER)) == ["z", "a"]
    assert names(await store.vault.shown_by(HERE.room, "101", LATER)) == ["z"]
    assert await store.vault.shown_by(HERE.room, "10", LATER) == []
    assert await store.vault.shown_by(HERE.room, "%", LATER) == []


async def test_what_has_expired_is_not_found_and_goes(store: SqlStore) -> None:
    await store.vault.keep([kept("old", at=NOON - KEPT_SECONDS), kept("new")])
    assert await store.vault.get("old", NOON) is None
    assert names(await store.vault.recent(HERE.conversation, NOON, 5)) == ["new"]
    assert await store.vault.purge(NOON) == 1
    assert await store.vault.purge(NOON) == 0
    assert await store.vault.get("new", NOON) is not None


async def test_a_file_over_the_limit_is_not_kept(store: SqlStore, monkeypatch: pytest.MonkeyPatch) -> None:
    assert FILE_LIMIT >= 50_000_000
    monkeypatch.setattr(vault, "FILE_LIMIT", 10)
    assert await store.vault.keep([kept("large", data=b"x" * 11), kept("small", data=b"x" * 10)]) == {"small"}


async def test_a_full_room_loses_its_oldest(store: SqlStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(vault, "ROOM_LIMIT", 30)
    elsewhere = Place("telegram", "-13", "-13")
    await store.vault.keep([kept("away", place=elsewhere, data=b"x" * 20)])
    await store.vault.keep([kept("1", data=b"x" * 15), kept("2", data=b"x" * 15)])
    assert await store.vault.keep([kept("3", place=OWN, data=b"x" * 15)]) == {"3"}
    left = [name for name in ("away", "1", "2", "3") if await store.vault.get(name, LATER)]
    assert left == ["away", "2", "3"]


async def test_forgetting_a_conversation_forgets_its_files_and_no_others(store: SqlStore) -> None:
    for forget in (store.vault.forget, store.memory.forget):
        await store.vault.keep([kept("here"), kept("own", place=OWN)])
        await forget(HERE.conversation)
        assert await store.vault.get("here", LATER) is None
        assert await store.vault.get("own", LATER) is not None
    await store.chats.forget(OWN.conversation, "")
    assert await store.vault.get("own", LATER) is None


async def test_forgetting_messages_forgets_what_they_show(store: SqlStore) -> None:
    said = HistoryItem(HERE.conversation, Role.PERSON, "hi", NOON, message_ids=("7",))
    await store.turns.close([Closing("t-none", TurnState.COMPLETE, history=(said,))])
    for key in (HERE.room, OWN.conversation):
        await store.vault.keep([kept("here"), kept("own", place=OWN)])
        await store.vault.shown(["own"], ["7", "9"])
        await store.memory.forget_messages(key, ["9", "11"])
        assert await store.vault.get("here", LATER) is not None
        assert await store.vault.get("own", LATER) is None


async def test_a_chat_that_moves_takes_its_files_along(built: House) -> None:
    await built.store.vault.keep([kept("here"), kept("own", place=OWN)])
    await built.store.vault.shown(["here", "own"], ["7"])
    await built.store.move("telegram", "-12", "-10099")
    moved = Place("telegram", "-10099", "-10099")
    assert names(await built.store.vault.recent(moved.conversation, LATER, 5)) == ["here"]
    assert names(await built.store.vault.recent(replace(moved, member="42").conversation, LATER, 5)) == [
        "own"
    ]
    # Under its new id the chat numbers its messages anew.
    assert await built.store.vault.shown_by(moved.room, "7", LATER) == []


async def test_files_outlive_the_process(built: House) -> None:
    await built.store.vault.keep([kept("one", data=b"bytes")])
    await built.store.close()
    file = await (await built.reopened()).vault.get("one", LATER)
    assert file is not None
    assert file.data == b"bytes"
