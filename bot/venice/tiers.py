"""Who may see what is sent to a model."""

from __future__ import annotations

from enum import IntEnum


class Tier(IntEnum):
    """How well a model keeps what it is sent, the least first.

    ANONYMIZED: a provider outside Venice runs it, sees the words and may keep them, but not who asks.
    PRIVATE: nothing is kept, by contract. TEE: it runs in an attested enclave that its host cannot look into.
    """

    ANONYMIZED = 0
    PRIVATE = 1
    TEE = 2

    @property
    def word(self) -> str:
        """The tier in a word."""
        return _WORDS[self][0]

    @property
    def meaning(self) -> str:
        """The tier with what it means."""
        return _WORDS[self][1]


_WORDS = {
    Tier.ANONYMIZED: ("anonymised", "anonymised (the provider sees the words)"),
    Tier.PRIVATE: ("private", "private (nothing is kept)"),
    Tier.TEE: ("TEE", "TEE (private, in an enclave that even its host cannot look into)"),
}
