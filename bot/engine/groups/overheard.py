"""What is said around the bot: a few lines per room, in memory only (docs/decisions/0002)."""

from __future__ import annotations

from collections import OrderedDict, deque
from collections.abc import Collection, Sequence

from bot.backlog import Said
from bot.engine.text.speakers import quoted_lines, speaker_label
from bot.messages import Incoming

MOST_LINES = 50
LINE_CHARS = 500
MOST_PLACES = 1000


class Overheard:
    """The newest lines of each room; the place that was silent longest is forgotten first."""

    def __init__(self) -> None:
        self._lines: OrderedDict[str, deque[Said]] = OrderedDict()

    def note(self, incoming: Incoming) -> None:
        """Keep a line that was not meant for the bot."""
        text = incoming.text.strip()[:LINE_CHARS]
        if not text:
            return
        key = incoming.place.room
        lines = self._lines.setdefault(key, deque(maxlen=MOST_LINES))
        self._lines.move_to_end(key)
        lines.append(Said(incoming.author, text, incoming.sent_at, incoming.message_id))
        if len(self._lines) > MOST_PLACES:
            self._lines.popitem(last=False)

    def said(self, room: str, most: int) -> Sequence[Said]:
        """The newest lines, oldest first."""
        return tuple(self._lines.get(room, ()))[-most:] if most > 0 else ()

    def lines(self, room: str, most: int) -> Sequence[str]:
        """The newest lines with who said them, oldest first."""
        return tuple(f"{speaker_label(one.author)} {quoted_lines(one.text)}" for one in self.said(room, most))

    def forget_people(self, speakers: frozenset[str]) -> None:
        """Drop what some people (keys) said."""
        for key, lines in self._lines.items():
            self._lines[key] = deque((one for one in lines if one.author.key not in speakers), MOST_LINES)

    def forget_messages(self, room: str, message_ids: Collection[str]) -> None:
        """Drop lines that were deleted where they were said."""
        lines = self._lines.get(room)
        if lines is not None:
            kept = (one for one in lines if one.message_id not in message_ids)
            self._lines[room] = deque(kept, MOST_LINES)

    def forget(self, room: str) -> None:
        """Drop the lines of a room."""
        self._lines.pop(room, None)
