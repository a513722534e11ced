"""The two chat platforms of the matrix, seen alike: people ask, the fake's own record is read."""

from __future__ import annotations

import itertools
from typing import Protocol

from tests.fakes.discord import Channel, FakeDiscord
from tests.fakes.discord.faults import FaultKind as DiscordFault
from tests.fakes.telegram import Chat, FakeTelegram
from tests.fakes.telegram.faults import FaultKind as TelegramFault

TELEGRAM_METHODS = {
    "send": "sendMessage",
    "edit": "editMessageText",
    "draft": "sendMessageDraft",
    "rich": "sendRichMessage",
}


class Room(Protocol):
    """A fresh conversation on one platform."""

    def ask(self, text: str) -> None:
        """Somebody asks."""
        ...

    def texts(self) -> list[str]:
        """What the bot has visible there, oldest first."""
        ...

    def sends(self) -> int:
        """How many messages the bot asked to be sent here, refused ones too."""
        ...

    def spoil(self, call: str, kind: str, times: int = 1, *, hold: float = 0.0) -> None:
        """Order a fault for the next "send" or "edit" calls here (on Telegram also "draft" and "rich" ones).
        429 comes with a penalty of one second; a lost answer is waited for `hold` seconds where the fake can,
        else cut at once."""
        ...

    def delete_answer(self) -> None:
        """People delete the bot's newest message."""
        ...

    def repeat(self) -> None:
        """The platform delivers the last question once more."""
        ...


class TelegramRoom:
    """A private chat."""

    _numbers = itertools.count(1)

    def __init__(self, tg: FakeTelegram) -> None:
        self.tg = tg
        self.person = tg.user("Ann")
        self.chat: Chat = tg.private(self.person)

    def ask(self, text: str) -> None:
        self.question = self.tg.say(self.chat, self.person, text)

    def texts(self) -> list[str]:
        return [message.text for message in self.tg.replies(self.chat)]

    def sends(self) -> int:
        return len(self.tg.calls_of("sendMessage", self.chat))

    def spoil(self, call: str, kind: str, times: int = 1, *, hold: float = 0.0) -> None:
        known: dict[str, TelegramFault] = {
            "400": "400",
            "403": "403",
            "404": "404",
            "429": "429",
            "500": "500",
            "502": "502",
            "reset": "reset",
            "timeout_after_success": "timeout_after_success",
        }
        method = TELEGRAM_METHODS[call]
        text = {"404": "Bad Request: chat not found", "400": "Bad Request: can't parse entities"}.get(kind)
        fault: TelegramFault = "400" if kind == "404" else known[kind]
        self.tg.faults.next(method, fault, times, chat_id=self.chat.id, retry_after=1, text=text, hold=hold)

    def delete_answer(self) -> None:
        self.tg.replies(self.chat)[-1].deleted = True

    def repeat(self) -> None:
        self.tg.redeliver(self.question)


class DiscordRoom:
    """A channel of a server."""

    _numbers = itertools.count(1)

    def __init__(self, dc: FakeDiscord) -> None:
        self.dc = dc
        number = next(self._numbers)
        guild = next(iter(dc.world.guilds.values()), None) or dc.guild("Canal")
        self.person = dc.user("ann")
        self.channel: Channel = dc.channel(guild, f"room-{number}")

    def ask(self, text: str) -> None:
        self.question = self.dc.say(self.channel, self.person, text, mention_bot=True)

    def texts(self) -> list[str]:
        return [message.content for message in self.dc.answers(self.channel)]

    def sends(self) -> int:
        calls = self.dc.calls_to("create_message")
        return sum(call.path.get("channel_id") == str(self.channel.id) for call in calls)

    def spoil(self, call: str, kind: str, times: int = 1, *, hold: float = 0.0) -> None:
        known: dict[str, DiscordFault] = {
            "403": "403",
            "404": "404",
            "429": "429",
            "500": "500",
            "502": "502",
            "503": "503",
            "reset": "reset",
            "timeout_after_success": "timeout_after_success",
        }
        operation = "create_message" if call == "send" else "edit_message"
        self.dc.faults.next(operation, known[kind], times, retry_after=1.0, channel_id=self.channel.id)

    def delete_answer(self) -> None:
        self.dc.delete(self.dc.answers(self.channel)[-1])

    def repeat(self) -> None:
        self.dc.redeliver(self.question)
