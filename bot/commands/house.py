"""/settings: how the bot behaves here."""

from __future__ import annotations

from collections.abc import Mapping

from bot.commands.services import Services, text_option
from bot.commands.shelves import KINDS
from bot.declarations import Choice, Command, Option, OptionKind, Scope, Setting, parse_value
from bot.engine.doors.adults import ADULT
from bot.engine.memory.recall import keep_button
from bot.engine.models.book import allowed, check_allowed
from bot.engine.models.choosing import STEPS_IN
from bot.engine.settings.book import Resolved, find_setting, scope_keys
from bot.engine.settings.effort import check_level, levels
from bot.engine.settings.topics import TOPICS
from bot.engine.settings.zones import find_zone
from bot.engine.turns.registry import ActionHandler, Bound
from bot.engine.turns.turn import Turn
from bot.errors import UserError
from bot.messages import Button, ButtonStyle
from bot.records import StoredButton
from bot.venice.catalogue import MEDIUM_OF, Wanted

SETTINGS = Command(
    "settings",
    "Show how I behave here and where each value comes from, or change one.",
    (
        Option("name", "Setting to show or change.", completer="setting"),
        Option("value", "New value; “default” takes it back.", completer="setting.value", rest=True),
        Option(
            "where",
            "For whom: this channel if left out.",
            choices=(
                Choice("channel", "this channel"),
                Choice("thread", "this thread"),
                Choice("server", "this server"),
                Choice("user", "only me"),
                Choice("bot", "everywhere"),
            ),
        ),
    ),
    private_reply=True,
)
STATE_ADULTS = "adults.state"
ADULT_ALL = "I state that only adults are here"
ADULT_ME = "I state that I am an adult"
ADULT_ASK = (
    "With this, models, characters and pictures for adults are allowed here. Who presses it states that "
    "nobody under 18 can read this chat, and the audit log keeps it. `/settings adult off` takes it back."
)
ADULT_NOW = "Noted, with who stated it: this place is for adults now. `/settings adult off` takes it back."
HOW_TO_CHANGE = "Change one with `/settings NAME VALUE`, for yourself with `where:user`."
_WRONG_SCOPE = "`{}` can only be set for: {} (option `where`)."
_MODELS: dict[str, Wanted] = {
    "model": "text",
    "image_model": "image",
    "edit_model": "edit",
    "voice_model": "tts",
    "video_model": "video",
    "music_model": "music",
    "gate_model": "text",
}


def bound(services: Services) -> list[Bound]:
    """The commands of this group."""

    async def settings(turn: Turn) -> None:
        await _settings(services, turn)

    return [Bound(SETTINGS, settings)]


def actions(services: Services) -> Mapping[str, ActionHandler]:
    """The buttons of this group."""

    async def state(turn: Turn, _: StoredButton) -> None:
        turn.require_moderator()
        place = turn.incoming.place
        await services.settings.put(
            place.channel_key, ADULT, "on", by=turn.person, at=turn.now, server=place.audience
        )
        turn.say(ADULT_NOW)

    return {STATE_ADULTS: state}


# --- settings ---


async def _settings(services: Services, turn: Turn) -> None:
    name, value = text_option(turn, "name"), text_option(turn, "value")
    if not name and value:
        name, _, value = value.partition(" ")  # typed as one line: /settings voice af_sky
    if not name:
        turn.say(await _table(services, turn))
        return
    setting = find_setting(name)
    if not value:
        await _explain(services, turn, setting)
        return
    usual = Scope.CHANNEL if Scope.CHANNEL in setting.scopes else setting.scopes[0]
    await _change(services, turn, setting, value, text_option(turn, "where") or usual)


async def _table(services: Services, turn: Turn) -> str:
    held = {setting.name: (setting, now) for setting, now in turn.settings.items()}
    lines: list[str] = []
    for topic, names in TOPICS.items():
        lines.append(f"\n**{topic}**\n")
        for setting, now in (held[name] for name in names):
            shown = f"{_shown(now)}{await _resolved(services, setting, now.text)}"
            lines.append(f"- **{setting.name}**: {shown} {_origin(now)}")
    return "\n".join(lines).strip() + f"\n\n{HOW_TO_CHANGE}"


async def _explain(services: Services, turn: Turn, setting: Setting) -> None:
    """One setting in words, with a button for each value it can have."""
    now = turn.settings[setting.name]
    values = [choice.value for choice in setting.choices]
    if setting.name == "thinking":
        values = list(levels((await services.chooser.choose(turn)).model))
    if setting.kind is OptionKind.BOOLEAN:
        values = ["on", "off"]
    buttons = await services.command_buttons(
        turn, [(value, SETTINGS.name, {"name": setting.name, "value": value}) for value in values]
    )
    shown = f"{_shown(now)}{await _resolved(services, setting, now.text)} {_origin(now)}"
    turn.notice(f"**{setting.name}**: {shown}\n\n{setting.description}", buttons=buttons)


def _shown(now: Resolved) -> str:
    text = now.text if len(now.text) <= 60 else now.text[:57] + "…"
    return f"`{text}`" if text else "*not set*"


def _origin(now: Resolved) -> str:
    return f"(from {now.origin.value})" if now.origin is not None else "(default)"


async def _change(services: Services, turn: Turn, setting: Setting, value: str, where: str) -> None:
    scope = Scope(where)
    if scope not in setting.scopes:
        if scope is Scope.USER:
            raise UserError(f"`{setting.name}` cannot be set for a single person.")
        raise UserError(_WRONG_SCOPE.format(setting.name, " or ".join(one.value for one in setting.scopes)))
    keys = scope_keys(turn.incoming.place, turn.incoming.author)
    if scope not in keys:
        raise UserError(f"There is no {scope.value} here to set `{setting.name}` for.")
    _require(turn, scope)
    audience = turn.incoming.place.audience
    if value.lower() in ("default", "clear", "inherit"):
        await services.settings.clear(keys[scope], setting.name, by=turn.person, at=turn.now, server=audience)
        turn.say(f"`{setting.name}` for the {scope.value} is taken back.")
        return
    value = await _checked(services, turn, setting, value)
    if setting.name == ADULT and parse_value(setting, value) is True:
        await _ask_for_statement(services, turn)
        return
    stored = await services.settings.put(
        keys[scope], setting.name, value, by=turn.person, at=turn.now, server=audience
    )
    news = await _speaks_now(services, turn, setting, value) or await _ruled_now(services, turn, setting)
    turn.say(f"`{setting.name}` is now `{stored}` for the {scope.value}.{news}")


async def _ask_for_statement(services: Services, turn: Turn) -> None:
    """A place is opened to adult content by a statement, not by a setting alone."""
    place = turn.incoming.place
    if not services.adults.by_statement(place.platform):
        name = turn.answer.capabilities.display_name
        raise UserError(
            f"On {name} the channel's own age restriction decides: switch it on in the channel's settings."
        )
    label = ADULT_ME if place.direct else ADULT_ALL
    button = await keep_button(services.store, turn, label, STATE_ADULTS, {})
    turn.notice(ADULT_ASK, buttons=((Button(button.label, button.id, style=ButtonStyle.DANGER),),))


async def _speaks_now(services: Services, turn: Turn, setting: Setting, value: str) -> str:
    """A voice belongs to its model: who speaks after the model was changed, where that is news."""
    voice = turn.settings.text("voice")
    if setting.name != "voice_model" or not voice:
        return ""
    choice = await services.speaker.choose(turn, model=value)
    return f" It has no voice `{voice}`, so `{choice.voice}` speaks." if choice.voice != voice else ""


async def _ruled_now(services: Services, turn: Turn, setting: Setting) -> str:
    """What a new privacy rule means here."""
    if setting.name != "min_privacy":
        return ""
    incoming = turn.incoming
    turn.settings = services.settings.resolve(incoming.place, incoming.author)
    now, catalogue = allowed(turn), await services.models.catalogue()
    answers = catalogue.default("text", now)
    closed = [label for kind, label in KINDS.items() if catalogue.default(kind, now) is None]
    rule = turn.settings.text(setting.name)
    held = "" if rule == text_option(turn, "value") else f" A wider rule holds here: `{rule}`."
    who = f" {(await services.chooser.choose(turn)).model.name} answers here." if answers is not None else ""
    none = f" There is nothing that private for: {', '.join(closed)}." if closed else ""
    return held + who + none


def _require(turn: Turn, scope: Scope) -> None:
    if scope is Scope.BOT:
        turn.require_owner()
    elif scope is Scope.SERVER:
        turn.require_admin()
    elif scope is not Scope.USER:
        turn.require_moderator()


async def _checked(services: Services, turn: Turn, setting: Setting, value: str) -> str:
    """Model names must exist, be affordable and fit the place; a voice must belong to some model; a time
    zone goes by its full name."""
    wanted = _MODELS.get(setting.name)
    if wanted is not None:
        return await _checked_model(services, turn, wanted, value)
    if setting.name == "fallback":
        return await _checked_fallback(services, turn, value)
    if setting.name == "thinking":
        return check_level(value, (await services.chooser.choose(turn)).model)
    if setting.name == "timezone":
        return find_zone(value)
    if setting.name == "voice":
        return (await services.speaker.choose(turn, voice=value)).voice
    if setting.name == "character":
        found = await services.client.character(value)
        if found.adult and not turn.incoming.adult_allowed:
            raise UserError(f"{found.name} is for adults, and this place is not marked for that.")
        return found.slug
    return value


async def _checked_model(services: Services, turn: Turn, wanted: Wanted, value: str) -> str:
    """A model's id, or the trait whose model it is: that follows Venice."""
    catalogue, medium = await services.models.catalogue(), MEDIUM_OF[wanted]
    model = catalogue.find(value, medium)
    check_allowed(model, turn)
    return catalogue.trait(value, medium) or model.id


async def _checked_fallback(services: Services, turn: Turn, value: str) -> str:
    if value.casefold() in ("auto", "off"):
        return value.casefold()
    names = [name.strip() for name in value.split(",") if name.strip()]
    return ", ".join(
        [await _checked_model(services, turn, await _job(services, name), name) for name in names]
    )


async def _job(services: Services, name: str) -> Wanted:
    """What a model of that name does; of several, and for a name nobody has, it talks."""
    catalogue = await services.models.catalogue()
    for one in STEPS_IN:
        if catalogue.known(name, MEDIUM_OF[one]) is not None:
            return one
    return "text"


async def _resolved(services: Services, setting: Setting, text: str) -> str:
    """Which model a trait means now, "" for anything else."""
    wanted = _MODELS.get(setting.name)
    if wanted is None or not text:
        return ""
    catalogue, medium = await services.models.catalogue(), MEDIUM_OF[wanted]
    model = catalogue.known(text, medium) if catalogue.trait(text, medium) else None
    return f" (now {model.name})" if model is not None else ""
