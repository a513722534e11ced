"""The catalogue: reading Venice's list, names, defaults, suggestions."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from bot.errors import UserError
from bot.venice import Catalogue, Filter, Tier, Wanted, price_of
from bot.venice.models import read_model, read_models
from tests.specs import load_venice_models, load_venice_traits, needs_specs


def usd(amount: float) -> dict[str, float]:
    """A price as Venice lists it."""
    return {"usd": amount, "diem": amount}


def entry(model_id: str, medium: str = "text", **spec: Any) -> dict[str, Any]:
    """One entry of the list."""
    prices: dict[str, Any] = {
        "text": {"input": usd(1), "output": usd(2)},
        "image": {"generation": usd(0.01)},
        "tts": {"input": usd(3.5)},
        "asr": {"per_audio_second": usd(0.0001)},
    }
    default = {"name": model_id.upper(), "privacy": "private", "pricing": prices.get(medium)}
    return {"id": model_id, "type": medium, "model_spec": {**default, **spec}}


def catalogue_of(*entries: object, traits: dict[str, dict[str, str]] | None = None) -> Catalogue:
    """A catalogue of these entries."""
    return Catalogue(read_models({"data": list(entries)}), traits)


LIST = catalogue_of(
    entry("glm-5", traits=["default"], name="GLM 5"),
    entry("glm-5-flash", pricing={"input": usd(0.06), "output": usd(0.4)}),
    entry("opus", privacy="anonymized", pricing={"input": usd(6), "output": usd(30)}),
    entry("seer", capabilities={"supportsVision": True}),
    entry("seer-beta", capabilities={"supportsVision": True}, betaModel=True, traits=["default_vision"]),
    entry("wild", uncensored=True),
    entry("asleep", offline=True),
    entry("unpriced", pricing=None),
    entry("half-priced", pricing={"input": usd(1)}),
    entry("glm-5:web"),
    entry("painter", "image", traits=["default"]),
    entry("bria-bg-remover", "image", pricing={"generation": usd(0.001)}),
    entry("tts-other", "tts", pricing={"input": usd(1)}),
    entry("tts-kokoro", "tts"),
    entry("nvidia/parakeet-tdt-0.6b-v3", "asr"),
    entry("a-film", "video"),
    entry("a-song", "music"),
)


def test_a_full_entry_is_read() -> None:
    model = read_model(
        {
            "id": "m",
            "type": "text",
            "context_length": 9,
            "model_spec": {
                "name": "M",
                "availableContextTokens": 1_000,
                "maxCompletionTokens": 100,
                "capabilities": {
                    "supportsFunctionCalling": True,
                    "supportsReasoning": True,
                    "supportsReasoningEffort": True,
                    "reasoningEffortOptions": ["none", "high"],
                    "defaultReasoningEffort": "high",
                    "maxImages": 10,
                },
                "constraints": {"temperature": {"default": 0.7}, "top_p": {"default": 0.9}},
                "pricing": {"input": usd(1.4), "output": usd(4.4), "cache_input": usd(0.26)},
                "deprecation": {
                    "autoRemap": True,
                    "date": "2026-10-01",
                    "removesAt": "2026-10-08",
                    "replacementModelId": "n",
                },
            },
        }
    )
    assert model is not None
    assert (model.context_tokens, model.max_completion, model.default_temperature) == (1_000, 100, 0.7)
    assert model.capabilities.efforts == ("none", "high")
    assert model.pricing.tokens is not None
    assert model.pricing.tokens.cache_input == Decimal("0.26")
    assert model.deprecation is not None
    assert model.deprecation.replacement == "n"


@pytest.mark.parametrize("odd", [None, 3, [], {}, {"id": ""}, {"id": 7, "model_spec": {}}])
def test_entries_that_make_no_sense_are_passed_over(odd: object) -> None:
    assert read_models({"data": [odd, entry("fine")]}) == (read_model(entry("fine")),)


def test_an_image_entry_is_read() -> None:
    constraints = {
        "promptCharacterLimit": 1_500,
        "steps": {"default": 8, "max": 20},
        "widthHeightDivisor": 16,
        "aspectRatios": ["1:1"],
        "resolutions": ["1K"],
    }
    model = read_model(entry("p", "image", constraints=constraints))
    assert model is not None
    assert (model.image.prompt_limit, model.image.steps_max, model.image.divisor) == (1_500, 20, 16)
    assert (model.image.aspect_ratios, model.image.resolutions) == (("1:1",), ("1K",))


@pytest.mark.parametrize("name", ["glm-5", "default", "GLM-5", "glm 5", " glm-5 "])
def test_a_model_is_found_by_id_trait_or_name(name: str) -> None:
    assert LIST.find(name).id == "glm-5"


@pytest.mark.parametrize(
    ("name", "medium", "words"),
    [
        ("glm-6", "text", "glm-5"),
        ("glm-5:enable_web_search=on", "text", "glm-5"),
        ("glm-5:web", "text", "do not know"),
        ("zzzzzz", "text", "/models"),
        ("", "text", "/models"),
        ("painter", "text", "do not know"),
        ("asleep", "text", "offline"),
        ("unpriced", "text", "no price"),
        ("half-priced", "text", "no price"),
        ("a-song", "music", "no price"),
    ],
)
def test_anything_else_is_explained(name: str, medium: Any, words: str) -> None:
    with pytest.raises(UserError) as caught:
        LIST.find(name, medium)
    assert words in caught.value.reader_text


def test_what_cannot_be_priced_or_painted_is_not_offered() -> None:
    assert {model.id for model in LIST.offered("text")} == {
        "glm-5", "glm-5-flash", "opus", "seer", "seer-beta", "wild",
    }  # fmt: skip
    assert [model.id for model in LIST.offered("image")] == ["painter"]
    assert [model.id for model in LIST.offered("video")] == ["a-film"]
    assert LIST.offered("music") == ()


@pytest.mark.parametrize(
    ("wanted", "model_id"),
    [
        ("text", "glm-5"),
        ("vision", "seer-beta"),
        ("image", "painter"),
        ("tts", "tts-kokoro"),
        ("asr", "nvidia/parakeet-tdt-0.6b-v3"),
        ("embedding", None),
    ],
)
def test_defaults(wanted: Any, model_id: str | None) -> None:
    found = LIST.default(wanted)
    assert (found.id if found else None) == model_id


def test_defaults_fall_back_to_what_is_there_and_allowed() -> None:
    few = catalogue_of(
        entry("dear", pricing={"input": usd(9), "output": usd(9)}),
        entry("cheap-open", privacy="anonymized", pricing={"input": usd(0.1), "output": usd(0.1)}),
        entry("fair"),
        traits={"text": {"default": "gone", "default_vision": "fair"}},
    )
    default = few.default("text")
    assert default is not None
    assert default.id == "fair"
    assert few.default("vision") is None
    assert few.default("text", Filter(max_output_price=Decimal("0.01"))) is None


def test_filters() -> None:
    def ids(allow: Filter) -> set[str]:
        return {model.id for model in LIST.offered("text", allow)}

    assert "opus" not in ids(Filter(tier=Tier.PRIVATE))
    assert "opus" not in ids(Filter(max_output_price=Decimal(10)))
    assert "wild" not in ids(Filter(uncensored=False))
    assert ids(Filter(vision=True)) == {"seer", "seer-beta"}
    assert ids(Filter(functions=True)) == set()


def test_search_for_autocomplete() -> None:
    assert [model.id for model in LIST.search("GLM", "text")] == ["glm-5", "glm-5-flash"]
    assert [model.id for model in LIST.search("flash", "text")] == ["glm-5-flash"]
    assert [model.id for model in LIST.search("see", "text")] == ["seer", "seer-beta"]
    assert len(LIST.search("", "text", limit=3)) == 3
    cheapest = LIST.cheapest("text")
    assert cheapest is not None
    assert cheapest.id == "glm-5-flash"


@pytest.mark.specs
@needs_specs
def test_the_real_snapshot() -> None:
    catalogue = Catalogue(read_models({"data": load_venice_models()}), {"text": load_venice_traits()})
    assert len(catalogue) == 328
    assert len(catalogue.offered("text")) == len(catalogue.all("text")) == 113
    assert len(catalogue.offered("image")) == 37
    assert len(catalogue.offered("video")) == 116
    wanted: tuple[Wanted, ...] = (
        "text",
        "vision",
        "image",
        "tts",
        "asr",
        "embedding",
        "edit",
        "upscale",
        "music",
        "video",
    )
    found = {one: catalogue.default(one) for one in wanted}
    assert {wanted: model.id for wanted, model in found.items() if model} == {
        "text": "zai-org-glm-5-2",
        "vision": "qwen-3-8-27b",
        "image": "z-image-turbo",
        "tts": "tts-kokoro",
        "asr": "nvidia/parakeet-tdt-0.6b-v3",
        "embedding": "text-embedding-bge-m3",
        "edit": "firered-image-edit",
        "upscale": "upscaler",
        "music": "ace-step-15",
    }
    for medium in ("text", "image", "tts", "asr", "embedding", "inpaint", "upscale", "music"):
        assert all(price_of(model).is_finite() for model in catalogue.offered(medium))
