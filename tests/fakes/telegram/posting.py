"""Updates posted to the bot's webhook, as Telegram does it: in order, and again until they are taken."""

import asyncio
from contextlib import suppress

import aiohttp

from tests.fakes.telegram.shapes import JsonObject
from tests.fakes.telegram.state import World

_PATIENCE = 5.0


class WebhookPoster:
    """Posts while it is started, to addresses on this machine only."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._task: asyncio.Task[None] | None = None
        self._session: aiohttp.ClientSession | None = None
        self.posts: list[int] = []
        """The statuses of the answers."""

    def start(self) -> None:
        """Begin to post."""
        timeout = aiohttp.ClientTimeout(total=_PATIENCE)
        self._session = aiohttp.ClientSession(timeout=timeout)
        self._task = asyncio.create_task(self._world.queue.post_all(self._post))

    async def stop(self) -> None:
        """Post no more."""
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task
        if self._session is not None:
            await self._session.close()

    async def _post(self, update: JsonObject) -> str:
        queue = self._world.queue
        if self._session is None or not queue.webhook_url.startswith("http://127.0.0.1:"):
            return "Connection refused"
        headers = {"X-Telegram-Bot-Api-Secret-Token": queue.webhook_secret} if queue.webhook_secret else {}
        try:
            async with self._session.post(queue.webhook_url, json=update, headers=headers) as answer:
                self.posts.append(answer.status)
                fine = 200 <= answer.status < 300
                return "" if fine else f"Wrong response from the webhook: {answer.status} {answer.reason}"
        except (aiohttp.ClientError, TimeoutError):
            return "Connection refused"
