"""Models and requests the tests of the Venice client share."""

from __future__ import annotations

from decimal import Decimal

from bot.venice import Capabilities, ChatMessage, ChatRequest, Model, Pricing, TokenPrices
from bot.venice.models import ImageConstraints


def text_model(
    model_id: str = "plain",
    *,
    cache_write: str | None = None,
    max_completion: int | None = 4_000,
    **takes: object,
) -> Model:
    """A text model at 1.40 / 4.40 USD per million; `takes` are fields of Capabilities."""
    capabilities = Capabilities(**{"web_search": True, **takes})  # pyright: ignore[reportArgumentType]
    prices = TokenPrices(
        Decimal("1.4"),
        Decimal("4.4"),
        Decimal("0.26"),
        None if cache_write is None else Decimal(cache_write),
    )
    return Model(
        id=model_id,
        medium="text",
        name=model_id.title(),
        private=True,
        context_tokens=128_000,
        max_completion=max_completion,
        capabilities=capabilities,
        pricing=Pricing(tokens=prices),
    )


def image_model(model_id: str = "painter", **shape: object) -> Model:
    """An image model at one cent a picture; `shape` are fields of ImageConstraints."""
    constraints = ImageConstraints(**shape)  # pyright: ignore[reportArgumentType]
    return Model(
        id=model_id,
        medium="image",
        name="Painter",
        image=constraints,
        pricing=Pricing(generation=Decimal("0.01")),
    )


SPEAKER = Model(
    id="tts-kokoro",
    medium="tts",
    name="Kokoro",
    voices=("af_alloy", "af_sky"),
    formats=("mp3", "opus"),
    default_format="mp3",
    pricing=Pricing(input=Decimal("3.5")),
)
LISTENER = Model(
    id="openai/whisper-large-v3",
    medium="asr",
    name="Whisper",
    pricing=Pricing(audio_second=Decimal("0.0001")),
)
EMBEDDER = Model(
    id="text-embedding-bge-m3", medium="embedding", name="BGE M3", pricing=Pricing(input=Decimal("0.15"))
)


def say(text: str, **fields: object) -> ChatRequest:
    """A request with one user message."""
    return ChatRequest((ChatMessage("user", text),), **fields)  # pyright: ignore[reportArgumentType]
