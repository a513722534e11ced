"""A member's allowance by role, through the real Discord adapter."""

from __future__ import annotations

from pathlib import Path

from bot.demo import DemoVenice
from tests.fakes.discord import FakeDiscord
from tests.integration.platforms import house
from tests.integration.test_voice_on_platforms import WAIT, asked


async def test_a_roles_allowance_takes_the_place_of_everybodys(tmp_path: Path, venice: DemoVenice) -> None:
    async with FakeDiscord() as dc:
        ann, bob, eve = dc.user("Ann"), dc.user("Bob"), dc.user("Eve")
        guild = dc.guild("Canal")
        guests = dc.role(guild, "guests")
        for person, roles in ((ann, []), (bob, [guests]), (eve, [])):
            dc.member(guild, person, roles=roles)
        room = dc.channel(guild, "general")
        owners = f"discord:{ann.id}"
        async with house(
            tmp_path, venice, DISCORD_TOKEN=dc.token, DISCORD_BASE_URL=dc.base_url, GONDOLA_OWNERS=owners
        ):
            await dc.ready()
            await dc.wait_for(lambda: bool(dc.world.syncs), WAIT)
            everybody = dc.slash(room, ann, "caps", {"scope": "user", "amount": "0", "medium": "chat"})
            await dc.wait_for(lambda: "Set: 0 calls of chat" in everybody.text, WAIT)
            role = {"scope": "role", "role": guests, "amount": "1", "period": "week", "medium": "chat"}
            allowance = dc.slash(room, ann, "caps", role | {"period": "day"})
            await dc.wait_for(lambda: "Set: 1 calls" in allowance.text, WAIT)
            assert f"each person with the role <@&{guests.id}>" in allowance.text
            dc.say(room, eve, "Good morning", mention_bot=True)
            await dc.wait_for(lambda: "Your daily limit of 0 answers" in dc.transcript(room), WAIT)
            dc.say(room, bob, "Good morning", mention_bot=True)
            await dc.wait_for(lambda: len(asked(venice)) == 1, WAIT)
            dc.say(room, bob, "And good evening", mention_bot=True)
            await dc.wait_for(lambda: "Your daily limit of 1 answers" in dc.transcript(room), WAIT)
            assert dc.violations == []
            assert dc.pinging() == []
