"""Vocabulary of the dashboard's page of doors: who is let in and shut out, by whom, and who may use what.

People are keyed hashes, and so are private chats; nobody is named. Times are Unix seconds (UTC).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class SubjectKind(StrEnum):
    """What a rule of the door can be about."""

    PERSON = "person"
    ROLE = "role"
    CHANNEL = "channel"
    CATEGORY = "category"
    TOPIC = "topic"
    SERVER = "server"


@dataclass(frozen=True, slots=True)
class DoorRule:
    """A rule: its subject's key as it may be shown, and what the platform calls that just now, "" where
    nobody knows."""

    subject: str
    title: str
    allowed: bool


@dataclass(frozen=True, slots=True)
class PermitLine:
    """Who may use "command:NAME" or "medium:NAME" in a server. `who` as in `bot.serverrules.Permit`;
    `titles` are what roles among them are called, "" where nobody knows."""

    subject: str
    who: tuple[str, ...]
    titles: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Applicant:
    """Somebody who asks to be let in: for themselves, or as an admin for the server `subject`. `hint` are the
    last two signs of the code that they were told."""

    id: str
    platform: str
    subject: str
    title: str
    hint: str
    asked_at: float
    expires_at: float


class Entry(StrEnum):
    """Why people of a server come in, or do not: the house is OPEN; OWNERS let the server in, or its ADMINS
    did; nobody did (NOBODY); owners shut it out (BLOCKED), or its admins did (CLOSED)."""

    OPEN = "open"
    OWNERS = "owners"
    ADMINS = "admins"
    NOBODY = "nobody"
    BLOCKED = "blocked"
    CLOSED = "closed"

    @property
    def enters(self) -> bool:
        """Whether people come in, as far as no narrower rule says otherwise."""
        return self in (Entry.OPEN, Entry.OWNERS, Entry.ADMINS)


@dataclass(frozen=True, slots=True)
class HouseDoor:
    """The door of the whole house: whether everybody comes in (`is_open`), admins may let their servers in,
    and strangers get codes. `rules` are a page of the owners' rules by subject, `cursor` asks for the next
    one, "" at the end; `waiting` is who asks to be let in, the oldest first."""

    is_open: bool
    admins_open: bool
    pairs: bool
    rules: tuple[DoorRule, ...]
    cursor: str
    waiting: tuple[Applicant, ...]


@dataclass(frozen=True, slots=True)
class ServerDoor:
    """The door of one server. `own_word` is its admins' rule about it as a whole, None
    for none; `of_owners` are the owners' rules about it and its channels, `rules` a page of
    its own, `permits` who may use what there. `roles` are its roles by key with their names, as far as its
    platform tells; `commands` and `media` are what a permit can be about."""

    server: str
    title: str
    entry: Entry
    own_word: bool | None
    admins_open: bool
    of_owners: tuple[DoorRule, ...]
    rules: tuple[DoorRule, ...]
    cursor: str
    permits: tuple[PermitLine, ...]
    roles: Mapping[str, str]
    commands: tuple[str, ...]
    media: tuple[str, ...]
