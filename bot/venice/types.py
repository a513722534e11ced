"""What goes to Venice and what comes back, as frozen dataclasses. Nothing here knows HTTP.

Requests name no model: the model travels beside them, as an entry of the catalogue, because the
body depends on what that model takes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

Role = Literal["system", "developer", "user", "assistant", "tool"]
WebSearch = Literal["off", "on", "auto"]
Reasoning = Literal["off", "on", "none", "minimal", "low", "medium", "high", "xhigh", "max"]
FinishReason = Literal["stop", "length", "tool_calls", "content_filter"]
AudioInputFormat = Literal["wav", "mp3", "aiff", "aac", "ogg", "flac", "m4a", "pcm16", "pcm24"]


@dataclass(frozen=True, slots=True)
class TextPart:
    """`cache` marks the end of a stable prefix, for models that charge for cache writes."""

    text: str
    cache: bool = False


@dataclass(frozen=True, slots=True)
class ImagePart:
    """A picture as `data:image/...;base64,` URL; platform links redirect or expire and carry tokens."""

    url: str


@dataclass(frozen=True, slots=True)
class AudioPart:
    """Sound to listen to, at most 25 MB. `seconds` is how long it is, 0 where nobody measured."""

    data: bytes
    format: AudioInputFormat = "wav"
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class VideoPart:
    """A film as data URL or public link without redirects. `seconds` is how long it is, 0 where nobody
    measured."""

    url: str
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class FilePart:
    """A document as data URL; Venice extracts the text, so every text model takes it. `tokens` is the most
    its text can have, 0 where nobody knows."""

    url: str
    name: str = ""
    tokens: int = 0


ContentPart = TextPart | ImagePart | AudioPart | VideoPart | FilePart


@dataclass(frozen=True, slots=True)
class ToolCall:
    """One call the model asks for. `arguments` is JSON text as the model wrote it: untrusted."""

    id: str
    name: str
    arguments: str


@dataclass(frozen=True, slots=True)
class ChatMessage:
    """One message of the conversation.

    `tool_call_id` belongs to role "tool". The reasoning fields and the signature must go back to the
    model unchanged inside a tool loop.
    """

    role: Role
    content: str | tuple[ContentPart, ...]
    tool_calls: tuple[ToolCall, ...] = ()
    tool_call_id: str = ""
    reasoning_content: str = ""
    reasoning_details: tuple[Mapping[str, object], ...] = ()
    thought_signature: str = ""


@dataclass(frozen=True, slots=True)
class Tool:
    """A function the model may ask for; `parameters` is a JSON schema."""

    name: str
    description: str
    parameters: Mapping[str, object]
    strict: bool = False


@dataclass(frozen=True, slots=True)
class ResponseSchema:
    """Ask for JSON of this shape; every property must be required and closed."""

    name: str
    schema: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class ChatRequest:
    """One turn of chat.

    `max_completion_tokens` caps visible and reasoning tokens together. `user` is a keyed hash of the
    person, never a name. `cache_key` is one per conversation. Temperature 0..2, top_p 0..1.
    """

    messages: tuple[ChatMessage, ...]
    max_completion_tokens: int = 2_000
    temperature: float | None = None
    top_p: float | None = None
    seed: int | None = None
    stop: tuple[str, ...] = ()
    reasoning: Reasoning = "off"
    tools: tuple[Tool, ...] = ()
    tool_choice: Literal["auto", "none", "required"] | None = None
    response_schema: ResponseSchema | None = None
    cache_key: str = ""
    user: str = ""
    web_search: WebSearch = "off"
    web_citations: bool = True
    web_scraping: bool = False
    character_slug: str = ""
    include_venice_system_prompt: bool = False


@dataclass(frozen=True, slots=True)
class Source:
    """A page the answer leans on. All fields are untrusted text; `date` and `content` are often empty."""

    title: str
    url: str
    content: str = ""
    date: str = ""


@dataclass(frozen=True, slots=True)
class TextDelta:
    """Visible text."""

    text: str


@dataclass(frozen=True, slots=True)
class ReasoningDelta:
    """Thinking, not part of the answer."""

    text: str


@dataclass(frozen=True, slots=True)
class ToolCallDone:
    """A tool call with complete arguments."""

    call: ToolCall


@dataclass(frozen=True, slots=True)
class Citations:
    """All sources known so far; a later one replaces an earlier one. Markers count from 1."""

    sources: tuple[Source, ...]


@dataclass(frozen=True, slots=True)
class UsageReport:
    """Tokens as Venice counted them. `cached` and `cache_written` are inside `prompt`, `reasoning` inside
    `completion`. `cost_micro_usd` is Venice's own figure (USD and DIEM together), None when absent."""

    prompt: int
    completion: int
    total: int
    cached: int = 0
    cache_written: int = 0
    reasoning: int = 0
    cost_micro_usd: int | None = None


@dataclass(frozen=True, slots=True)
class Notices:
    """What answer headers said besides the answer. Seconds are from now; balances describe the state
    before this request."""

    request_id: str | None = None
    model_id: str | None = None
    limit_requests: int | None = None
    remaining_requests: int | None = None
    reset_requests_in: float | None = None
    limit_tokens: int | None = None
    remaining_tokens: int | None = None
    reset_tokens_in: float | None = None
    error_budget_left: int | None = None
    retry_after: float | None = None
    balance_usd: str | None = None
    balance_diem: str | None = None
    deprecation: str | None = None
    deprecation_date: str | None = None
    replacement: str | None = None
    blurred: bool = False
    content_violation: bool = False
    enhanced_prompt: str | None = None
    next_cursor: str | None = None


@dataclass(frozen=True, slots=True)
class Finished:
    """The last event of a complete answer. `model` is the one that really ran; `request_id` is the chat
    id, which the billing ledger uses too; `message` goes back unchanged in a tool loop."""

    reason: FinishReason
    model: str
    request_id: str | None
    message: ChatMessage
    notices: Notices = Notices()


ChatEvent = TextDelta | ReasoningDelta | ToolCallDone | Citations | UsageReport | Finished


@dataclass(frozen=True, slots=True)
class ChatResult:
    """A whole answer at once."""

    text: str
    reasoning: str
    tool_calls: tuple[ToolCall, ...]
    sources: tuple[Source, ...]
    usage: UsageReport | None
    finished: Finished
