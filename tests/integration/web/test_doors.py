"""Who comes in: the loopback rule, sign-in, cross-site requests, and the headers of every answer."""

from __future__ import annotations

import asyncio
import stat
from pathlib import Path

import httpx
import pytest

from adapters.web.gate import is_loopback
from bot.errors import OperatorError
from tests.integration.web.conftest import Starter, Tab, Web, browse

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; "
    "media-src 'self' blob:; connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)
CODE = "a-code-for-this-test"


@pytest.mark.parametrize("host", ["localhost", "localhost:1234", "127.0.0.1:8080", "[::1]:8080", "LOCALHOST"])
async def test_this_machine_comes_in(web: Web, host: str) -> None:
    async with browse(web) as tab:
        page = await tab.client.get("/", headers={"host": host})
    assert page.status_code == 200
    assert "Where shall we row today?" in page.text


@pytest.mark.parametrize(
    "headers",
    [
        {"host": "gondola.example.com"},
        {"host": "localhost.evil.example"},
        {"host": "127.0.0.1.nip.io:8080"},
        {"host": "192.168.1.5"},
        {"forwarded": "for=127.0.0.1"},
        {"x-forwarded-for": "127.0.0.1"},
        {"x-forwarded-anything": "x"},
        {"via": "1.1 proxy"},
    ],
)
async def test_a_proxy_or_another_name_does_not(web: Web, headers: dict[str, str]) -> None:
    async with browse(web) as tab:
        page = await tab.client.get("/", headers=headers)
        assert page.status_code == 403
        assert "This page is private" in page.text
        await tab.open()
        refused = await tab.client.post(
            "/messages", data={"text": "hi"}, headers={**tab.post_headers, **headers}
        )
    assert refused.status_code == 403
    assert "sign-in link" in refused.json()["error"]
    assert web.front.events == []


async def test_an_old_proxy_that_forwards_nothing_is_not_this_machine(web: Web) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", web.adapter.port)
    writer.write(b"GET / HTTP/1.0\r\nHost: 127.0.0.1\r\n\r\n")
    status = await reader.readline()
    writer.close()
    await writer.wait_closed()
    assert b"403" in status


async def test_every_address_but_loopback_needs_the_sign_in(start_web: Starter) -> None:
    async with start_web(host="0.0.0.0", sign_in_code=CODE) as web, browse(web) as tab:
        assert (await tab.open()).status_code == 403
        assert (await tab.client.get("/events")).status_code == 403
        assert (await tab.client.get("/complete")).status_code == 403
        assert (await tab.client.get("/media/x")).status_code == 403
        assert web.adapter.url == f"{web.base}/sign-in?code={CODE}"


async def test_signing_in_works_once(start_web: Starter) -> None:
    async with start_web(host="0.0.0.0", sign_in_code=CODE) as web, browse(web) as tab, browse(web) as late:
        page = await tab.open(f"/sign-in?code={CODE}")
        assert page.status_code == 200
        assert (await tab.client.get("/")).status_code == 403, "looking at the link signs nobody in"
        done = await tab.post("/sign-in", code=CODE)
        assert done.status_code == 200
        cookie = done.headers["set-cookie"].lower()
        assert "httponly" in cookie
        assert "samesite=strict" in cookie
        assert "secure" not in cookie
        assert (await tab.open()).status_code == 200
        assert (await tab.say("hello")).status_code == 202
        assert web.front.events[0].trusted

        await late.open(f"/sign-in?code={CODE}")
        again = await late.post("/sign-in", code=CODE)
        assert again.status_code == 403
        assert "used already" in again.json()["error"]


async def test_a_restart_signs_nobody_out(start_web: Starter, tmp_path: Path) -> None:
    async with start_web(host="0.0.0.0", sign_in_code=CODE) as web, browse(web) as tab:
        await tab.open("/sign-in")
        await tab.post("/sign-in", code=CODE)
        cookies = dict(tab.client.cookies)
    file = tmp_path / "web-sessions.json"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert cookies["gondola_session"] not in file.read_text()
    async with start_web(host="0.0.0.0") as web, browse(web) as tab:
        tab.client.cookies.update(cookies)
        assert (await tab.open()).status_code == 200
        assert (await tab.client.get("/sign-in")).status_code == 303


async def test_guessing_the_code_is_slowed_down(start_web: Starter) -> None:
    now = [1_000_000.0]
    async with start_web(host="0.0.0.0", sign_in_code=CODE, clock=lambda: now[0]) as web, browse(web) as tab:
        await tab.open("/sign-in")
        wrong = [await tab.post("/sign-in", code=f"guess-{number}") for number in range(5)]
        assert {answer.status_code for answer in wrong} == {403}
        blocked = await tab.post("/sign-in", code=CODE)
        assert blocked.status_code == 429
        assert "Wait a minute" in blocked.json()["error"]
        now[0] += 61
        assert (await tab.post("/sign-in", code=CODE)).status_code == 200


async def test_a_session_runs_out(start_web: Starter) -> None:
    now = [1_000_000.0]
    async with start_web(host="0.0.0.0", sign_in_code=CODE, clock=lambda: now[0]) as web, browse(web) as tab:
        await tab.open("/sign-in")
        await tab.post("/sign-in", code=CODE)
        assert (await tab.open()).status_code == 200
        now[0] += 91 * 86_400
        assert (await tab.open()).status_code == 403


async def test_behind_an_https_proxy_cookies_are_secure(start_web: Starter) -> None:
    address = "https://gondola.example.com"
    async with start_web(public_url=f"{address}/", sign_in_code=CODE) as web, browse(web) as tab:
        assert web.adapter.url == f"{address}/sign-in?code={CODE}"
        headers = {"host": "gondola.example.com", "x-forwarded-for": "203.0.113.9"}
        page = await tab.client.get("/sign-in", headers=headers)
        assert "secure" in page.headers["set-cookie"].lower()
        visitor = page.headers["set-cookie"].partition("=")[2].partition(";")[0]
        token = page.text.split('gondola-token" content="')[1].partition('"')[0]
        done = await tab.client.post(
            "/sign-in",
            data={"code": CODE},
            headers={
                **headers,
                "cookie": f"gondola_visitor={visitor}",
                "origin": address,
                "x-gondola-token": token,
            },
        )
        assert done.status_code == 200
        assert "secure" in done.headers["set-cookie"].lower()


@pytest.mark.parametrize(
    "change",
    [
        {"origin": "https://evil.example"},
        {"origin": "null"},
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
        {"x-gondola-token": ""},
        {"x-gondola-token": "0" * 64},
        {"x-gondola-token": "é"},
    ],
)
@pytest.mark.parametrize("path", ["/messages", "/press"])
async def test_another_site_cannot_post(tab: Tab, web: Web, path: str, change: dict[str, str]) -> None:
    headers = httpx.Headers({**tab.post_headers, **change}, encoding="utf-8")
    answer = await tab.client.post(path, data={"text": "hi", "button_id": "x"}, headers=headers)
    assert answer.status_code == 403
    assert "Reload" in answer.json()["error"]
    assert web.front.events == []


async def test_a_post_needs_an_origin_and_a_visitor(tab: Tab, web: Web) -> None:
    bare = await tab.client.post("/messages", data={"text": "x"}, headers={"x-gondola-token": tab.token})
    assert bare.status_code == 403
    tab.client.cookies.clear()
    assert (await tab.say("x")).status_code == 403
    assert web.front.events == []


async def test_another_site_cannot_make_us_work(tab: Tab) -> None:
    for path in ("/events", "/complete?command=model&option=name&typed=", "/media/x"):
        answer = await tab.client.get(path, headers={"sec-fetch-site": "cross-site"})
        assert answer.status_code == 403


@pytest.mark.parametrize(
    ("path", "status"),
    [("/", 200), ("/nowhere", 404), ("/static/main.js", 200), ("/media/x", 404), ("/sign-in", 303)],
)
async def test_every_answer_has_the_safe_headers(tab: Tab, path: str, status: int) -> None:
    answer = await tab.client.get(path)
    assert answer.status_code == status
    assert answer.headers["content-security-policy"] == POLICY
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert "server" not in answer.headers


async def test_the_page_names_no_other_place(tab: Tab) -> None:
    page = (await tab.client.get("/")).text
    assert "http://" not in page
    assert "https://" not in page
    assert "style=" not in page
    assert "onclick" not in page


async def test_health_is_open_and_readiness_is_told(start_web: Starter) -> None:
    async with start_web(host="0.0.0.0") as web, httpx.AsyncClient(base_url=web.base) as client:
        health = await client.get("/healthz", headers={"host": "anything.example"})
        assert (health.status_code, health.text) == (200, "ok")
        assert (await client.get("/readyz")).json() == {"database": True}
        web.readiness["database"] = False
        assert (await client.get("/readyz")).status_code == 503


async def test_a_taken_port_says_what_to_do(web: Web, start_web: Starter) -> None:
    with pytest.raises(OperatorError) as caught:
        async with start_web(port=web.adapter.port):
            pass
    assert "set GONDOLA_HTTP" in caught.value.reader_text
    assert f"127.0.0.1:{web.adapter.port}" in caught.value.reader_text


async def test_an_unknown_host_says_what_to_do(start_web: Starter) -> None:
    with pytest.raises(OperatorError) as caught:
        async with start_web(host="no such host"):
            pass
    assert "GONDOLA_HTTP" in caught.value.reader_text


async def test_ipv6_loopback_is_this_machine_too(start_web: Starter) -> None:
    async with start_web(host="::1") as web:
        assert web.adapter.url == f"http://[::1]:{web.adapter.port}/"
        async with httpx.AsyncClient() as client:
            assert (await client.get(web.adapter.url)).status_code == 200


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("127.0.0.1", True),
        ("127.8.8.8", True),
        ("::1", True),
        ("::ffff:127.0.0.1", True),
        ("::ffff:10.0.0.1", False),
        ("0.0.0.0", False),
        ("::", False),
        ("192.168.0.1", False),
        ("localhost", False),
        ("", False),
    ],
)
def test_loopback_addresses(address: str, expected: bool) -> None:
    assert is_loopback(address) is expected
