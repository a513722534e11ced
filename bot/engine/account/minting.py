"""Venice keys made for servers, on the house's account: made, exchanged, deleted."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, replace

import structlog

from bot.engine.account.book import AccountBook
from bot.engine.money.keybook import KeyBook
from bot.errors import GondolaError, UserError, VeniceError, VeniceFailure
from bot.keys import KeyOrigin, ServerKey
from bot.ports import Clock
from bot.venice import ApiKey, KeyChange, KeyOrder, NewApiKey
from bot.venice.account_bodies import DESCRIPTION_LIMIT
from bot.venice.account_types import LimitPeriod, ModelPrivacy

log: structlog.stdlib.BoundLogger = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Terms:
    """What a key may spend (micro-USD or micro-DIEM a period) and which models it may call."""

    limit_usd: int | None
    limit_diem: int | None
    period: LimitPeriod
    privacy: ModelPrivacy


class Mint:
    """Every method raises VeniceError, and FORBIDDEN where there is no admin key."""

    def __init__(self, account: AccountBook, keys: KeyBook, clock: Clock) -> None:
        self._account = account
        self._keys = keys
        self._clock = clock

    async def mint(self, server: str, title: str, terms: Terms, by: str) -> ServerKey:
        """Make a key for a server that has none."""
        if self._keys.of(server) is not None:
            raise UserError(
                "This server has a key. Exchange it with `/key rotate`, or `/key revoke` it first."
            )
        return await self._made(server, title, terms, by)

    async def rotate(self, key: ServerKey, title: str, terms: Terms, by: str) -> tuple[ServerKey, bool]:
        """A new key in the place of one made before, then the old one is deleted; False where Venice did
        not delete it."""
        made = await self._made(key.server, title, terms, by)
        return made, await self.delete(key)

    async def change(self, key: ServerKey, terms: Terms, by: str) -> ServerKey:
        """Other terms for a key made before, which stays the same. What it may spend in one currency takes
        the place of what it might in the other."""
        change = KeyChange(
            key.venice_id,
            limit_usd=terms.limit_usd,
            limit_diem=terms.limit_diem,
            one_limit=True,
            period=terms.period,
            privacy=terms.privacy,
        )
        with self._account.rights() as account:
            await account.update_key(change)
        changed = replace(
            key,
            limit_usd=terms.limit_usd,
            limit_diem=terms.limit_diem,
            period=terms.period,
            privacy=terms.privacy,
            set_by=by,
            set_at=self._clock(),
        )
        await self._keys.amend(changed)
        return changed

    async def revoke(self, key: ServerKey, by: str) -> bool:
        """Take a key from its server, as a person (keyed hash) wants it; one made here is deleted at
        Venice, and stays with its server where Venice cannot be reached. False when there was none."""
        if key.origin is KeyOrigin.MINTED and not await self.delete(key):
            raise UserError("Venice did not delete the key, so I left everything as it was. Try again later.")
        return await self._keys.remove(key.server, by)

    async def delete(self, key: ServerKey) -> bool:
        """Delete a key at Venice, where it was made here; False where that failed."""
        try:
            await self.delete_there(key)
        except VeniceError:
            return False
        return True

    async def delete_there(self, key: ServerKey) -> None:
        """The same, raising VeniceError where it failed."""
        if key.origin is not KeyOrigin.MINTED:
            return
        try:
            with self._account.rights() as account:
                if not await account.delete_key(key.venice_id):
                    raise VeniceError(VeniceFailure.BAD_ANSWER, detail="a key was not deleted")
        except VeniceError as error:
            if error.failure is VeniceFailure.NOT_FOUND:
                return
            log.warning("key.undeleted", server=key.server, key=key.name, reason=error.detail)
            raise

    async def seen(self, key: ServerKey) -> ApiKey | None:
        """What Venice says of a key made here, with what it has spent; None when it does not say."""
        if key.origin is not KeyOrigin.MINTED:
            return None
        try:
            with self._account.rights() as account:
                return await account.key(key.venice_id)
        except VeniceError as error:
            log.info("key.unseen", server=key.server, key=key.name, reason=error.detail)
            return None

    async def _made(self, server: str, title: str, terms: Terms, by: str) -> ServerKey:
        key_id = secrets.token_hex(6)
        made = await self._ordered(label_of(key_id), title, terms)
        key = ServerKey(
            server=server,
            id=key_id,
            origin=KeyOrigin.MINTED,
            sealed="",
            last4=made.secret.get_secret_value()[-4:],
            venice_id=made.id,
            limit_usd=terms.limit_usd,
            limit_diem=terms.limit_diem,
            period=terms.period,
            privacy=terms.privacy,
            set_by=by,
            set_at=self._clock(),
        )
        try:
            return await self._keys.put(key, made.secret, audited=True)
        except GondolaError:
            await self.delete(key)  # nobody will ever know its secret
            raise

    async def _ordered(self, label: str, title: str, terms: Terms) -> NewApiKey:
        order = KeyOrder(
            description=f"{label} {title}".strip()[:DESCRIPTION_LIMIT],
            limit_usd=terms.limit_usd,
            limit_diem=terms.limit_diem,
            period=terms.period,
            privacy=terms.privacy,
        )
        try:
            with self._account.rights() as account:
                return await account.create_key(order)
        except VeniceError as error:
            if error.status is None:
                await self._undo(label)
            raise

    async def _undo(self, label: str) -> None:
        """The answer was lost: if a key was made, nobody knows its secret, and it goes."""
        try:
            with self._account.rights() as account:
                for key in await account.keys():
                    if key.description.startswith(label):
                        await account.delete_key(key.id)
        except VeniceError as error:
            log.warning("key.perhaps_made", label=label, reason=error.detail)


def label_of(key_id: str) -> str:
    """How the description of a key of that id begins at Venice."""
    return f"gondola {key_id}"
