"""Reads one document of unknown origin in a process of its own: its bytes come in, JSON goes out.

Run as a program, isolated (`python -I`), so that it sees neither our settings nor our memory, may use
only so much memory and time, and can be killed. It imports nothing of the house for the same reason.
The answer has `sort` (pdf, docx, pptx, xlsx, epub, odf), `text`, `pages` (0 where there are none),
`clipped` (the text is not all of it), `scan` (pages, but hardly a word) with `pictures` of the first pages
in base64, `local` (Venice cannot open it); or `problem`: encrypted, damaged, bomb, archive.
"""

from __future__ import annotations

import html
import io
import json
import re
import sys
import zipfile
import zlib
from base64 import b64encode
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, TypedDict

if TYPE_CHECKING:
    from pypdf import PdfReader

MOST_CHARACTERS = 1_500_000
MOST_PAGES = 1_000
MOST_ENTRIES = 5_000
MOST_UNPACKED = 128_000_000
MOST_RATIO = 100
"""Office documents shrink to a tenth, rarely to a thirtieth. Of no matter up to `FREE_UNPACKED` bytes."""
FREE_UNPACKED = 20_000_000
MEMORY = 1_000_000_000
CPU_SECONDS = 20
SCAN_CHARACTERS = 8
"""Fewer a page, and the words are in pictures."""
SCAN_PAGES = 8
MOST_PICTURE_BYTES = 30_000_000
CELL = "\t"
CHUNK = 1 << 20


class Found(TypedDict, total=False):
    """What was found, see the module."""

    sort: str
    text: str
    pages: int
    clipped: bool
    scan: bool
    pictures: list[str]
    local: bool
    problem: str


class Problem(Exception):
    """Why a document is not read, in one word."""


# --- PDF ---


def read_pdf(data: bytes) -> Found:
    """The text of a PDF, page after page; pages that are broken are left out."""
    from pypdf import PdfReader
    from pypdf.errors import LimitReachedError, PyPdfError

    try:
        reader = PdfReader(io.BytesIO(data))
        locked = reader.is_encrypted
        if locked and not reader.decrypt(""):
            raise Problem("encrypted")
        count = len(reader.pages)
        text, clipped = _clipped(_pages(reader, min(count, MOST_PAGES)))
        scan = len(text.strip()) < SCAN_CHARACTERS * min(count, MOST_PAGES)
        pictures = list(_scanned(reader, min(count, SCAN_PAGES))) if scan else []
    except LimitReachedError as error:
        raise Problem("bomb") from error
    except (PyPdfError, ValueError, LookupError, TypeError, AttributeError, ArithmeticError) as error:
        raise Problem("damaged") from error
    except NotImplementedError as error:  # a lock nobody knows
        raise Problem("encrypted") from error
    if not count:
        raise Problem("damaged")
    return {
        "sort": "pdf",
        "text": text,
        "pages": count,
        "clipped": clipped or count > MOST_PAGES,
        "scan": scan,
        "pictures": pictures,
        "local": locked,
    }


def _pages(reader: PdfReader, count: int) -> Iterator[str]:
    from pypdf.errors import LimitReachedError, PyPdfError

    for number in range(count):
        try:
            yield reader.pages[number].extract_text()
        except LimitReachedError:
            raise
        except (PyPdfError, ValueError, LookupError, TypeError, AttributeError, ArithmeticError):
            continue
        yield "\n\n"


def _scanned(reader: PdfReader, count: int) -> Iterator[str]:
    """The largest picture of each of the first pages, which in a scan is the page itself."""
    from pypdf.errors import LimitReachedError, PyPdfError

    left = MOST_PICTURE_BYTES
    for number in range(count):
        try:
            largest = max((image.data for image in reader.pages[number].images), key=len, default=b"")
        except LimitReachedError:
            raise
        except (PyPdfError, ValueError, LookupError, TypeError, AttributeError, ArithmeticError, OSError):
            continue
        left -= len(largest)
        if left < 0:
            return
        if largest:
            yield b64encode(largest).decode()


# --- office documents ---


def read_zip(data: bytes) -> Found:
    """The text of an office document, each part once and in order."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            _check_archive(archive, len(data))
            sort = _sort(archive)
            if not sort:
                raise Problem("archive")
            text, clipped = _clipped(OFFICE[sort](archive))
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, OSError, RuntimeError) as error:
        raise Problem("damaged") from error
    return {"sort": sort, "text": text, "pages": 0, "clipped": clipped, "scan": False, "local": sort == "odf"}


def _check_archive(archive: zipfile.ZipFile, size: int) -> None:
    """What the table of contents promises, and then whether it told the truth."""
    entries = archive.infolist()
    total = sum(entry.file_size for entry in entries)
    if len(entries) > MOST_ENTRIES or total > MOST_UNPACKED:
        raise Problem("bomb")
    if total > FREE_UNPACKED and total > size * MOST_RATIO:
        raise Problem("bomb")
    if any(entry.flag_bits & 1 for entry in entries):
        raise Problem("encrypted")
    for entry in entries:
        with archive.open(entry) as part:
            while part.read(CHUNK):
                pass


def _sort(archive: zipfile.ZipFile) -> str:
    names = set(archive.namelist())
    parts = {"word/document.xml": "docx", "xl/workbook.xml": "xlsx", "ppt/presentation.xml": "pptx"}
    for part, sort in parts.items():
        if part in names:
            return sort
    mime = archive.read("mimetype")[:80] if "mimetype" in names else b""
    if mime.startswith(b"application/vnd.oasis.opendocument"):
        return "odf"
    return "epub" if mime.startswith(b"application/epub+zip") else ""


def _parts(archive: zipfile.ZipFile, pattern: str) -> Iterator[str]:
    """Parts by name, in the order of their numbers."""
    names = sorted(filter(re.compile(pattern).fullmatch, archive.namelist()), key=lambda n: (len(n), n))
    for name in names:
        yield archive.read(name).decode("utf-8", "replace")


def _marked(xml: str, words: str, breaks: str) -> Iterator[str]:
    """The text inside of tags `words`, a new line after tags `breaks` (both patterns)."""
    for found in re.finditer(rf"<(?:{words})(?:\s[^>]*)?>([^<]*)<|</?(?:{breaks})[ >/]", xml):
        yield html.unescape(found[1]) if found[1] is not None else "\n"


def _docx(archive: zipfile.ZipFile) -> Iterator[str]:
    for part in _parts(archive, r"word/(document|footnotes|endnotes)\.xml"):
        yield from _marked(part, "w:t", "w:br|w:p")


def _pptx(archive: zipfile.ZipFile) -> Iterator[str]:
    for number, part in enumerate(_parts(archive, r"ppt/slides/slide\d+\.xml"), start=1):
        yield f"Slide {number}\n"
        yield from _marked(part, "a:t", "a:p")


def _xlsx(archive: zipfile.ZipFile) -> Iterator[str]:
    tables = "".join(_parts(archive, r"xl/sharedStrings\.xml"))
    shared = ["".join(_marked(one, "t", "none")) for one in re.findall(r"<si\b(.*?)</si>", tables, re.DOTALL)]
    for number, part in enumerate(_parts(archive, r"xl/worksheets/sheet\d+\.xml"), start=1):
        yield f"Sheet {number}\n"
        for row in re.finditer(r"<row\b[^>]*>(.*?)</row>", part, re.DOTALL):
            cells = re.finditer(r"<c\b([^>]*?)(?:/>|>(.*?)</c>)", row[1], re.DOTALL)
            yield CELL.join(_cell(cell[1], cell[2] or "", shared) for cell in cells)
            yield "\n"


def _cell(head: str, body: str, shared: list[str]) -> str:
    text = "".join(_marked(body, "v|t", "none"))
    if 't="s"' in head and text.isdigit():
        return shared[int(text)] if int(text) < len(shared) else ""
    return text


def _epub(archive: zipfile.ZipFile) -> Iterator[str]:
    for part in _parts(archive, r".*\.x?html?"):
        body = re.sub(r"<(script|style)\b.*?</\1>", "", part, flags=re.DOTALL)
        yield html.unescape(re.sub(r"<[^>]*>", "", body))


def _odf(archive: zipfile.ZipFile) -> Iterator[str]:
    for part in _parts(archive, r"content\.xml"):
        lines = re.sub(r"</text:(?:p|h)>|<text:line-break/>", "\n", part)
        yield html.unescape(re.sub(r"<[^>]*>", "", lines))


OFFICE: dict[str, Callable[[zipfile.ZipFile], Iterator[str]]] = {
    "docx": _docx,
    "pptx": _pptx,
    "xlsx": _xlsx,
    "epub": _epub,
    "odf": _odf,
}


# --- both ---


def _clipped(pieces: Iterator[str]) -> tuple[str, bool]:
    """The pieces joined, without the end of what is too long; and whether something is missing."""
    kept: list[str] = []
    left = MOST_CHARACTERS
    for piece in pieces:
        kept.append(piece[:left])
        left -= len(piece)
        if left < 0:
            break
    text = re.sub(r"\n{3,}", "\n\n", "".join(kept)).strip()
    return text.encode("utf-8", "replace").decode(), left < 0


def _confine() -> None:
    """Bounds of memory and time, where the system has them."""
    try:
        import resource
    except ImportError:
        return
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))


def main() -> None:
    """`pdf` or `zip` is the only argument."""
    _confine()
    data = sys.stdin.buffer.read()
    read = {"pdf": read_pdf, "zip": read_zip}[sys.argv[1]]
    try:
        found = read(data)
    except Problem as problem:
        found = Found(problem=str(problem))
    except (MemoryError, RecursionError):
        found = Found(problem="bomb")
    sys.stdout.write(json.dumps(found))


if __name__ == "__main__":
    main()
