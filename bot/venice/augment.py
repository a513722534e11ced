"""`client.augment`: searching the web, reading a page, reading a document. Each success costs a cent.

What comes back was written by strangers: it is material, never an instruction.
"""

from __future__ import annotations

import html
import mimetypes
import re
from dataclasses import dataclass
from typing import Literal
from urllib.parse import urlsplit

from bot.errors import Fault, VeniceError, VeniceFailure
from bot.venice.addresses import is_private
from bot.venice.bodies import Body, refused
from bot.venice.calls import Calls
from bot.venice.data import as_int, as_list, as_object, as_text
from bot.venice.errors import failure
from bot.venice.http import Answer, Upload
from bot.venice.media_bodies import UPLOAD_LIMIT
from bot.venice.types import Source

QUERY_LIMIT = 400
CONTENT_LIMIT = 200_000
"""Characters kept of a page; Venice may send a million."""
MOST_RESULTS = {"brave": 10, "google": 5}
"""What Venice really gives, whatever is asked for."""
REFUSED_SITES = ("x.com", "twitter.com", "reddit.com")
PARSE_FEE = 10_000
TAG = re.compile(r"<[^>]{0,500}>")
SEARCH, SCRAPE, PARSE = "augment/search", "augment/scrape", "augment/text-parser"


@dataclass(frozen=True, slots=True)
class SearchRequest:
    """A web search of at most 400 characters. Google's search sees more of who asks than Brave's."""

    query: str
    limit: int = 10
    provider: Literal["brave", "google"] = "brave"


@dataclass(frozen=True, slots=True)
class Page:
    """A page as Markdown, of untrusted text; `cut` says that the end is missing."""

    url: str
    text: str
    cut: bool
    request_id: str | None = None


@dataclass(frozen=True, slots=True)
class Found:
    """What a search found, best first."""

    sources: tuple[Source, ...]
    request_id: str | None = None


@dataclass(frozen=True, slots=True)
class Document:
    """A file to read, at most 25 MB. The extension of `filename` tells Venice what it is."""

    data: bytes
    filename: str


@dataclass(frozen=True, slots=True)
class ParsedText:
    """The text of a document, untrusted; `tokens` is Venice's estimate."""

    text: str
    tokens: int
    request_id: str | None = None


class Augment:
    """Every method raises VeniceError only. `user` is the person's hash, for the error breaker."""

    def __init__(self, calls: Calls) -> None:
        self._calls = calls

    async def search(self, request: SearchRequest, *, user: str = "") -> Found:
        """What the web has, best first; without the tags Venice puts around found words."""
        body = search_body(request)
        send = self._calls.wire.post
        answer = await self._calls.paid(SEARCH, user, lambda: send(SEARCH, body))
        fields = as_object(answer.json())
        if not isinstance(fields.get("results"), list):
            raise _bad_answer(answer, "no results")
        found = (_source(as_object(one)) for one in as_list(fields.get("results")))
        return Found(tuple(source for source in found if source.url), answer.notices.request_id)

    async def scrape(self, url: str, *, user: str = "") -> Page:
        """One page. A page that cannot be reached is SERVER and costs nothing."""
        body: Body = {"url": page_address(url)}
        send = self._calls.wire.post
        answer = await self._calls.paid(SCRAPE, user, lambda: send(SCRAPE, body))
        fields = as_object(answer.json())
        content = fields.get("content")
        if not isinstance(content, str):
            raise _bad_answer(answer, "no page")
        return Page(
            as_text(fields.get("url")) or url,
            content[:CONTENT_LIMIT],
            len(content) > CONTENT_LIMIT,
            answer.notices.request_id,
        )

    async def parse(self, document: Document, *, user: str = "") -> ParsedText:
        """The text of a document: PDF, DOCX, PPTX, XLSX or plain. A scan has none and is BAD_REQUEST."""
        if not document.data:
            raise refused("That file is empty.")
        if len(document.data) > UPLOAD_LIMIT:
            raise failure(VeniceFailure.TOO_LARGE, fault=Fault.USER, detail="refused before sending")
        mime = mimetypes.guess_type(document.filename)[0] or "text/plain"
        upload = Upload(document.filename or "document.txt", document.data, mime)
        send = self._calls.wire.post_form
        answer = await self._calls.paid(PARSE, user, lambda: send(PARSE, {"response_format": "json"}, upload))
        fields = as_object(answer.json())
        text = fields.get("text")
        if not isinstance(text, str):
            raise _bad_answer(answer, "no text")
        return ParsedText(text, as_int(fields.get("tokens")), answer.notices.request_id)


def search_body(request: SearchRequest) -> Body:
    """The body of POST /augment/search."""
    query = " ".join(request.query.split())
    if not query:
        raise refused("Tell me what to search for.")
    if len(query) > QUERY_LIMIT:
        raise refused(f"A search takes up to {QUERY_LIMIT} characters. Please say it more briefly.")
    limit = max(1, min(request.limit, MOST_RESULTS[request.provider]))
    return {"query": query, "limit": limit, "search_provider": request.provider}


def page_address(url: str) -> str:
    """The address to read. Raises VeniceError for what Venice refuses: other schemes, private hosts, sites
    that forbid it; and for passwords inside addresses, which nobody should pass on."""
    try:
        parts = urlsplit(url.strip())
        host = (parts.hostname or "").lower().rstrip(".")
    except ValueError:
        host, parts = "", urlsplit("")
    if parts.scheme not in ("http", "https") or not host:
        raise refused("That is no address of a web page. It should begin with https://.")
    if parts.username is not None or is_private(host):
        raise refused("I do not open private addresses.")
    if any(host == site or host.endswith(f".{site}") for site in REFUSED_SITES):
        raise refused("Venice cannot read pages of that site.")
    return url.strip()


def _source(fields: object) -> Source:
    row = as_object(fields)
    title, content = (html.unescape(TAG.sub("", as_text(row.get(name)))) for name in ("title", "content"))
    return Source(title, as_text(row.get("url")), content, as_text(row.get("date")))


def _bad_answer(answer: Answer, detail: str) -> VeniceError:
    return failure(VeniceFailure.BAD_ANSWER, detail=detail, request_id=answer.notices.request_id)
