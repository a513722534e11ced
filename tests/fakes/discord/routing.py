"""The table of REST operations: method and route template to handler."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar, cast

from tests.fakes.discord.core import Core, UploadedFile
from tests.fakes.discord.errors import ApiError, invalid
from tests.fakes.discord.state import JsonObject


@dataclass(frozen=True, slots=True)
class Request:
    """`body` is the parsed JSON (payload_json for multipart), `files` the files[n] parts in order."""

    path: dict[str, str]
    query: dict[str, str]
    body: object = None
    files: list[UploadedFile] = field(default_factory=list[UploadedFile])

    @property
    def json(self) -> JsonObject:
        body: object = self.body
        if not isinstance(body, dict):
            raise ApiError(400, 50109, "The request body contains invalid JSON.")
        return cast("JsonObject", body)

    @property
    def objects(self) -> list[JsonObject]:
        """The body where it is a list of objects."""
        body: object = self.body
        if not isinstance(body, list):
            raise ApiError(400, 50109, "The request body contains invalid JSON.")
        return cast("list[JsonObject]", body)

    def snowflake(self, name: str) -> int:
        """A path id. Raises 50035 where it is not a number."""
        if not self.path[name].isdigit():
            raise invalid(name, "NUMBER_TYPE_COERCE", f'Value "{self.path[name]}" is not snowflake.')
        return int(self.path[name])


@dataclass(frozen=True, slots=True)
class Reply:
    status: int
    json: object = None


Handler = Callable[[Core, Request], Reply]
H = TypeVar("H", bound=Handler)


@dataclass(frozen=True, slots=True)
class Operation:
    method: str
    template: str
    name: str
    handler: Handler
    public: bool
    pattern: re.Pattern[str]


@dataclass(slots=True)
class Routes:
    """One module's operations. `public` ones carry their token in the path and need no Authorization."""

    operations: list[Operation] = field(default_factory=list[Operation])

    def add(self, method: str, template: str, name: str, *, public: bool = False) -> Callable[[H], H]:
        pattern = re.compile(re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", template) + "$")

        def register(handler: H) -> H:
            self.operations.append(Operation(method, template, name, handler, public, pattern))
            return handler

        return register


def find(operations: list[Operation], method: str, path: str) -> tuple[Operation, dict[str, str]] | None:
    """The first operation that matches; fixed segments are registered before the ones they shadow."""
    for operation in operations:
        if operation.method == method and (match := operation.pattern.match(path)):
            return operation, match.groupdict()
    return None
