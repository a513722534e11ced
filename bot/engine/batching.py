"""Many small writes as few transactions: whoever waits while one batch runs goes into the next."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeVar

Request = TypeVar("Request")
Result = TypeVar("Result")


class Batcher(Generic[Request, Result]):
    """Calls `run` with everything waiting; one batch at a time, in order of arrival.

    Hops between tasks cost more than the database: fifty turns written one by one take twenty-five
    times as long as in one batch.
    """

    def __init__(
        self, run: Callable[[Sequence[Request]], Awaitable[Sequence[Result]]], *, most: int = 500
    ) -> None:
        self._run = run
        self._most = most
        self._waiting: list[tuple[Request, asyncio.Future[Result]]] = []
        self._drain: asyncio.Task[None] | None = None

    async def __call__(self, request: Request) -> Result:
        """The result for this request. Once queued it is carried out even if the caller is cancelled."""
        future: asyncio.Future[Result] = asyncio.get_running_loop().create_future()
        self._waiting.append((request, future))
        if self._drain is None:
            self._drain = asyncio.create_task(self._work())
        return await asyncio.shield(future)

    async def settle(self) -> None:
        """Wait until nothing is queued."""
        while self._drain is not None:
            await asyncio.wait([self._drain])

    async def _work(self) -> None:
        try:
            while self._waiting:
                batch, self._waiting = self._waiting[: self._most], self._waiting[self._most :]
                await self._carry_out(batch)
        finally:
            self._drain = None

    async def _carry_out(self, batch: list[tuple[Request, asyncio.Future[Result]]]) -> None:
        try:
            results = await self._run([request for request, _ in batch])
        except BaseException as error:
            for _, future in batch:
                if not future.done():
                    future.set_exception(error)
                    future.exception()  # a caller that went away must not leave a warning behind
            if not isinstance(error, Exception):
                raise
            return
        for (_, future), result in zip(batch, results, strict=True):
            if not future.done():
                future.set_result(result)


def each(
    run: Callable[[Sequence[Request]], Awaitable[None]],
) -> Callable[[Sequence[Request]], Awaitable[list[None]]]:
    """A write without results, in the form a Batcher runs."""

    async def many(batch: Sequence[Request]) -> list[None]:
        await run(batch)
        return [None] * len(batch)

    return many
