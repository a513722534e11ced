"""A wire-level fake Discord: REST v10, gateway and CDN on one loopback port."""

from tests.fakes.discord.actions import FileSpec
from tests.fakes.discord.core import Call, UploadedFile
from tests.fakes.discord.faults import FaultKind, Faults
from tests.fakes.discord.interact import modal_fields
from tests.fakes.discord.library import pointed_at
from tests.fakes.discord.limits import DiscordLimits, Window
from tests.fakes.discord.server import FakeDiscord
from tests.fakes.discord.state import (
    Attachment,
    Channel,
    Edit,
    Guild,
    Interaction,
    Member,
    Message,
    Pings,
    Role,
    User,
    Webhook,
)

__all__ = [
    "Attachment",
    "Call",
    "Channel",
    "DiscordLimits",
    "Edit",
    "FakeDiscord",
    "FaultKind",
    "Faults",
    "FileSpec",
    "Guild",
    "Interaction",
    "Member",
    "Message",
    "Pings",
    "Role",
    "UploadedFile",
    "User",
    "Webhook",
    "Window",
    "modal_fields",
    "pointed_at",
]
