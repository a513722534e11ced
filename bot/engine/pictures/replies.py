"""Words said in reply to a picture that was made here: they say what to change in it."""

from __future__ import annotations

import re
from dataclasses import replace

import structlog

from bot.engine.pictures.recipes import Making, read_note
from bot.errors import GondolaError
from bot.keeping import Vault
from bot.messages import Addressed, CommandUse, Incoming
from bot.ports import Clock

log: structlog.stdlib.BoundLogger = structlog.get_logger()

EDIT = "edit"
"""Name of the command that changes pictures, and of its option that takes the words."""
WORDS = "words"
_REQUEST = re.compile(r"\s*(?:please|can you|could you|would you|will you)\b", re.I)


class Replies:
    """Reads such words as the command that does what they say. A question stays a question."""

    def __init__(self, vault: Vault, clock: Clock) -> None:
        self._vault = vault
        self._clock = clock

    async def read(self, incoming: Incoming) -> Incoming:
        """The event, as a command where it is meant as one."""
        if not _may_edit(incoming) or not await self._is_result(incoming):
            return incoming
        use = CommandUse(EDIT, {WORDS: incoming.text.strip()})
        return replace(incoming, addressed=Addressed.COMMAND, command=use)

    async def _is_result(self, incoming: Incoming) -> bool:
        """Whether the replied-to message shows pictures that were made here."""
        quoted = incoming.quoted
        if quoted is None or not quoted.message_id:
            return False
        try:
            found = await self._vault.shown_by(incoming.place.room, quoted.message_id, self._clock())
        except GondolaError as error:
            log.warning("reply.unread", reason=error.detail)
            return False
        made = [one for one in found if one.mime.startswith("image/")]
        return any(read_note(one.note).making is not Making.SENT for one in made)


def _may_edit(incoming: Incoming) -> bool:
    words = incoming.text.strip()
    if not words or incoming.command is not None or incoming.press is not None or incoming.complaint:
        return False
    if incoming.addressed is Addressed.OVERHEARD or incoming.forwarded or incoming.edits:
        return False
    return not words.endswith("?") or _REQUEST.match(words) is not None
