"""Reads the text of documents: plain text, HTML, DOCX, PPTX, XLSX, and PDF with unencrypted simple fonts."""

from __future__ import annotations

import io
import re
import zipfile
import zlib
from collections.abc import Callable, Iterator
from html.parser import HTMLParser
from pathlib import PurePath

MOST_UNPACKED = 64 * 1024 * 1024
CELL = "\t"
VOID = frozenset({"br", "hr", "img", "meta", "link", "input"})
"""HTML tags that never end."""
PDF_STREAM = re.compile(rb"<<(?P<head>.{0,2000}?)>>\s*stream\r?\n(?P<data>.*?)\r?\n?endstream", re.DOTALL)
PDF_SHOWN = re.compile(
    rb"""\((?P<text>(?:\\.|[^\\()])*)\)\s*(?:Tj|')   # one string shown
    |\[(?P<array>(?:\\.|[^\]])*)\]\s*TJ            # several, with gaps between
    |(?P<line>T\*|\bT[dD]\b|\bET\b)               # a new line begins
    """,
    re.DOTALL | re.VERBOSE,
)
PDF_PART = re.compile(rb"\((?P<text>(?:\\.|[^\\()])*)\)", re.DOTALL)
PDF_ESCAPE = re.compile(rb"\\(?:([0-7]{1,3})|(.))", re.DOTALL)
PDF_CONTROLS = {b"n": b"\n", b"r": b"\n", b"t": b"\t", b"b": b"", b"f": b""}


class Unreadable(Exception):
    """The file cannot be read at all (encrypted, damaged); the text says why."""


class _Tags(HTMLParser):
    """Collects the text of marked-up documents. Also reads XML: unlike an XML parser it knows no entities
    that could unfold into gigabytes."""

    def __init__(self, breaks: dict[str, str], kept: frozenset[str] | None, skipped: frozenset[str]) -> None:
        """`breaks` is what ends a tag; `kept` the only tags whose text counts, all where None."""
        super().__init__()
        self._breaks = breaks
        self._kept = kept
        self._skipped = skipped
        self._open: list[str] = []
        self.parts: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in VOID:
            self.parts.append(self._breaks.get(tag, ""))
        else:
            self._open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.parts.append(self._breaks.get(tag, ""))

    def handle_endtag(self, tag: str) -> None:
        if tag in self._open:
            while self._open.pop() != tag:
                pass
        self.parts.append(self._breaks.get(tag, ""))

    def handle_data(self, data: str) -> None:
        inside = self._open[-1] if self._open else ""
        wanted = self._kept is None or inside in self._kept
        if wanted and not self._skipped & set(self._open):
            self.parts.append(data)


def _marked_up(
    text: str, breaks: dict[str, str], kept: frozenset[str] | None, skipped: frozenset[str] = frozenset()
) -> str:
    reader = _Tags(breaks, kept, skipped)
    reader.feed(text)
    reader.close()
    return "".join(reader.parts)


def _decoded(data: bytes) -> str:
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return data.decode("utf-16", "replace")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        if b"\x00" in data:
            raise Unreadable("Unsupported file type") from None
        return data.decode("cp1252", "replace")


def _html(data: bytes) -> str:
    blocks = ("p", "div", "br", "li", "tr", "h1", "h2", "h3", "h4", "h5", "h6", "title", "section")
    breaks = dict.fromkeys(blocks, "\n") | {"td": CELL, "th": CELL}
    return _marked_up(_decoded(data), breaks, None, frozenset({"script", "style"}))


def _parts(data: bytes, pattern: str) -> Iterator[str]:
    """The parts of an Office file whose names match, in the order of their numbers."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            named = [info for info in archive.infolist() if re.fullmatch(pattern, info.filename)]
            if sum(info.file_size for info in named) > MOST_UNPACKED:
                raise Unreadable("The file is too large when unpacked")
            for info in sorted(named, key=lambda one: (len(one.filename), one.filename)):
                yield archive.read(info).decode("utf-8", "replace")
    except (zipfile.BadZipFile, RuntimeError, zlib.error) as error:
        raise Unreadable("The file is damaged or protected by a password") from error


def _docx(data: bytes) -> str:
    breaks = {"w:p": "\n", "w:tab": CELL, "w:br": "\n", "w:tc": CELL}
    return "".join(
        _marked_up(part, breaks, frozenset({"w:t"})) for part in _parts(data, r"word/document\.xml")
    )


def _pptx(data: bytes) -> str:
    slides = _parts(data, r"ppt/slides/slide\d+\.xml")
    return "\n".join(_marked_up(part, {"a:p": "\n"}, frozenset({"a:t"})) for part in slides)


def _xlsx(data: bytes) -> str:
    tables = list(_parts(data, r"xl/sharedStrings\.xml"))
    shared = [
        _marked_up(entry, {}, frozenset({"t"}))
        for table in tables
        for entry in re.findall(r"<si\b.*?</si>", table, re.DOTALL)
    ]
    sheets = (_sheet(part, shared) for part in _parts(data, r"xl/worksheets/sheet\d+\.xml"))
    return "\n\n".join(sheets)


def _sheet(part: str, shared: list[str]) -> str:
    rows = re.findall(r"<row\b.*?</row>", part, re.DOTALL)
    cells = (re.findall(r"<c\b([^>]*?)(?:/>|>(.*?)</c>)", row, re.DOTALL) for row in rows)
    return "\n".join(CELL.join(_cell(head, body, shared) for head, body in row) for row in cells)


def _cell(head: str, body: str, shared: list[str]) -> str:
    text = _marked_up(body, {}, frozenset({"v", "t"}))
    if 't="s"' in head and text.isdigit():
        return shared[int(text)] if int(text) < len(shared) else ""
    return text


def _pdf(data: bytes) -> str:
    """The literal strings of a PDF's pages. Fonts with their own numbering come out as nothing."""
    if b"/Encrypt" in data:
        raise Unreadable("The file is protected by a password")
    lines = (_pdf_text(stream) for stream in _pdf_streams(data))
    return "\n".join(line for line in lines if line.strip())


def _pdf_streams(data: bytes) -> Iterator[bytes]:
    unpacked = 0
    for found in PDF_STREAM.finditer(data):
        stream = found["data"]
        if b"/FlateDecode" in found["head"]:
            try:
                stream = zlib.decompressobj().decompress(stream, MOST_UNPACKED - unpacked + 1)
            except zlib.error:
                continue
        unpacked += len(stream)
        if unpacked > MOST_UNPACKED:
            raise Unreadable("The file is too large when unpacked")
        yield stream


def _pdf_text(stream: bytes) -> str:
    parts: list[str] = []
    for found in PDF_SHOWN.finditer(stream):
        if found["line"]:
            parts.append("\n")
        elif found["array"] is not None:
            parts += [_pdf_string(part["text"]) for part in PDF_PART.finditer(found["array"])]
        else:
            parts.append(_pdf_string(found["text"]))
    return re.sub(r"\n+", "\n", "".join(parts))


def _pdf_string(raw: bytes) -> str:
    def unescaped(found: re.Match[bytes]) -> bytes:
        octal, char = found.groups()
        return bytes([int(octal, 8) & 255]) if octal else PDF_CONTROLS.get(char, char)

    return PDF_ESCAPE.sub(unescaped, raw).decode("cp1252", "replace")


READERS: dict[str, Callable[[bytes], str]] = {
    ".docx": _docx,
    ".pptx": _pptx,
    ".xlsx": _xlsx,
    ".html": _html,
    ".htm": _html,
    ".pdf": _pdf,
}


def read_document(data: bytes, filename: str) -> str:
    """The text of a file, empty when it has none. Raises Unreadable. Takes a while."""
    ext = PurePath(filename).suffix.lower()
    reader = _pdf if data.startswith(b"%PDF-") else READERS.get(ext, _decoded)
    lines = (line.rstrip() for line in reader(data).splitlines())
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()
