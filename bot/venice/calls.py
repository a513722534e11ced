"""How every call that is not a stream goes out: breaker, repeats, and what its answer teaches the limits.

Four manners, by what a repeat could do:
`read`   changes nothing at Venice: repeated after any passing trouble.
`paid`   may cost money: repeated only when Venice cannot have begun to work.
`order`  creates something (a job, a voice, a key) without an idempotency key: repeated only when the
         connection never came about. Nothing that may have arrived is sent again.
`get`    a listing, read.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence

from bot.errors import VeniceError, VeniceFailure
from bot.venice.credentials import Keychain
from bot.venice.http import Answer, Wire
from bot.venice.limits import Limits
from bot.venice.retry import BEFORE_WORK, NEVER_ARRIVED, Retry
from bot.venice.types import Notices

Send = Callable[[], Awaitable[Answer]]


class Calls:
    """The shared way out of one client."""

    def __init__(self, wire: Wire, keychain: Keychain, retry: Retry) -> None:
        self.wire = wire
        self.keychain = keychain
        self.retry = retry

    @property
    def limits(self) -> Limits:
        """Those of the key that calls go out with now."""
        return self.keychain.now.limits

    async def get(self, path: str, params: Sequence[tuple[str, str]] = ()) -> Answer:
        """A listing."""
        return await self.read(lambda: self.wire.get(path, params))

    async def read(self, send: Send, person: str = "") -> Answer:
        """A call that changes nothing, whatever its method."""
        return await self.retry.run(lambda: self._once(send, "", person), idempotent=True)

    async def paid(self, model_id: str, person: str, send: Send) -> Answer:
        """A call that is billed when it works."""
        return await self.retry.run(
            lambda: self._once(send, model_id, person), idempotent=False, safe=BEFORE_WORK
        )

    async def order(self, model_id: str, person: str, send: Send) -> Answer:
        """A call that creates something, once."""
        return await self.retry.run(
            lambda: self._once(send, model_id, person), idempotent=False, safe=NEVER_ARRIVED
        )

    async def _once(self, send: Send, model_id: str, person: str) -> Answer:
        self.limits.breaker.check(person)
        try:
            answer = await send()
        except VeniceError as error:
            self.learn(error, model_id, person)
            raise
        self.heard(answer.notices, model_id)
        return answer

    def heard(self, notices: Notices, model_id: str) -> None:
        """Take in what an answer's headers say."""
        if model_id:
            self.limits.observe(model_id, notices)
        self.keychain.heard(notices)

    def learn(self, error: VeniceError, model_id: str, person: str) -> None:
        """Count a refusal, leave a model alone for as long as Venice asks, and word it for this key."""
        if error.status is not None and error.status >= 400:
            self.limits.breaker.record(person)
        slow_down = error.failure in (VeniceFailure.RATE_LIMITED, VeniceFailure.OVERLOADED)
        if model_id and slow_down and error.retry_after:
            self.limits.push_back(model_id, error.retry_after)
        self.keychain.refused(error)
