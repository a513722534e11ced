"""A Telegram Bot API server for tests, faithful on the wire: see FakeTelegram."""

from tests.fakes.telegram.fake import FakeTelegram
from tests.fakes.telegram.faults import Fault, FaultKind
from tests.fakes.telegram.limits import TelegramLimits
from tests.fakes.telegram.model import Button, Call, Chat, Draft, Media, Message, Press, Topic, User, Version
from tests.fakes.telegram.text import Entity

__all__ = [
    "Button",
    "Call",
    "Chat",
    "Draft",
    "Entity",
    "FakeTelegram",
    "Fault",
    "FaultKind",
    "Media",
    "Message",
    "Press",
    "TelegramLimits",
    "Topic",
    "User",
    "Version",
]
