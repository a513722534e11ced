"""What a page posts, as messages."""

from __future__ import annotations

import mimetypes
import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass

from adapters.web.capabilities import PLATFORM
from adapters.web.folder import StoredMedia
from bot.messages import (
    Addressed,
    Attachment,
    ButtonPress,
    CommandUse,
    Incoming,
    MediaKind,
    Person,
    Place,
)

VISITOR_PREFIX = "v-"
"""Ids of a visitor's own messages begin with it."""

_EVENT = re.compile(r"[A-Za-z0-9_-]{8,64}")
_LANGUAGE = re.compile(r"\s*([a-zA-Z]{2,3}(?:-[a-zA-Z0-9]{2,8})?)")


@dataclass(frozen=True, slots=True)
class Origin:
    """What every event of a request shares. `event` is the page's own id of it, so that the same POST
    made twice is one event; `language` is the browser's first choice."""

    visitor: str
    event: str
    at: float
    language: str = ""

    @property
    def item_id(self) -> str:
        """Id of the visitor's message on the page."""
        return f"{VISITOR_PREFIX}{self.event}"


def place_of(visitor: str) -> Place:
    """The visitor's one conversation."""
    return Place(PLATFORM, "", visitor)


def event_of(given: str) -> str:
    """The page's id of an event, or a new one when it sent none worth using."""
    return given if _EVENT.fullmatch(given) else secrets.token_urlsafe(16)


def language_of(accept: str) -> str:
    """First language of an Accept-Language header, "" without one."""
    found = _LANGUAGE.match(accept)
    return found[1] if found else ""


def said(
    origin: Origin, text: str, command: CommandUse | None, files: Sequence[StoredMedia] = ()
) -> Incoming:
    """Words, files, or a command."""
    return Incoming(
        event_id=_event_id(origin),
        place=place_of(origin.visitor),
        author=_person(origin),
        addressed=Addressed.COMMAND if command else Addressed.DIRECT,
        text=text,
        message_id=origin.item_id,
        attachments=tuple(_attachment(one) for one in files),
        command=command,
        language=origin.language,
        trusted=True,
        sent_at=origin.at,
    )


def pressed(origin: Origin, press: ButtonPress) -> Incoming:
    """A button under a message."""
    return Incoming(
        event_id=_event_id(origin),
        place=place_of(origin.visitor),
        author=_person(origin),
        addressed=Addressed.BUTTON,
        message_id=press.message_id,
        press=press,
        language=origin.language,
        trusted=True,
        sent_at=origin.at,
    )


def kind_of(mime: str) -> MediaKind:
    """What a file of that type is. A drawing in SVG is text, not pixels."""
    if mime == "image/svg+xml":
        return MediaKind.DOCUMENT
    family = mime.partition("/")[0]
    kinds = {"image": MediaKind.IMAGE, "audio": MediaKind.AUDIO, "video": MediaKind.VIDEO}
    return kinds.get(family, MediaKind.DOCUMENT)


def mime_of(given: str, name: str) -> str:
    """The type of an uploaded file: what the browser says, else what the name says."""
    plain = given.partition(";")[0].strip().lower()
    if plain and plain != "application/octet-stream":
        return plain
    return mimetypes.guess_type(name)[0] or "application/octet-stream"


def _event_id(origin: Origin) -> str:
    return f"{PLATFORM}:{origin.visitor}:{origin.event}"


def _person(origin: Origin) -> Person:
    return Person(PLATFORM, origin.visitor, "You")


def _attachment(stored: StoredMedia) -> Attachment:
    return Attachment(stored.kind, stored.id, stored.mime, stored.name, stored.size)
