"""How a kept picture was made, so that it can be made again, named in a list and gone on with."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

TITLE = 60


class Making(StrEnum):
    """What was done."""

    DRAWN = "drawn"
    EDITED = "edited"
    ENLARGED = "enlarged"
    CUT_OUT = "cut_out"
    SENT = "sent"


@dataclass(frozen=True, slots=True)
class Recipe:
    """`words` are the prompt; `options` those of the command that makes it; `sources` the ids of the kept
    pictures it was made from, the base first."""

    making: Making
    words: str = ""
    options: Mapping[str, str | int] = field(default_factory=dict[str, str | int])
    sources: tuple[str, ...] = ()

    @property
    def repeatable(self) -> bool:
        """Whether doing it again gives something else."""
        return self.making in (Making.DRAWN, Making.EDITED)

    @property
    def title(self) -> str:
        """A few words for a list, without any that would format it."""
        line = " ".join("".join(sign for sign in self.words if sign not in "*_`[]<>|~\\#").split())
        short = line if len(line) <= TITLE else f"{line[: TITLE - 1].rstrip()}…"
        match self.making:
            case Making.DRAWN:
                return f"drawn: {short}"
            case Making.EDITED:
                return f"edited: {short}" if short else f"restyled: {self.options.get('style', '')}"
            case Making.ENLARGED:
                return f"{self.options.get('scale', 2)}× larger"
            case Making.CUT_OUT:
                return "cut out"
            case Making.SENT:
                return "your picture"

    def note(self) -> str:
        """As it is kept."""
        return json.dumps(
            {
                "making": self.making.value,
                "words": self.words,
                "options": dict(self.options),
                "sources": list(self.sources),
            }
        )


def read_note(note: str) -> Recipe:
    """A recipe from what is kept. A file of somebody else's, such as a film, is read as sent."""
    try:
        fields = json.loads(note)
        making = Making(fields["making"])
    except (ValueError, KeyError, TypeError):
        return Recipe(Making.SENT)
    return Recipe(making, fields["words"], fields["options"], tuple(fields["sources"]))
