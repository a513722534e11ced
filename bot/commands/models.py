"""/model, /models, /think: which model answers here, what else there is, and how long it thinks."""

from __future__ import annotations

from bot.commands.cards import describe
from bot.commands.services import Services, number_option, text_option
from bot.commands.shelves import KINDS, Shelf, kind_of, narrows, show
from bot.commands.talk import put_channel
from bot.declarations import Choice, Command, Option, OptionKind
from bot.engine.models.book import check_allowed
from bot.engine.settings.effort import ON, always_thinks, check_level, levels, used
from bot.engine.turns.registry import Bound
from bot.engine.turns.turn import Turn
from bot.venice import Catalogue, Model

TAKE_BACK = ("clear", "inherit", "none")

MODEL = Command(
    "model",
    "Show the language model of this channel and what else there is, or choose another.",
    (
        Option(
            "name",
            "Model, or a trait such as default; “clear” takes it back; words such as “private cheap” list.",
            completer="model.text",
            rest=True,
        ),
    ),
)
MODELS = Command(
    "models",
    "Look through the models: what they can do, what they cost, who sees the words.",
    (
        Option("kind", "Models for what.", choices=tuple(Choice(k, label) for k, label in KINDS.items())),
        Option("filter", "Words that narrow the list: private, vision, tools, cheap, a name.", rest=True),
        Option("page", "Page of the list.", OptionKind.INTEGER, minimum=1, maximum=100),
    ),
)
THINK = Command(
    "think",
    "Show or set how long the model of this channel thinks before it answers.",
    (Option("level", "One of the levels this model takes.", completer="thinking", rest=True),),
)


def bound(services: Services) -> list[Bound]:
    """The commands of this group."""

    async def model(turn: Turn) -> None:
        await _model(services, turn)

    async def models(turn: Turn) -> None:
        words = text_option(turn, "filter")
        kind = kind_of(text_option(turn, "kind"))
        first, _, rest = words.partition(" ")
        named = kind_of(first)
        if named is not None and kind in (None, named):  # typed as one line: /models video private
            kind, words = named, rest.strip()
        await show(services, turn, Shelf(kind or "text", words, number_option(turn, "page") or 1))

    async def think(turn: Turn) -> None:
        await _think(services, turn)

    return [Bound(MODEL, model), Bound(MODELS, models), Bound(THINK, think)]


async def _model(services: Services, turn: Turn) -> None:
    name = text_option(turn, "name")
    catalogue = await services.models.catalogue()
    if not name:
        await show(services, turn, Shelf(), await _present(services, turn, catalogue))
    elif name.casefold() in TAKE_BACK:
        await put_channel(services, turn, "model", "")
        turn.settings = services.settings.resolve(turn.incoming.place, turn.incoming.author)
        turn.say(await _present(services, turn, catalogue))
    elif catalogue.known(name) is None and narrows(name):
        await show(services, turn, Shelf(words=name))
    else:
        chosen = catalogue.find(name)
        check_allowed(chosen, turn)
        trait = catalogue.trait(name, "text")
        await put_channel(services, turn, "model", trait or chosen.id)
        turn.say(f"**{chosen.name}** answers here from now on.{_follows(trait)}\n\n{describe(chosen)}")


def _follows(trait: str) -> str:
    return (
        f" As `{trait}` that follows Venice: when it names another model, that one answers." if trait else ""
    )


async def _present(services: Services, turn: Turn, catalogue: Catalogue) -> str:
    """Who answers here now, and the names that follow Venice."""
    model, reason = await services.models.usual(turn, "text")
    stored = turn.settings["model"]
    trait = catalogue.trait(stored.text, "text")
    origin = f"set for {stored.origin.value}" if stored.origin is not None else "Venice's default"
    how = f"as `{trait}`, {origin}" if trait else origin
    lines = [f"**{model.name}** (`{model.id}`) answers here ({how}).", describe(model)]
    if reason:
        lines.insert(1, f"*{reason}.*")
    named = ((name, catalogue.get(model_id)) for name, model_id in catalogue.traits("text").items())
    traits = [f"`{name}` ({found.name})" for name, found in named if found is not None and found.offered]
    if traits:
        lines.append(f"Names that follow Venice: {', '.join(traits)}.")
    return "\n\n".join(lines)


# --- thinking ---


async def _think(services: Services, turn: Turn) -> None:
    level = text_option(turn, "level")
    model = (await services.chooser.choose(turn)).model
    if level:
        wanted = check_level(level, model)
        await put_channel(services, turn, "thinking", wanted)
        turn.say(f"From now on: {_meaning(wanted, model)}.")
        return
    choices = [(one, THINK.name, {"level": one}) for one in levels(model)]
    buttons = await services.command_buttons(turn, choices) if len(choices) > 1 else ()
    turn.notice(_levels(turn, model), buttons=buttons)


def _levels(turn: Turn, model: Model) -> str:
    takes = levels(model)
    if len(takes) == 1:
        return f"{model.name} does not think before it answers. `/model thinking` lists those that can."
    own = f" (`on` is its own measure, `{model.capabilities.default_effort}`)" if _has_default(model) else ""
    now = turn.settings.text("thinking")
    lines = [
        f"{model.name} takes {', '.join(f'`{one}`' for one in takes)}{own}.",
        f"Here: {_meaning(now, model)}.",
        "Thinking is paid for like the answer, and counts into its longest length.",
    ]
    if model.capabilities.reasoning and not model.capabilities.efforts:
        lines.insert(1, "How long it thinks cannot be chosen.")
    return "\n\n".join(lines)


def _has_default(model: Model) -> bool:
    return bool(model.capabilities.efforts and model.capabilities.default_effort)


def _meaning(level: str, model: Model) -> str:
    """What a level comes to with this model."""
    really = used(level, model)
    if really == "off":
        hidden = ", though this one always thinks: what it thinks is hidden, and paid for"
        return f"{model.name} answers without thinking" if not always_thinks(model) else f"`off`{hidden}"
    if really == ON:
        other = f" (`{level}` is set, but it knows no levels)" if level != ON else ""
        return f"{model.name} thinks as long as it thinks fit{other}"
    note = f" (`{level}` is set, and it does not take that)" if really != level else ""
    return f"{model.name} thinks at `{really}`{note}"
