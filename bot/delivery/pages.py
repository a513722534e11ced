"""The text of an answer as messages: what is shown, what is wanted, and the next call between the two.

Splitting is the adapter's (`Door.compose`) and usually stable: a part keeps its text once a later part
exists. A new message is therefore begun only when its part is more than a few characters, so that markup
closing late does not leave a message without text. Should the final text still need fewer messages than
are shown (an answer replaced by a shorter one), the surplus ones become a single "·": platforms have no
common way to take a message back, and a dot repeats nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bot.messages import ButtonRows, MessageRef, Part

NEXT_PART_CHARS = 80
"""A further message is begun while streaming once its part has so many characters."""

SURPLUS = Part("·", plain="·")


@dataclass(slots=True)
class Page:
    """One message of text. `ref` is None where nobody knows whether the send arrived; a `fixed` page is
    left as it is."""

    part: Part
    buttons: ButtonRows = ()
    ref: MessageRef | None = None
    fixed: bool = False


@dataclass(frozen=True, slots=True)
class Change:
    """Show this part with these buttons at this index; `new` for a message not sent yet. An `urgent`
    change waits for room, another one may be left out."""

    index: int
    part: Part
    buttons: ButtonRows
    new: bool
    urgent: bool


def next_change(
    pages: Sequence[Page], wanted: Sequence[Part], buttons: ButtonRows, *, settle: bool, final: bool
) -> Change | None:
    """The next call towards `wanted`, None if nothing is to do. `settle` shows everything known now;
    `final` says that nothing follows, so surplus messages are emptied."""
    goal = list(wanted if settle else startable(pages, wanted))
    grows = len(goal) > len(pages)
    for index, page in enumerate(pages):
        part = goal[index] if index < len(goal) else SURPLUS if final else page.part
        rows = buttons if index == len(goal) - 1 else ()
        if not page.fixed and (page.part != part or page.buttons != rows):
            return Change(index, part, rows, new=False, urgent=settle or grows)
    if not grows:
        return None
    index = len(pages)
    return Change(index, goal[index], buttons if index == len(goal) - 1 else (), new=True, urgent=True)


def startable(pages: Sequence[Page], wanted: Sequence[Part]) -> Sequence[Part]:
    """The parts to show while streaming: those begun, and the next one when it is worth a message."""
    begun = len(pages)
    following = wanted[begun : begun + 1]
    ripe = following and (begun == 0 or len(following[0].text) >= NEXT_PART_CHARS)
    return wanted[: begun + 1] if ripe else wanted[:begun]


def next_full(pages: Sequence[Page], wanted: Sequence[Part]) -> Change | None:
    """The next part that becomes a message while a draft shows what grows: one that is followed by more
    than a few characters. What is sent already waits for the end."""
    index = len(pages)
    following = wanted[index + 1 :]
    if not following or (len(following) == 1 and len(following[0].text) < NEXT_PART_CHARS):
        return None
    return Change(index, wanted[index], (), new=True, urgent=True)


def plain_form(part: Part) -> Part:
    """The part without formatting; the part itself if it has none."""
    text = part.plain or part.text
    return part if text == part.text and not part.entities else Part(text, plain=text)
