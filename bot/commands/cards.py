"""Models in words: price, room, abilities and privacy, long for reading and short for a list or a button."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal

from bot.venice import Model, price_of

LABEL_CHARS = 100
"""What Discord shows of a suggestion."""
_ABILITIES: tuple[tuple[str, Callable[[Model], bool]], ...] = (
    ("sees pictures", lambda model: model.capabilities.vision),
    ("hears sound", lambda model: model.capabilities.audio_input),
    ("watches films", lambda model: model.capabilities.video_input),
    ("can think", lambda model: model.capabilities.reasoning),
    ("uses tools", lambda model: model.capabilities.functions),
    ("made for code", lambda model: model.capabilities.code),
    ("clones voices", lambda model: model.cloning is not None),
    ("uncensored", lambda model: model.uncensored),
    ("beta", lambda model: model.beta),
)


def usd(amount: Decimal) -> str:
    """A price with as many figures as it needs."""
    return f"${float(amount):.4g}"


def price(model: Model) -> str:
    """What it costs, in a word or two; films are quoted before they are made."""
    pricing = model.pricing
    if pricing.tokens is not None:
        return f"{usd(pricing.tokens.input)}/{usd(pricing.tokens.output)}"
    say = _PRICES.get(model.medium)
    known = price_of(model).is_finite()
    return say(model) if say is not None and known else "quoted first"


def _pictures(model: Model) -> str:
    prices = [*model.pricing.resolutions.values()]
    prices += [one for row in model.pricing.quality.values() for one in row.values()]
    prices += [one for one in (model.pricing.generation, model.pricing.inpaint) if one is not None]
    low, high = min(prices), max(prices)
    return f"{usd(low)} each" if low == high else f"{usd(low)} to {usd(high)} each"


def _music(model: Model) -> str:
    if model.pricing.second is not None:
        return f"{usd(model.pricing.second * 60)} a minute"
    if model.pricing.thousand_characters is not None:
        return f"{usd(model.pricing.thousand_characters)} per 1,000 characters"
    return f"{usd(price_of(model))} each"


_PRICES: Mapping[str, Callable[[Model], str]] = {
    "image": _pictures,
    "inpaint": _pictures,
    "upscale": lambda model: f"{usd(price_of(model))} each",
    "tts": lambda model: f"{usd(price_of(model) / 1000)} per 1,000 characters",
    "asr": lambda model: f"{usd(price_of(model) * 60)} a minute",
    "music": _music,
    "embedding": lambda model: f"{usd(price_of(model))} per million tokens",
}


def room(model: Model) -> str:
    """How much a text model can read at once, "" where that is not said."""
    tokens = model.context_tokens
    if tokens is None:
        return ""
    return f"{tokens / 1_000_000:.3g}M tokens" if tokens >= 1_000_000 else f"{tokens // 1000}k tokens"


def abilities(model: Model) -> list[str]:
    """What it can do, in words."""
    return [word for word, has in _ABILITIES if has(model)]


def label(model: Model) -> str:
    """Name, price and privacy, for a suggestion."""
    rest = f" · {price(model)} · {model.tier.word}"
    return model.name[: LABEL_CHARS - len(rest)] + rest


def entry(model: Model) -> str:
    """One line of a list."""
    parts = [price(model), model.tier.word, room(model), *abilities(model)]
    return f"**{model.name}** (`{model.id}`): {', '.join(part for part in parts if part)}"


def describe(model: Model) -> str:
    """A text model in a line or two."""
    tokens = model.pricing.tokens
    cost = f"{usd(tokens.input)} in and {usd(tokens.output)} out per million tokens" if tokens else "nothing"
    space = f", room for {model.context_tokens:,} tokens" if model.context_tokens else ""
    return "; ".join([f"It costs {cost}{space}", *abilities(model), model.tier.meaning]) + "."
