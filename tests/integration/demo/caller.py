"""A plain HTTP caller of the demo; knows nothing of the Venice client."""

from __future__ import annotations

import asyncio
import base64
import io
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any

import httpx
from PIL import Image

MODEL = "llama-3.3-70b"
VISION_MODEL = "google-gemma-4-31b-it"
Message = dict[str, Any]


async def until(happened: Callable[[], bool]) -> None:
    """Waits up to two seconds for something to happen."""
    for _ in range(200):
        if happened():
            return
        await asyncio.sleep(0.01)
    raise TimeoutError


def user(content: str | list[Message]) -> Message:
    return {"role": "user", "content": content}


def assistant(content: str) -> Message:
    return {"role": "assistant", "content": content}


def system(content: str) -> Message:
    return {"role": "system", "content": content}


def talk(*turns: str) -> list[Message]:
    """Messages of person and model in turn, the person first."""
    return [user(text) if index % 2 == 0 else assistant(text) for index, text in enumerate(turns)]


def picture_part(colour: str, size: tuple[int, int] = (120, 80)) -> Message:
    out = io.BytesIO()
    Image.new("RGB", size, colour).save(out, "PNG")
    url = f"data:image/png;base64,{base64.b64encode(out.getvalue()).decode()}"
    return {"type": "image_url", "image_url": {"url": url}}


def text_part(text: str) -> Message:
    return {"type": "text", "text": text}


@dataclass(slots=True)
class Stream:
    """What a streamed reply amounts to."""

    content: str = ""
    reasoning: str = ""
    finish: str | None = None
    pieces: list[str] = field(default_factory=list[str])
    usage: dict[str, Any] | None = None
    cost: dict[str, Any] | None = None
    citations: list[dict[str, Any]] | None = None
    error: dict[str, Any] | None = None
    done: bool = False
    tool_calls: dict[str, dict[str, str]] = field(default_factory=dict[str, dict[str, str]])
    last_call: str = ""

    def take(self, line: str) -> None:
        """Takes one line of the answer."""
        if not line.startswith("data: "):
            return
        data = line.removeprefix("data: ")
        if data == "[DONE]":
            self.done = True
            return
        chunk: dict[str, Any] = json.loads(data)
        self.error = chunk.get("error", self.error)
        self.usage = chunk.get("usage", self.usage)
        self.cost = chunk.get("cost", self.cost)
        self.citations = chunk.get("venice_parameters", {}).get("web_search_citations", self.citations)
        for choice in chunk.get("choices", []):
            self._delta(choice["delta"])
            self.finish = choice["finish_reason"] or self.finish

    def _delta(self, delta: dict[str, Any]) -> None:
        if delta.get("content"):
            self.pieces.append(delta["content"])
            self.content += delta["content"]
        self.reasoning += delta.get("reasoning_content", "")
        for entry in delta.get("tool_calls", []):
            self.last_call = entry.get("id", self.last_call)
            call = self.tool_calls.setdefault(self.last_call, {"name": "", "arguments": ""})
            call["name"] += entry["function"].get("name", "")
            call["arguments"] += entry["function"].get("arguments", "")


class Caller:
    """Calls the demo with a key."""

    def __init__(self, base_url: str) -> None:
        limits = httpx.Limits(max_connections=None, max_keepalive_connections=0)
        self.http = httpx.AsyncClient(
            base_url=base_url, headers={"Authorization": "Bearer demo"}, timeout=10, limits=limits
        )

    async def __aenter__(self) -> Caller:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.http.aclose()

    def body(self, messages: str | list[Message], **more: Any) -> dict[str, Any]:
        venice = {"include_venice_system_prompt": False, **more.pop("venice", {})}
        listed = [user(messages)] if isinstance(messages, str) else messages
        return {"model": MODEL, "messages": listed, "venice_parameters": venice, **more}

    async def post(self, path: str, body: dict[str, Any]) -> httpx.Response:
        return await self.http.post(path, json=body)

    async def ask(self, messages: str | list[Message], **more: Any) -> dict[str, Any]:
        """The whole JSON answer of a chat call that must succeed."""
        answer = await self.post("/chat/completions", self.body(messages, **more))
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def say(self, messages: str | list[Message], **more: Any) -> str:
        """The visible text of a chat answer."""
        answer = await self.ask(messages, **more)
        return answer["choices"][0]["message"]["content"]

    async def stream(self, messages: str | list[Message], into: Stream | None = None, **more: Any) -> Stream:
        """Reads a streamed reply to its end; `into` keeps what came even when the connection breaks."""
        stream = Stream() if into is None else into
        body = self.body(messages, stream=True, **more)
        async with self.http.stream("POST", "/chat/completions", json=body) as answer:
            assert answer.status_code == 200
            async for line in answer.aiter_lines():
                stream.take(line)
        return stream
