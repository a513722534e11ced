"""Words about time, understood in somebody's time zone.

dateparser knows many languages, but loses times of day ("tomorrow at nine" stays now's hour) and guesses
wildly ("Friday at nine" was once in September of next year). So the time of day is read here, dateparser gets
the day alone, and what comes out is checked.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any, cast
from zoneinfo import ZoneInfo

import dateparser

from bot.engine.settings.zones import LocalTime, at_local, local_now, spelled
from bot.errors import UserError

WORDS_CHARS = 80
MOST_AHEAD = timedelta(days=5 * 366)
MORNING = time(9)
"""When a day without a time of day is meant to begin."""
NEAR_YEAR = timedelta(days=370)

_MORE_NUMBERS = {
    "fifteen": "15", "twenty": "20", "thirty": "30", "forty-five": "45", "ein": "1", "eine": "1",
    "einer": "1", "einem": "1", "zwanzig": "20", "dreißig": "30", "fünfzehn": "15",
}  # fmt: skip
_NUMBERS = _MORE_NUMBERS | {
    word: str(number)
    for words in (
        "one two three four five six seven eight nine ten eleven twelve",
        "eins zwei drei vier fünf sechs sieben acht neun zehn elf zwölf",
        "une deux trois quatre cinq six sept huit neuf dix onze douze",
        "uno dos tres cuatro cinco seis siete ocho nueve diez once doce",
        "una due tre quattro cinque sei sette otto nove dieci undici dodici",
    )
    for number, word in enumerate(words.split(), 1)
}
_NUMBER_WORD = re.compile(rf"\b(?:{'|'.join(sorted(_NUMBERS, key=len, reverse=True))})\b")
_HALF_HOUR = re.compile(r"\b(?:half an hour|(?:einer )?halben stunde|une demi-heure|media hora|mezz'?ora)\b")
_QUARTER_HOUR = re.compile(r"\b(?:a )?quarter of an hour\b|\b(?:einer )?viertelstunde\b")
_HALF_PAST = re.compile(r"\bhalf past (\d{1,2})\b")
_QUARTER = re.compile(r"\b(?:a )?quarter (past|to) (\d{1,2})\b")
_HALB = re.compile(r"\bhalb (\d{1,2})\b")
_UNIT = (
    r"(?:seconds?|secs?|minutes?|mins?|hours?|hrs?|minuten?|stunden?|minuti|minutos?|heures?|horas?|ore|[hm])"
)
_SPAN = re.compile(rf"\d+(?:[.,]\d+)?\s*{_UNIT}(?![a-zäöü])")
_RELATIVE = re.compile(r"^(?:in|dans|en|tra|fra|через|nach|after)\s+")
_PART = {
    "morning": "am", "am morgen": "am", "morgens": "am", "früh": "am", "du matin": "am", "vormittags": "am",
    "afternoon": "pm", "evening": "pm", "night": "pm", "nachmittags": "pm", "abends": "pm", "am abend": "pm",
    "du soir": "pm", "de la tarde": "pm", "de la noche": "pm", "tonight": "pm", "heute abend": "pm",
    "abend": "pm",
}  # fmt: skip
_EVENINGS = ("tonight", "evening", "night", "abends", "abend", "heute abend")
_PARTS = re.compile(rf"\b(?:in the |at )?({'|'.join(sorted(_PART, key=len, reverse=True))})\b")
_FIXED = {
    **dict.fromkeys(("noon", "midday", "mittags", "midi", "mediodía", "mezzogiorno"), time(12)),
    **dict.fromkeys(("midnight", "mitternacht", "minuit", "medianoche", "mezzanotte"), time(0)),
}
_FIXED_WORD = re.compile(rf"\b(?:at )?({'|'.join(_FIXED)})\b")
_AT = r"(?:at|um|gegen|à|a las|a la|alle|в|@)"
_CLOCK = (
    re.compile(
        rf"(?:\b{_AT}\s*)?\b(\d{{1,2}})[:h](\d{{2}})(?::00)?\s*(?:(am|pm|a\.m\.|p\.m\.)\b)?(?:\s*uhr\b)?"
    ),
    re.compile(rf"(?:\b{_AT}\s*)?\b(\d{{1,2}})\.(\d{{2}})\s*()uhr\b"),
    re.compile(rf"(?:\b{_AT}\s*)?\b(\d{{1,2}})()\s*(am|pm|a\.m\.|p\.m\.)(?=\W|$)"),
    re.compile(rf"(?:\b{_AT}\s*)?\b(\d{{1,2}})()()\s*(?:uhr|o'?clock|heures|h)\b"),
    re.compile(rf"(?:\b|(?<=\s)){_AT}\s*(\d{{1,2}})()()(?![\d.:/-])\b"),
    re.compile(r"^\s*(\d{1,2})()()\s*$"),
    re.compile(r"()(\d{1,2})()時"),
)
_MOST_WORDS = 8
_LINK = re.compile(r"^(?:(?:to|that|of|about|dass|an|zu|de|que)\b|[:,–-])\s*", re.IGNORECASE)
_FILLERS = re.compile(r"(?:\b(?:on|at|um|am|the|this|le|el|il|um)\b|[,;@])")
_OTHERS = ["de", "fr", "es", "it", "pt", "nl", "pl", "ru", "uk", "tr", "sv", "cs", "ja", "zh", "ko"]
"""Read besides English. Loading all that dateparser has takes seconds, in which nobody else is answered."""
_NOW = ("now", "jetzt", "maintenant", "ahora", "adesso")
_NOW_HINT = "Say for example `in 20 minutes`, `tomorrow at 9:00` or `Friday at nine`."


@dataclass(frozen=True, slots=True)
class Moment:
    """When something is to happen: Unix seconds, and how the clocks of the zone show it."""

    at: float
    local: datetime
    moved: bool = False

    @property
    def words(self) -> str:
        """The moment as people read it."""
        note = ", moved because clocks go forward then" if self.moved else ""
        return f"{spelled(self.local)}{note}"


def understood(words: str, zone: ZoneInfo, now: float, language: str = "") -> Moment:
    """The moment meant by somebody's words, always in the future and at most five years away. `language` is
    a hint such as "de". A UserError says what can be understood."""
    text = words.strip()
    if not text or len(text) > WORDS_CHARS:
        raise UserError(f"Tell me when, in a few words. {_NOW_HINT}")
    here = local_now(now, zone).replace(tzinfo=None, microsecond=0)
    found = _iso(text) or _read(_plain(text), here, language)
    if found is None:
        raise UserError(f"I do not understand that time. {_NOW_HINT}")
    if isinstance(found, timedelta):
        return after(found.total_seconds(), zone, now)
    return checked(found, zone, now)


def split(text: str, zone: ZoneInfo, now: float, language: str = "") -> tuple[Moment, str]:
    """A moment and what is to happen then, typed as one line: the longest beginning that is understood as a
    time. A UserError where none is, or where nothing follows."""
    words = text.split()
    for count in range(min(len(words), _MOST_WORDS), 0, -1):
        beginning = " ".join(words[:count]).rstrip(":,-–")
        try:
            moment = understood(beginning, zone, now, language)
        except UserError:
            continue
        rest = _LINK.sub("", text.split(None, count)[count] if len(words) > count else "")
        if not rest:
            raise UserError("Tell me also what to remind you of: `/remind tomorrow at 9:00 feed the cat`.")
        return moment, rest
    raise UserError(f"I do not understand when. {_NOW_HINT}")


def after(seconds: float, zone: ZoneInfo, now: float) -> Moment:
    """So many seconds from now, whatever clocks do meanwhile."""
    at = now + seconds
    return _bounded(LocalTime(at, local_now(min(at, now + MOST_AHEAD.total_seconds() + 1), zone)), now)


def checked(local: datetime, zone: ZoneInfo, now: float) -> Moment:
    """A clock time of the zone, or one with an offset of its own."""
    if local.tzinfo is not None:
        at = local.timestamp()
        return _bounded(LocalTime(at, datetime.fromtimestamp(at, zone)), now)
    return _bounded(at_local(local, zone, now), now)


def iso_moment(text: str, zone: ZoneInfo, now: float) -> Moment:
    """The moment of an ISO time such as 2026-12-04T09:00, local unless it has an offset."""
    found = _iso(text.strip())
    if found is None:
        raise UserError("That is no time like 2026-12-04T09:00.")
    return checked(found, zone, now)


def _bounded(found: LocalTime, now: float) -> Moment:
    if found.at <= now:
        raise UserError(f"{spelled(found.local)} is in the past. It is now {_clock_of(found, now)}.")
    if found.at - now > MOST_AHEAD.total_seconds():
        raise UserError("That is more than five years away, which is longer than I promise anything.")
    return Moment(found.at, found.local, found.moved)


def _clock_of(found: LocalTime, now: float) -> str:
    return spelled(datetime.fromtimestamp(now, found.local.tzinfo))


def _iso(text: str) -> datetime | None:
    """An ISO date with a time; years beyond reason are no times."""
    if not re.match(r"\d{4}-\d{2}-\d{2}[T ]\d{2}", text):
        return None
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return found if 1971 <= found.year <= 9000 else None


def _plain(text: str) -> str:
    """Lower case, digits for number words, and clock phrases as clock times."""
    text = " ".join(text.casefold().replace("’", "'").split())
    text = _QUARTER_HOUR.sub("15 minutes", _HALF_HOUR.sub("30 minutes", text))
    text = _NUMBER_WORD.sub(lambda match: _NUMBERS[match[0]], text)
    text = _HALF_PAST.sub(lambda match: f"at {match[1]}:30", text)
    text = _QUARTER.sub(_quarter, text)
    return _HALB.sub(lambda match: f"um {_hour(int(match[1]) - 1)}:30", text)


def _quarter(match: re.Match[str]) -> str:
    hour = int(match[2])
    return f"at {hour}:15" if match[1] == "past" else f"at {_hour(hour - 1)}:45"


def _hour(number: int) -> int:
    return number or 12


def _read(text: str, here: datetime, language: str) -> datetime | timedelta | None:
    if _RELATIVE.match(text) or _SPAN.match(text):
        found = _span(text, here, language)
        if found is not None:
            return found
    clock, rest = _time_of_day(text)
    rest = " ".join(_FILLERS.sub(" ", rest).split())
    if rest in _NOW:
        return None
    if not rest:
        return None if clock is None else _next_time(clock, here)
    day = _day(rest, here, language)
    if day is None:
        return None
    return datetime.combine(day, clock or MORNING)


def _span(text: str, here: datetime, language: str) -> datetime | timedelta | None:
    """So long from now; hours and minutes pass whatever clocks do, days end at the same time of day."""
    found = _parsed(text, here, language)
    if found is None or found <= here:
        return None
    if _SPAN.search(text):
        return found - here
    clock, _ = _time_of_day(text)
    return datetime.combine(found.date(), clock) if clock is not None else found


def _time_of_day(text: str) -> tuple[time | None, str]:
    """The time of day in a text, and the text without it."""
    fixed = _FIXED_WORD.search(text)
    if fixed is not None:
        return _FIXED[fixed[1]], _without(text, fixed)
    part = _PARTS.search(text)
    half = _PART[part[1]] if part is not None else ""
    for pattern in _CLOCK:
        match = pattern.search(text)
        clock = _clock(match, half) if match is not None else None
        if match is not None and clock is not None:
            rest = _without(text, match)
            return clock, _PARTS.sub(_today_of, rest)
    if half and part is not None and part[1] in _EVENINGS:
        return time(20), _PARTS.sub(_today_of, text)
    return None, text


def _today_of(match: re.Match[str]) -> str:
    return " today " if match[1] in ("tonight", "heute abend") else " "


def _clock(match: re.Match[str], half: str) -> time | None:
    hours, minutes, mark = match[1] or match[2], match[2] if match[1] else "", match[3]
    hour, minute = int(hours), int(minutes or 0)
    half = mark.replace(".", "") if mark else half
    if half == "pm" and hour < 12:
        hour += 12
    elif half == "am" and hour == 12:
        hour = 0
    return time(hour % 24, minute) if hour <= 24 and minute < 60 else None


def _without(text: str, match: re.Match[str]) -> str:
    return f"{text[: match.start()]} {text[match.end() :]}"


def _next_time(clock: time, here: datetime) -> datetime:
    """The next time that clocks show it."""
    today = datetime.combine(here.date(), clock)
    return today if today > here else today + timedelta(days=1)


def _day(text: str, here: datetime, language: str) -> date | None:
    """The day meant by what is left of the words."""
    found = _parsed(text, here, language)
    if found is None or found.date() < here.date():
        return None
    far = found - here > NEAR_YEAR
    return None if far and not re.search(r"\d{4}|year|jahr|año|anno|\ban\b", text) else found.date()


def _parsed(text: str, here: datetime, language: str) -> datetime | None:
    settings = {
        "RELATIVE_BASE": here,
        "PREFER_DATES_FROM": "future",
        "RETURN_AS_TIMEZONE_AWARE": False,
        "STRICT_PARSING": False,
    }
    parse = cast(Callable[..., datetime | None], cast(Any, dateparser).parse)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it warns of its own use of the standard library
        try:
            for languages in _languages(language):
                found = parse(text, languages=languages, settings=settings)
                if found is not None:
                    return found.replace(tzinfo=None)
        except (ValueError, OverflowError, RecursionError):  # numbers beyond any calendar
            return None
    return None


def _languages(language: str) -> tuple[list[str], ...]:
    """English first, then the reader's own language, then the rest: a word may mean something in several."""
    own = language.partition("-")[0].casefold()
    return (["en"], [own], _OTHERS) if own in _OTHERS else (["en"], _OTHERS)
