"""The dashboard over the whole house: whoever manages one server, at every page, against another one."""

from __future__ import annotations

import re
from pathlib import Path

import httpx

from bot.demo import DemoVenice
from tests.fakes.discord import FakeDiscord
from tests.integration.platforms import house
from tests.integration.test_voice_on_platforms import WAIT, asked

LISTS = (
    "",
    "/places",
    "/caps",
    "/people",
    "/ledger",
    "/ledger.csv",
    "/jobs",
    "/characters",
    "/errors",
    "/audit",
    "/live",
)
MODEL = "zai-org-glm-4.7-flash"
OWN = {"origin": "null", "sec-fetch-site": "same-origin"}


def csrf(page: httpx.Response) -> str:
    return page.text.split('name="csrf" value="')[1].partition('"')[0]


async def test_a_servers_admin_sees_and_changes_that_server_only(tmp_path: Path, venice: DemoVenice) -> None:
    async with FakeDiscord() as dc:
        ann, bob, eve = dc.user("Ann"), dc.user("Bob"), dc.user("Eve")
        home, other = dc.guild("Canal"), dc.guild("Harbour")
        dc.member(home, bob, permissions=["manage_guild"])
        dc.member(other, eve)
        cem, dan = dc.user("Cem"), dc.user("Dan")
        dc.member(home, cem)
        dc.member(home, dan)
        guests, strangers = dc.role(home, "guests"), dc.role(other, "strangers")
        rooms = [dc.channel(home, "general"), dc.channel(other, "quay")]
        access = {"DISCORD_TOKEN": dc.token, "DISCORD_BASE_URL": dc.base_url}
        async with house(tmp_path, venice, **access, GONDOLA_OWNERS=f"discord:{ann.id}"):
            await dc.ready()
            await dc.wait_for(lambda: bool(dc.world.syncs), WAIT)
            for room, person in zip(rooms, (bob, eve), strict=True):
                dc.say(room, person, "Good morning", mention_bot=True)
            await dc.wait_for(lambda: len(asked(venice)) == 2, WAIT)
            used = dc.slash(rooms[0], bob, "dashboard")
            await dc.wait_for(lambda: "?token=" in used.text, WAIT)
            link = re.search(r"(http://[^/\s]+)(/dashboard/sign-in\?token=(\w+))", used.text)
            assert link is not None
            async with httpx.AsyncClient(base_url=f"{link[1]}", timeout=10) as client:
                page = await client.get(link[2])
                form = {"csrf": csrf(page), "token": link[3]}
                done = await client.post("/dashboard/sign-in", data=form, headers=OWN)
                assert done.status_code == 303
                for path in LISTS:
                    shown = await client.get(f"/dashboard{path}")
                    assert shown.status_code == 200, path
                    assert not [word for word in ("Harbour", "quay", str(other.id)) if word in shown.text], (
                        path
                    )
                assert "Canal" in (await client.get("/dashboard/places")).text
                mine, theirs = f"server:discord:{home.id}", f"server:discord:{other.id}"
                quay = f"channel:discord:{rooms[1].id}"
                for scope in ("bot", theirs, quay, "server:discord:1"):
                    refused = await client.get("/dashboard/place", params={"scope": scope})
                    assert refused.status_code == 403, scope
                for query in (f"server={theirs}", f"channel={quay}"):
                    for path in ("/ledger", "/ledger.csv"):
                        found = await client.get(f"/dashboard{path}?{query}")
                        assert found.status_code == 403, (path, query)

                token = csrf(await client.get("/dashboard/places"))

                async def send(path: str, **fields: str) -> int:
                    given = {"csrf": token, **fields}
                    return (await client.post(f"/dashboard{path}", data=given, headers=OWN)).status_code

                cap = {"medium": "all", "period": "day", "amount": "$900"}
                assert await send("/place", scope=mine, name="model", value=MODEL) == 303
                assert await send("/place", scope=theirs, name="model", value=MODEL) == 403
                assert await send("/place", scope=quay, name="model", do="clear") == 403
                assert await send("/place", scope="bot", name="model", value=MODEL) == 403
                assert await send("/caps", scope="bot", **cap) == 403
                assert await send("/caps", scope=theirs, **cap) == 403
                assert await send("/rule", subject=theirs, rule="deny") == 403
                assert await send("/rule", subject=mine, rule="deny") == 403
                door = {"form": "add", "rule": "deny"}
                assert await send("/doors", **door, server=theirs, kind="person", named=str(bob.id)) == 403
                assert await send("/doors", **door, server="", kind="person", named=str(eve.id)) == 403
                assert await send("/doors", form="rule", server=mine, subject=theirs, rule="deny") == 403
                assert (await client.get("/dashboard/doors", params={"server": theirs})).status_code == 403
                assert await send("/doors", **door, server=mine, kind="person", named=f"<@{dan.id}>") == 303
                role = f"discord:{guests.id}"
                permit = {"form": "permit", "server": mine, "subject": "medium:chat"}
                assert await send("/doors", **permit, who=f"discord:{strangers.id}") == 422
                assert await send("/doors", **permit, who=role) == 303
                shown = (await client.get("/dashboard/doors")).text
                assert "<strong>guests</strong>" in shown
                assert str(dan.id) not in shown
                dc.say(rooms[0], dan, "Am I in?", mention_bot=True)
                dc.say(rooms[0], cem, "May I talk?", mention_bot=True)
                await dc.wait_for(lambda: "talking to me is for people with" in dc.transcript(rooms[0]), WAIT)
                assert len(asked(venice)) == 2
                audit = (await client.get("/dashboard/audit")).text
                assert MODEL in audit
