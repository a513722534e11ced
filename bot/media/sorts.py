"""What a file really is, by its first bytes: names and types that come with it prove nothing."""

from __future__ import annotations

import codecs
from enum import StrEnum


class Sort(StrEnum):
    """Sorts of files. ZIP is any zip archive, which an office document is, too; OLE is the container of
    Office before 2007 and of office documents with a password."""

    EMPTY = "empty"
    TEXT = "text"
    PDF = "pdf"
    ZIP = "zip"
    OLE = "ole"
    PICTURE = "picture"
    SOUND = "sound"
    FILM = "film"
    PACKED = "packed"
    PROGRAM = "program"
    UNKNOWN = "unknown"


_STARTS: tuple[tuple[bytes, Sort], ...] = (
    (b"PK\x03\x04", Sort.ZIP),
    (b"PK\x05\x06", Sort.ZIP),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", Sort.OLE),
    (b"\x89PNG\r\n\x1a\n", Sort.PICTURE),
    (b"\xff\xd8\xff", Sort.PICTURE),
    (b"GIF87a", Sort.PICTURE),
    (b"GIF89a", Sort.PICTURE),
    (b"II*\x00", Sort.PICTURE),
    (b"MM\x00*", Sort.PICTURE),
    (b"OggS", Sort.SOUND),
    (b"ID3", Sort.SOUND),
    (b"fLaC", Sort.SOUND),
    (b"\xff\xfb", Sort.SOUND),
    (b"\xff\xf3", Sort.SOUND),
    (b"\xff\xf1", Sort.SOUND),
    (b"\x1aE\xdf\xa3", Sort.FILM),
    (b"\x1f\x8b", Sort.PACKED),
    (b"BZh", Sort.PACKED),
    (b"\xfd7zXZ\x00", Sort.PACKED),
    (b"7z\xbc\xaf\x27\x1c", Sort.PACKED),
    (b"Rar!\x1a\x07", Sort.PACKED),
    (b"\x28\xb5\x2f\xfd", Sort.PACKED),
    (b"\x7fELF", Sort.PROGRAM),
    (b"\xcf\xfa\xed\xfe", Sort.PROGRAM),
    (b"\xca\xfe\xba\xbe", Sort.PROGRAM),
)
_RIFF = {b"WAVE": Sort.SOUND, b"WEBP": Sort.PICTURE, b"AVI ": Sort.FILM}
_STILL_BRANDS = (b"heic", b"heix", b"mif1", b"avif", b"avis")
_BOMS = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
"""Those for 32 bits first: they begin like those for 16."""
_CONTROLS = frozenset(map(chr, [*range(9), 11, *range(14, 27), *range(28, 32), 127]))
_CONTROL_SHARE = 0.01
_PDF_HEAD = 1024
"""A PDF may have other bytes in front of its mark."""


def sort_of(data: bytes) -> Sort:
    """What a file is."""
    if not data:
        return Sort.EMPTY
    if b"%PDF-" in data[:_PDF_HEAD]:
        return Sort.PDF
    for start, sort in _STARTS:
        if data.startswith(start):
            return sort
    if data[:4] == b"RIFF":
        return _RIFF.get(data[8:12], Sort.UNKNOWN)
    if data[4:8] == b"ftyp":
        return _iso_media(data[8:12])
    if data[:2] == b"MZ" and b"\x00" in data[:512]:
        return Sort.PROGRAM
    return Sort.TEXT if decoded(data) is not None else Sort.UNKNOWN


def _iso_media(brand: bytes) -> Sort:
    if brand in _STILL_BRANDS:
        return Sort.PICTURE
    return Sort.SOUND if brand.startswith(b"M4A") else Sort.FILM


def decoded(data: bytes) -> str | None:
    """Text by its byte order mark, else as UTF-8, else as Windows' Latin; None for what is no text."""
    text = _by_mark(data)
    if text is None:
        if b"\x00" in data:
            return None
        text = _by_guess(data)
    controls = sum(text.count(one) for one in _CONTROLS)
    return text if controls <= len(text) * _CONTROL_SHARE else None


def _by_mark(data: bytes) -> str | None:
    for mark, encoding in _BOMS:
        if data.startswith(mark):
            return data.decode(encoding, "replace")
    return None


def _by_guess(data: bytes) -> str:
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return data.decode("cp1252", "replace")
