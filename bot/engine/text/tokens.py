"""How many tokens a text has, without anybody's tokenizer: a guess per script, corrected per model by what
Venice really counted."""

from __future__ import annotations

import re
from collections.abc import Iterable

PER_MESSAGE = 4
"""Tokens a message costs beside its text."""
_LEARNING = 0.2
_LEAST, _MOST = 0.4, 3.0
_TOO_SHORT = 50
"""Counts below this say more about the frame than about the text."""

# Characters per token: alphabets that tokenizers know well, other alphabets, and signs that are words.
_ASCII = 4.0
_ALPHABET = 2.2
_SIGN = 0.9
_SIGNS = re.compile(
    "[\u1100-\u11ff\u2e80-\u9fff\uac00-\ud7ff\uf900-\ufaff\uff00-\uffef\U00010000-\U0010ffff]"
)
_NOT_ASCII = re.compile(r"[^\x00-\x7f]")


def raw_tokens(text: str) -> float:
    """The guess before any correction."""
    if text.isascii():
        return len(text) / _ASCII
    signs = len(_SIGNS.findall(text))
    others = len(_NOT_ASCII.findall(text)) - signs
    return (len(text) - signs - others) / _ASCII + others / _ALPHABET + signs / _SIGN


class TokenGauge:
    """Estimates, one correction per model. `learn` moves it towards what was counted."""

    def __init__(self) -> None:
        self._factors: dict[str, float] = {}

    def factor(self, model: str) -> float:
        """What the raw guess is multiplied by."""
        return self._factors.get(model, 1.0)

    def message(self, model: str, text: str) -> int:
        """Tokens of one message, rounded up."""
        return int(raw_tokens(text) * self.factor(model)) + 1 + PER_MESSAGE

    def prompt(self, model: str, texts: Iterable[str]) -> int:
        """Tokens of several messages."""
        return sum(self.message(model, text) for text in texts)

    def learn(self, model: str, texts: Iterable[str], counted: int) -> None:
        """Venice counted this many tokens for a prompt of these messages and nothing else."""
        said = list(texts)
        raw = sum(map(raw_tokens, said))
        real = counted - PER_MESSAGE * len(said)
        if raw < _TOO_SHORT or real <= 0:
            return
        seen = min(_MOST, max(_LEAST, real / raw))
        before = self._factors.get(model)
        self._factors[model] = seen if before is None else before + _LEARNING * (seen - before)
