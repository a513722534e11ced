"""What came with a message, described truthfully: pictures by size and colour, sounds by length."""

from __future__ import annotations

import base64
import binascii
import io
from dataclasses import dataclass

from PIL import Image, UnidentifiedImageError

from bot.demo.colours import dominant_names
from bot.demo.jsonvalue import JsonObject, as_object, as_text
from bot.demo.listening import NoSound, measure
from bot.demo.refusals import invalid_field, plain

MIN_SIDE = 64
QUOTED_CHARS = 80


@dataclass(frozen=True, slots=True)
class Attachment:
    """`kind` is picture, sound, clip or file; `words` describe it within a sentence."""

    kind: str
    words: str


def _decoded(data: str) -> bytes | None:
    """The bytes of a data: URL, None for any other address. Raises Refusal 400 for broken base64."""
    if not data.startswith("data:"):
        return None
    head, _, payload = data.partition(",")
    if not head.endswith(";base64"):
        return payload.encode()
    try:
        return base64.b64decode(payload, validate=True)
    except binascii.Error as error:
        raise invalid_field("messages", "Invalid base64 data") from error


def _picture(url: str) -> Attachment:
    data = _decoded(url)
    if data is None:
        return Attachment("picture", "a picture behind a link, which the demo does not open")
    try:
        with Image.open(io.BytesIO(data)) as picture:
            width, height = picture.size
            if min(width, height) < MIN_SIDE:
                raise plain(400, f"Image is too small: each side needs at least {MIN_SIDE} pixels")
            colours = " and ".join(dominant_names(picture))
            kind = (picture.format or "").upper()
    except (UnidentifiedImageError, OSError, Image.DecompressionBombError) as error:
        raise plain(400, "The image could not be decoded") from error
    return Attachment("picture", f"a {width} × {height} pixel {kind} picture, mostly {colours}")


def _sound(part: JsonObject) -> Attachment:
    try:
        data = base64.b64decode(as_text(part.get("data")), validate=True)
        seconds = measure(data).seconds
    except (binascii.Error, NoSound) as error:
        raise invalid_field("messages", "The audio could not be decoded") from error
    return Attachment("sound", f"a sound of {seconds:.0f} seconds")


def _file(part: JsonObject) -> Attachment:
    name = as_text(part.get("filename"), "a file")
    data = _decoded(as_text(part.get("file_data")))
    if data is None:
        return Attachment("file", f"{name} behind a link, which the demo does not open")
    try:
        words = " ".join(data.decode().split())
    except UnicodeDecodeError:
        return Attachment(
            "file", f"{name} of {max(1, len(data) // 1024)} KB, which only a real model can read"
        )
    quoted = words[:QUOTED_CHARS] + ("…" if len(words) > QUOTED_CHARS else "")
    return Attachment("file", f"{name} with {len(words.split())} words, beginning with “{quoted}”")


def read_attachment(part: JsonObject) -> Attachment | None:
    """Describes one content part; None for text. Takes a while: decodes pictures and sounds."""
    match as_text(part.get("type")):
        case "image_url":
            return _picture(as_text(as_object(part.get("image_url")).get("url")))
        case "input_audio":
            return _sound(as_object(part.get("input_audio")))
        case "video_url":
            return Attachment("clip", "a video clip, which only a real model can watch")
        case "file":
            return _file(as_object(part.get("file")))
        case _:
            return None
