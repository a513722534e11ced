"""Links to results that a platform does not take as they are: for whoever has one, on the public page."""

from __future__ import annotations

import secrets

from bot.engine.making.board import place_of
from bot.keeping import KEPT_SECONDS, KeptFile, Vault
from bot.orders import Order
from bot.ports import Clock
from bot.records import StoredButton
from bot.storing import Buttons

LINK = "file-link"
"""Action of the stored row behind a link; its id is the secret part of the address, its payload the file's
id. As a button it does nothing."""
PATH = "files"
SECRET_BYTES = 24


class PublicLinks:
    """Makes links and follows them. They die with the file: after a week, or when the chat is forgotten."""

    def __init__(self, buttons: Buttons, vault: Vault, clock: Clock, public_url: str) -> None:
        """`public_url` is where people reach the web page, "" for nowhere."""
        self._buttons = buttons
        self._vault = vault
        self._clock = clock
        self._public_url = public_url.rstrip("/")

    async def make(self, order: Order) -> str:
        """The address of an order's result, "" where there is no public page or nothing was kept."""
        if not self._public_url or not order.kept:
            return ""
        place = place_of(order)
        row = StoredButton(
            id=secrets.token_urlsafe(SECRET_BYTES),
            action=LINK,
            payload=order.kept,
            person=order.person,
            channel=place.channel_key,
            expires_at=self._clock() + KEPT_SECONDS,
            member=place.member,
        )
        await self._buttons.save([row])
        return f"{self._public_url}/{PATH}/{row.id}"

    async def find(self, secret: str) -> KeptFile | None:
        """The file behind a link, None for a link that is wrong or over."""
        row = await self._buttons.get(secret, self._clock())
        if row is None or row.action != LINK:
            return None
        return await self._vault.get(row.payload, self._clock())
