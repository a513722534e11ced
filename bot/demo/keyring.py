"""The keys of the demo's account. Any key opens the demo unless it was told which; those made here can also
be limited, deleted, and expire."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from datetime import UTC, datetime
from secrets import token_urlsafe

from bot.demo.jsonvalue import Json
from bot.demo.ledger import stamp

ADMIN_PREFIX = "VENICE_ADMIN_KEY_"
PREFIXES = {"ADMIN": ADMIN_PREFIX, "INFERENCE": "VENICE_INFERENCE_KEY_"}
SPACE = uuid.UUID("0c9f2b80-52d1-4c32-9d29-7f0d8b8b9b11")


def key_id_of(secret: str) -> str:
    """The id of a key the demo has not made: always the same for the same key."""
    return str(uuid.uuid5(SPACE, secret))


def is_admin(secret: str) -> bool:
    return secret.startswith(ADMIN_PREFIX)


@dataclass(slots=True)
class Key:
    """A key made here. Its limit is in US dollars; `expires` is a day or moment as it was given."""

    kind: str
    description: str
    secret: str
    limit: dict[str, Json] = field(default_factory=dict[str, Json])
    period: str = "EPOCH"
    privacy: str = "ALL"
    expires: str = ""
    id: str = field(default_factory=lambda: str(uuid.uuid4()))
    created: datetime = field(default_factory=lambda: datetime.now(UTC))
    used: datetime | None = None

    @property
    def expired(self) -> bool:
        if not self.expires:
            return False
        moment = datetime.fromisoformat(self.expires.replace("Z", "+00:00"))
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)) <= datetime.now(UTC)

    def limits(self) -> dict[str, Json]:
        return {"usd": self.limit.get("usd"), "diem": self.limit.get("diem")}

    def row(self) -> dict[str, Json]:
        """The key without its secret."""
        return {
            "id": self.id,
            "apiKeyType": self.kind,
            "description": self.description,
            "last6Chars": self.secret[-6:],
            "consumptionLimits": self.limits(),
            "limitPeriod": self.period,
            "modelPrivacy": self.privacy,
            "createdAt": stamp(self.created),
            "expiresAt": self.expires or None,
            "lastUsedAt": None if self.used is None else stamp(self.used),
        }


class KeyRing:
    """Every key made here."""

    def __init__(self) -> None:
        self._keys: dict[str, Key] = {}
        self._deleted: set[str] = set()

    def make(self, kind: str, description: str) -> Key:
        key = Key(kind, description, f"{PREFIXES[kind]}{token_urlsafe(32)}")
        self._keys[key.id] = key
        return key

    def all(self) -> list[Key]:
        return list(self._keys.values())

    def get(self, key_id: str) -> Key | None:
        return self._keys.get(key_id)

    def by_secret(self, secret: str) -> Key | None:
        return next((key for key in self._keys.values() if key.secret == secret), None)

    def delete(self, key_id: str) -> bool:
        key = self._keys.pop(key_id, None)
        if key is not None:
            self._deleted.add(key.secret)
        return key is not None

    def dead(self, secret: str) -> bool:
        """Whether the key was made here and no longer opens anything."""
        key = self.by_secret(secret)
        return secret in self._deleted or (key is not None and key.expired)
