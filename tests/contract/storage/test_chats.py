"""Chats of a place: started, resumed, branched, forgotten; and single messages forgotten."""

from __future__ import annotations

from bot.records import Chat, Closing, HistoryItem, Opened, Role, TurnState
from storage import SqlStore
from tests.contract.storage.houses import NOON

HERE, THERE = "discord:1:2:", "discord:1:3:"


async def ask(store: SqlStore, name: str, *, chat: str = "", at: float = NOON, place: str = HERE) -> None:
    """A question `name` shown by message q-`name`, and its answer in two messages."""
    asked = HistoryItem(
        place, Role.PERSON, name, at, "discord:7", "Ann", f"t-{name}", (f"q-{name}",), "", chat
    )
    said = HistoryItem(
        place, Role.BOT, f"{name}!", at, "", "", f"t-{name}", (f"a-{name}", f"b-{name}"), "", chat
    )
    await store.turns.close([Closing(f"t-{name}", TurnState.SETTLED, history=(asked, said))])


async def texts(store: SqlStore, place: str = HERE) -> list[str]:
    return [item.text for item in await store.memory.recent(place, 100)]


async def test_messages_are_forgotten_in_the_conversations_people_have_of_their_own(store: SqlStore) -> None:
    """And in no room whose key only begins alike."""
    room = "discord:1:2:"
    conversations = (room, f"{room}:7", f"{room}:8", f"{room}9", "discord:1:2")
    for conversation in conversations:
        item = HistoryItem(conversation, Role.PERSON, "words", NOON, message_ids=("m1",))
        await store.turns.close([Closing("t-none", TurnState.COMPLETE, history=(item,))])
    assert await store.memory.forget_messages(room, ["m1"]) == 3
    left = [one for one in conversations if await store.memory.recent(one, 5)]
    assert left == [f"{room}9", "discord:1:2"]


async def test_a_place_begins_with_its_first_chat(store: SqlStore) -> None:
    assert await store.chats.all(HERE) == []
    assert await store.memory.opened(HERE, 5) == Opened("", ())
    await ask(store, "hello")
    assert await store.chats.all(HERE) == [Chat("", "hello", NOON, NOON, 2, current=True)]


async def test_a_new_chat_begins_empty_and_the_old_one_is_kept(store: SqlStore) -> None:
    await ask(store, "hello")
    await ask(store, "elsewhere", place=THERE)
    await store.chats.start(HERE, "c2", "Cooking", NOON + 1)
    assert await store.memory.opened(HERE, 5) == Opened("c2", ())
    await ask(store, "soup", chat="c2", at=NOON + 2)
    await ask(store, "late answer", at=NOON + 1)  # begun before the new chat
    assert await texts(store) == ["soup", "soup!"]
    assert await texts(store, THERE) == ["elsewhere", "elsewhere!"]
    assert await store.chats.all(HERE) == [
        Chat("c2", "Cooking", NOON + 1, NOON + 2, 2, current=True),
        Chat("", "hello", NOON, NOON + 1, 4, current=False),
    ]


async def test_resuming(store: SqlStore) -> None:
    await ask(store, "hello")
    await store.chats.start(HERE, "c2", "", NOON + 1)
    assert await store.chats.resume(HERE, "", NOON + 9) is True
    assert await texts(store) == ["hello", "hello!"]
    assert await store.chats.resume(HERE, "c2", NOON + 9) is True
    assert (await store.memory.opened(HERE, 5)).chat == "c2"
    assert await store.chats.resume(HERE, "c3", NOON + 9) is False
    assert await store.chats.resume(THERE, "c2", NOON + 9) is False
    assert (await store.memory.opened(HERE, 5)).chat == "c2"


async def test_the_newest_items_of_the_chat_oldest_first(store: SqlStore) -> None:
    for name in "123":
        await ask(store, name)
    opened = await store.memory.opened(HERE, 3)
    assert [item.text for item in opened.items] == ["2!", "3", "3!"]


async def test_history_up_to_a_message(store: SqlStore) -> None:
    for name in "123":
        await ask(store, name)
    found = await store.memory.upto(HERE, "b-2", 3)
    assert found is not None
    assert [item.text for item in found.items] == ["1!", "2", "2!"]
    assert await store.memory.upto(HERE, "b-", 3) is None
    assert await store.memory.upto(THERE, "b-2", 3) is None


async def test_message_ids_are_matched_whole_and_to_the_letter(store: SqlStore) -> None:
    await ask(store, "x_y")
    await ask(store, "%")
    for near in ("q-X_Y", "q-xzy", "q-x", "%", "q-%%"):
        assert await store.memory.forget_messages(HERE, [near]) == 0
    assert await store.memory.forget_messages(HERE, ["q-x_y", "q-%"]) == 4


async def test_forgetting_a_question_takes_its_answer_along(store: SqlStore) -> None:
    for name in "123":
        await ask(store, name)
    assert await store.memory.forget_messages(HERE, ["q-2", "a-3", "unknown"]) == 3
    assert await texts(store) == ["1", "1!", "3"]
    assert await store.memory.forget_messages(THERE, ["q-1"]) == 0


async def test_a_branch_copies_what_was_said_before(store: SqlStore) -> None:
    for name in "123":
        await ask(store, name)
    assert await store.chats.branch(HERE, "c2", "q-2", "Branch", NOON + 5) is True
    assert await texts(store) == ["1", "1!"]
    await ask(store, "other", chat="c2")
    assert await texts(store) == ["1", "1!", "other", "other!"]
    found = await store.memory.upto(HERE, "q-1", 5)
    assert found is not None
    assert found.chat == "c2"  # both chats hold it; the current one counts
    assert await store.chats.resume(HERE, "", NOON + 9) is True
    assert await texts(store) == ["1", "1!", "2", "2!", "3", "3!"]
    assert await store.memory.forget_messages(HERE, ["q-1"]) == 4
    assert await store.chats.branch(HERE, "c3", "q-1", "", NOON) is False
    assert (await store.memory.opened(HERE, 1)).chat == ""


async def test_forgetting_a_chat_leaves_the_others(store: SqlStore) -> None:
    await ask(store, "hello")
    await store.chats.start(HERE, "c2", "Cooking", NOON + 1)
    await ask(store, "soup", chat="c2")
    assert await store.chats.forget(HERE, "c2") == 2
    assert await store.chats.forget(HERE, "c2") == 0
    assert [chat.id for chat in await store.chats.all(HERE)] == [""]
    assert await texts(store) == []
    await store.chats.resume(HERE, "", NOON + 9)
    assert await texts(store) == ["hello", "hello!"]
    assert await store.memory.forget(HERE) == 2
    assert await store.chats.all(HERE) == []


async def test_a_turn_replaces_an_earlier_one_only_with_history_of_its_own(store: SqlStore) -> None:
    await ask(store, "1")
    await ask(store, "2")
    failed = Closing("t-3", TurnState.SETTLED, replaces=("t-2",))
    await store.turns.close([failed])
    assert await texts(store) == ["1", "1!", "2", "2!"]
    item = HistoryItem(HERE, Role.PERSON, "2 anew", NOON)
    await store.turns.close([Closing("t-4", TurnState.SETTLED, history=(item,), replaces=("t-2",))])
    assert await texts(store) == ["1", "1!", "2 anew"]


async def test_when_a_chat_was_last_touched(store: SqlStore) -> None:
    assert await store.chats.touched(HERE) == 0
    await ask(store, "hello", at=NOON + 1)
    assert await store.chats.touched(HERE) == NOON + 1
    await store.chats.start(HERE, "c2", "", NOON + 2)
    assert await store.chats.touched(HERE) == NOON + 2
    await store.chats.resume(HERE, "", NOON + 3)
    assert await store.chats.touched(HERE) == NOON + 3
    await ask(store, "again", at=NOON + 4)
    assert await store.chats.touched(HERE) == NOON + 4
    assert await store.chats.touched(THERE) == 0
