"""Which pictures a command or a button is about: replied to, attached, or the last result."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from bot.engine.files.fetching import Fetcher
from bot.engine.pictures.gallery import Gallery, Source
from bot.engine.turns.turn import Turn
from bot.errors import UserError
from bot.keeping import KeptFile, Version
from bot.media.pictures import to_change
from bot.messages import Attachment, MediaKind

MOST_SOURCES = 10
AT_ONCE = 2
"""Pictures decoded at a time: a large one takes more than a hundred megabytes."""
NO_PICTURE = (
    "Which picture? Reply to one with `/{command}`, or attach one to the command. Without either I take the "
    "last picture I made for you here, and there is none."
)


class Finder:
    """Finds and fetches pictures, made fit to be changed. UserErrors say what is wrong with one."""

    def __init__(self, gallery: Gallery, fetcher: Fetcher) -> None:
        self._gallery = gallery
        self._fetcher = fetcher
        self._decoding = asyncio.Semaphore(AT_ONCE)

    async def pictures(self, turn: Turn, command: str, number: int | None) -> list[Source]:
        """The pictures in order: that of the replied-to message first, then what is attached; the last
        result where there is neither. Of several results in one message it is the one of this number."""
        quoted = turn.incoming.quoted
        found: list[Source] = []
        versions = await self._gallery.quoted(turn)
        if versions:
            found.append(await self._chosen(turn, versions, number))
        elif quoted is not None:
            found += await self._fetched(turn, quoted.attachments, quoted.message_id)
        own = _pictures(turn.incoming.attachments)
        found += await self._fetched(turn, own, turn.incoming.message_id)
        if not found and (latest := await self._gallery.latest(turn)):
            found.append(await self._chosen(turn, latest, number))
        if not found:
            raise UserError(NO_PICTURE.format(command=command))
        if len(found) > MOST_SOURCES:
            raise UserError(f"I can work with {MOST_SOURCES} pictures at once; these are {len(found)}.")
        return found

    async def one(self, turn: Turn, command: str, number: int | None) -> Source:
        """The first of them."""
        return (await self.pictures(turn, command, number))[0]

    async def kept(self, turn: Turn, file_id: str) -> Source:
        """A kept picture; a UserError when it has expired."""
        return source_of(await self._gallery.file(turn, file_id))

    async def _chosen(self, turn: Turn, versions: Sequence[Version], number: int | None) -> Source:
        if number is not None and not 1 <= number <= len(versions):
            raise UserError(f"There is no picture {number}: I see {len(versions)} of them.")
        if number is None and len(versions) > 1:
            turn.notice(f"*I took picture 1 of {len(versions)}; `picture=2` takes another.*")
        return await self.kept(turn, versions[(number or 1) - 1].id)

    async def _fetched(self, turn: Turn, files: Sequence[Attachment], message_id: str) -> list[Source]:
        found: list[Source] = []
        for file in _pictures(files):
            data = await self._fetcher.fetch(turn, file)
            async with self._decoding:
                picture = await asyncio.to_thread(to_change, data)
            shown = (message_id,) if message_id else ()
            found.append(Source(picture.data, picture.mime, name=file.name, message_ids=shown))
        return found


def source_of(file: KeptFile) -> Source:
    """A kept picture to begin from."""
    return Source(file.data, file.mime, file.id, file.name, file.message_ids)


def _pictures(files: Sequence[Attachment]) -> list[Attachment]:
    """Pictures, also those sent as files."""
    return [
        one
        for one in files
        if one.kind is MediaKind.IMAGE or (one.kind is MediaKind.DOCUMENT and one.mime.startswith("image/"))
    ]
