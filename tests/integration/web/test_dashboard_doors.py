"""Who comes into the dashboard: links that work once, sessions that end, forms of our own pages only."""

from __future__ import annotations

import stat
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pytest

from bot.errors import GondolaError
from tests.integration.web.conftest import Starter, Tab, Web, browse
from tests.integration.web.desk import (
    ADA,
    BOB,
    GENERAL,
    HOME,
    NOW,
    OTHER,
    OTHERS,
    SECRET,
    PracticeDesk,
)

COOKIE = "gondola_dashboard"
LOOKS = (
    "",
    "/places",
    f"/place?scope={HOME}",
    f"/channels?server={HOME}",
    f"/doors?server={HOME}",
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
POSTS = ("/place", "/doors", "/caps", "/rule", "/sign-out")


@dataclass
class Clock:
    now: float = NOW

    def __call__(self) -> float:
        return self.now


@dataclass
class Building:
    """A page on every address, so that nobody is trusted without a sign-in."""

    web: Web
    desk: PracticeDesk
    clock: Clock
    folder: Path
    browsers: int = field(default=0)


@pytest.fixture
async def building(start_web: Starter, tmp_path: Path) -> AsyncIterator[Building]:
    desk, clock = PracticeDesk(), Clock()
    async with start_web(host="0.0.0.0", clock=clock, desk=desk) as web:
        yield Building(web, desk, clock, tmp_path)


def token_of(page: httpx.Response) -> str:
    return page.text.split('name="csrf" value="')[1].partition('"')[0]


def own(web: Web) -> dict[str, str]:
    """What a browser says with a form of ours, whose page sends no referrer."""
    return {"origin": "null", "sec-fetch-site": "same-origin"}


async def enter(tab: Tab, web: Web, token: str) -> httpx.Response:
    """Open the link and press its button."""
    page = await tab.client.get(f"/dashboard/sign-in?token={token}")
    form = {"csrf": token_of(page), "token": token}
    return await tab.client.post("/dashboard/sign-in", data=form, headers=own(web))


@asynccontextmanager
async def inside(building: Building, token: str = "owner-token") -> AsyncGenerator[Tab]:
    """A browser that is signed in; its token is that of its forms."""
    async with browse(building.web) as tab:
        assert (await enter(tab, building.web, token)).status_code == 303
        tab.token = token_of(await tab.client.get("/dashboard/places"))
        yield tab


async def send(tab: Tab, building: Building, path: str, **fields: str) -> httpx.Response:
    form = {"csrf": tab.token, **fields}
    return await tab.client.post(f"/dashboard{path}", data=form, headers=own(building.web))


async def test_looking_at_a_link_burns_nothing_and_its_button_works_once(building: Building) -> None:
    async with browse(building.web) as tab, browse(building.web) as late:
        for _ in range(3):  # what previews of links do
            page = await tab.client.get("/dashboard/sign-in?token=owner-token")
            assert page.status_code == 200
            assert "Sign in on this browser" in page.text
        assert "owner-token" in building.desk.tokens
        assert COOKIE not in tab.client.cookies
        done = await enter(tab, building.web, "owner-token")
        assert (done.status_code, done.headers["location"]) == (303, "/dashboard")
        cookie = done.headers["set-cookie"].lower()
        assert all(part in cookie for part in ("httponly", "samesite=strict", "path=/dashboard"))
        assert "secure" not in cookie
        assert "Overview" in (await tab.client.get("/dashboard")).text

        again = await enter(late, building.web, "owner-token")
        assert again.status_code == 403
        assert "not valid any more" in again.text
        assert (await late.client.get("/dashboard")).status_code == 401


async def test_nobody_looks_without_signing_in(building: Building) -> None:
    async with browse(building.web) as tab:
        for path in (*LOOKS, "/live/events"):
            page = await tab.client.get(f"/dashboard{path}")
            assert page.status_code == 401, path
            assert "Lagoon rowers" not in page.text
        for path in POSTS:
            assert (await send(tab, building, path)).status_code == 401, path


async def test_the_chat_page_does_not_open_by_a_dashboard_session(building: Building) -> None:
    async with inside(building, "admin-token") as tab:
        assert (await tab.client.get("/")).status_code == 403


async def test_whoever_sits_at_the_machine_is_an_owner(start_web: Starter) -> None:
    async with start_web(desk=PracticeDesk()) as web, browse(web) as tab:
        page = await tab.client.get("/dashboard")
        assert page.status_code == 200
        assert "<strong>owner</strong> on this machine" in page.text
        through_proxy = await tab.client.get("/dashboard", headers={"x-forwarded-for": "203.0.113.9"})
        assert through_proxy.status_code == 401


async def test_the_first_page_of_a_new_browser_can_change_something(start_web: Starter) -> None:
    desk = PracticeDesk()
    async with start_web(desk=desk) as web, browse(web) as tab:
        form = {"csrf": token_of(await tab.client.get("/dashboard/people")), "subject": HOME, "rule": "deny"}
        done = await tab.client.post("/dashboard/rule", data=form, headers=own(web))
        assert done.status_code == 303
    assert desk.rules == {HOME: False}


async def test_a_page_without_a_desk_has_no_dashboard(start_web: Starter) -> None:
    async with start_web() as web, browse(web) as tab:
        assert (await tab.client.get("/dashboard")).status_code == 404


async def test_the_token_file_signs_in_once(building: Building) -> None:
    file = building.folder / "dashboard-token"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    token = file.read_text().strip()
    async with inside(building, token) as tab:
        assert "Other guild" in (await tab.client.get("/dashboard/places")).text
    assert file.read_text().strip() != token
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    async with browse(building.web) as late:
        assert (await enter(late, building.web, token)).status_code == 403
        assert (await enter(late, building.web, "")).status_code == 403


async def test_a_session_is_stored_as_a_hash_and_outlives_a_restart(
    start_web: Starter, building: Building
) -> None:
    async with inside(building) as tab:
        cookies = dict(tab.client.cookies)
    file = building.folder / "dashboard-sessions.json"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert cookies[COOKIE] not in file.read_text()
    async with (
        start_web(host="0.0.0.0", clock=building.clock, desk=building.desk) as again,
        browse(again) as tab,
    ):
        tab.client.cookies.update(cookies)
        assert (await tab.client.get("/dashboard")).status_code == 200


async def test_a_session_ends_after_twelve_idle_hours_and_after_a_week(building: Building) -> None:
    async with inside(building) as tab:
        for _ in range(14):
            building.clock.now += 11.9 * 3600
            assert (await tab.client.get("/dashboard")).status_code == 200
        building.clock.now += 2 * 3600
        assert (await tab.client.get("/dashboard")).status_code == 401, "seven days are over"
    building.desk.tokens["later"] = building.desk.tokens["admin-token"]
    async with inside(building, "later") as tab:
        building.clock.now += 12 * 3600
        assert (await tab.client.get("/dashboard")).status_code == 401, "twelve hours without a request"


async def test_signing_out_here_and_everywhere(building: Building) -> None:
    building.desk.tokens["second"] = building.desk.tokens["third"] = building.desk.tokens["owner-token"]
    async with (
        inside(building) as tab,
        inside(building, "second") as second,
        inside(building, "third") as third,
        inside(building, "admin-token") as admin,
    ):
        old = tab.client.cookies[COOKIE]
        out = await send(tab, building, "/sign-out")
        assert out.headers["location"] == "/dashboard/sign-in"
        assert COOKIE not in tab.client.cookies
        replay = await tab.client.get("/dashboard", headers={"cookie": f"{COOKIE}={old}"})
        assert replay.status_code == 401
        assert (await second.client.get("/dashboard")).status_code == 200
        await send(second, building, "/sign-out", everywhere="yes")
        assert (await third.client.get("/dashboard")).status_code == 401
        assert (await admin.client.get("/dashboard")).status_code == 200, "somebody else's session stays"


async def test_a_removed_owner_is_out_with_the_next_request(building: Building) -> None:
    async with inside(building) as tab:
        building.desk.gone.add(ADA)
        assert (await tab.client.get("/dashboard")).status_code == 401
        building.desk.gone.clear()
        assert (await tab.client.get("/dashboard")).status_code == 401, "the session is gone for good"


async def test_guessing_is_slowed_down(building: Building) -> None:
    async with browse(building.web) as tab:
        for number in range(5):
            assert (await enter(tab, building.web, f"guess-{number}")).status_code == 403
        assert (await enter(tab, building.web, "owner-token")).status_code == 429
        assert "owner-token" in building.desk.tokens
        building.clock.now += 61
        assert (await enter(tab, building.web, "owner-token")).status_code == 303


async def test_cookies_are_secure_behind_https(start_web: Starter) -> None:
    address = "https://gondola.example.com"
    async with start_web(public_url=address, desk=PracticeDesk()) as web, browse(web) as tab:
        headers = {"host": "gondola.example.com", "x-forwarded-for": "203.0.113.9"}
        page = await tab.client.get("/dashboard/sign-in?token=owner-token", headers=headers)
        visitor = page.headers["set-cookie"].partition("=")[2].partition(";")[0]
        given = {**headers, **own(web), "cookie": f"gondola_visitor={visitor}"}
        form = {"csrf": token_of(page), "token": "owner-token"}
        done = await tab.client.post("/dashboard/sign-in", data=form, headers=given)
        assert done.status_code == 303
        assert "secure" in done.headers["set-cookie"].lower()


FORGED = [
    {"origin": "https://evil.example", "sec-fetch-site": "cross-site"},
    {"origin": "https://evil.example"},
    {"origin": "null", "sec-fetch-site": "cross-site"},
    {"origin": "null", "sec-fetch-site": "same-site"},
    {"origin": "null"},
    {},
]


@pytest.mark.parametrize("headers", FORGED)
@pytest.mark.parametrize("path", POSTS)
async def test_another_site_cannot_post(building: Building, path: str, headers: dict[str, str]) -> None:
    fields = {"scope": HOME, "name": "persona", "value": "x", "subject": HOME, "rule": "deny", "amount": "$9"}
    async with inside(building) as tab:
        form = {"csrf": tab.token, "medium": "all", "period": "day", **fields}
        answer = await tab.client.post(f"/dashboard{path}", data=form, headers=headers)
        assert answer.status_code == 403
        assert "out of date" in answer.text
        assert (await tab.client.get("/dashboard")).status_code == 200
    assert (building.desk.values, building.desk.rules, len(building.desk.cap_list)) == ({}, {}, 3)


@pytest.mark.parametrize("token", ["", "0" * 64, "é"])
@pytest.mark.parametrize("path", POSTS)
async def test_a_post_needs_the_token_of_its_own_session(building: Building, path: str, token: str) -> None:
    async with inside(building) as tab:
        tab.token = token
        form = {"scope": HOME, "name": "persona", "value": "x", "subject": HOME, "rule": "deny"}
        assert (await send(tab, building, path, **form)).status_code == 403
    assert (building.desk.values, building.desk.rules) == ({}, {})


async def test_anothers_token_is_of_no_use(building: Building) -> None:
    async with inside(building) as owner, inside(building, "admin-token") as admin:
        owner.token = admin.token
        assert (await send(owner, building, "/rule", subject=HOME, rule="deny")).status_code == 403
    assert building.desk.rules == {}


async def test_a_foreign_form_cannot_sign_somebody_in(building: Building) -> None:
    async with browse(building.web) as tab:
        page = await tab.client.get("/dashboard/sign-in?token=owner-token")
        form = {"csrf": token_of(page), "token": "owner-token"}
        for headers in FORGED:
            answer = await tab.client.post("/dashboard/sign-in", data=form, headers=headers)
            assert answer.status_code == 403
    assert "owner-token" in building.desk.tokens


@pytest.mark.parametrize("path", LOOKS)
async def test_an_admin_reads_nothing_of_another_server(building: Building, path: str) -> None:
    async with inside(building, "admin-token") as tab:
        page = await tab.client.get(f"/dashboard{path}")
        assert page.status_code == 200, page.text
        body = page.text.partition("<main")[2] or page.text
        assert not [word for word in OTHERS if word in body]


@pytest.mark.parametrize(
    "path",
    [
        "/place?scope=bot",
        f"/place?scope={OTHER}",
        f"/place?scope={SECRET}",
        "/place?scope=",
        "/place?scope=nonsense",
        f"/ledger?server={OTHER}",
        f"/ledger?channel={SECRET}",
        f"/ledger.csv?server={OTHER}",
        f"/ledger.csv?channel={SECRET}",
    ],
)
async def test_an_admin_is_refused_another_server(building: Building, path: str) -> None:
    async with inside(building, "admin-token") as tab:
        page = await tab.client.get(f"/dashboard{path}")
        assert page.status_code == 403
        assert "not yours to see" in page.text
        assert "Other guild" not in page.text


@pytest.mark.parametrize(
    ("path", "fields"),
    [
        ("/place", {"scope": OTHER, "name": "persona", "value": "x"}),
        ("/place", {"scope": "bot", "name": "persona", "value": "x"}),
        ("/place", {"scope": SECRET, "name": "persona", "do": "clear"}),
        ("/caps", {"scope": "bot", "medium": "all", "period": "day", "amount": "$900"}),
        ("/caps", {"scope": OTHER, "medium": "all", "period": "day", "amount": "$900"}),
        ("/caps", {"scope": "bot", "medium": "all", "period": "day", "unit": "money", "do": "clear"}),
        ("/rule", {"subject": HOME, "rule": "allow"}),
        ("/rule", {"subject": f"person:{BOB}", "rule": "allow"}),
    ],
)
async def test_an_admin_changes_nothing_elsewhere(
    building: Building, path: str, fields: dict[str, str]
) -> None:
    async with inside(building, "admin-token") as tab:
        assert (await send(tab, building, path, **fields)).status_code == 403
    assert (building.desk.values, building.desk.rules, len(building.desk.cap_list)) == ({}, {}, 3)


async def test_an_admin_sets_what_is_theirs(building: Building) -> None:
    async with inside(building, "admin-token") as tab:
        done = await send(tab, building, "/place", scope=GENERAL, name="persona", value="Sing.")
        assert done.status_code == 303
        refused = await send(tab, building, "/place", scope=HOME, name="ambient", value="on")
        assert refused.status_code == 403
        assert "Only owners" in refused.text
    assert building.desk.values == {(GENERAL, "persona"): "Sing."}


@pytest.mark.parametrize("path", [*LOOKS, "/sign-in?token=x", "/place?scope=nonsense"])
async def test_every_answer_has_the_safe_headers(building: Building, path: str) -> None:
    async with inside(building) as tab:
        answer = await tab.client.get(f"/dashboard{path}")
        policy = answer.headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert "frame-ancestors 'none'" in policy
        assert answer.headers["referrer-policy"] == "no-referrer"
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["x-content-type-options"] == "nosniff"


async def test_no_header_can_be_smuggled_in(building: Building) -> None:
    evil = "x\r\nset-cookie: a=b"
    async with inside(building) as tab:
        done = await send(tab, building, "/place", scope=HOME, name=evil, value="y")
        assert done.status_code == 303
        assert "a=b" not in str(done.headers.get_list("set-cookie"))
        assert "\n" not in done.headers["location"]
        back = await send(tab, building, "/rule", subject=HOME, rule="deny", back="//evil.example")
        assert back.headers["location"] == "/dashboard/places"
        sheet = await tab.client.get("/dashboard/ledger.csv", params={"model": evil})
        assert sheet.headers["content-disposition"] == 'attachment; filename="gondola-ledger.csv"'


async def test_a_database_that_does_not_answer_is_said(building: Building) -> None:
    async with inside(building) as tab:
        building.desk.trouble = GondolaError("The database does not answer just now.")
        for path in ("", "/places", "/caps", "/ledger", "/ledger.csv", "/audit", "/people"):
            page = await tab.client.get(f"/dashboard{path}")
            assert page.status_code == 503, path
            assert "The database does not answer just now." in page.text
