"""Files people sent, through the platform's own door and within its limits."""

from __future__ import annotations

from collections.abc import Mapping

from bot.capabilities import Capabilities
from bot.engine.turns.turn import Turn
from bot.errors import PlatformError, PlatformFailure, UserError
from bot.media.papers import shown_name
from bot.messages import Attachment
from bot.ports import Door

FILE_LIMIT = 25_000_000


class Fetcher:
    """Fetches attachments."""

    def __init__(self, doors: Mapping[str, Door]) -> None:
        self._doors = doors

    async def fetch(self, turn: Turn, attachment: Attachment) -> bytes:
        """The file's bytes. A UserError for one that is too large, before it is fetched where the platform
        says its size, or cannot be fetched."""
        door = self._doors[turn.incoming.place.platform]
        limit = min(FILE_LIMIT, door.capabilities.download_limit)
        if attachment.size is not None and attachment.size > limit:
            raise _too_large(attachment, door.capabilities)
        try:
            return await door.fetch(attachment, limit)
        except PlatformError as error:
            if error.failure is PlatformFailure.TOO_LARGE:
                raise _too_large(attachment, door.capabilities) from None
            raise UserError(_unfetched(attachment, door.capabilities, error), detail=error.detail) from error

    def upload_limit(self, turn: Turn) -> int:
        """How many bytes a file may have where the turn is."""
        return self._doors[turn.incoming.place.platform].capabilities.upload_limit

    def text_limit(self, turn: Turn) -> int:
        """How much text one message takes where the turn is."""
        return self._doors[turn.incoming.place.platform].capabilities.text_limit


def _too_large(attachment: Attachment, platform: Capabilities) -> UserError:
    """Whose limit it is, and what helps."""
    size = f" ({attachment.size / 1e6:.0f} MB)" if attachment.size else ""
    name = shown_name(attachment.name)
    if platform.download_limit < FILE_LIMIT:
        limit = f"{platform.display_name} lets me fetch files up to {platform.download_limit / 1e6:.0f} MB"
    else:
        limit = f"I can take files up to {FILE_LIMIT / 1e6:.0f} MB"
    return UserError(
        f"`{name}` is too large{size}. {limit}. Please send a smaller one, or only the part you mean."
    )


def _unfetched(attachment: Attachment, platform: Capabilities, error: PlatformError) -> str:
    name = shown_name(attachment.name)
    if error.failure is PlatformFailure.GONE:
        return (
            f"I could not fetch `{name}`: {platform.display_name}'s link to it has lapsed, as such links do "
            "after a while, or it was deleted. Please send it again."
        )
    return f"I could not fetch `{name}`. Please send it again."
