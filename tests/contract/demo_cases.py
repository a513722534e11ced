"""Exchanges with the demo whose answers are checked against Venice's specification."""

from __future__ import annotations

import io
import math
import wave
from dataclasses import dataclass, field
from typing import Any

from bot.demo.faults import Fault

KEY = {"Authorization": "Bearer demo"}
FAST_MODEL = "zai-org-glm-4.7-flash"
TOOL: dict[str, Any] = {
    "type": "function",
    "function": {"name": "look", "parameters": {"type": "object", "properties": {}}},
}
FORMAT: dict[str, Any] = {
    "type": "json_schema",
    "json_schema": {"name": "a", "schema": {"type": "object", "properties": {}}},
}


def chat(text: str = "Hello", **more: Any) -> dict[str, Any]:
    return {"model": FAST_MODEL, "messages": [{"role": "user", "content": text}], **more}


def wav(seconds: float = 1.0) -> bytes:
    out = io.BytesIO()
    with wave.open(out, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(8000)
        samples = [int(9000 * math.sin(at / 4)) for at in range(int(8000 * seconds))]
        file.writeframes(b"".join(sample.to_bytes(2, "little", signed=True) for sample in samples))
    return out.getvalue()


def hearing(model: str = "openai/whisper-large-v3", data: bytes | None = None, **form: str) -> dict[str, Any]:
    sound = wav() if data is None else data
    return {"data": {"model": model, **form}, "files": {"file": ("a.wav", sound, "audio/wav")}}


@dataclass(frozen=True, slots=True)
class Case:
    """One exchange: `template` is the path as the specification names it, `sent` goes to httpx, `job` names
    the earlier exchange whose order this one is about, `key` the one that made the key it is about.
    """

    name: str
    method: str
    path: str
    status: int = 200
    sent: dict[str, Any] = field(default_factory=dict[str, Any])
    template: str = ""
    keyed: bool = True
    fault: Fault | None = None
    headers: dict[str, str] = field(default_factory=lambda: KEY)
    job: str = ""
    key: str = ""

    @property
    def call(self) -> str:
        return f"{self.method} {self.template or self.path.partition('?')[0]}"


def post(name: str, path: str, body: Any, status: int = 200, **more: Any) -> Case:
    return Case(name, "POST", path, status, {"json": body}, **more)


CHAT, IMAGE, SPEECH = "/chat/completions", "/image/generate", "/audio/speech"
HEARING, EMBED = "/audio/transcriptions", "/embeddings"
SEARCH = {"enable_web_search": "on", "enable_web_citations": True}
PICTURE = {"model": "z-image-turbo", "prompt": "a canal", "width": 64, "height": 64}
VOICE = {"model": "tts-kokoro", "input": "Hello"}
PARTS = [{"type": "image_url", "image_url": {"url": "https://example.org/a.png"}}]

BASIC_CASES = (
    Case("text models", "GET", "/models"),
    Case("all models", "GET", "/models?type=all"),
    Case("unknown type", "GET", "/models?type=smell", 400),
    Case("traits", "GET", "/models/traits?type=text"),
    Case("image traits", "GET", "/models/traits?type=image"),
    Case("aliases", "GET", "/models/compatibility_mapping"),
    Case("styles", "GET", "/image/styles", keyed=False),
    Case("limits", "GET", "/api_keys/rate_limits"),
    Case("limits without key", "GET", "/api_keys/rate_limits", 402, keyed=False),
    Case("characters", "GET", "/characters"),
    Case("too many characters", "GET", "/characters?limit=101", 400),
    Case("characters without key", "GET", "/characters", 402, keyed=False),
    Case("character", "GET", "/characters/captain-brine", template="/characters/{slug}"),
    Case("no such character", "GET", "/characters/nobody", 404, template="/characters/{slug}"),
    post("chat", CHAT, chat()),
    post("chat with search", CHAT, chat("Which tide?", venice_parameters=SEARCH)),
    post("chat with tools", CHAT, chat("use tool look", tools=[TOOL])),
    post("chat with schema", CHAT, chat(response_format=FORMAT)),
    post("chat as character", CHAT, chat(venice_parameters={"character_slug": "captain-brine"})),
    post("chat cut", CHAT, chat(max_completion_tokens=1)),
    post("chat twice", CHAT, chat(n=2)),
    post("chat misspelt", CHAT, chat(temprature=1), 400),
    post("chat with pictures", CHAT, chat(messages=[{"role": "user", "content": PARTS}]), 400),
    post("chat without key", CHAT, chat(), 402, keyed=False),
    post("chat without model", CHAT, chat(model="nobody"), 404),
    post("chat without money", CHAT, chat(), 402, fault=Fault.status(402)),
    post("chat with a dead key", CHAT, chat(), 401, fault=Fault.status(401)),
    post("chat too fast", CHAT, chat(), 429, fault=Fault.status(429, retry_after=1)),
    post("chat offline", CHAT, chat(), 503, fault=Fault.status(503)),
    post("chat too large", CHAT, chat("x" * (36 * 1024 * 1024)), 413),
    post("picture", IMAGE, PICTURE),
    post("pictures", IMAGE, {**PICTURE, "variants": 2}),
    post("binary picture", IMAGE, {**PICTURE, "return_binary": True, "format": "png"}),
    post("picture too large", IMAGE, {**PICTURE, "width": 4000}, 400),
    post("picture without model", IMAGE, {**PICTURE, "model": "nobody"}, 404),
    post("picture without key", IMAGE, PICTURE, 402, keyed=False),
    *(post(f"voice {form}", SPEECH, {**VOICE, "response_format": form}) for form in ("mp3", "opus", "wav")),
    *(post(f"voice {form}", SPEECH, {**VOICE, "response_format": form}) for form in ("aac", "flac", "pcm")),
    post("wrong voice", SPEECH, {**VOICE, "voice": "eve"}, 400),
    post("text too long", SPEECH, {**VOICE, "input": "a" * 4097}, 400),
    post("voice without model", SPEECH, {**VOICE, "model": "nobody"}, 404),
    Case("hearing", "POST", HEARING, 200, hearing()),
    Case("hearing as text", "POST", HEARING, 200, hearing(response_format="text")),
    Case("hearing with times", "POST", HEARING, 200, hearing(timestamps="true")),
    Case("hearing subtitles", "POST", HEARING, 400, hearing(response_format="srt")),
    Case("hearing nothing", "POST", HEARING, 422, hearing(data=b"RIFF")),
    Case("hearing without model", "POST", HEARING, 404, hearing("nobody")),
    post("vectors", EMBED, {"model": "text-embedding-bge-m3", "input": ["a", "b"]}),
    post("token vectors", EMBED, {"model": "text-embedding-bge-m3", "input": [1, 2]}, 400),
    post("vectors without model", EMBED, {"model": "nobody", "input": "a"}, 404),
)
