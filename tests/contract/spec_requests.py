"""Checks recorded requests against Venice's specification."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from functools import cache

from openapi_core import OpenAPI
from openapi_core.datatypes import RequestParameters
from werkzeug.datastructures import Headers, ImmutableMultiDict

from bot.venice import Catalogue, Medium, Model, VeniceClient
from bot.venice.models import read_models
from tests.contract.deviations import REQUEST_DEVIATIONS, Deviation
from tests.specs import load_venice_models, load_venice_openapi, load_venice_traits
from tests.unit.venice.wire import CannedServer, Reply, Seen, canned

PREFIX = "/api/v1"
HOST = "https://api.venice.ai"
TEMPLATES = (
    (r"/characters/[^/]+/reviews", "/characters/{slug}/reviews"),
    (r"/characters/[^/]+", "/characters/{slug}"),
    (r"/api_keys/(?!rate_limits)[^/]+", "/api_keys/{id}"),
)
"""Paths with a part that varies."""

Drive = Callable[[VeniceClient], Awaitable[object]]


@dataclass(slots=True)
class SpecRequest:
    """A recorded request in the shape openapi-core reads."""

    host_url: str
    path: str
    method: str
    parameters: RequestParameters
    content_type: str
    body: bytes | None


def as_spec_request(seen: Seen) -> SpecRequest:
    """The recorded request, as if it had been sent to the real host."""
    return SpecRequest(
        host_url=HOST,
        path=seen.path,
        method=seen.method.lower(),
        parameters=RequestParameters(
            query=ImmutableMultiDict(seen.query), header=Headers(dict(seen.headers))
        ),
        content_type=seen.headers.get("content-type", ""),
        body=seen.body or None,
    )


@cache
def openapi() -> OpenAPI:
    """The specification, parsed once."""
    return OpenAPI.from_dict(load_venice_openapi())  # pyright: ignore[reportArgumentType]


def complaints(seen: Seen) -> Iterator[str]:
    """What the specification has against a request."""
    for error in openapi().iter_request_errors(as_spec_request(seen)):
        cause = error.__cause__
        details = getattr(cause, "schema_errors", ())
        yield from ([f"{list(one.absolute_path)} {one.message}" for one in details] or [f"{error} {cause}"])
    yield from (f"unknown query parameter {name}" for name in strange_query(seen))


def template_of(seen: Seen) -> str:
    """The path of the specification: "/characters/{slug}" for one character."""
    path = seen.path.removeprefix(PREFIX)
    return next((known for pattern, known in TEMPLATES if re.fullmatch(pattern, path)), path)


def operation_of(seen: Seen) -> str:
    """ "POST /path", for the list of deviations."""
    return f"{seen.method} {template_of(seen)}"


def strange_query(seen: Seen) -> set[str]:
    """Query names the specification does not know; openapi-core lets them pass."""
    operation = load_venice_openapi()["paths"][template_of(seen)][seen.method.lower()]
    known = {one["name"] for one in operation.get("parameters", ()) if one["in"] == "query"}
    return {name for name, _ in seen.query} - known


def check(server: CannedServer, used: set[Deviation] | None = None) -> None:
    """Fail on any complaint no deviation excuses."""
    assert server.seen
    bad: list[str] = []
    for seen in server.seen:
        operation = operation_of(seen)
        for complaint in complaints(seen):
            excuse = next((one for one in REQUEST_DEVIATIONS if one.excuses(operation, complaint)), None)
            if excuse is None:
                bad.append(f"{operation}: {complaint}")
            elif used is not None:
                used.add(excuse)
    assert bad == []


async def record(reply: Reply, *drives: Drive) -> CannedServer:
    """Run each drive against a server that always answers `reply`."""
    async with canned(reply) as server, VeniceClient("VENICE_INFERENCE_KEY_x", server.base_url) as client:
        for drive in drives:
            await drive(client)
    return server


def models_of(medium: Medium) -> tuple[Model, ...]:
    """The offered models of the snapshot."""
    catalogue = Catalogue(read_models({"data": load_venice_models()}), {"text": load_venice_traits()})
    return catalogue.offered(medium)
