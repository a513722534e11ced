"""Strangers ask to be let in: they get a code, an owner decides, and they are told once.

Kept of a stranger are keyed hashes (of the person and of the code) and, sealed, where to tell them; nothing
of what they wrote.
"""

from __future__ import annotations

import hmac
import secrets
from datetime import UTC, datetime

import structlog
from pydantic import SecretStr

from bot.auditing import AuditLog, Change, ChangeKind
from bot.delivery import Delivery
from bot.engine.doors.access import Doorkeeper
from bot.engine.doors.hashing import Hasher
from bot.engine.turns.directs import Directs
from bot.engine.turns.texts import let_in
from bot.errors import GondolaError, OperatorError
from bot.messages import Done, Incoming, Notice, Place, Target
from bot.pairing import Pairing, Pairings, PairingState
from bot.ports import Clock
from bot.sealing import Sealer

log: structlog.stdlib.BoundLogger = structlog.get_logger()

GOOD_FOR = 3600.0
"""Seconds a code can be used."""
MOST_OPEN = 50
MOST_EACH = 3
DAY = 86_400.0
LETTERS = "BCDFGHJKLMNPQRSTVWXZ"
"""Without vowels no code is a word, and without digits none is anybody's id."""
SIGNS = 8


class PairingDesk:
    """Gives codes to strangers and carries out what owners decide."""

    def __init__(
        self,
        pairings: Pairings,
        audit: AuditLog,
        doorkeeper: Doorkeeper,
        directs: Directs,
        delivery: Delivery,
        sealer: Sealer,
        hasher: Hasher,
        clock: Clock,
    ) -> None:
        self._pairings = pairings
        self._audit = audit
        self._doorkeeper = doorkeeper
        self._directs = directs
        self._delivery = delivery
        self._sealer = sealer
        self._hasher = hasher
        self._clock = clock

    async def invite(self, incoming: Incoming) -> str:
        """A code for who was told that the house is closed; "" where they get none: too many wait, they asked
        often enough today or were refused, they may not ask for this place, or it could not be kept."""
        subject = self._doorkeeper.asks_for(incoming) if self._doorkeeper.pairs() else ""
        if not subject or not self._doorkeeper.owners:
            return ""
        code = "".join(secrets.choice(LETTERS) for _ in range(SIGNS))
        now, pairing_id = self._clock(), secrets.token_hex(8)
        pairing = Pairing(
            id=pairing_id,
            platform=incoming.place.platform,
            person=self._hasher.person(incoming.author),
            subject=subject,
            code=self._hashed(code),
            hint=code[-2:],
            sealed=self._sealer.seal(SecretStr(incoming.place.room), _scope(pairing_id)),
            asked_at=now,
            expires_at=now + GOOD_FOR,
        )
        try:
            if not await self._pairings.ask(pairing, most=MOST_OPEN, each=MOST_EACH, since=now - DAY):
                return ""
            await self._tell_owners(pairing)
        except GondolaError as error:
            log.warning("pairing.failed", reason=error.detail)
            return ""
        return f"{code[:4]}-{code[4:]}"

    async def waiting(self) -> list[Pairing]:
        """Who waits for a decision, the oldest first."""
        return await self._pairings.open(self._clock())

    async def of_code(self, code: str) -> Pairing | None:
        """The open one with that code."""
        hashed = self._hashed(plain_code(code))
        found = None
        for one in await self.waiting():
            if hmac.compare_digest(one.code, hashed):
                found = one
        return found

    async def decide(self, pairing_id: str, *, allowed: bool, by: str) -> Pairing | None:
        """Carry out an owner's decision; None where somebody was faster or it is too old."""
        now = self._clock()
        state = PairingState.ALLOWED if allowed else PairingState.REFUSED
        pairing = await self._pairings.decide(pairing_id, state, now)
        if pairing is None:
            return None
        server = pairing.subject if pairing.subject.startswith("server:") else ""
        if not allowed:
            change = Change(now, by, ChangeKind.ACCESS, pairing.subject, server, "pairing", "", "refused")
            await self._audit.add(change)
            return pairing
        await self._doorkeeper.put_rule(pairing.subject, True, by=by, at=now, server=server)
        await self._tell(pairing)
        return pairing

    async def _tell(self, pairing: Pairing) -> None:
        """Say once, where they asked, that the door is open."""
        try:
            room = self._sealer.open(pairing.sealed, _scope(pairing.id)).get_secret_value()
        except OperatorError as error:
            log.warning("pairing.untold", reason=error.reader_text)
            return
        answer = self._delivery.open(Target(Place.of_conversation(room)), f"paired-{pairing.id}")
        answer.push(Notice(let_in(server=pairing.subject.startswith("server:"))))
        answer.push(Done())
        delivered = await answer.finish()
        if delivered.failure is not None:
            log.info("pairing.untold", reason=delivered.failure.detail)

    async def _tell_owners(self, pairing: Pairing) -> None:
        """At most once an hour, so that a crowd of strangers is no flood of notes."""
        name = self._delivery.capabilities(pairing.platform).display_name
        hour = datetime.fromtimestamp(pairing.asked_at, UTC).strftime("%Y-%m-%dT%H")
        await self._directs.tell_owners(
            "pairing",
            f"Somebody on {name} asks to be let in, with a code ending in **{pairing.hint}**. `/pairings` "
            "shows who waits; `/allow CODE` lets in whoever told you the code.",
            stage=hour,
        )

    def _hashed(self, code: str) -> str:
        return self._hasher.text(f"pairing code {code}")


def plain_code(text: str) -> str:
    """A code as typed, without what people put into it; "" for anything else."""
    signs = text.strip().upper().replace("-", "").replace(" ", "")
    return signs if len(signs) == SIGNS and all(sign in LETTERS for sign in signs) else ""


def _scope(pairing_id: str) -> str:
    return f"pairing|{pairing_id}"
