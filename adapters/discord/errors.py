"""Discord's refusals and broken calls as PlatformError: the one place that knows its codes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import aiohttp
import discord

from bot.errors import PlatformError, PlatformFailure

CALL_SECONDS = 30.0
"""discord.py sets no limit of its own, and sleeps through refusals while the caller waits."""

UPLOAD_SECONDS = 120.0

ALREADY_ACKNOWLEDGED = 40060
NO_HISTORY = 160002
HANDLE_GONE = frozenset({10015, 10062, 50027})
"""The interaction is too old or unknown; the messages it left behind are not meant."""

_CODES = {
    30046: PlatformFailure.RATE_LIMITED,  # too many edits of an old message
    40005: PlatformFailure.TOO_LARGE,
    40094: PlatformFailure.FORBIDDEN,  # too many followups
    50008: PlatformFailure.FORBIDDEN,  # not a channel for messages
    50083: PlatformFailure.FORBIDDEN,  # archived thread
    50162: PlatformFailure.GONE,  # voice messages cannot be edited
    160005: PlatformFailure.FORBIDDEN,  # locked thread
}
_STATUSES = {
    401: PlatformFailure.FORBIDDEN,
    403: PlatformFailure.FORBIDDEN,
    404: PlatformFailure.GONE,
    413: PlatformFailure.TOO_LARGE,
    429: PlatformFailure.RATE_LIMITED,
}
_OLD_MESSAGE_PAUSE = 60.0
_CLOSED = "Session is closed"
"""What aiohttp says to a call that still waited for its turn when the client was closed."""

Broken = discord.DiscordException | aiohttp.ClientError | OSError


class HandleGone(Exception):
    """An interaction that can no longer be answered."""


def platform_error(error: Broken) -> PlatformError:
    """The failure by which delivery picks its next step."""
    match error:
        case discord.RateLimited():
            return PlatformError(
                PlatformFailure.RATE_LIMITED, detail="discord 429", retry_after=error.retry_after
            )
        case discord.HTTPException():
            return _refused(error)
        case discord.DiscordException():
            return _failed(PlatformFailure.UNAVAILABLE, error)
        case aiohttp.ClientConnectorError():
            return _failed(PlatformFailure.UNAVAILABLE, error)  # it never got there
        case _:
            return _failed(PlatformFailure.AMBIGUOUS, error)


def _refused(error: discord.HTTPException) -> PlatformError:
    detail = f"discord {error.status} code {error.code}"
    if error.status >= 500:
        return PlatformError(PlatformFailure.UNAVAILABLE, detail=detail)
    failure = _CODES.get(error.code) or _STATUSES.get(error.status) or PlatformFailure.BAD_FORMAT
    wait = _retry_after(error) if failure is PlatformFailure.RATE_LIMITED else None
    return PlatformError(failure, detail=detail, retry_after=wait)


def _retry_after(error: discord.HTTPException) -> float | None:
    if error.status != 429:
        return _OLD_MESSAGE_PAUSE
    try:
        return float(error.response.headers.get("Retry-After", ""))
    except ValueError:
        return None


def _failed(failure: PlatformFailure, error: Broken) -> PlatformError:
    return PlatformError(failure, detail=f"discord {type(error).__name__}")


@asynccontextmanager
async def refusals(seconds: float = CALL_SECONDS) -> AsyncGenerator[None]:
    """Inside, a call takes so many seconds at most and the library's errors become PlatformError. Their
    cause is dropped: it may quote what people wrote."""
    try:
        async with asyncio.timeout(seconds):
            yield
    except (discord.DiscordException, aiohttp.ClientError, OSError) as error:
        raise platform_error(error) from None
    except RuntimeError as error:
        if str(error) != _CLOSED:
            raise
        raise PlatformError(PlatformFailure.UNAVAILABLE, detail="discord connection closed") from None
