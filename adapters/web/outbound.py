"""The Door: answers go into the visitor's transcript, and from there to every open tab."""

from __future__ import annotations

import html
import secrets
from collections.abc import Sequence
from dataclasses import replace

from adapters.web import format as web_format
from adapters.web.capabilities import UPLOAD_LIMIT, WEB
from adapters.web.folder import StoredMedia
from adapters.web.inbound import PLATFORM, VISITOR_PREFIX, place_of
from adapters.web.media import MediaStore, NewMedia
from adapters.web.transcript import LONGEST, Item, Kind, Transcript, Transcripts
from bot.capabilities import Capabilities
from bot.doorfiles import DoorFile
from bot.messages import Attachment, ButtonRows, Media, MessageRef, Part, Place, Target
from bot.ports import Clock, Front
from bot.records import HistoryItem, Role


class WebDoor:
    """bot.ports.Door for the page."""

    def __init__(self, front: Front, transcripts: Transcripts, media: MediaStore, clock: Clock) -> None:
        self._front = front
        self._transcripts = transcripts
        self._media = media
        self._clock = clock

    @property
    def capabilities(self) -> Capabilities:
        return WEB

    def compose(self, markdown: str) -> list[Part]:
        return web_format.compose(markdown)

    async def send(self, target: Target, part: Part, *, nonce: str, buttons: ButtonRows = ()) -> MessageRef:
        item = Item(
            id=_new_id(nonce),
            kind=Kind.NOTICE if target.private else Kind.MESSAGE,
            html=part.text,
            text=part.plain,
            buttons=buttons,
            at=self._clock(),
        )
        return await self._show(target, item)

    async def edit(self, ref: MessageRef, part: Part, *, buttons: ButtonRows = ()) -> None:
        """A message sent before a restart, unknown here, comes back with its new text."""
        transcript = await self.transcript(ref.place.channel)
        old = transcript.find(ref.message_id) or Item(ref.message_id, at=self._clock())
        transcript.put(replace(old, html=part.text, text=part.plain, buttons=buttons, recalled=False))

    async def clear_buttons(self, ref: MessageRef) -> None:
        """A message that is not shown has none."""
        transcript = await self.transcript(ref.place.channel)
        old = transcript.find(ref.message_id)
        if old is not None and old.buttons:
            transcript.put(replace(old, buttons=()))

    async def send_media(
        self,
        target: Target,
        items: Sequence[Media],
        *,
        caption: Part | None,
        nonce: str,
        buttons: ButtonRows = (),
    ) -> MessageRef:
        item_id = _new_id(nonce)
        stored = tuple([await self._store(target, item_id, media) for media in items])
        item = Item(
            id=item_id,
            kind=Kind.MEDIA,
            html=caption.text if caption else "",
            text=caption.plain if caption else "",
            buttons=buttons,
            media=stored,
            at=self._clock(),
        )
        return await self._show(target, item)

    async def typing(self, target: Target) -> None:
        self._transcripts.of(target.place.channel).typing()

    async def fetch(self, attachment: Attachment, max_bytes: int) -> bytes:
        return await self._media.read(attachment.ref, max_bytes)

    async def say(self, visitor: str, markdown: str) -> None:
        """A sentence of the door itself, such as a mistyped option."""
        transcript = await self.transcript(visitor)
        for part in self.compose(markdown):
            transcript.put(Item(_new_id(""), Kind.NOTICE, html=part.text, text=part.plain, at=self._clock()))

    async def forget_people(self, speakers: frozenset[str]) -> None:
        """See bot.ports.ForgetsPeople. A tab that is open goes on with what comes."""
        for visitor in _visitors(speakers):
            if transcript := self._transcripts.known(visitor):
                transcript.clear()
            await self._media.forget(visitor)

    # --- bot.doorfiles.KeepsFiles ---

    async def kept_places(self) -> Sequence[Place]:
        """See the port."""
        return [place_of(one) for one in sorted(await self._media.visitors() | self._transcripts.visitors)]

    async def forget_place(self, place: Place) -> int:
        """See the port. What is remembered of other chats is read anew."""
        if transcript := self._transcripts.known(place.channel):
            transcript.refill()
        return await self._media.forget(place.channel)

    async def expire_place(self, place: Place, before: float) -> int:
        """See the port."""
        if transcript := self._transcripts.known(place.channel):
            transcript.expire(before)
        return await self._media.expire(place.channel, before)

    async def files_of(self, speakers: frozenset[str]) -> Sequence[DoorFile]:
        """See the port. What goes within the hour is not worth taking away."""
        found = await self._media.files_of(_visitors(speakers))
        return [DoorFile(one.id, one.name, one.mime, one.size, one.at) for one in found if not one.fleeting]

    async def file_bytes(self, file_id: str) -> bytes:
        """See the port."""
        return await self._media.read(file_id, UPLOAD_LIMIT)

    async def transcript(self, visitor: str) -> Transcript:
        """The visitor's transcript; the first one after a start begins with what is remembered."""
        transcript = self._transcripts.of(visitor)
        async with transcript.filling:
            if not transcript.filled:
                for item in await self._remembered(visitor):
                    transcript.put(item)
                transcript.filled = True
        return transcript

    async def _show(self, target: Target, item: Item) -> MessageRef:
        transcript = await self.transcript(target.place.channel)
        transcript.put(item)
        return MessageRef(target.place, item.id, target.reply_handle)

    async def _store(self, target: Target, item_id: str, media: Media) -> StoredMedia:
        new = NewMedia(media.kind, media.mime, media.name, media.data, media.spoiler, media.fleeting)
        return await self._media.put(target.place.channel, item_id, new)

    async def _remembered(self, visitor: str) -> list[Item]:
        """What the memory holds, and the files that belong to no remembered message (a drawn picture),
        by time."""
        files = await self._media.of_visitor(visitor)
        remembered = await self._front.history(place_of(visitor), LONGEST)
        items = [self._recalled(one, _taken(files, one.message_ids)) for one in remembered]
        for message_id, stored in files.items():
            mine = message_id.startswith(VISITOR_PREFIX)
            items.append(Item(message_id, Kind.MEDIA, mine, media=stored, at=stored[0].at, recalled=True))
        return sorted(items, key=lambda item: item.at)

    def _recalled(self, remembered: HistoryItem, files: tuple[StoredMedia, ...]) -> Item:
        mine = remembered.role is Role.PERSON
        parts = [] if mine else self.compose(remembered.text)
        shown = parts[0].text if parts else ""
        note = "" if files else remembered.media_note
        if note and not mine:
            shown += f"<p><em>{html.escape(note)}</em></p>"
        return Item(
            id=remembered.message_ids[0] if remembered.message_ids else _new_id(""),
            mine=mine,
            html=shown,
            text=remembered.text or note,
            media=files,
            at=remembered.at,
            recalled=True,
        )


def _taken(files: dict[str, tuple[StoredMedia, ...]], message_ids: Sequence[str]) -> tuple[StoredMedia, ...]:
    """The files of these messages, taken out of `files`."""
    return tuple(one for message_id in message_ids for one in files.pop(message_id, ()))


def _visitors(speakers: frozenset[str]) -> list[str]:
    """The page's own of these people."""
    pairs = [one.partition(":") for one in sorted(speakers)]
    return [visitor for platform, _, visitor in pairs if platform == PLATFORM]


def _new_id(nonce: str) -> str:
    """The same nonce is the same message: a repeated send shows nothing twice."""
    return f"b-{nonce}" if nonce else f"b-{secrets.token_urlsafe(9)}"
