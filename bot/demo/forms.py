"""Answers in a wanted shape that make sense: facts out of a message, queries for a question."""

from __future__ import annotations

import re

from bot.demo.jsonvalue import Json, JsonObject, as_list, as_object, as_text
from bot.demo.rules_memory import MY_FACT, MY_NAME
from bot.demo.words import keywords

MESSAGE = re.compile(r"<message>\n(.*)\n</message>", re.S)
QUESTION = re.compile(r"<question>\n(.*)\n</question>", re.S)
WE_FACT = re.compile(r"\b(?:our) ([\w-]+(?: [\w-]+)?) is ([^.!?\n]+)", re.I)


def filled(made: Json, schema: JsonObject, question: str) -> Json:
    """A sample of a schema, with sense where the demo knows what is asked for."""
    if not isinstance(made, dict):
        return made
    if made.get("answer") is True:
        made["answer"] = "?" in question  # asked whether to answer: a question deserves one
    if abouts := _abouts(schema):
        made["facts"] = _facts(_inside(MESSAGE, question), abouts)
    if "queries" in made and (asked := _inside(QUESTION, question)):
        made["queries"] = _queries(asked)
    return made


def _inside(fence: re.Pattern[str], text: str) -> str:
    found = fence.search(text)
    return found[1] if found else ""


def _abouts(schema: JsonObject) -> list[str]:
    properties = as_object(schema.get("properties"))
    fact = as_object(as_object(as_object(properties.get("facts")).get("items")).get("properties"))
    return [as_text(one) for one in as_list(as_object(fact.get("about")).get("enum"))]


def _facts(message: str, abouts: list[str]) -> list[Json]:
    told = [
        ("user", f"The person's {one[1]} is {one[2].strip()}.")
        for one in MY_FACT.finditer(message)
        if one[1] != "name"
    ]
    told += [("user", f"The person is called {one[1]}.") for one in MY_NAME.finditer(message)]
    told += [("channel", f"The {one[1]} is {one[2].strip()}.") for one in WE_FACT.finditer(message)]
    facts: list[Json] = [
        {"text": text, "about": about} for about, text in dict.fromkeys(told) if about in abouts
    ]
    return facts[:2]


def _queries(question: str) -> list[Json]:
    words = keywords(question, 4) or [question.strip()]
    about = " ".join(words)
    queries: list[Json] = [about, f"{about} facts", f"{about} criticism"]
    return queries
