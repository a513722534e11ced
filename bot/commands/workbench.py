"""/edit, /upscale, /cutout, /versions: pictures changed, and the way back to what they were."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from typing import Literal

from bot.commands.services import Services, number_option, text_option
from bot.declarations import Choice, Command, Medium, MenuEntry, Option, OptionKind
from bot.engine.pictures.gallery import PICTURE, Source
from bot.engine.pictures.recipes import Making, read_note
from bot.engine.pictures.retouching import VARIATION
from bot.engine.turns.registry import ActionHandler, Bound, check_permission
from bot.engine.turns.texts import EXPIRED_BUTTON, EXPIRED_PICTURE
from bot.engine.turns.turn import Turn
from bot.errors import UserError
from bot.keeping import KeptFile
from bot.messages import Addressed, Button, ButtonRows, CommandUse
from bot.records import StoredButton

VIDEO = "video"
"""Command that makes a film of the kept picture named in its option `picture`."""
VARIED = "A variation"
HOW_TO_EDIT = (
    "Write `/edit make the sky red`, or whatever should change: I then take this picture. "
    "In reply to a picture of mine the words alone will do."
)
LISTED = 20

_WHICH = Option(
    "picture",
    "Which one, where there are several (counted from 1).",
    OptionKind.INTEGER,
    minimum=1,
    maximum=10,
)
EDIT = Command(
    "edit",
    "Change a picture by words, give it a style, or merge several.",
    (
        Option("words", "What should change?", rest=True, maximum=6000),
        Option("style", "Redraw it in this style.", completer="style"),
        Option("model", "Editing model.", completer="model.edit"),
        Option("size", "Shape of the result.", completer="edit.size", maximum=20),
        Option("resolution", "Resolution, where the model offers several.", completer="edit.resolution"),
        Option("quality", "Quality, where the model offers several.", completer="edit.quality"),
        _WHICH,
    ),
    medium=Medium.IMAGE,
    takes_file=True,
    most_files=4,
    menu=(MenuEntry("Edit picture"),),
)
UPSCALE = Command(
    "upscale",
    "Make a picture two or four times as large.",
    (
        Option(
            "scale",
            "How much larger.",
            OptionKind.INTEGER,
            choices=(Choice("2", "2 times"), Choice("4", "4 times")),
            rest=True,
        ),
        _WHICH,
    ),
    medium=Medium.IMAGE,
    takes_file=True,
    menu=(MenuEntry("Upscale 2x", {"scale": 2}), MenuEntry("Upscale 4x", {"scale": 4})),
)
CUTOUT = Command(
    "cutout",
    "Cut out what a picture shows; the background becomes transparent.",
    (_WHICH,),
    medium=Medium.IMAGE,
    takes_file=True,
    menu=(MenuEntry("Cut out"),),
)
VERSIONS = Command("versions", "List the versions of a picture, to go back to one.")

Verb = Callable[[Services, Turn, KeptFile], Awaitable[None]]


def bound(services: Services) -> list[Bound]:
    """The commands of this group."""

    async def edit(turn: Turn) -> None:
        await _edit(services, turn)

    async def upscale(turn: Turn) -> None:
        source = await services.finder.one(turn, UPSCALE.name, number_option(turn, "picture"))
        await _enlarge(services, turn, source, 4 if number_option(turn, "scale") == 4 else 2)

    async def cutout(turn: Turn) -> None:
        await _cut(
            services, turn, await services.finder.one(turn, CUTOUT.name, number_option(turn, "picture"))
        )

    async def versions(turn: Turn) -> None:
        await _versions(services, turn)

    # An album's pictures come as messages of their own, and are gathered in the conversation's queue.
    return [
        Bound(EDIT, edit, ordered=True),
        Bound(UPSCALE, upscale),
        Bound(CUTOUT, cutout),
        Bound(VERSIONS, versions),
    ]


def actions(services: Services, commands: Mapping[str, Bound]) -> dict[str, ActionHandler]:
    """The buttons under a picture, by action; whether there is one for films depends on the commands."""
    services.gallery.can_animate = VIDEO in commands

    def on_one(verb: str, work: Verb) -> ActionHandler:
        async def act(turn: Turn, stored: StoredButton) -> None:
            files = _files(stored)
            number = _pressed_number(turn)
            if number is None and len(files) > 1:
                turn.notice("Which one?", private=True, buttons=_numbers(stored.id, verb, len(files)))
                return
            if not 0 <= (number or 0) < len(files):
                raise UserError(EXPIRED_BUTTON)
            await work(services, turn, await services.gallery.file(turn, files[number or 0]))

        return act

    async def again(turn: Turn, stored: StoredButton) -> None:
        await _again(services, turn, await services.gallery.file(turn, _files(stored)[0]))

    async def show(turn: Turn, stored: StoredButton) -> None:
        files = [await services.gallery.file(turn, one) for one in _files(stored)]
        await services.gallery.show_again(turn, files, read_note(files[0].note).title.capitalize())

    async def animate(_: Services, turn: Turn, file: KeptFile) -> None:
        film = commands.get(VIDEO)
        if film is None:
            raise UserError(EXPIRED_BUTTON)
        use = CommandUse(VIDEO, {"picture": file.id})
        turn.incoming = replace(turn.incoming, addressed=Addressed.COMMAND, command=use)
        check_permission(turn, film.command)
        await film.handler(turn)

    verbs: dict[str, Verb] = {
        "vary": _vary,
        "edit": _ask_for_words,
        "up2": _up2,
        "up4": _up4,
        "cut": _cut_kept,
        "animate": animate,
        "file": _as_file,
        "back": _back,
        "go": _go,
    }
    return {
        f"{PICTURE}.again": again,
        f"{PICTURE}.show": show,
        **{f"{PICTURE}.{verb}": on_one(verb, work) for verb, work in verbs.items()},
    }


BEHIND: Mapping[str, str] = {
    f"{PICTURE}.{verb}": command
    for verb, command in (
        ("again", "image"),
        ("vary", "image"),
        ("edit", EDIT.name),
        ("up2", UPSCALE.name),
        ("up4", UPSCALE.name),
        ("cut", CUTOUT.name),
    )
}
"""The command that each button goes on with."""


def _files(stored: StoredButton) -> list[str]:
    return list(json.loads(stored.payload)["files"])


def _pressed_number(turn: Turn) -> int | None:
    """Which picture a button is about, counted from 0."""
    press = turn.incoming.press
    last = press.button_id.split(".")[2:3] if press is not None else []
    return int(last[0]) if last and last[0].isdecimal() else None


def _numbers(row: str, verb: str, count: int) -> ButtonRows:
    buttons = [Button(str(number + 1), f"{row}.{verb}.{number}") for number in range(count)]
    return tuple(tuple(buttons[i : i + 5]) for i in range(0, count, 5))


# --- changing ---


async def _edit(services: Services, turn: Turn) -> None:
    words, style = text_option(turn, "words"), text_option(turn, "style")
    sources = await services.finder.pictures(turn, EDIT.name, number_option(turn, "picture"))
    if not words and not style:
        services.gallery.choose(turn, sources[0].id or await services.gallery.adopt(turn, sources[0]))
        turn.say(HOW_TO_EDIT)
        return
    turn.answer.typing()
    made = await services.retoucher.edit(
        turn,
        words,
        sources,
        model=text_option(turn, "model"),
        shape=text_option(turn, "size"),
        resolution=text_option(turn, "resolution"),
        quality=text_option(turn, "quality"),
        style=style,
    )
    await services.gallery.show(turn, made)


async def _enlarge(services: Services, turn: Turn, source: Source, scale: Literal[2, 4]) -> None:
    turn.answer.typing()
    await services.gallery.show(turn, await services.retoucher.enlarge(turn, source, scale))


async def _cut(services: Services, turn: Turn, source: Source) -> None:
    turn.answer.typing()
    await services.gallery.show(turn, await services.retoucher.cut_out(turn, source))


# --- buttons ---


async def _up2(services: Services, turn: Turn, file: KeptFile) -> None:
    await _enlarge(services, turn, await services.finder.kept(turn, file.id), 2)


async def _up4(services: Services, turn: Turn, file: KeptFile) -> None:
    await _enlarge(services, turn, await services.finder.kept(turn, file.id), 4)


async def _cut_kept(services: Services, turn: Turn, file: KeptFile) -> None:
    await _cut(services, turn, await services.finder.kept(turn, file.id))


async def _as_file(services: Services, turn: Turn, file: KeptFile) -> None:
    await services.gallery.as_file(turn, file)


async def _ask_for_words(services: Services, turn: Turn, file: KeptFile) -> None:
    services.gallery.choose(turn, file.id)
    turn.notice(HOW_TO_EDIT, private=True)


async def _vary(services: Services, turn: Turn, file: KeptFile) -> None:
    turn.answer.typing()
    source = await services.finder.kept(turn, file.id)
    await services.gallery.show(turn, await services.retoucher.edit(turn, VARIATION, [source], called=VARIED))


async def _again(services: Services, turn: Turn, file: KeptFile) -> None:
    """The same words once more: with another seed, or on the same pictures."""
    recipe = read_note(file.note)
    texts = {name: str(value) for name, value in recipe.options.items()}
    turn.answer.typing()
    if recipe.making is Making.DRAWN:
        steps, count = recipe.options.get("steps"), recipe.options.get("count", 1)
        made = await services.drawer.draw(
            turn,
            recipe.words,
            model=texts.get("model", ""),
            shape=texts.get("size", ""),
            resolution=texts.get("resolution", ""),
            quality=texts.get("quality", ""),
            style=texts.get("style", ""),
            negative=texts.get("negative", ""),
            steps=steps if isinstance(steps, int) else None,
            count=count if isinstance(count, int) else 1,
        )
    elif recipe.making is Making.EDITED:
        sources = [await services.finder.kept(turn, one) for one in recipe.sources]
        made = await services.retoucher.edit(
            turn,
            recipe.words,
            sources,
            model=texts.get("model", ""),
            shape=texts.get("size", ""),
            resolution=texts.get("resolution", ""),
            quality=texts.get("quality", ""),
            style=texts.get("style", ""),
            called=VARIED if recipe.words == VARIATION else "",
        )
    else:
        raise UserError(EXPIRED_BUTTON)
    await services.gallery.show(turn, made)


# --- versions ---


async def _back(services: Services, turn: Turn, file: KeptFile) -> None:
    if not file.parent:
        raise UserError(EXPIRED_PICTURE)
    await _go(services, turn, await services.gallery.file(turn, file.parent))


async def _go(services: Services, turn: Turn, file: KeptFile) -> None:
    services.gallery.choose(turn, file.id)
    title = read_note(file.note).title.capitalize()
    await services.gallery.show_again(turn, [file], f"{title}\n\n*Changes go on from here.*")


async def _versions(services: Services, turn: Turn) -> None:
    versions = await services.gallery.quoted(turn) or await services.gallery.latest(turn)
    if not versions:
        raise UserError("Reply to a picture I made with `/versions`; I find none of yours here.")
    tree = await services.gallery.tree(turn, versions[0])
    shown = tree[:LISTED]
    current = {one.id for one in versions}
    lines = [
        f"{number}. {'· ' * depth}{read_note(one.note).title}{' ← this one' if one.id in current else ''}"
        for number, (depth, one) in enumerate(shown, 1)
    ]
    more = f"\n\nThere are {len(tree) - LISTED} more." if len(tree) > LISTED else ""
    turn.notice(
        "\n".join(lines) + more + "\n\nA number shows that version, and changes go on from it.",
        buttons=await services.gallery.version_buttons(turn, [one for _, one in shown]),
    )
