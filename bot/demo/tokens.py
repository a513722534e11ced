"""Tokens by rule of thumb: about four characters each."""

from __future__ import annotations

CHARS_PER_TOKEN = 4


def count_tokens(text: str) -> int:
    return -(-len(text) // CHARS_PER_TOKEN)


def first_tokens(text: str, tokens: int) -> str:
    """The beginning of the text that holds at most this many tokens."""
    return text[: max(0, tokens) * CHARS_PER_TOKEN]
