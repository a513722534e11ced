"""Faults a test orders in advance: refusals, broken connections, lost answers."""

from dataclasses import dataclass
from typing import Literal, TypeAlias

FaultKind: TypeAlias = Literal[
    "400", "403", "404", "429", "500", "502", "reset", "timeout_after_success", "hang", "drop_poll"
]

_DEFAULT_HOLD: dict[FaultKind, float] = {"timeout_after_success": 1.0, "hang": 60.0, "drop_poll": 0.05}


@dataclass(slots=True)
class Fault:
    """One ordered fault. hold: seconds the connection stays open before it is cut."""

    method: str
    kind: FaultKind
    remaining: int
    chat_id: int | None
    retry_after: int
    text: str | None
    hold: float


class Faults:
    """The orders still open. `outage` cuts every connection before anything happens, until it is unset."""

    def __init__(self) -> None:
        self.outage = False
        self._orders: list[Fault] = []

    def next(
        self,
        method: str,
        kind: FaultKind,
        times: int = 1,
        *,
        chat_id: int | None = None,
        retry_after: int = 1,
        text: str | None = None,
        hold: float | None = None,
    ) -> Fault:
        """Spoil the next `times` calls of `method`, in one chat if given.

        method: a name, a prefix such as "send*", "*" for any, or "download" for files.
        400, 403, 404, 429, 500, 502: refused without effect, with `text` if given (502 with an HTML page).
        reset: cut without effect. hang: no effect, cut after `hold` seconds.
        timeout_after_success: the effect happens, no answer is sent, then the cut after `hold` seconds.
        drop_poll: getUpdates is cut while it waits.
        """
        seconds = _DEFAULT_HOLD.get(kind, 0.0) if hold is None else hold
        fault = Fault(method, kind, times, chat_id, retry_after, text, seconds)
        self._orders.append(fault)
        return fault

    def clear(self) -> None:
        """Forget every order."""
        self.outage = False
        self._orders.clear()

    def take(self, method: str, chat_id: str | None) -> Fault | None:
        """The fault due for this call, used up by asking."""
        for fault in self._orders:
            if _meets(fault, method, chat_id):
                fault.remaining -= 1
                if fault.remaining == 0:
                    self._orders.remove(fault)
                return fault
        return None


def _meets(fault: Fault, method: str, chat_id: str | None) -> bool:
    if fault.chat_id is not None and str(fault.chat_id) != chat_id:
        return False
    if fault.method.endswith("*"):
        return method.startswith(fault.method[:-1])
    return fault.method == method
