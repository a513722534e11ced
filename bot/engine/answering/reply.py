"""An answer as it arrives from Venice: what is shown of it, what it cost, what its buttons need to know.

An answer may take several calls, with tools used in between. What people see is one text: the words of
each call, and a line for each thing that was done. Memory keeps the words alone.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from bot.engine.money.cashier import Bill
from bot.engine.text.citations import MarkerFilter, linked, plain_markers, source_list
from bot.engine.turns.again import Receipt
from bot.engine.turns.answerbook import THOUGHT_CHARS, Outcome
from bot.engine.turns.turn import Turn
from bot.errors import UserError
from bot.messages import Source
from bot.ports import Clock
from bot.venice import (
    ChatEvent,
    ChatRequest,
    Citations,
    ContentPart,
    Finished,
    Model,
    ReasoningDelta,
    TextDelta,
    TextPart,
    Tool,
    ToolCall,
    ToolCallDone,
    UsageReport,
)
from bot.venice.pricing import SEARCH_FEE, chat_cost, interrupted_cost, likely_tokens

CUT = "\n\n*(I stopped at the length limit here. Say “continue” for the rest.)*"
NO_TEXT = "The model thought so long that nothing was left for the answer. Try `/settings` with thinking off."
NO_WORDS = "I tried my tools but came to no answer. Please ask again in other words, or in smaller steps."
REFUSED = "The model declined to answer this."


@dataclass(slots=True)
class Heard:
    """One call of the model as it arrives."""

    request: ChatRequest
    received: str = ""
    searched: bool = False
    usage: UsageReport | None = None
    finished: Finished | None = None
    calls: list[ToolCall] = field(default_factory=list[ToolCall])


@dataclass(frozen=True, slots=True)
class _Piece:
    """A paragraph that is settled: words of the model, or a line about what was done."""

    text: str
    words: bool


@dataclass(slots=True)
class Reply:
    """The answer as it grows: text without half citation markers, sources, usage. `searching` says that
    sources may come, and with them markers in the text. `deeds` are what tools did, for memory."""

    turn: Turn
    clock: Clock
    shown: bool
    searching: bool = False
    raw: str = ""
    heard: list[Heard] = field(default_factory=list[Heard])
    sources: tuple[Source, ...] = ()
    deeds: list[str] = field(default_factory=list[str])
    held: MarkerFilter = field(default_factory=MarkerFilter)
    waited: bool = False
    thought: str = ""
    first_at: float | None = None
    note: str = ""
    """Said before the first word or deed."""
    since: int = 0
    _pieces: list[_Piece] = field(default_factory=list[_Piece])
    _doing: str = ""

    def __post_init__(self) -> None:
        self.since = len(self.turn.settlements)

    @property
    def finished(self) -> Finished | None:
        """How the last call ended, None while it has not."""
        return self.heard[-1].finished if self.heard else None

    @property
    def arrived(self) -> bool:
        """Whether there is anything worth keeping."""
        return bool(self.raw.strip() or self._pieces or self.deeds)

    @property
    def begun(self) -> bool:
        """Whether the model has said or wished anything, aloud or to itself."""
        return any(heard.received or heard.calls for heard in self.heard)

    @property
    def speaking(self) -> bool:
        """Whether the call under way has said or wished anything."""
        return bool(self.heard) and bool(self.heard[-1].received or self.heard[-1].calls)

    def begin(self, request: ChatRequest) -> Heard:
        """The next call of the model begins; what it says continues the answer."""
        self._settle_words()
        heard = Heard(request)
        self.heard.append(heard)
        self.searching = self.searching or request.web_search != "off" or request.web_scraping
        return heard

    def in_line(self, place: int) -> None:
        """The place in the queue, shown where the answer will be."""
        if len(self.heard) > 1:
            return
        self.waited = self.turn.in_line = True
        self.turn.replace(f"*Many people are asking right now: you are number {place} in line.*")

    def take(self, event: ChatEvent) -> None:
        """The next event of the call under way."""
        heard = self.heard[-1]
        if self.first_at is None and isinstance(event, TextDelta):
            self.first_at = self.clock()
        match event:
            case TextDelta(text=text):
                heard.received += text
                self._more(self.held.feed(text) if self.searching else text)
            case ReasoningDelta(text=text):
                heard.received += text
                if len(self.thought) < THOUGHT_CHARS:
                    self.thought += text
            case Citations(sources=sources):
                heard.searched = True
                self.sources = tuple(Source(i, s.title, s.url) for i, s in enumerate(sources, 1))
            case UsageReport():
                heard.usage = event
            case Finished():
                heard.finished = event
            case ToolCallDone(call=call):
                heard.calls.append(call)

    # --- what tools do ---

    def doing(self, line: str) -> None:
        """Show what is being done, until it is done. `line` is CommonMark."""
        self._tell()
        self._settle_words()
        self._doing = line
        self._show()

    def did(self, line: str, deed: str) -> None:
        """It is done: `line` stays in what is shown, `deed` in memory; "" for neither."""
        self._doing = ""
        if line:
            self._pieces.append(_Piece(line, words=False))
        if deed:
            self.deeds.append(deed)
        self._show()

    def cite(self, sources: Iterable[tuple[str, str]]) -> list[int]:
        """Add sources (title, address) that a tool found; returns their numbers, by which the model names
        them. One that is known already keeps its number."""
        numbers: list[int] = []
        for title, url in sources:
            known = next((one.number for one in self.sources if one.url == url), 0)
            if not known:
                known = len(self.sources) + 1
                self.sources = (*self.sources, Source(known, title, url))
            numbers.append(known)
        self.searching = self.searching or bool(self.sources)
        return numbers

    def cite_all(self, sources: Iterable[Source]) -> None:
        """The answer rests on these, numbered as they are."""
        self.sources = tuple(sources)
        self.searching = self.searching or bool(self.sources)

    # --- the end ---

    def outcome(self, model: Model, search: str, *, unfinished: bool = False) -> Outcome:
        """How it went, for receipt and buttons."""
        turn = self.turn
        usages = [heard.usage for heard in self.heard if heard.usage is not None]
        paid = turn.settlements[self.since :]
        receipt = Receipt(
            model=model.id,
            name=model.name,
            private=model.private,
            cost=sum(one.cost for one in paid),
            prompt=sum(usage.prompt for usage in usages),
            cached=sum(usage.cached for usage in usages),
            completion=sum(usage.completion for usage in usages),
            reasoning=sum(usage.reasoning for usage in usages),
            searches=sum(heard.searched for heard in self.heard),
            uncertain=any(one.uncertain for one in paid),
            first=self.first_at - turn.now if self.first_at is not None else None,
            total=self.clock() - turn.now,
        )
        cut = self.finished is not None and self.finished.reason == "length"
        return Outcome(receipt, self.thought, unfinished or cut, search)

    def finish(self, mark: str = "") -> str:
        """Show the rest and the sources; returns what memory keeps: the words without source list."""
        self._doing = ""
        self._more(self.held.rest())
        said = _joined([*(one.text for one in self._pieces if one.words), self.raw])
        shown = _joined([*(one.text for one in self._pieces), self.raw])
        used: tuple[Source, ...] = ()
        if self.searching:
            said, _ = linked(said, self.sources)
            shown, used = linked(shown, self.sources)
        if self.finished is not None and not said.strip() and not self.deeds:
            raise UserError(self._wordless())
        cut = CUT if self.finished is not None and self.finished.reason == "length" else mark
        if self.shown and (self.searching or cut or self._pieces):
            self.turn.replace(shown.rstrip() + cut + source_list(used))
        return said

    def _wordless(self) -> str:
        if self.finished is not None and self.finished.reason == "content_filter":
            return REFUSED
        return NO_WORDS if any(heard.calls for heard in self.heard) else NO_TEXT

    # --- showing ---

    def _settle_words(self) -> None:
        """What the last call said is a paragraph of its own."""
        self._more(self.held.rest())
        if self.raw.strip():
            self._pieces.append(_Piece(self.raw.strip(), words=True))
        self.raw = ""

    def _more(self, text: str) -> None:
        if not text:
            return
        self._tell()
        first, self.raw = not self.raw, self.raw + text
        if not self.shown:
            return
        if (first and (self.waited or self._pieces)) or (self.searching and ("^" in text or "[" in text)):
            self._show()
        else:
            self.turn.say(text)

    def _tell(self) -> None:
        """Why this model answers, once."""
        note, self.note = self.note, ""
        if note:
            self.turn.notice(note)

    def _show(self) -> None:
        """Everything so far, as the whole text of the answer."""
        if not self.shown:
            return
        whole = _joined([*(one.text for one in self._pieces), self._doing, self.raw])
        if whole or not self.turn.placeholder:
            self.turn.replace(plain_markers(whole) if self.searching else whole)


def charge(bill: Bill, model: Model, heard: Heard, count: int) -> None:
    """Real cost where Venice counted; the list price of what arrived where the stream broke off. `count` is
    what it counts once anything arrived."""
    arrived = heard.received or "".join(call.name + call.arguments for call in heard.calls)
    count = count if arrived else 0
    request_id = heard.finished.request_id if heard.finished is not None else None
    if heard.usage is not None:
        bill.prompt, bill.cached = heard.usage.prompt, heard.usage.cached
        cost = chat_cost(model, heard.usage, searched=heard.searched)
        bill.charge(cost.micro_usd, count=count, request_id=request_id)
    elif arrived:
        prompt = likely_tokens("".join(texts_of(heard.request)))
        fees = SEARCH_FEE * (heard.request.web_search != "off")
        cost = interrupted_cost(model, prompt, arrived, fees)
        bill.charge(cost.micro_usd, count=count, uncertain=True, request_id=request_id)


def texts_of(request: ChatRequest) -> list[str]:
    """The words of a request, message by message, and the tools that go with it."""
    said = [m.content if isinstance(m.content, str) else _part_texts(m.content) for m in request.messages]
    return [*said, _tool_texts(request.tools)] if request.tools else said


def _tool_texts(tools: Sequence[Tool]) -> str:
    return "\n".join(f"{tool.name} {tool.description} {json.dumps(tool.parameters)}" for tool in tools)


def _part_texts(parts: tuple[ContentPart, ...]) -> str:
    return "".join(part.text for part in parts if isinstance(part, TextPart))


def _joined(texts: Sequence[str]) -> str:
    """Paragraphs. The last one keeps its end, to which more may come; a single one is left as it is."""
    kept = [text for text in texts if text.strip()]
    if len(kept) < 2:
        return kept[0] if kept else ""
    return "\n\n".join([*(text.strip() for text in kept[:-1]), kept[-1].lstrip()])
