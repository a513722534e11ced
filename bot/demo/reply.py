"""One whole chat reply, before it is written to the wire."""

from __future__ import annotations

from dataclasses import dataclass

from bot.demo.jsonvalue import Json, JsonObject
from bot.demo.search import Source


@dataclass(frozen=True, slots=True)
class ToolCall:
    """One call of a function; `arguments` is JSON text."""

    id: str
    name: str
    arguments: str

    def as_json(self) -> dict[str, Json]:
        function: dict[str, Json] = {"name": self.name, "arguments": self.arguments}
        return {"id": self.id, "type": "function", "function": function}


@dataclass(frozen=True, slots=True)
class Bill:
    """Usage and cost as reported; `charged` is the true cost in US dollars."""

    usage: JsonObject
    cost: JsonObject
    charged: float


@dataclass(frozen=True, slots=True)
class Reply:
    """`bill` is None when the answer tells neither usage nor cost."""

    id: str
    created: int
    model: str
    reasoning: str
    content: str
    tool_calls: tuple[ToolCall, ...]
    finish: str
    venice: JsonObject
    sources: tuple[Source, ...]
    choices: int
    bill: Bill | None
