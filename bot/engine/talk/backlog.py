"""What was said in a place since somebody's last message, from wherever this may be known."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import structlog

from bot.backlog import ReadsBack, Said
from bot.engine.groups.overheard import Overheard
from bot.engine.turns.turn import Turn
from bot.errors import PlatformError
from bot.messages import Person, Place
from bot.ports import Door
from bot.records import HistoryItem, Role
from bot.storing import Memory

log: structlog.stdlib.BoundLogger = structlog.get_logger()

Silenced = Callable[[Place, Person], bool]
MOST = 400
"""Messages that are looked at; where more were said, the newest."""
READ_BACK = "catchup"
"""The setting that lets the bot read what was not said to it."""
_ME = Person("", "", "Gondola", is_bot=True)


@dataclass(frozen=True, slots=True)
class Missed:
    """`lines` are newer than the asker's own `last` message, None where none of theirs is among the MOST
    newest. `whole` says that everything said there was read, not only what was said with the bot; `barred`
    that the platform would not let the bot read it."""

    lines: tuple[Said, ...]
    last: Said | None
    whole: bool
    barred: bool = False


class Backlog:
    """Reads from the platform where the place allows it, else from memory."""

    def __init__(
        self, doors: Mapping[str, Door], memory: Memory, overheard: Overheard, silenced: Silenced
    ) -> None:
        """`silenced` says whose lines are not read in a place."""
        self._silenced = silenced
        self._doors = doors
        self._memory = memory
        self._overheard = overheard

    async def missed(self, turn: Turn) -> Missed:
        """What was said since the asker's last message, oldest first, without this very question."""
        wanted = turn.settings.flag(READ_BACK)
        read = await self._read(turn) if wanted else None
        said = read if read is not None else await self._remembered(turn)
        place = turn.incoming.place
        lines = [
            one
            for one in said
            if one.text.strip()
            and one.message_id not in turn.question_ids
            and not self._silenced(place, one.author)
        ]
        own = [index for index, one in enumerate(lines) if one.author.key == turn.incoming.author.key]
        newer = lines[own[-1] + 1 :] if own else lines
        last = lines[own[-1]] if own else None
        return Missed(tuple(newer), last, read is not None, barred=wanted and read is None)

    async def _read(self, turn: Turn) -> Sequence[Said] | None:
        door = self._doors.get(turn.incoming.place.platform)
        if not isinstance(door, ReadsBack):
            return None
        try:
            return await door.read_back(turn.incoming.place, turn.incoming.author, MOST)
        except PlatformError as error:
            log.info("backlog.unread", reason=error.detail)
            return None

    async def _remembered(self, turn: Turn) -> list[Said]:
        place = turn.incoming.place
        items = await self._memory.recent(place.conversation, MOST)
        heard = self._overheard.said(place.room, int(turn.settings.number("overhear") or 0))
        return sorted([*map(_said, items), *heard], key=lambda one: one.at)


def _said(item: HistoryItem) -> Said:
    message = item.message_ids[0] if item.message_ids else ""
    if item.role is Role.BOT:
        return Said(_ME, item.text, item.at, message, mine=True)
    platform, _, number = item.speaker.partition(":")
    return Said(Person(platform, number, item.speaker_name), item.text, item.at, message)
