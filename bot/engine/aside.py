"""Telling the asker something that nobody else in the group sees."""

from __future__ import annotations

import re
from collections.abc import Mapping

from bot.backlog import KnowsDirectChats
from bot.delivery import Delivery
from bot.engine.turn import Turn
from bot.errors import PlatformFailure, UserError
from bot.messages import Done, Notice, Target
from bot.ports import Door

WRITE_FIRST = (
    "I would tell you alone, but I may not write to you yet. Open my profile, press Start in our private "
    "chat, then ask here again."
)
TOLD_ALONE = "I have told you in our private chat."


class Aside:
    """Answers where only the asker looks: in place if the platform can, else in their direct chat."""

    def __init__(self, doors: Mapping[str, Door], delivery: Delivery) -> None:
        self._doors = doors
        self._delivery = delivery

    async def tell(self, turn: Turn, text: str) -> None:
        """Say it, CommonMark. The command must ask for a private reply. Raises UserError with what to do
        where the bot may not write to the person, PlatformError."""
        place = turn.incoming.place
        door = self._doors.get(place.platform)
        if place.direct or turn.answer.capabilities.private_replies or not isinstance(door, KnowsDirectChats):
            turn.say(text)
            return
        answer = self._delivery.open(Target(door.direct_chat(turn.incoming.author)), f"{turn.id}.aside")
        answer.push(Notice(_headed(turn, text)))
        answer.push(Done())
        failure = (await answer.finish()).failure
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
        return place.direct or unseen or isinstance(self._doors.get(place.platform), KnowsDirectChats)

    async def whisper(self, turn: Turn, text: str) -> None:
        """Say something beside the answer to the asker alone, where that can be done; else nothing."""
        place, door = turn.incoming.place, self._doors.get(turn.incoming.place.platform)
        if place.direct or (turn.answer.capabilities.private_replies and turn.incoming.reply_handle):
            turn.notice(text, private=True)
        elif isinstance(door, KnowsDirectChats):
            answer = self._delivery.open(Target(door.direct_chat(turn.incoming.author)), f"{turn.id}.whisper")
            answer.push(Notice(_headed(turn, text)))
            answer.push(Done())
            await answer.finish()


def _headed(turn: Turn, text: str) -> str:
    """The text below the group's name, for it stands elsewhere."""
    name = re.sub(r"[\\`*_\[\]<>#|~]", "", turn.incoming.place_title).strip()
    return f"*{name}*\n\n{text}" if name else text
