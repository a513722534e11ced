"""Documents in a question: checked before they cost anything, sent whole where they fit, else cut openly."""

from __future__ import annotations

import asyncio
import base64
import re
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from bot.errors import UserError
from bot.media.papers import Paper, examine
from bot.venice import FilePart, Model, TextPart
from bot.venice.augment import Document
from bot.venice.pricing import likely_tokens, text_token_ceiling

AT_ONCE = 2
"""Documents read at the same time in the whole house: each takes a process."""
MOST_TOKENS = 60_000
"""Of all documents of a question together: about a hundred pages."""
SHARE = 0.5
"""Of the model's room that documents may fill."""
LEAST_TOKENS = 500
FRAME_TOKENS = 2_000
"""What Venice may put around the text of a file: names, tables, page marks."""
SCANNED = (
    "`{name}` has only pictures of pages in it, no text, and I cannot read those. "
    "Please send the pages you mean as pictures."
)

_readers = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="documents")


@dataclass(frozen=True, slots=True)
class Shown:
    """A document as a model gets it; `note` says what is left out, "" when nothing is."""

    part: FilePart | TextPart
    tokens: int
    note: str = ""


async def read_paper(data: bytes, name: str) -> Paper:
    """A document, checked by its content and read as far as that can be done here. A UserError says why
    it is not: empty, a password, damaged, a bomb, too slow, not a document."""
    return await asyncio.get_running_loop().run_in_executor(_readers, examine, data, name)


def as_document(paper: Paper) -> Document:
    """For Venice's parser, which goes by the ending of the name."""
    return Document(paper.data, paper.name)


def room_for(model: Model) -> int:
    """Tokens that all documents of a question may have with this model."""
    if model.context_tokens is None:
        return MOST_TOKENS
    return min(MOST_TOKENS, int(model.context_tokens * SHARE))


def show(paper: Paper, model: Model, tokens: int, *, whole: bool = True) -> Shown:
    """A document for this model in at most so many tokens: as a file where Venice reads it better and `whole`
    files may go along, else as text. A UserError where there is no room, or no text."""
    if paper.scan:
        raise UserError(SCANNED.format(name=paper.name), detail="scanned document")
    if tokens < LEAST_TOKENS:
        raise UserError(f"`{paper.name}` is left out: the other files have filled what I can read at once.")
    if paper.sort == "xls":
        return _sheet(paper, model, tokens, whole=whole)
    needed = likely_tokens(paper.text)
    if paper.clipped or needed > tokens:
        text = cut_to(paper.text, tokens)
        return Shown(TextPart(fenced(paper, text, cut=True)), tokens, _cut_note(paper, text))
    if not whole or paper.sort == "text" or paper.local or model.capabilities.e2ee:
        return Shown(TextPart(fenced(paper, paper.text)), needed)
    return Shown(_file(paper, text_token_ceiling(paper.text) + FRAME_TOKENS), needed)


def _sheet(paper: Paper, model: Model, tokens: int, *, whole: bool) -> Shown:
    """Old Excel: only Venice can look inside, so its size alone says how long it can be."""
    if not whole or model.capabilities.e2ee:
        raise UserError(f"`{paper.name}` cannot be opened now. Please save it as .xlsx or .csv.")
    if len(paper.data) > tokens:
        raise UserError(f"`{paper.name}` is too long to read at once. Please save the part you mean as .csv.")
    return Shown(_file(paper, len(paper.data) + FRAME_TOKENS), len(paper.data) // 3)


def _file(paper: Paper, ceiling: int) -> FilePart:
    data = base64.b64encode(paper.data).decode()
    return FilePart(f"data:{paper.mime};base64,{data}", paper.name, ceiling)


def cut_to(text: str, tokens: int) -> str:
    """The beginning of a text, whole lines where that loses little."""
    kept = text.encode()[: tokens * 3].decode("utf-8", "ignore")
    line = kept.rfind("\n")
    return kept[:line] if line > len(kept) * 0.9 else kept


def fenced(paper: Paper, text: str, *, cut: bool = False) -> str:
    """A document as text that cannot be mistaken for words of the one who asks."""
    longest = max((len(run) for run in re.findall(r"`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    end = "\n(The rest of the file is left out.)" if cut else ""
    return f"(File {paper.name}:)\n{fence}\n{text}\n{fence}{end}"


def _cut_note(paper: Paper, text: str) -> str:
    more = "more than " if paper.clipped else ""
    pages = f" ({paper.pages:,} pages)" if paper.pages else ""
    return (
        f"*`{paper.name}`{pages} is long: I read the first {len(text):,} of {more}{len(paper.text):,} "
        "characters. Send me the part you mean, or ask `/read` for a summary of all of it.*"
    )
