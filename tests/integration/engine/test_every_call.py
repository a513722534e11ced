"""Whatever Venice billed stands in the ledger, and nothing else does: every way to spend money is used once,
and both lists are compared one to one."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from bot.commands.cloning import AGREE_LABEL
from bot.declarations import Medium
from bot.engine.money.cashier import Cashier
from bot.engine.pictures.easel import Easel
from bot.messages import Addressed, Attachment, CommandUse, MediaKind, Person, Place
from bot.orders import OrderState
from bot.venice import ImageRequest, ImageResult, ModelLimits, UsageQuery
from storage.tables import ledger, reservations
from tests.integration.engine import test_long
from tests.integration.engine.room import Room, open_room
from tests.integration.engine.shop import card, ended, order
from tests.integration.engine.shop import press as press_card
from tests.integration.engine.test_cloning import press as press_newest
from tests.integration.engine.test_research import a_turn
from tests.integration.engine.workbench import drawn, edit, press, use
from tests.integration.engine.workbench import sent as picture_sent
from tests.sounds import ogg, samples

ADMIN = "VENICE_ADMIN_KEY_of-the-house"
BOB = Person("test", "2", "Bob")
GROUP = Place("test", "g", "room")
BOOK = "\n\n".join(f"## Chapter {n}\n\n" + f"Lamp {n} burns. " * 300 for n in range(20))


@pytest.fixture
async def room(tmp_path: Path) -> AsyncIterator[Room]:
    async with open_room(tmp_path, long_memory=True, admin_key=ADMIN) as opened:
        opened.demo.job_seconds = 0.2
        yield opened


def sent(
    room: Room, data: bytes, name: str, kind: MediaKind = MediaKind.VOICE, seconds: float | None = None
) -> Attachment:
    room.door.files[name] = data
    return Attachment(kind, name, "x/y", name, len(data), seconds)


async def put(room: Room, name: str, value: str, scope: str = "bot") -> None:
    await room.parts.settings.put(scope, name, value, by="test", at=room.parts.clock())


# --- the ways to spend ---


async def questions(room: Room) -> None:
    """Asked, learned from, searched for, answered again, aloud and on what was heard."""
    await room.say("My dog is Bello. What do dogs eat?")
    [answer, *_] = await room.say("Tell me more")
    await press(room, answer, "Regenerate")
    await put(room, "web_search", "on")
    await room.say("Which lighthouses still burn oil?")
    await put(room, "web_search", "off")
    await put(room, "reply_mode", "both")
    await room.say("Good evening")
    await put(room, "reply_mode", "text")
    await room.say("", attachments=(sent(room, ogg(samples(3.0)), "talk.ogg", seconds=3.0),))
    await room.say("What is this?", attachments=(picture_sent(room),))


async def tools(room: Room) -> None:
    await room.say('use tool draw_image {"prompt": "a lighthouse"}')
    await room.say('use tool speak {"text": "Good evening, Venice"}')
    await room.say('use tool web_search {"query": "lighthouses of Norway"}')
    await room.say('use tool read_page {"url": "https://example.org/lamps/history"}')
    await room.say('use tool remember {"fact": "The lamp was lit in 1850"}')


async def pictures(room: Room) -> None:
    await drawn(room, count=2)
    await edit(room, "make it red", attachments=(picture_sent(room),))
    await edit(room, "merge them", attachments=(picture_sent(room, "a"), picture_sent(room, "b")))
    for command, options in (("upscale", {"scale": 2}), ("upscale", {"scale": 4}), ("cutout", {})):
        await use(room, command, options=options, attachments=(picture_sent(room),))


async def sound(room: Room) -> None:
    await room.command("voice", text="The lamp burns. " * 40, model="tts-qwen3-0-6b")
    hear = CommandUse("transcribe", {"minutes": True})
    talk = sent(room, ogg(samples(3.0)), "talk.ogg")
    await room.send(room.event(addressed=Addressed.COMMAND, command=hear, attachments=(talk,)))


async def reading(room: Room) -> None:
    await room.command("search", question="Which lighthouses still burn petroleum?", depth="research")
    await room.command("search", question="Which lighthouses burn oil?")
    await room.command("read", what="https://example.org/lamps/history")
    read = CommandUse("read", {})
    file = sent(room, BOOK.encode(), "book.md", MediaKind.DOCUMENT)
    await room.send(room.event(addressed=Addressed.COMMAND, command=read, attachments=(file,)))


async def memory(room: Room) -> None:
    await room.command("remember", text="My boat is called Marlin")
    await room.command("memory", find="what do I sail?")
    await room.say("What is my boat called?")
    await put(room, "context_tokens", "2000")
    for number in range(8):
        await room.say(f"Tell me more about letter {number}: " + "how it goes through the house " * 30)
    assert test_long.calls(room, summaries=True), "older words were folded"


async def groups(room: Room) -> None:
    await put(room, "activation", "ambient", GROUP.channel_key)
    await put(room, "ambient_cooldown", "0", GROUP.channel_key)
    around: dict[str, Any] = {"place": GROUP, "addressed": Addressed.OVERHEARD, "author": BOB}
    await room.say("What a lovely morning", **around)
    await room.say("Does anybody know what 2+2 is?", **around)


async def orders(room: Room) -> None:
    for name in ("video", "music", "sound"):
        shown = await card(room, name, prompt="a calm sea")
        made = await order(room, shown)
        await press_card(room, shown, "Make it")
        await ended(room, made.id, OrderState.DELIVERED)


WAYS: dict[str, Callable[[Room], Awaitable[None]]] = {
    "questions": questions,
    "tools": tools,
    "pictures": pictures,
    "sound": sound,
    "reading": reading,
    "memory": memory,
    "groups": groups,
    "orders": orders,
}
MEDIA = {
    "questions": {Medium.CHAT, Medium.VOICE, Medium.TRANSCRIPTION, Medium.EMBEDDING},
    "tools": {Medium.CHAT, Medium.IMAGE, Medium.VOICE, Medium.SEARCH, Medium.EMBEDDING},
    "pictures": {Medium.IMAGE},
    "sound": {Medium.VOICE, Medium.TRANSCRIPTION, Medium.CHAT},
    "reading": {Medium.SEARCH, Medium.CHAT},
    "memory": {Medium.EMBEDDING, Medium.CHAT},
    "groups": {Medium.CHAT},
    "orders": {Medium.VIDEO, Medium.MUSIC},
}


@pytest.mark.parametrize("way", WAYS)
async def test_every_paid_call_is_a_line_and_every_line_a_paid_call(room: Room, way: str) -> None:
    await WAYS[way](room)
    await compared(room, MEDIA[way])


async def test_a_learned_voice(room: Room) -> None:
    """The fee is none of the list, and so uncertain; nothing else is paid."""
    clone = CommandUse("clone", {})
    file = sent(room, ogg(samples(8.0)), "me.ogg")
    await room.send(room.event(addressed=Addressed.COMMAND, command=clone, attachments=(file,)))
    await press_newest(room, AGREE_LABEL)
    [line] = await lines_of(room)
    assert (line["medium"], line["cost"], line["uncertain"]) == ("voice", 1_000_000, True)
    [made] = [one for one in room.demo.requests if one.path == "/audio/voices"]
    assert line["request_id"] == made.request_id


async def lines_of(room: Room) -> list[dict[str, Any]]:
    async with room.store.database.engines[-1].connect() as connection:
        assert (await connection.execute(select(reservations))).all() == [], "nothing is left open"
        return [dict(row) for row in (await connection.execute(select(ledger))).mappings()]


async def compared(room: Room, media: set[Medium]) -> None:
    """The ledger and what the demo billed."""
    billed: Counter[str] = Counter()
    with room.parts.reconciler.account.rights() as account:
        async for row in account.usage_rows(UsageQuery()):
            billed[row.request_id] -= row.amount
    paid = {name: cost for name, cost in billed.items() if cost}
    seen: Counter[str] = Counter()
    found = await lines_of(room)
    for line in found:
        ids = str(line["request_id"]).split()
        seen.update(ids)
        assert not line["uncertain"], line
        assert line["estimate"] >= line["cost"], line
        assert line["person"], line
        assert line["channel"], line
        assert line["model"], line
        assert line["turn_id"], line
        assert abs(sum(billed[name] for name in ids) - line["cost"]) <= 2 * max(1, len(ids)), line
    assert max(seen.values()) == 1, "no request stands in two lines"
    assert set(paid) - set(seen) == set(), "paid, and not in the ledger"
    assert {name for name in seen if name not in billed} == set(), "in the ledger, and never billed"
    assert {Medium(line["medium"]) for line in found if line["cost"]} == media


async def test_who_is_stopped_in_the_line_pays_nothing(room: Room) -> None:
    """Nothing was asked of Venice, whatever it would have been."""
    model = next(iter((await room.parts.models.catalogue()).offered("image")))
    room.client.limits.set_limits({model.id: ModelLimits(1, None, None)})
    cashier = Cashier(room.store.money, room.parts.caps, room.parts.clock)
    turn, easel = a_turn(room), Easel(room.client, cashier)

    async def call() -> ImageResult:
        return await room.client.generate_image(ImageRequest("a boat"), model)

    await easel.order(turn, model, call, ceiling=10_000, price=lambda _: 10_000)
    waiting = asyncio.create_task(easel.order(turn, model, call, ceiling=10_000, price=lambda _: 10_000))
    async with asyncio.timeout(10):
        while not await reserved(room):
            await asyncio.sleep(0.01)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    assert [(one.cost, one.count, one.uncertain) for one in turn.settlements] == [
        (10_000, 1, False),
        (0, 0, False),
    ]


async def reserved(room: Room) -> bool:
    """Whether the second call is in the line: the first one's reservation stays until its turn closes."""
    async with room.store.database.engines[-1].connect() as connection:
        return len((await connection.execute(select(reservations))).all()) == 2
