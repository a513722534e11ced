"""Who answers: the name and manner taken from the system prompt or a character."""

from __future__ import annotations

import re
from dataclasses import dataclass

from bot.demo.cast import Character

NAME = re.compile(
    r"\b(?i:you are|your name is|you're|act as|play(?: the role of)?)\s+(?i:an?\s|the\s|called\s)?"
    r"((?:Captain |Doctor |Dr\. |Professor |Lady |Sir )?[A-Z][\w'’-]+(?: [A-Z][\w'’-]+)?)"
)
NOT_NAMES = frozenset({"AI", "LLM", "Discord", "Telegram"})
SPEAKS = r"\b(?:you are|you're|act as|play|speak|talk|sound|answer|reply)\b[^.\n]{0,80}\b"
DEFAULT_NAME = "Gondola"


@dataclass(frozen=True, slots=True)
class Manner:
    """How a persona opens and closes what it says."""

    opening: str = ""
    closing: str = ""


MANNERS: dict[str, Manner] = {
    "pirate": Manner("Arr, listen well! ", " Fair winds to ye!"),
    "butler": Manner("Very good. ", " Will that be all?"),
    "poet": Manner("Softly, then: ", " So the evening has it."),
    "robot": Manner("Processing complete. ", " End of statement."),
    "wizard": Manner("By staff and starlight! ", " So it is written."),
    "stoic": Manner("Consider this calmly. ", " The rest is not in our power."),
    "chef": Manner("Let me stir the pot. ", " Season to taste!"),
    "detective": Manner("The facts, one by one. ", " Elementary."),
    "teacher": Manner("A good question. ", " Does that make sense?"),
    "cheerful": Manner("Oh, lovely! ", " Hooray!"),
    "gruff": Manner("Hm. ", " That's all."),
}
HINTS = {
    "pirate": "pirate|sailor",
    "butler": "butler|valet",
    "poet": "poet|poetic",
    "robot": "robot|android",
    "wizard": "wizard|witch|mage|sorcerer",
    "stoic": "stoic|philosopher|emperor",
    "chef": "chef",
    "detective": "detective|sleuth",
    "teacher": "teacher|tutor|professor",
    "cheerful": "cheerful|bubbly|enthusiastic",
    "gruff": "gruff|grumpy|terse",
}


@dataclass(frozen=True, slots=True)
class Persona:
    """`plain` is the demo speaking as itself."""

    name: str
    manner: Manner
    plain: bool = False

    def say(self, words: str) -> str:
        """The words in this persona's manner; code and tables keep their ends."""
        closing = "" if words.endswith(("```", "|")) else self.manner.closing
        return f"{self.manner.opening}{words}{closing}"


def _manner(text: str) -> Manner:
    for name, hint in HINTS.items():
        if re.search(rf"{SPEAKS}(?:{hint})\b", text, re.I):
            return MANNERS[name]
    return Manner()


def persona_of(system: str, character: Character | None) -> Persona:
    """The character's persona, else the one the system prompt names, else the demo itself."""
    if character is not None:
        return Persona(character.name, MANNERS[character.manner])
    match = NAME.search(system)
    manner = _manner(system)
    name = match[1] if match and match[1].split()[0] not in NOT_NAMES else DEFAULT_NAME
    return Persona(name, manner, plain=name == DEFAULT_NAME and manner == Manner())
