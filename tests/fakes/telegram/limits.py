"""Flood control: how much a bot may say, and what it costs to say more."""

import math
from collections import deque
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class TelegramLimits:
    """Soft limits as reported for the real service, and file sizes in bytes. Times are seconds.

    Every send, edit, draft and chat action counts. `burst` calls may come at once in a chat, then
    `per_second`; a group takes `group_calls` per `group_window`, the token `overall` per second. Beyond that
    calls are refused with 429 until `penalty` (at most 3 s) has passed. Refused calls lengthen nothing.
    """

    flood: bool = True
    per_second: float = 1.0
    burst: int = 3
    group_burst: int = 3
    group_calls: int = 20
    group_window: float = 60.0
    overall: int = 30
    penalty: float = 3.0
    upload_bytes: int = 50 * 1024 * 1024
    photo_bytes: int = 10 * 1024 * 1024
    download_bytes: int = 20 * 1024 * 1024

    def __post_init__(self) -> None:
        if not 0 < self.penalty <= 3:
            raise ValueError("penalty must be above 0 and at most 3 seconds")

    @classmethod
    def real(cls) -> "TelegramLimits":
        """The limits of the real service, with the penalty cut to 3 s."""
        return cls()

    @classmethod
    def off(cls) -> "TelegramLimits":
        """No flood control; file sizes stay."""
        return cls(flood=False)


@dataclass(slots=True)
class _Account:
    """What one chat (or the token) has used."""

    credit: float
    updated: float
    penalty_until: float = 0.0
    calls: deque[float] = field(default_factory=deque[float])

    def used(self, now: float, window: float) -> int:
        while self.calls and self.calls[0] <= now - window:
            self.calls.popleft()
        return len(self.calls)


class FloodControl:
    """Sliding windows and a credit per chat. The caller passes the monotonic time."""

    def __init__(self, limits: TelegramLimits) -> None:
        self._limits = limits
        self._chats: dict[int, _Account] = {}
        self._token = _Account(0.0, 0.0)

    def admit(self, chat_id: int, *, group: bool, now: float, items: int = 1) -> int | None:
        """None if the call may pass (it is then counted), else the whole seconds to wait.

        items: messages of an album, which a group counts singly.
        """
        if not self._limits.flood:
            return None
        chat = self._account(chat_id, group, now)
        waiting = max(chat.penalty_until, self._token.penalty_until)
        if waiting > now:
            return math.ceil(waiting - now)
        if self._token.used(now, 1.0) >= self._limits.overall:
            return self._punish(self._token, now)
        if self._overdrawn(chat, group, now, items):
            return self._punish(chat, now)
        chat.credit -= 1
        chat.calls.extend([now] * items)
        self._token.calls.append(now)
        return None

    def _account(self, chat_id: int, group: bool, now: float) -> _Account:
        burst = self._limits.group_burst if group else self._limits.burst
        account = self._chats.setdefault(chat_id, _Account(burst, now))
        account.credit = min(burst, account.credit + (now - account.updated) * self._limits.per_second)
        account.updated = now
        return account

    def _overdrawn(self, chat: _Account, group: bool, now: float, items: int) -> bool:
        # A hair below 1, since the credit is a sum of floating-point differences.
        if chat.credit < 0.999:
            return True
        return group and chat.used(now, self._limits.group_window) + items > self._limits.group_calls

    def _punish(self, account: _Account, now: float) -> int:
        account.penalty_until = now + self._limits.penalty
        # Whoever waits as told gets one call through, as from the real service.
        account.credit = max(account.credit, 1.0)
        if account.calls:
            account.calls.popleft()
        return math.ceil(self._limits.penalty)
