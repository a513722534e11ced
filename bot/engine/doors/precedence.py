"""Whose rule of the door decides. Written down for people in docs/guide.md."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

Rules = Mapping[str, bool]
"""What is allowed (True) or blocked (False), by subject."""


@dataclass(frozen=True, slots=True)
class Subjects:
    """What rules may be about one event. Each is "" where there is none; `roles` has the highest first."""

    person: str
    thread: str = ""
    channel: str = ""
    category: str = ""
    roles: tuple[str, ...] = ()
    server: str = ""

    def narrowest_first(self) -> Iterator[str]:
        """The order in which rules are looked for. A person or a role is as wide as the server it is in."""
        for subject in (self.thread, self.channel, self.category, self.person, *self.roles, self.server):
            if subject:
                yield subject


def ruling(rules: Rules, subjects: Subjects) -> bool | None:
    """What one set of rules says: a block of the person whatever else, then the narrowest rule there is.
    None where no rule is about this."""
    if rules.get(subjects.person) is False:
        return False
    return next((rules[one] for one in subjects.narrowest_first() if one in rules), None)


def may_enter(owners: Rules, admins: Rules, subjects: Subjects, *, is_open: bool, admins_open: bool) -> bool:
    """Whether somebody may come in. `owners` are the rules of the bot's owners, `admins` those of the server.

    What an owner blocks stays shut. What no owner lets in (by rule, or because the house `is_open`) its
    admins can only let in where the owner leaves that to them (`admins_open`). Within what is let in, they
    may shut out.
    """
    from_owners = ruling(owners, subjects)
    if from_owners is False:
        return False
    from_admins = ruling(admins, subjects)
    if from_owners or is_open:
        return from_admins is not False
    return admins_open and from_admins is True
