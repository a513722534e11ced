"""What people see after a crash, and after a further one in the middle of making up for it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bot.assembly import Assembly, assemble
from bot.demo import DemoVenice, Fault
from bot.engine.doors.hashing import Hasher
from bot.engine.flow.intake import to_payload
from bot.engine.flow.lobby import NEXT
from bot.engine.flow.recovery import BROKEN_OFF, OFF_RECORD, PART_UNSURE
from bot.engine.pictures.recipes import Making, Recipe
from bot.engine.turns.stopping import OVER
from bot.keeping import KEPT_SECONDS, KeptFile
from bot.messages import (
    Addressed,
    Button,
    ButtonPress,
    ButtonRows,
    CommandUse,
    Incoming,
    MessageRef,
    Part,
    Place,
    Target,
)
from bot.records import Intake, Role, TurnMark, TurnState
from bot.venice import VeniceClient
from storage import SqlStore, open_store
from storage.lease import Lease
from tests.furnished import furnish
from tests.integration.engine.room import ADA, CAPABILITIES, PLACE, MemoryDoor, Message
from tests.pictures import picture

STOP_ID = f"t1.stop.{Hasher(b'key').text('stop:t1')}"
STOP: ButtonRows = ((Button("Stop", STOP_ID),),)


class CrashDoor(MemoryDoor):
    """Sends may get stuck once they have arrived; with `nonces`, the same send again is dropped."""

    def __init__(self, *, nonces: bool) -> None:
        super().__init__()
        self.capabilities = replace(CAPABILITIES, repeatable_sends=nonces)
        self.known: dict[str, MessageRef] = {}
        self.stuck = False

    async def send(self, target: Target, part: Part, *, nonce: str, buttons: ButtonRows = ()) -> MessageRef:
        if self.capabilities.repeatable_sends and nonce in self.known:
            return self.known[nonce]
        ref = self.known[nonce] = await super().send(target, part, nonce=nonce, buttons=buttons)
        if self.stuck:
            await asyncio.Event().wait()
        return ref


class Crashes:
    """One database and one door, and process after process over them."""

    def __init__(self, store: SqlStore, client: VeniceClient, demo: DemoVenice, door: CrashDoor) -> None:
        self.store, self.client, self.demo, self.door = store, client, demo, door
        self.count = 0
        self.frozen: set[asyncio.Task[object]] = set()

    async def process(self) -> Assembly:
        """A new process; from now on the leases of earlier ones have run out."""
        self.count += 1
        lease = Lease(f"process-{self.count}", time.time, -1.0)
        parts = assemble(
            SqlStore(self.store.database, lease), self.client, {"test": self.door}, key=b"key", is_open=True
        )
        await parts.load()
        await parts.settings.put("bot", "long_memory", "off", by="test", at=time.time())
        return parts

    async def recovers(self) -> Assembly:
        """A new process deals with everything that is open."""
        parts = await self.process()
        await parts.engine.recover()
        await asyncio.wait_for(parts.engine.idle(), 5)
        await parts.engine.drain(1)
        return parts

    async def dies_when(self, done: Callable[[], object]) -> None:
        """A new process that gets no further than its first send."""
        before = asyncio.all_tasks()
        self.door.stuck = True
        await (await self.process()).engine.recover()
        await until(done)
        await asyncio.sleep(0.05)
        self.door.stuck = False
        self.frozen |= asyncio.all_tasks() - before

    async def journal(
        self,
        incoming: Incoming,
        state: TurnState,
        *refs: str,
        text: str = "",
        turn: str = "t1",
        age: float = 0.0,
    ) -> None:
        """A turn that a dead process has left, from `age` seconds ago."""
        journal = SqlStore(self.store.database, Lease("dead", time.time, -1.0)).turns
        payload = to_payload(incoming) if incoming.event_id else ""
        place = incoming.place.conversation
        received = time.time() - age
        await journal.take_in([Intake(turn, f"event-{turn}", place, "p", payload, received)])
        await journal.mark([TurnMark(turn, state, refs, text)])

    async def open_turns(self) -> int:
        """How many turns are left for whoever comes next."""
        return len(await (await self.process()).store.turns.claim_expired(10))

    async def memory(self, place: Place = PLACE) -> list[tuple[Role, str, tuple[str, ...]]]:
        items = await self.store.memory.recent(place.conversation, 10)
        return [(item.role, item.text, item.message_ids) for item in items]

    def calls(self) -> int:
        return sum(request.path == "/chat/completions" for request in self.demo.requests)


async def until(done: Callable[[], object]) -> None:
    async with asyncio.timeout(5):
        while not done():
            await asyncio.sleep(0.005)


@pytest.fixture(params=[False, True], ids=["once", "nonces"])
async def scene(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Crashes]:
    async with AsyncExitStack() as stack:
        demo = await stack.enter_async_context(DemoVenice(pace=float("inf")))
        await furnish(tmp_path)
        store = await stack.enter_async_context(
            await open_store("", tmp_path, instance="first", clock=time.time)
        )
        client = await stack.enter_async_context(VeniceClient("demo", demo.base_url))
        made = Crashes(store, client, demo, CrashDoor(nonces=request.param))
        yield made
        for task in made.frozen:
            task.cancel()
        if made.frozen:
            await asyncio.wait(made.frozen, timeout=5)


def asked(text: str = "Tell me of lamps", **fields: object) -> Incoming:
    incoming = Incoming("e1", PLACE, ADA, Addressed.DIRECT, text=text, message_id="q1")
    return replace(incoming, **fields)  # type: ignore[arg-type]


def pressed(button: str, message: str, event: str = "e9") -> Incoming:
    return asked("", event_id=event, addressed=Addressed.BUTTON, press=ButtonPress(button, message))


async def test_a_crash_while_making_up_for_a_crash_repeats_no_sentence(scene: Crashes) -> None:
    await scene.journal(asked(), TurnState.ANSWERING, text="Lamps are")
    await scene.dies_when(lambda: BROKEN_OFF in scene.door.texts)
    await scene.dies_when(lambda: scene.count == 2)
    await scene.recovers()
    assert scene.door.texts == [BROKEN_OFF]
    assert await scene.open_turns() == 0
    assert await scene.memory() == [
        (Role.PERSON, "Tell me of lamps", ("q1",)),
        (Role.BOT, "Lamps are", ()),
    ]
    assert scene.calls() == 0


async def test_the_same_for_a_text_that_may_be_there_already(scene: Crashes) -> None:
    await scene.journal(asked(), TurnState.COMPLETE, text="Lamps are round.")
    await scene.dies_when(lambda: scene.door.texts)
    await scene.recovers()
    nonces = scene.door.capabilities.repeatable_sends
    assert scene.door.texts == ["Lamps are round." if nonces else PART_UNSURE]
    assert await scene.open_turns() == 0


async def test_a_message_that_is_there_already_is_made_whole(scene: Crashes) -> None:
    """Its send was under way as we died: nobody knows its id, and it shows only the beginning."""
    scene.door.capabilities = replace(CAPABILITIES, repeatable_sends=True)
    await scene.journal(asked(), TurnState.COMPLETE, text="Lamps are round.")
    await scene.dies_when(lambda: scene.door.texts)
    [message] = scene.door.messages.values()
    message.text = "Lamps"
    await scene.recovers()
    assert scene.door.texts == ["Lamps are round."]
    assert [ids for _, _, ids in await scene.memory()] == [("q1",), ("1",)]


async def test_whoever_waited_in_line_is_answered_where_it_said_so(scene: Crashes) -> None:
    scene.demo.faults.next("/chat/completions", Fault.hang(30))
    before = asyncio.all_tasks()
    parts = await scene.process()
    await parts.engine.submit([asked("Write a long story")])
    await until(lambda: scene.door.texts)
    await parts.engine.submit([asked("My name is Ada", event_id="e2", message_id="q2")])
    await until(lambda: NEXT in scene.door.texts)
    await asyncio.sleep(0.05)
    scene.frozen |= asyncio.all_tasks() - before
    await scene.recovers()
    assert NEXT not in scene.door.texts
    assert sum("Ada" in text for text in scene.door.texts) == 1
    assert len(scene.door.texts) == 3
    assert BROKEN_OFF in scene.door.texts


@pytest.mark.parametrize("state", [TurnState.COMPLETE, TurnState.DELIVERED])
async def test_a_nonce_that_is_forgotten_protects_nothing(scene: Crashes, state: TurnState) -> None:
    """The first message may be there, or the sentence; the platform would take it for a new one."""
    scene.door.capabilities = replace(CAPABILITIES, repeatable_sends=True, repeat_seconds=60.0)
    await scene.journal(asked(), state, text="Lamps are round.", age=61.0)
    await scene.recovers()
    assert scene.door.texts == ([PART_UNSURE] if state is TurnState.COMPLETE else [])
    assert await scene.open_turns() == 0


async def test_a_place_in_line_becomes_the_answer_however_short(scene: Crashes) -> None:
    scene.door.capabilities = replace(CAPABILITIES, repeatable_sends=True)
    await scene.journal(asked(command=CommandUse("new")), TurnState.RECEIVED)
    await scene.dies_when(lambda: scene.door.texts)
    [message] = scene.door.messages.values()
    said, message.text = message.text, NEXT
    await scene.recovers()
    assert scene.door.texts == [said]


async def test_the_reply_to_a_command_is_not_said_twice(scene: Crashes) -> None:
    await scene.journal(asked(command=CommandUse("voices")), TurnState.RECEIVED)
    await scene.dies_when(lambda: scene.door.texts)
    said = scene.door.texts[0]
    await scene.recovers()
    assert scene.door.texts.count(said) == 1
    nonces = scene.door.capabilities.repeatable_sends
    assert scene.door.texts[1:] == ([] if nonces else [BROKEN_OFF])


async def test_an_answer_to_an_interaction_is_not_repeated(scene: Crashes) -> None:
    """Such a message carries no nonce, whatever the platform does with others."""
    await scene.journal(asked(reply_handle="token"), TurnState.COMPLETE, text="Lamps are round.")
    await scene.dies_when(lambda: scene.door.texts)
    await scene.recovers()
    assert scene.door.texts == [PART_UNSURE]
    assert await scene.open_turns() == 0


async def test_off_the_record_gets_one_apology_without_text_or_retry(scene: Crashes) -> None:
    nothing = replace(asked(), event_id="")
    elsewhere = replace(nothing, place=Place("test", "s", "c2", "t"))
    await scene.journal(nothing, TurnState.CALLED, turn="t1")
    await scene.journal(nothing, TurnState.RECEIVED, turn="t2")
    await scene.journal(elsewhere, TurnState.COMPLETE, turn="t3")
    await scene.dies_when(lambda: len(scene.door.texts) == 2)
    await scene.recovers()
    assert scene.door.texts == [OFF_RECORD] * 2
    assert {message.target.place for message in scene.door.messages.values()} == {PLACE, elsewhere.place}
    assert [message.buttons for message in scene.door.messages.values()] == [(), ()]
    assert (await scene.open_turns(), await scene.memory(), scene.calls()) == (0, [], 0)


@pytest.mark.parametrize("state", [TurnState.ANSWERING, TurnState.COMPLETE])
async def test_the_answer_to_an_edit_takes_the_place_of_the_old_one(scene: Crashes, state: TurnState) -> None:
    first = await scene.process()
    await first.engine.submit([asked("My name is Bda")])
    await first.engine.idle()
    edit = asked("My name is Ada", event_id="e2", edits="q1")
    await scene.journal(edit, state, "9", text="Hello Ada", turn="t2")
    scene.door.messages["9"] = Message("Hello")
    await scene.recovers()
    assert await scene.memory() == [
        (Role.PERSON, "My name is Ada", ("q1",)),
        (Role.BOT, "Hello Ada", ("9",)),
    ]


@pytest.mark.parametrize(
    ("state", "text"),
    [
        (TurnState.CALLED, ""),
        (TurnState.ANSWERING, "Lamps are"),
        (TurnState.COMPLETE, "Lamps are " * 500),
        (TurnState.DELIVERED, "Lamps are"),
    ],
)
async def test_the_stop_button_goes_with_the_process(scene: Crashes, state: TurnState, text: str) -> None:
    await scene.journal(asked(), state, "1", text=text)
    message = scene.door.messages["1"] = Message("Lamps are", (), STOP)
    await scene.recovers()
    assert message.buttons == ()
    assert message.text.startswith("Lamps are")


async def test_a_stop_button_nobody_knew_of_goes_when_it_is_pressed(scene: Crashes) -> None:
    """The message was sent as we died, and something else is being written meanwhile."""
    scene.demo.faults.next("/chat/completions", Fault.hang(30))
    message = scene.door.messages["1"] = Message("Lamps are", (), STOP)
    parts = await scene.process()
    await parts.engine.submit([asked("Write a long story")])
    await until(lambda: len(scene.door.messages) == 2)
    await parts.engine.submit([pressed(STOP_ID, "1")])
    await until(lambda: not message.buttons and OVER in scene.door.texts)
    await parts.engine.drain(0)
    assert "interrupted" in scene.door.texts[-1]


async def test_a_late_press_on_stop_leaves_the_buttons_of_the_answer(scene: Crashes) -> None:
    scene.demo.faults.next("/chat/completions", Fault.drip(0.05))
    parts = await scene.process()
    await parts.engine.submit([asked()])
    await until(lambda: scene.door.messages and scene.door.messages["1"].buttons)
    stop = scene.door.messages["1"].buttons[0][0].id
    await parts.engine.idle()
    buttons = scene.door.messages["1"].buttons
    await parts.engine.submit([pressed(stop, "1")])
    await parts.engine.idle()
    assert scene.door.texts[-1] == OVER
    assert scene.door.messages["1"].buttons == buttons != ()


async def test_retry_after_a_press_presses_again(scene: Crashes) -> None:
    before = asyncio.all_tasks()
    parts = await scene.process()
    await parts.engine.submit([asked("My name is Ada")])
    await parts.engine.idle()
    [message] = scene.door.messages.values()
    again = message.buttons[0][0]
    scene.demo.faults.next("/chat/completions", Fault.hang(2))
    await parts.engine.submit([pressed(again.id, "1")])
    await until(lambda: scene.calls() == 2 and "Ada" not in message.text)
    await asyncio.sleep(0.05)
    scene.frozen |= asyncio.all_tasks() - before
    await scene.recovers()
    assert scene.door.texts[1:] == [BROKEN_OFF]
    [[retry]] = scene.door.messages["2"].buttons
    assert (again.label, retry.label) == ("Regenerate", "Retry")
    parts = await scene.process()
    await parts.engine.submit([pressed(retry.id, "2", event="e10")])
    await parts.engine.idle()
    assert "Ada" in message.text
    assert [text for _, text, _ in await scene.memory()] == ["My name is Ada", message.text]


async def test_a_press_is_no_question_to_remember(scene: Crashes) -> None:
    await scene.journal(pressed("b1.again.0", "1"), TurnState.ANSWERING, "1", text="Lamps")
    scene.door.messages["1"] = Message("Lamps")
    await scene.recovers()
    assert scene.door.texts == ["Lamps", BROKEN_OFF]
    assert await scene.memory() == []


def kept_picture(name: str, at: float, **fields: Any) -> KeptFile:
    """A picture that Ada had drawn and the vault kept."""
    note = Recipe(Making.DRAWN, "a lighthouse").note()
    person = Hasher(b"key").person(ADA)
    file = KeptFile(
        name, PLACE.room, PLACE.conversation, person, "a.png", "image/png", picture(), at, at + KEPT_SECONDS,
        note=note,
    )  # fmt: skip
    return replace(file, **fields)


async def test_a_picture_that_was_paid_for_and_never_shown_is_offered(scene: Crashes) -> None:
    now = time.time()
    drawing = CommandUse("image", {"prompt": "a lighthouse"})
    await scene.journal(asked("", addressed=Addressed.COMMAND, command=drawing), TurnState.CALLED, age=60)
    await scene.store.vault.keep(
        [
            kept_picture("before", now - 500),
            kept_picture("seen", now - 20, message_ids=("m0",)),
            kept_picture("other", now - 15, person="somebody"),
            kept_picture("lost", now - 30),
        ]
    )
    await scene.recovers()
    [told] = scene.door.messages.values()
    assert told.text == BROKEN_OFF
    show, retry = (button for row in told.buttons for button in row)
    assert (show.label, retry.label) == ("Show what was made", "Retry")
    parts = await scene.process()
    await parts.engine.submit([pressed(show.id, "1")])
    await parts.engine.idle()
    shown = list(scene.door.messages.values())[-1]
    assert [item.kept for item in shown.media] == ["lost"]
    assert not [one for one in scene.demo.requests if one.path.startswith("/image/")]


async def test_a_tool_that_was_used_is_not_used_again_by_itself_after_a_crash(scene: Crashes) -> None:
    before = asyncio.all_tasks()
    parts = await scene.process()
    scene.demo.faults.next("/chat/completions", Fault.delay(0.0))
    scene.demo.faults.next("/chat/completions", Fault.hang())
    wish = 'use tool remind {"text": "feed the cat", "in_minutes": 20}'
    await parts.engine.submit([asked(wish)])
    await until(lambda: scene.calls() == 2 and any("I will remind" in text for text in scene.door.texts))
    await asyncio.sleep(0.05)
    scene.frozen |= asyncio.all_tasks() - before
    await scene.recovers()
    assert scene.calls() == 2
    assert BROKEN_OFF in scene.door.texts
    [kept] = await scene.store.reminders.open_of(parts.doorkeeper.person_subject(ADA).partition(":")[2])
    assert kept.text == "feed the cat"
