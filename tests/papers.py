"""Documents for tests, good ones and hostile ones, made here byte by byte."""

from __future__ import annotations

import io
import zipfile
import zlib

from PIL import Image
from pypdf import PdfWriter


def pdf(*pages: str, streams: list[bytes] | None = None) -> bytes:
    """A PDF with a line of text on each page; `streams` are compressed page contents instead."""
    contents = streams or [zlib.compress(f"BT /F1 12 Tf 20 100 Td ({text}) Tj ET".encode()) for text in pages]
    kids = " ".join(f"{4 + 2 * number} 0 R" for number in range(len(contents)))
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        f"<< /Type /Pages /Kids [{kids}] /Count {len(contents)} >>".encode(),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    ]
    for number, data in enumerate(contents):
        page = "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 300 200] /Resources << /Font << /F1 3 0 R >> >> "
        objects.append(f"{page}/Contents {5 + 2 * number} 0 R >>".encode())
        head = f"<< /Filter /FlateDecode /Length {len(data)} >>\nstream\n".encode()
        objects.append(head + data + b"\nendstream")
    return _pdf_file(objects)


def _pdf_file(objects: list[bytes]) -> bytes:
    out, places = bytearray(b"%PDF-1.4\n"), list[int]()
    for number, body in enumerate(objects, start=1):
        places.append(len(out))
        out += f"{number} 0 obj\n".encode() + body + b"\nendobj\n"
    table = len(out)
    out += f"xref\n0 {len(objects) + 1}\n0000000000 65535 f \n".encode()
    out += b"".join(f"{place:010} 00000 n \n".encode() for place in places)
    out += f"trailer << /Size {len(objects) + 1} /Root 1 0 R >>\nstartxref\n{table}\n%%EOF".encode()
    return bytes(out)


def pdf_scanned(*pages: bytes) -> bytes:
    """A PDF whose pages are JPEG pictures."""
    buffer = io.BytesIO()
    first, *others = [Image.open(io.BytesIO(page)).convert("RGB") for page in pages]
    first.save(buffer, "PDF", save_all=True, append_images=others)
    return buffer.getvalue()


def pdf_locked(text: str, password: str) -> bytes:
    """A PDF that opens with a password; "" for one that only forbids printing."""
    writer = PdfWriter(clone_from=io.BytesIO(pdf(text)))
    writer.encrypt(user_password=password, owner_password="owner", algorithm="AES-256")
    buffer = io.BytesIO()
    writer.write(buffer)
    return buffer.getvalue()


def pdf_bomb() -> bytes:
    """A page whose 300 KB unpack to 300 MB."""
    packer = zlib.compressobj(9)
    line = b"0 0 m 1 1 l S\n" * 100_000
    packed = b"".join(packer.compress(line) for _ in range(215)) + packer.flush()
    return pdf(streams=[packed])


def pdf_loop() -> bytes:
    """A tree of pages that contains itself."""
    return _pdf_file(
        [b"<< /Type /Catalog /Pages 2 0 R >>", b"<< /Type /Pages /Kids [2 0 R 2 0 R] /Count 9999999 >>"]
    )


def zipped(parts: dict[str, bytes | str]) -> bytes:
    """A zip archive."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in parts.items():
            archive.writestr(name, data)
    return buffer.getvalue()


def docx(*paragraphs: str) -> bytes:
    """A Word document."""
    body = "".join(f"<w:p><w:r><w:t>{text}</w:t></w:r></w:p>" for text in paragraphs)
    return zipped(
        {
            "[Content_Types].xml": "<Types/>",
            "word/document.xml": f'<w:document xmlns:w="w"><w:body>{body}</w:body></w:document>',
        }
    )


def xlsx(rows: list[list[str]]) -> bytes:
    """An Excel sheet with its words in the shared table."""
    words = [word for row in rows for word in row]
    shared = "".join(f"<si><t>{word}</t></si>" for word in words)
    at, lines = 0, ""
    for row in rows:
        cells = "".join(f'<c t="s"><v>{at + number}</v></c>' for number in range(len(row)))
        lines, at = f"{lines}<row>{cells}</row>", at + len(row)
    return zipped(
        {
            "[Content_Types].xml": "<Types/>",
            "xl/workbook.xml": "<workbook/>",
            "xl/sharedStrings.xml": f"<sst>{shared}</sst>",
            "xl/worksheets/sheet1.xml": f"<worksheet><sheetData>{lines}</sheetData></worksheet>",
        }
    )


def pptx(*slides: str) -> bytes:
    """A PowerPoint file, one text a slide."""
    parts: dict[str, bytes | str] = {"[Content_Types].xml": "<Types/>", "ppt/presentation.xml": "<p/>"}
    for number, text in enumerate(slides, start=1):
        parts[f"ppt/slides/slide{number}.xml"] = f"<p:sld><a:p><a:r><a:t>{text}</a:t></a:r></a:p></p:sld>"
    return zipped(parts)


def zip_bomb() -> bytes:
    """A Word document of 300 KB that unpacks to 300 MB, but says so."""
    return zipped({"word/document.xml": bytes(300_000_000)})


def zip_liar() -> bytes:
    """A Word document whose table of contents makes a part look small."""
    honest = zipped({"word/document.xml": bytes(3_000_000)})
    return honest.replace((3_000_000).to_bytes(4, "little"), (1_000).to_bytes(4, "little"))


def zip_crowd() -> bytes:
    """A Word document of very many empty parts."""
    return zipped({"word/document.xml": "", **{f"word/{number}.xml": "" for number in range(6_000)}})
