"""Every call of Venice is a line of the ledger: who, where, what, estimate, cost, and Venice's own id."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import select

from bot.declarations import Medium
from bot.engine.doors.hashing import Hasher
from bot.messages import Addressed, Attachment, CommandUse, MediaKind
from bot.orders import OrderState
from bot.venice import UsageQuery
from storage.tables import ledger
from tests.integration.engine.room import ADA, PLACE, Room, open_room
from tests.integration.engine.shop import card, ended, order, press
from tests.sounds import ogg, samples

ADMIN = "VENICE_ADMIN_KEY_of-the-house"


async def everything(room: Room) -> None:
    """A call of every medium."""
    await room.command("remember", text="My boat is called Marlin")
    await room.say("What is my boat called?")
    await room.command("image", prompt="a red boat")
    await room.command("voice", text="Good evening")
    room.door.files["talk.ogg"] = ogg(samples(3.0))
    talk = Attachment(MediaKind.VOICE, "talk.ogg", "audio/ogg", "talk.ogg", 1000, 3.0)
    hear = CommandUse("transcribe", {})
    await room.send(room.event(addressed=Addressed.COMMAND, command=hear, attachments=(talk,)))
    await room.command("search", question="Which lighthouses still burn petroleum?", depth="research")
    await room.command("read", link="https://example.org/lamps/history")
    for name, prompt in (("video", "a boat at dawn"), ("music", "a calm song of the sea")):
        shown = await card(room, name, prompt=prompt)
        made = await order(room, shown)
        await press(room, shown, "Make it")
        await ended(room, made.id, OrderState.DELIVERED)


async def test_each_medium_writes_a_whole_line(tmp_path: Path) -> None:
    async with open_room(tmp_path, long_memory=True, admin_key=ADMIN) as room:
        room.demo.job_seconds = 0.2
        await everything(room)
        async with room.store.database.engines[-1].connect() as connection:
            lines = (await connection.execute(select(ledger))).mappings().all()
        assert {line["medium"] for line in lines} == set(Medium)
        with room.parts.reconciler.account.rights() as account:
            history = [row async for row in account.usage_rows(UsageQuery())]
        billed = {row.request_id: -row.amount for row in history}
        for line in lines:
            shown = dict(line)
            names = Hasher(b"key")
            assert (line["person"], line["channel"]) == (names.person(ADA), names.channel(PLACE)), shown
            assert line["model"], shown
            assert line["turn_id"], shown
            assert line["estimate"] >= line["cost"] > 0, shown
            assert not line["uncertain"], shown
            assert abs(billed[line["request_id"]] - line["cost"]) <= 2, shown
        assert len({line["request_id"] for line in lines}) == len(lines)
