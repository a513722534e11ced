"""Rate limits as Discord applies them: fixed windows per bucket and one global window per token."""

import time
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Self

MAX_PENALTY_S = 3.0


@dataclass(frozen=True, slots=True)
class Window:
    """At most `count` requests in `seconds`."""

    count: int
    seconds: float


@dataclass(frozen=True, slots=True)
class DiscordLimits:
    """Windows per kind of request; None switches one off. Interaction and webhook windows are per token."""

    create_message: Window | None = None
    edit_message: Window | None = None
    delete_message: Window | None = None
    reactions: Window | None = None
    typing: Window | None = None
    token_messages: Window | None = None
    global_requests: Window | None = None

    @classmethod
    def real(cls) -> Self:
        return cls(
            create_message=Window(5, 5.0),
            edit_message=Window(5, 5.0),
            delete_message=Window(5, 1.0),
            reactions=Window(1, 0.25),
            typing=Window(5, 5.0),
            token_messages=Window(5, 2.0),
            global_requests=Window(50, 1.0),
        )

    @classmethod
    def off(cls) -> Self:
        return cls()


_TOKEN_OPERATIONS = frozenset(
    {
        "execute_webhook",
        "get_webhook_message",
        "update_webhook_message",
        "delete_webhook_message",
        "get_original_webhook_message",
        "update_original_webhook_message",
        "delete_original_webhook_message",
    }
)
_WINDOW_NAMES: dict[str, str] = {
    "create_message": "create_message",
    "update_message": "edit_message",
    "delete_message": "delete_message",
    "add_my_message_reaction": "reactions",
    "delete_my_message_reaction": "reactions",
    "trigger_typing_indicator": "typing",
} | dict.fromkeys(_TOKEN_OPERATIONS, "token_messages")
OUTSIDE_GLOBAL = _TOKEN_OPERATIONS | {"create_interaction_response"}


@dataclass(slots=True)
class _Usage:
    window: Window
    started: float
    used: int = 0

    def roll(self, now: float) -> None:
        if now >= self.started + self.window.seconds:
            self.started, self.used = now, 0

    def reset_after(self, now: float) -> float:
        return max(0.0, self.started + self.window.seconds - now)

    def penalty(self, now: float) -> float:
        """Seconds to wait. The window ends with the wait, so that no test waits twice."""
        wait = min(self.reset_after(now), MAX_PENALTY_S)
        self.started = now + wait - self.window.seconds
        return max(wait, 0.001)


@dataclass(frozen=True, slots=True)
class Verdict:
    """`retry_after` is None where the request may pass; `headers` belong on the answer either way."""

    headers: dict[str, str]
    retry_after: float | None = None
    is_global: bool = False


@dataclass(slots=True)
class RateLimiter:
    limits: DiscordLimits
    _buckets: dict[tuple[str, str], _Usage] = field(default_factory=dict[tuple[str, str], _Usage])
    _global: _Usage | None = None

    def check(self, operation: str, major: str) -> Verdict:
        """Count one request. `major` is the channel id, or webhook id and token."""
        now = time.monotonic()
        if operation not in OUTSIDE_GLOBAL:
            waiting = self._check_global(now)
            if waiting is not None:
                return Verdict({"X-RateLimit-Global": "true", "X-RateLimit-Scope": "global"}, waiting, True)
        name = _WINDOW_NAMES.get(operation)
        window = None if name is None else getattr(self.limits, name)
        if name is None or not isinstance(window, Window):
            return Verdict({})
        return self._check_bucket(name, major, window, now)

    def _check_global(self, now: float) -> float | None:
        window = self.limits.global_requests
        if window is None:
            return None
        if self._global is None:
            self._global = _Usage(window, now)
        self._global.roll(now)
        if self._global.used >= window.count:
            return self._global.penalty(now)
        self._global.used += 1
        return None

    def _check_bucket(self, name: str, major: str, window: Window, now: float) -> Verdict:
        usage = self._buckets.setdefault((name, major), _Usage(window, now))
        usage.roll(now)
        if usage.used >= window.count:
            penalty = usage.penalty(now)
            return Verdict(_headers(name, usage, now) | {"X-RateLimit-Scope": "user"}, penalty)
        usage.used += 1
        return Verdict(_headers(name, usage, now))


def _headers(name: str, usage: _Usage, now: float) -> dict[str, str]:
    after = usage.reset_after(now)
    return {
        "X-RateLimit-Bucket": sha256(name.encode()).hexdigest()[:32],
        "X-RateLimit-Limit": str(usage.window.count),
        "X-RateLimit-Remaining": str(max(0, usage.window.count - usage.used)),
        "X-RateLimit-Reset": f"{time.time() + after:.3f}",
        "X-RateLimit-Reset-After": f"{after:.3f}",
    }
