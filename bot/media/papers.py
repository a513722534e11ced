"""Documents people send: checked before they cost anything, and read as far as that can be done here."""

from __future__ import annotations

import json
import mimetypes
import subprocess
import sys
from base64 import b64decode
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from bot.errors import UserError
from bot.media import unpacking
from bot.media.sorts import Sort, decoded, sort_of

SECONDS = 25
"""A document that takes longer to read is none."""
READABLE = "PDF, Word, PowerPoint, Excel, EPUB, OpenDocument, plain text and program code"
NAME_CHARS = 80

_PROBLEMS = {
    "encrypted": "`{name}` is protected by a password. Please save it without one and send it again.",
    "damaged": "I could not read `{name}`: it is damaged or incomplete. Please send it again.",
    "bomb": "`{name}` unpacks to far more than its size, so I did not open it. "
    "Please save it anew, or send me the part you mean as text.",
    "archive": "`{name}` is an archive. Please unpack it and send me the files you mean.",
    "slow": "`{name}` takes too long to read. Please print it to a new PDF, or send me the pages you mean.",
}
_REFUSED = {
    Sort.EMPTY: "`{name}` is empty: it has 0 bytes.",
    Sort.PROGRAM: "`{name}` is a program, whatever its name says, so I did not open it.",
    Sort.PACKED: _PROBLEMS["archive"],
    Sort.PICTURE: "`{name}` is a picture, not a document.",
    Sort.SOUND: "`{name}` is sound, not a document.",
    Sort.FILM: "`{name}` is a film, not a document.",
}
_MIMES = {
    "pdf": "application/pdf",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "pptx": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "xls": "application/vnd.ms-excel",
    "epub": "application/epub+zip",
    "odf": "application/vnd.oasis.opendocument.text",
}
_ODF_ENDINGS = ("odt", "ods", "odp")


@dataclass(frozen=True, slots=True)
class Paper:
    """A document that was checked.

    `name` is fit to be shown and its ending is true. `sort` is text, pdf, docx, pptx, xlsx, xls, epub or odf.
    `text` is what could be read here: all of it unless `clipped`; hardly any of a `scan`, which has
    `pictures` of its first pages instead, none of xls.
    `pages` is 0 where there are none. `local` says that Venice cannot open the file, only read the text.
    """

    name: str
    sort: str
    mime: str
    data: bytes
    text: str
    pages: int = 0
    clipped: bool = False
    scan: bool = False
    pictures: tuple[bytes, ...] = ()
    local: bool = False


def examine(data: bytes, name: str) -> Paper:
    """A document, checked by its content. Blocking, up to `SECONDS`: for a thread. A UserError says why it is
    not read: empty, a password, damaged, a bomb, too slow, or nothing that can be read."""
    shown = shown_name(name)
    sort = sort_of(data)
    if sort in _REFUSED:
        raise _refusal(_REFUSED[sort], shown, sort)
    if sort is Sort.TEXT:
        text = decoded(data) or ""
        if not text.strip():
            raise UserError(f"`{shown}` is empty: there is nothing in it but white space.")
        return Paper(shown, "text", mimetypes.guess_type(shown)[0] or "text/plain", data, text)
    if sort is Sort.OLE:
        return _old_office(data, shown)
    if sort not in (Sort.PDF, Sort.ZIP):
        raise UserError(f"I do not know how to read `{shown}`. I read {READABLE}.", detail=f"file of {sort}")
    found = _unpacked(data, shown, sort)
    kind = found.get("sort", "")
    return Paper(
        _with_ending(shown, kind),
        kind,
        _MIMES[kind],
        data,
        found.get("text", ""),
        found.get("pages", 0),
        found.get("clipped", False),
        found.get("scan", False),
        tuple(b64decode(one) for one in found.get("pictures", [])),
        found.get("local", False),
    )


def shown_name(name: str) -> str:
    """A file's name on one line, without what would mean something in Markdown; the ending stays."""
    plain = "".join(char if char.isprintable() and char not in "`\\/" else " " for char in name)
    plain = " ".join(plain.split()) or "file"
    if len(plain) <= NAME_CHARS:
        return plain
    ending = plain.rpartition(".")[2][:10]
    return f"{plain[: NAME_CHARS - len(ending) - 2]}….{ending}"


def _old_office(data: bytes, name: str) -> Paper:
    """Excel's old form is the only one that Venice reads."""
    if "EncryptedPackage".encode("utf-16-le") in data:
        raise _refusal(_PROBLEMS["encrypted"], name, Sort.OLE)
    if "Workbook".encode("utf-16-le") not in data:
        raise UserError(
            f"`{name}` is in a format of old Office programs. Please save it as .docx, .pptx or PDF.",
            detail="old office file",
        )
    return Paper(_with_ending(name, "xls"), "xls", _MIMES["xls"], data, "")


def _unpacked(data: bytes, name: str, sort: Sort) -> unpacking.Found:
    program = [sys.executable, "-I", str(Path(unpacking.__file__)), sort.value]
    try:
        done = subprocess.run(  # noqa: S603  (nothing of what people send is in the command)
            program,
            input=data,
            capture_output=True,
            timeout=SECONDS,
            env={},
            start_new_session=True,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise _refusal(_PROBLEMS["slow"], name, sort) from None
    if done.returncode:
        # Killed by a signal it has used up its time; else the file has broken its reader.
        raise _refusal(_PROBLEMS["slow" if done.returncode < 0 else "damaged"], name, sort)
    found = cast(unpacking.Found, json.loads(done.stdout))
    problem = found.get("problem")
    if problem is not None:
        raise _refusal(_PROBLEMS[problem], name, sort)
    return found


def _with_ending(name: str, sort: str) -> str:
    """Venice goes by the ending, so it has to be true."""
    ending = name.rpartition(".")[2].lower() if "." in name else ""
    if ending == sort or (sort == "odf" and ending in _ODF_ENDINGS):
        return name
    return f"{name}.{sort}"


def _refusal(sentence: str, name: str, sort: Sort) -> UserError:
    return UserError(sentence.format(name=name), detail=f"document refused: {sort}")
