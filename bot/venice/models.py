"""One model of Venice's catalogue: what it takes, what it costs. Prices are exact USD as Decimal."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Literal

from bot.venice.constraints import (
    MusicConstraints,
    VideoConstraints,
    VoiceCloning,
    read_cloning,
    read_music,
    read_video,
)
from bot.venice.data import as_decimal, as_float, as_int, as_list, as_object, as_price, as_text, as_texts
from bot.venice.tiers import Tier

Medium = Literal[
    "text", "image", "tts", "asr", "embedding", "inpaint", "upscale", "video", "music", "decision"
]
Prices = Mapping[str, Decimal]

NO_GENERATOR = frozenset({"bria-bg-remover"})
"""Listed as image models, but they do not make pictures."""


@dataclass(frozen=True, slots=True)
class TokenPrices:
    """USD per million tokens, which is the same figure as micro-USD per token."""

    input: Decimal
    output: Decimal
    cache_input: Decimal | None = None
    cache_write: Decimal | None = None


@dataclass(frozen=True, slots=True)
class DurationPrice:
    """USD of a piece of sound whose length lies in this range of seconds, both ends included."""

    least: int
    most: int
    usd: Decimal


@dataclass(frozen=True, slots=True)
class Pricing:
    """Every known price of a model; only the fields of its medium are set.

    `extended` counts for the whole request once the prompt exceeds `extended_above` tokens. `input` (per
    million tokens or characters) is the price of embeddings and speech. `generation`, `resolutions` and
    `quality` (by resolution, then quality) are per picture, `audio_second` is per second heard.
    `inpaint` is one edit with `images_included` pictures, each further one costs `image_additional`.
    `upscale` has the keys 2x and 4x. Sound has one of `generation`, `durations`, `second` (made) and
    `thousand_characters`.
    """

    tokens: TokenPrices | None = None
    extended: TokenPrices | None = None
    extended_above: int = 0
    input: Decimal | None = None
    generation: Decimal | None = None
    resolutions: Prices = field(default_factory=dict[str, Decimal])
    quality: Mapping[str, Prices] = field(default_factory=dict[str, Prices])
    audio_second: Decimal | None = None
    inpaint: Decimal | None = None
    images_included: int = 1
    image_additional: Decimal | None = None
    upscale: Prices = field(default_factory=dict[str, Decimal])
    durations: tuple[DurationPrice, ...] = ()
    second: Decimal | None = None
    thousand_characters: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What a text model takes. `efforts` are the only reasoning efforts it accepts."""

    functions: bool = False
    vision: bool = False
    multiple_images: bool = False
    max_images: int | None = None
    audio_input: bool = False
    video_input: bool = False
    reasoning: bool = False
    efforts: tuple[str, ...] = ()
    default_effort: str = ""
    response_schema: bool = False
    web_search: bool = False
    code: bool = False
    tee: bool = False
    e2ee: bool = False


@dataclass(frozen=True, slots=True)
class ImageConstraints:
    """What an image model takes. Aspect ratios present means that it ignores or refuses pixels.

    For models that edit: `max_inputs` pictures at most, and `single_ratio` False means that one picture
    keeps its own shape whatever ratio is asked for.
    """

    prompt_limit: int | None = None
    aspect_ratios: tuple[str, ...] = ()
    default_aspect_ratio: str = ""
    resolutions: tuple[str, ...] = ()
    default_resolution: str = ""
    qualities: tuple[str, ...] = ()
    default_quality: str = ""
    divisor: int = 8
    steps_max: int | None = None
    max_inputs: int = 3
    single_ratio: bool = True


@dataclass(frozen=True, slots=True)
class Deprecation:
    """When a model goes (ISO date) and what comes in its place."""

    date: str
    removes_at: str
    replacement: str
    auto_remap: bool


@dataclass(frozen=True, slots=True)
class Model:
    """A model as Venice lists it. `max_completion` and `context_tokens` are None when not stated."""

    id: str
    medium: str
    name: str
    description: str = ""
    private: bool = False
    uncensored: bool = False
    offline: bool = False
    beta: bool = False
    traits: tuple[str, ...] = ()
    context_tokens: int | None = None
    max_completion: int | None = None
    capabilities: Capabilities = Capabilities()
    image: ImageConstraints = ImageConstraints()
    video: VideoConstraints = field(default_factory=VideoConstraints)
    music: MusicConstraints = field(default_factory=MusicConstraints)
    cloning: VoiceCloning | None = None
    pricing: Pricing = Pricing()
    default_temperature: float | None = None
    voices: tuple[str, ...] = ()
    custom_voices: bool = False
    formats: tuple[str, ...] = ()
    default_format: str = ""
    dimensions: int | None = None
    custom_dimensions: bool = False
    deprecation: Deprecation | None = None

    @property
    def tier(self) -> Tier:
        """Who may see what it is sent."""
        if not self.private:
            return Tier.ANONYMIZED
        return Tier.TEE if self.capabilities.tee or self.capabilities.e2ee else Tier.PRIVATE

    @property
    def priced(self) -> bool:
        """Whether a call can be costed, from the list or (video) by a quote; what cannot is not offered."""
        pricing = self.pricing
        match self.medium:
            case "text":
                return pricing.tokens is not None
            case "image":
                return pricing.generation is not None or bool(pricing.resolutions or pricing.quality)
            case "inpaint":
                return pricing.inpaint is not None or bool(pricing.resolutions or pricing.quality)
            case "upscale":
                return bool(pricing.upscale)
            case "asr":
                return pricing.audio_second is not None
            case "music":
                per_length = pricing.second is not None or bool(pricing.durations)
                return per_length or (pricing.generation or pricing.thousand_characters) is not None
            case "video":
                return True
            case "tts" | "embedding":
                return pricing.input is not None
            case _:
                return False

    @property
    def offered(self) -> bool:
        """Whether people may choose it now."""
        return self.priced and not self.offline and ":" not in self.id and self.id not in NO_GENERATOR


def read_model(entry: object) -> Model | None:
    """A model from one entry of GET /models, or None when it has no id."""
    fields = as_object(entry)
    spec = as_object(fields.get("model_spec"))
    model_id = as_text(fields.get("id"))
    if not model_id:
        return None
    return Model(
        id=model_id,
        medium=as_text(fields.get("type")),
        name=as_text(spec.get("name")) or model_id,
        description=as_text(spec.get("description")),
        private=spec.get("privacy") == "private",
        uncensored=spec.get("uncensored") is True,
        offline=spec.get("offline") is True,
        beta=spec.get("betaModel") is True or spec.get("beta") is True,
        traits=as_texts(spec.get("traits")),
        context_tokens=as_int(spec.get("availableContextTokens") or fields.get("context_length")) or None,
        max_completion=as_int(spec.get("maxCompletionTokens")) or None,
        capabilities=_capabilities(as_object(spec.get("capabilities"))),
        image=_image_constraints(as_object(spec.get("constraints"))),
        video=read_video(spec),
        music=read_music(spec),
        cloning=read_cloning(spec),
        pricing=read_pricing(spec.get("pricing")),
        default_temperature=_default_temperature(spec),
        voices=as_texts(spec.get("voices")),
        custom_voices=spec.get("supports_custom_voice_id") is True,
        formats=as_texts(spec.get("supported_formats")),
        default_format=as_text(spec.get("default_format")),
        dimensions=as_int(spec.get("embeddingDimensions")) or None,
        custom_dimensions=spec.get("supportsCustomDimensions") is True,
        deprecation=_deprecation(as_object(spec.get("deprecation"))),
    )


def _capabilities(fields: Mapping[str, object]) -> Capabilities:
    def has(name: str) -> bool:
        return fields.get(name) is True

    return Capabilities(
        functions=has("supportsFunctionCalling"),
        vision=has("supportsVision"),
        multiple_images=has("supportsMultipleImages"),
        max_images=as_int(fields.get("maxImages")) or None,
        audio_input=has("supportsAudioInput"),
        video_input=has("supportsVideoInput"),
        reasoning=has("supportsReasoning"),
        efforts=as_texts(fields.get("reasoningEffortOptions")) if has("supportsReasoningEffort") else (),
        default_effort=as_text(fields.get("defaultReasoningEffort")),
        response_schema=has("supportsResponseSchema"),
        web_search=has("supportsWebSearch"),
        code=has("optimizedForCode"),
        tee=has("supportsTeeAttestation"),
        e2ee=has("supportsE2EE"),
    )


def _image_constraints(fields: Mapping[str, object]) -> ImageConstraints:
    return ImageConstraints(
        prompt_limit=as_int(fields.get("promptCharacterLimit")) or None,
        aspect_ratios=as_texts(fields.get("aspectRatios")),
        default_aspect_ratio=as_text(fields.get("defaultAspectRatio")),
        resolutions=as_texts(fields.get("resolutions")),
        default_resolution=as_text(fields.get("defaultResolution")),
        qualities=as_texts(fields.get("qualities")),
        default_quality=as_text(fields.get("defaultQuality")),
        divisor=max(1, as_int(fields.get("widthHeightDivisor"), 8)),
        steps_max=as_int(as_object(fields.get("steps")).get("max")) or None,
        max_inputs=1 if fields.get("combineImages") is False else as_int(fields.get("maxInputImages")) or 3,
        single_ratio=fields.get("singleImageAspectRatio") is not False,
    )


def _default_temperature(spec: Mapping[str, object]) -> float | None:
    temperature = as_object(as_object(spec.get("constraints")).get("temperature"))
    return as_float(temperature.get("default"))


def _deprecation(fields: Mapping[str, object]) -> Deprecation | None:
    if not fields:
        return None
    return Deprecation(
        date=as_text(fields.get("date")),
        removes_at=as_text(fields.get("removesAt")),
        replacement=as_text(fields.get("replacementModelId")),
        auto_remap=fields.get("autoRemap") is True,
    )


def read_pricing(value: object) -> Pricing:
    """Prices of a `pricing` object; unknown shapes give an empty one."""
    fields = as_object(value)
    extended = as_object(fields.get("extended"))
    inputs = as_object(fields.get("inputImages"))
    return Pricing(
        tokens=_token_prices(fields),
        extended=_token_prices(extended),
        extended_above=as_int(as_decimal(extended.get("context_token_threshold"))),
        input=as_price(fields.get("input")),
        generation=as_price(fields.get("generation")),
        resolutions=_price_map(fields.get("resolutions")),
        quality=_quality_map(fields.get("quality")),
        audio_second=as_price(fields.get("per_audio_second")),
        inpaint=as_price(fields.get("inpaint")),
        images_included=as_int(inputs.get("included"), 1),
        image_additional=as_price(inputs.get("additional")),
        upscale=_price_map(fields.get("upscale")),
        durations=_duration_prices(fields.get("durations")),
        second=as_price(fields.get("per_second")),
        thousand_characters=as_price(fields.get("per_thousand_characters")),
    )


def _duration_prices(value: object) -> tuple[DurationPrice, ...]:
    rows = map(as_object, as_object(value).values())
    priced = ((row, as_price(row)) for row in rows)
    ranges = (
        DurationPrice(as_int(row.get("min_seconds")), as_int(row.get("max_seconds")), price)
        for row, price in priced
        if price is not None
    )
    return tuple(sorted(ranges, key=lambda one: one.least))


def _token_prices(fields: Mapping[str, object]) -> TokenPrices | None:
    price_in, price_out = as_price(fields.get("input")), as_price(fields.get("output"))
    if price_in is None or price_out is None:
        return None
    return TokenPrices(
        price_in, price_out, as_price(fields.get("cache_input")), as_price(fields.get("cache_write"))
    )


def _price_map(value: object) -> dict[str, Decimal]:
    prices = ((name, as_price(price)) for name, price in as_object(value).items())
    return {name: price for name, price in prices if price is not None}


def _quality_map(value: object) -> dict[str, Prices]:
    rows = ((size, _price_map(prices)) for size, prices in as_object(value).items())
    return {size: row for size, row in rows if row}


def read_models(answer: object) -> tuple[Model, ...]:
    """The models of a GET /models answer."""
    return tuple(model for entry in as_list(as_object(answer).get("data")) if (model := read_model(entry)))
