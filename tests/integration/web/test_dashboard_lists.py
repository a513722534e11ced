"""The dashboard's lists with hundreds of rows: page after page without a script, and servers by name."""

from __future__ import annotations

import html
import re
from collections.abc import AsyncIterator

import pytest

from tests.integration.web.conftest import Starter, browse
from tests.integration.web.desk import GENERAL, HOME, NOW, OTHER, PracticeDesk
from tests.integration.web.test_dashboard_doors import Building, inside
from tests.integration.web.test_dashboard_doors import building as building  # a fixture
from tests.integration.web.test_dashboard_pages import Room

MANY = 130


@pytest.fixture
async def room(start_web: Starter) -> AsyncIterator[Room]:
    desk = PracticeDesk()
    desk.crowd(MANY)
    async with start_web(desk=desk, clock=lambda: NOW) as web, browse(web) as tab:
        await tab.client.get("/dashboard")
        yield Room(tab, desk)


def following(page: str, name: str = "cursor") -> str:
    """Where "More" leads, "" at the end."""
    links = (html.unescape(one) for one in re.findall(r'rel="next" href="/dashboard([^"]+)"', page))
    return next((one for one in links if f"{name}=" in one), "")


@pytest.mark.parametrize(
    ("path", "row", "number", "name"),
    [
        ("/places", r'<h2 id="server-', MANY + 2, "cursor"),
        ("/places?search=pier", r'<h2 id="server-', MANY, "cursor"),
        (f"/channels?server={HOME}", r'<th scope="row">', MANY + 2, "cursor"),
        ("/characters", r'<th scope="row">', MANY + 1, "cursor"),
        ("/jobs", r"<td>video", MANY + 1, "orders"),
        ("/jobs", r"<td>waits", MANY + 1, "reminders"),
    ],
)
async def test_every_row_is_on_one_of_the_pages(
    room: Room, path: str, row: str, number: int, name: str
) -> None:
    seen, pages = 0, 0
    while path:
        page = await room.get(path)
        assert page.status_code == 200
        seen, pages = seen + len(re.findall(row, page.text)), pages + 1
        assert pages < 20
        path = following(page.text, name)
    assert seen == number
    assert pages > 2


async def test_a_server_is_found_by_its_name(room: Room) -> None:
    page = (await room.get("/places?search=LAGOON")).text
    assert "Lagoon rowers" in page
    assert "Pier 001" not in page
    assert 'name="search" value="LAGOON"' in page
    assert f'href="/dashboard/channels?server={HOME.replace(":", "%3A")}">All {MANY + 2} channels' in page
    nothing = (await room.get('/places?search="><script>alert(1)</script>')).text
    assert "No server has that in its name" in nothing
    assert "<script>alert" not in nothing


async def test_the_ledgers_channels_are_those_of_the_chosen_server(room: Room) -> None:
    page = (await room.get("/ledger")).text
    assert f'<option value="{HOME}">' in page
    assert f'<option value="{GENERAL}"' not in page
    assert "choose a server first" in page
    chosen = (await room.get(f"/ledger?server={HOME}")).text
    assert f'<option value="{GENERAL}">' in chosen
    kept = (await room.get(f"/ledger?channel={GENERAL}")).text
    assert f'<option value="{GENERAL}" selected>' in kept


async def test_channels_elsewhere_are_not_an_admins(building: Building) -> None:
    async with inside(building, "admin-token") as tab:
        assert (await tab.client.get(f"/dashboard/channels?server={HOME}")).status_code == 200
        for server in (OTHER, "", "server:discord:1"):
            assert (await tab.client.get("/dashboard/channels", params={"server": server})).status_code == 403
        shown = (await tab.client.get("/dashboard/ledger")).text
        assert f'<option value="{GENERAL}">' in shown, "of the only server there is to choose"
