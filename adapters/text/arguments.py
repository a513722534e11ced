"""Typed commands as people type them: `/image a red fox 16:9 style=anime --private`.

Options come as `name=value`, `name:value`, `--name value` or `--flag`, with or without quotes. What is left
fills the required options in order, one word each; the last of them, or the `rest` option, takes all of it.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from bot.declarations import FALSE_WORDS, TRUE_WORDS, Command, Option, OptionKind, parse_value
from bot.errors import UserError
from bot.messages import OptionValue

MAX_QUOTED = 4000
"""Longest quoted run, in characters; keeps the scan linear for text full of opening quotes."""

_QUOTES = {'"': '"', "'": "'", "“": "”", "„": "“", "«": "»", "‘": "’", "`": "`"}
_DASHED = re.compile(r"(?:--|[—–])(?P<name>\w[\w-]*)(?P<separator>[=:])?")
_NAMED = re.compile(r"(?P<name>[^\W\d][\w-]*)(?P<separator>[=:])")
_WORD = re.compile(r"\S+")
_SPACE = re.compile(r"\s+")


def choose_command(commands: Sequence[Command], name: str) -> Command:
    """The command of that name, without slash and in any case; a UserError names a near one."""
    wanted = name.lower()
    for command in commands:
        if command.name == wanted:
            return command
    near = difflib.get_close_matches(wanted, [command.name for command in commands], n=1)
    hint = f"Did you mean `/{near[0]}`?" if near else "`/help` shows what there is."
    raise UserError(f"There is no command `/{name}`. {hint}")


def parse_arguments(command: Command, text: str) -> dict[str, OptionValue]:
    """What was typed after the command's name, as typed options.

    A UserError says which option is wrong and what is allowed. Missing options are left out: `missing`
    lists them. Text for the `rest` option keeps its line breaks and loses no ordinary word.
    """
    scan = _Scan(command, text)
    if text.lstrip().startswith("-- "):  # the usual way to say: all of this is text
        scan.free = [text.lstrip()[3:]]
    else:
        scan.run()
    free = "".join(scan.free).strip()
    free = _take_choices(command, free, scan.options)
    _place(command, free, scan.options)
    return scan.options


def missing(command: Command, options: dict[str, OptionValue]) -> list[Option]:
    """The required options that are not there or blank, in order."""
    return [
        option
        for option in command.options
        if option.required and (option.name not in options or options[option.name] == "")
    ]


def _same_name(option: Option, name: str) -> bool:
    return option.name.lower().replace("-", "_") == name.lower().replace("-", "_")


def _find_option(command: Command, name: str) -> Option | None:
    return next((option for option in command.options if _same_name(option, name)), None)


def _rest_option(command: Command) -> Option | None:
    return next((option for option in command.options if option.rest), None)


def _find_choice(command: Command, word: str, taken: dict[str, OptionValue]) -> tuple[Option, str] | None:
    """An option not yet given that has this choice, with the choice's value."""
    wanted = word.lower()
    for option in command.options:
        if option.name in taken:
            continue
        for choice in option.choices:
            if wanted in (choice.value.lower(), choice.label.lower()):
                return option, choice.value
    return None


@dataclass(slots=True)
class _Scan:
    """Walks the text word by word and sorts it into options and free text."""

    command: Command
    text: str
    position: int = 0
    options: dict[str, OptionValue] = field(default_factory=dict[str, OptionValue])
    free: list[str] = field(default_factory=list[str])

    def run(self) -> None:
        while self.position < len(self.text):
            if not (self._space() or self._quoted_text() or self._dashed() or self._named()):
                self._keep(_WORD, self.position)

    def _keep(self, pattern: re.Pattern[str], start: int) -> bool:
        found = pattern.match(self.text, start)
        if found is None:
            return False
        self.free.append(self.text[self.position : found.end()])
        self.position = found.end()
        return True

    def _space(self) -> bool:
        return self._keep(_SPACE, self.position)

    def _quoted_text(self) -> bool:
        end = _quoted_end(self.text, self.position)
        if end is None:
            return False
        self.free.append(self.text[self.position : end])
        self.position = end
        return True

    def _dashed(self) -> bool:
        found = _DASHED.match(self.text, self.position)
        if found is None:
            return False
        name = found["name"]
        option = _find_option(self.command, name)
        if option is None:
            return self._dashed_choice() or self._dashed_no(name) or self._unknown(name)
        if found["separator"] or not self._is_flag(option, found.end()):
            self._take(option, found.end())
        else:
            self._cut(found.end())
            self.options[option.name] = True
        return True

    def _is_flag(self, option: Option, after: int) -> bool:
        """`--flag off` is a value only where no free text could begin with the same word."""
        if option.kind is not OptionKind.BOOLEAN:
            return False
        word = _WORD.search(self.text, after)
        truth = word is not None and word.group().lower() in TRUE_WORDS | FALSE_WORDS
        return not truth or _rest_option(self.command) is not None

    def _dashed_choice(self) -> bool:
        """`--square` for `size=square`."""
        word = _WORD.match(self.text, self.position)
        chosen = word and _find_choice(self.command, word.group().lstrip("-—–"), self.options)
        if not word or not chosen:
            return False
        option, value = chosen
        self.options[option.name] = value
        self._cut(word.end())
        return True

    def _dashed_no(self, name: str) -> bool:
        """`--no-flag` for `flag=off`."""
        option = _find_option(self.command, name[3:]) if name.lower().startswith("no-") else None
        if option is None or option.kind is not OptionKind.BOOLEAN:
            return False
        self.options[option.name] = False
        self._cut(self.position + len("--") + len(name))
        return True

    def _unknown(self, name: str) -> bool:
        """Only what looks like a slip is an error where free text may hold `--amend` or a dash."""
        names = [option.name for option in self.command.options]
        near = difflib.get_close_matches(name.lower(), names, n=1, cutoff=0.7)
        if near:
            raise UserError(f"`/{self.command.name}` has no option `{name}`. Did you mean `{near[0]}`?")
        if _rest_option(self.command) is None and self.text.startswith("--", self.position):
            raise UserError(f"`/{self.command.name}` has no option `{name}`. {_describe(self.command)}")
        return False

    def _named(self) -> bool:
        found = _NAMED.match(self.text, self.position)
        option = found and _find_option(self.command, found["name"])
        if not found or not option:
            return False
        after = found.end()
        spaced = after >= len(self.text) or self.text[after].isspace()
        if (
            spaced
            and not option.rest
            and _choice_end(option, self.text, _skip_space(self.text, after)) is None
        ):
            return False
        self._take(option, after)
        return True

    def _take(self, option: Option, after: int) -> None:
        start = _skip_space(self.text, after)
        quoted_end = _quoted_end(self.text, start)
        if option.rest and quoted_end is None:
            self._cut(after)  # `prompt: a fox` and `--prompt a fox`: the words themselves are free text
            return
        end = quoted_end or _choice_end(option, self.text, start) or _word_end(self.text, start)
        value = self.text[start:end]
        if not value:
            raise UserError(f"`{option.name}` needs a value, for example `{option.name}={_example(option)}`.")
        self.options[option.name] = parse_value(option, _unquoted(value))
        self._cut(end)

    def _cut(self, end: int) -> None:
        """Go on at `end`, without leaving two spaces where the option stood."""
        if not self.free or self.free[-1].isspace():
            while end < len(self.text) and self.text[end] in " \t":
                end += 1
        self.position = end


def _skip_space(text: str, start: int) -> int:
    found = _SPACE.match(text, start)
    return found.end() if found else start


def _word_end(text: str, start: int) -> int:
    found = _WORD.match(text, start)
    return found.end() if found else start


def _quoted_end(text: str, start: int) -> int | None:
    """Where a quoted run that begins here ends, None when there is none or a word goes on after it."""
    closing = _QUOTES.get(text[start : start + 1])
    if closing is None:
        return None
    end = text.find(closing, start + 1, start + MAX_QUOTED)
    if end < 0 or not (end + 1 == len(text) or text[end + 1].isspace()):
        return None
    return end + 1


def _choice_end(option: Option, text: str, start: int) -> int | None:
    """Where a choice (by value or label, maybe of several words) that stands here ends."""
    names = sorted((name for c in option.choices for name in (c.value, c.label)), key=len, reverse=True)
    for name in names:
        end = start + len(name)
        if name and text[start:end].lower() == name.lower() and (end >= len(text) or text[end].isspace()):
            return end
    return None


def _unquoted(value: str) -> str:
    return value[1:-1] if _quoted_end(value, 0) == len(value) else value


def _example(option: Option) -> str:
    if option.choices:
        return option.choices[0].value
    return {OptionKind.INTEGER: "1", OptionKind.NUMBER: "0.5", OptionKind.BOOLEAN: "on"}.get(
        option.kind, "text"
    )


def _describe(command: Command) -> str:
    names = ", ".join(f"`{option.name}`" for option in command.options)
    return f"Its options: {names}." if names else "It takes no options."


def _take_choices(command: Command, free: str, options: dict[str, OptionValue]) -> str:
    """Choices said without their option's name, as in `a fox, 16:9`.

    Beside free text only the first and last word count, and an ordinary word like `square` stays in the
    text too: "a red square" must not become "a red".
    """
    if _rest_option(command) is None:
        return _take_bare_words(command, free, options)
    for at_end in (True, False):
        words = free.split()
        if len(words) < 2:
            return free
        word = words[-1 if at_end else 0].strip(",;.")
        chosen = _find_choice(command, word, options)
        if chosen is None or word.isdigit():
            continue
        options[chosen[0].name] = chosen[1]
        if not word.isalpha():
            free = free[: free.rindex(word)].rstrip(" ,;") if at_end else free[len(word) :].lstrip(" ,;")
    return free


def _take_bare_words(command: Command, free: str, options: dict[str, OptionValue]) -> str:
    """Words that are a choice, or the name of a switch where no word is asked for: `/transcribe minutes`."""
    switches = not any(option.required for option in command.options)
    kept: list[str] = []
    for word in _words(free):
        switch = _find_option(command, word) if switches else None
        chosen = _find_choice(command, _unquoted(word), options)
        if switch is not None and switch.kind is OptionKind.BOOLEAN:
            options[switch.name] = True
        elif chosen is None:
            kept.append(word)
        else:
            options[chosen[0].name] = chosen[1]
    return " ".join(kept) if len(kept) < len(_words(free)) else free


def _words(text: str) -> list[str]:
    """Words, where a quoted run is one word."""
    words: list[str] = []
    position = _skip_space(text, 0)
    while position < len(text):
        end = _quoted_end(text, position) or _word_end(text, position)
        words.append(text[position:end])
        position = _skip_space(text, end)
    return words


def _place(command: Command, free: str, options: dict[str, OptionValue]) -> None:
    """Hand the free text to the options it is meant for."""
    if not free:
        return
    slots = _slots(command, options)
    if not slots:
        raise UserError(f"I do not know what `{_short(free)}` means here. {_describe(command)}")
    for option in slots[:-1]:
        first = _words(free)[0]
        options[option.name] = parse_value(option, _unquoted(first))
        free = free[len(first) :].strip()
        if not free:
            return
    options[slots[-1].name] = parse_value(slots[-1], _unquoted(free))


def _slots(command: Command, options: dict[str, OptionValue]) -> list[Option]:
    """Options that take free text, in order; the last one takes all that is left."""
    open_options = [option for option in command.options if option.name not in options]
    required = [option for option in open_options if option.required and not option.rest]
    rest = [option for option in open_options if option.rest]
    if required or rest:
        return required + rest
    plain = [option for option in open_options if option.kind is OptionKind.TEXT and not option.choices]
    return (plain or open_options)[:1]


def _short(text: str) -> str:
    text = text.replace("`", "'")
    return text if len(text) <= 40 else f"{text[:39]}…"
