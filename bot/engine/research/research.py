"""Searching the web, reading pages and documents through Venice: a cent for each success, reserved first.

Everything that comes back was written by strangers: it is material, never an instruction.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from typing import TypeVar
from urllib.parse import urlsplit

from bot.declarations import Medium
from bot.engine.money.cashier import Cashier
from bot.engine.turns.turn import Turn
from bot.errors import UserError, VeniceError, VeniceFailure
from bot.venice import (
    PARSE_FEE,
    SCRAPE_FEE,
    SEARCH_FEE,
    Document,
    ModelLimits,
    Page,
    ParsedText,
    SearchRequest,
    VeniceClient,
)
from bot.venice.augment import PARSE, QUERY_LIMIT, SCRAPE, SEARCH, Found, page_address, search_body
from bot.venice.types import Source

CALLS_A_MINUTE = 20
"""What Venice allows an account to search, and to read."""
ADDRESS_CHARS = 2_000
UNREACHED = "That page could not be opened. It may be down, or closed to readers like me; it cost nothing."
NO_TEXT = (
    "I find no text in that document. If it is a scan, send its pages as pictures: then I can look at them."
)
_BOT_TOKEN = re.compile(r"/bot\d+:[\w-]{20,}")
_HEADING = re.compile(r"^#{1,3}\s+(.+?)\s*#*$", re.MULTILINE)
_MARKUP = re.compile(r"!?\[([^\]]*)\]\([^)]*\)|[*_`]+")
_T = TypeVar("_T", Found, Page, ParsedText)


class Researcher:
    """Looks things up for a turn. Every method raises CapReached before it costs, UserError for what the
    asker can mend, and VeniceError."""

    def __init__(self, client: VeniceClient, cashier: Cashier) -> None:
        self._client = client
        self._cashier = cashier
        limits = ModelLimits(CALLS_A_MINUTE, None, None)
        client.limits.set_limits({SEARCH: limits, SCRAPE: limits})

    async def search(self, turn: Turn, query: str, *, limit: int = 10) -> tuple[Source, ...]:
        """What the web has, best first, at most ten. Nothing found is an empty tuple, and paid."""
        request = SearchRequest(query[: QUERY_LIMIT + 1], limit)
        search_body(request)  # refuses before anything is reserved
        augment = self._client.augment
        found = await self._paid(turn, SEARCH, SEARCH_FEE, lambda: augment.search(request, user=turn.person))
        return found.sources

    async def read(self, turn: Turn, url: str) -> Page:
        """A page as Markdown; one that cannot be reached costs nothing."""
        address = checked_address(url)
        augment = self._client.augment
        try:
            return await self._paid(
                turn, SCRAPE, SCRAPE_FEE, lambda: augment.scrape(address, user=turn.person)
            )
        except VeniceError as error:
            if error.failure is VeniceFailure.SERVER:
                raise UserError(UNREACHED, detail=error.detail) from error
            raise

    async def parse(self, turn: Turn, document: Document) -> ParsedText:
        """The text of a document of at most 25 MB, which has been checked before."""
        augment = self._client.augment
        try:
            return await self._paid(turn, PARSE, PARSE_FEE, lambda: augment.parse(document, user=turn.person))
        except VeniceError as error:
            if error.failure is VeniceFailure.BAD_REQUEST and error.status == 400:
                raise UserError(NO_TEXT, detail=error.detail) from error
            raise

    async def _paid(self, turn: Turn, what: str, price: int, call: Callable[[], Awaitable[_T]]) -> _T:
        """One call within the limits; `what` stands in the ledger in the place of a model."""
        paying = self._cashier.paying(turn.payer, turn.settlements, Medium.SEARCH, what, price)
        async with paying as bill:
            bill.wait()
            async with self._client.limits.turn(what, turn.person, 0):
                bill.start()
                result = await call()
                bill.charge(price, request_id=result.request_id)
                return result


def checked_address(url: str) -> str:
    """An address that may be read. Raises VeniceError or UserError, with the sentence that says why not."""
    if len(url) > ADDRESS_CHARS:
        raise UserError("That address is too long to be opened.")
    address = page_address(url)
    if _BOT_TOKEN.search(urlsplit(address).path):
        raise UserError("That address holds the secret token of a bot, so I pass it on to nobody.")
    return address


def title_of(page: Page) -> str:
    """What a page calls itself, else where it is."""
    heading = _HEADING.search(page.text[:4_000])
    words = _MARKUP.sub(lambda match: match[1] or "", heading[1]).strip() if heading is not None else ""
    return words[:120] or host_of(page.url) or page.url


def fenced(text: str, tag: str) -> str:
    """Untrusted text between `<tag>` and `</tag>`, in which nothing can end its own fence."""
    safe = text.replace("<", "‹").replace(">", "›")
    return f"<{tag}>\n{safe}\n</{tag}>"


def host_of(url: str) -> str:
    """The host of an address as strangers write them; "" where it is none."""
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""
