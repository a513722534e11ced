"""Links between accounts, and erasures to be carried out."""

from __future__ import annotations

from sqlalchemy import bindparam, delete, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.auditing import Change
from bot.people import Dossier, Erasure, Hide, Link, LinkOffer, Whose
from storage import dossier, erasing, linking
from storage.audit import note
from storage.database import Database
from storage.erasing import NOBODY
from storage.lease import Lease
from storage.rows import (
    Params,
    changed,
    fetch,
    fetch_many,
    from_json,
    ids,
    micros,
    replacing,
    seconds,
    to_json,
    upsert,
)
from storage.tables import erasures, link_codes, links

_LINKS = select(links).order_by(links.c.person)
_OF = select(links).where(links.c.canonical == bindparam("canonical_"))
_FORGET_OFFERS = delete(link_codes).where(
    or_(link_codes.c.person == bindparam("who"), link_codes.c.expires_at <= bindparam("now"))
)
_OFFER = replacing(link_codes, "code")
_REDEEM = (
    delete(link_codes)
    .where(link_codes.c.code == bindparam("given"), link_codes.c.expires_at > bindparam("now"))
    .returning(*link_codes.c)
)
_ERASED = erasures.c.speakers == NOBODY
_request = upsert(erasures)
# Asked again while only the file is left to clean: what was said since goes, too.
_REQUEST = _request.on_conflict_do_update(
    index_elements=[erasures.c.person],
    set_={
        name: _request.excluded[name]
        for name in ("persons", "speakers", "conversation", "requested_at", "instance", "lease_until")
    },
    where=_ERASED,
).returning(erasures.c.person)
_CLAIM = (
    update(erasures)
    .where(
        or_(
            erasures.c.lease_until.is_(None),
            erasures.c.lease_until <= bindparam("now"),
            erasures.c.instance == bindparam("me"),
        )
    )
    .values(instance=bindparam("me"), lease_until=bindparam("until"))
    .returning(*erasures.c)
)
_FINISH = delete(erasures).where(erasures.c.person == bindparam("who"), _ERASED)
_BEING_ERASED = select(erasures.c.person).where(erasures.c.person.in_(ids), ~_ERASED)


class SqlPeople:
    """bot.people.People over the database."""

    def __init__(self, database: Database, lease: Lease) -> None:
        self._database = database
        self._lease = lease

    async def links(self) -> list[Link]:
        """Every linked account."""
        rows = await self._database.read(lambda connection: fetch(connection, _LINKS))
        return [Link(row["person"], row["canonical"], row["speaker"]) for row in rows]

    async def offer(self, offer: LinkOffer) -> None:
        """See the port."""
        row: Params = {
            "code": offer.code,
            "person": offer.person,
            "speaker": offer.speaker,
            "expires_at": micros(offer.expires_at),
        }
        old: Params = {"who": offer.person, "now": self._lease.now()}

        async def work(connection: AsyncConnection) -> None:
            await changed(connection, _FORGET_OFFERS, old)
            await fetch_many(connection, _OFFER, [row])

        await self._database.write(work)

    async def redeem(self, code: str, now: float) -> LinkOffer | None:
        """See the port."""
        params: Params = {"given": code, "now": micros(now)}
        rows = await self._database.write(lambda connection: fetch(connection, _REDEEM, params))
        return next(
            (
                LinkOffer(row["code"], row["person"], row["speaker"], seconds(row["expires_at"]))
                for row in rows
            ),
            None,
        )

    async def link(self, first: Link, second: Link, change: Change) -> bool:
        """See the port."""

        async def work(connection: AsyncConnection) -> bool:
            if await fetch(connection, _BEING_ERASED, {"ids": [first.canonical, second.canonical]}):
                return False
            await linking.join(connection, first, second)
            await note(connection, change)
            return True

        return await self._database.write(work)

    async def unlink(self, canonical: str, change: Change) -> int:
        """See the port."""

        async def work(connection: AsyncConnection) -> int:
            members = await fetch(connection, _OF, {"canonical_": canonical})
            await linking.separate(connection, canonical, [row["person"] for row in members])
            await note(connection, change if members else None)
            return len(members)

        return await self._database.write(work)

    async def whose(self, person: str) -> Whose:
        """See the port."""
        rows = await self._database.read(lambda connection: fetch(connection, _OF, {"canonical_": person}))
        return Whose(
            frozenset({person, *(row["person"] for row in rows)}),
            frozenset(row["speaker"] for row in rows),
        )

    async def dossier(self, whose: Whose) -> Dossier:
        """See the port."""
        return await self._database.read(lambda connection: dossier.compile_(connection, whose))

    async def request(self, erasure: Erasure) -> None:
        """See the port."""
        row: Params = {
            "person": erasure.person,
            "persons": to_json(sorted(erasure.whose.persons)),
            "speakers": to_json(sorted(erasure.whose.speakers)),
            "conversation": erasure.conversation,
            "requested_at": micros(erasure.asked_at),
            "instance": "",
            "lease_until": None,
        }
        await self._database.write(lambda connection: fetch_many(connection, _REQUEST, [row]))

    async def claim(self) -> list[Erasure]:
        """See the port. What is this process's own already is given out again."""
        params: Params = {
            "now": self._lease.now(),
            "me": self._lease.instance,
            "until": self._lease.until(),
        }
        rows = await self._database.write(lambda connection: fetch(connection, _CLAIM, params))
        return [
            Erasure(
                row["person"],
                Whose(frozenset(from_json(row["persons"])), frozenset(from_json(row["speakers"]))),
                row["conversation"],
                seconds(row["requested_at"]),
            )
            for row in rows
        ]

    async def erase(self, erasure: Erasure, hide: Hide, change: Change) -> None:
        """See the port."""

        async def work(connection: AsyncConnection) -> None:
            await erasing.erase(connection, erasure, hide, self._lease.clock())
            await note(connection, change)

        await self._database.write(work)

    async def clean(self) -> bool:
        """See the port."""
        return await self._database.clean()

    async def finish(self, person: str) -> None:
        """See the port."""
        await self._database.write(lambda connection: changed(connection, _FINISH, {"who": person}))

    async def hide_directs(self, hide: Hide) -> None:
        """See the port."""
        await self._database.write(lambda connection: erasing.hide_directs(connection, hide))
