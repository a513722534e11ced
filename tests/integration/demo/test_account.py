"""The demo's account through the client: who may look, pages, formats, keys and their limits."""

from __future__ import annotations

import csv
import io
import math
import re
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from bot.demo import DemoVenice, Fault
from bot.errors import VeniceError, VeniceFailure
from bot.venice import (
    AnalyticsQuery,
    AudioRequest,
    EmbeddingRequest,
    ImageRequest,
    KeyChange,
    KeyOrder,
    Retry,
    SearchRequest,
    UsageQuery,
    VeniceClient,
)

ADMIN = "VENICE_ADMIN_KEY_demo"
BOT = "VENICE_INFERENCE_KEY_demo"


@pytest.fixture
async def admin(demo: DemoVenice) -> AsyncIterator[VeniceClient]:
    async with VeniceClient(ADMIN, demo.base_url, retry=Retry(tries=1)) as client:
        yield client


async def _search(demo: DemoVenice, key: str = BOT, times: int = 1) -> None:
    async with VeniceClient(key, demo.base_url, retry=Retry(tries=1)) as client:
        for _ in range(times):
            await client.augment.search(SearchRequest("tides"))


async def test_an_inference_key_sees_nothing_of_the_account(demo: DemoVenice) -> None:
    async with VeniceClient(BOT, demo.base_url) as client:
        account = client.account
        for call in (account.balance, account.keys, account.analytics, account.rate_limit_log):
            with pytest.raises(VeniceError) as caught:
                await call()
            assert (caught.value.failure, caught.value.status) == (VeniceFailure.FORBIDDEN, 401)
        assert (await client.rate_limits()).access_permitted


async def test_the_balance_is_what_is_left(demo: DemoVenice, admin: VeniceClient) -> None:
    before = await admin.account.balance()
    await _search(demo, times=3)
    after = await admin.account.balance()
    assert before.usd is not None
    assert after.usd == before.usd - 30_000
    assert after.can_consume


async def test_the_ledger_holds_every_charge(demo: DemoVenice, admin: VeniceClient) -> None:
    catalogue = await admin.catalogue()
    painter, embedder = catalogue.get("z-image-turbo"), catalogue.get("text-embedding-bge-m3")
    assert painter is not None
    assert embedder is not None
    await admin.generate_image(ImageRequest("a boat", width=64, height=64), painter)
    await admin.embed(EmbeddingRequest(("hello",)), embedder)
    await _search(demo)
    rows = (await admin.account.usage(UsageQuery())).rows
    assert [row.sku for row in rows] == [
        "z-image-turbo-image-generate",
        "text-embedding-bge-m3-embeddings",
        "augment-search",
    ]
    charged = [math.ceil(seen.cost_usd * 1e6 - 1e-9) for seen in demo.requests if seen.cost_usd]
    assert [-row.amount for row in rows] == charged == [10_000, 1, 10_000]
    assert len({row.request_id for row in rows}) == 3
    assert [row.timestamp for row in rows] == sorted(row.timestamp for row in rows)


async def test_pages_stay_as_they_are_while_new_rows_come(demo: DemoVenice, admin: VeniceClient) -> None:
    await _search(demo, times=25)
    first = await admin.account.usage(UsageQuery(page_size=10))
    await _search(demo, times=2)
    second = await admin.account.usage(first.next_cursor)
    assert (len(first.rows), len(second.rows)) == (10, 10)
    again = await admin.account.usage(UsageQuery(page_size=10))
    assert again.rows == first.rows
    rows = [row async for row in admin.account.usage_rows(UsageQuery(page_size=10))]
    assert len(rows) == len({row.request_id for row in rows}) == 27
    assert tuple(rows[:20]) == first.rows + second.rows


async def test_filters(demo: DemoVenice, admin: VeniceClient) -> None:
    await _search(demo)
    now = datetime.now(UTC)
    hour = timedelta(hours=1)
    for query, count in (
        (UsageQuery("DIEM"), 0),
        (UsageQuery("USD"), 1),
        (UsageQuery(start=now + hour), 0),
        (UsageQuery(start=now - hour, end=now + hour), 1),
        (UsageQuery(end=now - hour), 0),
    ):
        assert len((await admin.account.usage(query)).rows) == count


async def test_csv_pages_say_the_same(demo: DemoVenice, admin: VeniceClient) -> None:
    await _search(demo, times=12)
    first = await admin.account.usage_csv(UsageQuery(page_size=10))
    rest = await admin.account.usage_csv(first.next_cursor)
    assert (bool(first.next_cursor), rest.next_cursor) == (True, "")
    rows = [row for page in (first, rest) for row in csv.DictReader(io.StringIO(page.data.decode()))]
    page = await admin.account.usage(UsageQuery())
    assert [row["requestId"] for row in rows] == [row.request_id for row in page.rows]
    assert {row["amount"] for row in rows} == {"-0.01"}
    async with httpx.AsyncClient(headers={"Authorization": f"Bearer {ADMIN}", "Accept": "text/csv"}) as raw:
        answer = await raw.get(f"{demo.base_url}/billing/usage-history")
    named = r"attachment; filename=billing-usage-history-\d{8}T\d{9}Z\.csv"
    assert re.fullmatch(named, answer.headers["content-disposition"])


async def test_a_wrong_cursor_is_refused(admin: VeniceClient) -> None:
    with pytest.raises(VeniceError) as caught:
        await admin.account.usage("tampered")
    assert caught.value.failure is VeniceFailure.BAD_REQUEST


async def test_analytics_add_up(demo: DemoVenice, admin: VeniceClient) -> None:
    await _search(demo, times=3)
    await _search(demo, ADMIN)
    today = datetime.now(UTC).date()
    for query in (AnalyticsQuery(), AnalyticsQuery(start=today, end=today)):
        found = await admin.account.analytics(query)
        assert [(one.name, one.usd) for one in found.by_date] == [(today.isoformat(), 40_000)]
        assert [one.usd for one in found.by_key] == [30_000, 10_000]
        assert sum(one.usd for one in found.by_model) == 40_000


async def test_a_key_lives_from_making_to_deleting(demo: DemoVenice, admin: VeniceClient) -> None:
    new = await admin.account.create_key(KeyOrder("a bot", limit_usd=20_000, period="MONTH"))
    secret = new.secret.get_secret_value()
    assert secret.startswith("VENICE_INFERENCE_KEY_")
    (listed,) = await admin.account.keys()
    assert (listed.id, listed.description, listed.last6) == (new.id, "a bot", secret[-6:])
    assert (listed.limit_usd, listed.period, listed.last_used) == (20_000, "MONTH", None)
    await _search(demo, secret, times=2)
    with pytest.raises(VeniceError) as caught:
        await _search(demo, secret)
    assert caught.value.failure is VeniceFailure.SPEND_LIMIT
    used = await admin.account.key(new.id)
    assert used.spent_usd == 20_000
    assert used.last_used is not None
    changed = await admin.account.update_key(KeyChange(new.id, "better", no_limit=True))
    assert (changed.description, changed.limit_usd) == ("better", None)
    await _search(demo, secret)
    assert await admin.account.delete_key(new.id)
    with pytest.raises(VeniceError) as caught:
        await _search(demo, secret)
    assert caught.value.failure is VeniceFailure.AUTH
    with pytest.raises(VeniceError) as caught:
        await admin.account.key(new.id)
    assert caught.value.failure is VeniceFailure.NOT_FOUND
    assert await admin.account.keys() == ()


async def test_secrets_are_shown_once(demo: DemoVenice, admin: VeniceClient) -> None:
    new = await admin.account.create_key(KeyOrder("a bot"))
    secret = new.secret.get_secret_value()
    async with httpx.AsyncClient(headers={"Authorization": f"Bearer {ADMIN}"}) as raw:
        for path in ("/api_keys", f"/api_keys/{new.id}"):
            assert secret not in (await raw.get(f"{demo.base_url}{path}")).text
        changed = await raw.patch(f"{demo.base_url}/api_keys", json={"id": new.id})
        assert secret not in changed.text


async def test_a_made_key_opens_a_demo_that_takes_only_some_keys() -> None:
    async with DemoVenice(keys=frozenset({ADMIN})) as demo:
        with pytest.raises(VeniceError):
            await _search(demo)
        async with VeniceClient(ADMIN, demo.base_url) as client:
            new = await client.account.create_key(KeyOrder("a bot"))
            old = await client.account.create_key(KeyOrder("old", expires=datetime(2020, 1, 1, tzinfo=UTC)))
        await _search(demo, new.secret.get_secret_value())
        with pytest.raises(VeniceError):
            await _search(demo, old.secret.get_secret_value())


async def test_refused_calls_are_logged(demo: DemoVenice, admin: VeniceClient) -> None:
    demo.faults.next("/augment/search", Fault.status(429, retry_after=60))
    with pytest.raises(VeniceError):
        await _search(demo)
    (breach,) = await admin.account.rate_limit_log()
    assert (breach.kind, breach.tier) == ("RPM", "demo")


@pytest.mark.parametrize(
    ("code", "failure"),
    [(402, VeniceFailure.BALANCE), (429, VeniceFailure.RATE_LIMITED), (500, VeniceFailure.SERVER)],
)
async def test_faults(demo: DemoVenice, admin: VeniceClient, code: int, failure: VeniceFailure) -> None:
    demo.faults.next("/api_keys", Fault.status(code))
    with pytest.raises(VeniceError) as caught:
        await admin.account.create_key(KeyOrder("a bot"))
    assert caught.value.failure is failure
    assert await admin.account.keys() == ()


async def test_a_failed_job_s_refund_stands_in_the_ledger(demo: DemoVenice, admin: VeniceClient) -> None:
    demo.job_seconds = 0
    model = (await admin.catalogue()).get("elevenlabs-sound-effects-v2")
    assert model is not None
    demo.faults.next("/audio/queue", Fault.job_fails())
    job = await admin.jobs.queue_audio(AudioRequest("waves", 10), model)
    await admin.jobs.retrieve(job)
    charge, refund = (await admin.account.usage(UsageQuery())).rows
    assert (charge.amount, refund.amount, refund.notes) == (-23_000, 23_000, "Refund")
