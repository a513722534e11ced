"""Which tools the demo calls: those it is told to by name, and a few wishes in plain words.

use tool look                       with the smallest arguments that fit
use tool look {"at": "the sea"}     with these arguments, whatever they are
keep using tool look {"at": "x"}    again after every result, for as long as tools may be called
first say hello, then use tool look text before the call
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Sequence
from secrets import token_hex

from bot.demo.chat_request import ChatRequest
from bot.demo.jsonvalue import JsonObject, as_list, as_object, as_text
from bot.demo.reply import ToolCall
from bot.demo.sample import sample
from bot.demo.scene import Scene, last_question

USE_TOOL = re.compile(r"\b(?P<keep>keep using|use) (?:the )?tool (?P<name>[\w.-]+)", re.I)
FIRST_SAY = re.compile(r"\bfirst say (?P<words>[^,]+),", re.I)
_LABEL = re.compile(r"\A\[[^\]\n]* \| [^\]\n]*\] ")
"""Who says it, as the chat service puts it before a message in a group."""

Wish = tuple[str, re.Pattern[str], Callable[[re.Match[str]], JsonObject]]
WISHES: tuple[Wish, ...] = (
    (
        "remind",
        re.compile(r"\bremind (?:me|us) in (\d{1,6}) minutes?,? (?:to |of |about |that )?(.+)", re.I | re.S),
        lambda match: {"text": match[2].strip(), "in_minutes": int(match[1])},
    ),
    (
        "speak",
        re.compile(r"^\W*(?:please )?say (.+?) (?:aloud|out loud)\b", re.I | re.S),
        lambda match: {"text": match[1].strip()},
    ),
    (
        "draw_image",
        re.compile(r"^\W*(?:please )?(?:draw|paint) (?:me |us )?(.+)", re.I | re.S),
        lambda match: {"prompt": match[1].strip()},
    ),
    (
        "search_web",
        re.compile(r"^\W*(?:please )?look up (.+)", re.I | re.S),
        lambda match: {"query": match[1].strip()},
    ),
)


def tool_calls(request: ChatRequest, scene: Scene) -> tuple[ToolCall, ...]:
    """The calls of this reply; none after a result, unless the demo was told to keep using a tool."""
    functions = [as_object(as_object(tool).get("function")) for tool in as_list(request.body.get("tools"))]
    known = {as_text(one.get("name")): one for one in functions if one}
    choice = request.body.get("tool_choice")
    if choice == "none" or not known:
        return ()
    answers = request.messages[-1].get("role") != "user"
    demanded = as_text(as_object(as_object(choice).get("function")).get("name"))
    told = [(name, given) for name, given, keeps in _told(scene.question) if keeps or not answers]
    if not answers:
        told = [(demanded, None)] if demanded else told or _wished(scene.question, known)
        told = told or ([(next(iter(known)), None)] if choice == "required" else [])
    return tuple(
        ToolCall(f"call_{token_hex(8)}", name, _arguments(known, name, given))
        for name, given in told
        if name in known or given is not None
    )


def words_before(scene: Scene) -> str:
    """What is said before the tools are called."""
    match = FIRST_SAY.search(scene.question)
    return match["words"].strip() if match is not None else ""


def _told(question: str) -> Iterator[tuple[str, str | None, bool]]:
    """Name, arguments as they stand there (None for none), and whether to go on for ever."""
    for match in USE_TOOL.finditer(question):
        rest = question[match.end() :].lstrip()
        given = _object_text(rest) if rest.startswith("{") else None
        yield match["name"].rstrip("."), given, match["keep"].lower() != "use"


def _object_text(text: str) -> str:
    try:
        _, end = json.JSONDecoder().raw_decode(text)
    except ValueError:
        return text  # arguments may be broken, too
    return text[:end]


def _wished(question: str, known: dict[str, JsonObject]) -> list[tuple[str, str | None]]:
    question = _LABEL.sub("", question)
    for name, pattern, arguments in WISHES:
        match = pattern.search(question)
        if match is not None and name in known:
            return [(name, json.dumps(arguments(match)))]
    return []


def _arguments(known: dict[str, JsonObject], name: str, given: str | None) -> str:
    return json.dumps(sample(as_object(known[name].get("parameters")))) if given is None else given


def after_tools(messages: Sequence[JsonObject]) -> str | None:
    """What is said once the tools have answered, None where none has. A wish in plain words that was done
    gets a plain word; whoever names a tool is told what it said."""
    if messages[-1].get("role") != "tool":
        return None
    last = as_text(messages[-1].get("content"))
    _, question = last_question(messages)
    if last.startswith("Done") and not USE_TOOL.search(question):
        return "There you are."
    return f"The tool answered: {last}"
