"""POST /messages: words, files and typed commands into the engine."""

from __future__ import annotations

from contextlib import aclosing
from dataclasses import dataclass, replace

from starlette.datastructures import FormData, UploadFile
from starlette.exceptions import HTTPException
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import Request

from adapters.web.capabilities import FILES_PER_MESSAGE, MEGABYTE, UPLOAD_LIMIT
from adapters.web.commands import read_command, without_secrets
from adapters.web.folder import StoredMedia
from adapters.web.inbound import Origin, kind_of, mime_of, said
from adapters.web.media import MediaStore, NewMedia
from adapters.web.outbound import WebDoor
from adapters.web.transcript import Item
from bot.errors import UserError
from bot.ports import Front

LONGEST_TEXT = 200_000
"""Characters of one message; the engine has its own, lower limits, this one bounds the page."""

LONGEST_NAME = 120


class _InMemory(MultiPartParser):
    """Keeps files of a form in memory, which has room for them (`guard.MESSAGE_BODY`): what is off the record
    is never on a disk, not even for a moment."""

    spool_max_size = UPLOAD_LIMIT + MEGABYTE


class Refused(HTTPException):
    """A request that is answered with a status and a sentence."""


@dataclass(frozen=True, slots=True)
class Posted:
    """A message as posted. `event` is the page's own id of it."""

    event: str
    text: str
    files: tuple[NewMedia, ...]


async def read_message(request: Request) -> Posted:
    """The form's fields; Refused when it is no form of ours or too much of one."""
    try:
        form = await _form(request)
    except (HTTPException, MultiPartException) as error:
        sentence = f"That is too much for one message: up to {FILES_PER_MESSAGE} files and 25 MB fit."
        raise Refused(400, sentence) from error
    try:
        uploads = [one for one in form.getlist("file") if isinstance(one, UploadFile) and one.size]
        files = tuple([await _read_file(upload) for upload in uploads])
    finally:
        await form.close()
    # A form sends every line break as CR LF; people and models mean LF.
    text, event = str(form.get("text", "")).replace("\r\n", "\n"), str(form.get("id", ""))
    _check(text, files)
    return Posted(event, text, files)


async def _form(request: Request) -> FormData:
    if not request.headers.get("content-type", "").startswith("multipart/form-data"):
        return await request.form(max_fields=10, max_part_size=MEGABYTE)
    async with aclosing(request.stream()) as stream:
        return await _InMemory(
            request.headers,
            stream,
            max_files=FILES_PER_MESSAGE,
            max_fields=10,
            max_part_size=MEGABYTE,
        ).parse()


def _check(text: str, files: tuple[NewMedia, ...]) -> None:
    if not text.strip() and not files:
        raise Refused(400, "There is nothing to send yet.")
    if len(text) > LONGEST_TEXT:
        raise Refused(413, f"That text is too long: up to {LONGEST_TEXT:,} characters fit in one message.")
    if sum(len(one.data) for one in files) > UPLOAD_LIMIT:
        raise Refused(413, "That is too large: up to 25 MB fit in one message, files included.")


async def _read_file(upload: UploadFile) -> NewMedia:
    name = (upload.filename or "file").replace("\\", "/").rpartition("/")[2].strip()[:LONGEST_NAME] or "file"
    mime = mime_of(upload.content_type or "", name)
    return NewMedia(kind_of(mime), mime, name, await upload.read())


async def take_message(
    front: Front, door: WebDoor, media: MediaStore, origin: Origin, message: Posted
) -> None:
    """Show the message on every tab of the visitor and hand it to the engine.

    A repeated POST shows nothing twice and is handed on again: the engine knows its event id, and the
    first try may have failed half-way.
    """
    shown = replace(message, text=without_secrets(front.commands, message.text))
    try:
        command = read_command(front.commands, message.text, files=len(message.files))
    except UserError as error:
        await _show(door, media, origin, shown, fleeting=True)
        await door.say(origin.visitor, error.reader_text)
        return
    fleeting = front.off_record(said(origin, message.text, command))
    files = await _show(door, media, origin, shown, fleeting=fleeting)
    await front.submit([said(origin, message.text, command, files)])


async def _show(
    door: WebDoor, media: MediaStore, origin: Origin, message: Posted, *, fleeting: bool
) -> tuple[StoredMedia, ...]:
    """Files of what is not answered, or off the record, are not kept for long."""
    transcript = await door.transcript(origin.visitor)
    if known := transcript.find(origin.item_id):
        return known.media
    new = [replace(one, fleeting=fleeting) for one in message.files]
    files = tuple([await media.put(origin.visitor, origin.item_id, one) for one in new])
    transcript.put(Item(origin.item_id, mine=True, text=message.text, media=files, at=origin.at))
    return files
