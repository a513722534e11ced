"""The update queue of one bot, as getUpdates sees it."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence

from tests.fakes.telegram.errors import conflict
from tests.fakes.telegram.shapes import JsonObject
from tests.fakes.telegram.signal import Signal

_FIRST_UPDATE = 700_000_001
# Telegram delivers these only when asked for by name.
_ON_REQUEST = frozenset({"chat_member", "message_reaction", "message_reaction_count"})


class UpdateQueue:
    """Unconfirmed updates in order. Ids grow by one."""

    def __init__(self) -> None:
        self.history: list[JsonObject] = []
        self.pending: list[JsonObject] = []
        self.confirmed = 0
        self.allowed: tuple[str, ...] = ()
        self.webhook_url = ""
        self.webhook_secret = ""
        self.webhook_error = ""
        self._again: list[JsonObject] = []
        self._next_id = _FIRST_UPDATE
        self._poll = 0
        self._signal = Signal()

    def wanted(self, kind: str) -> bool:
        """Whether the remembered allowed_updates let this kind through."""
        return kind in self.allowed if self.allowed else kind not in _ON_REQUEST

    def allow(self, kinds: Sequence[str]) -> None:
        """Remember allowed_updates; an empty list means the default. Queued updates are not touched."""
        self.allowed = tuple(kinds)

    def add(self, content: JsonObject) -> JsonObject:
        """Queue content under the next update_id; returns the whole update."""
        update: JsonObject = {"update_id": self._next_id, **content}
        self._next_id += 1
        self.history.append(update)
        self.pending.append(update)
        self._signal.notify()
        return update

    def repeat(self, update: JsonObject) -> None:
        """Deliver an update once more under its old id, even if it was confirmed."""
        self._again.append(update)
        self._signal.notify()

    def drop_pending(self) -> None:
        """Forget everything unconfirmed."""
        self.pending.clear()
        self._again.clear()

    async def poll(self, offset: int | None, limit: int, timeout: float) -> list[JsonObject]:
        """One getUpdates. Raises 409 if a second poll starts while this one waits."""
        if self.webhook_url:
            raise conflict(
                "can't use getUpdates method while webhook is active; "
                "use deleteWebhook to delete the webhook first"
            )
        self._poll += 1
        mine = self._poll
        self._signal.notify()
        self._confirm(offset)
        loop = asyncio.get_running_loop()
        deadline = loop.time() + timeout
        while not (batch := self._take(limit)) and (left := deadline - loop.time()) > 0:
            await self._signal.pause(left)
            if mine != self._poll:
                raise conflict(
                    "terminated by other getUpdates request; make sure that only one bot instance is running"
                )
        return batch

    async def post_all(self, post: Callable[[JsonObject], Awaitable[str]]) -> None:
        """Post what is pending to the webhook, one after the other; `post` returns "" or what went wrong,
        and then the update is posted again a little later. Never returns."""
        while True:
            if not self.webhook_url or not (batch := self._take(1)):
                await self._signal.pause(0.05)
                continue
            self.webhook_error = await post(batch[0])
            if self.webhook_error:
                await self._signal.pause(0.05)
                continue
            self._confirm(_id(batch[0]) + 1)

    def _confirm(self, offset: int | None) -> None:
        if offset is None:
            return
        if offset < 0:
            self.pending = self.pending[offset:]
            return
        self.pending = [update for update in self.pending if _id(update) >= offset]
        self.confirmed = max(self.confirmed, offset - 1)

    def _take(self, limit: int) -> list[JsonObject]:
        again, self._again = self._again, []
        return [*again, *self.pending][:limit]


def _id(update: JsonObject) -> int:
    number = update["update_id"]
    return number if isinstance(number, int) else 0
