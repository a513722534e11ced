"""Buttons that survive restarts."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import RowMapping, bindparam, delete, select

from bot.records import StoredButton
from storage.database import Database
from storage.lease import Lease
from storage.rows import Params, changed, fetch, fetch_many, last_by, micros, replacing, seconds
from storage.tables import buttons

_SAVE = replacing(buttons, "id")
_GET = select(buttons).where(buttons.c.id == bindparam("button"), buttons.c.expires_at > bindparam("now"))
_RECENT = (
    select(buttons)
    .where(
        buttons.c.action == bindparam("action"),
        buttons.c.channel == bindparam("channel"),
        buttons.c.expires_at > bindparam("now"),
    )
    .order_by(buttons.c.expires_at.desc())
    .limit(bindparam("most"))
)
_PURGE = delete(buttons).where(buttons.c.expires_at <= bindparam("now"))


class SqlButtons:
    """bot.storing.Buttons over the database."""

    def __init__(self, database: Database, lease: Lease) -> None:
        self._database = database
        self._lease = lease

    async def save(self, buttons: Sequence[StoredButton]) -> None:
        """Keep buttons; one with a known id replaces it."""
        saved: Params = {"saved_at": self._lease.now()}
        rows = last_by([{**_row(button), **saved} for button in buttons], "id")
        if rows:
            await self._database.write(lambda connection: fetch_many(connection, _SAVE, rows))

    async def get(self, button_id: str, now: float) -> StoredButton | None:
        """A button that has not expired."""
        params: Params = {"button": button_id, "now": micros(now)}
        rows = await self._database.read(lambda connection: fetch(connection, _GET, params))
        return _button(rows[0]) if rows else None

    async def recent(self, action: str, channel: str, now: float, limit: int) -> list[StoredButton]:
        """See the port."""
        params: Params = {"action": action, "channel": channel, "now": micros(now), "most": limit}
        rows = await self._database.read(lambda connection: fetch(connection, _RECENT, params))
        return [_button(row) for row in rows]

    async def purge(self, now: float) -> int:
        """Delete what has expired; returns how many."""
        params: Params = {"now": micros(now)}
        return await self._database.write(lambda connection: changed(connection, _PURGE, params))


def _button(row: RowMapping) -> StoredButton:
    return StoredButton(
        id=row["id"],
        action=row["action"],
        payload=row["payload"],
        person=row["person"],
        channel=row["channel"],
        expires_at=seconds(row["expires_at"]),
        member=row["member"],
    )


def _row(button: StoredButton) -> Params:
    return {
        "id": button.id,
        "action": button.action,
        "payload": button.payload,
        "person": button.person,
        "channel": button.channel,
        "expires_at": micros(button.expires_at),
        "member": button.member,
    }
