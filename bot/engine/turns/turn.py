"""One turn: a question of one person in one place, and the answer growing under it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from dataclasses import dataclass, field, replace

from bot.delivery import Answer, Delivered
from bot.engine.doors.permits import Gate
from bot.engine.money.cashier import Payer
from bot.engine.money.purse import Purse
from bot.engine.settings.book import PlaceSettings
from bot.engine.turns.again import Again
from bot.engine.turns.mailbox import Attempt
from bot.errors import NotAllowed, UserError
from bot.messages import SPOKEN, ButtonRows, Incoming, Media, MediaReady, Notice, TextDelta, TextReplaced
from bot.records import HistoryItem, Settlement


async def _unmarked() -> None:
    """A turn that no journal follows."""


Listener = Callable[[Delivered], Awaitable[None]]


@dataclass(slots=True)
class Turn:
    """What a handler works with. `person` is the keyed hash of the asker; `now` Unix seconds at the start.

    Handlers push what they have to say and leave timing, splitting and editing to delivery. Settlements
    and history collected here are written in one transaction when the turn closes. `chat` is the chat
    the question goes to, `replaces` the earlier turns it takes the place of; `placeholder` says that
    what stands in the answer is not yet part of it.
    """

    id: str
    incoming: Incoming
    person: str
    settings: PlaceSettings
    owner: bool
    moderator: bool
    answer: Answer
    now: float
    attempt: Attempt | None = None
    settlements: list[Settlement] = field(default_factory=list[Settlement])
    history: list[HistoryItem] = field(default_factory=list[HistoryItem])
    chat: str = ""
    replaces: tuple[str, ...] = ()
    placeholder: bool = False
    in_line: bool = False
    """Waiting for Venice's limits: what is visible so far is only the place in the queue."""
    begin: Callable[[], Awaitable[None]] = _unmarked
    """Journals that Venice is called now; from here on the turn is not run again by itself."""
    again: Again | None = None
    off_record: bool = False
    """Nothing of it may be kept."""
    showed: bool = False
    """Whether files are part of the answer."""
    gate: Gate = field(default_factory=Gate)
    """What the asker may use here."""
    purse: Purse | None = None
    """Bounds what tools spend, None outside them."""
    closed: asyncio.Event = field(default_factory=asyncio.Event)
    """Set once the turn is written down, with what it adds to memory."""
    besides: list[asyncio.Task[None]] = field(default_factory=list[asyncio.Task[None]])
    listeners: list[Listener] = field(default_factory=list["Listener"])
    """Hear what was delivered once the answer has ended, before the turn closes; see to their own errors."""

    @property
    def payer(self) -> Payer:
        """Who pays for calls of this turn."""
        return Payer(self.id, self.incoming.place, self.person, self.begin, self.purse, self.gate.pays)

    @property
    def question_ids(self) -> tuple[str, ...]:
        """The messages the question consists of."""
        letters = self.attempt.letters if self.attempt is not None else ()
        ids = [letter.incoming.message_id for letter in letters] or [self.incoming.message_id]
        return tuple(one for one in ids if one)

    @property
    def stopped(self) -> bool:
        """True once somebody stopped this answer."""
        return self.attempt is not None and self.attempt.stopped

    @property
    def reply_mode(self) -> str:
        """How to answer: "text", "voice" or "both". Mirroring answers a voice with both, words with text."""
        mode = self.settings.text("reply_mode")
        if mode != "mirror":
            return mode
        return "both" if any(one.kind in SPOKEN for one in self.incoming.attachments) else "text"

    def beside(self, work: Coroutine[None, None, None]) -> None:
        """Small work that must not delay the answer; the turn ends after it. It sees to its own errors."""
        self.besides.append(asyncio.create_task(work))

    def say(self, text: str) -> None:
        """More text of the answer, CommonMark."""
        self.answer.push(TextReplaced(text) if self.placeholder else TextDelta(text))
        self.placeholder = False

    def replace(self, text: str) -> None:
        """The whole text of the answer is now this."""
        self.placeholder = False
        self.answer.push(TextReplaced(text))

    def hold(self, text: str) -> None:
        """Show something where the answer will be, until its first text."""
        self.answer.push(TextReplaced(text))
        self.placeholder = True

    def show(
        self,
        items: Sequence[Media],
        caption: str = "",
        *,
        buttons: ButtonRows = (),
        rescue: ButtonRows = (),
    ) -> None:
        """Files of the answer, shown together where the platform can; see MediaReady."""
        self.showed = True
        shown = [replace(one, fleeting=one.fleeting or self.off_record) for one in items]
        self.answer.push(MediaReady(tuple(shown), caption, buttons, rescue))

    def notice(self, text: str, *, private: bool = False, buttons: ButtonRows = ()) -> None:
        """A sentence of its own beside the answer; in its place where only a placeholder stands."""
        if self.placeholder and not buttons:
            self.replace(text)
            return
        self.answer.push(Notice(text, private=private, buttons=buttons))

    def require_record(self) -> None:
        """Refuse what cannot be done without keeping words."""
        if self.off_record:
            raise UserError(
                "This is off the record, so I keep nothing, and for this I would have to. Ask me where the "
                "record is on."
            )

    def require_moderator(self) -> None:
        """Refuse unless the asker may change what holds here."""
        if not self.moderator:
            self._require_known()
            raise NotAllowed("Only someone who manages this channel can do that.")

    @property
    def admin(self) -> bool:
        """Whether the asker may change what holds in this whole server."""
        return self.owner or (self.incoming.admin and not self.incoming.place.direct)

    def require_admin(self) -> None:
        """Refuse unless the asker manages this server, or owns this bot."""
        if not self.admin:
            self._require_known()
            raise NotAllowed("Only someone who manages this server, or an owner of this bot, can do that.")

    def _require_known(self) -> None:
        if self.incoming.unsure:
            name = self.answer.capabilities.display_name
            raise NotAllowed(f"{name} did not tell me just now who manages this chat. Try again in a moment.")

    def require_owner(self) -> None:
        """Refuse unless the asker owns this bot."""
        if not self.owner:
            raise NotAllowed("Only an owner of this bot can do that.")
