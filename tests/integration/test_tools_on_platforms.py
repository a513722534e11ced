"""Tools through the real adapters: a picture, a voice and a reminder asked for in conversation."""

from __future__ import annotations

import io
import time
from pathlib import Path
from typing import cast

from PIL import Image
from sqlalchemy import select, update

from bot.app import House
from bot.demo import DemoVenice
from storage import SqlStore
from storage.rows import micros
from storage.tables import reminders
from tests.integration.platforms import on_discord, on_telegram
from tests.sounds import decoded

WAIT = 8
EVERYBODY = "@everyone @here"
FORGETFUL = {"long_memory": "off"}


async def ring(opened: House) -> None:
    """Make every reminder due now, and deliver it."""
    database = cast(SqlStore, opened.parts.store).database
    now = micros(time.time() - 1)
    await database.write(
        lambda connection: connection.execute(update(reminders).values(due_at=now, next_at=now))
    )
    await opened.parts.alarm.ring()


async def waiting(opened: House) -> int:
    """How many reminders there are."""
    database = cast(SqlStore, opened.parts.store).database
    rows = await database.read(lambda connection: connection.execute(select(reminders.c.id)))
    return len(rows.all())


async def test_on_discord(tmp_path: Path, venice: DemoVenice) -> None:
    async with on_discord(tmp_path, venice, FORGETFUL, pings=True) as at:
        dc, bob, room, opened = at.dc, at.bob, at.room, at.house
        hail = f"<@{dc.bot.id}>"

        dc.say(room, bob, f"{hail} draw us a map of the lagoon {EVERYBODY}")
        await dc.wait_for(lambda: any(m.attachments for m in dc.answers(room)), WAIT)
        await dc.wait_text(room, "There you are", WAIT)
        [file] = [file for message in dc.answers(room) for file in message.attachments]
        assert Image.open(io.BytesIO(file.data)).width >= 512
        await dc.wait_text(room, "Drew “a map of the lagoon", WAIT)

        dc.say(room, bob, f"{hail} say good night aloud")
        await dc.wait_for(lambda: any(m.voice for m in dc.answers(room)), WAIT)
        bubble = next(m for m in dc.answers(room) if m.voice)
        assert decoded(bubble.attachments[0].data).codec == "opus"

        dc.say(room, bob, f"{hail} remind me in 20 minutes to feed the cat {EVERYBODY} <@&1> <@{bob.id + 1}>")
        told = await dc.wait_text(room, "I will remind you on", WAIT)
        await dc.wait_for(lambda: dc.transcript(room).count("There you are") == 3, WAIT)
        assert dc.pinging() == []
        await ring(opened)
        reminder = await dc.wait_text(room, "feed the cat @", WAIT)
        assert reminder.pings.users == {bob.id}
        assert not reminder.pings.everyone
        assert not reminder.pings.roles
        assert await waiting(opened) == 0
        dc.press(told, "Cancel", bob)
        await dc.wait_text(room, "no longer open", WAIT)

        dc.slash(room, bob, "remind", {"when": "tomorrow at nine", "what": "tea"})
        again = await dc.wait_for(lambda: dc.transcript(room).count("I will remind you on") == 2, WAIT)
        assert again
        shown = [m for m in dc.answers(room) if "I will remind you on" in m.content][-1]
        dc.press(shown, "Cancel", bob)
        await dc.wait_text(room, "Cancelled", WAIT)
        assert await waiting(opened) == 0


async def test_on_telegram(tmp_path: Path, venice: DemoVenice) -> None:
    async with on_telegram(tmp_path, venice, FORGETFUL) as at:
        tg, ann, chat, opened = at.tg, at.ann, at.chat, at.house

        def texts() -> str:
            return "\n".join(message.text for message in tg.replies(chat))

        def media(kind: str) -> list[bytes]:
            found = [message.media for message in tg.replies(chat)]
            return [one.data for one in found if one is not None and one.kind == kind]

        tg.say(chat, ann, "Draw us a map of the lagoon")
        await tg.wait_for(lambda: "There you are" in texts() and bool(media("photo")), timeout=WAIT)
        assert Image.open(io.BytesIO(media("photo")[0])).width >= 512

        tg.say(chat, ann, "Say good night aloud")
        await tg.wait_for(lambda: bool(media("voice")), timeout=WAIT)
        assert decoded(media("voice")[0]).codec == "opus"
        await tg.wait_for(lambda: texts().count("There you are") == 2, timeout=WAIT)

        tg.say(chat, ann, "/remind in 20 minutes to feed the cat")
        await tg.wait_for(lambda: "I will remind you on" in texts(), timeout=WAIT)
        await ring(opened)
        await tg.wait_for(lambda: "⏰ feed the cat" in texts(), timeout=WAIT)
        assert await waiting(opened) == 0

        group = tg.group("Canal", [ann])
        tg.say(group, ann, "/remind tomorrow at 9: tea")
        await tg.wait_for(lambda: len(tg.replies(group)) == 1, timeout=WAIT)
        await ring(opened)
        await tg.wait_for(lambda: len(tg.replies(group)) == 2, timeout=WAIT)
        reminder = tg.replies(group)[-1]
        assert reminder.text == "⏰ Ann tea"
        [mention] = reminder.entities
        assert mention.url == f"tg://user?id={ann.id}"
        tg.say(group, ann, "/remind tomorrow at 9: more tea")
        await tg.wait_for(lambda: len(tg.replies(group)) == 3, timeout=WAIT)
        tg.press(tg.replies(group)[-1], "Cancel", ann)
        await tg.wait_for(lambda: "Cancelled" in tg.replies(group)[-1].text, timeout=WAIT)
        assert await waiting(opened) == 0
