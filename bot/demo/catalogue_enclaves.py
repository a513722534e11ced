"""Text models of the demo's catalogue that run in attested enclaves: real ids, prices and capabilities."""

from __future__ import annotations

from bot.demo.catalogue_text import TextModel

ENCLAVE_MODELS = (
    TextModel(
        "e2ee-gpt-oss-120b-p",
        "GPT OSS 120B",
        1773792000,
        128_000,
        0.13,
        0.65,
        "reasoning enclave",
        efforts=("low", "medium", "high"),
        default_effort="low",
    ),
    TextModel(
        "e2ee-qwen3-vl-30b-a3b-p",
        "Qwen3 VL 30B A3B",
        1773792000,
        128_000,
        0.25,
        0.9,
        "tools vision enclave",
    ),
)
