"""The ledger's filter, from the address and back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from urllib.parse import urlencode

from bot.declarations import Medium
from bot.errors import UserError
from bot.overseeing import LedgerFilter

BAD_DATE = "`{}` is no date. Write it as year-month-day, for example 2026-11-28."
_LONGEST = 200
_TEXTS = ("since", "until", "server", "channel", "person", "medium", "model", "uncertain")


@dataclass(frozen=True, slots=True)
class Asked:
    """What the form holds, as text, every field there."""

    fields: Mapping[str, str]

    @classmethod
    def of(cls, query: Mapping[str, str]) -> Asked:
        return cls({name: query.get(name, "").strip()[:_LONGEST] for name in _TEXTS})

    @property
    def narrowed(self) -> bool:
        return any(self.fields.values())

    @property
    def query(self) -> str:
        """The address's part after "?", with a trailing "&" where there is any."""
        given = urlencode({name: value for name, value in self.fields.items() if value})
        return f"{given}&" if given else ""

    def wanted(self) -> LedgerFilter:
        """Raises UserError for what is no date."""
        fields = self.fields
        return LedgerFilter(
            since=_midnight(fields["since"]),
            until=_midnight(fields["until"], days=1),
            server=fields["server"],
            channel=fields["channel"],
            person=fields["person"].removeprefix("person:"),
            medium=fields["medium"] if fields["medium"] in list(Medium) else "",
            model=fields["model"],
            uncertain={"yes": True, "no": False}.get(fields["uncertain"]),
        )


def _midnight(text: str, days: int = 0) -> float | None:
    """The start of a day (UTC), so many days later; None for no date."""
    if not text:
        return None
    try:
        day = date.fromisoformat(text) + timedelta(days=days)
    except (ValueError, OverflowError) as error:
        raise UserError(BAD_DATE.format(text[:20])) from error
    return datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp()
