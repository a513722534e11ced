"""Errors that carry policy: what the reader sees, whether to try again, and who is told.

GondolaError                  the root; every outside failure becomes one of these at its boundary
├── UserError                 the person can mend it (bad argument, unknown model, too long a prompt)
│   └── NotAllowed            the person may not do this here
├── CapReached                a money or count cap is used up; says which one and when it resets
├── VeniceError               Venice refused or failed; bot/venice/errors.py makes these
├── PlatformError             Discord or Telegram refused or failed; the adapters make these
└── OperatorError             configuration or environment; one line on the console, exit code 1
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Fault(StrEnum):
    """Whose turn it is to act; decides who is told."""

    USER = "user"
    OPERATOR = "operator"
    VENICE = "venice"
    PLATFORM = "platform"
    GONDOLA = "gondola"


class GondolaError(Exception):
    """Something went wrong; `reader_text` is the sentence people see, never a raw exception."""

    fault = Fault.GONDOLA
    default_text = "Something went wrong on my side. Please try again."

    def __init__(
        self,
        reader_text: str = "",
        *,
        detail: str = "",
        retryable: bool = False,
        retry_after: float | None = None,
        request_id: str | None = None,
    ) -> None:
        """`detail` is for the log (no message text, no secrets); `retry_after` is in seconds."""
        self.reader_text = reader_text or self.default_text
        # What people read may quote what they wrote, and that has no place in a log.
        self.detail = detail or type(self).__name__
        self.retryable = retryable
        self.retry_after = retry_after
        self.request_id = request_id
        super().__init__(self.detail)


class UserError(GondolaError):
    """The person can mend it; the text says how."""

    fault = Fault.USER
    default_text = "I could not do that. Try /help to see what I understand."


class NotAllowed(UserError):
    """The person lacks the permission; the text says who has it."""

    default_text = "You are not allowed to do that here."


class OperatorError(GondolaError):
    """The operator must mend something; printed as one line at start."""

    fault = Fault.OPERATOR
    default_text = "Gondola is not set up correctly."


@dataclass(frozen=True, slots=True)
class CapInfo:
    """Which cap refused. `limit` and `used` are micro-USD for money caps, else a count; `resets_at` is
    a Unix time in seconds (UTC period end); `credits` is what the person has beside it, in micro-USD."""

    scope: str
    medium: str
    period: str
    unit: str
    limit: int
    used: int
    resets_at: int
    credits: int = 0

    @property
    def left(self) -> int:
        """What one more call may take, in the cap's unit."""
        return max(0, self.limit - self.used) + self.credits


class CapReached(GondolaError):
    """A cap is used up. Nothing was spent."""

    fault = Fault.USER
    default_text = "The spending cap here is used up."

    def __init__(self, reader_text: str, cap: CapInfo) -> None:
        super().__init__(reader_text, detail=f"cap {cap.scope}/{cap.medium}/{cap.period}/{cap.unit} reached")
        self.cap = cap


class VeniceFailure(StrEnum):
    """What kind of trouble; the engine picks fallback, wait, or apology by it."""

    BAD_REQUEST = "bad_request"
    TOO_LONG = "too_long"
    AUTH = "auth"
    PRO_ONLY = "pro_only"
    BALANCE = "balance"
    SPEND_LIMIT = "spend_limit"
    FORBIDDEN = "forbidden"
    NOT_FOUND = "not_found"
    GONE = "gone"
    TOO_LARGE = "too_large"
    CONTENT_POLICY = "content_policy"
    RATE_LIMITED = "rate_limited"
    OVERLOADED = "overloaded"
    SERVER = "server"
    OFFLINE = "offline"
    TIMEOUT = "timeout"
    CONNECTION = "connection"
    TRUNCATED = "truncated"
    BAD_ANSWER = "bad_answer"


class VeniceError(GondolaError):
    """Venice refused or failed. `status` is the HTTP status, None when there was no answer."""

    fault = Fault.VENICE
    default_text = "Venice did not answer. Please try again in a moment."

    def __init__(
        self,
        failure: VeniceFailure,
        reader_text: str = "",
        *,
        status: int | None = None,
        fault: Fault = Fault.VENICE,
        detail: str = "",
        retryable: bool = False,
        retry_after: float | None = None,
        request_id: str | None = None,
    ) -> None:
        super().__init__(
            reader_text,
            detail=detail or f"venice {failure.value} (status {status})",
            retryable=retryable,
            retry_after=retry_after,
            request_id=request_id,
        )
        self.failure = failure
        self.status = status
        self.fault = fault


class PlatformFailure(StrEnum):
    """What kind of trouble a chat platform made; delivery picks its next step by it."""

    RATE_LIMITED = "rate_limited"
    FORBIDDEN = "forbidden"
    GONE = "gone"
    UNCHANGED = "unchanged"
    BAD_FORMAT = "bad_format"
    TOO_LARGE = "too_large"
    AMBIGUOUS = "ambiguous"
    UNAVAILABLE = "unavailable"
    MOVED = "moved"


class PlatformError(GondolaError):
    """Discord or Telegram refused or failed.

    AMBIGUOUS means the call may have taken effect (timeout after sending): never repeat it blindly;
    `unrepeatable` where the platform drops repetitions of other sends, but not of this one.
    MOVED carries the new channel id in `moved_to` (Telegram supergroup migration).
    """

    fault = Fault.PLATFORM
    default_text = "The chat platform refused that."

    def __init__(
        self,
        failure: PlatformFailure,
        *,
        detail: str = "",
        retry_after: float | None = None,
        moved_to: str | None = None,
        unrepeatable: bool = False,
    ) -> None:
        super().__init__(
            detail=detail or f"platform {failure.value}",
            retryable=failure in (PlatformFailure.RATE_LIMITED, PlatformFailure.UNAVAILABLE),
            retry_after=retry_after,
        )
        self.failure = failure
        self.moved_to = moved_to
        self.unrepeatable = unrepeatable
