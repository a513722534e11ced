"""An answer as it arrives from Venice: what is shown of it, what it cost, what its buttons need to know."""

from __future__ import annotations

from dataclasses import dataclass, field

from bot.engine.again import Receipt
from bot.engine.answerbook import THOUGHT_CHARS, Outcome
from bot.engine.cashier import Bill
from bot.engine.citations import MarkerFilter, linked, plain_markers, source_list
from bot.engine.turn import Turn
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
    ToolCallDone,
    UsageReport,
)
from bot.venice.pricing import SEARCH_FEE, chat_cost, interrupted_cost, likely_tokens

CUT = "\n\n*(I stopped at the length limit here. Say “continue” for the rest.)*"
NO_TEXT = "The model thought so long that nothing was left for the answer. Try `/settings` with thinking off."
REFUSED = "The model declined to answer this."


@dataclass(slots=True)
class Reply:
    """The answer as it arrives: text without half citation markers, sources, usage."""

    turn: Turn
    request: ChatRequest
    clock: Clock
    shown: bool
    raw: str = ""
    received: str = ""
    sources: tuple[Source, ...] = ()
    usage: UsageReport | None = None
    finished: Finished | None = None
    held: MarkerFilter = field(default_factory=MarkerFilter)
    waited: bool = False
    thought: str = ""
    first_at: float | None = None
    note: str = ""
    """Said before the first word."""

    @property
    def searching(self) -> bool:
        """Whether sources may come, and with them markers in the text."""
        return self.request.web_search != "off" or self.request.web_scraping

    def in_line(self, place: int) -> None:
        """The place in the queue, shown where the answer will be."""
        self.waited = self.turn.in_line = True
        self.turn.replace(f"*Many people are asking right now: you are number {place} in line.*")

    def take(self, event: ChatEvent) -> None:
        """The next event of the stream."""
        if self.first_at is None and isinstance(event, TextDelta):
            self.first_at = self.clock()
        match event:
            case TextDelta(text=text):
                self.received += text
                self._more(self.held.feed(text) if self.searching else text)
            case ReasoningDelta(text=text):
                self.received += text
                if len(self.thought) < THOUGHT_CHARS:
                    self.thought += text
            case Citations(sources=sources):
                self.sources = tuple(Source(i, s.title, s.url) for i, s in enumerate(sources, 1))
            case UsageReport():
                self.usage = event
            case Finished():
                self.finished = event
            case ToolCallDone():
                pass  # no tools are offered

    def outcome(self, model: Model, search: str, *, unfinished: bool = False) -> Outcome:
        """How it went, for receipt and buttons."""
        turn, usage = self.turn, self.usage
        paid = turn.settlements[-1] if turn.settlements else None
        receipt = Receipt(
            model=model.id,
            name=model.name,
            private=model.private,
            cost=paid.cost if paid is not None else 0,
            prompt=usage.prompt if usage is not None else 0,
            cached=usage.cached if usage is not None else 0,
            completion=usage.completion if usage is not None else 0,
            reasoning=usage.reasoning if usage is not None else 0,
            searches=int(bool(self.sources)),
            uncertain=paid is not None and paid.uncertain,
            first=self.first_at - turn.now if self.first_at is not None else None,
            total=self.clock() - turn.now,
        )
        cut = self.finished is not None and self.finished.reason == "length"
        return Outcome(receipt, self.thought, unfinished or cut, search)

    def finish(self, mark: str = "") -> str:
        """Show the rest and the sources; returns what memory keeps: the text without its source list."""
        self._more(self.held.rest())
        text, used = linked(self.raw, self.sources) if self.searching else (self.raw, ())
        if self.finished is not None and not text.strip():
            raise UserError(REFUSED if self.finished.reason == "content_filter" else NO_TEXT)
        cut = CUT if self.finished is not None and self.finished.reason == "length" else mark
        if self.shown and (self.searching or cut):
            self.turn.replace(text.rstrip() + cut + source_list(used))
        return text

    def _more(self, text: str) -> None:
        if not text:
            return
        first, self.raw = not self.raw, self.raw + text
        if first and self.note:
            self.turn.notice(self.note)
        if not self.shown:
            return
        if first and self.waited:
            self.turn.replace(self.raw)
        elif self.searching and ("^" in text or "[" in text):
            self.turn.replace(plain_markers(self.raw))
        else:
            self.turn.say(text)


def charge(bill: Bill, model: Model, request: ChatRequest, reply: Reply) -> None:
    """Real cost where Venice counted; the list price of what arrived where the stream broke off."""
    count = 1 if reply.received else 0
    request_id = reply.finished.request_id if reply.finished is not None else None
    if reply.usage is not None:
        cost = chat_cost(model, reply.usage, searched=bool(reply.sources))
        bill.charge(cost.micro_usd, count=count, request_id=request_id)
    elif reply.received:
        prompt = likely_tokens("".join(texts_of(request)))
        fees = SEARCH_FEE * (request.web_search != "off")
        cost = interrupted_cost(model, prompt, reply.received, fees)
        bill.charge(cost.micro_usd, count=count, uncertain=True, request_id=request_id)


def texts_of(request: ChatRequest) -> list[str]:
    """The words of a request, message by message."""
    return [m.content if isinstance(m.content, str) else _part_texts(m.content) for m in request.messages]


def _part_texts(parts: tuple[ContentPart, ...]) -> str:
    return "".join(part.text for part in parts if isinstance(part, TextPart))
