"""Of somebody who is shut out nothing is read, kept or sent on, whichever way it comes."""

from __future__ import annotations

import time
from pathlib import Path

from bot.demo import DemoVenice
from bot.messages import Person
from tests.fakes.discord import FakeDiscord
from tests.fakes.telegram import FakeTelegram
from tests.integration.platforms import house
from tests.integration.test_voice_on_platforms import WAIT, asked
from tests.pictures import picture
from tests.sounds import ogg, samples

WORDS = "zanzibar-marmalade"
"""Everything that is refused says it, with a number."""


def kept(folder: Path) -> bytes:
    return b"".join(file.read_bytes() for file in folder.rglob("*") if file.is_file())


async def test_on_telegram(tmp_path: Path, venice: DemoVenice) -> None:
    async with FakeTelegram(privacy=False) as tg:
        bob, eve = tg.user("Bob"), tg.user("Evelina Stranger")
        group, private = tg.group("Canal", [bob, eve]), tg.private(eve)
        name = f"@{tg.bot.username}"
        settings = {"overhear": "20", "heard": "on", "activation": "mention", "catchup": "on"}
        token = {"TELEGRAM_TOKEN": tg.token, "TELEGRAM_BASE_URL": tg.base_url}
        async with house(tmp_path, venice, settings, **token) as opened:
            tg.say(group, eve, f"{name} What is the capital of Italy?")
            await tg.wait_for(lambda: any(one.buttons for one in tg.replies(group)), timeout=WAIT)
            answer = tg.replies(group)[-1]
            door = opened.parts.doorkeeper
            subject = door.person_subject(Person("telegram", str(eve.id)))
            await door.put_rule(subject, False, by="test", at=time.time())
            before = len(asked(venice))

            said = tg.say(group, eve, f"{name} {WORDS}-1")
            tg.edit(said, f"{name} {WORDS}-2")
            tg.say(group, eve, f"{WORDS}-3 by the way")
            tg.say(group, eve, f"/image {WORDS}-4")
            tg.send_photo(group, eve, picture((64, 64)), caption=f"{name} {WORDS}-5")
            tg.send_voice(private, eve, ogg(samples(1.0)))
            tg.send_document(
                private, eve, f"{WORDS}-6".encode(), file_name=f"{WORDS}-6.txt", mime="text/plain"
            )
            tg.say(private, eve, f"{WORDS}-7", forwarded_from=bob)
            tg.say(group, eve, f"{WORDS}-8", reply_to=answer)
            tg.press(answer, "Regenerate", eve)
            tg.press_data(answer, f"{WORDS}-9", eve)
            inline = {"id": "1", "from": {"id": eve.id, "is_bot": False, "first_name": "Eve"}}
            tg.push(
                {"callback_query": {**inline, "inline_message_id": "x", "chat_instance": "1", "data": WORDS}}
            )
            # Somebody who is welcome takes it up: the answer rests on their own words alone.
            tg.say(group, bob, f"{name} What do you say to that?", reply_to=said)
            await tg.wait_for(lambda: len(asked(venice)) > before, timeout=WAIT)
            tg.say(group, bob, "/catchup")
            await opened.engine.idle()

            assert WORDS not in str(venice.requests)
            assert WORDS.encode() not in kept(tmp_path)
            assert "What do you say to that?" in str(asked(venice)[before:])
            assert len(tg.replies(private)) == 0
            around = opened.parts.engine._groups.overheard  # pyright: ignore[reportPrivateUsage]
            assert WORDS not in str(around.lines(f"telegram:{group.id}:{group.id}:", 50))
            # Once she may come in again, what she says is read, so the search above can find something.
            await door.rules.remove(subject, by="test", at=time.time())
            tg.say(group, eve, f"{name} {WORDS}-10")
            await tg.wait_for(lambda: WORDS in str(asked(venice)), timeout=WAIT)
            assert tg.violations == []


async def test_on_discord(tmp_path: Path, venice: DemoVenice) -> None:
    async with FakeDiscord() as dc:
        bob, eve = dc.user("Bob"), dc.user("Evelina Stranger")
        guild = dc.guild("Canal")
        for person in (bob, eve):
            dc.member(guild, person)
        room, private = dc.channel(guild, "general"), dc.dm(eve)
        settings = {"overhear": "20", "heard": "on", "activation": "mention", "catchup": "on"}
        token = {"DISCORD_TOKEN": dc.token, "DISCORD_BASE_URL": dc.base_url}
        async with house(tmp_path, venice, settings, **token) as opened:
            await dc.ready()
            await dc.wait_for(lambda: bool(dc.world.syncs), WAIT)
            dc.say(room, eve, "What is the capital of Italy?", mention_bot=True)
            await dc.wait_for(lambda: any(one.components for one in dc.answers(room)), WAIT)
            await opened.engine.idle()
            answer = dc.answers(room)[-1]
            door = opened.parts.doorkeeper
            # An admin of the server shuts her out there.
            subject = door.person_subject(Person("discord", str(eve.id)))
            server = f"server:discord:{guild.id}"
            await door.rules.put_here(server, subject, False, by="test", at=time.time())
            before = len(asked(venice))

            said = dc.say(room, eve, f"{WORDS}-1", mention_bot=True)
            dc.edit(said, f"{dc.bot.mention} {WORDS}-2")
            dc.say(room, eve, f"{WORDS}-3 by the way")
            dc.slash(room, eve, "image", {"prompt": f"{WORDS}-4"})
            dc.say(
                room,
                eve,
                f"{WORDS}-5",
                mention_bot=True,
                attachments=[("a.txt", WORDS.encode(), "text/plain")],
            )
            dc.say(room, eve, attachments=[("v.ogg", ogg(samples(1.0)), "audio/ogg")], voice=True)
            dc.say(room, eve, f"{WORDS}-6", reply_to=answer)
            dc.press(answer, "Regenerate", eve)
            assert await dc.autocomplete(room, eve, "model", "name", WORDS) == []
            dc.say(room, bob, "What do you say to that?", mention_bot=True, reply_to=said)
            await dc.wait_for(lambda: len(asked(venice)) > before, WAIT)
            missed = dc.slash(room, bob, "catchup")
            await dc.wait_for(lambda: bool(missed.text), WAIT)
            await opened.engine.idle()

            assert WORDS not in str(venice.requests)
            assert WORDS.encode() not in kept(tmp_path)
            assert WORDS not in missed.text
            assert "What do you say to that?" in str(asked(venice)[before:])
            around = opened.parts.engine._groups.overheard  # pyright: ignore[reportPrivateUsage]
            assert WORDS not in str(around.lines(f"discord:{guild.id}:{room.id}:", 50))
            # Elsewhere no rule of that server holds.
            dc.say(private, eve, f"{WORDS}-10")
            await dc.wait_for(lambda: WORDS in str(asked(venice)), WAIT)
            assert dc.violations == []
