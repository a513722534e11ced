"""The Venice key that was made for a server, when the server's time is over: it ends at Venice, too."""

from __future__ import annotations

import structlog

from bot.engine.account.minting import Mint, label_of
from bot.engine.money.keybook import KeyBook
from bot.engine.turns.directs import Directs
from bot.errors import VeniceError, VeniceFailure
from bot.keys import KeyOrigin

log: structlog.stdlib.BoundLogger = structlog.get_logger()

_WHICH = "the Venice key I had made for it: **{label}**, which ends in `{last4}`"
AGAIN = (
    "I was removed from a server, and its time is over: what I kept of it is deleted. Venice did not delete "
    f"{_WHICH}. I try again every hour. If you do not want to wait, delete it at "
    "<https://venice.ai/settings/api>."
)
BY_HAND = (
    "I was removed from a server, and its time is over: what I kept of it is deleted. I may not delete "
    f"{_WHICH}. Please delete it at <https://venice.ai/settings/api>; with `VENICE_ADMIN_KEY` I do such "
    "things by myself."
)


class Revoker:
    """Deletes the keys of servers that are gone; owners read where that does not work."""

    def __init__(self, mint: Mint, keys: KeyBook, directs: Directs) -> None:
        self._mint = mint
        self._keys = keys
        self._directs = directs

    async def revoke(self, server: str) -> bool:
        """Delete a server's key at Venice, where it was made here, and forget it. False where Venice did not
        do it now: then it stays, to be tried again."""
        key = self._keys.of(server)
        if key is not None and key.origin is KeyOrigin.MINTED:
            try:
                await self._mint.delete_there(key)
            except VeniceError as error:
                again = error.failure is not VeniceFailure.FORBIDDEN  # no admin key
                text = AGAIN if again else BY_HAND
                told = text.format(label=label_of(key.id), last4=key.last4)
                await self._directs.tell_owners(f"key-undeleted:{key.id}", told)
                if again:
                    return False
        await self._keys.remove(server, by="")
        return True
