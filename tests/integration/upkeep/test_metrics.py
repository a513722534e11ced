"""/metrics of a whole house: numbers that fit what happened, for whom it may concern, and nobody's words."""

from __future__ import annotations

import re
from pathlib import Path

import httpx
import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from bot.app import House, serving
from bot.demo import DemoVenice
from bot.demo.faults import Fault
from bot.exposition import Exposition
from bot.settings import Configuration, load_configuration
from bot.venice.tally import Tally
from storage import SqlStore
from tests.fakes.telegram import FakeTelegram

TOKEN = "scrape-me"
LABEL = r'[a-z_]+="(?:[^"\\\n]|\\.)*"'
LINE = re.compile(rf"# (HELP|TYPE) [a-z_]+ .+|[a-z_]+({{{LABEL}(,{LABEL})*}})? -?[0-9.e+-]+")


async def read(house: House, headers: dict[str, str] | None = None) -> httpx.Response:
    """GET /metrics as Prometheus does."""
    async with httpx.AsyncClient(trust_env=False) as client:
        return await client.get(f"http://127.0.0.1:{house.web.port}/metrics", headers=headers)


def value(page: str, sample: str) -> float:
    """The value of a sample."""
    found = [one.rpartition(" ")[2] for one in page.splitlines() if one.rpartition(" ")[0] == sample]
    assert len(found) == 1, (sample, page)
    return float(found[0])


def configuration(folder: Path, **environment: str) -> Configuration:
    """An open house on a free port."""
    return load_configuration(
        {"GONDOLA_DATA_DIR": str(folder), "GONDOLA_HTTP": "127.0.0.1:0", "GONDOLA_ACCESS": "open"}
        | environment
    )


async def test_the_numbers_fit_what_happened(tmp_path: Path) -> None:
    async with FakeTelegram() as tg, DemoVenice() as demo:
        chosen = configuration(
            tmp_path,
            TELEGRAM_TOKEN=tg.token,
            TELEGRAM_BASE_URL=tg.base_url,
            VENICE_API_KEY="VENICE_INFERENCE_KEY_x",
            VENICE_BASE_URL=demo.base_url,
        )
        ann = tg.user("Annabella")
        chat = tg.private(ann)
        async with serving(chosen) as house:
            before = (await read(house)).text
            assert "gondola_spent_usd_total{" not in before
            tg.say(chat, ann, "What is a bricole?")
            await tg.wait_for(lambda: house.engine.workload().ended.get(("telegram", "answered")))
            demo.faults.next("/chat/completions", Fault.status(401)).times(9)
            tg.say(chat, ann, "And what is a forcola?")
            await tg.wait_for(lambda: house.engine.workload().ended.get(("telegram", "failed")))
            tg.say(chat, ann, "/model no-such-model")
            await tg.wait_for(lambda: house.engine.workload().ended.get(("telegram", "refused")))
            house.metrics.forget()
            answer = await read(house)
    page = answer.text
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
    assert [one for one in page.splitlines() if not LINE.fullmatch(one)] == []
    assert value(page, 'gondola_platform_up{platform="telegram"}') == 1
    assert value(page, 'gondola_turns_total{platform="telegram",outcome="answered"}') == 1
    assert value(page, 'gondola_turns_total{platform="telegram",outcome="failed"}') == 1
    assert value(page, 'gondola_venice_calls_total{area="chat",outcome="ok"}') == 1
    assert value(page, 'gondola_venice_calls_total{area="chat",outcome="auth"}') >= 1
    assert value(page, 'gondola_venice_wait_seconds_total{area="chat"}') > 0
    assert value(page, 'gondola_paid_calls_total{medium="chat"}') >= 1
    assert value(page, 'gondola_spent_usd_total{medium="chat"}') > 0
    assert value(page, "gondola_reservations") == 0
    assert value(page, "gondola_database_up") == 1
    assert value(page, "gondola_database_bytes") > 50_000
    assert value(page, "process_resident_memory_bytes") > 20_000_000
    assert value(page, "process_open_fds") > 5
    for secret in ("Annabella", str(ann.id), str(chat.id), "bricole", "forcola", tg.token, "KEY_x"):
        assert secret not in page


@pytest.mark.parametrize(
    ("bound", "token", "headers", "status"),
    [
        ("127.0.0.1", "", {}, 200),
        ("127.0.0.1", "", {"X-Forwarded-For": "10.0.0.1"}, 403),
        ("127.0.0.1", "", {"Host": "gondola.example.org"}, 403),
        ("127.0.0.1", "", {"Authorization": "Bearer", "Via": "proxy"}, 403),
        ("0.0.0.0", "", {}, 403),
        ("0.0.0.0", "", {"Authorization": "Bearer"}, 403),
        ("0.0.0.0", TOKEN, {}, 403),
        ("0.0.0.0", TOKEN, {"Authorization": "Bearer wrong"}, 403),
        ("0.0.0.0", TOKEN, {"Authorization": f"Basic {TOKEN}"}, 403),
        ("0.0.0.0", TOKEN, {"Authorization": f"Bearer {TOKEN}é"}, 403),
        ("0.0.0.0", TOKEN, {"Authorization": f"bearer {TOKEN}"}, 200),
        ("127.0.0.1", TOKEN, {"Authorization": f"Bearer {TOKEN}", "X-Forwarded-For": "10.0.0.1"}, 200),
    ],
)
async def test_only_this_machine_or_the_token_reads_them(
    tmp_path: Path, bound: str, token: str, headers: dict[str, str], status: int
) -> None:
    chosen = configuration(tmp_path, GONDOLA_HTTP=f"{bound}:0", GONDOLA_METRICS_TOKEN=token)
    async with serving(chosen) as house:
        sent = {name: text.encode() for name, text in headers.items()}
        answer = await read(house, sent)  # type: ignore[arg-type]
    assert answer.status_code == status
    assert ("gondola_" in answer.text) == (status == 200)
    if status == 403:
        assert TOKEN not in answer.text


async def test_a_database_that_is_gone_is_a_number_too(tmp_path: Path) -> None:
    async with serving(configuration(tmp_path)) as house:
        async with _writer(house).begin() as connection:
            await connection.execute(text("DROP TABLE ledger"))
        house.metrics.forget()
        page = (await read(house)).text
    assert value(page, "gondola_database_up") == 0
    assert value(page, "gondola_turns_waiting") == 0
    assert "gondola_database_bytes" not in page


def _writer(house: House) -> AsyncEngine:
    store = house.parts.store
    assert isinstance(store, SqlStore)
    return store.database.engines[0]


def test_labels_are_escaped() -> None:
    page = Exposition()
    page.gauge("a", "b\nc\\d", [({"x": 'y"\\\n'}, 0.5)])
    assert page.text() == '# HELP a b\\nc\\\\d\n# TYPE a gauge\na{x="y\\"\\\\\\n"} 0.5\n'


@pytest.mark.parametrize(
    ("path", "area"),
    [
        ("/api/v1/chat/completions", "chat"),
        ("/x/api/v1/characters/some-slug", "characters"),
        ("/f/1", "elsewhere"),
    ],
)
def test_ids_in_paths_make_no_counters(path: str, area: str) -> None:
    tally = Tally()
    with tally.counting(path):
        assert tally.open == 1
    assert (tally.open, dict(tally.calls)) == (0, {(area, "ok"): 1})
