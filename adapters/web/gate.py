"""Who may come in: the loopback rule, the visitor's cookie, and the check that a POST is our own page's.

The cookie is a secret; the visitor's public id and the page token are derived from it, so nothing that is
stored or logged opens a conversation, and open pages keep working after a restart.
"""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
import re
import secrets
from dataclasses import dataclass
from urllib.parse import urlsplit

from starlette.requests import HTTPConnection
from starlette.responses import Response

from adapters.web.sessions import Sessions

VISITOR_COOKIE = "gondola_visitor"
SESSION_COOKIE = "gondola_session"
TOKEN_HEADER = "x-gondola-token"  # noqa: S105 - the name of a header
YEAR = 365 * 86_400

_SECRET = re.compile(r"[A-Za-z0-9_-]{32}")
_LOCAL_HOST = re.compile(r"(?:localhost|127\.0\.0\.1|\[::1\])(?::\d{1,5})?", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Visitor:
    """Somebody with a browser. `secret` is the cookie's value, `fresh` says it must still be set."""

    secret: str
    fresh: bool = False

    @property
    def id(self) -> str:
        """The public id, also the channel of the conversation."""
        return hashlib.sha256(f"visitor:{self.secret}".encode()).hexdigest()[:24]

    @property
    def token(self) -> str:
        """What a POST of this visitor's page must carry."""
        return hashlib.sha256(f"token:{self.secret}".encode()).hexdigest()


def is_loopback(address: str) -> bool:
    """True for an IP address of this machine; a name is none."""
    try:
        found = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    mapped = found.ipv4_mapped if isinstance(found, ipaddress.IPv6Address) else None
    return (mapped or found).is_loopback


def has_token(request: HTTPConnection, token: str) -> bool:
    """Whether the request carries the bearer token; never where there is none."""
    scheme, _, given = request.headers.get("authorization", "").partition(" ")
    same = hmac.compare_digest(given.strip().encode("utf-8", "replace"), token.encode("utf-8", "replace"))
    return bool(token) and scheme.lower() == "bearer" and same


class Gate:
    """`bound_to_loopback` says whether only this machine can reach the socket."""

    def __init__(self, sessions: Sessions, public_url: str) -> None:
        self._sessions = sessions
        self._public = urlsplit(public_url)
        self.bound_to_loopback = False

    def visitor(self, request: HTTPConnection) -> Visitor:
        """Who the cookie says it is, else somebody new."""
        secret = request.cookies.get(VISITOR_COOKIE, "")
        if _SECRET.fullmatch(secret):
            return Visitor(secret)
        return Visitor(secrets.token_urlsafe(24), fresh=True)

    def trusted(self, request: HTTPConnection) -> bool:
        """Whether this request comes from an owner: from this very machine, or signed in."""
        return self.local(request) or self._sessions.valid(request.cookies.get(SESSION_COOKIE, ""))

    def local(self, request: HTTPConnection) -> bool:
        """The loopback rule. HTTP/1.0 and Via are a proxy's too: no browser sends them."""
        names = request.headers.keys()
        forwarded = any(name in ("forwarded", "via") or name.startswith("x-forwarded-") for name in names)
        return (
            self.bound_to_loopback
            and request.client is not None
            and is_loopback(request.client.host)
            and len(request.headers.getlist("host")) == 1
            and _LOCAL_HOST.fullmatch(request.headers["host"]) is not None
            and request.scope.get("http_version") != "1.0"
            and not forwarded
        )

    def own_page(self, request: HTTPConnection, visitor: Visitor) -> bool:
        """Whether a POST was made by a page of ours: same origin, and the token only that page knows."""
        given = request.headers.get(TOKEN_HEADER, "")
        return (
            not visitor.fresh
            and self._same_origin(request)
            and hmac.compare_digest(given.encode(), visitor.token.encode())
        )

    def own_form(self, request: HTTPConnection, token: str, given: str) -> bool:
        """The same for a form that the browser sent by itself: its token is a field, and where pages send no
        referrer it calls its origin null, so that the browser's word on the site has to do."""
        origin, site = request.headers.get("origin"), request.headers.get("sec-fetch-site")
        ours = site == "same-origin" if origin == "null" else self._same_origin(request)
        return ours and hmac.compare_digest(given.encode(), token.encode())

    def foreign(self, request: HTTPConnection) -> bool:
        """Whether another site asked for data (it could not read it, but need not make us work)."""
        return request.headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none")

    def _same_origin(self, request: HTTPConnection) -> bool:
        origin = request.headers.get("origin")
        site = request.headers.get("sec-fetch-site")
        if origin is None and site is None:
            return False
        if site is not None and site != "same-origin":
            return False
        return origin is None or _host_of(origin) in self._own_hosts(request)

    def _own_hosts(self, request: HTTPConnection) -> set[str]:
        hosts = {request.headers.get("host", ""), self._public.netloc}
        return {host.lower() for host in hosts if host}

    def secure(self, request: HTTPConnection) -> bool:
        """Whether the browser reached us by https, itself or through the operator's proxy."""
        through_proxy = (
            self._public.scheme == "https"
            and self._public.netloc.lower() == request.headers.get("host", "").lower()
        )
        return request.url.scheme == "https" or through_proxy

    def remember(self, request: HTTPConnection, response: Response, visitor: Visitor) -> None:
        """Set (or prolong) the visitor's cookie. Lax: a link from elsewhere must not start a new visitor."""
        response.set_cookie(
            VISITOR_COOKIE,
            visitor.secret,
            max_age=YEAR,
            httponly=True,
            samesite="lax",
            secure=self.secure(request),
        )


def _host_of(origin: str) -> str:
    """Host and port of an origin, as `Host` names them; "" for what is none."""
    try:
        return urlsplit(origin).netloc.lower()
    except ValueError:
        return ""
