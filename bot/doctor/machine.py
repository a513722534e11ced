"""This machine: Python, the data directory, the disk, the clock, the page's port and address."""

from __future__ import annotations

import asyncio
import os
import shutil
import socket
import sys
from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from urllib.parse import urlsplit

import aiohttp

from bot.findings import Finding, bad, ok, warn

OLDEST_PYTHON = (3, 11)
LITTLE_DISK, SCARCE_DISK = 1_000_000_000, 200_000_000
"""Bytes free below which one is warned, and below which writing may fail any moment."""
CLOCK_OFF, CLOCK_WRONG = 5.0, 60.0
"""Seconds off from which commands on Discord may come late, and from which signatures and caps go wrong."""
_PROBE_SECONDS = 3.0
_OTHERS = 0o077


def python() -> Finding:
    """The interpreter and the version of Gondola."""
    running = ".".join(str(part) for part in sys.version_info[:3])
    try:
        ours = version("gondola")
    except PackageNotFoundError:
        ours = "unknown"
    if sys.version_info < OLDEST_PYTHON:
        return bad("Python", f"Python {running} is too old.", "Install Python 3.11 or newer.")
    return ok("Python", f"Gondola {ours} on Python {running}.")


def data_dir(folder: Path) -> Finding:
    """Whether the data directory can be used, and by whom."""
    about, found = "Data directory", folder.absolute()
    there = _nearest(found)
    if not there.is_dir():
        return bad(about, f"{there} is no folder.", "Name another one in GONDOLA_DATA_DIR.")
    if not _writable(there):
        mend = "Give it to the user Gondola runs as (chown), or name another one in GONDOLA_DATA_DIR."
        return bad(about, f"I may not write in {there}.", mend)
    if there != found:
        return ok(about, f"{found} will be made at the first start.")
    if os.stat(found).st_mode & _OTHERS:
        return warn(about, f"Others on this machine can look into {found}.", f"chmod 700 {found}")
    return ok(about, f"{found} can be written, and is private.")


def _nearest(folder: Path) -> Path:
    """The folder, or the nearest one above it that can be seen: what lies behind a folder we may not enter is
    not there for us."""
    return next((one for one in (folder, *folder.parents) if os.path.exists(one)), folder)


def _writable(folder: Path) -> bool:
    return os.access(folder, os.W_OK | os.X_OK, effective_ids=os.access in os.supports_effective_ids)


def disk(folder: Path) -> Finding:
    """Room on the disk of the data directory."""
    return room(shutil.disk_usage(_nearest(folder.absolute())).free)


def room(free: int) -> Finding:
    """What so many free bytes mean."""
    sentence = f"{free / 1e9:.1f} GB are free for data."
    if free < SCARCE_DISK:
        return bad("Disk", sentence, "Make room now: without it nothing can be remembered or charged.")
    if free < LITTLE_DISK:
        return warn("Disk", sentence, "Make room, and move old backups elsewhere.")
    return ok("Disk", sentence)


def clock(measured: Sequence[tuple[str, float | None]]) -> Finding:
    """This machine's clock against others': by how many seconds it is ahead of each."""
    known = [(name, ahead) for name, ahead in measured if ahead is not None]
    if not known:
        return ok("Clock", "Nobody was asked for the time.")
    # The one that differs least: an answer may have been long on its way, but never came early.
    name, ahead = min(known, key=lambda one: abs(one[1]))
    if abs(ahead) < CLOCK_OFF:
        return ok("Clock", f"Agrees with {name}'s.")
    sentence = f"This machine's clock is {abs(ahead):.0f} s {'ahead of' if ahead > 0 else 'behind'} {name}'s."
    mend = "Switch on time synchronisation (timedatectl set-ntp true)."
    return (bad if abs(ahead) >= CLOCK_WRONG else warn)("Clock", sentence, mend)


async def port(host: str, number: int) -> Finding:
    """Whether the page's address is free, or ours already."""
    about, address = "Web page", f"{host}:{number}"
    if number == 0:
        return ok(about, "Takes any free port.")
    try:
        await asyncio.to_thread(_bind, host, number)
    except PermissionError:
        return bad(about, f"I may not use port {number}.", "Name a port above 1023 in GONDOLA_HTTP.")
    except OSError as error:
        if await _is_gondola(host, number):
            return ok(about, f"A Gondola is running at {address}.")
        mend = "Stop the other program, or name another address in GONDOLA_HTTP."
        return bad(about, f"{address} cannot be used ({error.strerror or error}).", mend)
    return ok(about, f"{address} is free.")


def _bind(host: str, number: int) -> None:
    family, kind, protocol, _, address = socket.getaddrinfo(
        host or None, number, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
    )[0]
    with socket.socket(family, kind, protocol) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind(address)


async def _is_gondola(host: str, number: int) -> bool:
    reachable = {"0.0.0.0": "127.0.0.1", "": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104
    name = f"[{reachable}]" if ":" in reachable else reachable
    timeout = aiohttp.ClientTimeout(total=_PROBE_SECONDS)
    try:
        async with (
            aiohttp.ClientSession(timeout=timeout) as session,
            session.get(f"http://{name}:{number}/readyz") as response,
        ):
            parts = await response.json(content_type=None)
    except (aiohttp.ClientError, OSError, ValueError):
        return False
    return isinstance(parts, dict) and "web" in parts


def public_url(url: str) -> Finding | None:
    """Whether links built from GONDOLA_PUBLIC_URL can work; None where it is not set."""
    about = "Public address"
    if not url:
        return None
    parts = urlsplit(url)
    if parts.path.strip("/") or parts.query or parts.fragment:
        return bad(about, f"{url} has something behind the host.", "GONDOLA_PUBLIC_URL is https://host only.")
    local = (parts.hostname or "") in ("localhost", "127.0.0.1", "::1")
    if local:
        return warn(
            about, "Only this machine can open it.", "Name the address people reach, or leave it out."
        )
    if parts.scheme != "https":
        mend = "Put a proxy with a certificate before the page, and write https:// in GONDOLA_PUBLIC_URL."
        return warn(about, "It is not encrypted: who listens can sign in.", mend)
    return ok(about, f"Links begin with {parts.scheme}://{parts.netloc.rpartition('@')[2]}.")
