"""Order within a conversation, gathering of what a client cut up, and superseding."""

from __future__ import annotations

import asyncio
from dataclasses import replace

from bot.engine.flow.intake import from_payload, merged, to_payload
from bot.engine.turns.mailbox import Attempt, Letter, Mailboxes
from bot.messages import Addressed, Attachment, CommandUse, Incoming, MediaKind, Person, Place, Quoted

ADA = Person("telegram", "1", "Ada")
BOB = Person("telegram", "2", "Bob")
ROOM = Place("telegram", "-5", "-5")


def said(text: str, author: Person = ADA, place: Place = ROOM) -> Incoming:
    return Incoming(f"e-{text}", place, author, Addressed.MENTION, text=text, message_id=text)


class Desk:
    """Handles attempts, each taking until `gate` opens."""

    def __init__(self, *, quiet: float = 0.05) -> None:
        self.gate = asyncio.Event()
        self.done: list[str] = []
        self.started: list[str] = []
        self.cancelled: list[str] = []
        self.visible = False
        self.boxes = Mailboxes(self.handle, quiet=quiet)

    async def handle(self, attempt: Attempt) -> None:
        text = merged(attempt.letters).text
        self.started.append(text)
        attempt.visible = self.visible
        try:
            await self.gate.wait()
        except asyncio.CancelledError:
            self.cancelled.append(text)
            raise
        self.done.append(text)

    def post(self, *events: Incoming) -> None:
        for event in events:
            self.boxes.post(Letter(event.event_id, event))

    async def settle(self) -> None:
        self.gate.set()
        await self.boxes.drain(2)


async def test_a_conversation_is_answered_in_order_and_others_beside_it() -> None:
    desk = Desk()
    desk.post(said("one"), said("two", BOB), said("elsewhere", BOB, replace(ROOM, channel="-6", space="-6")))
    await asyncio.sleep(0.01)
    assert desk.started == ["one", "elsewhere"]
    await desk.settle()
    assert desk.done == ["one", "elsewhere", "two"]


async def test_a_second_message_before_anything_is_visible_asks_again_with_both() -> None:
    desk = Desk()
    desk.post(said("how is"))
    await asyncio.sleep(0.01)
    desk.post(said("the weather"))
    await asyncio.sleep(0.01)
    assert desk.cancelled == ["how is"]
    await desk.settle()
    assert desk.done == ["how is\nthe weather"]


async def test_once_something_is_visible_a_second_message_waits() -> None:
    desk = Desk()
    desk.visible = True
    desk.post(said("one"))
    await asyncio.sleep(0.01)
    desk.post(said("two"))
    await asyncio.sleep(0.01)
    assert desk.cancelled == []
    await desk.settle()
    assert desk.done == ["one", "two"]


async def test_album_parts_become_one_question() -> None:
    desk = Desk()
    pictures = [
        replace(said(name), album_id="a", attachments=(Attachment(MediaKind.IMAGE, name),), text=text)
        for name, text in (("p1", "what are these"), ("p2", ""), ("p3", ""))
    ]
    desk.post(pictures[0])
    await asyncio.sleep(0.02)
    desk.post(*pictures[1:])
    await asyncio.sleep(0.02)
    assert desk.started == []
    await desk.settle()
    assert desk.done == ["what are these"]


async def test_text_cut_by_the_client_is_joined_without_a_seam() -> None:
    desk = Desk()
    desk.post(replace(said("half of a wo"), near_limit=True), said("rd"))
    await desk.settle()
    assert desk.done == ["half of a word"]


async def test_a_plain_message_never_waits() -> None:
    desk = Desk(quiet=60)
    desk.post(said("now"))
    await asyncio.sleep(0.01)
    assert desk.started == ["now"]
    await desk.settle()


async def test_draining_cancels_what_does_not_end() -> None:
    desk = Desk()
    desk.post(said("endless"), said("waiting", BOB))
    await asyncio.sleep(0.01)
    assert await desk.boxes.drain(0.05) == 1
    assert desk.cancelled == ["endless"]
    assert desk.done == []


def test_an_event_survives_the_journal() -> None:
    event = replace(
        said("look"),
        quoted=Quoted("9", BOB, "old", (Attachment(MediaKind.VOICE, "ref", "audio/ogg", "v.ogg", 7, 1.5),)),
        command=CommandUse("image", {"prompt": "a cat", "count": 2, "wide": True}),
    )
    assert from_payload(to_payload(event)) == event


async def test_a_waiting_letter_is_changed_in_its_place_or_taken_out() -> None:
    desk = Desk()
    desk.post(said("one"), said("two", BOB), said("three", BOB), said("four", BOB))
    await asyncio.sleep(0.01)
    key = ROOM.conversation
    second, third = desk.boxes.find(key, "two"), desk.boxes.find(key, "three")
    assert second is not None
    assert third is not None
    assert desk.boxes.waits(second)
    assert desk.boxes.change(key, second, Letter("new", said("two again", BOB), second.name))
    assert desk.boxes.change(key, third, None)
    assert not desk.boxes.change(key, third, None)
    assert desk.boxes.waiting(key, "e-two") == Letter("new", said("two again", BOB), "e-two")
    await desk.settle()
    assert desk.done == ["one", "two again", "four"]


async def test_a_hurried_letter_comes_next_and_stops_what_runs() -> None:
    desk = Desk()
    desk.post(said("one"), said("two", BOB), said("three", BOB))
    await asyncio.sleep(0.01)
    letter = desk.boxes.find(ROOM.conversation, "three")
    assert letter is not None
    desk.boxes.hurry(ROOM.conversation, letter)
    await desk.settle()
    assert desk.cancelled == ["one"]
    assert desk.done == ["three", "two"]


async def test_what_is_being_written_down_cannot_be_changed() -> None:
    sealed, gate = asyncio.Event(), asyncio.Event()

    async def handle(attempt: Attempt) -> None:
        attempt.sealed = True
        sealed.set()
        await gate.wait()

    boxes = Mailboxes(handle)
    letter = Letter("t", said("one"))
    boxes.post(letter)
    await sealed.wait()
    assert boxes.find(ROOM.conversation, "one") is None
    assert not boxes.change(ROOM.conversation, letter, None)
    gate.set()
    assert await boxes.drain(2) == 0
