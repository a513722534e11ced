"""Every refusal of Venice as one VeniceError: what the reader sees, whose turn it is, whether to try again.

Bodies come in many shapes (a string, an object, an HTML page of a gateway), so the HTTP status decides
first, then `error.code`, then words of the message.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass

from bot.errors import Fault, VeniceError, VeniceFailure
from bot.venice.data import as_float, as_list, as_object, as_text
from bot.venice.types import Notices

F = VeniceFailure

OVERLOAD_WAIT = 30.0
"""Seconds Venice means when an overload names none."""
DETAIL_LIMIT = 200
LONG_QUOTE = re.compile(r"([\"'`])(?:(?!\1).){40,}\1", re.DOTALL)
KEY_LIKE = re.compile(r"VENICE_[A-Z]+_KEY_\S+|(?i:bearer)\s+\S+")


@dataclass(frozen=True, slots=True)
class Rule:
    """How one kind of failure is told and handled."""

    fault: Fault
    retryable: bool
    text: str


RULES: dict[VeniceFailure, Rule] = {
    F.BAD_REQUEST: Rule(
        Fault.GONDOLA, False, "Venice did not accept this request. Another model or wording may work."
    ),
    F.TOO_LONG: Rule(
        Fault.USER, False, "This conversation is too long for the model. Start afresh or shorten it."
    ),
    F.AUTH: Rule(Fault.OPERATOR, False, "Venice refused the API key. The operator has to look at it."),
    F.PRO_ONLY: Rule(
        Fault.OPERATOR, False, "This model needs a paid Venice plan. Please choose another model."
    ),
    F.BALANCE: Rule(Fault.OPERATOR, False, "The Venice account is empty. The operator has to top it up."),
    F.SPEND_LIMIT: Rule(
        Fault.OPERATOR, False, "The spending limit of the Venice key is used up. It opens again by itself."
    ),
    F.FORBIDDEN: Rule(
        Fault.OPERATOR, False, "This model is not open to our Venice key. Please choose another model."
    ),
    F.NOT_FOUND: Rule(Fault.USER, False, "Venice does not know that any more. Please choose another one."),
    F.GONE: Rule(Fault.USER, False, "Venice has retired that. Please choose another one."),
    F.TOO_LARGE: Rule(Fault.USER, False, "That file is too large for Venice (25 MB at most)."),
    F.CONTENT_POLICY: Rule(
        Fault.USER, False, "The content rules of this model do not allow that. Please word it differently."
    ),
    F.RATE_LIMITED: Rule(Fault.VENICE, True, "Venice asks us to slow down. Please try again in a moment."),
    F.OVERLOADED: Rule(
        Fault.VENICE, True, "This model is very busy. Please try again in a moment, or choose another."
    ),
    F.SERVER: Rule(Fault.VENICE, True, "Venice had a problem. Please try again in a moment."),
    F.OFFLINE: Rule(Fault.VENICE, True, "This model is not available at present. Please choose another."),
    F.TIMEOUT: Rule(Fault.VENICE, True, "Venice took too long to answer. Please try again."),
    F.CONNECTION: Rule(Fault.VENICE, True, "I cannot reach Venice at present. Please try again in a moment."),
    F.TRUNCATED: Rule(Fault.VENICE, True, "The answer broke off on the way. Please try again."),
    F.BAD_ANSWER: Rule(Fault.VENICE, True, "Venice sent an answer I cannot read. Please try again."),
}

BY_STATUS: dict[int, VeniceFailure] = {
    400: F.BAD_REQUEST,
    401: F.AUTH,
    402: F.BALANCE,
    403: F.FORBIDDEN,
    404: F.NOT_FOUND,
    408: F.TIMEOUT,
    409: F.BAD_REQUEST,
    410: F.GONE,
    413: F.TOO_LARGE,
    415: F.BAD_REQUEST,
    422: F.CONTENT_POLICY,
    429: F.RATE_LIMITED,
    503: F.OFFLINE,
    504: F.TIMEOUT,
}

BY_CODE: dict[str, VeniceFailure] = {
    "context_length_exceeded": F.TOO_LONG,
    "too_many_tokens": F.TOO_LONG,
    "pro_only_model": F.PRO_ONLY,
    "insufficient_balance": F.BALANCE,
    "api_key_usd_spend_limit_exceeded": F.SPEND_LIMIT,
    "api_key_diem_spend_limit_exceeded": F.SPEND_LIMIT,
    "payload_too_large": F.TOO_LARGE,
    "model_overloaded": F.OVERLOADED,
    "model_at_capacity": F.OVERLOADED,
    "model_offline": F.OFFLINE,
    "content_filter_error": F.CONTENT_POLICY,
    "content_blocked_by_provider": F.CONTENT_POLICY,
    "content_policy_violation": F.CONTENT_POLICY,
    "provider_content_policy": F.CONTENT_POLICY,
    "rate_limit_exceeded": F.RATE_LIMITED,
    "model_not_found": F.NOT_FOUND,
    "character_not_found": F.NOT_FOUND,
    "upstream_error": F.SERVER,
    "needs_consent": F.BAD_REQUEST,
}

BY_WORDS: tuple[tuple[int, str, VeniceFailure], ...] = (
    (400, "context length", F.TOO_LONG),
    (400, "too many tokens", F.TOO_LONG),
    (400, "no text content could be extracted", F.BAD_REQUEST),
    (401, "admin api key required", F.FORBIDDEN),
    (401, "pro only", F.PRO_ONLY),
    (401, "pro subscri", F.PRO_ONLY),
    (401, "paid plan", F.PRO_ONLY),
    (402, "spend limit exceeded", F.SPEND_LIMIT),
    (422, "duration", F.BAD_REQUEST),
    (422, "too large", F.TOO_LARGE),
    (422, "audio", F.BAD_REQUEST),
    (422, "transcri", F.BAD_REQUEST),
    (429, "overloaded", F.OVERLOADED),
    (429, "at capacity", F.OVERLOADED),
    (503, "capacity", F.OVERLOADED),
)
"""Status, words of the message (lower case), failure: first hit wins."""

MEDIA_UNUSABLE = "Venice could not use that file: it may be silent, damaged, too short or too long."
NO_TEXT = "There is no text in that file that can be read. It may be a scan; send it as a picture instead."
NO_ADMIN = "That needs an admin key of Venice, and mine is not one."
NEEDS_CONSENT = "This model asks for declarations that I cannot make for you. Please choose another model."
SPECIAL_WORDS = (
    ("no text content could be extracted", NO_TEXT),
    ("admin api key required", NO_ADMIN),
    ("needs_consent", NEEDS_CONSENT),
)
READERS_WORDS = ("no text content could be extracted", "needs_consent")
SUGGESTION_LIMIT = 500
MODEL_GONE = "Venice does not know this model or character any more. Please choose another one."


@dataclass(frozen=True, slots=True)
class Told:
    """What a body said, whatever its shape."""

    message: str = ""
    code: str = ""
    request_id: str | None = None
    retry_after: float | None = None
    suggestion: str = ""
    other_model: str = ""
    refunded: bool | None = None


class Refused(VeniceError):
    """Venice's own refusal, with all that its body said. `told` may quote a prompt: not for logs."""

    told: Told = Told()


def failure(
    kind: VeniceFailure,
    text: str = "",
    *,
    status: int | None = None,
    detail: str = "",
    fault: Fault | None = None,
    retryable: bool | None = None,
    retry_after: float | None = None,
    request_id: str | None = None,
) -> VeniceError:
    """A VeniceError with the sentence and policy of its kind, unless told otherwise."""
    rule = RULES[kind]
    return VeniceError(
        kind,
        text or rule.text,
        status=status,
        fault=fault or rule.fault,
        detail=f"venice {kind.value} (status {status}): {detail}" if detail else "",
        retryable=rule.retryable if retryable is None else retryable,
        retry_after=retry_after,
        request_id=request_id,
    )


def response_error(status: int, body: bytes, notices: Notices) -> Refused:
    """The error for an HTTP answer that is not a success."""
    told = read_body(body)
    kind = classify(status, told)
    rule = RULES[kind]
    error = Refused(
        kind,
        special_text(status, kind, told) or rule.text,
        status=status,
        detail=f"venice {kind.value} (status {status}): {safe_detail(told)}",
        fault=Fault.USER if status == 422 or is_readers(told) else rule.fault,
        # Money given back, or not, is the end of a job: it answers the same for ever.
        retryable=rule.retryable and told.refunded is None,
        retry_after=_wait(kind, told, notices),
        request_id=told.request_id or notices.request_id,
    )
    error.told = told
    return error


def stream_error(error: object, request_id: str | None) -> VeniceError:
    """The error for an `error` member inside a stream or under HTTP 200; a string or an object."""
    told = _read_error({"error": error})
    kind = _by_code(told.code) or _by_words(None, told.message) or F.SERVER
    return failure(
        kind,
        status=200,
        detail=safe_detail(told),
        retry_after=_wait(kind, told, Notices()),
        request_id=told.request_id or request_id,
    )


def read_body(body: bytes) -> Told:
    """Message, code and ids of any documented error body; a page of HTML gives only its title."""
    try:
        decoded: object = json.loads(body)
    except ValueError:
        title = re.search(rb"<title>([^<]{1,100})", body, re.IGNORECASE)
        return Told(title.group(1).decode("utf-8", "replace").strip() if title else "")
    return _read_error(decoded)


def _read_error(decoded: object) -> Told:
    outer = as_object(decoded)
    error = outer.get("error")
    inner = as_object(error)
    message = as_text(error) or as_text(inner.get("message")) or as_text(outer.get("message"))
    codes = (inner.get("code"), inner.get("type"), outer.get("code"))
    waits = (inner.get("retry_after"), outer.get("retry_after"))
    refunds = (inner.get("credits_refunded"), outer.get("credits_refunded"))
    return Told(
        message=" ".join([message, *_issues(outer)]).strip(),
        code=next((code for code in codes if isinstance(code, str) and code.lower() in BY_CODE), ""),
        request_id=as_text(outer.get("request_id")) or as_text(inner.get("request_id")) or None,
        retry_after=next((wait for wait in map(as_float, waits) if wait is not None), None),
        suggestion=as_text(outer.get("suggested_prompt")) or as_text(inner.get("suggested_prompt")),
        other_model=as_text(inner.get("recommended_model")) or as_text(outer.get("recommended_model")),
        refunded=next((one for one in refunds if isinstance(one, bool)), None),
    )


def _issues(outer: object) -> Iterable[str]:
    for issue in as_list(as_object(outer).get("issues"))[:3]:
        fields = as_object(issue)
        path = ".".join(str(step) for step in as_list(fields.get("path")))
        yield f"[{path}: {as_text(fields.get('message'))}]"


def classify(status: int, told: Told) -> VeniceFailure:
    """The kind of failure, by status, then code, then words."""
    by_code = _by_code(told.code)
    if by_code is not None:
        return by_code
    by_words = _by_words(status, told.message)
    if by_words is not None:
        return by_words
    fallback = F.SERVER if status >= 500 else F.BAD_REQUEST if status >= 400 else F.BAD_ANSWER
    return BY_STATUS.get(status, fallback)


def _by_code(code: str) -> VeniceFailure | None:
    return BY_CODE.get(code.lower())


def _by_words(status: int | None, message: str) -> VeniceFailure | None:
    lowered = message.lower()
    hits = (kind for at, words, kind in BY_WORDS if (status is None or at == status) and words in lowered)
    return next(hits, None)


def special_text(status: int, kind: VeniceFailure, told: Told) -> str:
    """A better sentence than the one of the kind, empty where there is none."""
    known = next((text for words, text in SPECIAL_WORDS if words in _words(told)), "")
    if known:
        return known
    if kind is F.CONTENT_POLICY and (told.suggestion or told.other_model):
        return _policy_text(told)
    if status == 422 and kind is F.BAD_REQUEST:
        return MEDIA_UNUSABLE
    return MODEL_GONE if status == 404 and kind is F.NOT_FOUND else ""


def is_readers(told: Told) -> bool:
    """Whether the person can mend it, although the status alone would not say so."""
    return any(words in _words(told) for words in READERS_WORDS)


def _words(told: Told) -> str:
    return f"{told.code} {told.message}".lower()


def _policy_text(told: Told) -> str:
    parts = [RULES[F.CONTENT_POLICY].text]
    if told.suggestion:
        parts.append(f"Venice suggests: “{told.suggestion[:SUGGESTION_LIMIT]}”.")
    if told.other_model:
        parts.append(f"Venice recommends the model {told.other_model[:80]}.")
    return " ".join(parts)


def _wait(kind: VeniceFailure, told: Told, notices: Notices) -> float | None:
    named = notices.retry_after if notices.retry_after is not None else told.retry_after
    if named is not None:
        return max(0.0, named)
    if kind is F.OVERLOADED:
        return OVERLOAD_WAIT
    if kind is not F.RATE_LIMITED:
        return None
    if "too many failed attempts" in told.message.lower():
        return OVERLOAD_WAIT
    return _window_wait(notices)


def _window_wait(notices: Notices) -> float | None:
    waits = [
        reset
        for remaining, reset in (
            (notices.remaining_requests, notices.reset_requests_in),
            (notices.remaining_tokens, notices.reset_tokens_in),
        )
        if remaining is not None and remaining <= 0 and reset is not None
    ]
    return max(waits, default=None)


def safe_detail(told: Told) -> str:
    """A short line for the log. Long quotations may be a person's words, and keys are keys: both go."""
    line = KEY_LIKE.sub("[key]", LONG_QUOTE.sub("[…]", told.message))
    return f"{told.code} {line}".strip()[:DETAIL_LIMIT]
