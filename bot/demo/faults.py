"""Scripted faults: what goes wrong, at which path, for how many requests.

    demo.faults.next("/chat/completions", Fault.status(429, retry_after=0.2)).times(3)
    demo.faults.next("/audio/speech", Fault.drop()).always()

`after` counts tokens of a streamed reply (about four characters each); None means before any header.
On answers that are not streamed, any `after` means: after half of the body.
"""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from bot.demo.jsonvalue import Json, JsonObject, as_object

MESSAGES = {
    400: "Invalid request parameters",
    401: "Authentication failed",
    402: "Insufficient USD or Diem balance to complete request. "
    "Visit https://venice.ai/settings/api to add credits.",
    403: "You are not allowed to use this model with this API key",
    404: "Specified model not found",
    410: "This model has been retired",
    413: "The request is too large",
    422: "The request was refused by the content policy",
    429: "Rate limit exceeded. Please try again later.",
    500: "Inference processing failed",
    502: "The upstream provider failed",
    503: "The model is at capacity. Please try again later.",
    504: "The request timed out",
}
GATEWAY_PAGE = (
    "<!DOCTYPE html><html><head><title>{code}</title></head><body><h1>Error {code}</h1>"
    "<p>The demo gateway has no answer.</p></body></html>"
)


class FaultKind(StrEnum):
    STATUS = "status"
    DELAY = "delay"
    HANG = "hang"
    DROP = "drop"
    TRUNCATE = "truncate"
    STREAM_ERROR = "stream_error"
    DRIP = "drip"
    LOST_ANSWER = "lost_answer"
    WRONG_BILL = "wrong_bill"
    NO_USAGE = "no_usage"
    REASONING_ONLY = "reasoning_only"
    JOB_FAILS = "job_fails"
    JOB_EXPIRES = "job_expires"
    JOB_LASTS = "job_lasts"


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that goes wrong; use the class methods. `seconds` and `factor` belong to their kinds."""

    kind: FaultKind
    code: int = 0
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    body: bytes = b""
    media_type: str = "application/json"
    after: int | None = None
    seconds: float = 0.0
    factor: float = 1.0
    refunds: bool = False

    def json_body(self) -> JsonObject:
        """The body as an object."""
        return as_object(json.loads(self.body or b"{}"))

    @classmethod
    def status(
        cls,
        code: int,
        *,
        message: str = "",
        retry_after: float | None = None,
        reset_in: float | None = None,
        body: JsonObject | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Fault:
        """An HTTP error. `retry_after` and `reset_in` are seconds from the moment of this call; the latter is
        told as Venice tells it, in epoch milliseconds."""
        sent = dict(headers or {})
        if retry_after is not None:
            sent["Retry-After"] = f"{retry_after:g}"
        if reset_in is not None:
            reset = str(int((time.time() + reset_in) * 1000))
            sent |= {"x-ratelimit-remaining-requests": "0", "x-ratelimit-reset-requests": reset}
        content = body or {"error": message or MESSAGES.get(code, "Unknown error")}
        return cls(FaultKind.STATUS, code=code, headers=sent, body=json.dumps(content).encode())

    @classmethod
    def overloaded(cls, retry_after: float = 30.0) -> Fault:
        """429 with an object under `error`, as an overloaded model answers."""
        error: dict[str, Json] = {
            "message": "The model is currently overloaded. Please try again later.",
            "type": "server_error",
            "code": "model_overloaded",
            "param": None,
        }
        return cls.status(429, body={"error": error}, retry_after=retry_after)

    @classmethod
    def html(cls, code: int = 502) -> Fault:
        """A gateway's HTML page instead of JSON."""
        page = GATEWAY_PAGE.format(code=code).encode()
        return cls(FaultKind.STATUS, code=code, body=page, media_type="text/html; charset=utf-8")

    @classmethod
    def delay(cls, seconds: float) -> Fault:
        """The right answer, but only after `seconds`."""
        return cls(FaultKind.DELAY, seconds=seconds)

    @classmethod
    def hang(cls, after: int | None = None) -> Fault:
        """Silence without an end: the connection stays open until the caller or the demo closes it."""
        return cls(FaultKind.HANG, after=after)

    @classmethod
    def drop(cls, after: int | None = None) -> Fault:
        """The connection is reset (TCP RST)."""
        return cls(FaultKind.DROP, after=after)

    @classmethod
    def truncate(cls, after: int = 0) -> Fault:
        """The connection is closed in good order, but the answer is not finished."""
        return cls(FaultKind.TRUNCATE, after=after)

    @classmethod
    def in_band_error(
        cls,
        after: int = 0,
        *,
        type: str = "server_error",  # noqa: A002  the name of the field
        code: str = "model_overloaded",
        message: str = "The model is currently overloaded.",
        retry_after: float | None = 30,
    ) -> Fault:
        """An error event inside a stream whose status was 200, then [DONE]."""
        error: dict[str, Json] = {"message": message, "type": type, "code": code, "param": None}
        if retry_after is not None:
            error["retry_after"] = retry_after
        return cls(FaultKind.STREAM_ERROR, after=after, body=json.dumps({"error": error}).encode())

    @classmethod
    def drip(cls, seconds: float, after: int = 0) -> Fault:
        """From token `after` on, `seconds` pass before every piece."""
        return cls(FaultKind.DRIP, seconds=seconds, after=after)

    @classmethod
    def lost_answer(cls) -> Fault:
        """The work is done, charged and recorded, but the answer never comes."""
        return cls(FaultKind.LOST_ANSWER)

    @classmethod
    def wrong_bill(cls, factor: float) -> Fault:
        """The reported cost of a chat answer is `factor` times the true one."""
        return cls(FaultKind.WRONG_BILL, factor=factor)

    @classmethod
    def no_usage(cls) -> Fault:
        """A chat answer without usage and without cost."""
        return cls(FaultKind.NO_USAGE)

    @classmethod
    def reasoning_only(cls) -> Fault:
        """Reasoning eats the whole budget: empty content, finish_reason length."""
        return cls(FaultKind.REASONING_ONLY)

    @classmethod
    def job_fails(cls, *, refunds: bool = True, recommended_model: str = "") -> Fault:
        """On a queue path: the job is taken and charged, but when it would be ready the provider's content
        policy refuses it. `refunds` says whether the money comes back."""
        error: dict[str, Json] = {
            "message": "The provider refused this request because of its content policies.",
            "type": "provider_content_policy",
            "credits_refunded": refunds,
        }
        if recommended_model:
            error["recommended_model"] = recommended_model
        body = json.dumps({"error": error}).encode()
        return cls(FaultKind.JOB_FAILS, code=422, body=body, refunds=refunds)

    @classmethod
    def job_breaks(cls, *, refunds: bool = True) -> Fault:
        """On a queue path: the job is taken and charged, but the provider fails for good."""
        body = json.dumps({"error": "Generation failed", "credits_refunded": refunds}).encode()
        return cls(FaultKind.JOB_FAILS, code=500, body=body, refunds=refunds)

    @classmethod
    def job_expires(cls) -> Fault:
        """On a queue path: the job is taken and charged, and its media are gone before they are fetched."""
        return cls(FaultKind.JOB_EXPIRES)

    @classmethod
    def job_lasts(cls, seconds: float) -> Fault:
        """On a queue path: this job takes so long, whatever the demo's usual time."""
        return cls(FaultKind.JOB_LASTS, seconds=seconds)


@dataclass(slots=True)
class ScriptedFault:
    """A fault waiting at a path; applies to the next request unless told otherwise."""

    path: str
    fault: Fault
    model: str | None = None
    left: int | None = 1

    def times(self, count: int) -> ScriptedFault:
        """Applies to the next `count` requests."""
        self.left = count
        return self

    def always(self) -> ScriptedFault:
        """Applies until cleared."""
        self.left = None
        return self


class FaultScript:
    """The faults to come, in the order they were written."""

    def __init__(self) -> None:
        self._entries: list[ScriptedFault] = []

    def next(self, path: str, fault: Fault, *, model: str | None = None) -> ScriptedFault:
        """Schedules a fault for `path` (below /api/v1, such as "/chat/completions"; "*" for every path),
        only for requests that name `model` where given."""
        entry = ScriptedFault(path, fault, model)
        self._entries.append(entry)
        return entry

    def clear(self) -> None:
        self._entries.clear()

    @property
    def waiting(self) -> int:
        """How many scripted entries have not been used up; `always` entries count too."""
        return len(self._entries)

    def take(self, path: str, model: str) -> Fault | None:
        """The fault for this request; counts it as used."""
        for entry in self._entries:
            if entry.path in (path, "*") and entry.model in (None, model):
                self._use(entry)
                return entry.fault
        return None

    def _use(self, entry: ScriptedFault) -> None:
        if entry.left is None:
            return
        entry.left -= 1
        if entry.left <= 0:
            self._entries.remove(entry)
