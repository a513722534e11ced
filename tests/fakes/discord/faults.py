"""Faults a test orders for the next request of a kind."""

import asyncio
import re
from dataclasses import dataclass, field
from typing import Literal

FaultKind = Literal["429", "500", "502", "503", "403", "404", "reset", "timeout_after_success", "hang"]

_ALIASES: dict[str, str] = {
    "edit_message": "update_message",
    "typing": "trigger_typing_indicator",
    "interaction_callback": "create_interaction_response",
    "callback": "create_interaction_response",
    "edit_original": "update_original_webhook_message",
    "get_original": "get_original_webhook_message",
    "delete_original": "delete_original_webhook_message",
    "followup": "execute_webhook",
    "edit_followup": "update_webhook_message",
    "add_reaction": "add_my_message_reaction",
    "sync_commands": "bulk_set_application_commands",
    "cdn": "download_attachment",
    "gateway": "connect_gateway",
}


@dataclass(frozen=True, slots=True)
class Fault:
    """`retry_after` (s) and `is_global` belong to 429, `code` and `message` to 403 and 404."""

    kind: FaultKind
    retry_after: float = 0.1
    is_global: bool = False
    code: int | None = None
    message: str | None = None

    @property
    def status(self) -> int | None:
        return int(self.kind) if self.kind.isdigit() else None


@dataclass(slots=True)
class _Order:
    target: str
    channel_id: int | None
    fault: Fault
    left: int


def _normal(target: str) -> str:
    return re.sub(r"\{[^}]*\}", "{}", target)


@dataclass(slots=True)
class Faults:
    """Orders are taken first in, first out. `closing`, set when the fake stops, ends hanging requests."""

    closing: asyncio.Event = field(default_factory=asyncio.Event)
    _orders: list[_Order] = field(default_factory=list[_Order])

    def next(
        self,
        target: str,
        kind: FaultKind,
        times: int = 1,
        *,
        retry_after: float = 0.1,
        is_global: bool = False,
        code: int | None = None,
        message: str | None = None,
        channel_id: int | None = None,
    ) -> None:
        """Break the next `times` requests of `target`.

        `target` is an operation ("create_message", "edit_message", "followup", "cdn", "gateway", or an
        operationId of the API description) or a method and route ("POST /channels/{id}/messages"; the
        names in braces do not matter). `channel_id` narrows it to one channel. A "reset" of GET, PUT
        or DELETE needs `times=2` to be noticed, as aiohttp repeats those once by itself.
        """
        fault = Fault(kind, retry_after, is_global, code, message)
        self._orders.append(_Order(_normal(_ALIASES.get(target, target)), channel_id, fault, times))

    def clear(self) -> None:
        self._orders.clear()

    @property
    def pending(self) -> int:
        """Ordered faults that no request has met yet."""
        return sum(order.left for order in self._orders)

    def take(self, operation: str, method: str, route: str, channel_id: int | None) -> Fault | None:
        names = (operation, _normal(f"{method} {route}"))
        for order in self._orders:
            if order.target in names and order.channel_id in (None, channel_id):
                order.left -= 1
                if order.left <= 0:
                    self._orders.remove(order)
                return order.fault
        return None
