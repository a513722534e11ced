"""The demo's answers: small rules over the conversation, first match wins."""

from __future__ import annotations

import re

from bot.demo import rules_everyday, rules_memory, rules_writing
from bot.demo.rules_everyday import DEMO, muse
from bot.demo.scene import Scene
from bot.demo.words import joined, keywords

RULES = (*rules_memory.RULES, *rules_writing.RULES, *rules_everyday.RULES)
PASSAGE = re.compile(
    r"^Passage (\d+):\n<passage>\n([^\n]+)\n(?:https?://\S+\n)?[\s\S]*?\n\n([^\n]{1,200})", re.M
)
CONTINUE = re.compile(r"^\W*(?:continue|go on|carry on|keep going|and then)\b", re.I)
FOOTNOTE = "\n\n*(This is Gondola's built-in demo. Set VENICE_API_KEY for real answers from Venice.)*"


def _see(scene: Scene) -> str | None:
    """What came with the message, described one by one."""
    if not scene.attachments:
        return None
    seen = [one.words for one in scene.attachments]
    if len(seen) == 1:
        return f"I see {seen[0]}."
    return f"I see {len(seen)} attachments:\n\n" + "\n".join(f"{at}. {one}" for at, one in enumerate(seen, 1))


def _mark(scene: Scene, *numbers: int) -> str:
    if not scene.cites:
        return ""
    known = [str(number) for number in numbers if number <= len(scene.sources)]
    return f" ^{','.join(known)}^" if known else ""


def _from_sources(scene: Scene) -> str | None:
    """An answer out of search results, with markers where the request wants them."""
    if not scene.sources:
        return None
    about = joined(keywords(scene.question, 3)) or "your question"
    first, both, third = _mark(scene, 1), _mark(scene, 1, 2), _mark(scene, 3)
    if scene.sources[0].url in scene.question:
        names = joined([source.title for source in scene.sources])
        return f"I was given {names}{first}. The demo does not open pages, so it can only name them."
    return (
        f"Here is what the demo's made-up sources say about {about}. The overview sums it up{first}, "
        f"and two of them agree on the main point{both}. One leaves a question open{third}. "
        "With a real key, real pages stand here."
    )


def _from_passages(scene: Scene) -> str | None:
    """A summary of what was looked up: the beginning of each numbered passage."""
    found = PASSAGE.findall(scene.question)[:4]
    if not found:
        return None
    lines = "\n".join(f"- **{title}** begins: “{words}” ^{number}^" for number, title, words in found)
    return f"The demo reads only how each passage begins:\n\n{lines}"


def _continued(scene: Scene) -> str | None:
    """The rest of an answer that was cut: the same rules write it again, and the known part is left out."""
    before = scene.earlier()
    if before is None or not CONTINUE.match(scene.question):
        return None
    told = "".join(said.text for said in scene.history[len(before.history) + 1 :] if said.mine)
    whole = answer(before)
    if told and whole.startswith(told.rstrip()) and len(whole) > len(told):
        return whole[len(told.rstrip()) :]
    return None


def _by_rules(scene: Scene) -> str:
    for rule in (_see, _from_passages, _from_sources, *RULES):
        words = rule(scene)
        if words is not None:
            return words
    return muse(scene)


def answer(scene: Scene) -> str:
    """The whole visible reply, as CommonMark."""
    rest = _continued(scene)
    if rest is not None:
        return rest
    words = scene.persona.say(_by_rules(scene))
    return words + FOOTNOTE if scene.opening and DEMO not in words else words


def think(scene: Scene, effort: str) -> str:
    """What a reasoning model shows of its thinking; more at a higher effort."""
    about = joined(keywords(scene.question, 3)) or "small talk"
    steps = [f"The question is about {about}."]
    if scene.asked:
        steps.append(f"There are {len(scene.asked)} earlier messages to keep in mind.")
    if effort not in ("minimal", "low"):
        steps.append("I check what is known, leave out what is not, and keep the answer short.")
    if effort in ("high", "xhigh", "max"):
        steps.append("I look at it once more from the other side, and the answer still holds.")
    return " ".join(steps)
