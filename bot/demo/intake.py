"""Pictures that come in, as base64, as a data: URL or as the file of a form."""

from __future__ import annotations

import base64
import binascii
import io
from collections.abc import Collection
from dataclasses import dataclass

from PIL import Image, ImageOps, UnidentifiedImageError

from bot.demo.jsonvalue import Json, JsonObject, as_list
from bot.demo.refusals import invalid_field, plain, too_large
from bot.demo.state import Call

LEAST_PIXELS = 65_536
MOST_PIXELS = 33_177_600
MAX_FILE_BYTES = 25 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Fields:
    """How the words of a form are to be read; JSON needs no such help."""

    flags: Collection[str] = ()
    numbers: Collection[str] = ()
    lists: Collection[str] = ()


def read_fields(call: Call, fields: Fields) -> JsonObject:
    """The request as an object, from JSON or a form; files become base64. Venice reads both alike."""
    if not call.is_form:
        return call.body
    found: dict[str, Json] = {
        name: _value(name, text, fields) for name, text in call.record.form.items() if text
    }
    for name, upload in call.record.uploads:
        data = base64.b64encode(upload.data).decode()
        found[name] = [*as_list(found.get(name)), data] if name in fields.lists else data
    return found


def _value(name: str, text: str, fields: Fields) -> Json:
    if name in fields.flags and text in ("true", "false"):
        return text == "true"
    if name in fields.numbers:
        try:
            return float(text)
        except ValueError:
            return text
    return text


def picture_bytes(name: str, text: str, *, bare: bool = False) -> bytes:
    """The bytes of a picture field; `bare` refuses data: URLs as well as links. Raises Refusal."""
    if text.startswith(("http://", "https://")):
        raise invalid_field(name, "The image could not be fetched")
    if text.startswith("data:"):
        if bare:
            raise invalid_field(name, "Invalid base64 image data")
        text = text.partition(",")[2]
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise invalid_field(name, "Invalid base64 image data") from error
    if len(data) > MAX_FILE_BYTES:
        raise too_large("The image")
    return data


def open_picture(name: str, data: bytes) -> Image.Image:
    """The decoded picture, upright, RGB or RGBA. Raises Refusal. Takes a while."""
    try:
        with Image.open(io.BytesIO(data)) as file:
            if not LEAST_PIXELS <= file.width * file.height <= MOST_PIXELS:
                words = f"Image dimensions must be between {LEAST_PIXELS} and {MOST_PIXELS} pixels"
                raise invalid_field(name, words)
            picture = ImageOps.exif_transpose(file)
            clear = picture.mode in ("RGBA", "LA", "PA") or "transparency" in picture.info
            return picture.convert("RGBA" if clear else "RGB")
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise plain(400, "The image could not be decoded") from error
