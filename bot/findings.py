"""Vocabulary of `gondola doctor`: what a check found, and what mends it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class State(StrEnum):
    """How grave a finding is. BAD keeps something from working, WARN may surprise somebody."""

    OK = "ok"
    WARN = "warn"
    BAD = "bad"


@dataclass(frozen=True, slots=True)
class Finding:
    """What a check found about something, in a sentence, and how to mend it ("" for nothing to mend)."""

    state: State
    about: str
    sentence: str
    mend: str = ""


@dataclass(frozen=True, slots=True)
class Checkup:
    """Findings about a server elsewhere. `ahead` is by how many seconds this machine's clock is ahead of that
    server's, None where it did not say."""

    findings: tuple[Finding, ...]
    ahead: float | None = None


def ok(about: str, sentence: str) -> Finding:
    """All is well."""
    return Finding(State.OK, about, sentence)


def warn(about: str, sentence: str, mend: str) -> Finding:
    """Works, but may surprise somebody."""
    return Finding(State.WARN, about, sentence, mend)


def bad(about: str, sentence: str, mend: str) -> Finding:
    """Does not work."""
    return Finding(State.BAD, about, sentence, mend)
