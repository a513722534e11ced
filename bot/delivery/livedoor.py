"""A platform's door as it is now: an answer under way goes on through the adapter that replaced its own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from bot.capabilities import Capabilities
from bot.messages import Attachment, ButtonRows, Media, MessageRef, Part, Target
from bot.ports import Door, ShowsDrafts, WritesRich


class LiveDoor:
    """Implements Door by asking for the present one at each call."""

    def __init__(self, doors: Mapping[str, Door], platform: str) -> None:
        """KeyError for an unknown platform."""
        self._doors = doors
        self._platform = platform
        self._capabilities = doors[platform].capabilities

    @property
    def capabilities(self) -> Capabilities:
        return self._capabilities

    def compose(self, markdown: str) -> list[Part]:
        return self._doors[self._platform].compose(markdown)

    async def send(self, target: Target, part: Part, *, nonce: str, buttons: ButtonRows = ()) -> MessageRef:
        return await self._doors[self._platform].send(target, part, nonce=nonce, buttons=buttons)

    async def edit(self, ref: MessageRef, part: Part, *, buttons: ButtonRows = ()) -> None:
        await self._doors[self._platform].edit(ref, part, buttons=buttons)

    async def clear_buttons(self, ref: MessageRef) -> None:
        await self._doors[self._platform].clear_buttons(ref)

    async def send_media(
        self,
        target: Target,
        items: Sequence[Media],
        *,
        caption: Part | None,
        nonce: str,
        buttons: ButtonRows = (),
    ) -> MessageRef:
        door = self._doors[self._platform]
        return await door.send_media(target, items, caption=caption, nonce=nonce, buttons=buttons)

    async def typing(self, target: Target) -> None:
        await self._doors[self._platform].typing(target)

    async def fetch(self, attachment: Attachment, max_bytes: int) -> bytes:
        return await self._doors[self._platform].fetch(attachment, max_bytes)

    async def draft(self, target: Target, part: Part, *, number: int) -> None:
        """Show a frame of a draft; nothing on a platform without drafts."""
        door = self._doors[self._platform]
        if isinstance(door, ShowsDrafts):
            await door.draft(target, part, number=number)

    def rich(self, markdown: str) -> Part | None:
        """The text as one rich message; None where the platform has none or the text needs none."""
        door = self._doors[self._platform]
        return door.rich(markdown) if isinstance(door, WritesRich) else None
