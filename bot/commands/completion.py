"""Suggestions for options being typed, from the live catalogue and Venice's characters."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence

from bot.commands.cards import LABEL_CHARS, label
from bot.commands.limits import cap_id, describe_cap, manageable
from bot.commands.making_completion import making_sources
from bot.commands.services import Services
from bot.declarations import Choice, Command
from bot.engine.models.book import is_dear
from bot.engine.models.choosing import STEPS_IN
from bot.engine.pictures.picture_options import LABELS, edit_shapes_of, shapes_of
from bot.engine.settings.declared import SETTINGS
from bot.engine.settings.effort import levels
from bot.engine.settings.zones import zone_names
from bot.engine.voice.voicebook import day
from bot.errors import GondolaError
from bot.messages import Incoming
from bot.venice import CharacterQuery, Model
from bot.venice.catalogue import MEDIUM_OF, Wanted
from bot.venice.models import Medium

MOST = 25
_KOKORO = {
    "a": "American",
    "b": "British",
    "e": "Spanish",
    "f": "French",
    "h": "Hindi",
    "i": "Italian",
    "j": "Japanese",
    "p": "Portuguese",
    "z": "Chinese",
}
Source = Callable[[Incoming, str], Awaitable[Sequence[Choice]]]


class Completer:
    """Implements `Completer` of bot.engine.turns.registry. Trouble at Venice means no suggestions."""

    def __init__(self, services: Services, commands: Sequence[Command]) -> None:
        self._services = services
        self._commands = {command.name: command for command in commands}
        self._sources: Mapping[str, Source] = {
            "model.text": self._models("text"),
            "model.image": self._models("image"),
            "model.edit": self._models("inpaint"),
            "edit.size": self._of_image(edit_shapes_of, "edit"),
            "edit.resolution": self._of_image(lambda model: model.image.resolutions, "edit"),
            "edit.quality": self._of_image(lambda model: model.image.qualities, "edit"),
            "model.tts": self._models("tts"),
            "model.asr": self._models("asr"),
            "voice": self._voices,
            "style": self._styles,
            "image.size": self._of_image(shapes_of),
            "image.resolution": self._of_image(lambda model: model.image.resolutions),
            "image.quality": self._of_image(lambda model: model.image.qualities),
            "character": self._characters,
            "thinking": self._thinking,
            "fallback": self._fallbacks,
            "timezone": _zones,
            "cap": self._caps,
            "setting": self._setting_names,
            "command": self._command_names,
            "setting.value": self._setting_values,
            **making_sources(services.models, services.settings),
        }

    async def __call__(self, incoming: Incoming, option: str, typed: str) -> Sequence[Choice]:
        use = incoming.command
        declared = self._commands.get(use.name) if use is not None else None
        found = declared.option(option) if declared is not None else None
        source = self._sources.get(found.completer) if found is not None else None
        if source is None:
            return ()
        try:
            return list(await source(incoming, typed.strip()))[:MOST]
        except GondolaError:
            return ()

    def _models(self, medium: Medium) -> Source:
        async def source(incoming: Incoming, typed: str) -> Sequence[Choice]:
            owner = self._services.doorkeeper.is_owner(incoming)
            found = (await self._services.models.catalogue()).search(typed, medium, limit=60)
            return [
                Choice(model.id, label(model))
                for model in found
                if (owner or not is_dear(model)) and (incoming.adult_allowed or not model.uncensored)
            ]

        return source

    async def _voices(self, incoming: Incoming, typed: str) -> Sequence[Choice]:
        options = incoming.command.options if incoming.command is not None else {}
        settings = self._services.settings.resolve(incoming.place, incoming.author)
        chosen = str(options.get("model", "")) or settings.text("voice_model")
        model = await self._services.models.pick("tts", chosen, owner=True)
        person = self._services.hasher.person(incoming.author)
        own = [] if options.get("model") else await self._services.voices.usable(person, incoming.place)
        choices = [Choice(one.name, f"{one.name} (learned, until {day(one.expires_at)})") for one in own]
        choices += [Choice(voice, voice_label(model, voice)) for voice in model.voices]
        return _matching(typed, choices)

    def _of_image(self, values: Callable[[Model], Sequence[str]], wanted: Wanted = "image") -> Source:
        """What the picture model that would be used offers."""

        async def source(incoming: Incoming, typed: str) -> Sequence[Choice]:
            options = incoming.command.options if incoming.command is not None else {}
            settings = self._services.settings.resolve(incoming.place, incoming.author)
            usual = settings.text(f"{wanted}_model")
            chosen = str(options.get("model", "")) or usual
            model = await self._services.models.pick(wanted, chosen, owner=True)
            named = [Choice(one, f"{one} {LABELS[one]}" if one in LABELS else one) for one in values(model)]
            return _matching(typed, named)

        return source

    async def _styles(self, incoming: Incoming, typed: str) -> Sequence[Choice]:
        return _matching(typed, [Choice(style, style) for style in await self._services.models.styles()])

    async def _characters(self, incoming: Incoming, typed: str) -> Sequence[Choice]:
        query = CharacterQuery(search=typed[:200], sort=None if typed else "featured", limit=MOST)
        found = await self._services.client.characters(query)
        allowed = [one for one in found if incoming.adult_allowed or not one.adult]
        return [Choice(one.slug, one.name) for one in allowed]

    async def _thinking(self, incoming: Incoming, typed: str) -> Sequence[Choice]:
        """The levels of the model that is set here."""
        settings = self._services.settings.resolve(incoming.place, incoming.author)
        catalogue = await self._services.models.catalogue()
        model = catalogue.known(settings.text("model")) or catalogue.default("text")
        return _matching(typed, [Choice(one, one) for one in levels(model)]) if model is not None else ()

    async def _fallbacks(self, incoming: Incoming, typed: str) -> Sequence[Choice]:
        """The two words, and one more model for the list that is being typed."""
        before, comma, last = typed.rpartition(",")
        catalogue = await self._services.models.catalogue()
        found = [catalogue.search(last, MEDIUM_OF[one], limit=20) for one in STEPS_IN]
        models = [model for row in found for model in row][:20]
        kept = f"{before}{comma} " if comma else ""
        words = [] if comma else _matching(typed, [Choice("auto", "auto"), Choice("off", "off")])
        named = [Choice(f"{kept}{model.id}", f"{kept}{model.name}"[-LABEL_CHARS:]) for model in models]
        return [*words, *(one for one in named if len(one.value) <= LABEL_CHARS)]

    async def _caps(self, incoming: Incoming, typed: str) -> Sequence[Choice]:
        """The limits that the person may remove from here."""
        door = self._services.doorkeeper
        owner, moderator = door.is_owner(incoming), door.is_moderator(incoming)
        caps = manageable(self._services, incoming, owner=owner, moderator=moderator)
        return _matching(typed, [Choice(cap_id(cap), describe_cap(cap)[:LABEL_CHARS]) for cap in caps])

    async def _command_names(self, incoming: Incoming, typed: str) -> Sequence[Choice]:
        return _matching(typed.removeprefix("/"), [Choice(name, name) for name in self._commands])

    async def _setting_names(self, incoming: Incoming, typed: str) -> Sequence[Choice]:
        return _matching(typed, [Choice(name, name.replace("_", " ")) for name in SETTINGS])

    async def _setting_values(self, incoming: Incoming, typed: str) -> Sequence[Choice]:
        options = incoming.command.options if incoming.command is not None else {}
        setting = SETTINGS.get(str(options.get("name", "")))
        if setting is None:
            return ()
        source = self._sources.get(setting.completer)
        if source is not None:
            return await source(incoming, typed)
        return _matching(typed, [*setting.choices, Choice("default", "default")]) if setting.choices else ()


async def _zones(_: Incoming, typed: str) -> Sequence[Choice]:
    return _matching(typed.replace(" ", "_"), [Choice(name, name) for name in zone_names()])


def voice_label(model: Model, voice: str) -> str:
    """A voice's name; Kokoro's names begin with letters for language and sex, here in words."""
    if model.id != "tts-kokoro" or voice[2:3] != "_":
        return voice
    language, who = _KOKORO.get(voice[0], ""), {"f": "woman", "m": "man"}.get(voice[1], "")
    return f"{voice} ({language}, {who})" if language and who else voice


def _matching(typed: str, choices: Sequence[Choice]) -> list[Choice]:
    """Choices that begin with what was typed, then those that contain it."""
    folded = typed.casefold()
    begins = [c for c in choices if c.label.casefold().startswith(folded)]
    return begins + [c for c in choices if folded in c.label.casefold() and c not in begins]
