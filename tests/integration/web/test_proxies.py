"""Tries to sign in are counted by the visitor's address, also behind a reverse proxy; nobody forges one."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from starlette.requests import Request

from adapters.web.peers import Peers
from adapters.web.tries import TRIES
from tests.integration.web.conftest import Starter, Tab, Web, browse
from tests.integration.web.desk import NOW, PracticeDesk
from tests.integration.web.test_dashboard_doors import own, token_of

PROXIES = ("10.0.0.0/8", "127.0.0.1", "fd00::/8")


def request(peer: str, *headers: str) -> Request:
    raw = [(b"x-forwarded-for", one.encode("latin-1")) for one in headers]
    return Request({"type": "http", "client": (peer, 5) if peer else None, "headers": raw})


@pytest.mark.parametrize(
    ("peer", "headers", "visitor"),
    [
        ("203.0.113.9", [], "203.0.113.9"),
        ("203.0.113.9", ["198.51.100.1"], "203.0.113.9"),  # not from a proxy of ours: a visitor's own words
        ("10.0.0.5", ["198.51.100.1"], "198.51.100.1"),
        ("10.0.0.5", ["6.6.6.6, 198.51.100.1"], "198.51.100.1"),  # what a visitor wrote stands before
        ("10.0.0.5", ["6.6.6.6", "198.51.100.1"], "198.51.100.1"),
        ("10.0.0.5", ["6.6.6.6, 198.51.100.1, 10.0.0.7"], "198.51.100.1"),
        ("10.0.0.5", ["10.0.0.9, 198.51.100.1"], "198.51.100.1"),
        ("10.0.0.5", ["10.0.0.7, 10.0.0.8"], "10.0.0.7"),
        ("10.0.0.5", [], "10.0.0.5"),
        ("10.0.0.5", ["198.51.100.1, unknown"], "10.0.0.5"),
        ("10.0.0.5", [""], "10.0.0.5"),
        ("10.0.0.5", ["198.51.100.1:4711"], "198.51.100.1"),
        ("10.0.0.5", ["[2001:db8:1:2:3::4]:4711"], "2001:db8:1:2::/64"),
        ("::ffff:10.0.0.5", ["::ffff:198.51.100.1"], "198.51.100.1"),
        ("fd00::1", ["2001:db8:1:2::9"], "2001:db8:1:2::/64"),
        ("2001:db8:1:2:aaaa::1", [], "2001:db8:1:2::/64"),
        ("", ["198.51.100.1"], ""),
    ],
)
def test_whom_a_request_is_from(peer: str, headers: Sequence[str], visitor: str) -> None:
    assert Peers(PROXIES).of(request(peer, *headers)) == visitor


def test_without_a_proxy_no_header_counts() -> None:
    assert Peers().of(request("127.0.0.1", "198.51.100.1")) == "127.0.0.1"


async def attempt(tab: Tab, web: Web, address: str) -> int:
    """A wrong token, as a proxy on this machine hands it on; the status."""
    headers = {**own(web), "x-forwarded-for": address}
    page = await tab.client.get("/dashboard/sign-in", headers={"x-forwarded-for": address})
    form = {"csrf": token_of(page), "token": "wrong"}
    return (await tab.client.post("/dashboard/sign-in", data=form, headers=headers)).status_code


@pytest.mark.parametrize("trusted", [True, False])
async def test_visitors_behind_a_proxy_do_not_share_their_tries(start_web: Starter, trusted: bool) -> None:
    proxies = ("127.0.0.1",) if trusted else ()
    async with (
        start_web(host="0.0.0.0", clock=lambda: NOW, desk=PracticeDesk(), trusted_proxies=proxies) as web,
        browse(web) as tab,
    ):
        for _ in range(TRIES):
            assert await attempt(tab, web, "198.51.100.1") == 403
        assert await attempt(tab, web, "198.51.100.1") == 429
        assert await attempt(tab, web, "6.6.6.6, 198.51.100.1") == 429, "a visitor's own words change nothing"
        assert await attempt(tab, web, "198.51.100.2") == (403 if trusted else 429)


async def test_a_trusted_proxy_makes_nobody_an_owner(start_web: Starter) -> None:
    async with start_web(desk=PracticeDesk(), trusted_proxies=("127.0.0.1",)) as web, browse(web) as tab:
        assert (await tab.client.get("/dashboard")).status_code == 200
        for address in ("127.0.0.1", "198.51.100.1"):
            refused = await tab.client.get("/dashboard", headers={"x-forwarded-for": address})
            assert refused.status_code == 401
