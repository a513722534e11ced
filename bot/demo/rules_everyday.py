"""Everyday talk: greetings, who are you, the time, small sums, a joke, a few capitals."""

from __future__ import annotations

import re
import zlib
from collections.abc import Callable

from bot.demo.scene import Scene
from bot.demo.words import keywords, topic

DEMO = (
    "I am Gondola's built-in demo. My answers follow simple rules and cost nothing; "
    "real answers from Venice's models come as soon as VENICE_API_KEY is set."
)
GREETING = re.compile(
    r"^\W*(?:hi|hello|hey|good (?:morning|evening|afternoon)|hallo|hola|bonjour|ciao)\b(?P<rest>.*)$",
    re.I | re.S,
)
THANKS = re.compile(r"\b(?:thanks|thank you|danke|merci|gracias|grazie)\b", re.I)
HOW_ARE_YOU = re.compile(r"\b(?:how (?:are you|is it going|do you do)|what's up|wie geht)\b", re.I)
WEATHER = re.compile(r"\b(?:weather|forecast)\b", re.I)
WHO = re.compile(
    r"\b(?:who are you|what are you|what(?:'s| is) your name"
    r"|are you (?:real|a bot|an ai|human|the demo|a demo)"
    r"|which model|introduce yourself)\b",
    re.I,
)
ABILITIES = re.compile(r"\bwhat can you do\b|\bwhat are you able\b|^\W*help\W*$", re.I)
TIME = re.compile(
    r"\bwhat(?:'s| is)? (?:the )?(time|date|day)\b|\bwhat day is it\b|\bwhat time is it\b", re.I
)
SUM = re.compile(
    r"(-?\d+(?:\.\d+)?)\s*(\s[-−x/]\s|[+*×÷]|plus|minus|times|divided by)\s*(-?\d+(?:\.\d+)?)", re.I
)
"""Dates such as 2026-11-24 and turns of phrase such as 24/7 are no sums: their signs have no spaces."""
JOKE = re.compile(r"\b(?:joke|funny|make me laugh)\b", re.I)
CAPITAL = re.compile(r"\bcapital (?:city )?of (?:the )?([\w ]+?)\s*(?:\?|\.|$)", re.I)
GOODBYE = re.compile(r"^\W*(?:bye|goodbye|good night|see you|ciao|tschüss)\b", re.I)

CAPITALS = {
    "france": "Paris", "germany": "Berlin", "italy": "Rome", "spain": "Madrid", "portugal": "Lisbon",
    "japan": "Tokyo", "china": "Beijing", "india": "New Delhi", "australia": "Canberra", "canada": "Ottawa",
    "brazil": "Brasília", "kenya": "Nairobi", "egypt": "Cairo", "norway": "Oslo", "sweden": "Stockholm",
    "austria": "Vienna", "switzerland": "Bern", "poland": "Warsaw", "greece": "Athens", "turkey": "Ankara",
    "united states": "Washington, D.C.", "united kingdom": "London", "netherlands": "Amsterdam",
}  # fmt: skip
JOKES = (
    "Why do gondoliers never get lost? They always go with the flow.",
    "I asked the canal for directions. It said: straight on, then drift left.",
    "Why did the server cross the lagoon? To get to the other site.",
)
OPERATIONS: dict[str, Callable[[float, float], float]] = {
    "+": lambda left, right: left + right,
    "-": lambda left, right: left - right,
    "*": lambda left, right: left * right,
    "/": lambda left, right: left / right,
}
SIGNS = {"plus": "+", "minus": "-", "−": "-", "×": "*", "x": "*", "times": "*", "÷": "/", "divided by": "/"}
MUSINGS = (
    "The demo knows too little about {about} for a real answer. What interests you most about it?",
    "A real model would have a lot to say about {about}. I can offer a list, a table or a longer text on it.",
    "On {about} I would start small, see what happens, and go on from there. Where do you stand now?",
    "You bring up {about}. Tell me a little more, and I will keep it in mind for this conversation.",
)


def who_are_you(scene: Scene) -> str | None:
    if not WHO.search(scene.question):
        return None
    return DEMO if scene.persona.plain else f"I am {scene.persona.name}. To be honest about it: {DEMO}"


def abilities(scene: Scene) -> str | None:
    if not ABILITIES.search(scene.question):
        return None
    return (
        "Here is what I can show you:\n\n"
        "- **Talk**: I remember what you said in this conversation\n"
        "- **Write**: ask for a list, a table, some code or a long text\n"
        "- **Look**: send me a picture and I describe its size and colours\n"
        "- **Search**: ask about the latest news to see answers with sources\n"
        "- **Paint and speak**: ask for a picture or for a voice"
    )


def how_are_you(scene: Scene) -> str | None:
    return "I am fine, thank you! And how are you today?" if HOW_ARE_YOU.search(scene.question) else None


def weather(scene: Scene) -> str | None:
    if not WEATHER.search(scene.question):
        return None
    return "I cannot look outside. With web search on, a real model would tell you today's weather."


def goodbye(scene: Scene) -> str | None:
    return "Goodbye! It was good to talk with you." if GOODBYE.search(scene.question) else None


def greeting(scene: Scene) -> str | None:
    match = GREETING.match(scene.question)
    if match is None or keywords(match["rest"]):
        return None
    return "Hello! What would you like to talk about?"


def thanks(scene: Scene) -> str | None:
    return "You are welcome!" if THANKS.search(scene.question) else None


def clock(scene: Scene) -> str | None:
    if not TIME.search(scene.question):
        return None
    return f"It is {scene.now:%H:%M} UTC on {scene.now:%A, %d %B %Y}."


def small_sum(scene: Scene) -> str | None:
    match = SUM.search(scene.question)
    if match is None:
        return None
    left, right = float(match[1]), float(match[3])
    word = match[2].strip()
    sign = SIGNS.get(word.lower(), word)
    if right == 0 and sign == "/":
        return "Nothing can be divided by zero."
    return f"{match[1]} {word} {match[3]} is {OPERATIONS[sign](left, right):g}."


def joke(scene: Scene) -> str | None:
    return JOKES[len(scene.history) % len(JOKES)] if JOKE.search(scene.question) else None


def capital(scene: Scene) -> str | None:
    match = CAPITAL.search(scene.question)
    found = CAPITALS.get(match[1].strip().lower()) if match else None
    return f"The capital of {match[1].strip()} is {found}." if match and found else None


def muse(scene: Scene) -> str:
    """When nothing else fits: takes up the topic and asks back."""
    about = topic(scene.question)
    if not about:
        before = next((found for found in map(topic, reversed(scene.asked)) if found), "")
        return f"Tell me more about {before}." if before else "Tell me a little more, and I will try to help."
    return MUSINGS[zlib.crc32(scene.question.encode()) % len(MUSINGS)].format(about=about)


RULES = (
    who_are_you,
    abilities,
    clock,
    small_sum,
    capital,
    how_are_you,
    weather,
    joke,
    goodbye,
    greeting,
    thanks,
)
