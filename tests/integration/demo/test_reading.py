"""Documents really read, pages, searches, voices, reviews."""

from __future__ import annotations

import io
import zipfile
import zlib

import pytest

from bot.demo import DemoVenice, Fault
from bot.errors import VeniceError, VeniceFailure
from bot.venice import (
    Document,
    SearchRequest,
    SpeechRequest,
    Timeouts,
    VeniceClient,
    VoiceSample,
)
from tests.contract.demo_cases import wav
from tests.integration.demo.caller import Caller

CENT = 0.01


def _zipped(**parts: str) -> bytes:
    """An Office file of these parts; in their names, two underscores stand for a slash."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in parts.items():
            archive.writestr(name.replace("__", "/") + ".xml", text)
    return out.getvalue()


DOCX = _zipped(
    word__document="<w:document><w:body><w:p><w:r><w:t>High</w:t></w:r><w:r><w:t xml:space='preserve'> tide"
    " &amp; low</w:t></w:r></w:p><w:p><w:r><w:instrText>HIDDEN</w:instrText><w:t>Second</w:t></w:r></w:p>"
    "</w:body></w:document>"
)
PPTX = _zipped(
    ppt__slides__slide10="<p:sld><a:p><a:r><a:t>Last</a:t></a:r></a:p></p:sld>",
    ppt__slides__slide2="<p:sld><a:p><a:r><a:t>First</a:t></a:r></a:p></p:sld>",
)
XLSX = _zipped(
    xl__sharedStrings="<sst><si><t>Harbour</t></si><si><r><t>Ven</t></r><r><t>ice</t></r></si></sst>",
    xl__worksheets__sheet1='<worksheet><sheetData><row r="1"><c r="A1" t="s"><v>0</v></c>'
    '<c r="B1" t="s"><v>1</v></c></row><row r="2"><c r="A2"><v>3.5</v></c><c r="B2"/>'
    '<c r="C2" t="inlineStr"><is><t>inline</t></is></c></row></sheetData></worksheet>',
)
HTML = (
    b"<html><head><title>Tides</title><style>p{color:red}</style></head><body><h1>Sea</h1><p>High<br>low"
    b"<script>evil()</script></p><table><tr><td>a</td><td>b</td></tr></table></body></html>"
)


def _pdf(*, packed: bool = True, extra: bytes = b"") -> bytes:
    page = rb"BT /F1 12 Tf 72 700 Td (High \(very\) tide) Tj 0 -14 Td [(Ven) -20 (ice)] TJ (\344) Tj ET"
    stream = zlib.compress(page) if packed else page
    head = b"<< /Length %d %s>>" % (len(stream), b"/Filter /FlateDecode " if packed else b"")
    return b"%PDF-1.4\n4 0 obj\n" + head + b"\nstream\n" + stream + b"\nendstream\nendobj\n" + extra


@pytest.mark.parametrize(
    ("name", "data", "text"),
    [
        ("a.txt", "Grüße\r\nan alle".encode(), "Grüße\nan alle"),
        ("a.txt", "Grüße".encode("utf-16"), "Grüße"),
        ("a.txt", "Grüße".encode("cp1252"), "Grüße"),
        ("a.md", b"\xef\xbb\xbf# Title\n\n\n\n- one", "# Title\n\n- one"),
        ("a.csv", b"a,b\n1,2\n", "a,b\n1,2"),
        ("a.html", HTML, "Tides\nSea\nHigh\nlow\na\tb"),
        ("a.docx", DOCX, "High tide & low\nSecond"),
        ("a.pptx", PPTX, "First\n\nLast"),
        ("a.xlsx", XLSX, "Harbour\tVenice\n3.5\t\tinline"),
        ("a.pdf", _pdf(), "High (very) tide\nVeniceä"),
        ("misnamed.txt", _pdf(packed=False), "High (very) tide\nVeniceä"),
    ],
)
async def test_documents_are_really_read(demo: DemoVenice, name: str, data: bytes, text: str) -> None:
    async with VeniceClient("k", demo.base_url) as client:
        parsed = await client.augment.parse(Document(data, name))
    assert parsed.text == text
    assert parsed.tokens == -(-len(text) * 10 // 32)
    assert demo.requests[-1].cost_usd == CENT


@pytest.mark.parametrize(
    ("name", "data", "words"),
    [
        ("a.pdf", b"%PDF-1.4 no text here", "scan"),
        ("a.txt", b"   ", "scan"),
        ("a.pdf", _pdf(extra=b"trailer << /Encrypt 5 0 R >>"), "did not accept"),
        ("a.docx", b"PK\x03\x04 broken", "did not accept"),
        ("a.bin", b"\x00\xff\x81", "did not accept"),
    ],
)
async def test_documents_that_cannot_be_read_cost_nothing(
    demo: DemoVenice, name: str, data: bytes, words: str
) -> None:
    async with VeniceClient("k", demo.base_url) as client:
        with pytest.raises(VeniceError) as caught:
            await client.augment.parse(Document(data, name))
    assert caught.value.failure is VeniceFailure.BAD_REQUEST
    assert words in caught.value.reader_text
    assert demo.requests[-1].cost_usd == 0


def _pdf_bomb() -> bytes:
    """Two streams that unpack to more than 64 MB together."""
    stream = zlib.compress(bytes(33 * 1024 * 1024))
    one = b"1 0 obj << /Filter /FlateDecode >>\nstream\n" + stream + b"\nendstream endobj\n"
    return b"%PDF-1.4\n" + one * 2


@pytest.mark.parametrize("name", ["a.docx", "a.pdf"])
async def test_a_bomb_is_refused(caller: Caller, name: str) -> None:
    huge = "<w:t>" + "x" * (65 * 1024 * 1024) + "</w:t>"
    bomb = _zipped(word__document=huge) if name == "a.docx" else _pdf_bomb()
    assert len(bomb) < 1_000_000
    answer = await caller.http.post("/augment/text-parser", files={"file": (name, bomb)})
    assert answer.status_code == 400
    assert "too large" in answer.json()["error"]


async def test_text_answers(caller: Caller) -> None:
    answer = await caller.http.post(
        "/augment/text-parser", files={"file": ("a.txt", b"hello")}, data={"response_format": "text"}
    )
    assert answer.headers["content-type"].startswith("text/plain")
    assert answer.text == "hello"


async def test_searches_and_pages(demo: DemoVenice) -> None:
    async with VeniceClient("k", demo.base_url) as client:
        sources = (await client.augment.search(SearchRequest("spring tides", 2))).sources
        page = await client.augment.scrape("https://example.org/spring-tides/at-night")
        with pytest.raises(VeniceError) as caught:
            await client.augment.scrape("https://nowhere.invalid/")
    assert len(sources) == 2
    assert all("<" not in one.content and "tides" in one.content for one in sources)
    assert "spring tides, at night" in page.text
    assert caught.value.failure is VeniceFailure.SERVER
    assert [seen.cost_usd for seen in demo.requests] == [CENT, CENT, 0]


@pytest.mark.parametrize(
    ("fault", "failure"),
    [
        (Fault.status(400), VeniceFailure.BAD_REQUEST),
        (Fault.status(402), VeniceFailure.BALANCE),
        (Fault.status(429, retry_after=60), VeniceFailure.RATE_LIMITED),
        (Fault.html(502), VeniceFailure.SERVER),
        (Fault.lost_answer(), VeniceFailure.TIMEOUT),
    ],
    ids=lambda one: str(getattr(one, "kind", one)),
)
async def test_faults(demo: DemoVenice, fault: Fault, failure: VeniceFailure) -> None:
    demo.faults.next("/augment/search", fault)
    async with VeniceClient("k", demo.base_url, timeouts=Timeouts(answer=0.3)) as client:
        with pytest.raises(VeniceError) as caught:
            await client.augment.search(SearchRequest("tides"))
    assert caught.value.failure is failure
    assert len(demo.requests) == 1


async def test_a_learned_voice_speaks_with_its_own_model_only(demo: DemoVenice) -> None:
    async with VeniceClient("k", demo.base_url) as client:
        catalogue = await client.catalogue()
        learner, other = catalogue.get("tts-chatterbox-hd"), catalogue.get("tts-kokoro")
        assert learner is not None
        assert other is not None
        voice = await client.clone_voice(VoiceSample(wav(6), "me.wav"), learner)
        assert voice.id.startswith("vv_")
        speech = await client.speech(SpeechRequest("hello", voice.id), learner)
        assert speech.data.startswith(b"RIFF")
        for request, model in (
            (SpeechRequest("hello", voice.id), other),
            (SpeechRequest("x", "vv_"), learner),
        ):
            with pytest.raises(VeniceError) as caught:
                await client.speech(request, model)
            assert caught.value.failure is VeniceFailure.BAD_REQUEST


async def test_reviews_page_by_page_give_the_average_the_character_has(demo: DemoVenice) -> None:
    async with VeniceClient("k", demo.base_url) as client:
        character = await client.character("unit-seven")
        pages = [await client.character_reviews("unit-seven", page, 15) for page in (1, 2, 3, 4)]
        with pytest.raises(VeniceError) as caught:
            await client.character_reviews("nobody")
    assert [len(page.reviews) for page in pages] == [15, 15, 10, 0]
    ratings = [review.rating for page in pages for review in page.reviews]
    assert len({review.id for page in pages for review in page.reviews}) == 40
    assert sum(ratings) / len(ratings) == pytest.approx(character.stats.rating)
    assert (pages[0].total, pages[0].pages, pages[0].average) == (40, 3, character.stats.rating)
    assert caught.value.failure is VeniceFailure.NOT_FOUND
