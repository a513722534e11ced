"""The parameters of one call, whatever way they were sent."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import parse_qsl

from aiohttp import BodyPartReader, web

from tests.fakes.telegram.errors import ApiError, bad_request
from tests.fakes.telegram.shapes import JsonObject, as_array, as_object, decode


@dataclass(frozen=True, slots=True)
class Upload:
    """One uploaded file."""

    file_name: str
    content_type: str
    data: bytes


@dataclass(frozen=True, slots=True)
class Params:
    """Named values (text from forms, JSON values from JSON bodies) and files of one call."""

    method: str
    values: Mapping[str, object]
    files: Mapping[str, Upload] = field(default_factory=dict[str, Upload])

    def text(self, name: str) -> str | None:
        """A string parameter; None when absent."""
        value = self.values.get(name)
        return None if value is None else str(value)

    def integer(self, name: str) -> int | None:
        """An integer parameter; None when absent. Raises 400 for anything else."""
        value = decode(self.values.get(name))
        if value is None or (isinstance(value, int) and not isinstance(value, bool)):
            return value
        raise bad_request(f"invalid {name} specified")

    def boolean(self, name: str) -> bool:
        """A flag; False when absent."""
        return str(self.values.get(name)).lower() in ("true", "yes", "1")

    def json_object(self, name: str) -> JsonObject | None:
        """A JSON object; None when absent. Raises 400 for anything else."""
        value = decode(self.values.get(name))
        if value is None:
            return None
        found = as_object(value)
        if found is None:
            raise bad_request(f"can't parse {name} JSON object")
        return found

    def json_array(self, name: str) -> list[object] | None:
        """A JSON array; None when absent. Raises 400 for anything else."""
        value = decode(self.values.get(name))
        if value is None:
            return None
        found = as_array(value)
        if found is None:
            raise bad_request(f"can't parse {name} JSON array")
        return found


async def read_params(method: str, request: web.Request, upload_limit: int) -> Params:
    """Query, urlencoded, multipart and JSON. Raises 413 when a file is larger than upload_limit bytes."""
    values: dict[str, object] = dict(request.query)
    files: dict[str, Upload] = {}
    kind = request.content_type
    if kind == "multipart/form-data":
        await _read_multipart(request, values, files, upload_limit)
    elif request.can_read_body:
        values.update(_read_text(await request.read(), kind))
    return Params(method, values, files)


def _read_text(body: bytes, kind: str) -> dict[str, object]:
    try:
        if kind == "application/json":
            decoded: object = json.loads(body)
            return as_object(decoded) or {}
        return dict(parse_qsl(body.decode(), keep_blank_values=True))
    except ValueError as error:
        raise bad_request("can't parse the request body") from error


async def _read_multipart(
    request: web.Request, values: dict[str, object], files: dict[str, Upload], upload_limit: int
) -> None:
    async for part in await request.multipart():
        if not isinstance(part, BodyPartReader) or part.name is None:
            raise bad_request("wrong multipart body")
        data = bytes(await part.read(decode=False))
        if part.filename is None:
            values[part.name] = data.decode()
            continue
        if len(data) > upload_limit:
            raise ApiError(413, "Request Entity Too Large")
        content_type = part.headers.get("Content-Type", "application/octet-stream")
        files[part.name] = Upload(part.filename, content_type, data)
