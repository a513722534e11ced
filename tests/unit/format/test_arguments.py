"""Commands as people type them."""

from __future__ import annotations

import contextlib
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.text.arguments import choose_command, missing, parse_arguments
from bot.declarations import Choice, Command, Option, OptionKind
from bot.errors import UserError
from bot.messages import OptionValue

IMAGE = Command(
    "image",
    "Draw a picture",
    (
        Option("prompt", "What to draw", required=True, rest=True, maximum=1500),
        Option(
            "size",
            "Shape",
            choices=(
                Choice("square", "Square"),
                Choice("16:9", "Wide"),
                Choice("tall", "Very tall"),
                Choice("2", "Two"),
            ),
        ),
        Option("model", "Model", completer="image_model"),
        Option("count", "How many", OptionKind.INTEGER, minimum=1, maximum=4),
        Option("hide_it", "Blur it", OptionKind.BOOLEAN),
    ),
)
SET = Command(
    "set",
    "Change a setting",
    (
        Option("name", "Which", required=True),
        Option("value", "New value", required=True),
        Option("scope", "Where", choices=(Choice("channel", "This channel"), Choice("user", "Only me"))),
        Option("quiet", "Say nothing", OptionKind.BOOLEAN),
    ),
)
USAGE = Command("usage", "Costs", (Option("days", "How far back", OptionKind.INTEGER),))
HELP = Command("help", "Help", (Option("topic", "About what"),))
LISTEN = Command(
    "listen", "Listen", (Option("minutes", "Minutes", OptionKind.BOOLEAN), Option("language", "Language"))
)
STOP = Command("stop", "Stop")


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("a red fox", {"prompt": "a red fox"}),
        ("a red fox size=square", {"prompt": "a red fox", "size": "square"}),
        ("size:square a red fox", {"prompt": "a red fox", "size": "square"}),
        ("size: square a red fox", {"prompt": "a red fox", "size": "square"}),
        ("a red fox --size square", {"prompt": "a red fox", "size": "square"}),
        ("a red fox —size square", {"prompt": "a red fox", "size": "square"}),
        ("a red --size=square fox", {"prompt": "a red fox", "size": "square"}),
        ("a red fox --square", {"prompt": "a red fox", "size": "square"}),
        ("a red fox --16:9", {"prompt": "a red fox", "size": "16:9"}),
        ("a red fox size=wide", {"prompt": "a red fox", "size": "16:9"}),
        ("a red fox size=Very Tall", {"prompt": "a red fox", "size": "tall"}),
        ("a red fox, 16:9", {"prompt": "a red fox", "size": "16:9"}),
        ("16:9 a red fox", {"prompt": "a red fox", "size": "16:9"}),
        ("a red square", {"prompt": "a red square", "size": "square"}),
        ("a square red fox", {"prompt": "a square red fox"}),
        ("room number 2", {"prompt": "room number 2"}),
        ("size=square a tall fox 16:9", {"prompt": "a tall fox 16:9", "size": "square"}),
        ("SIZE=Square fox", {"prompt": "fox", "size": "square"}),
        ("fox --hide-it", {"prompt": "fox", "hide_it": True}),
        ("fox --no-hide-it", {"prompt": "fox", "hide_it": False}),
        ("fox hide_it=off", {"prompt": "fox", "hide_it": False}),
        ("--hide_it on a hill", {"prompt": "on a hill", "hide_it": True}),
        ("fox count=3 model='flux dev'", {"prompt": "fox", "count": 3, "model": "flux dev"}),
        ("fox model=“flux dev”", {"prompt": "fox", "model": "flux dev"}),
        ("prompt: a red fox count=2", {"prompt": "a red fox", "count": 2}),
        ('prompt="a red fox" count=2', {"prompt": "a red fox", "count": 2}),
        ('"a sign that says size=square"', {"prompt": "a sign that says size=square"}),
        ("-- git commit --size=square", {"prompt": "git commit --size=square"}),
        ("explain git commit --amend", {"prompt": "explain git commit --amend"}),
        ("a cat — black", {"prompt": "a cat — black"}),
        ("a cat —black", {"prompt": "a cat —black"}),
        ("the ratio is x=3 at 10:30", {"prompt": "the ratio is x=3 at 10:30"}),
        ("the new model: shiny", {"prompt": "the new model: shiny"}),
        ("first line\n\nsecond line", {"prompt": "first line\n\nsecond line"}),
        ("it's the dogs' bowl", {"prompt": "it's the dogs' bowl"}),
        ("", {}),
        ("   ", {}),
    ],
)
def test_free_text_and_options(typed: str, expected: dict[str, OptionValue]) -> None:
    assert parse_arguments(IMAGE, typed) == expected


@pytest.mark.parametrize(
    ("command", "typed", "expected"),
    [
        (SET, "temperature 0.5", {"name": "temperature", "value": "0.5"}),
        (SET, "persona a kind pirate", {"name": "persona", "value": "a kind pirate"}),
        (
            SET,
            "persona a kind pirate channel",
            {"name": "persona", "value": "a kind pirate", "scope": "channel"},
        ),
        (
            SET,
            'persona "a kind pirate" "only me"',
            {"name": "persona", "value": "a kind pirate", "scope": "user"},
        ),
        (SET, "value=5 temperature", {"name": "temperature", "value": "5"}),
        (SET, "temperature 1 --quiet no", {"name": "temperature", "value": "1", "quiet": False}),
        (SET, "temperature", {"name": "temperature"}),
        (USAGE, "30", {"days": 30}),
        (HELP, "image", {"topic": "image"}),
        (STOP, "", {}),
        (LISTEN, "minutes", {"minutes": True}),
        (LISTEN, "de Minutes", {"language": "de", "minutes": True}),
        (SET, "persona quiet", {"name": "persona", "value": "quiet"}),
    ],
)
def test_words_in_order(command: Command, typed: str, expected: dict[str, OptionValue]) -> None:
    assert parse_arguments(command, typed) == expected


@pytest.mark.parametrize(
    ("command", "typed", "sentence"),
    [
        (IMAGE, "fox size=round", "`size` can be"),
        (IMAGE, "fox count=9", "between 1 and 4"),
        (IMAGE, "fox count=two", "whole number"),
        (IMAGE, "fox --count", "needs a value"),
        (IMAGE, "fox --modle flux", "Did you mean `model`?"),
        (IMAGE, "x" * 1501, "at most 1500"),
        (SET, "temperature 1 --loud", "has no option `loud`"),
        (USAGE, "last week", "whole number"),
        (STOP, "everything now", "I do not know what `everything now` means"),
    ],
)
def test_wrong_input_gets_a_sentence(command: Command, typed: str, sentence: str) -> None:
    with pytest.raises(UserError) as caught:
        parse_arguments(command, typed)
    assert sentence in caught.value.reader_text


def test_missing_lists_required_options_in_order() -> None:
    assert [option.name for option in missing(SET, {})] == ["name", "value"]
    assert [option.name for option in missing(SET, {"name": "x"})] == ["value"]
    assert [option.name for option in missing(IMAGE, {"prompt": ""})] == ["prompt"]
    assert missing(IMAGE, {"prompt": "fox"}) == []


def test_commands_are_found_by_name_and_slips_get_a_hint() -> None:
    commands = [IMAGE, SET, HELP]
    assert choose_command(commands, "IMAGE") is IMAGE
    for typed, says in (("imagine", "Did you mean `/image`"), ("zzz", "`/help` shows")):
        with pytest.raises(UserError) as caught:
            choose_command(commands, typed)
        assert says in caught.value.reader_text


@given(st.text(max_size=200))
def test_any_text_gives_options_or_a_sentence(typed: str) -> None:
    for command in (IMAGE, SET, USAGE, HELP, STOP):
        with contextlib.suppress(UserError):
            options = parse_arguments(command, typed)
            assert all(command.option(name) for name in options)


def test_a_long_text_full_of_quotes_is_read_quickly() -> None:
    loose = Command("ask", "Ask", (Option("question", "What", rest=True),))
    started = time.perf_counter()
    parse_arguments(loose, "“a " * 30_000)
    assert time.perf_counter() - started < 2
