"""Exchanges about films and sounds that are queued."""

from __future__ import annotations

from typing import Any

from bot.demo.faults import Fault
from tests.contract.demo_cases import Case, post

FILM: dict[str, Any] = {
    "model": "grok-imagine-text-to-video-private",
    "prompt": "a boat",
    "duration": "1s",
    "resolution": "480p",
    "aspect_ratio": "16:9",
}
WAN: dict[str, Any] = {**FILM, "model": "wan-2.5-preview-text-to-video", "duration": "5s"}
SOUND: dict[str, Any] = {
    "model": "elevenlabs-sound-effects-v2",
    "prompt": "waves on a quay",
    "duration_seconds": 1,
}
NOBODY = {"model": "nobody", "queue_id": "none"}
ORDERS = {"video": WAN, "audio": SOUND}
QUOTES = {"video": {"model": "nobody", "duration": "5s"}, "audio": {"model": "nobody"}}
SOUNDS = ("elevenlabs-sound-effects-v2", "mmaudio-v2-text-to-audio", "elevenlabs-music")


def _kind_cases(kind: str) -> tuple[Case, ...]:
    """What films and sounds have in common."""
    order = ORDERS[kind]
    quote, queue = f"/{kind}/quote", f"/{kind}/queue"
    retrieve, complete = f"/{kind}/retrieve", f"/{kind}/complete"
    late = Fault.job_lasts(600)
    return (
        post(f"{kind} ordered", queue, order),
        post(f"{kind} ordered slowly", queue, order, fault=late),
        post(f"{kind} to expire", queue, order, fault=Fault.job_expires()),
        post(f"{kind} to break", queue, order, fault=Fault.job_breaks()),
        post(f"{kind} processing", retrieve, {}, job=f"{kind} ordered slowly"),
        post(f"{kind} done", retrieve, {"delete_media_on_completion": True}, job=f"{kind} ordered"),
        post(f"{kind} deleted", retrieve, {}, 404, job=f"{kind} ordered"),
        post(f"{kind} expired", retrieve, {}, 404, job=f"{kind} to expire"),
        post(f"{kind} broken", retrieve, {}, 500, job=f"{kind} to break"),
        post(f"{kind} never ordered", retrieve, NOBODY, 404),
        post(f"{kind} complete never ordered", complete, NOBODY, 400),
        post(f"{kind} misspelt", queue, {**order, "promt": "a"}, 400),
        post(f"{kind} forbidden", queue, {**order, "prompt": "forbidden"}, 422),
        post(f"{kind} without model", queue, {**order, "model": "nobody"}, 404),
        post(f"{kind} quote without model", quote, QUOTES[kind], 404),
        post(f"{kind} quote misspelt", quote, {"model": 3}, 400),
        *(post(f"{path} without key", path, order, 402, keyed=False) for path in (queue, retrieve, complete)),
        *(post(f"{path} dead key", path, order, 401, fault=Fault.status(401)) for path in (queue, retrieve)),
        *(post(f"{path} down", path, order, 500, fault=Fault.status(500)) for path in (queue, complete)),
        post(f"{kind} retrieve busy", retrieve, NOBODY, 503, fault=Fault.status(503)),
        post(f"{kind} too fast", queue, order, 429, fault=Fault.status(429)),
        post(f"{kind} too many looks", retrieve, NOBODY, 429, fault=Fault.status(429)),
    )


JOB_CASES = (
    *_kind_cases("video"),
    *_kind_cases("audio"),
    post("film quote", "/video/quote", {**WAN, "colour": "red"}, keyed=False),
    post("film with an address", "/video/queue", FILM),
    post("film at its address", "/video/retrieve", {}, job="film with an address"),
    post("film to be refused", "/video/queue", WAN, fault=Fault.job_fails(recommended_model="other")),
    post("film refused", "/video/retrieve", {}, 422, job="film to be refused"),
    post("film without ratio", "/video/queue", {**WAN, "aspect_ratio": "21:9"}, 400),
    *(post(f"{name} quote", "/audio/quote", {"model": name}, keyed=False) for name in SOUNDS),
    *(post(f"{name} order", "/audio/queue", {"model": name, "prompt": "waves"}) for name in SOUNDS),
    *(post(f"{name} look", "/audio/retrieve", {}, job=f"{name} order") for name in SOUNDS),
    post("sound complete", "/audio/complete", {}, job="elevenlabs-music order"),
    post("sound too long", "/audio/queue", {**SOUND, "duration_seconds": 23}, 400),
    post("narration quote", "/audio/quote", {"model": "elevenlabs-tts-v3", "character_count": 500}),
    post("narration quote of nothing", "/audio/quote", {"model": "elevenlabs-tts-v3"}, 400),
)
