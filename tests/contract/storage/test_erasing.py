"""Erasing beside other things: asked again, linked meanwhile, and what the audit log keeps."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy import select

from bot.auditing import Change, ChangeKind
from bot.keeping import KeptFile
from bot.messages import Place
from bot.people import Link, Whose
from storage.tables import audit
from tests.contract.storage.houses import NOON, House
from tests.contract.storage.test_people import (
    ANN,
    DIRECT,
    EVE,
    GROUP,
    NUMBER,
    OF_EVE,
    SPEAKER,
    WORD,
    erasure,
    hide,
    note,
    texts,
)


async def test_asked_again_while_the_file_is_cleaned(built: House) -> None:
    """Whoever goes on talking in between and asks once more is not told a lie."""
    store = built.store
    await store.people.request(erasure())
    await store.people.request(erasure(asked_at=NOON + 11))  # the first one is still to come
    [first] = await store.people.claim()
    assert first == erasure()
    await store.people.erase(first, hide, note("erase"))
    await store.chats.start(DIRECT.conversation, "c", WORD, NOON + 20)
    again = erasure(asked_at=NOON + 30)
    await store.people.request(again)
    await store.people.finish(ANN)
    assert await store.people.claim() == [again]
    await store.people.erase(again, hide, note("erase"))
    assert [name for name, text in (await texts(built)).items() if NUMBER in text] == []
    await store.people.finish(ANN)
    assert await store.people.claim() == []


@pytest.mark.parametrize("order", ["first", "second"])
async def test_nobody_is_linked_while_being_erased(built: House, order: str) -> None:
    store = built.store
    ann, eve = Link(ANN, ANN, SPEAKER), Link(EVE, EVE, OF_EVE)
    pair = (ann, eve) if order == "first" else (eve, ann)
    await store.people.request(erasure())
    assert not await store.people.link(*pair, note("link"))
    assert await store.people.links() == []
    [claimed] = await store.people.claim()
    await store.people.erase(claimed, hide, note("erase"))
    assert await store.people.link(*pair, note("link"))
    assert len(await store.people.links()) == 2


async def test_words_in_the_audit_log_of_a_direct_chat_go_and_its_threads_are_hidden(built: House) -> None:
    store = built.store
    scopes = (
        DIRECT.channel_key,
        f"thread:telegram:{NUMBER}:7",
        f"character:telegram:{NUMBER}:c",
        GROUP.channel_key,
    )
    for scope in scopes:
        changed = Change(NOON, ANN, ChangeKind.SETTING, scope, "", "system_prompt", f"old {WORD}", WORD)
        await store.audit.add(changed)
    await store.people.erase(erasure(), hide, note("erase"))
    rows = [row for row in await built.rows(select(audit).order_by(audit.c.id)) if row["kind"] == "setting"]
    hidden = hide(DIRECT)
    assert [row["scope"] for row in rows] == [hidden, hidden, hidden, GROUP.channel_key]
    assert [(row["old"], row["new"]) for row in rows[:3]] == [("", "")] * 3
    assert WORD not in str(rows[:3])
    assert {row["by"] for row in rows} == {ANN}
    assert [name for name, text in (await texts(built)).items() if NUMBER in text] == []


async def test_linked_and_then_erased_by_both(built: House) -> None:
    store = built.store
    assert await store.people.link(Link(ANN, ANN, SPEAKER), Link(EVE, EVE, OF_EVE), note("link"))
    both = erasure(whose=Whose(frozenset({ANN, EVE}), frozenset({SPEAKER, OF_EVE})))
    await store.people.request(both)
    await store.people.request(replace(both, asked_at=NOON + 12))
    [claimed] = await store.people.claim()
    await store.people.erase(claimed, hide, note("erase"))
    assert await store.people.links() == []
    await store.people.finish(ANN)
    await store.people.request(erasure(person=EVE, whose=Whose(frozenset({EVE}), frozenset({OF_EVE}))))
    [second] = await store.people.claim()
    await store.people.erase(second, hide, note("erase"))
    await store.people.finish(EVE)
    assert await store.people.claim() == []


async def test_one_file_is_dropped(built: House) -> None:
    place = Place("telegram", "", NUMBER)
    file = KeptFile("f1", place.room, place.conversation, ANN, "a.png", "image/png", b"1", NOON, NOON + 9)
    vault = built.store.vault
    await vault.keep([file, replace(file, id="f2")])
    await vault.drop("f1")
    await vault.drop("f1")
    assert [one.id for one in await vault.about(["f1", "f2"], NOON)] == ["f2"]
