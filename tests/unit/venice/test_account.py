"""Balance, ledger and keys: exact money, secrets that hide, pages that end."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest

from bot.errors import Fault, VeniceError, VeniceFailure
from bot.venice import AnalyticsQuery, KeyChange, KeyOrder, UsageQuery, VeniceClient
from bot.venice.account_bodies import analytics_params, key_body, key_change_body, moment_text, usage_params
from bot.venice.http import Answer
from bot.venice.types import Notices
from tests.unit.venice.clients import client_of, failure_of
from tests.unit.venice.wire import Reply, canned, json_reply

Drive = Callable[[VeniceClient], Awaitable[object]]
SECRET = "VENICE_INFERENCE_KEY_do-not-print-me"
ROW: dict[str, Any] = {
    "timestamp": "2026-11-01T00:00:00.000Z",
    "sku": "glm-output",
    "units": 0.000001,
    "pricePerUnitUsd": 4.4,
    "amount": -0.0000044,
    "currency": "USD",
    "notes": "API",
    "inferenceDetails": {
        "requestId": "chatcmpl-1",
        "promptTokens": 5,
        "completionTokens": None,
        "inferenceExecutionTime": 12,
    },
}


async def test_the_balance_is_rounded_down() -> None:
    told = {
        "canConsume": True,
        "consumptionCurrency": "USD",
        "balances": {"usd": 1.2345678, "diem": None, "bundledCredits": 2},
        "diemEpochAllocation": 0.5,
    }
    async with canned(json_reply(told)) as server, client_of(server) as client:
        balance = await client.account.balance()
    assert (balance.usd, balance.diem, balance.bundled, balance.earned) == (1_234_567, None, 2_000_000, None)
    assert (balance.can_consume, balance.currency, balance.diem_allocation) == (True, "USD", 500_000)


async def test_the_ledger_never_makes_a_debit_smaller() -> None:
    credit = {**ROW, "amount": 0.0000019, "inferenceDetails": None}
    page = json_reply({"data": [ROW, credit], "nextCursor": None})
    async with canned(page) as server, client_of(server) as client:
        found = await client.account.usage(UsageQuery())
    debit, back = found.rows
    assert (debit.amount, back.amount) == (-5, 1)
    assert (debit.units, debit.unit_usd) == (Decimal("0.000001"), Decimal("4.4"))
    assert (debit.request_id, debit.prompt_tokens, debit.completion_tokens) == ("chatcmpl-1", 5, None)
    assert (back.request_id, back.execution_ms) == ("", None)
    assert found.next_cursor == ""


async def test_pages_are_walked_with_the_cursor_alone() -> None:
    first = json_reply({"data": [ROW], "nextCursor": "c1"})
    last = json_reply({"data": [ROW, ROW], "nextCursor": None})
    async with canned(first, last) as server, client_of(server) as client:
        rows = [row async for row in client.account.usage_rows(UsageQuery("USD", page_size=10))]
    assert len(rows) == 3
    assert [seen.query for seen in server.seen] == [
        (("pageSize", "10"), ("currency", "USD")),
        (("cursor", "c1"),),
    ]


async def test_pages_that_go_in_circles_end() -> None:
    loop = json_reply({"data": [ROW], "nextCursor": "c1"})
    async with canned(loop) as server, client_of(server) as client:
        with pytest.raises(VeniceError) as caught:
            async for _ in client.account.usage_rows(UsageQuery()):
                pass
    assert caught.value.failure is VeniceFailure.BAD_ANSWER
    assert len(server.seen) == 2


def test_moments_travel_in_utc() -> None:
    rome = datetime(2026, 11, 1, 1, 0, 0, 1500, timezone(timedelta(hours=1)))
    assert moment_text(rome) == "2026-11-01T00:00:00.001Z"
    assert ("startTimestamp", "2026-11-01T00:00:00.001Z") in usage_params(UsageQuery(start=rome))
    with pytest.raises(ValueError, match="time zone"):
        moment_text(rome.replace(tzinfo=None))


def test_analytics_by_days_or_dates() -> None:
    assert analytics_params(AnalyticsQuery(400)) == [("lookback", "90d")]
    day = date(2026, 11, 1)
    assert analytics_params(AnalyticsQuery(start=day)) == [("lookback", "7d")]
    assert analytics_params(AnalyticsQuery(start=day, end=day)) == [
        ("startDate", "2026-11-01"),
        ("endDate", "2026-11-01"),
    ]


async def test_csv_comes_with_its_cursor() -> None:
    reply = Reply(200, {"Content-Type": "text/csv", "x-next-cursor": "c2"}, [b"a,b\n1,2"])
    async with canned(reply) as server, client_of(server) as client:
        found = await client.account.usage_csv("c1")
    assert (found.data, found.next_cursor) == (b"a,b\n1,2", "c2")
    assert (server.seen[0].headers["accept"], server.seen[0].query) == ("text/csv", (("cursor", "c1"),))
    error = await failure_of(json_reply({}), call=lambda client: client.account.usage_csv("c1"))
    assert error.failure is VeniceFailure.BAD_ANSWER


async def test_analytics_sum_by_day_model_and_key() -> None:
    told = {
        "byDate": [{"date": "2026-11-01", "USD": 0.0000011, "DIEM": 1}],
        "byModel": [{"modelName": "glm", "totalUsd": 2, "totalDiem": 0}],
        "byKey": [{"apiKeyId": "k1", "description": "bot", "totalUsd": 2, "totalDiem": 0}],
    }
    async with canned(json_reply(told)) as server, client_of(server) as client:
        found = await client.account.analytics()
    assert (found.by_date[0].name, found.by_date[0].usd, found.by_date[0].diem) == (
        "2026-11-01",
        2,
        1_000_000,
    )
    assert (found.by_model[0].name, found.by_model[0].usd) == ("glm", 2_000_000)
    assert found.key_names == {"k1": "bot"}


def test_orders_of_keys() -> None:
    assert key_body(KeyOrder(" bot ")) == {"apiKeyType": "INFERENCE", "description": "bot"}
    full = KeyOrder("bot", "ADMIN", 12_340_000, 0, "MONTH", "PRIVATE_ONLY", date(2099, 1, 2))
    assert key_body(full) == {
        "apiKeyType": "ADMIN",
        "description": "bot",
        "consumptionLimit": {"usd": 12.34, "diem": 0},
        "limitPeriod": "MONTH",
        "modelPrivacy": "PRIVATE_ONLY",
        "expiresAt": "2099-01-02",
    }
    noon = KeyOrder("bot", expires=datetime(2099, 1, 2, 12, tzinfo=UTC))
    assert key_body(noon)["expiresAt"] == "2099-01-02T12:00:00.000Z"
    for order in (KeyOrder(" "), KeyOrder("x" * 65), KeyOrder("x", limit_usd=-1)):
        with pytest.raises(VeniceError):
            key_body(order)


def test_changes_of_keys() -> None:
    assert key_change_body(KeyChange("k1")) == {"id": "k1"}
    assert key_change_body(KeyChange("k1", limit_usd=5_000_000)) == {
        "id": "k1",
        "consumptionLimit": {"usd": 5},
    }
    assert key_change_body(KeyChange("k1", no_limit=True, no_expiry=True)) == {
        "id": "k1",
        "consumptionLimit": {"usd": None, "diem": None},
        "expiresAt": "",
    }
    for change in (KeyChange(""), KeyChange("k1", description="")):
        with pytest.raises(VeniceError):
            key_change_body(change)


async def test_a_new_secret_is_shown_once_and_never_printed(caplog: pytest.LogCaptureFixture) -> None:
    data = {
        "id": "k1",
        "apiKey": SECRET,
        "apiKeyType": "INFERENCE",
        "consumptionLimit": {"usd": 5, "diem": None},
        "limitPeriod": "MONTH",
        "modelPrivacy": "ALL",
        "expiresAt": None,
    }
    caplog.set_level(logging.DEBUG)
    async with canned(json_reply({"success": True, "data": data})) as server, client_of(server) as client:
        key = await client.account.create_key(KeyOrder("bot"))
    assert key.secret.get_secret_value() == SECRET
    assert (key.limit_usd, key.limit_diem, key.period) == (5_000_000, None, "MONTH")
    answer = Answer(SECRET.encode(), "application/json", Notices())
    for printed in (repr(key), str(key), f"{key.secret}", repr(answer), caplog.text):
        assert "do-not-print-me" not in printed


async def test_a_secret_does_not_leak_through_errors() -> None:
    for reply in (json_reply({"data": {"apiKey": SECRET}}), json_reply({"error": f"bad {SECRET}"}, 400)):
        error = await failure_of(reply, call=lambda client: client.account.create_key(KeyOrder("bot")))
        assert "do-not-print-me" not in f"{error} {error.detail} {error.reader_text}"


async def test_keys_are_listed_with_limits_and_spending() -> None:
    row = {
        "id": "k1",
        "apiKeyType": "INFERENCE",
        "description": "bot",
        "last6Chars": "abc123",
        "consumptionLimits": {"usd": 5, "diem": None},
        "limitPeriod": "MONTH",
        "modelPrivacy": "ALL",
        "createdAt": "2026-01-01",
        "expiresAt": None,
        "lastUsedAt": None,
        "currentPeriodUsage": {"usd": "1.2345678", "diem": "0"},
    }
    replies = (json_reply({"data": [row, {}]}), json_reply({"data": row}))
    async with canned(*replies) as server, client_of(server) as client:
        (key,) = await client.account.keys()
        assert await client.account.key("../k 1") == key
    assert (key.limit_usd, key.limit_diem, key.spent_usd, key.spent_diem) == (5_000_000, None, 1_234_568, 0)
    assert (key.last6, key.created, key.expires) == ("abc123", "2026-01-01", None)
    assert server.seen[1].path == "/api/v1/api_keys/..%2Fk%201"


async def test_ids_that_are_none_are_not_sent() -> None:
    async with canned(json_reply({"success": True})) as server, client_of(server) as client:
        for key_id in ("", "..", "rate_limits"):
            for call in (client.account.key, client.account.delete_key):
                with pytest.raises(VeniceError) as caught:
                    await call(key_id)
                assert caught.value.failure is VeniceFailure.NOT_FOUND
    assert server.seen == []


async def test_what_is_repeated_and_what_is_not() -> None:
    broken, key = json_reply({"error": "oops"}, 500), json_reply({"data": {"id": "k1", "apiKey": "s"}})
    async with canned(broken, key) as server, client_of(server) as client:
        assert (await client.account.update_key(KeyChange("k1", description="b"))).id == "k1"
        assert [seen.method for seen in server.seen] == ["PATCH", "PATCH"]
    calls: tuple[Drive, ...] = (
        lambda client: client.account.create_key(KeyOrder("b")),
        lambda client: client.account.delete_key("k1"),
    )
    for once in calls:
        async with canned(broken, key) as server, client_of(server) as client:
            with pytest.raises(VeniceError):
                await once(client)
            assert len(server.seen) == 1


async def test_an_inference_key_is_not_called_dead() -> None:
    reply = json_reply({"error": "Admin API key required"}, 401)
    error = await failure_of(reply, call=lambda client: client.account.balance())
    assert (error.failure, error.fault, error.retryable) == (
        VeniceFailure.FORBIDDEN,
        Fault.OPERATOR,
        False,
    )
    assert "admin key" in error.reader_text


async def test_refused_calls() -> None:
    row = {
        "apiKeyId": "k1",
        "modelId": "glm",
        "rateLimitType": "RPM",
        "rateLimitTier": "paid",
        "timestamp": "t",
    }
    async with canned(json_reply({"data": [row]})) as server, client_of(server) as client:
        (breach,) = await client.account.rate_limit_log()
    assert (breach.key_id, breach.model_id, breach.kind, breach.tier, breach.timestamp) == (
        "k1",
        "glm",
        "RPM",
        "paid",
        "t",
    )


@pytest.mark.parametrize("answer", [{}, {"data": 3}])
async def test_answers_without_what_was_asked_are_bad(answer: object) -> None:
    calls: tuple[Drive, ...] = (
        lambda client: client.account.balance(),
        lambda client: client.account.usage(UsageQuery()),
        lambda client: client.account.keys(),
        lambda client: client.account.key("k1"),
        lambda client: client.account.create_key(KeyOrder("b")),
    )
    for call in calls:
        error = await failure_of(json_reply(answer), call=call)
        assert error.failure is VeniceFailure.BAD_ANSWER
