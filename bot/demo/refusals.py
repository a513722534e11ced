"""Venice's refusals: the exception the endpoints raise and the body shapes it is answered with."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from bot.demo.checks import Check, Issue
from bot.demo.jsonvalue import Json, JsonObject, as_object

X402_NETWORK = "eip155:8453"


class Refusal(Exception):
    """An answer that is not 2xx: HTTP status, JSON body, extra headers."""

    def __init__(self, status: int, body: JsonObject, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(f"status {status}")
        self.status = status
        self.body = body
        self.headers: Mapping[str, str] = headers or {}


def plain(status: int, message: str) -> Refusal:
    """The usual shape: {"error": message}."""
    return Refusal(status, {"error": message})


def invalid(issues: Iterable[Issue]) -> Refusal:
    """400 with `details` by field and the list of `issues`."""
    found = list(issues)
    details: dict[str, Json] = {"_errors": [issue.message for issue in found if not issue.path]}
    for issue in found:
        if issue.path:
            details[str(issue.path[0])] = {"_errors": [issue.message]}
    body: dict[str, Json] = {
        "error": "Invalid request parameters",
        "details": details,
        "issues": [issue.as_json() for issue in found],
    }
    return Refusal(400, body)


def invalid_field(name: str, message: str) -> Refusal:
    return invalid([Issue("custom", message, (name,))])


def require(check: Check, value: Json) -> JsonObject:
    """The request as an object; raises Refusal 400 with every issue of it."""
    issues = list(check(value, ()))
    if issues:
        raise invalid(issues)
    return as_object(value)


def unsupported(model: str, feature: str, path: tuple[str | int, ...]) -> Refusal:
    """400: the model cannot do what the request asks."""
    return invalid([Issue("custom", f"{feature} is not supported by model {model}", path)])


def too_large(what: str) -> Refusal:
    return Refusal(413, {"code": "PAYLOAD_TOO_LARGE", "error": f"{what} is too large."})


def no_credentials(url: str) -> Refusal:
    """402: a credentialed route was called without a key; Venice then offers wallet payment."""
    body: dict[str, Json] = {
        "x402Version": 2,
        "error": "Payment required",
        "resource": {"url": url, "description": "Venice API (demo)", "mimeType": "application/json"},
        "accepts": [
            {
                "scheme": "exact",
                "network": X402_NETWORK,
                "asset": "demo",
                "amount": "0",
                "payTo": "demo",
                "maxTimeoutSeconds": 300,
                "extra": {"name": "USD Coin"},
            }
        ],
        "extensions": {},
        "authOptions": {
            "apiKey": {
                "header": "Authorization: Bearer <api-key>",
                "getKey": "https://venice.ai/settings/api",
                "docs": "https://docs.venice.ai",
            },
            "x402Wallet": {
                "header": "SIGN-IN-WITH-X",
                "legacyHeader": "X-Sign-In-With-X",
                "topUp": "https://docs.venice.ai",
                "docs": "https://docs.venice.ai",
            },
        },
    }
    return Refusal(402, body, {"PAYMENT-REQUIRED": "ZGVtbw=="})
