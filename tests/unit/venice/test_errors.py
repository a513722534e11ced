"""Refusals of every documented shape become the right VeniceError."""

from __future__ import annotations

import json

import pytest

from bot.errors import Fault, VeniceFailure
from bot.venice.errors import RULES, read_body, response_error, safe_detail, stream_error
from bot.venice.notices import read_notices, reset_in
from bot.venice.types import Notices

F = VeniceFailure
NOW = 1_790_000_000.0
RESETS = {"x-ratelimit-reset-requests": "1790000007500"}


@pytest.mark.parametrize(
    ("status", "body", "kind", "fault", "retryable"),
    [
        (400, {"error": "bad"}, F.BAD_REQUEST, Fault.GONDOLA, False),
        (
            400,
            {"error": {"message": "x", "type": "invalid_request_error", "code": "context_length_exceeded"}},
            F.TOO_LONG,
            Fault.USER,
            False,
        ),
        (400, {"error": "rejected", "request_id": "r1"}, F.BAD_REQUEST, Fault.GONDOLA, False),
        (401, {"error": "Authentication failed"}, F.AUTH, Fault.OPERATOR, False),
        (401, {"error": "This model is Pro only"}, F.PRO_ONLY, Fault.OPERATOR, False),
        (402, {"error": "Insufficient USD or Diem balance to complete"}, F.BALANCE, Fault.OPERATOR, False),
        (402, {"error": "API key USD spend limit exceeded."}, F.SPEND_LIMIT, Fault.OPERATOR, False),
        (402, {"x402Version": 2, "error": "Payment", "accepts": []}, F.BALANCE, Fault.OPERATOR, False),
        (403, {"error": "no"}, F.FORBIDDEN, Fault.OPERATOR, False),
        (404, {"error": "Specified model not found"}, F.NOT_FOUND, Fault.USER, False),
        (410, {"error": "gone"}, F.GONE, Fault.USER, False),
        (413, {"code": "PAYLOAD_TOO_LARGE", "error": "big"}, F.TOO_LARGE, Fault.USER, False),
        (415, {"error": "type"}, F.BAD_REQUEST, Fault.GONDOLA, False),
        (422, {"error": "refused", "suggested_prompt": "y"}, F.CONTENT_POLICY, Fault.USER, False),
        (
            422,
            {"error": {"message": "m", "type": "provider_content_policy", "credits_refunded": True}},
            F.CONTENT_POLICY,
            Fault.USER,
            False,
        ),
        (422, {"error": "The audio is silent"}, F.BAD_REQUEST, Fault.USER, False),
        (429, {"error": "Rate limit exceeded"}, F.RATE_LIMITED, Fault.VENICE, True),
        (429, {"error": {"message": "m", "code": "model_overloaded"}}, F.OVERLOADED, Fault.VENICE, True),
        (429, {"error": "The model is currently overloaded."}, F.OVERLOADED, Fault.VENICE, True),
        (500, {"error": "Inference failed"}, F.SERVER, Fault.VENICE, True),
        (502, "<html><title>502 Bad Gateway</title>", F.SERVER, Fault.VENICE, True),
        (503, {"error": "Model is offline"}, F.OFFLINE, Fault.VENICE, True),
        (503, {"error": "The model is at capacity"}, F.OVERLOADED, Fault.VENICE, True),
        (504, "", F.TIMEOUT, Fault.VENICE, True),
        (418, {"error": None}, F.BAD_REQUEST, Fault.GONDOLA, False),
        (302, "", F.BAD_ANSWER, Fault.VENICE, True),
        (400, ["odd"], F.BAD_REQUEST, Fault.GONDOLA, False),
    ],
)
def test_each_shape_and_status(status: int, body: object, kind: F, fault: Fault, retryable: bool) -> None:
    raw = body.encode() if isinstance(body, str) else json.dumps(body).encode()
    error = response_error(status, raw, Notices(request_id="ray"))
    assert (error.failure, error.fault, error.retryable, error.status) == (kind, fault, retryable, status)
    assert error.request_id in ("ray", "r1")
    assert error.reader_text.endswith((".", "another."))


def test_every_kind_has_a_sentence() -> None:
    assert set(RULES) == set(VeniceFailure)
    assert all(rule.text.endswith(".") for rule in RULES.values())


def test_issues_reach_the_log_but_not_the_reader() -> None:
    body = {"error": "Invalid request parameters", "issues": [{"path": ["tools", 0], "message": "Required"}]}
    error = response_error(400, json.dumps(body).encode(), Notices())
    assert "[tools.0: Required]" in error.detail
    assert "tools" not in error.reader_text


def test_quoted_words_and_keys_stay_out_of_the_log() -> None:
    message = f'failed on "{"secret words of a person " * 3}" with Bearer abc and VENICE_INFERENCE_KEY_xyz'
    line = safe_detail(read_body(json.dumps({"error": message}).encode()))
    assert line == "failed on […] with [key] and [key]"


@pytest.mark.parametrize(
    ("status", "message", "headers", "wait"),
    [
        (429, "slow", {"retry-after": "12"}, 12.0),
        (429, "slow", {}, None),
        (429, "slow", {"x-ratelimit-remaining-requests": "0", **RESETS}, 7.5),
        (429, "slow", {"x-ratelimit-remaining-requests": "3", **RESETS}, None),
        (429, "slow", {"x-ratelimit-remaining-tokens": "0", "x-ratelimit-reset-tokens": "9"}, 9.0),
        (429, "overloaded", {}, 30.0),
        (429, "Too many failed attempts (> 20) resulting in", {}, 30.0),
        (503, "offline", {"retry-after": "3"}, 3.0),
    ],
)  # fmt: skip
def test_how_long_to_wait(status: int, message: str, headers: dict[str, str], wait: float | None) -> None:
    error = response_error(status, json.dumps({"error": message}).encode(), read_notices(headers, NOW))
    assert error.retry_after == wait


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("1790000010000", 10.0),
        ("1790000010", 10.0),
        ("10", 10.0),
        ("1780000000000", 0.0),
        ("soon", None),
        ("-5", None),
        ("NaN", None),
        (None, None),
    ],
)
def test_reset_values_of_every_unit(value: str | None, seconds: float | None) -> None:
    assert reset_in(value, NOW) == seconds


def test_notices_of_a_picture() -> None:
    notices = read_notices(
        {
            "cf-ray": "ray",
            "x-venice-is-blurred": "true",
            "x-venice-is-content-violation": "false",
            "x-venice-contains-minor": "True",
            "x-venice-enhanced-prompt": "a%20boat",
            "x-venice-deprecated": "true",
            "x-venice-deprecated-replacement": "other",
            "x-venice-balance-usd": "1.25",
        },
        NOW,
    )
    assert notices.blurred
    assert notices.content_violation
    assert notices.enhanced_prompt == "a boat"
    assert (notices.deprecation, notices.replacement) == ("This model is deprecated.", "other")
    assert (notices.request_id, notices.balance_usd) == ("ray", "1.25")


def test_a_stream_error_names_its_own_id_first() -> None:
    error = stream_error({"message": "m", "request_id": "inner"}, "outer")
    assert error.request_id == "inner"
    assert stream_error("m", "outer").request_id == "outer"
