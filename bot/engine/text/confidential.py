"""Texts that hold a secret: keys, tokens, passwords, card and account numbers. None is kept for good."""

from __future__ import annotations

import re

_CARD = re.compile(r"(?<![\d.,])\d(?:[ -]?\d){12,18}(?!\d|[.,]\d)")
_IBAN = re.compile(r"\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){3,7}(?: ?[A-Z0-9]{1,3})?\b")
_PREFIXED = re.compile(
    r"\b(?:sk|pk|rk|ghp|gho|ghs|github_pat|xox[abpr]|glpat|AKIA|ASIA|AIza|ya29|eyJ|VENICE_\w+_KEY)[-_]?[\w.-]{8,}"
)
_BOT_TOKEN = re.compile(r"\b\d{6,12}:[\w-]{20,}")
_BLOCK = re.compile(r"-----BEGIN |\bseed phrase\b", re.I)
_NAMED = re.compile(
    r"\b(?:passwor[dt]|passwort|passphrase|kennwort|mot de passe|contraseñ?a|api[ _-]?key|secret key|"
    r"pin(?: code)?|cvv|cvc|2fa code|otp)\b\W{0,3}(?:is|ist|=|:|est|es|lautet)\W{0,3}\S",
    re.I,
)
_LONG = re.compile(r"(?<![\w/.])[\w+/=-]{24,}(?![\w/.])")


def looks_secret(text: str) -> bool:
    """Whether a text seems to hold a secret; in doubt it does."""
    patterns = (_IBAN, _PREFIXED, _BOT_TOKEN, _BLOCK, _NAMED)
    return (
        any(pattern.search(text) for pattern in patterns)
        or any(_is_card(found[0]) for found in _CARD.finditer(text))
        or any(_is_random(found[0]) for found in _LONG.finditer(text))
    )


def _is_card(text: str) -> bool:
    """The check digit of card numbers (Luhn)."""
    digits = [int(char) for char in text if char.isdigit()]
    doubled = [2 * digit - 9 * (digit > 4) for digit in digits[-2::-2]]
    return (sum(digits[::-2]) + sum(doubled)) % 10 == 0


def _is_random(word: str) -> bool:
    """Long words of people have no digits between their letters; keys do."""
    letters, digits = sum(map(str.isalpha, word)), sum(map(str.isdigit, word))
    return digits >= 3 and letters >= 3
