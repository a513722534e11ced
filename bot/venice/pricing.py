"""What a call may cost and what it did cost, in whole micro-USD, always rounded up.

Ceilings hold before the call; costs settle it afterwards. Both work from the price list of the very
catalogue the call was made with.
"""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_CEILING, Decimal
from typing import Literal

from bot.venice.media import ImageRequest
from bot.venice.models import Model, TokenPrices
from bot.venice.types import (
    AudioPart,
    ChatMessage,
    ChatRequest,
    ContentPart,
    FilePart,
    ImagePart,
    TextPart,
    UsageReport,
)

MICRO = Decimal(1_000_000)
SEARCH_FEE = 10_000
SCRAPE_FEE = 10_000
ENHANCE_FEE = 40_000
SCRAPED_URLS_MAX = 5
CLONE_FEE = 1_000_000
"""Venice does not publish its fee for learning a voice; this much is counted, flagged uncertain."""

MESSAGE_OVERHEAD = 16
PROMPT_OVERHEAD = 64
IMAGE_TOKENS = 6_000
SEARCH_TOKENS = 20_000
CHARACTER_TOKENS = 8_000
VENICE_PROMPT_TOKENS = 3_000
AUDIO_BYTES_PER_TOKEN = 40
"""Where the length is unknown: the leanest speech codecs need about 1.5 kB a second."""
AUDIO_TOKENS_PER_SECOND = 50
"""Gemini counts 32 tokens a second, Qwen 25, OpenAI 10."""
FILM_TOKENS_PER_SECOND = 1_000
"""Gemini counts about 300 tokens a second with its sound, Qwen two frames of at most 400."""
MEDIA_TOKENS = 1_000
"""What any sound or film may cost besides its length."""


@dataclass(frozen=True, slots=True)
class Cost:
    """A settled amount. `source` is Venice's own figure or the list; "estimate" means that the call ended
    without usage, so the amount is uncertain."""

    micro_usd: int
    source: Literal["answer", "list", "estimate"]


class Unpriced(ValueError):
    """The model has no price of this kind; such a model is not offered, so this is a programming error."""


def round_up(micro: Decimal) -> int:
    """Whole micro-USD, never less than the exact amount."""
    return max(0, int(micro.to_integral_value(ROUND_CEILING)))


def text_token_ceiling(text: str) -> int:
    """No tokenizer makes more tokens than UTF-8 bytes."""
    return len(text.encode("utf-8", "surrogatepass"))


def likely_tokens(text: str) -> int:
    """A fair guess for text that was received but not counted."""
    return -(-text_token_ceiling(text) // 3)


def prompt_token_ceiling(request: ChatRequest, model: Model) -> int:
    """An upper bound of prompt tokens, the model's context at most."""
    total = PROMPT_OVERHEAD + sum(map(_message_ceiling, request.messages))
    for tool in request.tools:
        total += text_token_ceiling(tool.name + tool.description + json.dumps(tool.parameters))
    if request.response_schema is not None:
        total += text_token_ceiling(json.dumps(request.response_schema.schema))
    total += CHARACTER_TOKENS * bool(request.character_slug)
    total += VENICE_PROMPT_TOKENS * request.include_venice_system_prompt
    total += SEARCH_TOKENS * (request.web_search != "off")
    total += SEARCH_TOKENS * SCRAPED_URLS_MAX * request.web_scraping
    return total if model.context_tokens is None else min(total, model.context_tokens)


def _message_ceiling(message: ChatMessage) -> int:
    texts = [message.reasoning_content, message.thought_signature]
    texts += [call.name + call.arguments for call in message.tool_calls]
    texts += [json.dumps(detail) for detail in message.reasoning_details]
    content = message.content
    parts = [TextPart(content)] if isinstance(content, str) else content
    return MESSAGE_OVERHEAD + sum(map(text_token_ceiling, texts)) + sum(map(_part_ceiling, parts))


def _part_ceiling(part: ContentPart) -> int:
    if isinstance(part, TextPart):
        return text_token_ceiling(part.text)
    if isinstance(part, ImagePart):
        return IMAGE_TOKENS
    if isinstance(part, AudioPart):
        unmeasured = len(part.data) // AUDIO_BYTES_PER_TOKEN
        return _lasting(part.seconds, AUDIO_TOKENS_PER_SECOND) or unmeasured + MEDIA_TOKENS
    if isinstance(part, FilePart):
        # Documents unpack to more than their size; three quarters of base64 is the file.
        return part.tokens or len(part.url) * 4
    return _lasting(part.seconds, FILM_TOKENS_PER_SECOND) or len(part.url)


def _lasting(seconds: float, per_second: int) -> int:
    """The bound of something measured, 0 for what was not."""
    return math.ceil(seconds) * per_second + MEDIA_TOKENS if seconds > 0 else 0


def _token_prices(model: Model, prompt_tokens: int) -> TokenPrices:
    pricing = model.pricing
    if pricing.tokens is None:
        raise Unpriced(model.id)
    if pricing.extended is not None and prompt_tokens > pricing.extended_above:
        return pricing.extended
    return pricing.tokens


def chat_ceiling(model: Model, request: ChatRequest) -> int:
    """The most one chat call can cost: dearest input rate, full output, every fee it may cause."""
    prompt = prompt_token_ceiling(request, model)
    output = request.max_completion_tokens
    if model.max_completion is not None:
        output = min(output, model.max_completion)
    tiers = [_token_prices(model, prompt), _token_prices(model, 0)]
    price_in = max(max(tier.input, tier.cache_write or tier.input) for tier in tiers)
    price_out = max(tier.output for tier in tiers)
    fees = SEARCH_FEE * (request.web_search != "off") + SCRAPE_FEE * SCRAPED_URLS_MAX * request.web_scraping
    return round_up(prompt * price_in + output * price_out) + fees


def list_cost(model: Model, usage: UsageReport) -> int:
    """The list price of counted tokens."""
    prices = _token_prices(model, usage.prompt)
    plain = max(0, usage.prompt - usage.cached - usage.cache_written)
    cached_price = prices.input if prices.cache_input is None else prices.cache_input
    written_price = prices.input if prices.cache_write is None else prices.cache_write
    return round_up(
        plain * prices.input
        + usage.cached * cached_price
        + usage.cache_written * written_price
        + usage.completion * prices.output
    )


def chat_cost(model: Model, usage: UsageReport, *, searched: bool = False, scraped: int = 0) -> Cost:
    """What a finished chat call cost.

    Venice's figure wins. It is undocumented whether that includes search fees, so they are only added to
    the list price. `searched` means that sources came back; `scraped` counts pages read.
    """
    if usage.cost_micro_usd is not None:
        return Cost(usage.cost_micro_usd, "answer")
    fees = SEARCH_FEE * searched + SCRAPE_FEE * scraped
    return Cost(list_cost(model, usage) + fees, "list")


def interrupted_cost(model: Model, prompt_tokens: int, received: str, fees: int = 0) -> Cost:
    """The price of a call that ended without usage: its prompt, and the text and reasoning received."""
    completion = likely_tokens(received)
    usage = UsageReport(prompt_tokens, completion, prompt_tokens + completion)
    return Cost(list_cost(model, usage) + fees, "estimate")


def sized_price(model: Model, resolution: str, quality: str, plain: Decimal | None) -> Decimal:
    """USD of one picture: by resolution and quality, else by resolution, else `plain`. An unknown size or
    quality counts as the dearest. Raises Unpriced."""
    pricing, shape = model.pricing, model.image
    resolution = resolution or shape.default_resolution
    quality = quality or shape.default_quality
    if pricing.quality:
        rows = [pricing.quality[resolution]] if resolution in pricing.quality else pricing.quality.values()
        prices = [row[quality] if quality in row else max(row.values()) for row in rows if row]
        return max(prices)
    if pricing.resolutions:
        return pricing.resolutions.get(resolution, max(pricing.resolutions.values()))
    if plain is None:
        raise Unpriced(model.id)
    return plain


def picture_price(model: Model, request: ImageRequest) -> Decimal:
    """USD of one picture made from words."""
    return sized_price(model, request.resolution, request.quality, model.pricing.generation)


def image_ceiling(model: Model, request: ImageRequest) -> int:
    """The most a picture order can cost."""
    fee = ENHANCE_FEE if request.enhance_prompt else 0
    return round_up(picture_price(model, request) * request.variants * MICRO) + fee


def image_cost(model: Model, request: ImageRequest, *, violation: bool, enhanced: bool) -> Cost:
    """What an order cost; a content violation is not charged."""
    if violation:
        return Cost(0, "list")
    fee = ENHANCE_FEE if enhanced else 0
    return Cost(round_up(picture_price(model, request) * request.variants * MICRO) + fee, "list")


def speech_cost(model: Model, text: str) -> int:
    """The price of speaking `text`; the count basis is undocumented, so the larger one (bytes) is taken."""
    return _per_million(model, text_token_ceiling(text))


def embedding_ceiling(model: Model, texts: Sequence[str]) -> int:
    """The most embedding these texts can cost."""
    return _per_million(model, sum(map(text_token_ceiling, texts)) + MESSAGE_OVERHEAD * len(texts))


def embedding_cost(model: Model, prompt_tokens: int) -> int:
    """The price of counted tokens."""
    return _per_million(model, prompt_tokens)


def transcription_cost(model: Model, seconds: float) -> int:
    """The price of listening; measure `seconds` locally, since answers may leave the duration out."""
    if model.pricing.audio_second is None:
        raise Unpriced(model.id)
    return round_up(Decimal(str(seconds)) * model.pricing.audio_second * MICRO)


def _per_million(model: Model, amount: int) -> int:
    if model.pricing.input is None:
        raise Unpriced(model.id)
    return round_up(amount * model.pricing.input)
