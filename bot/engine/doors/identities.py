"""Who is the same person on several platforms: accounts that were linked go by one hash."""

from __future__ import annotations

from collections.abc import Iterable

from bot.engine.doors.hashing import Hasher
from bot.messages import Person
from bot.people import Link, People, Whose


class Identities(Hasher):
    """Names people like `Hasher`, all accounts of one person alike. In memory; read anew after changes."""

    def __init__(self, key: bytes, people: People) -> None:
        super().__init__(key)
        self._people = people
        self._links: dict[str, Link] = {}
        self._scopes: dict[str, str] = {}

    async def load(self) -> None:
        """Read everything anew."""
        links = await self._people.links()
        self._links = {link.person: link for link in links}
        self._scopes = dict(self._aliases(links))

    def person(self, person: Person) -> str:
        """The hash that all accounts of this person go by."""
        return self.canonical(self.account(person))

    def canonical(self, person: str) -> str:
        """The same for the hash of an account."""
        link = self._links.get(person)
        return link.canonical if link is not None else person

    def scope(self, key: str) -> str:
        """The settings scope in the place of a person's: that of their first account."""
        return self._scopes.get(key, key)

    def linked(self, person: Person) -> bool:
        """Whether an account is linked to others."""
        return self.account(person) in self._links

    def accounts(self, canonical: str) -> list[str]:
        """The platforms' keys ("platform:id") of somebody's linked accounts."""
        return sorted(link.speaker for link in self._links.values() if link.canonical == canonical)

    async def whose(self, person: Person) -> Whose:
        """Somebody with all their accounts."""
        found = await self._people.whose(self.person(person))
        return Whose(found.persons | {self.account(person)}, found.speakers | {person.key})

    def _aliases(self, links: list[Link]) -> Iterable[tuple[str, str]]:
        first = {link.canonical: link.speaker for link in links if link.person == link.canonical}
        for link in links:
            speaker = first.get(link.canonical, link.speaker)
            yield f"user:{link.speaker}", f"user:{speaker}"
