"""Longer texts and markdown on request: stories, poems, lists, tables, code."""

from __future__ import annotations

import re

from bot.demo.scene import Scene
from bot.demo.words import topic

WRITE = re.compile(r"\b(?:write|tell|compose|draft|give me|make|show|create)\b", re.I)
LONG = re.compile(r"\b(?:long(?:er)?|detailed|in depth|essay|article|several paragraphs)\b", re.I)
AMOUNT = re.compile(r"\b(\d{1,5})\s*(words?|paragraphs?)\b", re.I)
STORY = re.compile(r"\b(?:story|tale)\b", re.I)
HAIKU = re.compile(r"\bhaiku\b", re.I)
POEM = re.compile(r"\b(?:poem|verses?|limerick)\b", re.I)
LIST = re.compile(r"\b(?:list|bullet points?|ideas|steps)\b", re.I)
LISTS = re.compile(r"\W*(?:please )?list\b", re.I)
TABLE = re.compile(r"\btable\b", re.I)
CODE = re.compile(r"\b(?:code|function|program|script|python|snippet)\b", re.I)
MARKDOWN = re.compile(r"\bmarkdown\b", re.I)
WORDS_PER_PARAGRAPH = 62
LONG_PARAGRAPHS = 14
MAX_PARAGRAPHS = 200

PARAGRAPHS = (
    "It is early, and the water is still. Whoever looks at {about} at this hour sees it differently: "
    "without hurry, without the noise that comes later, as if it had only just been placed there. A first "
    "boat crosses the basin, and its wake takes a long while to reach the steps. Nothing has been decided "
    "yet, and for a moment that seems to be the whole point.",
    "The first thing people say about {about} is rarely the last. They begin with what they have heard, "
    "go on with what they have seen, and end, if somebody listens long enough, with what they hope. "
    "Between the three there is room for a good deal of talk, and most of what is worth knowing can be "
    "found in that room, on a chair nobody thought of using.",
    "An old hand on the quay once explained it with a rope. Pull one end, he said, and the other moves; "
    "but not at once, and not as far. That is how it goes with {about}, too. Whoever is impatient thinks "
    "nothing has happened. Whoever waits sees that everything has shifted a little, in just the direction "
    "of the pull, and that it stays there.",
    "There are figures, of course. Figures give {about} an edge one can hold on to: so much of this, so "
    "little of that, a line which rises and another that falls. They are useful the way a map is useful. "
    "But no map has ever been wet, and no table of figures has ever had to find its way home in the fog "
    "with one lamp and a borrowed pair of boots.",
    "By noon the square is full. Someone argues that {about} was better in former times; someone else "
    "laughs and asks for the exact year. A child draws with chalk on the stones and has, without knowing "
    "it, the best answer of all: a circle, not quite closed, with an arrow that says where to go on. "
    "People step around it with great care.",
    "What follows from this? Less than one would like and more than one fears. It is possible to take "
    "{about} seriously without taking it heavily. Begin with the part that can be changed before evening. "
    "Write down the part that can not, and put the paper where it will be found again. The rest is "
    "practice, which is another word for patience with a timetable.",
    "In the afternoon the wind turns. The flags along the canal change sides, and with them the "
    "conversation. Now {about} is a question of method: who does what, in which order, and how will the "
    "others know? The answers are short, because everyone is hungry. They are also good, and somebody "
    "writes them on the back of a bill before they are forgotten.",
    "Towards night the windows light up one by one, and each of them shows a small piece of it: a hand, a "
    "lamp, a table with too many cups. Seen from the water, {about} is no longer a subject at all. It is "
    "what these people have in common, whether they know it or not, and the reason why the last boat "
    "waits a little longer than it has to.",
)
HAIKU_TEXT = "Early, the water\nholds {about} like a breath —\nthen the first boat moves."
POEM_TEXT = (
    "At dusk the lamps along the water glow,\n"
    "and {about} drifts by, unhurried, slow;\n"
    "the oar goes in, the oar comes up again,\n"
    "and leaves a line of light, as if by pen.\n\n"
    "What I had meant to say I do not know.\n"
    "The tide has time. It lets the evening go."
)


def _subject(scene: Scene, fallback: str) -> str:
    return topic(scene.question) or fallback


def _paragraph_count(question: str) -> int:
    amount = AMOUNT.search(question)
    if amount is None:
        return LONG_PARAGRAPHS
    wanted = int(amount[1])
    if amount[2].lower().startswith("word"):
        wanted = -(-wanted // WORDS_PER_PARAGRAPH)
    return max(1, min(MAX_PARAGRAPHS, wanted))


def long_text(scene: Scene) -> str | None:
    asked = scene.question
    if not (WRITE.search(asked) and (LONG.search(asked) or AMOUNT.search(asked))):
        return None
    about, count = _subject(scene, "the lagoon"), _paragraph_count(asked)
    parts = [f"# {about[0].upper()}{about[1:]}"]
    for index in range(count):
        if index and index % len(PARAGRAPHS) == 0:
            parts.append(f"## Part {index // len(PARAGRAPHS) + 1}")
        parts.append(PARAGRAPHS[index % len(PARAGRAPHS)].format(about=about))
    return "\n\n".join(parts)


def story(scene: Scene) -> str | None:
    if not STORY.search(scene.question):
        return None
    about = _subject(scene, "the lagoon")
    return "\n\n".join(PARAGRAPHS[index].format(about=about) for index in (0, 4, 7))


def haiku(scene: Scene) -> str | None:
    return HAIKU_TEXT.format(about=_subject(scene, "a small boat")) if HAIKU.search(scene.question) else None


def poem(scene: Scene) -> str | None:
    return POEM_TEXT.format(about=_subject(scene, "a small boat")) if POEM.search(scene.question) else None


def code(scene: Scene) -> str | None:
    if not CODE.search(scene.question):
        return None
    return (
        "Here is a small example in Python:\n\n"
        "```python\n"
        "def fibonacci(count: int) -> list[int]:\n"
        '    """The first `count` Fibonacci numbers."""\n'
        "    numbers = [0, 1]\n"
        "    while len(numbers) < count:\n"
        "        numbers.append(numbers[-1] + numbers[-2])\n"
        "    return numbers[:count]\n"
        "```"
    )


def table(scene: Scene) -> str | None:
    if not TABLE.search(scene.question):
        return None
    about = _subject(scene, "travelling")
    return (
        f"A small table about {about}:\n\n"
        "| Aspect | In the morning | In the evening |\n"
        "|:-------|:--------------:|---------------:|\n"
        "| Pace | slow | quick |\n"
        "| Light | pale | golden |\n"
        "| Crowd | 12 | 340 |"
    )


def markdown_tour(scene: Scene) -> str | None:
    if not MARKDOWN.search(scene.question):
        return None
    return (
        "# Markdown\n\n"
        "Text can be **bold**, *italic*, ~~struck~~ or `code`, and it can be a "
        "[link](https://example.org/demo).\n\n"
        "> A quotation stands on its own.\n\n"
        "1. First\n2. Second\n   - with a point\n\n"
        "```python\nprint('hello')\n```"
    )


def bullet_list(scene: Scene) -> str | None:
    if not (LIST.search(scene.question) and (WRITE.search(scene.question) or LISTS.match(scene.question))):
        return None
    about = _subject(scene, "a good day")
    return (
        f"Some points on {about}:\n\n"
        "- **Begin** with what you already have\n"
        "- **Ask** someone who has done it before\n"
        "- **Try** the smallest version first\n"
        "- **Look** at what happened, and go on from there"
    )


RULES = (markdown_tour, long_text, table, code, haiku, poem, story, bullet_list)
