"""Response headers as Venice sends them: diagnostics, balance, request and token windows."""

from __future__ import annotations

import time
from datetime import UTC, datetime

from bot.demo.catalogue import Model
from bot.demo.state import Call

VERSION = "demo.1"
XS_MODELS = ("zai-org-glm-4.7-flash", "llama-3.2-3b", "openai-gpt-oss-120b")
L_MODELS = ("openai-gpt-55-pro", "claude-opus-5", "kimi-k3")
PER_MINUTE = {"image": 20, "tts": 60, "asr": 60, "embedding": 500}


def limits_of(model: Model) -> tuple[int, int]:
    """Requests and tokens a minute."""
    if model.type != "text":
        return PER_MINUTE.get(model.type, 40), 0
    if model.id in XS_MODELS:
        return 500, 1_000_000
    return (20, 500_000) if model.id in L_MODELS else (50, 750_000)


def common_headers(call: Call) -> dict[str, str]:
    """What every answer carries; the balance is the one before this request."""
    return {
        "CF-RAY": call.record.request_id,
        "x-venice-version": VERSION,
        "x-venice-timestamp": datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "x-venice-host-name": "demo",
        "x-venice-balance-usd": f"{call.state.balance_usd:.6f}",
    }


def model_headers(call: Call, model: Model) -> dict[str, str]:
    """The common headers, the model that ran and its windows; resets are epoch milliseconds."""
    requests, tokens = limits_of(model)
    reset = str((int(time.time() // 60) + 1) * 60_000)
    left = max(0, requests - call.state.count(model.id))
    headers = common_headers(call) | {
        "x-venice-model-id": model.id,
        "x-venice-model-name": model.name,
        "x-venice-model-router": "demo",
        "x-ratelimit-limit-requests": str(requests),
        "x-ratelimit-remaining-requests": str(left),
        "x-ratelimit-reset-requests": reset,
    }
    if tokens:
        headers |= {
            "x-ratelimit-limit-tokens": str(tokens),
            "x-ratelimit-remaining-tokens": str(tokens),
            "x-ratelimit-reset-tokens": reset,
        }
    return headers
