"""Media and notices as single calls: albums, captions that fit, and sentences for what cannot be sent."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from bot.capabilities import Capabilities
from bot.delivery.pages import Change, plain_form
from bot.messages import ButtonRows, Media, MediaKind, MediaReady, MessageRef, Notice, Part
from bot.ports import Door

MEBIBYTE = 1024 * 1024

ALBUM_UPLOADS = 2
"""An album is at most so many times the upload limit of one file: whole requests are limited, too."""


@dataclass(frozen=True, slots=True)
class Album:
    """Files for one message."""

    items: tuple[Media, ...]
    caption: Part | None = None
    buttons: ButtonRows = ()
    rescue: ButtonRows = ()


@dataclass(frozen=True, slots=True)
class Line:
    """A message of its own beside the text. `answer` marks lines that belong to the answer (what a caption
    could not hold), as opposed to notices."""

    part: Part
    buttons: ButtonRows = ()
    private: bool = False
    answer: bool = False


Errand = Album | Line


def errands(event: MediaReady | Notice, door: Door) -> list[Errand]:
    """The calls an event takes, in order."""
    if isinstance(event, Notice):
        return list(notice_lines(event, door))
    return list(media_errands(event, door))


def notice_lines(notice: Notice, door: Door) -> Iterator[Line]:
    parts = door.compose(notice.text)
    private = notice.private and door.capabilities.private_replies
    for index, part in enumerate(parts):
        yield Line(part, notice.buttons if index == len(parts) - 1 else (), private)


def media_errands(event: MediaReady, door: Door) -> Iterator[Errand]:
    limits = door.capabilities
    fitting = [item for item in event.items if len(item.data) <= limits.upload_limit]
    caption, rest = split_caption(event.caption, door, bool(fitting))
    together = list(albums(fitting, limits))
    for index, items in enumerate(together):
        buttons = event.buttons if index == len(together) - 1 else ()
        yield Album(items, None if index else caption, buttons, event.rescue)
    for part in rest:
        yield Line(part, answer=True)
    for item in event.items:
        if len(item.data) > limits.upload_limit:
            yield from sentence(too_large_text(item, limits), door, () if fitting else event.buttons)


def split_caption(caption: str, door: Door, has_media: bool) -> tuple[Part | None, list[Part]]:
    """The caption for the first album, and what follows it as text."""
    parts = door.compose(caption) if caption else []
    # UTF-16 units are never fewer than code points, so what fits by them fits in either unit.
    if has_media and parts and utf16_length(parts[0].text) <= door.capabilities.caption_limit:
        return parts[0], parts[1:]
    return None, parts


def utf16_length(text: str) -> int:
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def albums(items: Sequence[Media], limits: Capabilities) -> Iterator[tuple[Media, ...]]:
    """Neighbours of one kind together, as many as a message takes; a voice always alone."""
    album: list[Media] = []
    for item in items:
        if album and not fits(album, item, limits):
            yield tuple(album)
            album = []
        album.append(item)
    if album:
        yield tuple(album)


def fits(album: Sequence[Media], item: Media, limits: Capabilities) -> bool:
    together = item.kind is album[0].kind and item.kind is not MediaKind.VOICE
    size = sum(len(other.data) for other in album) + len(item.data)
    return together and len(album) < limits.media_per_message and size <= ALBUM_UPLOADS * limits.upload_limit


def sentence(text: str, door: Door, buttons: ButtonRows = ()) -> list[Errand]:
    return [Line(part, buttons) for part in door.compose(text)]


def too_large_text(item: Media, limits: Capabilities) -> str:
    size, limit = len(item.data) / MEBIBYTE, limits.upload_limit / MEBIBYTE
    return (
        f"The {item.kind.value} is {size:.1f} MiB, more than the {limit:.1f} MiB "
        f"that {limits.display_name} takes from me."
    )


def unsent_text(album: Album, limits: Capabilities) -> str:
    """The sentence for files the platform refused."""
    first = album.items[0]
    what = f"the {first.kind.value}" if len(album.items) == 1 else f"{len(album.items)} files"
    size = sum(len(item.data) for item in album.items) / MEBIBYTE
    return f"I could not send {what} ({size:.1f} MiB): {limits.display_name} refused it."


def unconfirmed_text(album: Album, limits: Capabilities) -> str:
    """The sentence for files of which the platform did not say whether it took them."""
    one = len(album.items) == 1
    what = f"the {album.items[0].kind.value}" if one else f"{len(album.items)} files"
    return f"{limits.display_name} did not confirm {what}. If you do not see {'it' if one else 'them'}:"


def is_answer(work: Change | Errand) -> bool:
    """True for what belongs to the answer, False for notices beside it."""
    return not isinstance(work, Line) or work.answer


def shown_files(album: Album, ref: MessageRef) -> dict[str, tuple[str, ...]]:
    """Which messages show the kept files of an album: each its own where the platform makes them so."""
    own = len(ref.album) == len(album.items)
    return {
        item.kept: (ref.album[index],) if own else ref.message_ids
        for index, item in enumerate(album.items)
        if item.kept
    }


def plain_errand(errand: Errand) -> Errand:
    """The errand with its text unformatted; the same errand if that changes nothing."""
    if isinstance(errand, Line):
        return replace(errand, part=plain_form(errand.part))
    return replace(errand, caption=plain_form(errand.caption)) if errand.caption else errand
