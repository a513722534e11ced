"""The door to Telegram: messages, edits, files and the typing sign."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterator, Sequence
from contextlib import AbstractContextManager, asynccontextmanager
from typing import cast

import structlog
from telegram import InlineKeyboardButton, InlineKeyboardMarkup, LinkPreviewOptions, Message, ReplyParameters
from telegram.constants import ChatAction
from telegram.error import TelegramError

from adapters.telegram.authority import Managers
from adapters.telegram.capabilities import RICH, TELEGRAM
from adapters.telegram.errors import refusals, rich_refusals, shuts_out
from adapters.telegram.format import compose
from adapters.telegram.media import Address, entities_of, send_album, send_single
from adapters.telegram.request import Connection
from adapters.telegram.rich import rich
from bot.capabilities import Capabilities
from bot.errors import PlatformError, PlatformFailure
from bot.messages import (
    Attachment,
    Button,
    ButtonRows,
    ButtonStyle,
    Media,
    MessageRef,
    Part,
    Person,
    Place,
    Target,
)

log: structlog.stdlib.BoundLogger = structlog.get_logger()

BUTTONS_PER_ROW = 8
BUTTON_BYTES = 64
PASSING_SECONDS = 5.0
"""How long a call may take whose effect passes by itself."""

FETCH_PAUSES = (0.5, 1.5)
"""Seconds between the tries of a download, which can be repeated without harm."""

ALBUM_BUTTONS = "What next?"
"""Carries the buttons of an album, which cannot have any."""

_SUPERGROUP = "-100"
_MESSAGES = "https://t.me/c"
_NO_PREVIEW = LinkPreviewOptions(is_disabled=True)
_STYLES = {ButtonStyle.PRIMARY: "primary", ButtonStyle.DANGER: "danger"}
_PASSING = (PlatformFailure.UNAVAILABLE, PlatformFailure.AMBIGUOUS)


Removed = Callable[[Place], Awaitable[None]]


async def nobody_cares(place: Place) -> None:
    """Of a removal nothing follows."""


class TelegramDoor:
    """Implements bot.ports.Door, ShowsDrafts and WritesRich."""

    def __init__(self, connection: Connection, removed: Removed = nobody_cares) -> None:
        """`removed` is told of a chat that says the bot is not in it any more."""
        self._connection = connection
        self._removed = removed
        self._bot = connection.bot
        self.managers = Managers(connection.bot)

    async def manages(self, place: Place, person: Person) -> bool | None:
        """See bot.ports.KnowsManagers."""
        return await self.managers.manages(place.space, person.id)

    def link(self, place: Place, message_id: str) -> str:
        """See bot.ports.LinksMessages. Only supergroups have addresses, for their members."""
        group = place.channel.removeprefix(_SUPERGROUP)
        if group == place.channel or not message_id.isdecimal():
            return ""
        topic = f"/{place.thread}" if place.thread else ""
        return f"{_MESSAGES}/{group}{topic}/{message_id}"

    def direct_chat(self, person: Person) -> Place:
        """See bot.backlog.KnowsDirectChats: a private chat has the number of the person."""
        return Place(TELEGRAM.platform, "", person.id)

    @property
    def capabilities(self) -> Capabilities:
        return TELEGRAM

    def compose(self, markdown: str) -> list[Part]:
        return compose(markdown)

    def rich(self, markdown: str) -> Part | None:
        return rich(markdown, RICH)

    async def send(self, target: Target, part: Part, *, nonce: str, buttons: ButtonRows = ()) -> MessageRef:
        """Telegram knows no nonce: a send without an answer is AMBIGUOUS."""
        if part.rich:
            return await self._send_rich(target, part, buttons)
        async with self._in(target.place):
            message = await self._bot.send_message(
                text=part.text,
                entities=entities_of(part, target.notify),
                link_preview_options=_NO_PREVIEW,
                reply_markup=keyboard(buttons),
                **_address(target),
            )
        return MessageRef(target.place, str(message.message_id))

    async def _send_rich(self, target: Target, part: Part, buttons: ButtonRows) -> MessageRef:
        async with self._in(target.place, rich_refusals):
            message: Message = await self._bot.do_api_request(
                "sendRichMessage",
                api_kwargs={
                    **_address(target),
                    "rich_message": {"markdown": part.rich},
                    "reply_markup": keyboard(buttons),
                },
                return_type=Message,
            )
        return MessageRef(target.place, str(message.message_id))

    @asynccontextmanager
    async def _in(
        self, place: Place, failing: Callable[[], AbstractContextManager[None]] = refusals
    ) -> AsyncGenerator[None]:
        """Around a call for a chat."""
        try:
            yield
        except TelegramError as error:
            if shuts_out(error):
                await self._removed(place)
            with failing():
                raise

    async def edit(self, ref: MessageRef, part: Part, *, buttons: ButtonRows = ()) -> None:
        if part.rich:
            await self._edit_rich(ref, part, buttons)
            return
        with refusals():
            await self._bot.edit_message_text(
                part.text,
                chat_id=int(ref.place.channel),
                message_id=int(ref.message_id),
                entities=entities_of(part),
                link_preview_options=_NO_PREVIEW,
                reply_markup=keyboard(buttons),
            )

    async def _edit_rich(self, ref: MessageRef, part: Part, buttons: ButtonRows) -> None:
        with rich_refusals():
            await self._bot.edit_message_text(
                cast("str", None),  # left out: the rich content stands in its place
                chat_id=int(ref.place.channel),
                message_id=int(ref.message_id),
                reply_markup=keyboard(buttons),
                api_kwargs={"rich_message": {"markdown": part.rich}},
            )

    async def draft(self, target: Target, part: Part, *, number: int) -> None:
        with refusals():
            await self._bot.send_message_draft(
                int(target.place.channel),
                number,
                part.text,
                message_thread_id=_thread(target.place),
                entities=entities_of(part),
                read_timeout=PASSING_SECONDS,
            )

    async def clear_buttons(self, ref: MessageRef) -> None:
        with refusals():
            await self._bot.edit_message_reply_markup(int(ref.place.channel), int(ref.message_id))

    async def send_media(
        self,
        target: Target,
        items: Sequence[Media],
        *,
        caption: Part | None,
        nonce: str,
        buttons: ButtonRows = (),
    ) -> MessageRef:
        address = _address(target)
        async with self._in(target.place):
            if len(items) == 1:
                message = await send_single(self._bot, address, items[0], caption, keyboard(buttons))
                return MessageRef(target.place, str(message.message_id))
            messages = await send_album(self._bot, address, items, caption)
        if keyboard(buttons) is not None:
            await self._buttons_below(Target(target.place), buttons)
        album = tuple(str(message.message_id) for message in messages)
        return MessageRef(target.place, album[0], album=album)

    async def _buttons_below(self, target: Target, buttons: ButtonRows) -> None:
        """The album is out, so whatever happens here must not make anybody send it again."""
        try:
            await self.send(target, Part(ALBUM_BUTTONS), nonce="", buttons=buttons)
        except PlatformError as error:
            log.warning("telegram.album_buttons_lost", reason=error.detail)

    async def typing(self, target: Target) -> None:
        place = target.place
        async with self._in(place):
            await self._bot.send_chat_action(
                int(place.channel),
                ChatAction.TYPING,
                message_thread_id=_thread(place),
                read_timeout=PASSING_SECONDS,
            )

    async def fetch(self, attachment: Attachment, max_bytes: int) -> bytes:
        for pause in FETCH_PAUSES:
            try:
                return await self._fetch(attachment, max_bytes)
            except PlatformError as error:
                if error.failure not in _PASSING:
                    raise
            await asyncio.sleep(pause)
        return await self._fetch(attachment, max_bytes)

    async def _fetch(self, attachment: Attachment, max_bytes: int) -> bytes:
        with refusals():
            file = await self._bot.get_file(attachment.ref)
        if file.file_size is not None and file.file_size > max_bytes:
            raise PlatformError(PlatformFailure.TOO_LARGE, detail=f"file of {file.file_size} bytes")
        return await self._connection.download(file.file_path or "", max_bytes)


def _address(target: Target) -> Address:
    reply = None
    if target.reply_to:
        reply = ReplyParameters(int(target.reply_to), allow_sending_without_reply=True)
    return Address(
        chat_id=int(target.place.channel), message_thread_id=_thread(target.place), reply_parameters=reply
    )


def _thread(place: Place) -> int | None:
    return int(place.thread) if place.thread else None


def keyboard(buttons: ButtonRows) -> InlineKeyboardMarkup | None:
    """Inline buttons. One that Telegram would refuse is left out, since it would take its message along."""
    rows = [row for wide in buttons for row in _rows([one for one in wide if _is_sound(one)])]
    return InlineKeyboardMarkup([[_button(one) for one in row] for row in rows]) if rows else None


def _rows(row: list[Button]) -> Iterator[list[Button]]:
    for start in range(0, len(row), BUTTONS_PER_ROW):
        yield row[start : start + BUTTONS_PER_ROW]


def _is_sound(button: Button) -> bool:
    if not button.label.strip():
        return False
    if button.url:
        return button.url.startswith(("http://", "https://"))
    return 1 <= len(button.id.encode()) <= BUTTON_BYTES


def _button(button: Button) -> InlineKeyboardButton:
    if button.url:
        return InlineKeyboardButton(button.label, url=button.url)
    return InlineKeyboardButton(button.label, callback_data=button.id, style=_STYLES.get(button.style))
