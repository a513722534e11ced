"""What somebody wants made, as data: it is stored with the order, shown on the card, and sent to Venice."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from pydantic import TypeAdapter

from bot.declarations import Medium
from bot.messages import OptionValue
from bot.venice.jobs import AudioRequest, VideoRequest
from bot.venice.models import Model

SOME_PICTURE = "data:image/jpeg;base64,"
"""Stands for the picture where only the price is asked."""
EFFECT_SECONDS = 30
"""What makes no longer sound than this, and cannot sing, makes sounds rather than music."""


class Craft(StrEnum):
    """What is made; also the name of the command that asks for it."""

    FILM = "video"
    MUSIC = "music"
    SOUND = "sound"

    @property
    def noun(self) -> str:
        """In a sentence, with its article."""
        return {Craft.FILM: "the film", Craft.MUSIC: "the music", Craft.SOUND: "the sound"}[self]

    @property
    def medium(self) -> Medium:
        """What it counts as in caps."""
        return Medium.VIDEO if self is Craft.FILM else Medium.MUSIC


@dataclass(frozen=True, slots=True)
class Brief:
    """One wish. `picture` is the id of the vault's file that a film starts from, `end` of the one it ends
    with. Empty text and None mean
    that nothing was said. `duration` is in the model's own words ("5s"), `seconds` is for sound."""

    craft: Craft
    prompt: str
    model: str = ""
    picture: str = ""
    end: str = ""
    duration: str = ""
    resolution: str = ""
    aspect: str = ""
    negative: str = ""
    audio: bool | None = None
    seconds: int | None = None
    lyrics: str = ""
    write_lyrics: bool = False
    instrumental: bool = False
    loop: bool = False
    voice: str = ""
    language: str = ""

    def film(self, picture_url: str = SOME_PICTURE, end_url: str = SOME_PICTURE) -> VideoRequest:
        """The order of a film; `picture_url` counts where it starts from a picture, `end_url` where it ends
        with one."""
        return VideoRequest(
            prompt=self.prompt,
            duration=self.duration,
            aspect_ratio=self.aspect,
            resolution=self.resolution,
            negative_prompt=self.negative,
            audio=self.audio is not False,
            image_url=picture_url if self.picture else "",
            end_image_url=end_url if self.end else "",
        )

    def sound(self) -> AudioRequest:
        """The order of music or a sound."""
        return AudioRequest(
            prompt=self.prompt,
            seconds=self.seconds,
            lyrics=self.lyrics,
            write_lyrics=self.write_lyrics,
            instrumental=self.instrumental,
            loop=self.loop,
            voice=self.voice,
            language=self.language,
        )

    @property
    def options(self) -> dict[str, OptionValue]:
        """As options of the command that asks for the same again."""
        given: Mapping[str, OptionValue | None] = {
            "prompt": self.prompt,
            "model": self.model,
            "picture": self.picture,
            "end": self.end,
            "duration": self.duration,
            "resolution": self.resolution,
            "aspect": self.aspect,
            "negative": self.negative,
            "audio": self.audio,
            "seconds": self.seconds,
            "lyrics": self.lyrics,
            "write_lyrics": self.write_lyrics or None,
            "instrumental": self.instrumental or None,
            "loop": self.loop or None,
            "voice": self.voice,
            "language": self.language,
        }
        return {name: value for name, value in given.items() if value is not None and value != ""}


_BRIEF = TypeAdapter(Brief)


def to_request(brief: Brief) -> str:
    """As stored with its order."""
    return _BRIEF.dump_json(brief, exclude_defaults=True).decode()


def from_request(stored: str) -> Brief:
    """From what is stored with an order."""
    return _BRIEF.validate_json(stored)


def is_effect(model: Model) -> bool:
    """Whether a sound model makes effects: short, and without singing."""
    takes = model.music
    sings = takes.lyrics or takes.instrumental
    return not sings and takes.duration_max is not None and takes.duration_max <= EFFECT_SECONDS


def narrates(model: Model) -> bool:
    """Whether a sound model reads text aloud."""
    return model.pricing.thousand_characters is not None


def bridges(model: Model) -> bool:
    """Whether a film model goes from one picture to another, and needs both. Venice's list says so by name
    only; which others take a picture to end with it does not say."""
    return "transition" in model.id or "first-last-frame" in model.id


def suits(model: Model, brief: Brief) -> bool:
    """Whether a model makes this kind of thing at all."""
    match brief.craft:
        case Craft.FILM:
            kind = "image-to-video" if brief.picture else "text-to-video"
            return model.video.kind == kind and (bool(brief.end) or not bridges(model))
        case Craft.MUSIC:
            return not is_effect(model) and not narrates(model)
        case Craft.SOUND:
            return is_effect(model)


def complaint(brief: Brief, model: Model) -> str:
    """What of a brief the model does not take, as a sentence that says what it does; "" for nothing."""
    check = _film_complaint if brief.craft is Craft.FILM else _sound_complaint
    return check(brief, model) or _length_complaint(brief, model)


def _film_complaint(brief: Brief, model: Model) -> str:
    takes = model.video
    if takes.kind == "text-to-video" and brief.picture:
        return f"{model.name} makes films from words only. Choose a model that starts from a picture."
    if takes.kind == "image-to-video" and not brief.picture:
        return f"{model.name} makes a film out of a picture: attach one, or reply to one."
    if bridges(model) and not brief.end:
        return f"{model.name} goes from one picture to another: attach both, the first one first."
    if takes.kind == "video":
        return f"{model.name} changes films, which I cannot do yet. Choose another model."
    for what, wanted, offered in (
        ("length", brief.duration, takes.durations),
        ("resolution", brief.resolution, takes.resolutions),
        ("shape", brief.aspect, takes.aspect_ratios),
    ):
        if wanted and wanted not in offered:
            return f"{model.name} {_offers(what, wanted, offered)}"
    if brief.audio is not None and not takes.audio_configurable and brief.audio is not takes.audio:
        return (
            f"{model.name} makes films {'with' if takes.audio else 'without'} sound only. Leave `audio` out."
        )
    return ""


def _offers(what: str, wanted: str, offered: tuple[str, ...]) -> str:
    if not offered:
        return f"lets nobody choose the {what}. Leave it out."
    return f"does not make the {what} {wanted[:20]}. It makes {', '.join(offered)}."


def _sound_complaint(brief: Brief, model: Model) -> str:
    takes = model.music
    unable = (
        (bool(brief.lyrics) and not takes.lyrics, "does not sing. Leave the lyrics out"),
        (brief.write_lyrics and not takes.lyrics_optimizer, "writes no lyrics by itself. Give it some"),
        (
            takes.lyrics_required and not (brief.lyrics or brief.write_lyrics),
            "needs lyrics to sing. Add them with `lyrics`",
        ),
        (brief.instrumental and not takes.instrumental, "cannot promise music without singing"),
        (brief.loop and not takes.loop, "makes no loops"),
        (bool(brief.language) and not takes.language, "takes no language"),
        (
            bool(brief.voice) and brief.voice not in model.voices,
            f"has no voice {brief.voice[:40]}"
            + (f". It has {', '.join(model.voices)}" if model.voices else ""),
        ),
    )
    said = next((words for wrong, words in unable if wrong), "")
    return f"{model.name} {said}, or choose another model." if said else _seconds_complaint(brief, model)


def _seconds_complaint(brief: Brief, model: Model) -> str:
    takes, wanted = model.music, brief.seconds
    if wanted is None:
        return ""
    if not takes.timed:
        return f"{model.name} decides by itself how long it gets. Leave `seconds` out."
    if takes.duration_options and wanted not in takes.duration_options:
        return f"{model.name} makes {', '.join(map(str, takes.duration_options))} seconds, not {wanted}."
    low, high = takes.duration_min or 1, takes.duration_max or wanted
    if not low <= wanted <= high:
        return f"{model.name} makes {low} to {high} seconds, not {wanted}."
    return ""


def _length_complaint(brief: Brief, model: Model) -> str:
    if brief.craft is Craft.FILM:
        least, most = 1, model.video.prompt_limit or 2500
    else:
        least, most = model.music.prompt_min, model.music.prompt_limit
    length = len(brief.prompt.strip())
    if length < least:
        return f"Say a little more: {model.name} wants at least {least} characters."
    if most is not None and length > most:
        return f"{model.name} takes descriptions of up to {most:,} characters; yours has {length:,}."
    limit = model.music.lyrics_limit
    if limit is not None and len(brief.lyrics) > limit:
        return f"{model.name} takes lyrics of up to {limit:,} characters; yours have {len(brief.lyrics):,}."
    return ""


def lines_of(resolution: str) -> int:
    """How fine a resolution is, in lines; 0 for one that does not say."""
    found = re.fullmatch(r"(?:true_)?(\d+)[pP]", resolution)
    if found is not None:
        return int(found[1])
    return {"2k": 1440, "4k": 2160}.get(resolution.lower(), 0)


def seconds_of(duration: str) -> int:
    """How long a film's duration ("5s") is, in seconds; 0 for one that does not say."""
    found = re.fullmatch(r"(\d+)s", duration)
    return int(found[1]) if found is not None else 0
