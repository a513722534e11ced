"""What the dashboard shows and changes."""

from __future__ import annotations

import asyncio
import csv
import io
import json
import re
from collections.abc import AsyncIterator

import httpx
import pytest

from adapters.web.dashboard.live import tail
from adapters.web.dashboard.sheets import guarded
from adapters.web.dashboard.words import Names, away, money, size
from bot.dashboard import LiveEvent, LiveKind, Viewer
from bot.records import Cap, CapPeriod, CapUnit
from tests.integration.web.conftest import Starter, Tab, browse
from tests.integration.web.desk import ADA, BOB, FORMULA, GENERAL, HOME, NOW, OTHER, PracticeDesk
from tests.integration.web.test_dashboard_doors import LOOKS, token_of


class Room:
    """A browser at the machine, and the desk."""

    def __init__(self, tab: Tab, desk: PracticeDesk) -> None:
        self.tab, self.desk = tab, desk

    async def get(self, path: str) -> httpx.Response:
        return await self.tab.client.get(f"/dashboard{path}")

    async def post(self, path: str, **fields: str) -> httpx.Response:
        token = token_of(await self.get("/places"))
        headers = {"origin": self.tab.origin, "sec-fetch-site": "same-origin"}
        return await self.tab.client.post(
            f"/dashboard{path}", data={"csrf": token, **fields}, headers=headers
        )


@pytest.fixture
async def room(start_web: Starter) -> AsyncIterator[Room]:
    desk = PracticeDesk()
    async with start_web(desk=desk, clock=lambda: NOW) as web, browse(web) as tab:
        await tab.client.get("/dashboard")
        yield Room(tab, desk)


@pytest.mark.parametrize("path", [*LOOKS, f"/place?scope={GENERAL}"])
async def test_hostile_names_stay_text(room: Room, path: str) -> None:
    room.desk.values[HOME, "persona"] = '</textarea><script>alert(3)</script>"'
    page = (await room.get(path)).text
    if not path.startswith("/ledger.csv"):
        assert not re.search(r"<script(?! (?:type=\"module\" )?src=\"/static/)", page)
        assert not re.search(r"<[a-z]+[^>\"]*(?:\"[^\"]*\"[^>\"]*)*\son[a-z]+=", page), "an event handler"
        assert " style=" not in page
        assert "<style" not in page
        assert page.count("</textarea>") == page.count("<textarea")


@pytest.mark.parametrize(
    "path", [path for path in LOOKS if path not in ("/ledger.csv", f"/place?scope={HOME}")]
)
async def test_an_empty_house_says_so(room: Room, path: str) -> None:
    room.desk.empty = True
    assert 'class="nothing"' in (await room.get(path)).text


async def test_the_overview_draws_what_happened(room: Room) -> None:
    page = (await room.get("?span=7d")).text
    assert page.count("<figure") == page.count("data-plot=") == 5
    assert ">Messages in the last 7 days: " in page
    assert "near" in page
    assert 'aria-label="The whole house, all, a day: used $8.61 of $10.00"' in page
    assert (await room.get("?span=nonsense")).status_code == 200


async def test_a_setting_is_set_and_taken_back(room: Room) -> None:
    done = await room.post("/place", scope=HOME, name="persona", value="Sing\r\nalways.", do="put")
    assert done.status_code == 303
    assert done.headers["location"].endswith("saved=persona#setting-persona")
    assert room.desk.values[HOME, "persona"] == "Sing\nalways."
    page = (await room.get(f"/place?scope={HOME}&saved=persona")).text
    assert "set here" in page
    assert 'data-tell="persona is saved"' in page
    assert (await room.post("/place", scope=HOME, name="persona", do="clear")).status_code == 303
    assert room.desk.values == {}


async def test_what_is_not_possible_is_said_at_the_field(room: Room) -> None:
    answer = await room.post("/place", scope=HOME, name="max_tokens", value="many<b>", do="put")
    assert answer.status_code == 422
    assert 'value="many&lt;b&gt;"' in answer.text, "nothing typed is lost"
    assert re.search(r'id="wrong-max_tokens" role="alert">`many&lt;b&gt;` is no whole number', answer.text)
    assert 'aria-describedby="about-max_tokens wrong-max_tokens" aria-invalid="true"' in answer.text


async def test_where_a_value_comes_from(room: Room) -> None:
    room.desk.values["bot", "search"] = "on"
    page = (await room.get(f"/place?scope={HOME}")).text
    part = page.partition('id="setting-search"')[2].partition("</li>")[0]
    assert "from the whole house" in part
    assert "default <code>auto</code>" in part


async def test_caps_are_set_and_removed(room: Room) -> None:
    form = {"scope": HOME, "medium": "chat", "period": "week", "amount": "$2.50"}
    assert (await room.post("/caps", **form)).status_code == 303
    assert Cap(HOME, "chat", CapUnit.MONEY, CapPeriod.WEEK, 2_500_000) in room.desk.cap_list
    gone = await room.post("/caps", scope=HOME, medium="chat", period="week", unit="money", do="clear")
    assert gone.status_code == 303
    assert len(room.desk.cap_list) == 3
    wrong = await room.post("/caps", **{**form, "amount": "lots"})
    assert wrong.status_code == 422
    assert 'value="lots"' in wrong.text
    assert f'value="{HOME}"' in wrong.text
    assert "`lots` is no amount" in wrong.text
    assert (await room.post("/caps", **{**form, "period": "century"})).status_code == 422


async def test_people_are_let_in_and_shut_out(room: Room) -> None:
    done = await room.post("/rule", subject=f"person:{BOB}", rule="deny", back="people")
    assert done.headers["location"] == "/dashboard/people"
    assert room.desk.rules == {f"person:{BOB}": False}
    assert "shut out" in (await room.get("/people")).text
    await room.post("/rule", subject=f"person:{BOB}", rule="none", back="people")
    assert room.desk.rules == {}
    assert (await room.post("/rule", subject=HOME, rule="perhaps")).status_code == 400


async def test_credits_are_granted_on_the_page_of_people(room: Room) -> None:
    page = (await room.get("/people")).text
    assert "$0.30 held" in page
    once = re.search(r'name="once" value="([^"]+)"', page)
    assert once is not None
    form = {"person": BOB, "amount": "$1.50", "note": "well done", "once": once[1], "cursor": ""}
    done = await room.post("/people", **form)
    assert done.headers["location"] == f"/dashboard/people?saved={BOB}#person-{BOB}"
    assert room.desk.grants == {once[1]: (BOB, "$1.50", "well done")}
    wrong = await room.post("/people", **{**form, "amount": "l<o>ts"})
    assert wrong.status_code == 422
    row = wrong.text.partition(f'<tr id="person-{BOB}">')[2]
    assert f'id="wrong-{BOB}" role="alert">Write the amount as' in row
    assert 'value="l&lt;o&gt;ts"' in row
    assert 'value="well done"' in row
    assert "l&lt;o&gt;ts" not in wrong.text.partition(f'<tr id="person-{BOB}">')[0]


async def test_the_ledger_is_paged_and_filtered(room: Room) -> None:
    first = (await room.get("/ledger")).text
    assert first.count("<tr>") == 51
    assert "req-0120" in first
    older = re.search(r'rel="next" href="/dashboard(/ledger\?cursor=\d+)"', first)
    assert older is not None
    assert "req-0070" in (await room.get(older[1])).text
    found = (await room.get(f"/ledger?server={OTHER}&medium=image&uncertain=yes")).text
    rows = found.partition("<tbody>")[2]
    assert rows.count("uncertain") == rows.count("<tr>") == 4
    assert f'value="{OTHER}" selected' in found
    day = (await room.get("/ledger?since=2026-11-27&until=2026-11-27")).text
    assert day.partition("<tbody>")[2].count("2026-11-27T") == 24
    assert "No paid call fits" in (await room.get("/ledger?since=2030-01-01")).text
    wrong = await room.get("/ledger?since=tomorrow")
    assert wrong.status_code == 422
    assert "`tomorrow` is no date" in wrong.text
    assert (await room.get("/ledger?until=9999-12-31")).status_code == 422


async def test_the_sheet_holds_everything_and_no_formula(room: Room) -> None:
    answer = await room.get(f"/ledger.csv?server={HOME}")
    assert answer.headers["content-type"].startswith("text/csv")
    rows = list(csv.DictReader(io.StringIO(answer.text)))
    assert len(rows) == 80
    assert {row["server"] for row in rows} == {HOME}
    assert f"'{FORMULA}" in {row["model"] for row in rows}
    assert not [cell for row in rows for cell in row.values() if cell.startswith(("=", "+", "-", "@"))]
    assert rows[0]["cost_usd"] == "0.148080"
    assert rows[0]["person"] == ADA


@pytest.mark.parametrize("text", ["=1", "+1", "-1", "@x", "\t=1", "\r=1", "\n=1"])
def test_what_a_spreadsheet_would_run_is_quoted(text: str) -> None:
    assert guarded(text) == f"'{text}"
    assert guarded(f"x{text}") == f"x{text}"


async def test_the_rest_shows_its_rows(room: Room) -> None:
    assert "req-77" in (await room.get("/errors")).text
    assert "Venice did not answer" in (await room.get("/jobs")).text
    assert "captain-brine" in (await room.get("/characters")).text
    audit = (await room.get("/audit")).text
    assert "$2" in audit
    assert "$2" not in (await room.get("/audit?kind=setting")).text.partition("<tbody>")[2]


async def events_of(room: Room, count: int, opened: asyncio.Event) -> list[dict[str, str]]:
    found: list[dict[str, str]] = []
    async with (
        asyncio.timeout(10),
        room.tab.client.stream("GET", "/dashboard/live/events") as stream,
    ):
        assert stream.headers["content-type"].startswith("text/event-stream")
        async for line in stream.aiter_lines():
            opened.set()
            if line.startswith("data: "):
                found.append(json.loads(line[6:]))
                if len(found) == count:
                    break
    return found


async def test_what_happens_is_told_at_once(room: Room) -> None:
    opened = asyncio.Event()
    reading = asyncio.create_task(events_of(room, 2, opened))
    await opened.wait()
    asked = LiveEvent(NOW, LiveKind.ASKED, "discord", HOME, GENERAL, ADA, "turn-1")
    paid = LiveEvent(NOW, LiveKind.PAID, "discord", HOME, GENERAL, ADA, "turn-1", "chat", "m", 1.5, 1200)
    for event in (asked, paid):
        room.desk.events.put_nowait(event)
    first, second = await reading
    assert (first["kind"], first["place"], first["person"]) == ("asked", "Lagoon rowers · general", ADA[:8])
    assert (second["cost"], second["took"], second["what"]) == ("$0.0012", "1.5 s", "chat m")
    async with asyncio.timeout(5):
        while room.desk.listeners:  # whoever leaves is no longer told
            await asyncio.sleep(0.01)


async def test_another_site_cannot_listen(room: Room) -> None:
    answer = await room.tab.client.get("/dashboard/live/events", headers={"sec-fetch-site": "cross-site"})
    assert answer.status_code == 403


async def test_the_tail_ends_with_the_rights(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("adapters.web.dashboard.live.HEARTBEAT_SECONDS", 0.01)
    desk, answers = PracticeDesk(), iter([True, False])

    async def still() -> bool:
        return next(answers)

    lines = [line async for line in tail(desk.live(Viewer("", owner=True)), Names({}), still)]
    assert lines == ["retry: 2000\n\n", ": still here\n\n"]
    assert desk.listeners == 0


@pytest.mark.parametrize(
    ("micro", "text"),
    [(0, "$0.00"), (5, "$0.000005"), (1_200, "$0.0012"), (10_000, "$0.01"), (1_234_567_890, "$1,234.57")],
)
def test_money_reads_well(micro: int, text: str) -> None:
    assert money(micro) == text


def test_sizes_and_distances_read_well() -> None:
    assert [size(n) for n in (0, 999, 18_400_000, 5_000_000_000)] == ["0 B", "999 B", "18 MB", "5 GB"]
    assert [away(n) for n in (4, 900, 40_000, 400_000)] == ["4 s", "15 min", "11 h", "5 days"]
