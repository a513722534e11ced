"""What is gathered for one question: parts for the model, words, and what both sides are told of them."""

from __future__ import annotations

from dataclasses import dataclass, field

from bot.engine.files.documents import room_for
from bot.engine.turns.turn import Turn
from bot.errors import GondolaError, UserError
from bot.media.papers import shown_name
from bot.messages import Attachment
from bot.venice import ContentPart, FilePart, ImagePart, Model, TextPart

MOST_PICTURES = 10
MOST_FILE_PARTS = 5
MOST_BYTES = 24_000_000
"""Of all files, sounds and films sent along: as base64 text they have to fit into a request of 35 MB."""


@dataclass(slots=True)
class Basket:
    """Fills up for the answer of `model`. `words` become part of the question and are remembered, `noted` are
    names of what memory keeps only a note of, `remarks` are sentences for the person, `missed` the reasons
    for what could not be taken. `tokens_left` and `bytes_left` are for documents and files, `frames` says how
    many pictures of a moving one are taken."""

    turn: Turn
    model: Model
    parts: list[ContentPart] = field(default_factory=list[ContentPart])
    words: list[str] = field(default_factory=list[str])
    noted: list[str] = field(default_factory=list[str])
    remarks: list[str] = field(default_factory=list[str])
    missed: list[GondolaError] = field(default_factory=list[GondolaError])
    tokens_left: int = 0
    bytes_left: int = MOST_BYTES
    frames: int = 1

    def __post_init__(self) -> None:
        self.tokens_left = room_for(self.model)

    @property
    def pictures_left(self) -> int:
        """How many more pictures the model takes."""
        most = min(MOST_PICTURES, self.model.capabilities.max_images or MOST_PICTURES)
        return max(0, most - sum(isinstance(part, ImagePart) for part in self.parts))

    @property
    def takes_files(self) -> bool:
        """Whether one more file part may go along."""
        return sum(isinstance(part, FilePart) for part in self.parts) < MOST_FILE_PARTS

    def note(self, one: Attachment) -> None:
        """Memory shall know of it."""
        self.noted.append(f"{one.kind.value} {shown_name(one.name)}")

    def label(self, text: str) -> None:
        """A line for the model about what follows."""
        self.parts.append(TextPart(text))

    def check_pictures(self) -> None:
        """A UserError where one more picture would be too many."""
        if not self.pictures_left:
            raise UserError("It is left out: these are more pictures than I can look at at once.")

    def pictures(self, urls: tuple[str, ...], label: str = "") -> None:
        """Pictures, with a line in front that says what they are."""
        if label:
            self.label(label)
        self.parts += [ImagePart(url) for url in urls]

    def fits(self, size: int) -> bool:
        """Whether so many bytes more may go along; they are counted if they may."""
        if size > self.bytes_left:
            return False
        self.bytes_left -= size
        return True

    def miss(self, one: Attachment, error: GondolaError) -> None:
        """It could not be taken: the person is told why, and the model that something is missing."""
        self.missed.append(error)
        name = shown_name(one.name)
        reason = error.reader_text
        self.remarks.append(reason if f"`{name}`" in reason else f"`{name}`: {reason}")
        self.label(f"({name} was sent along, but could not be opened. The person has been told why.)")
