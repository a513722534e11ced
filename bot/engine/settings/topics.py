"""What settings are about: the order and the headings under which people read them."""

from __future__ import annotations

from collections.abc import Mapping

TOPICS: Mapping[str, tuple[str, ...]] = {
    "How I answer": (
        "model",
        "character",
        "system_prompt",
        "temperature",
        "top_p",
        "answer_length",
        "thinking",
        "fallback",
    ),
    "How an answer looks": ("reply_mode", "streaming", "rich_text", "buttons"),
    "What I look up and do": ("web_search", "scraping", "tools", "tool_budget", "timezone"),
    "Voices, pictures, films": (
        "voice",
        "voice_model",
        "image_model",
        "edit_model",
        "video_model",
        "music_model",
    ),
    "When I speak": ("activation", "gate_model", "ambient_budget", "ambient_cooldown", "bots"),
    "What I remember": ("memory", "long_memory", "context_tokens", "idle_reset", "overhear", "catchup"),
    "Privacy": ("min_privacy", "record", "heard", "retention", "removal_retention"),
    "Money": ("saving", "owner_free", "low_balance", "reconcile", "own_key_fallback"),
    "Who may come in": ("pairing", "admin_enable", "rate_limit", "adult"),
}
"""The settings of each topic by name, in the order of reading. A test holds that each setting is in one."""

ORDER: tuple[str, ...] = tuple(name for names in TOPICS.values() for name in names)
TOPIC_OF: Mapping[str, str] = {name: topic for topic, names in TOPICS.items() for name in names}
