"""What the tools of one answer may cost: a bound of its own below every cap."""

from __future__ import annotations

from dataclasses import dataclass

from bot.errors import UserError

EMPTY = "That would cost more than tools may spend on one answer here (the setting `tool_budget`)."


class PurseEmpty(UserError):
    """A call would pass the bound. Nothing was spent."""

    default_text = EMPTY


@dataclass(slots=True)
class Purse:
    """`left` is micro-USD, less what is reserved; below zero once something cost more than reserved."""

    left: int

    def take(self, estimate: int) -> None:
        """Set the worst-case price of a call aside; raises PurseEmpty where it does not fit."""
        if estimate > self.left:
            raise PurseEmpty(detail="tool budget reached")
        self.left -= estimate

    def settle(self, estimate: int, cost: int) -> None:
        """A call that was set aside is over, at its real price."""
        self.left += estimate - cost

    def spend(self, cost: int) -> None:
        """Something that is not held back by the purse, but counts."""
        self.left -= cost
