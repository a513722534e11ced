"""Telling the asker something that nobody else in the group sees."""

from __future__ import annotations

import re
from collections.abc import Mapping

from bot.backlog import KnowsDirectChats
from bot.delivery import Delivery
from bot.engine.turns.turn import Turn
from bot.errors import PlatformError, PlatformFailure, UserError
from bot.messages import Done, Notice, Target
from bot.ports import Door

WRITE_FIRST = (
    "I would tell you alone, but I may not write to you yet. Open my profile, press Start in our private "
    "chat, then ask here again."
)
ASK_ALONE = "That is for your eyes only. Please ask me in our private chat."
TOLD_ALONE = "I have told you in our private chat."


class Aside:
    """Answers where only the asker looks: in place if the platform can, else in their direct chat."""

    def __init__(self, doors: Mapping[str, Door], delivery: Delivery) -> None:
        self._doors = doors
        self._delivery = delivery

    async def tell(self, turn: Turn, text: str) -> None:
        """Say it, CommonMark. The command must ask for a private reply. Raises UserError with what to do
        where the bot may not write to the person, PlatformError."""
        door = self._door(turn)
        if _among_ourselves(turn) or not isinstance(door, KnowsDirectChats):
            turn.say(text)
            return
        await self._elsewhere(turn, door, text)

    def require(self, turn: Turn) -> None:
        """Refuse what only the asker may read where there is no way to tell it to them alone."""
        if not _among_ourselves(turn) and not isinstance(self._door(turn), KnowsDirectChats):
            raise UserError(ASK_ALONE)

    async def whisper(self, turn: Turn, text: str) -> None:
        """Like `tell`, for a secret: never where others read, and no journal keeps it. Raises as `tell`, and
        UserError where `require` does."""
        self.require(turn)
        door = self._door(turn)
        if _among_ourselves(turn) or not isinstance(door, KnowsDirectChats):
            turn.notice(text, private=True)
        else:
            await self._elsewhere(turn, door, text)

    def _door(self, turn: Turn) -> Door | None:
        return self._doors.get(turn.incoming.place.platform)

    async def _elsewhere(self, turn: Turn, door: KnowsDirectChats, text: str) -> None:
        failure = await self._written(turn, door, text, "aside")
        if failure is None:
            turn.notice(TOLD_ALONE)
            return
        if failure.failure in (PlatformFailure.FORBIDDEN, PlatformFailure.GONE):
            raise UserError(WRITE_FIRST)
        raise failure

    def reaches_alone(self, turn: Turn) -> bool:
        """Whether something beside the answer can be said to the asker alone."""
        place = turn.incoming.place
        unseen = turn.answer.capabilities.private_replies and bool(turn.incoming.reply_handle)
        return place.direct or unseen or isinstance(self._door(turn), KnowsDirectChats)

    async def hint(self, turn: Turn, text: str) -> None:
        """Say something beside the answer to the asker alone, where that can be done; else nothing."""
        place, door = turn.incoming.place, self._door(turn)
        if place.direct or (turn.answer.capabilities.private_replies and turn.incoming.reply_handle):
            turn.notice(text, private=True)
        elif isinstance(door, KnowsDirectChats):
            await self._written(turn, door, text, "hint")

    async def _written(
        self, turn: Turn, door: KnowsDirectChats, text: str, kind: str
    ) -> PlatformError | None:
        """Write it in the asker's direct chat; what went wrong, None for nothing."""
        answer = self._delivery.open(Target(door.direct_chat(turn.incoming.author)), f"{turn.id}.{kind}")
        answer.push(Notice(_headed(turn, text)))
        answer.push(Done())
        return (await answer.finish()).failure


def _among_ourselves(turn: Turn) -> bool:
    """Whether only the asker reads what is answered here to a command that asks for that."""
    return turn.incoming.place.direct or turn.answer.capabilities.private_replies


def _headed(turn: Turn, text: str) -> str:
    """The text below the group's name, for it stands elsewhere."""
    name = re.sub(r"[\\`*_\[\]<>#|~]", "", turn.incoming.place_title).strip()
    return f"*{name}*\n\n{text}" if name else text
