"""Answers that need the conversation so far: names, topics, counts, repeats."""

from __future__ import annotations

import re

from bot.demo.scene import Scene
from bot.demo.words import joined, topic

MY_NAME = re.compile(
    r"\b(?:my name is|my name's|i am called|call me|ich hei(?:ß|ss)e)\s+([^\W\d_][\w'’-]*)", re.I
)
ASKS_NAME = re.compile(r"\b(?:what(?:'s| is| was) my name|who am i|remember my name|know my name)\b", re.I)
MY_FACT = re.compile(r"\bmy ((?:favou?rite )?[\w-]+(?: [\w-]+)?) is ([^.!?\n]+)", re.I)
ASKS_FACT = re.compile(r"\bwhat(?:'s| is| was) my ((?:favou?rite )?[\w-]+(?: [\w-]+)?)\s*\?*", re.I)
ASKS_TOPICS = re.compile(
    r"\b(?:what (?:were|are|did) we (?:talk|speak|discuss)\w*|what have we (?:talked|discussed)"
    r"|summar[iy]\w*|recap|where were we|what was (?:that|this) about)\b",
    re.I,
)
ASKS_COUNT = re.compile(r"\bhow many (?:messages|questions|things)\b", re.I)
ASKS_FIRST = re.compile(r"\bwhat (?:did i (?:say|ask|write) first|was my first (?:message|question))", re.I)
ASKS_LAST = re.compile(
    r"\bwhat (?:did i (?:just|last) (?:say|ask|write)|was my (?:last|previous) (?:message|question))", re.I
)
REPEAT = re.compile(r"^\s*(?:please )?(?:say|repeat(?: after me)?|echo)\b[:,]?\s+(.+)$", re.I | re.S)
MAX_TOPICS = 4
MAX_TOLD = 5
LINES = re.compile(r"<lines>\n(.*)\n</lines>\Z", re.S)
LINE = re.compile(r"(?P<number>\d+)\. .*?\[(?P<name>[^|\]]+?)(?: \|[^\]]*)?\] (?P<text>.*)")


def _known_name(scene: Scene) -> str | None:
    for text in reversed([*scene.asked, scene.question]):
        match = MY_NAME.search(text)
        if match:
            return match[1]
    return None


def recall_name(scene: Scene) -> str | None:
    if not ASKS_NAME.search(scene.question):
        return None
    name = _known_name(scene)
    return f"Your name is {name}; you told me earlier." if name else "You have not told me your name yet."


def recall_fact(scene: Scene) -> str | None:
    asked = ASKS_FACT.search(scene.question)
    if asked is None:
        return None
    for text in reversed(scene.asked):
        for told in MY_FACT.finditer(text):
            if told[1].lower() == asked[1].lower():
                return f"Your {told[1].lower()} is {told[2].strip()}, as you told me."
    return f"You have not told me what your {asked[1].lower()} is."


def greet_by_name(scene: Scene) -> str | None:
    match = MY_NAME.search(scene.question)
    return (
        f"Nice to meet you, {match[1]}! I will remember your name. What can I do for you?" if match else None
    )


def note_fact(scene: Scene) -> str | None:
    match = MY_FACT.search(scene.question)
    if match is None or "?" in scene.question:
        return None
    return f"I will keep in mind that your {match[1]} is {match[2].strip()}."


def recall_topics(scene: Scene) -> str | None:
    if not ASKS_TOPICS.search(scene.question):
        return None
    topics = [found for found in map(topic, scene.asked) if found]
    if not topics:
        return "We have only just begun; there is nothing to look back on yet."
    listed = list(dict.fromkeys(topics))[-MAX_TOPICS:]
    return f"So far we talked about {joined(listed)}."


def count_messages(scene: Scene) -> str | None:
    if not ASKS_COUNT.search(scene.question):
        return None
    yours, mine = len(scene.asked) + 1, len(scene.history) - len(scene.asked)
    words = "message" if yours == 1 else "messages"
    return f"You have sent me {yours} {words} in this conversation, and I answered {mine} times before this."


def quote_message(scene: Scene) -> str | None:
    asked = scene.asked
    if ASKS_FIRST.search(scene.question):
        return f"The first thing you wrote was: “{asked[0]}”" if asked else "This is your first message."
    if ASKS_LAST.search(scene.question):
        return f"Just before this you wrote: “{asked[-1]}”" if asked else "This is your first message."
    return None


def catch_up(scene: Scene) -> str | None:
    """Numbered lines of a chat: the newest of them, each with its number."""
    found = LINES.match(scene.question)
    if found is None:
        return None
    lines = [match for line in found[1].splitlines() if (match := LINE.match(line))]
    return "\n".join(f"- {one['name']}: {one['text'][:80]} [{one['number']}]" for one in lines[-MAX_TOLD:])


def repeat(scene: Scene) -> str | None:
    match = REPEAT.match(scene.question)
    return match[1].strip().strip('"“”') if match else None


RULES = (
    catch_up,
    recall_name,
    recall_topics,
    count_messages,
    quote_message,
    recall_fact,
    greet_by_name,
    note_fact,
    repeat,
)
