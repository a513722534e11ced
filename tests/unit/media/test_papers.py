"""Documents: what is read of good ones, and the sentence for each bad one."""

import time

import pytest

from bot.errors import UserError
from bot.media import papers
from bot.media.papers import Paper, examine, shown_name
from bot.media.sorts import Sort, sort_of
from bot.media.unpacking import MOST_CHARACTERS, MOST_PAGES
from tests.papers import (
    docx,
    pdf,
    pdf_bomb,
    pdf_locked,
    pdf_loop,
    pptx,
    xlsx,
    zip_bomb,
    zip_crowd,
    zip_liar,
    zipped,
)
from tests.pictures import picture
from tests.sounds import film, mp3, ogg, samples, wav

OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(500)
PROGRAM = b"MZ\x90\x00" + bytes(400)


def refused(data: bytes, name: str) -> str:
    with pytest.raises(UserError) as caught:
        examine(data, name)
    return caught.value.reader_text


def test_a_pdf_is_read_page_by_page() -> None:
    paper = examine(pdf("The lamp is green.", "The door is red."), "notes.pdf")
    assert (paper.sort, paper.pages, paper.scan, paper.clipped) == ("pdf", 2, False, False)
    assert paper.text.index("green") < paper.text.index("red")
    assert paper.mime == "application/pdf"


@pytest.mark.parametrize(
    ("data", "sort", "words"),
    [
        (docx("Dear Ann,", "the lamp &amp; the door"), "docx", "Dear Ann,\nthe lamp & the door"),
        (xlsx([["Name", "Age"], ["Ann", "41"]]), "xlsx", "Sheet 1\nName\tAge\nAnn\t41"),
        (pptx("Welcome", "The end"), "pptx", "Slide 1\nWelcome\nSlide 2\nThe end"),
        (
            zipped({"mimetype": "application/epub+zip", "a/1.xhtml": "<p>Once</p><script>x</script>"}),
            "epub",
            "Once",
        ),
        (
            zipped(
                {
                    "mimetype": "application/vnd.oasis.opendocument.text",
                    "content.xml": "<text:p>One</text:p><text:p>Two</text:p>",
                }
            ),
            "odf",
            "One\nTwo",
        ),
    ],
    ids=["docx", "xlsx", "pptx", "epub", "odf"],
)
def test_office_documents_are_read(data: bytes, sort: str, words: str) -> None:
    paper = examine(data, "file")
    assert paper.sort == sort
    assert "\n".join(line for line in paper.text.splitlines() if line) == words
    assert paper.local == (sort == "odf")


@pytest.mark.parametrize(
    ("data", "text"),
    [
        ("día".encode(), "día"),
        (b"\xef\xbb\xbfd\xc3\xada", "día"),
        ("día".encode("utf-16"), "día"),
        ("día".encode("utf-32"), "día"),
        ("día – “so”".encode("cp1252"), "día – “so”"),
    ],
    ids=["utf-8", "bom", "utf-16", "utf-32", "cp1252"],
)
def test_text_is_decoded_whatever_its_charset(data: bytes, text: str) -> None:
    assert examine(data, "notes.txt").text == text


def test_the_ending_becomes_true() -> None:
    paper = examine(pdf("Some words that are long enough"), "report.docx")
    assert (paper.name, paper.sort) == ("report.docx.pdf", "pdf")


def test_a_scan_is_a_scan() -> None:
    assert examine(pdf("", ""), "scan.pdf").scan


def test_long_documents_are_clipped() -> None:
    word = "word " * 2_000
    long = examine(pdf(*[word] * (MOST_CHARACTERS // 10_000 + 10)), "long.pdf")
    assert long.clipped
    assert len(long.text) <= MOST_CHARACTERS
    many = examine(pdf(*["some words here"] * (MOST_PAGES + 1)), "many.pdf")
    assert (many.pages, many.clipped) == (MOST_PAGES + 1, True)


def test_a_pdf_that_only_forbids_printing_is_read_here() -> None:
    paper = examine(pdf_locked("The lamp is green today.", ""), "p.pdf")
    assert "green" in paper.text
    assert paper.local


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"", "`f.pdf` is empty"),
        (b"  \n", "`f.pdf` is empty"),
        (PROGRAM, "is a program, whatever its name says"),
        (b"\x7fELF" + bytes(100), "is a program, whatever its name says"),
        (b"\x00\x01\x02" * 90, "I do not know how to read `f.pdf`. I read PDF, Word"),
        (pdf_locked("secret", "1234"), "protected by a password"),
        (pdf("some words here")[:200], "damaged or incomplete"),
        (b"%PDF-1.7\n" + bytes(500), "damaged or incomplete"),
        (docx("words")[:-40], "damaged or incomplete"),
        (zip_liar(), "damaged or incomplete"),
        (zip_bomb(), "unpacks to far more"),
        (zip_crowd(), "unpacks to far more"),
        (pdf_bomb(), "unpacks to far more"),
        (zipped({"a.txt": "hello"}), "is an archive. Please unpack it"),
        (b"\x1f\x8b" + bytes(50), "is an archive. Please unpack it"),
        (OLE, "in a format of old Office programs"),
        (OLE + "EncryptedPackage".encode("utf-16-le"), "protected by a password"),
        (picture(), "is a picture, not a document"),
        (ogg(samples(0.1)), "is sound, not a document"),
    ],
    ids=[
        *("empty", "blank", "exe", "elf", "binary", "pdf-password", "pdf-cut", "pdf-empty", "docx-cut"),
        *("zip-liar", "zip-bomb", "zip-crowd", "pdf-bomb", "zip", "gz", "doc", "office-password"),
        *("picture", "sound"),
    ],
)
def test_bad_files_get_a_sentence(data: bytes, sentence: str) -> None:
    started = time.monotonic()
    assert sentence in refused(data, "f.pdf")
    assert time.monotonic() - started < 25


def test_a_loop_of_pages_ends() -> None:
    assert "`loop.pdf`" in refused(pdf_loop(), "loop.pdf")


def test_old_excel_is_taken_unread() -> None:
    paper = examine(OLE + "Workbook".encode("utf-16-le"), "sums")
    assert (paper.sort, paper.name, paper.text) == ("xls", "sums.xls", "")


def test_sorts_go_by_content() -> None:
    sorts = [sort_of(data) for data in (wav(samples(0.1)), mp3(samples(0.3)), film(None, 0.2), picture())]
    assert sorts == [Sort.SOUND, Sort.SOUND, Sort.FILM, Sort.PICTURE]
    assert sort_of(b"RIFF0000WEBPVP8 ") is Sort.PICTURE
    assert sort_of(b"\0\0\0\x1cftypheic") is Sort.PICTURE
    assert sort_of(b"MZ is how this sentence begins") is Sort.TEXT
    assert sort_of(b'{"a": 1}') is Sort.TEXT


def test_names_are_fit_to_be_shown() -> None:
    assert shown_name("../../etc/`pass`\nwd\u202e.txt") == ".. .. etc pass wd .txt"
    assert shown_name("") == "file"
    assert len(shown_name("x" * 500 + ".docx")) <= 81
    assert shown_name("x" * 500 + ".docx").endswith("….docx")


def test_a_paper_says_what_it_is() -> None:
    assert examine(b"print('hi')", "a.py") == Paper(
        "a.py", "text", "text/x-python", b"print('hi')", "print('hi')"
    )


def test_a_document_that_takes_too_long_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(papers, "SECONDS", 0.02)
    assert "takes too long to read" in refused(pdf("words"), "slow.pdf")
