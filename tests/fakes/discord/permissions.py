"""Permission bits under the names discord.py uses, with short aliases for tests."""

BITS: dict[str, int] = {
    "administrator": 1 << 3,
    "manage_channels": 1 << 4,
    "manage_guild": 1 << 5,
    "add_reactions": 1 << 6,
    "view_channel": 1 << 10,
    "send_messages": 1 << 11,
    "manage_messages": 1 << 13,
    "embed_links": 1 << 14,
    "attach_files": 1 << 15,
    "read_message_history": 1 << 16,
    "mention_everyone": 1 << 17,
    "manage_webhooks": 1 << 29,
    "use_application_commands": 1 << 31,
    "manage_threads": 1 << 34,
    "create_public_threads": 1 << 35,
    "create_private_threads": 1 << 36,
    "send_messages_in_threads": 1 << 38,
    "send_voice_messages": 1 << 46,
    "use_external_apps": 1 << 50,
}
ALIASES: dict[str, str] = {
    "react": "add_reactions",
    "view": "view_channel",
    "send": "send_messages",
    "embed": "embed_links",
    "attach": "attach_files",
    "history": "read_message_history",
    "everyone": "mention_everyone",
    "webhooks": "manage_webhooks",
    "threads": "create_public_threads",
    "send_in_threads": "send_messages_in_threads",
    "voice": "send_voice_messages",
}
ALL = (1 << 53) - 1


def bits(*names: str) -> int:
    """The union of the named bits. Raises KeyError for an unknown name."""
    total = 0
    for name in names:
        total |= BITS[ALIASES.get(name, name)]
    return total


MEMBER_DEFAULT = bits(
    "view", "send", "embed", "attach", "history", "react", "use_application_commands", "threads",
    "create_private_threads", "send_in_threads", "voice", "use_external_apps",
)  # fmt: skip
# The bot may mention everyone, so that a test about pings fails for the right reason.
BOT_DEFAULT = MEMBER_DEFAULT | bits("webhooks", "everyone", "manage_messages", "manage_threads")
