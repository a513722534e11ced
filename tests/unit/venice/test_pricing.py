"""Money: ceilings hold, costs are exact and rounded up."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.venice import (
    AudioPart,
    ChatMessage,
    ChatRequest,
    ContentPart,
    FilePart,
    ImagePart,
    ImageRequest,
    Model,
    Pricing,
    TextPart,
    TokenPrices,
    UsageReport,
    VideoPart,
    chat_ceiling,
    chat_cost,
    embedding_ceiling,
    embedding_cost,
    image_ceiling,
    image_cost,
    interrupted_cost,
    likely_tokens,
    prompt_token_ceiling,
    speech_cost,
    transcription_cost,
)
from bot.venice.models import read_model, read_pricing
from bot.venice.pricing import Unpriced
from tests.unit.venice.samples import EMBEDDER, LISTENER, SPEAKER, image_model, say, text_model

MODEL = text_model()


def usd(amount: float) -> dict[str, float]:
    """A price as Venice lists it."""
    return {"usd": amount, "diem": amount}


def test_venice_s_own_figure_wins() -> None:
    usage = UsageReport(1_000, 100, 1_100, cost_micro_usd=77)
    assert chat_cost(MODEL, usage, searched=True).micro_usd == 77
    assert chat_cost(MODEL, usage).source == "answer"


def test_the_list_price_counts_cache_and_fees() -> None:
    model = text_model(cache_write="1.75")
    usage = UsageReport(
        prompt=1_000, completion=100, total=1_100, cached=600, cache_written=100, reasoning=40
    )
    expected = Decimal(300) * Decimal("1.4") + 600 * Decimal("0.26") + 100 * Decimal("1.75") + 440
    cost = chat_cost(model, usage, searched=True, scraped=2)
    assert (cost.micro_usd, cost.source) == (int(expected) + 30_000, "list")


def test_missing_cache_prices_are_the_plain_price() -> None:
    model = Model("m", "text", "M", pricing=Pricing(tokens=TokenPrices(Decimal(2), Decimal(3))))
    assert chat_cost(model, UsageReport(10, 0, 10, cached=5, cache_written=5)).micro_usd == 20


def test_long_prompts_pay_the_extended_price_for_everything() -> None:
    pricing = read_pricing(
        {
            "input": usd(2.27),
            "output": usd(6.8),
            "extended": {"context_token_threshold": 200_000, "input": usd(4.53), "output": usd(13.6)},
        }
    )
    model = Model("m", "text", "M", pricing=pricing)
    assert chat_cost(model, UsageReport(200_000, 0, 200_000)).micro_usd == 454_000
    assert chat_cost(model, UsageReport(200_001, 10, 200_011)).micro_usd == 906_141


def test_a_part_of_a_micro_dollar_is_a_whole_one() -> None:
    assert chat_cost(MODEL, UsageReport(1, 0, 1)).micro_usd == 2
    assert chat_cost(MODEL, UsageReport(0, 0, 0)).micro_usd == 0


@given(
    text=st.text(max_size=400),
    output=st.integers(1, 5_000),
    share=st.floats(0, 1),
    written=st.floats(0, 1),
)
def test_the_ceiling_is_never_below_the_list_cost(
    text: str, output: int, share: float, written: float
) -> None:
    """Any count of tokens up to the bounds costs at most what was reserved."""
    model = text_model(cache_write="1.75")
    request = say(text, max_completion_tokens=output, web_search="on", web_scraping=True)
    prompt = prompt_token_ceiling(request, model)
    cached = int(prompt * share)
    usage = UsageReport(
        prompt, min(output, 4_000), 0, cached=cached, cache_written=int((prompt - cached) * written)
    )
    assert chat_cost(model, usage, searched=True, scraped=5).micro_usd <= chat_ceiling(model, request)


def test_no_prompt_exceeds_the_context() -> None:
    huge = ChatRequest((ChatMessage("user", (FilePart("x" * 1_000_000),)),))
    assert prompt_token_ceiling(huge, MODEL) == MODEL.context_tokens


def test_pictures_and_sound_count() -> None:
    plain = prompt_token_ceiling(say("x"), MODEL)
    seen = prompt_token_ceiling(ChatRequest((ChatMessage("user", (ImagePart("data:"),)),)), MODEL)
    heard = prompt_token_ceiling(ChatRequest((ChatMessage("user", (AudioPart(bytes(40_000)),)),)), MODEL)
    assert seen > plain + 5_000
    assert heard > plain + 1_000


def test_what_was_measured_counts_by_its_length() -> None:
    def counted(*parts: ContentPart) -> int:
        return prompt_token_ceiling(ChatRequest((ChatMessage("user", parts),)), MODEL)

    plain = counted(TextPart("x"))
    assert counted(AudioPart(bytes(9_000_000), seconds=60)) - plain == pytest.approx(60 * 50 + 1_000, abs=2)
    assert counted(VideoPart("data:" + "x" * 90_000, 10.2)) - plain == pytest.approx(
        11 * 1_000 + 1_000, abs=2
    )
    assert counted(FilePart("data:" + "x" * 90_000, "a.pdf", 700)) - plain == pytest.approx(700, abs=2)
    assert counted(VideoPart("data:" + "x" * 90_000)) - plain > 80_000


def test_an_interrupted_answer_is_an_estimate() -> None:
    cost = interrupted_cost(MODEL, 100, "x" * 300, fees=10_000)
    assert (cost.micro_usd, cost.source) == (140 + 440 + 10_000, "estimate")
    assert likely_tokens("") == 0
    assert likely_tokens("ab") == 1


GPT = {
    "resolutions": {"1K": usd(0.27), "2K": usd(0.51)},
    "quality": {"1K": {"low": usd(0.02), "high": usd(0.26)}, "2K": {"low": usd(0.04), "high": usd(0.5)}},
}


@pytest.mark.parametrize(
    ("pricing", "request_", "micro"),
    [
        ({"generation": usd(0.01)}, ImageRequest("x", variants=3), 30_000),
        ({"generation": usd(0.01)}, ImageRequest("x", enhance_prompt=True), 50_000),
        ({"resolutions": {"1K": usd(0.1), "2K": usd(0.2)}}, ImageRequest("x", resolution="1K"), 100_000),
        ({"resolutions": {"1K": usd(0.1), "2K": usd(0.2)}}, ImageRequest("x"), 200_000),
        (GPT, ImageRequest("x", resolution="2K", quality="low"), 40_000),
        (GPT, ImageRequest("x", quality="low"), 40_000),
        (GPT, ImageRequest("x"), 500_000),
        (GPT, ImageRequest("x", resolution="1K", quality="medium"), 260_000),
        ({"generation": usd(0.01), "quality": {"1K": {}}}, ImageRequest("x"), 10_000),
    ],
)
def test_picture_prices(pricing: dict[str, object], request_: ImageRequest, micro: int) -> None:
    model = Model("m", "image", "M", pricing=read_pricing(pricing))
    assert image_ceiling(model, request_) == micro
    settled = image_cost(model, request_, violation=False, enhanced=request_.enhance_prompt)
    assert settled.micro_usd == micro


def test_a_violation_is_free_and_an_enhancement_that_did_not_happen_too() -> None:
    model, request = image_model(), ImageRequest("x", enhance_prompt=True)
    assert image_cost(model, request, violation=True, enhanced=True).micro_usd == 0
    assert image_cost(model, request, violation=False, enhanced=False).micro_usd == 10_000


def test_other_media() -> None:
    assert speech_cost(SPEAKER, "x" * 1_000) == 3_500
    assert speech_cost(SPEAKER, "ü") == 7
    assert transcription_cost(LISTENER, 12.5) == 1_250
    assert embedding_cost(EMBEDDER, 1_000) == 150
    assert embedding_ceiling(EMBEDDER, ["abc"]) >= embedding_cost(EMBEDDER, 3)


def test_a_model_without_a_price_is_a_programming_error() -> None:
    bare = Model("m", "text", "M")
    with pytest.raises(Unpriced):
        chat_cost(bare, UsageReport(1, 1, 2))
    for call in (
        lambda: image_ceiling(bare, ImageRequest("x")),
        lambda: speech_cost(bare, "x"),
        lambda: transcription_cost(bare, 1),
    ):
        with pytest.raises(Unpriced):
            call()


def test_float_dust_in_the_list_is_wiped() -> None:
    model = read_model(
        {
            "id": "m",
            "type": "asr",
            "model_spec": {"pricing": {"per_audio_second": usd(0.0023000000000000004)}},
        }
    )
    assert model is not None
    assert model.pricing.audio_second == Decimal("0.0023")
