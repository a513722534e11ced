"""/read, and /search with research: an answer that rests on pages and documents, with its sources."""

from __future__ import annotations

import re
from dataclasses import replace

from bot.commands.services import Services, text_option
from bot.declarations import Command, Medium, MenuEntry, Option
from bot.engine.money.caps import dollars
from bot.engine.research.briefing import brief
from bot.engine.research.digest import Digest
from bot.engine.research.inquiry import MOST
from bot.engine.turns.registry import Bound
from bot.engine.turns.turn import Turn
from bot.errors import UserError
from bot.messages import Attachment, MediaKind

URL = re.compile(r"https?://[^\s<>\"]+", re.I)
_TRAILING = ".,;:!?)]}'\"”"
WHOLE = "Summarise this: what it is about, what it says, and what follows from it."
NOTHING_TO_READ = (
    "Tell me what to read: `/read https://example.org/page`, or reply with `/read` to a message with a link "
    "or a document. What you write besides is what I look for in it."
)
DOCUMENTS = frozenset({MediaKind.DOCUMENT})

READ = Command(
    "read",
    "Read a web page or a document and sum it up, with sources.",
    (Option("what", "An address, and what you want to know from it.", rest=True, maximum=3000),),
    medium=Medium.SEARCH,
    takes_file=True,
    menu=(MenuEntry("Read and sum up"),),
)
RESEARCH_NOTE = f"up to {dollars(MOST)}"


def bound(services: Services) -> list[Bound]:
    """The commands of this group."""

    async def read(turn: Turn) -> None:
        await _read(services, turn)

    return [Bound(READ, read, ordered=True)]


async def research(services: Services, turn: Turn, question: str) -> None:
    """An answer that rests on several searches and the best pages."""
    services.answers.begin(turn)
    findings = await services.inquirer.inquire(turn, question)
    await services.talker.answer(turn, question, search="on", brief=brief(question, findings.passages))
    if findings.saved:
        turn.notice(findings.saved)
    if findings.trouble:
        turn.notice(f"*{findings.trouble}*")


async def _read(services: Services, turn: Turn) -> None:
    words = text_option(turn, "what")
    url, file = _address(turn, words), _document(turn)
    wish = " ".join(URL.sub(" ", words).split())
    asked = "\n\n".join(piece for piece in (wish or WHOLE, url) if piece)
    if url:
        services.answers.begin(turn)
        digest = await services.digester.page(turn, url, wish)
    elif file is not None:
        services.answers.begin(turn)
        digest = await services.digester.file(turn, file, wish)
    else:
        raise UserError(NOTHING_TO_READ)
    await _answer(services, turn, asked, digest)


async def _answer(services: Services, turn: Turn, asked: str, digest: Digest) -> None:
    quoted = turn.incoming.quoted
    if quoted is not None:
        # Its link or document has been read; its words are no part of the question.
        turn.incoming = replace(turn.incoming, quoted=replace(quoted, text=""))
    found = brief(asked, digest.passages, f"(read: {digest.title})")
    await services.talker.answer(turn, asked, search="off", brief=found)
    if digest.left_out:
        turn.notice(f"*{digest.left_out}*")


def _address(turn: Turn, words: str) -> str:
    """The first address in what was typed, else in the message replied to, if nothing is attached."""
    quoted = turn.incoming.quoted.text if turn.incoming.quoted is not None else ""
    found = URL.search(words) or (URL.search(quoted) if _document(turn) is None else None)
    if found is None:
        return ""
    url = found[0]
    while url and url[-1] in _TRAILING and not (url[-1] == ")" and url.count("(") >= url.count(")")):
        url = url[:-1]
    return url


def _document(turn: Turn) -> Attachment | None:
    """What is attached, else what the replied-to message carries."""
    quoted = turn.incoming.quoted.attachments if turn.incoming.quoted is not None else ()
    return next((one for one in (*turn.incoming.attachments, *quoted) if one.kind in DOCUMENTS), None)
