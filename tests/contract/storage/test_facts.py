"""Facts come back whole, stand on their shelves, and go with what they were said in."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from bot.messages import Place
from bot.records import Closing, HistoryItem, Role, TurnState
from bot.remembered import (
    Embedding,
    Fact,
    Keeping,
    Kept,
    Shelf,
    channel_shelf,
    character_shelf,
    user_shelf,
)
from storage import SqlStore
from tests.contract.storage.houses import NOON, House

HERE, THERE = Place("discord", "1", "2"), Place("discord", "1", "3")
ANN = user_shelf("hash-of-ann")


def fact(name: str, text: str = "", shelf: str = ANN, at: float = NOON, place: Place = HERE) -> Fact:
    """A fact said in turn t-`name`, message m-`name`."""
    return Fact(
        id=name,
        shelf=shelf,
        text=text or f"text of {name}",
        by="hash-of-ann",
        name="Ann",
        conversation=place.conversation,
        at=at,
        turn_id=f"t-{name}",
        message_ids=(f"m-{name}",),
        title="Canal #general",
    )


async def keep(store: SqlStore, *kept: Fact, most: int = 50, learned: bool = False) -> list[Kept]:
    return [await store.facts.keep(Keeping(replace(one, learned=learned), most)) for one in kept]


async def asked(store: SqlStore, name: str, *, place: Place = HERE, chat: str = "") -> None:
    """The question of turn t-`name`, in memory."""
    item = HistoryItem(
        place.conversation,
        Role.PERSON,
        "question",
        NOON,
        "discord:7",
        "Ann",
        f"t-{name}",
        (f"m-{name}",),
        chat=chat,
    )
    await store.turns.close([Closing("t-none", TurnState.COMPLETE, history=(item,))])


async def left(store: SqlStore, *shelves: str) -> list[str]:
    return [one.id for one in await store.facts.of_shelves(shelves or (ANN,))]


async def test_a_fact_comes_back_whole_and_the_newest_is_first(store: SqlStore) -> None:
    old, new = replace(fact("old"), chat="c"), fact("new", "Grüße\x00 aus Wien", at=NOON + 1.5)
    assert await keep(store, old, new) == [Kept.KEPT, Kept.KEPT]
    assert await store.facts.of_shelves([ANN, ANN]) == [replace(new, text="Grüße aus Wien"), old]
    assert await store.facts.get("old") == old
    assert await store.facts.get("none") is None
    assert (old.kind, old.place) == (Shelf.USER, HERE)
    assert await store.facts.count(HERE.conversation, "c") == 1
    assert await store.facts.of_shelves([]) == []


async def test_shelves_are_apart(store: SqlStore) -> None:
    shelves = [ANN, user_shelf("other"), channel_shelf(HERE), channel_shelf(THERE)]
    shelves += [character_shelf(HERE, "ada"), character_shelf(HERE, "bob"), character_shelf(THERE, "ada")]
    await keep(store, *(fact(str(number), shelf=shelf) for number, shelf in enumerate(shelves)))
    for number, shelf in enumerate(shelves):
        assert await left(store, shelf) == [str(number)]
    assert await left(store, shelves[0], shelves[2]) == ["0", "2"]


async def test_a_shelf_has_an_end_and_nothing_stands_on_it_twice(store: SqlStore) -> None:
    found = await keep(store, fact("a", "My dog is Bello."), fact("b", " my DOG is  bello"), most=2)
    assert found == [Kept.KEPT, Kept.KNOWN]
    assert await keep(store, fact("c"), fact("d"), most=2) == [Kept.KEPT, Kept.FULL]
    assert await keep(store, fact("e", "My dog is Bello.", user_shelf("other")), most=2) == [Kept.KEPT]
    assert await store.facts.forget(["a", "none"]) == 1
    assert await store.facts.forget([]) == 0
    assert await keep(store, fact("d"), most=2) == [Kept.KEPT]


async def test_vectors_are_kept_beside(store: SqlStore) -> None:
    await store.facts.keep(Keeping(fact("a"), 9, embedding=Embedding("m1", (0.6, -0.8))))
    await keep(store, fact("b"))
    assert set(await store.facts.embeddings([ANN])) == {"a"}
    await store.facts.embed({"b": Embedding("m2", (1.0, 0.0, 0.0)), "gone": Embedding("m2", (1.0,))})
    found = await store.facts.embeddings([ANN])
    assert {one: (e.model, list(e.numbers)) for one, e in found.items()} == {
        "a": ("m1", pytest.approx([0.6, -0.8])),
        "b": ("m2", [1.0, 0.0, 0.0]),
    }
    assert await store.facts.embeddings([user_shelf("other")]) == {}


async def test_what_was_learned_needs_its_question(store: SqlStore) -> None:
    assert await keep(store, fact("a"), learned=True) == [Kept.GONE]
    await asked(store, "a", place=THERE)
    assert await keep(store, fact("a"), learned=True) == [Kept.GONE]
    await asked(store, "a")
    assert await keep(store, fact("a"), learned=True) == [Kept.KEPT]


async def test_a_deleted_message_takes_its_facts_along(store: SqlStore) -> None:
    own, thread = replace(HERE, member="7"), replace(HERE, thread="9")
    await keep(store, fact("a"), fact("b"), fact("own", place=own), fact("M-A"))
    same = replace(fact("thread", place=thread), message_ids=("m-a", "m-own"))
    await keep(store, same)
    await asked(store, "a")
    assert await store.memory.forget_messages(HERE.room, ["m-a"]) == 1
    assert sorted(await left(store)) == ["M-A", "b", "own", "thread"]
    assert await store.memory.forget_messages(HERE.room, ["m-own"]) == 0
    assert sorted(await left(store)) == ["M-A", "b", "thread"]


async def test_a_chat_and_a_conversation_take_their_facts_along(store: SqlStore) -> None:
    await keep(store, replace(fact("a"), chat="c"), fact("b"), replace(fact("c", place=THERE), chat="c"))
    await store.chats.forget(HERE.conversation, "c")
    assert await left(store) == ["b", "c"]
    await store.memory.forget(HERE.conversation)
    assert await left(store) == ["c"]


async def test_an_edited_question_takes_its_facts_along(store: SqlStore) -> None:
    await asked(store, "a")
    await asked(store, "b")
    await keep(store, fact("a"), fact("b"))
    again = HistoryItem(HERE.conversation, Role.PERSON, "anew", NOON, turn_id="t-new")
    await store.turns.close(
        [Closing("t-new", TurnState.COMPLETE, history=(again,), replaces=("t-a",))],
    )
    assert await left(store) == ["b"]


async def test_forgetting_while_learning_leaves_nothing(built: House) -> None:
    """Whoever is first: in the end there is neither question nor fact."""
    other = await built.another("b")
    for number in range(10):
        name = str(number)
        await asked(built.store, name)
        await asyncio.gather(
            keep(built.store, fact(name), learned=True),
            other.memory.forget_messages(HERE.room, [f"m-{name}"]),
        )
        assert await left(built.store) == []
