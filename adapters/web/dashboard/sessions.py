"""Who is signed in to the dashboard, and the token file that signs in at the machine.

Of a session only its token's hash is stored, so the file opens nothing. Its rights are looked up anew with
each request; what is kept is whose session it is.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from adapters.web.private import write_private
from bot.dashboard import Viewer
from bot.ports import Clock

IDLE_SECONDS = 12 * 3600.0
"""Seconds without a request after which a session ends."""
WHOLE_SECONDS = 7 * 86_400.0
"""Seconds after which it ends in any case."""
_SAVE_SECONDS = 60.0
"""How exactly the file knows when a session was last used."""


@dataclass(frozen=True, slots=True)
class Session:
    """One browser. `seen` is when it last asked for something."""

    viewer: Viewer
    since: float
    seen: float


class DeskSessions:
    """`file` need not exist."""

    def __init__(self, file: Path, clock: Clock) -> None:
        self._file = file
        self._clock = clock
        self._sessions: dict[str, Session] | None = None
        self._saved = 0.0

    def open(self, viewer: Viewer) -> str:
        """A new session; returns its token."""
        token, now = secrets.token_urlsafe(32), self._clock()
        self._keep({**self._living(), _hashed(token): Session(viewer, now, now)})
        return token

    def find(self, token: str) -> Viewer | None:
        """Whose session this is; it counts as used. None: there is none, or it has run out."""
        living = self._living()
        found = living.get(_hashed(token)) if token else None
        if found is None:
            return None
        now = self._clock()
        living[_hashed(token)] = replace(found, seen=now)
        self._sessions = living
        if now - self._saved > _SAVE_SECONDS:
            self._keep(living)
        return found.viewer

    def close(self, token: str, *, everywhere: bool = False) -> None:
        """End a session, or with `everywhere` all of the same person."""
        living = self._living()
        if ended := living.pop(_hashed(token), None):
            if everywhere:
                person = ended.viewer.person
                living = {key: one for key, one in living.items() if one.viewer.person != person}
            self._keep(living)

    def _living(self) -> dict[str, Session]:
        if self._sessions is None:
            self._sessions = _read(self._file)
        now = self._clock()
        return {
            key: one
            for key, one in self._sessions.items()
            if now - one.seen < IDLE_SECONDS and now - one.since < WHOLE_SECONDS
        }

    def _keep(self, sessions: dict[str, Session]) -> None:
        self._sessions, self._saved = sessions, self._clock()
        write_private(self._file, json.dumps({key: asdict(one) for key, one in sessions.items()}))


class TokenFile:
    """A token in a file that only the service's user can read; whoever reads it may sign in as an owner.
    It works once: another one takes its place."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._token = ""

    def renew(self) -> None:
        """Write a new token down."""
        self._token = secrets.token_urlsafe(32)
        write_private(self._file, f"{self._token}\n")

    def redeem(self, token: str) -> Viewer | None:
        """An owner's view for the right token, which is used up then."""
        if not self._token or not hmac.compare_digest(token.encode(), self._token.encode()):
            return None
        self.renew()
        return Viewer("", owner=True)


def _hashed(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def _read(file: Path) -> dict[str, Session]:
    try:
        raw: Mapping[str, Any] = json.loads(file.read_text(encoding="utf-8"))
        return {str(key): _session(one) for key, one in raw.items()}
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        return {}


def _session(raw: Mapping[str, Any]) -> Session:
    who = raw["viewer"]
    servers = tuple(str(one) for one in who["servers"])
    viewer = Viewer(str(who["person"]), who["owner"] is True, servers, str(who.get("account", "")))
    return Session(viewer, float(raw["since"]), float(raw["seen"]))
