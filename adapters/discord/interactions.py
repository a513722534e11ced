"""Commands, suggestions and buttons: acknowledged first, then turned into events."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any, TypeGuard

import aiohttp
import discord
import structlog

from adapters.discord.attachments import described
from adapters.discord.capabilities import PLATFORM
from adapters.discord.commands import (
    MENU_LABEL,
    MOST_CHOICES,
    as_text,
    choices,
    read_unfinished,
    read_use,
)
from adapters.discord.errors import ALREADY_ACKNOWLEDGED, HANDLE_GONE, refusals
from adapters.discord.handles import Handle, Opening
from adapters.discord.inbound import is_adult, manages, manages_server, person, place_of, roles_of
from adapters.discord.losses import late_command, late_press
from adapters.discord.outbound import DiscordDoor
from adapters.discord.payloads import NONCE
from bot.declarations import Choice, Command, Option
from bot.errors import GondolaError, PlatformError, UserError
from bot.messages import (
    Addressed,
    Attachment,
    Authority,
    ButtonPress,
    CommandUse,
    Incoming,
    Person,
    Quoted,
    Target,
)
from bot.ports import Front

log: structlog.stdlib.BoundLogger = structlog.get_logger()

ACKNOWLEDGE_SECONDS = 2.8
"""Discord waits three seconds for the first answer."""

COMPLETE_SECONDS = 2.5

_CHAT_INPUT = 1
_ON_MESSAGE = 3
_BUTTON = 2

Interaction = discord.Interaction[discord.Client]
Json = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Form:
    """A command as filled in. `focused` is the option being typed, "" for none; `quoted` the message in
    whose menu the command was chosen."""

    name: str
    values: dict[str, object]
    files: tuple[Attachment, ...] = ()
    focused: str = ""
    quoted: Quoted | None = None


class Acknowledged(StrEnum):
    """What became of an acknowledgement. TOO_LATE: Discord has told the person already that it failed, so
    whatever it was must not happen any more. FAILED: the call broke off."""

    YES = "yes"
    TOO_LATE = "too late"
    FAILED = "failed"


class Interactions:
    """Takes interactions to the engine."""

    def __init__(self, front: Front, door: DiscordDoor) -> None:
        self._front = front
        self._door = door

    async def take(self, interaction: Interaction) -> bool:
        """One interaction; what the bot never offered is left alone. Whether the door let somebody in."""
        data = interaction.data if _is_object(interaction.data) else {}
        match interaction.type:
            case discord.InteractionType.application_command if data.get("type", 1) == _CHAT_INPUT:
                return await self._command(interaction, read_form(data))
            case discord.InteractionType.application_command if data.get("type") == _ON_MESSAGE:
                return await self._command(interaction, read_menu(data, self._front.commands))
            case discord.InteractionType.autocomplete:
                await self._complete(interaction, read_form(data))
            case discord.InteractionType.component if data.get("component_type") == _BUTTON:
                return await self._press(interaction, str(data.get("custom_id", "")))
            case _:
                log.info("discord.interaction_ignored", kind=interaction.type.name)
        return False

    # --- commands ---

    async def _command(self, interaction: Interaction, form: Form) -> bool:
        command = self._find(form.name)
        private = command is None or command.private_reply
        opening = Opening.PRIVATE if private else Opening.PUBLIC
        acknowledged = await acknowledge(interaction, private=private)
        incoming = replace(event_of(interaction), attachments=form.files, quoted=form.quoted)
        if acknowledged is Acknowledged.TOO_LATE or (acknowledged is Acknowledged.FAILED and private):
            return await self._submit(replace(incoming, complaint=late_command(incoming.author, form.name)))
        if acknowledged is Acknowledged.YES:
            incoming = self._answerable(incoming, interaction, opening)
        try:
            use = read_use(form.name, command, form.values)
        except UserError as error:
            await self._say(incoming, error.reader_text)
            return self._front.admits(incoming)
        return await self._submit(replace(incoming, command=use))

    async def _press(self, interaction: Interaction, button: str) -> bool:
        message = str(interaction.message.id) if interaction.message is not None else ""
        acknowledged = await acknowledge(interaction, private=False)
        incoming = replace(event_of(interaction), addressed=Addressed.BUTTON, message_id=message)
        if acknowledged is Acknowledged.TOO_LATE:
            return await self._submit(replace(incoming, complaint=late_press(incoming.author)))
        if acknowledged is Acknowledged.YES:
            incoming = self._answerable(incoming, interaction, Opening.BUTTON)
        return await self._submit(replace(incoming, press=ButtonPress(button, message)))

    def _answerable(self, incoming: Incoming, interaction: Interaction, opening: Opening) -> Incoming:
        """The event with the handle by which it is answered."""
        handle = Handle(opening, interaction.application_id, interaction.id, interaction.token)
        self._door.handles.opened(handle)
        return replace(incoming, reply_handle=handle.text)

    async def _submit(self, incoming: Incoming) -> bool:
        await self._front.submit([incoming])
        return self._front.admits(incoming)

    async def _say(self, incoming: Incoming, text: str) -> None:
        target = Target(incoming.place, incoming.message_id, incoming.reply_handle)
        try:
            for part in self._door.compose(text)[:1]:
                await self._door.send(target, part, nonce=incoming.event_id[-NONCE:])
        except PlatformError as error:
            log.info("discord.sentence_undelivered", reason=error.detail)

    def _find(self, name: str) -> Command | None:
        return next((command for command in self._front.commands if command.name == name), None)

    # --- suggestions ---

    async def _complete(self, interaction: Interaction, form: Form) -> None:
        command = self._find(form.name)
        option = command.option(form.focused) if command is not None else None
        found: list[dict[str, Any]] = []
        if command is not None and option is not None:
            typed = as_text(form.values.get(form.focused, ""))
            others = {key: value for key, value in form.values.items() if key != form.focused}
            use = read_unfinished(form.name, command, others)
            found = choices(option, await self._suggestions(interaction, use, option, typed))
        await _suggest(interaction, found)

    async def _suggestions(
        self, interaction: Interaction, use: CommandUse, option: Option, typed: str
    ) -> Sequence[Choice]:
        if not option.completer:
            return _matching(option.choices, typed)
        incoming = replace(event_of(interaction), addressed=Addressed.COMMAND, command=use)
        try:
            async with asyncio.timeout(COMPLETE_SECONDS):
                return await self._front.complete(incoming, option.name, typed)
        except (TimeoutError, GondolaError) as error:
            log.info("discord.no_suggestions", option=option.name, error=type(error).__name__)
            return ()


def _matching(offered: Sequence[Choice], typed: str) -> list[Choice]:
    folded = typed.casefold()
    return [one for one in offered if folded in one.label.casefold() or folded in one.value][:MOST_CHOICES]


async def _suggest(interaction: Interaction, found: list[dict[str, Any]]) -> None:
    offered = [discord.app_commands.Choice(name=one["name"], value=one["value"]) for one in found]
    try:
        async with refusals(ACKNOWLEDGE_SECONDS):
            await interaction.response.autocomplete(offered)
    except PlatformError as error:
        log.info("discord.suggestions_late", reason=error.detail)


async def acknowledge(interaction: Interaction, *, private: bool) -> Acknowledged:
    """Tell Discord that an answer comes. A call that broke off is repeated."""
    try:
        async with asyncio.timeout(ACKNOWLEDGE_SECONDS):
            while True:
                try:
                    await _defer(interaction, private=private)
                except aiohttp.ClientError:
                    await asyncio.sleep(0.1)
                else:
                    return Acknowledged.YES
    except discord.HTTPException as error:
        if error.code == ALREADY_ACKNOWLEDGED:
            return Acknowledged.YES
        log.warning("discord.not_acknowledged", status=error.status, code=error.code)
        return Acknowledged.TOO_LATE if error.code in HANDLE_GONE else Acknowledged.FAILED
    except OSError as error:
        log.warning("discord.not_acknowledged", error=type(error).__name__)
    return Acknowledged.FAILED


async def _defer(interaction: Interaction, *, private: bool) -> None:
    if interaction.type is discord.InteractionType.component:
        await interaction.response.defer()
    else:
        await interaction.response.defer(thinking=True, ephemeral=private)


# --- reading ---


def event_of(interaction: Interaction) -> Incoming:
    """Who did something where."""
    channel, guild = interaction.channel, interaction.guild
    if channel is None:
        raise ValueError("an interaction without channel")
    in_guild = interaction.guild_id is not None
    return Incoming(
        event_id=f"interaction:{interaction.id}",
        place=place_of(channel, interaction.guild_id),
        author=person(interaction.user),
        addressed=Addressed.COMMAND,
        # As Discord resolved them for this very press: what is hidden in an app is no permission.
        authority=manages(interaction.permissions) if in_guild else Authority.MODERATOR,
        admin=in_guild and manages_server(interaction.permissions),
        adult_allowed=is_adult(channel),
        language=str(interaction.locale),
        place_title=guild.name if guild is not None else "",
        sent_at=interaction.created_at.timestamp(),
        roles=roles_of(interaction.user, guild),
    )


def read_form(data: Json) -> Form:
    """The options of a command; files stand beside them by id."""
    resolved = data.get("resolved")
    files = resolved.get("attachments") if _is_object(resolved) else None
    known = files if _is_object(files) else {}
    values: dict[str, object] = {}
    chosen: list[Attachment] = []
    focused = ""
    for option in _objects(data.get("options")):
        name, value = str(option.get("name", "")), option.get("value")
        file = known.get(str(value))
        if _is_object(file):
            chosen.append(_file(file))
        elif value is not None:
            values[name] = value
        if option.get("focused"):
            focused = name
    return Form(str(data.get("name", "")), values, tuple(chosen), focused)


def read_menu(data: Json, commands: Sequence[Command]) -> Form:
    """A command chosen in a message's menu; the message stands beside it by id."""
    label = str(data.get("name", ""))
    offered = ((one, entry) for one in commands for entry in one.menu if entry.label[:MENU_LABEL] == label)
    command, entry = next(offered, (None, None))
    resolved = data.get("resolved")
    messages = resolved.get("messages") if _is_object(resolved) else None
    message = messages.get(str(data.get("target_id"))) if _is_object(messages) else None
    return Form(
        command.name if command is not None else label,
        dict(entry.options) if entry is not None else {},
        quoted=_quoted(message) if _is_object(message) else None,
    )


def _quoted(message: Json) -> Quoted:
    """A message as it comes with an interaction, with what it forwards."""
    forwarded = [one.get("message") for one in _objects(message.get("message_snapshots"))]
    whole = [message, *(one for one in forwarded if _is_object(one))]
    author = message.get("author")
    return Quoted(
        str(message.get("id", "")),
        _author(author if _is_object(author) else {}),
        "\n".join(str(one.get("content") or "") for one in whole).strip(),
        tuple(_file(file) for one in whole for file in _objects(one.get("attachments"))),
        forwarded=bool(forwarded),
    )


def _author(data: Json) -> Person:
    name = data.get("global_name") or data.get("username") or ""
    return Person(PLATFORM, str(data.get("id", "")), str(name), bool(data.get("bot")))


def _file(data: Json) -> Attachment:
    size, duration = data.get("size"), data.get("duration_secs")
    return described(
        str(data.get("url", "")),
        str(data.get("filename") or "file"),
        str(data.get("content_type") or ""),
        size if isinstance(size, int) else None,
        voice=bool(data.get("waveform")),
        duration=float(duration) if isinstance(duration, (int, float)) else None,
    )


def _objects(value: object) -> Iterator[Json]:
    if _is_list(value):
        yield from (each for each in value if _is_object(each))


def _is_object(value: object) -> TypeGuard[dict[str, object]]:
    return isinstance(value, dict)


def _is_list(value: object) -> TypeGuard[list[object]]:
    return isinstance(value, list)
