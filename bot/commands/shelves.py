"""The catalogue as pages to look through: by kind, narrowed by words, a model picked by its button."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from bot.commands.cards import abilities, entry, price
from bot.commands.services import Services
from bot.engine.models.book import STORED, allowed
from bot.engine.turns.turn import Turn
from bot.errors import UserError
from bot.messages import ButtonsReady, MessageRef, OptionValue
from bot.venice import Model, Tier, price_of
from bot.venice.catalogue import MEDIUM_OF, Wanted

PER_PAGE = 6
KINDS: Mapping[Wanted, str] = {
    "text": "language",
    "image": "pictures",
    "edit": "editing pictures",
    "upscale": "enlarging pictures",
    "video": "films",
    "music": "music and sounds",
    "tts": "voices",
    "asr": "listening",
    "embedding": "embeddings",
}
"""What can be listed, with what people call it."""
CHEAP = "cheap"
_LARGE_ROOM = 500_000
FILTERS: Mapping[str, Callable[[Model], bool]] = {
    "private": lambda model: model.tier >= Tier.PRIVATE,
    "tee": lambda model: model.tier >= Tier.TEE,
    "vision": lambda model: model.capabilities.vision,
    "sound": lambda model: model.capabilities.audio_input,
    "films": lambda model: model.capabilities.video_input,
    "tools": lambda model: model.capabilities.functions,
    "thinking": lambda model: model.capabilities.reasoning,
    "code": lambda model: model.capabilities.code,
    "long": lambda model: (model.context_tokens or 0) >= _LARGE_ROOM,
    "uncensored": lambda model: model.uncensored,
}
"""Words that narrow a list; `cheap` sorts it."""


@dataclass(frozen=True, slots=True)
class Shelf:
    """What to list: a kind, narrowed by words, from a page on (1 is the first)."""

    kind: Wanted = "text"
    words: str = ""
    page: int = 1


def narrows(words: str) -> bool:
    """Whether these are words that narrow a list, and nothing else."""
    found = words.casefold().replace(",", " ").split()
    return bool(found) and all(word in FILTERS or word == CHEAP for word in found)


def kind_of(word: str) -> Wanted | None:
    """The kind of that name."""
    folded = word.strip().casefold()
    return next((kind for kind, called in KINDS.items() if folded in (kind, called)), None)


def matching(models: Sequence[Model], words: str) -> list[Model]:
    """The models that fit every word; a word that is no filter must stand in the name or in what it does."""
    found = list(models)
    wanted = words.casefold().replace(",", " ").split()
    for word in wanted:
        if word in FILTERS:
            found = [model for model in found if FILTERS[word](model)]
        elif word != CHEAP:
            found = [model for model in found if word in _about(model)]
    return sorted(found, key=price_of) if CHEAP in wanted else found


def _about(model: Model) -> str:
    return " ".join([model.id, model.name, *abilities(model)]).casefold()


async def show(services: Services, turn: Turn, shelf: Shelf, header: str = "") -> None:
    """A page of the catalogue; where its own button was pressed, in the place of the page before."""
    catalogue = await services.models.catalogue()
    medium = MEDIUM_OF[shelf.kind]
    offered = catalogue.offered(medium)
    here = catalogue.offered(medium, allowed(turn))
    found = matching(here, shelf.words)
    if not found:
        raise UserError(_nothing(shelf, hidden=len(offered) > len(here)))
    pages = -(-len(found) // PER_PAGE)
    page = max(1, min(shelf.page, pages))
    shown = found[(page - 1) * PER_PAGE : page * PER_PAGE]
    lines = [f"- {entry(model)}" for model in shown]
    text = "\n".join([*([header, ""] if header else []), _title(shelf, page, pages, len(found)), "", *lines])
    choices = [*_picks(shelf.kind, shown), *_turns(shelf, page, pages)]
    press = turn.incoming.press
    if press is not None:
        turn.answer.adopt([MessageRef(turn.incoming.place, press.message_id, turn.incoming.reply_handle)])
    turn.replace(text + _hint(shelf, len(offered) - len(here)))
    turn.answer.push(ButtonsReady(await services.command_buttons(turn, choices)))


def _title(shelf: Shelf, page: int, pages: int, count: int) -> str:
    what = f"Models for {KINDS[shelf.kind]}" + (f", {shelf.words}" if shelf.words else "")
    where = f", page {page} of {pages}" if pages > 1 else ""
    return f"**{what}** ({count}{where})"


def _hint(shelf: Shelf, hidden: int) -> str:
    lines: list[str] = []
    if hidden:
        lines.append(f"{hidden} more {'is' if hidden == 1 else 'are'} not allowed in this place or for you.")
    if shelf.kind == "text" and not shelf.words:
        names = ", ".join(f"`{name}`" for name in (*FILTERS, CHEAP))
        lines.append(f"Prices are US dollars per million tokens, in/out. Narrow the list with {names}.")
    return "\n\n" + " ".join(lines) if lines else ""


def _nothing(shelf: Shelf, *, hidden: bool) -> str:
    rule = " that this place allows" if hidden else ""
    names = ", ".join(f"`{name}`" for name in (*FILTERS, CHEAP))
    return f"There is no model for {KINDS[shelf.kind]}{rule} with “{shelf.words[:60]}”. You can use {names}."


Choices = list[tuple[str, str, Mapping[str, OptionValue]]]


def _picks(kind: Wanted, models: Sequence[Model]) -> Choices:
    setting = STORED.get(kind, "")
    if kind == "text":
        return [(f"{model.name[:40]} {price(model)}", "model", {"name": model.id}) for model in models]
    if not setting:
        return []
    return [(model.name, "settings", {"name": setting, "value": model.id}) for model in models]


def _turns(shelf: Shelf, page: int, pages: int) -> Choices:
    def turned(label: str, to: int) -> tuple[str, str, Mapping[str, OptionValue]]:
        return label, "models", {"kind": shelf.kind, "filter": shelf.words, "page": to}

    back = [turned("‹ Back", page - 1)] if page > 1 else []
    return back + ([turned("More ›", page + 1)] if page < pages else [])
