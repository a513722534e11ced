"""The dashboard's pages of doors: rules, permits and who asks, for owners and for a server's admin."""

from __future__ import annotations

import html
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from bot.dashboard import Viewer
from tests.integration.web.conftest import Starter, Tab
from tests.integration.web.desk import BOB, HOME, OTHER, OTHERS, PracticeDesk
from tests.integration.web.doordesk import HOSTILE, ROLE, SHUT
from tests.integration.web.test_dashboard_doors import Building, Clock, inside, send

PATH = f"/dashboard/doors?server={HOME}"


@pytest.fixture
async def building(start_web: Starter, tmp_path: Path) -> AsyncIterator[Building]:
    desk, clock = PracticeDesk(), Clock()
    async with start_web(host="0.0.0.0", clock=clock, desk=desk) as web:
        yield Building(web, desk, clock, tmp_path)


@dataclass
class Room:
    """Somebody who is signed in."""

    building: Building
    tab: Tab

    @property
    def desk(self) -> PracticeDesk:
        return self.building.desk

    async def get(self, path: str) -> httpx.Response:
        return await self.tab.client.get(path)

    async def post(self, **fields: str) -> httpx.Response:
        return await send(self.tab, self.building, "/doors", **fields)


@pytest.fixture
async def owner(building: Building) -> AsyncIterator[Room]:
    async with inside(building) as tab:
        yield Room(building, tab)


@pytest.fixture
async def admin(building: Building) -> AsyncIterator[Room]:
    async with inside(building, "admin-token") as tab:
        yield Room(building, tab)


async def test_an_owner_decides_who_comes_in(owner: Room) -> None:
    page = (await owner.get("/dashboard/doors")).text
    assert html.escape(HOSTILE, quote=False) in page.replace("&#34;", '"')
    assert "<script>alert" not in page
    done = await owner.post(form="applicant", subject="p1", rule="allow")
    assert (done.status_code, done.headers["location"]) == (303, "/dashboard/doors?saved=waiting#waiting")
    assert owner.desk.rules == {"person:77aa88bb99cc00dd": True}
    again = await owner.post(form="applicant", subject="p1", rule="deny")
    assert again.status_code == 422
    assert "no longer open" in again.text
    await owner.post(form="applicant", subject="p2", rule="deny")
    assert "Nobody asks to be let in" in (await owner.get("/dashboard/doors")).text


async def test_rules_of_the_house_are_in_pages(owner: Room) -> None:
    owner.desk.crowd(120)
    page, seen = (await owner.get("/dashboard/doors")).text, 0
    assert "Refuse" in page
    while True:
        seen += page.count('<th scope="row"><span class="soft">person')
        if 'rel="next"' not in page:
            break
        following = html.unescape(page.split('rel="next" href="')[1].partition('"')[0])
        page = (await owner.get(following)).text
    assert seen == 120


async def test_an_admin_sees_and_changes_their_own_servers_door(admin: Room) -> None:
    page = (await admin.get("/dashboard/doors")).text  # the only server leads there by itself
    assert "Door of Lagoon rowers" in page
    assert "<script>alert" not in page
    assert not [word for word in OTHERS if word in page]
    assert "Who asks to be let in" not in page
    done = await admin.post(form="add", server=HOME, kind="channel", named="77", rule="deny")
    assert done.headers["location"] == f"/dashboard/doors?server={HOME.replace(':', '%3A')}&saved=rules#rules"
    assert admin.desk.own_rules[HOME, "channel:discord:77"] is False
    await admin.post(form="rule", server=HOME, subject=SHUT, rule="none")
    assert (HOME, SHUT) not in admin.desk.own_rules
    shut = await admin.post(form="rule", server=HOME, subject=HOME, rule="deny")
    assert shut.headers["location"].endswith("#entry")
    assert admin.desk.own_rules[HOME, HOME] is False
    await admin.post(form="permit", server=HOME, subject="command:video", who=ROLE)
    assert admin.desk.permits[HOME, "command:video"] == (ROLE,)
    await admin.post(form="free", server=HOME, subject="command:image")
    assert (HOME, "command:image") not in admin.desk.permits
    assert admin.desk.rules == {}


async def test_what_was_not_possible_is_said_with_what_was_typed(admin: Room) -> None:
    wrong = await admin.post(form="add", server=HOME, kind="role", named='"><i>', rule="allow")
    assert wrong.status_code == 422
    assert 'value="&#34;&gt;&lt;i&gt;"' in wrong.text
    assert 'id="wrong" role="alert">Write an id' in wrong.text
    assert "<option selected>role</option>" in wrong.text
    nobody = await admin.post(form="permit", server=HOME, subject="command:video", who="x")
    assert (nobody.status_code, "role of this server" in nobody.text) == (422, True)
    assert '<option value="command:video" selected>' in nobody.text


@pytest.mark.parametrize(
    "fields",
    [
        {"form": "rule", "server": HOME, "subject": SHUT, "rule": "perhaps"},
        {"form": "add", "server": HOME, "kind": "user", "named": "5", "rule": "allow"},
        {"form": "add", "server": HOME, "kind": "role", "named": "5", "rule": "none"},
        {"form": "everything", "server": HOME},
        {"server": HOME},
    ],
)
async def test_forms_that_no_page_has_change_nothing(admin: Room, fields: dict[str, str]) -> None:
    before = dict(admin.desk.own_rules), dict(admin.desk.permits)
    assert (await admin.post(**fields)).status_code == 422
    assert (admin.desk.own_rules, admin.desk.permits) == before


@pytest.mark.parametrize(
    "fields",
    [
        {"form": "rule", "subject": HOME, "rule": "allow"},
        {"form": "rule", "server": OTHER, "subject": OTHER, "rule": "allow"},
        {"form": "add", "kind": "person", "named": "5", "rule": "allow"},
        {"form": "add", "server": OTHER, "kind": "person", "named": "5", "rule": "allow"},
        {"form": "permit", "server": OTHER, "subject": "command:video", "who": "anyone"},
        {"form": "free", "server": OTHER, "subject": "command:video"},
        {"form": "applicant", "subject": "p1", "rule": "allow"},
    ],
)
async def test_an_admin_is_refused_every_other_door(admin: Room, fields: dict[str, str]) -> None:
    refused = await admin.post(**fields)
    assert refused.status_code == 403
    assert not [word for word in OTHERS if word in refused.text]
    assert (admin.desk.rules, len(admin.desk.own_rules), len(admin.desk.waiting)) == ({}, 4, 2)


async def test_an_admin_of_several_servers_chooses(building: Building) -> None:
    building.desk.tokens["both"] = Viewer(BOB, owner=False, servers=(HOME, OTHER))
    async with inside(building, "both") as tab:
        page = (await tab.client.get("/dashboard/doors")).text
        assert f"/dashboard/doors?server={HOME.replace(':', '%3A')}" in page
        assert (await tab.client.get(f"/dashboard/doors?server={OTHER}")).status_code == 200
