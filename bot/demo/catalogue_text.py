"""Text models of the demo's catalogue: real ids, prices (USD per million tokens) and capabilities."""

from __future__ import annotations

from dataclasses import dataclass

from bot.demo.jsonvalue import Json, JsonObject

CAPABILITIES = {
    "tools": "supportsFunctionCalling",
    "vision": "supportsVision",
    "many_images": "supportsMultipleImages",
    "audio": "supportsAudioInput",
    "video": "supportsVideoInput",
    "reasoning": "supportsReasoning",
    "schema": "supportsResponseSchema",
    "logprobs": "supportsLogProbs",
    "x_search": "supportsXSearch",
    "code": "optimizedForCode",
}
MAX_IMAGES = 10


def usd(amount: float) -> dict[str, Json]:
    """A price as Venice writes it; both currencies cost the same."""
    return {"usd": amount, "diem": amount}


@dataclass(frozen=True, slots=True)
class Extended:
    """Prices that hold for the whole request above `threshold` prompt tokens."""

    threshold: int
    prompt: float
    output: float
    cached: float

    def row(self) -> dict[str, Json]:
        prices: dict[str, Json] = {"context_token_threshold": self.threshold}
        return prices | {
            "input": usd(self.prompt),
            "output": usd(self.output),
            "cache_input": usd(self.cached),
        }


@dataclass(frozen=True, slots=True)
class TextModel:
    """`can` names members of CAPABILITIES, or "enclave"; `efforts` lists efforts, the default first."""

    id: str
    name: str
    created: int
    context: int
    prompt: float
    output: float
    can: str
    cached: float | None = None
    written: float | None = None
    extended: Extended | None = None
    efforts: tuple[str, ...] = ()
    default_effort: str = ""
    private: bool = True
    uncensored: bool = False
    beta: bool = False
    traits: tuple[str, ...] = ()
    quantization: str = "not-available"
    max_output: int = 32_768

    def _pricing(self) -> dict[str, Json]:
        prices: dict[str, Json] = {"input": usd(self.prompt), "output": usd(self.output)}
        if self.cached is not None:
            prices["cache_input"] = usd(self.cached)
        if self.written is not None:
            prices["cache_write"] = usd(self.written)
        if self.extended is not None:
            prices["extended"] = self.extended.row()
        return prices

    def _capabilities(self) -> dict[str, Json]:
        able = self.can.split()
        flags: dict[str, Json] = {key: word in able for word, key in CAPABILITIES.items()}
        enclave = "enclave" in able
        flags |= {"supportsWebSearch": True, "supportsTeeAttestation": enclave, "supportsE2EE": enclave}
        flags |= {"quantization": self.quantization, "supportsReasoningEffort": bool(self.efforts)}
        if self.efforts:
            flags |= {
                "reasoningEffortOptions": list(self.efforts),
                "defaultReasoningEffort": self.default_effort,
            }
        if "many_images" in able:
            flags["maxImages"] = MAX_IMAGES
        return flags

    def row(self) -> JsonObject:
        """The row as GET /models lists it."""
        spec: dict[str, Json] = {
            "name": self.name,
            "privacy": "private" if self.private else "anonymized",
            "availableContextTokens": self.context,
            "maxCompletionTokens": self.max_output,
            "capabilities": self._capabilities(),
            "constraints": {"temperature": {"default": 1}, "top_p": {"default": 0.95}},
            "pricing": self._pricing(),
            "traits": list(self.traits),
            "offline": False,
        }
        if self.uncensored:
            spec["uncensored"] = True
        if self.beta:
            spec["betaModel"] = True
        return {
            "id": self.id,
            "type": "text",
            "object": "model",
            "owned_by": "venice.ai",
            "created": self.created,
            "context_length": self.context,
            "model_spec": spec,
        }


LOW_TO_HIGH = ("none", "low", "medium", "high")
SEES = "vision many_images"

TEXT_MODELS = (
    TextModel(
        "zai-org-glm-5-2",
        "GLM 5.2",
        1781568000,
        1_000_000,
        1.4,
        4.4,
        "tools reasoning schema code",
        cached=0.26,
        efforts=("none", "high", "max"),
        default_effort="max",
        quantization="fp8",
        traits=("default", "function_calling_default"),
        max_output=131_072,
    ),
    TextModel(
        "zai-org-glm-4.7-flash",
        "GLM 4.7 Flash",
        1769644800,
        128_000,
        0.06,
        0.4,
        "tools reasoning schema",
        cached=0.01,
        efforts=LOW_TO_HIGH,
        default_effort="high",
        quantization="fp8",
    ),
    TextModel(
        "qwen-3-8-27b",
        "Qwen 3.8 27B",
        1786924800,
        262_144,
        0.45,
        3.2,
        f"tools reasoning schema code video {SEES}",
        efforts=("none", "low", "medium", "xhigh"),
        default_effort="xhigh",
        beta=True,
        uncensored=True,
        traits=("default_vision",),
        quantization="fp8",
    ),
    TextModel(
        "google-gemma-4-31b-it",
        "Google Gemma 4 31B Instruct",
        1775174400,
        256_000,
        0.12,
        0.36,
        f"tools reasoning schema logprobs video {SEES}",
        cached=0.09,
        efforts=LOW_TO_HIGH,
        default_effort="low",
        quantization="bf16",
    ),
    TextModel(
        "venice-uncensored-1-2",
        "Venice Uncensored 1.2",
        1775001600,
        128_000,
        0.2,
        0.9,
        f"tools schema {SEES}",
        uncensored=True,
        traits=("most_uncensored",),
        quantization="fp16",
    ),
    TextModel(
        "venice-uncensored-role-play",
        "Venice Role Play Uncensored",
        1771545600,
        128_000,
        0.5,
        2.0,
        f"tools schema {SEES}",
        uncensored=True,
        quantization="fp8",
    ),
    TextModel(
        "gemma-4-uncensored",
        "Gemma 4 Uncensored",
        1776038400,
        256_000,
        0.1625,
        0.5,
        "tools schema logprobs vision",
        uncensored=True,
        quantization="int4",
    ),
    TextModel(
        "kimi-k3",
        "Kimi K3",
        1784160000,
        1_000_000,
        3.75,
        18.75,
        f"tools reasoning schema code {SEES}",
        cached=0.375,
        traits=("default_reasoning",),
    ),
    TextModel(
        "deepseek-v4-flash-0731",
        "DeepSeek V4 Flash 0731",
        1785456000,
        1_000_000,
        0.175,
        0.35,
        "tools reasoning schema code",
        cached=0.035,
        efforts=("none", "low", "high", "max"),
        default_effort="high",
    ),
    TextModel(
        "deepseek-v4-pro-0813",
        "DeepSeek V4 Pro 0813",
        1786665600,
        1_000_000,
        1.65,
        4.95,
        "tools reasoning schema code",
        cached=0.165,
        traits=("default_code",),
    ),
    TextModel(
        "deepseek-v3.2",
        "DeepSeek V3.2",
        1764806400,
        160_000,
        0.33,
        0.48,
        "tools reasoning schema",
        cached=0.16,
        efforts=LOW_TO_HIGH,
        default_effort="low",
    ),
    TextModel(
        "qwen3-next-80b",
        "Qwen 3 Next 80b",
        1745903059,
        256_000,
        0.35,
        1.9,
        "tools schema",
        quantization="fp16",
    ),
    TextModel(
        "llama-3.3-70b",
        "Llama 3.3 70B",
        1743897600,
        128_000,
        0.7,
        2.8,
        "tools",
        quantization="fp8",
    ),
    TextModel(
        "llama-3.2-3b",
        "Llama 3.2 3B",
        1727966436,
        128_000,
        0.15,
        0.6,
        "tools",
        quantization="fp16",
        max_output=4_096,
    ),
    TextModel(
        "openai-gpt-oss-120b",
        "OpenAI GPT OSS 120B",
        1762387200,
        128_000,
        0.07,
        0.3,
        "tools reasoning",
        efforts=LOW_TO_HIGH,
        default_effort="low",
    ),
    TextModel(
        "openai-gpt-56-luna",
        "GPT-5.6 Luna",
        1783555200,
        1_000_000,
        0.26666667,
        1.6,
        f"tools reasoning schema {SEES}",
        cached=0.02666667,
        written=0.33333334,
        private=False,
        efforts=("none", "low", "medium", "high", "xhigh", "max"),
        default_effort="high",
    ),
    TextModel(
        "openai-gpt-55-pro",
        "GPT-5.5 Pro",
        1776988800,
        1_000_000,
        37.5,
        225.0,
        f"tools reasoning schema {SEES}",
        private=False,
        efforts=("medium", "high", "xhigh"),
        default_effort="medium",
    ),
    TextModel(
        "claude-sonnet-5",
        "Claude Sonnet 5",
        1782691200,
        1_000_000,
        3.0,
        15.0,
        f"tools reasoning schema code {SEES}",
        cached=0.3,
        written=3.75,
        private=False,
    ),
    TextModel(
        "claude-opus-5",
        "Claude Opus 5",
        1784764800,
        1_000_000,
        6.0,
        30.0,
        f"tools reasoning schema code {SEES}",
        cached=0.6,
        written=7.5,
        private=False,
    ),
    TextModel(
        "grok-4-6",
        "Grok 4.6",
        1786320000,
        500_000,
        2.27,
        6.8,
        f"tools reasoning schema code x_search {SEES}",
        cached=0.57,
        extended=Extended(200_000, 4.53, 13.6, 1.13),
        traits=("most_intelligent",),
        efforts=("low", "medium", "high", "xhigh"),
        default_effort="high",
    ),
    TextModel(
        "grok-4-3",
        "Grok 4.3",
        1776470400,
        1_000_000,
        1.42,
        2.83,
        f"tools reasoning schema x_search {SEES}",
        cached=0.23,
        extended=Extended(200_000, 2.83, 5.67, 0.45),
        efforts=LOW_TO_HIGH,
        default_effort="low",
    ),
    TextModel(
        "gemini-3-5-flash-lite",
        "Gemini 3.5 Flash-Lite",
        1783555200,
        1_000_000,
        0.375,
        3.125,
        "tools reasoning schema audio video vision",
        cached=0.0375,
        private=False,
    ),
)
