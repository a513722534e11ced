"""What is said later, elsewhere or about others pings nobody either: threads, reminders, summaries, lists."""

from __future__ import annotations

import time
from pathlib import Path

from bot.demo import DemoVenice
from bot.reminding import Reminder
from tests.fakes.discord import FakeDiscord
from tests.fakes.discord.state import User
from tests.integration.platforms import house
from tests.integration.security.conftest import WAIT, Town
from tests.integration.security.test_mentions import loud


async def test_threads_and_what_is_summed_up(town: Town) -> None:
    dc, words = town.dc, loud(town)
    for name, value in (("activation", "thread"), ("catchup", "on")):
        done = dc.slash(town.square, town.ann, "settings", {"name": name, "value": value})
        await town.until(lambda done=done: "is now" in done.text)
    dc.say(town.square, town.ann, "I am here")
    dc.say(town.square, town.bob, f"{words} all come here, says {words}")
    used = dc.slash(town.square, town.ann, "catchup")
    await town.until(lambda: "What you missed" in used.text)
    dc.say(town.square, town.bob, f"{words} What is the capital of France?", mention_bot=True)
    await town.until(lambda: any(one.parent is town.square for one in dc.world.channels.values()))
    await town.settled()
    threads = [one for one in dc.world.channels.values() if one.parent is town.square]
    assert "Paris" in "".join(dc.transcript(one) for one in threads)
    assert dc.pinging() == []
    assert dc.violations == []


async def test_lists_and_refusals_that_repeat_what_people_wrote(town: Town) -> None:
    dc, words = town.dc, loud(town)
    asked: tuple[tuple[User, str, dict[str, str]], ...] = (
        (town.ann, "permit", {"command": words}),
        (town.ann, "permit", {"medium": "image", "who": "nobody"}),
        (town.ann, "permit", {}),
        (town.ann, "deny", {"who": words}),
        (town.ann, "deny", {"who": f"role:{dc.role(town.ours, 'crew').id}"}),
        (town.ann, "doors", {}),
        (town.ann, "audit", {}),
        (town.ann, "credits", {"note": words}),
        (town.ann, "character", {"persona": words}),
        (town.ann, "settings", {"name": "system_prompt"}),
        (town.bob, "search", {"question": words}),
        (town.bob, "read", {"what": f"https://example.org/{words}"}),
        (town.bob, "link", {"code": words}),
        (town.bob, "video", {"prompt": words}),
        (town.bob, "music", {"prompt": words}),
        (town.bob, "jobs", {}),
        (town.bob, "context", {}),
        (town.bob, "models", {"filter": words}),
    )
    for who, name, options in asked:
        declared = next((one for one in town.house.engine.commands if one.name == name), None)
        assert declared is not None, name
        taken: dict[str, object] = {}
        for option in declared.options:
            value = options.get(option.name)
            if value is not None:
                most = int(option.maximum or 4000)
                taken[option.name] = value[:most]
        used = dc.slash(town.square, who, name, taken)
        await town.until(lambda used=used: bool(used.text), 20)
    await town.settled()
    assert dc.pinging() == []
    assert dc.violations == []


async def test_a_reminder_pings_who_set_it_and_nobody_else(tmp_path: Path, venice: DemoVenice) -> None:
    async with FakeDiscord() as dc:
        bob, ann = dc.user("Bob"), dc.user("Ann")
        guild = dc.guild("Ours")
        for person in (bob, ann):
            dc.member(guild, person)
        square, role = dc.channel(guild, "square"), dc.role(guild, "guards")
        words = f"@everyone @here <@&{role.id}> <@{ann.id}>"
        async with house(tmp_path, venice, DISCORD_TOKEN=dc.token, DISCORD_BASE_URL=dc.base_url) as opened:
            await dc.ready()
            await dc.wait_for(lambda: bool(dc.world.syncs), WAIT)
            now = time.time()
            place = f"discord:{guild.id}:{square.id}:"
            due = Reminder("r1", place, "hash", f"discord:{bob.id}", f"Bob {words}", words, now, now)
            assert await opened.parts.store.reminders.add(due, 50)
            await opened.parts.alarm.ring()
            await dc.wait_for(lambda: bool(dc.answers(square)), 30)
            [said] = dc.pinging()
            assert (said.pings.everyone, said.pings.roles) == (False, frozenset())
            assert said.pings.users == {bob.id}
            assert dc.violations == []
