"""Where the requests we send knowingly differ from the published specification, each with its fact.

An entry that no request needs any more fails a test, so the list cannot rot.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Deviation:
    """`operation` is "POST /path"; `words` must all occur in the validator's complaint."""

    operation: str
    words: tuple[str, ...]
    fact: str

    def excuses(self, operation: str, complaint: str) -> bool:
        """Whether this entry explains the complaint."""
        return operation == self.operation and all(word in complaint for word in self.words)


REQUEST_DEVIATIONS: tuple[Deviation, ...] = (
    Deviation(
        "POST /audio/transcriptions",
        ("timestamps", "'true' is not of type 'boolean'"),
        "A form field is text: the specification says boolean, Venice reads the words true and false.",
    ),
)
