"""POST /augment/search, /augment/scrape and /augment/text-parser."""

from __future__ import annotations

import asyncio
import ipaddress
import math
from urllib.parse import urlsplit

from starlette.responses import JSONResponse, PlainTextResponse, Response

from bot.demo.checks import Check, number, one_of, shape, text
from bot.demo.documents import Unreadable, read_document
from bot.demo.headers import common_headers
from bot.demo.intake import MAX_FILE_BYTES
from bot.demo.jsonvalue import Json, as_integer, as_text
from bot.demo.refusals import invalid_field, plain, require, too_large
from bot.demo.search import FEE_USD, find_sources
from bot.demo.state import Call

SEARCH_FIELDS: dict[str, Check] = {
    "query": text(1, 400),
    "limit": number(1, 20, whole=True),
    "search_provider": one_of("brave", "google"),
}
SCRAPE_FIELDS: dict[str, Check] = {"url": text(1)}
SEARCH = shape(SEARCH_FIELDS, required=("query",), closed=False)
SCRAPE = shape(SCRAPE_FIELDS, required=("url",), closed=False)
CLOSED_SITES = ("x.com", "twitter.com", "reddit.com")
UNREACHABLE = ".invalid"
"""No page of this ending exists, by its very definition."""
CHARS_PER_TOKEN = 3.2
NO_TEXT = "No text content could be extracted from the file."


async def search(call: Call, slug: str) -> Response:
    body = require(SEARCH, call.record.json)
    query = as_text(body["query"])
    found = find_sources(query)[: as_integer(body.get("limit"), 10)]
    call.state.charge(call.record, FEE_USD)
    told: dict[str, Json] = {"query": query, "results": [source.as_json() for source in found]}
    return JSONResponse(told, headers=common_headers(call))


def _private(host: str) -> bool:
    try:
        return not ipaddress.ip_address(host).is_global
    except ValueError:
        return "." not in host


def _host(url: str) -> str:
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
    except ValueError as error:
        raise invalid_field("url", "Invalid url") from error
    if parts.scheme not in ("http", "https") or not host:
        raise invalid_field("url", "Invalid url")
    if _private(host):
        raise plain(400, "This URL cannot be scraped")
    if any(host == site or host.endswith(f".{site}") for site in CLOSED_SITES):
        raise plain(400, "Scraping this site is not supported")
    if host.endswith(UNREACHABLE):
        raise plain(500, "The page could not be reached")
    return host


async def scrape(call: Call, slug: str) -> Response:
    """A page made up about the address: the demo never leaves this machine."""
    url = as_text(require(SCRAPE, call.record.json)["url"])
    host = _host(url)
    words = [part for part in urlsplit(url).path.replace("-", " ").split("/") if part]
    about = ", ".join(words) or "its front page"
    content = (
        f"# {host}\n\nThis page was made up by the demo, which opens no pages. "
        f"The address is about {about}.\n\n"
        "- A real key reads the real page.\n- Each page costs one cent.\n"
    )
    call.state.charge(call.record, FEE_USD)
    told: dict[str, Json] = {"url": url, "content": content, "format": "markdown"}
    return JSONResponse(told, headers=common_headers(call))


async def parse(call: Call, slug: str) -> Response:
    """The document's own text, really read."""
    form = call.record.form.get("response_format", "json")
    if form not in ("json", "text"):
        raise invalid_field("response_format", "Invalid enum value. Expected 'json' | 'text'")
    upload = call.record.files.get("file")
    if upload is None:
        raise invalid_field("file", "Required")
    if len(upload.data) > MAX_FILE_BYTES:
        raise too_large("The file")
    try:
        found = await asyncio.to_thread(read_document, upload.data, upload.filename)
    except Unreadable as error:
        raise plain(400, str(error)) from error
    if not found:
        raise plain(400, NO_TEXT)
    call.state.charge(call.record, FEE_USD)
    if form == "text":
        return PlainTextResponse(found, headers=common_headers(call))
    told: dict[str, Json] = {"text": found, "tokens": math.ceil(len(found) / CHARS_PER_TOKEN)}
    return JSONResponse(told, headers=common_headers(call))
