"""Credits through the real adapters: granted, given and used."""

from __future__ import annotations

from pathlib import Path

from bot.demo import DemoVenice
from tests.fakes.discord import FakeDiscord
from tests.fakes.telegram import FakeTelegram
from tests.integration.platforms import house
from tests.integration.test_voice_on_platforms import WAIT

NOTHING_FREE = "Your daily limit of $0.00 would be passed"


async def test_on_discord(tmp_path: Path, venice: DemoVenice) -> None:
    async with FakeDiscord() as dc:
        ann, bob, eve = dc.user("Ann"), dc.user("Bob"), dc.user("Eve")
        guild = dc.guild("Canal")
        for person in (ann, bob, eve):
            dc.member(guild, person)
        room = dc.channel(guild, "general")
        owners = f"discord:{ann.id}"
        async with house(
            tmp_path, venice, DISCORD_TOKEN=dc.token, DISCORD_BASE_URL=dc.base_url, GONDOLA_OWNERS=owners
        ):
            await dc.ready()
            await dc.wait_for(lambda: bool(dc.world.syncs), WAIT)
            nothing = dc.slash(room, ann, "caps", {"scope": "user", "amount": "$0"})
            await dc.wait_for(lambda: "Set: $0.00" in nothing.text, WAIT)
            dc.say(room, eve, "Good morning", mention_bot=True)
            await dc.wait_text(room, NOTHING_FREE, WAIT)

            granted = dc.slash(room, ann, "credits", {"person": f"<@{bob.id}>", "amount": "$5"})
            await dc.wait_for(lambda: "They have $5.00 of credits now." in granted.text, WAIT)
            gift = {"person": str(eve.id), "amount": "2", "gift": True, "note": "for @everyone"}
            asked = dc.slash(room, bob, "credits", gift)
            await dc.wait_for(lambda: "Give $2.00 of your credits" in asked.text, WAIT)
            stolen = dc.press(asked.messages[-1], "Give $2.00", ann)
            await dc.wait_for(lambda: "Only the person who gives" in stolen.text, WAIT)
            given = dc.press(asked.messages[-1], "Give $2.00", bob)
            await dc.wait_for(lambda: "Done: you gave $2.00. You have $3.00" in given.text, WAIT)

            dc.say(room, eve, "And good evening", mention_bot=True)
            await dc.wait_for(lambda: len(dc.transcript(room).split(NOTHING_FREE)) == 2, WAIT)
            await dc.wait_for(lambda: any(one.path == "/chat/completions" for one in venice.requests), WAIT)
            shown = dc.slash(room, eve, "credits", {})
            await dc.wait_for(lambda: "a gift: for" in shown.text, WAIT)
            assert dc.violations == []
            assert dc.pinging() == []


async def test_on_telegram(tmp_path: Path, venice: DemoVenice) -> None:
    async with FakeTelegram() as tg:
        ann, bob = tg.user("Ann"), tg.user("Bob")
        hers, his = tg.private(ann), tg.private(bob)
        owners = f"telegram:{ann.id}"
        async with house(
            tmp_path, venice, TELEGRAM_TOKEN=tg.token, TELEGRAM_BASE_URL=tg.base_url, GONDOLA_OWNERS=owners
        ):
            tg.say(hers, ann, "/caps user $0")
            await tg.wait_text(hers, "Set: $0.00", WAIT)
            tg.say(his, bob, "Good morning")
            await tg.wait_text(his, NOTHING_FREE, WAIT)
            tg.say(hers, ann, f"/credits {bob.id} $5 for the map")
            await tg.wait_text(hers, "Granted: $5.00. They have $5.00", WAIT)
            tg.say(his, bob, "Good evening")
            await tg.wait_text(his, "You were granted $5.00 of credits", WAIT)
            await tg.wait_for(lambda: any(one.path == "/chat/completions" for one in venice.requests), WAIT)
            tg.say(his, bob, f"/credits {ann.id} $0.50 gift")
            asked = await tg.wait_text(his, "Give $0.50 of your credits to the person", WAIT)
            tg.press(asked, "Give $0.50", bob)
            await tg.wait_text(his, "Done: you gave $0.50.", WAIT)
            tg.say(hers, ann, "/credits")
            await tg.wait_text(hers, "You have $0.50 of credits", WAIT)
            tg.press(asked, "Give $0.50", bob)
            tg.say(his, bob, "/credits")
            await tg.wait_text(his, "given away", WAIT)
            assert tg.violations == []
