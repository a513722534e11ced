"""Tells systemd (Type=notify) how far the service is; without systemd nothing happens."""

from __future__ import annotations

import os
import socket

import structlog

log: structlog.stdlib.BoundLogger = structlog.get_logger()

READY, STOPPING = "READY=1", "STOPPING=1"


def tell_systemd(state: str) -> None:
    """Send one state. A notice that cannot be sent is logged: systemd then says what it misses."""
    address = os.environ.get("NOTIFY_SOCKET", "")
    if not address:
        return
    # A name that begins with @ is one without a file.
    target = "\0" + address[1:] if address.startswith("@") else address
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as notifier:
            notifier.connect(target)
            notifier.sendall(state.encode())
    except OSError as error:
        log.warning("systemd.not_told", state=state, reason=error.strerror)
