"""GET /media/ID: a stored file, whole or a part of it, opened piece by piece as it is sent."""

from __future__ import annotations

import re
from collections.abc import Generator, Mapping
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from adapters.web.folder import StoredMedia
from bot.sealedfiles import SealedFile

MEDIA_POLICY = "default-src 'none'; sandbox"
"""What a file that is opened by itself may do: nothing."""
_RANGE = re.compile(r"bytes=(\d*)-(\d*)")


class Unsatisfiable(Exception):
    """The part that is asked for lies beyond the end."""


def media_answer(request: Request, stored: StoredMedia, opened: SealedFile) -> Response:
    """The answer to a request for a file that its visitor may have."""
    tag = f'"{stored.id}"'
    headers = {
        "content-security-policy": MEDIA_POLICY,
        # Asked for anew each time: what is forgotten here is not shown out of the browser's own store.
        "cache-control": "private, no-store" if stored.fleeting else "private, no-cache",
        "accept-ranges": "bytes",
        "etag": tag,
        "content-disposition": _disposition(stored),
    }
    if request.headers.get("if-none-match") == tag:
        return Response(status_code=304, headers=headers)
    media_type = stored.mime if stored.inline else "application/octet-stream"
    try:
        part = wanted(request.headers, tag, opened.size)
    except Unsatisfiable:
        return Response(status_code=416, headers={**headers, "content-range": f"bytes */{opened.size}"})
    first, end = part or (0, opened.size)
    if part is not None:
        headers["content-range"] = f"bytes {first}-{end - 1}/{opened.size}"
    headers["content-length"] = str(end - first)
    pieces = _nothing() if request.method == "HEAD" else opened.read(first, end)
    return StreamingResponse(pieces, 206 if part is not None else 200, headers, media_type)


def wanted(headers: Mapping[str, str], tag: str, size: int) -> tuple[int, int] | None:
    """The part of so many bytes that is asked for: its first byte and the one after its last; None for all
    of it, also where several parts are asked for. Raises Unsatisfiable."""
    found = _RANGE.fullmatch(headers.get("range", "").replace(" ", ""))
    if found is None or not (found[1] or found[2]) or headers.get("if-range", tag) != tag:
        return None
    if not found[1]:  # the last so many
        length = int(found[2])
        if not length or not size:
            raise Unsatisfiable
        return max(0, size - length), size
    first, end = int(found[1]), int(found[2]) + 1 if found[2] else size
    if end <= first and found[2]:
        return None  # no range at all: it is to be ignored
    if first >= size:
        raise Unsatisfiable
    return first, min(end, size)


def _disposition(stored: StoredMedia) -> str:
    kind = "inline" if stored.inline else "attachment"
    named = quote(stored.name)
    if named == stored.name:
        return f'{kind}; filename="{named}"'
    return f"{kind}; filename*=utf-8''{named}"


def _nothing() -> Generator[bytes]:
    yield from ()
