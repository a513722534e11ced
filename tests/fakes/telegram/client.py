"""The real python-telegram-bot, pointed at the fake."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from telegram import Bot
from telegram.request import HTTPXRequest

from tests.fakes.telegram.fake import FakeTelegram


@asynccontextmanager
async def connected_bot(tg: FakeTelegram, read_timeout: float = 5.0) -> AsyncGenerator[Bot]:
    """An initialised Bot (getMe was called). read_timeout in seconds."""
    bot = Bot(
        tg.token,
        base_url=f"{tg.base_url}/bot",
        base_file_url=f"{tg.base_url}/file/bot",
        request=_request(read_timeout),
        get_updates_request=_request(read_timeout),
    )
    async with bot:
        yield bot


def _request(read_timeout: float) -> HTTPXRequest:
    # A proxy named in the environment must not see loopback traffic.
    return HTTPXRequest(read_timeout=read_timeout, httpx_kwargs={"trust_env": False})
