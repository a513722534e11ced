"""Prompt caching: how much of a prompt was seen before under the same cache key."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence

MIN_CACHED_TOKENS = 1024
CACHE_STEP_TOKENS = 64
MAX_KEYS = 1000


class PrefixMemory:
    """Remembers the last prompt of each key, message by message; only an equal beginning counts."""

    def __init__(self) -> None:
        self._seen: OrderedDict[str, Sequence[tuple[str, int]]] = OrderedDict()

    def cached_tokens(self, key: str, prompt: Sequence[tuple[str, int]]) -> int:
        """Tokens of the beginning that equals the last prompt of `key`; 0 below the minimum length.

        `prompt` holds each message as exact text and its tokens. The prompt is remembered for next time.
        """
        before = self._seen.pop(key, ())
        self._seen[key] = prompt
        if len(self._seen) > MAX_KEYS:
            self._seen.popitem(last=False)
        equal = 0
        for (old, _), (new, tokens) in zip(before, prompt, strict=False):
            if old != new:
                break
            equal += tokens
        return 0 if equal < MIN_CACHED_TOKENS else equal // CACHE_STEP_TOKENS * CACHE_STEP_TOKENS
