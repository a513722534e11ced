"""The growing text of one answer: when to look at it again, and which call comes next."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

from bot.delivery.draft import Draft
from bot.delivery.livedoor import LiveDoor
from bot.delivery.pages import Change, Page, next_change, next_full, plain_form
from bot.delivery.style import ORDINARY, Streaming, Style
from bot.messages import ButtonRows, MessageRef, Part, Place

Other = TypeVar("Other")

_UNKNOWN = Part("\0")
"""What a message of an earlier answer shows; equal to nothing that is ever wanted."""


@dataclass(frozen=True, slots=True)
class Wait:
    """Nothing to do for so many seconds, None until something happens."""

    seconds: float | None


def sooner(first: Wait | None, second: Other | Wait | None) -> Other | Wait | None:
    """The earlier of two waits; anything else comes before a wait."""
    if first is None or not isinstance(second, Wait):
        return second or first
    waits = [wait.seconds for wait in (first, second) if wait.seconds is not None]
    return Wait(min(waits, default=None))


class TextFlow:
    """Compares what is wanted with what is shown. It makes no calls; Answer reports how each one went.

    Where a send may or may not have arrived and must not be repeated, the text that follows goes on in
    new messages from the character where the doubtful one ended: nothing is said twice.

    A finished text that needs the rich form is one message. While such a text grows, no second message is
    begun: it could not become part of the first.
    """

    def __init__(self, door: LiveDoor, draft: Draft, *, recovering: bool = False) -> None:
        """`recovering`: a message that is sent may be there from before a restart and show other words."""
        self._recovering = recovering
        self._door = door
        self._draft = draft
        self.pages: list[Page] = []
        self.synced = 0  # everything up to this text version is shown
        self._due = math.inf
        self._earliest = -math.inf
        self._looked = -1
        self._hurried = False
        self._parts: list[Part] = []
        self._composed: tuple[int, bool] | None = None
        self._composed_length = 0
        self._style = ORDINARY
        self._in_place = False
        self._becomes_rich = False
        self._rich_refused = False
        self._shown_length = 0
        self._skipped = ""
        self._skipped_pages = 0
        self._repeat: Change | None = None
        self._refused: set[Part] = set()
        self._plain: set[int] = set()
        self._adopted: set[int] = set()

    def adopt(self, refs: Sequence[MessageRef]) -> None:
        """Begin with messages that are there already: the text takes the place of theirs."""
        self.pages = [Page(_UNKNOWN, (), ref) for ref in refs]
        self._adopted = set(range(len(refs)))
        self._in_place = bool(refs)

    def restyle(self, style: Style) -> None:
        """Show the text like this from now on."""
        self._style = style
        self._in_place = self._in_place or bool(self.pages)

    @property
    def streaming(self) -> Streaming:
        """What people see while the text grows. A message that stood there before is edited, since a draft
        beside it would show the text twice."""
        streaming = self._style.streaming
        return Streaming.EDITS if streaming is Streaming.DRAFTS and self._in_place else streaming

    @property
    def preview(self) -> Part | None:
        """What a draft shows: the part that no message holds yet, or the newest one where all parts become
        one rich message."""
        growing = self._parts[-1:] if self._becomes_rich else self._parts[len(self.pages) :]
        return growing[0] if growing else None

    def is_adopted(self, change: Change) -> bool:
        """True for a message of an earlier answer that does not show this one yet."""
        return change.index in self._adopted

    def resume(self, refs: Sequence[MessageRef]) -> None:
        """Messages of this text from before a restart; nobody knows any more what they show."""
        self.pages += [Page(Part(""), (), ref) for ref in refs]
        self._in_place = self._in_place or bool(refs)

    def grown(self, now: float) -> bool:
        """Something came in. True if the answer's task must look up, False if it wakes in time anyway."""
        pacing = self._door.capabilities.pacing
        if not self._hurried and not self.pages and self._draft.length >= pacing.first_chars:
            self._hurried = True
            self._due = max(now, self._earliest)
            return True
        if self._due < math.inf:
            return False
        self._due = max(self._earliest, now + pacing.first_delay)
        return True

    def next(self, now: float, *, flush: bool) -> Change | Wait | None:
        """The next call, the time until it, or None if everything known is shown. `flush` does not wait
        for the pace."""
        if self._repeat is not None:
            return self._repeat
        if self._looked == self._draft.revision:
            return None
        settle = flush or self._draft.done
        if not settle and self.streaming is Streaming.OFF:
            return None
        if not settle and now < self._due:
            return None if self._due == math.inf else Wait(self._due - now)
        if self._adopted and not self._draft.length:
            self._rest(settle)  # an answer without a word leaves the earlier one alone
            return None
        change = self._change(self._wanted(), settle=settle)
        if change is None:
            self._rest(settle)
        return change

    def _change(self, wanted: Sequence[Part], *, settle: bool) -> Change | None:
        if self._becomes_rich and not settle:
            wanted = wanted[:1]
        if self.streaming is Streaming.DRAFTS and not settle:
            return next_full(self.pages, wanted)
        return next_change(self.pages, wanted, self._draft.buttons, settle=settle, final=self._draft.done)

    def _rest(self, settled: bool) -> None:
        self._due = math.inf
        if settled:
            self._looked = self._draft.revision
            self.synced = self._draft.version

    def _wanted(self) -> list[Part]:
        if self._composed != self._known:
            text = self._draft.text
            if not text.startswith(self._skipped):
                # Rather a beginning shown twice than one that is lost.
                self._skipped = ""
            self._parts = self._compose(text[len(self._skipped) :])
            self._composed = self._known
            self._composed_length = len(text)
        if not self._refused:
            return self._parts
        return [self._form(index, part) for index, part in enumerate(self._parts)]

    @property
    def _known(self) -> tuple[int, bool]:
        """The version of the text to show, and whether the rich form is open to it."""
        return self._draft.version, self._draft.done and self._style.rich

    def _compose(self, text: str) -> list[Part]:
        rich = self._door.rich(text) if self._may_be_rich() else None
        self._becomes_rich = rich is not None
        return [rich] if rich is not None and self._draft.done else self._door.compose(text)

    def _may_be_rich(self) -> bool:
        """Whether one message can still hold the whole text."""
        one = 0 if self.streaming is Streaming.DRAFTS else 1
        sound = len(self.pages) <= one and not any(page.fixed for page in self.pages)
        return self._style.rich and not self._rich_refused and sound

    def _form(self, index: int, part: Part) -> Part:
        """The part, or its plain text where the platform refused the formatted form. While streaming a
        message that was refused once stays plain; its final form is tried again if it is another one."""
        streaming = index in self._plain and not self._draft.done
        return plain_form(part) if streaming or part in self._refused else part

    def number(self, change: Change) -> int:
        """How many messages of this answer were begun before this one."""
        return self._skipped_pages + change.index

    def ref(self, change: Change) -> MessageRef:
        """The message that a change edits."""
        ref = self.pages[change.index].ref
        assert ref is not None, "only messages that were sent are edited"  # noqa: S101
        return ref

    def carries(self, buttons: ButtonRows) -> bool:
        """True if these buttons are under a message of the text."""
        return any(page.buttons == buttons for page in self.pages)

    def postpone(self, until: float) -> None:
        """No streamed edit before that time."""
        self._earliest = max(self._earliest, until)
        self._touch()

    def _touch(self) -> None:
        self._looked = -1
        self._due = self._earliest

    def shown(self, change: Change, ref: MessageRef, next_at: float) -> None:
        """A call has arrived. The next streamed edit may follow at `next_at`."""
        self._repeat = None
        self._adopted.discard(change.index)
        # The platform knows the nonce of a send and drops its repetition, whatever that says.
        page = Page(_UNKNOWN if change.new and self._recovering else change.part, change.buttons, ref)
        if change.new:
            self.pages.append(page)
        else:
            self.pages[change.index] = page
        if change.index == len(self._parts) - 1:
            self._shown_length = self._composed_length
        self.postpone(next_at)

    def repeat(self, change: Change) -> None:
        """A send may have arrived: say exactly the same again, so that what is shown stays known."""
        self._repeat = change

    def refused(self, change: Change) -> bool:
        """This form was refused: the rich one gives way to the ordinary one, that to the plain one. False
        if the plain one was refused, too, or is the same."""
        self._repeat = None
        self._touch()
        if change.part.rich:
            self._rich_refused, self._composed = True, None
            return True
        plain = plain_form(change.part)
        if plain == change.part:
            return False
        self._refused.add(change.part)
        self._plain.add(change.index)
        return True

    def give_up(self, change: Change) -> None:
        """Leave this message as it is; the rest goes on."""
        self._repeat = None
        self._touch()
        if change.new:
            self.pages.append(Page(change.part, change.buttons, fixed=True))
        else:
            self.pages[change.index].fixed = True

    def unknown(self, change: Change) -> None:
        """Nobody knows whether this send arrived, and it must not be repeated."""
        self.give_up(change)
        complete = self._draft.done and self._composed == self._known
        if len(self.pages) >= len(self._parts) and not complete:
            self._shown_length = self._composed_length
            self.start_over()

    def start_over(self) -> None:
        """Leave all messages as they are: what follows the text they show goes to new ones."""
        self._skipped = self._draft.text[: self._shown_length]
        self._skipped_pages += len(self.pages)
        self.pages = []
        self._adopted = set()
        self._plain = set()
        self._composed = None
        self._touch()

    def moved(self, place: Place) -> None:
        """The chat has a new id."""
        for page in self.pages:
            if page.ref is not None:
                page.ref = replace(page.ref, place=place)
