"""The growing text of one answer: when to look at it again, and which call comes next."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from bot.delivery.draft import Draft
from bot.delivery.pages import Change, Page, next_change, plain_form
from bot.messages import ButtonRows, MessageRef, Part, Place
from bot.ports import Door

_UNKNOWN = Part("\0")
"""What a message of an earlier answer shows; equal to nothing that is ever wanted."""


@dataclass(frozen=True, slots=True)
class Wait:
    """Nothing to do for so many seconds, None until something happens."""

    seconds: float | None


class TextFlow:
    """Compares what is wanted with what is shown. It makes no calls; Answer reports how each one went.

    Where a send may or may not have arrived and must not be repeated, the text that follows goes on in
    new messages from the character where the doubtful one ended: nothing is said twice.
    """

    def __init__(self, door: Door, draft: Draft, *, recovering: bool = False) -> None:
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
        self._composed = -1
        self._composed_length = 0
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

    def is_adopted(self, change: Change) -> bool:
        """True for a message of an earlier answer that does not show this one yet."""
        return change.index in self._adopted

    def resume(self, refs: Sequence[MessageRef]) -> None:
        """Messages of this text from before a restart; nobody knows any more what they show."""
        self.pages += [Page(Part(""), (), ref) for ref in refs]

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
        if not settle and now < self._due:
            return None if self._due == math.inf else Wait(self._due - now)
        if self._adopted and not self._draft.length:
            self._rest(settle)  # an answer without a word leaves the earlier one alone
            return None
        wanted = self._wanted()
        change = next_change(self.pages, wanted, self._draft.buttons, settle=settle, final=self._draft.done)
        if change is None:
            self._rest(settle)
        return change

    def _rest(self, settled: bool) -> None:
        self._due = math.inf
        if settled:
            self._looked = self._draft.revision
            self.synced = self._draft.version

    def _wanted(self) -> list[Part]:
        if self._composed != self._draft.version:
            text = self._draft.text
            if not text.startswith(self._skipped):
                # Rather a beginning shown twice than one that is lost.
                self._skipped = ""
            self._parts = self._door.compose(text[len(self._skipped) :])
            self._composed = self._draft.version
            self._composed_length = len(text)
        if not self._refused:
            return self._parts
        return [self._form(index, part) for index, part in enumerate(self._parts)]

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
        """The formatted form was refused. False if the plain one was, too, or is the same."""
        self._repeat = None
        self._touch()
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
        complete = self._draft.done and self._composed == self._draft.version
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
        self._composed = -1
        self._touch()

    def moved(self, place: Place) -> None:
        """The chat has a new id."""
        for page in self.pages:
            if page.ref is not None:
                page.ref = replace(page.ref, place=place)
