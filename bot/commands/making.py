"""/video, /music, /sound and /jobs: what Venice makes in its own time, price first."""

from __future__ import annotations

import asyncio
import base64
import json
import re
from collections.abc import Mapping
from dataclasses import replace

from bot.commands.services import Services, flag_option, number_option, text_option
from bot.declarations import Command, Medium, MenuEntry, Option, OptionKind
from bot.engine.making.board import ASK, ORDER
from bot.engine.making.brief import Brief, Craft
from bot.engine.making.ends import brief_of
from bot.engine.pictures.gallery import Source
from bot.engine.turns.registry import ActionHandler, Bound, check_permission
from bot.engine.turns.turn import Turn
from bot.errors import UserError
from bot.media.pictures import to_data_url
from bot.messages import Addressed, Attachment, CommandUse, MediaKind
from bot.records import StoredButton

PICTURE = "picture"
"""Option of buttons that run /video: the id of a picture in the vault. It is not shown to people, who
attach a picture or reply to one."""
END = "end"
"""The same for the picture a film ends with."""
MOST_PICTURES = 2
MOVE_IT = "Bring this picture to life with gentle, natural movement."

VIDEO = Command(
    "video",
    "Make a film from words or from a picture, to a second one if you attach two; price first.",
    (
        Option("prompt", "What happens in the film?", rest=True, maximum=20_000),
        Option("model", "Film model; the cheapest that can do it if left out.", completer="model.film"),
        Option("duration", "How long, such as 5s.", completer="film.duration"),
        Option("resolution", "How fine, such as 720p.", completer="film.resolution"),
        Option("aspect", "Shape, such as 16:9.", completer="film.aspect"),
        Option("audio", "With sound?", OptionKind.BOOLEAN),
        Option("negative", "What must not be seen.", maximum=2500),
    ),
    medium=Medium.VIDEO,
    takes_file=True,
    most_files=MOST_PICTURES,
    menu=(MenuEntry("Animate"),),
)
MUSIC = Command(
    "music",
    "Make music, with singing or without; price first.",
    (
        Option("prompt", "What should it sound like?", required=True, rest=True, maximum=5000),
        Option("lyrics", "Words to sing.", maximum=5000),
        Option("write_lyrics", "Let the model write the lyrics.", OptionKind.BOOLEAN),
        Option("instrumental", "Without singing.", OptionKind.BOOLEAN),
        Option(
            "seconds",
            "How long.",
            OptionKind.INTEGER,
            completer="sound.seconds",
            minimum=1,
            maximum=3600,
        ),
        Option("model", "Music model; the cheapest that can do it if left out.", completer="model.music"),
        Option("voice", "Voice, where the model has voices.", completer="sound.voice"),
        Option("language", "Language as two letters (en, de), where the model asks for it.", maximum=2),
    ),
    medium=Medium.MUSIC,
)
SOUND = Command(
    "sound",
    "Make a sound: rain, a door, applause; price first.",
    (
        Option("prompt", "What should be heard?", required=True, rest=True, maximum=2000),
        Option("seconds", "How long.", OptionKind.INTEGER, completer="sound.seconds", minimum=1, maximum=600),
        Option("loop", "So that it can be repeated without a seam.", OptionKind.BOOLEAN),
        Option("model", "Sound model; the cheapest that can do it if left out.", completer="model.sound"),
    ),
    medium=Medium.MUSIC,
)
JOBS = Command("jobs", "Show what I am making for you, drop it, or have it sent again.", private_reply=True)
CRAFTS: Mapping[str, Craft] = {
    VIDEO.name: Craft.FILM,
    MUSIC.name: Craft.MUSIC,
    SOUND.name: Craft.SOUND,
}
_COMMANDS = {Craft.FILM: VIDEO, Craft.MUSIC: MUSIC, Craft.SOUND: SOUND}


def bound(services: Services) -> list[Bound]:
    """The commands of this group."""

    async def video(turn: Turn) -> None:
        await services.shop.counter.quote(turn, await _film(services, turn))

    async def music(turn: Turn) -> None:
        await services.shop.counter.quote(turn, _sound(turn, Craft.MUSIC))

    async def sound(turn: Turn) -> None:
        await services.shop.counter.quote(turn, _sound(turn, Craft.SOUND))

    async def jobs(turn: Turn) -> None:
        await _jobs(services, turn)

    return [Bound(VIDEO, video), Bound(MUSIC, music), Bound(SOUND, sound), Bound(JOBS, jobs)]


def actions(services: Services) -> dict[str, ActionHandler]:
    """The buttons of this group."""
    counter = services.shop.counter

    async def check(turn: Turn, stored: StoredButton) -> None:
        """Who may not use the command may not order what it quoted."""
        order = await services.store.orders.get(stored.id)
        brief = brief_of(order) if order is not None else None
        if brief is not None:
            check_permission(turn, _COMMANDS[brief.craft])

    async def make(turn: Turn, stored: StoredButton) -> None:
        await check(turn, stored)
        await counter.make(turn, stored.id, _version(turn))

    async def cheaper(turn: Turn, stored: StoredButton) -> None:
        await check(turn, stored)
        await counter.cheaper(turn, stored.id, _version(turn))

    async def cancel(turn: Turn, stored: StoredButton) -> None:
        await counter.cancel(turn, stored.id, _version(turn))

    async def drop(turn: Turn, stored: StoredButton) -> None:
        await counter.drop(turn, stored.id)

    async def send(turn: Turn, stored: StoredButton) -> None:
        await counter.send(turn, stored.id, _version(turn))

    async def ask(turn: Turn, stored: StoredButton) -> None:
        """The same command with other options, as whoever pressed."""
        asked = json.loads(stored.payload)
        use = CommandUse(asked["craft"], asked["options"])
        turn.incoming = replace(turn.incoming, addressed=Addressed.COMMAND, command=use)
        craft = CRAFTS[use.name]
        check_permission(turn, _COMMANDS[craft])
        brief = await _film(services, turn) if craft is Craft.FILM else _sound(turn, craft)
        await counter.quote(turn, brief)

    return {
        f"{ORDER}.make": make,
        f"{ORDER}.cheaper": cheaper,
        f"{ORDER}.cancel": cancel,
        f"{ORDER}.drop": drop,
        f"{ORDER}.send": send,
        ASK: ask,
    }


def _version(turn: Turn) -> int:
    """The card that the pressed button belongs to."""
    press = turn.incoming.press
    digits = press.button_id.rpartition(".")[2] if press is not None else ""
    return int(digits) if digits.isdecimal() else -1


# --- what is wanted ---


async def _film(services: Services, turn: Turn) -> Brief:
    picture, end = await _pictures(services, turn)
    prompt = text_option(turn, "prompt") or (MOVE_IT if picture else "")
    if not prompt:
        raise UserError(
            "Say what the film should show: `/video a boat on a canal at dawn`. "
            "Attach a picture, or reply to one, to have it move."
        )
    return Brief(
        Craft.FILM,
        prompt,
        model=text_option(turn, "model"),
        picture=picture,
        end=end,
        duration=_duration(text_option(turn, "duration")),
        resolution=text_option(turn, "resolution"),
        aspect=text_option(turn, "aspect"),
        negative=text_option(turn, "negative"),
        audio=_said(turn, "audio"),
    )


def _sound(turn: Turn, craft: Craft) -> Brief:
    prompt = text_option(turn, "prompt")
    if not prompt:
        example = "a calm song of the sea" if craft is Craft.MUSIC else "rain on a tin roof"
        raise UserError(f"Say what it should sound like: `/{craft.value} {example}`.")
    return Brief(
        craft,
        prompt,
        model=text_option(turn, "model"),
        seconds=number_option(turn, "seconds"),
        lyrics=text_option(turn, "lyrics"),
        write_lyrics=flag_option(turn, "write_lyrics"),
        instrumental=flag_option(turn, "instrumental"),
        loop=flag_option(turn, "loop"),
        voice=text_option(turn, "voice"),
        language=text_option(turn, "language").lower(),
    )


def _duration(typed: str) -> str:
    """Seconds as Venice writes them: "5", "5 s" and "5 seconds" are "5s"."""
    found = re.fullmatch(r"(\d+)\s*(?:s|sec|seconds?)?", typed.strip().lower())
    return f"{found[1]}s" if found is not None else typed.strip()


def _said(turn: Turn, name: str) -> bool | None:
    """An on-off option, None when left out."""
    command = turn.incoming.command
    value = command.options.get(name) if command is not None else None
    return value if isinstance(value, bool) else None


# --- the pictures a film goes from and to ---


async def _pictures(services: Services, turn: Turn) -> tuple[str, str]:
    """The ids in the vault of the pictures a film starts from and ends with, "" for none: named by a button,
    or one of ours that was replied to and what somebody sent, which is put there first."""
    named, end = text_option(turn, PICTURE), text_option(turn, END)
    if named:
        return (await services.gallery.file(turn, named)).id, await _named(services, turn, end)
    own = await services.gallery.quoted(turn)
    sent = _attached(turn) if own else [*_replied_to(turn), *_attached(turn)]
    if len(sent) + bool(own) > MOST_PICTURES:
        raise UserError("A film takes one picture to begin with and one to end with: attach at most two.")
    found = [own[0].id] if own else []
    found += [await _adopted(services, turn, file, message_id) for file, message_id in sent]
    start, last = [*found, "", ""][:2]
    return start, last


async def _named(services: Services, turn: Turn, file_id: str) -> str:
    return (await services.gallery.file(turn, file_id)).id if file_id else ""


async def _adopted(services: Services, turn: Turn, file: Attachment, message_id: str) -> str:
    data = await services.fetcher.fetch(turn, file)
    # Better now than after the price was accepted: it raises for what is no picture.
    kind, _, body = (await asyncio.to_thread(to_data_url, data)).partition(",")
    mime = kind.removeprefix("data:").partition(";")[0]
    shown = (message_id,) if message_id else ()
    source = Source(base64.b64decode(body), mime, name=file.name, message_ids=shown)
    return await services.gallery.adopt(turn, source)


def _attached(turn: Turn) -> list[tuple[Attachment, str]]:
    """The pictures that came along, with the id of their message."""
    incoming = turn.incoming
    return [(one, incoming.message_id) for one in incoming.attachments if _is_picture(one)]


def _replied_to(turn: Turn) -> list[tuple[Attachment, str]]:
    """The picture of the replied-to message, of an album the first."""
    quoted = turn.incoming.quoted
    shown = [(one, quoted.message_id) for one in quoted.attachments] if quoted is not None else []
    return [found for found in shown if _is_picture(found[0])][:1]


def _is_picture(file: Attachment) -> bool:
    """Also one that was sent as a file."""
    as_file = file.kind is MediaKind.DOCUMENT and file.mime.startswith("image/")
    return file.kind is MediaKind.IMAGE or as_file


# --- what is under way ---


async def _jobs(services: Services, turn: Turn) -> None:
    text, rows = await services.shop.counter.listed(turn)
    if not text:
        raise UserError("I am making nothing for you here. `/video`, `/music` and `/sound` begin something.")
    turn.notice(
        f"{text}\n\nVenice cannot stop what it has begun: what you drop in the making stays paid, is not "
        "shown, and is deleted at Venice.",
        private=True,
        buttons=rows,
    )
