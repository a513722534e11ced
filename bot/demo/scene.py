"""The conversation as the responder sees it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from bot.demo.attachments import Attachment, read_attachment
from bot.demo.jsonvalue import Json, JsonObject, as_list, as_object, as_text
from bot.demo.persona import Persona
from bot.demo.search import Source

_STAGE_DIRECTION = re.compile(r"\A(?:\([^()]*\)\n\n)+")
"""First paragraphs in brackets tell the model something; nobody asked it."""


@dataclass(frozen=True, slots=True)
class Said:
    """One earlier message of the person (`mine` False) or of the model."""

    mine: bool
    text: str


@dataclass(frozen=True, slots=True)
class Scene:
    """Everything an answer may depend on. `question` is the last message of the person."""

    question: str
    history: tuple[Said, ...]
    persona: Persona
    attachments: tuple[Attachment, ...] = ()
    sources: tuple[Source, ...] = ()
    cites: bool = False
    now: datetime = field(default_factory=lambda: datetime.now(UTC))

    @property
    def asked(self) -> list[str]:
        """What the person said before, oldest first."""
        return [said.text for said in self.history if not said.mine]

    @property
    def opening(self) -> bool:
        """True for the first reply of a conversation."""
        return not any(said.mine for said in self.history)

    def earlier(self) -> Scene | None:
        """The scene one exchange before, None at the beginning."""
        for index in range(len(self.history) - 1, -1, -1):
            if not self.history[index].mine:
                said = self.history[index]
                return replace(self, question=said.text, history=self.history[:index], attachments=())
        return None


def text_of(content: Json) -> str:
    """The text of a message, whether it is a string or a list of parts."""
    if isinstance(content, str):
        return content
    parts = [as_text(as_object(part).get("text")) for part in as_list(content)]
    return "\n".join(part for part in parts if part)


def system_text(messages: Sequence[JsonObject]) -> str:
    spoken = [text_of(one.get("content")) for one in messages if one.get("role") in ("system", "developer")]
    return "\n".join(spoken)


def last_question(messages: Sequence[JsonObject]) -> tuple[int, str]:
    """Index and text of the last message of the person; -1 and an empty text when there is none."""
    for index in range(len(messages) - 1, -1, -1):
        if messages[index].get("role") == "user":
            return index, _STAGE_DIRECTION.sub("", text_of(messages[index].get("content")))
    return -1, ""


def _spoken(messages: Sequence[JsonObject]) -> tuple[Said, ...]:
    return tuple(
        Said(one.get("role") == "assistant", text_of(one.get("content")))
        for one in messages
        if one.get("role") in ("user", "assistant")
    )


def attachments_of(message: JsonObject) -> tuple[Attachment, ...]:
    """Descriptions of what came with a message; decodes, so run it in a thread."""
    found = [read_attachment(as_object(part)) for part in as_list(message.get("content"))]
    return tuple(one for one in found if one is not None)


def build_scene(
    messages: Sequence[JsonObject], persona: Persona, attachments: tuple[Attachment, ...]
) -> Scene:
    """The scene of a request, without search results; `attachments` came with its last question."""
    index, question = last_question(messages)
    return Scene(question, _spoken(messages[: max(index, 0)]), persona, attachments)
