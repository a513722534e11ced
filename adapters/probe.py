"""One question to a server elsewhere, for `gondola doctor`: its answer, whatever it is, and its clock."""

from __future__ import annotations

import ipaddress
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlsplit

import aiohttp

from bot.errors import PlatformError, PlatformFailure

SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class Said:
    """An answer: status, decoded JSON (None for something else), and by how many seconds our clock is ahead
    of the server's (None where it names no time)."""

    status: int
    body: Any
    ahead: float | None


async def ask(url: str, headers: Mapping[str, str] | None = None) -> Said:
    """GET an address. Raises PlatformError(UNAVAILABLE), which never holds the address, as that may hold a
    token."""
    timeout = aiohttp.ClientTimeout(total=SECONDS)
    started = time.time()
    try:
        async with (
            aiohttp.ClientSession(timeout=timeout, trust_env=not _is_loopback(url)) as session,
            session.get(url, headers=dict(headers or {}), allow_redirects=False) as response,
        ):
            body = _decoded(await response.read())
            return Said(response.status, body, _ahead(response.headers.get("Date", ""), started))
    except (aiohttp.ClientError, OSError, ValueError) as error:  # a timeout is an OSError
        raise PlatformError(PlatformFailure.UNAVAILABLE, detail=type(error).__name__) from None


def _decoded(body: bytes) -> Any:
    try:
        return json.loads(body)
    except ValueError:
        return None


def _ahead(date: str, started: float) -> float | None:
    """Servers give whole seconds, so the middle of the second and of the wait is meant."""
    try:
        theirs = parsedate_to_datetime(date).timestamp() + 0.5
    except ValueError:
        return None
    return (started + time.time()) / 2 - theirs


def _is_loopback(url: str) -> bool:
    host = urlsplit(url).hostname or ""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
