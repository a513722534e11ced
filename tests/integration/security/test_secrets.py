"""Tokens and keys are in no log line, no error, no message and no file."""

from __future__ import annotations

from collections.abc import Callable

import httpx

from bot.demo import Fault
from tests.integration.security.conftest import ADMIN_KEY, SECRET_KEY, VENICE_KEY, WAIT, Town

BROUGHT = "VENICE_INFERENCE_KEY_brought-by-a-server-0123456789abcdef"


def secrets_of(town: Town) -> list[str]:
    return [town.dc.token, town.tg.token, VENICE_KEY, ADMIN_KEY, SECRET_KEY, BROUGHT]


async def test_faults_of_every_side_tell_no_secret(written: Callable[[], str], town: Town) -> None:
    dc, tg, venice = town.dc, town.tg, town.venice
    person = tg.user("Tom")
    chat = tg.private(person)
    for code in (400, 401, 402, 403, 404, 500):
        message = f"key {VENICE_KEY} is not good"
        venice.faults.next("/chat/completions", Fault.status(code, message=message))
        tg.say(chat, person, f"What is the capital of France? {code}")
        await town.settled()
    dc.drop_gateway(resumable=False)
    await dc.ready()
    venice.faults.clear()
    tg.say(chat, person, f"My key is {BROUGHT}, what is the capital of Italy?")
    await tg.wait_for(lambda: any("Rome" in m.text for m in tg.replies(chat)), timeout=WAIT)
    own = dc.slash(town.square, town.ann, "key", {"action": "own", "key": BROUGHT})
    await town.until(lambda: bool(own.text))
    await town.settled()
    logged = written()
    told = dc.transcript(town.square) + own.text + " ".join(m.text for m in tg.replies(chat))
    stored = town.files()
    for secret in secrets_of(town):
        assert secret not in logged
        assert secret not in told
        assert secret.encode() not in stored
    assert BROUGHT not in str([request.json for request in venice.requests])


async def test_the_health_and_number_pages_tell_none(town: Town) -> None:
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{town.house.web.port}") as browser:
        for path in ("/healthz", "/readyz", "/metrics", "/nowhere", "/"):
            answer = await browser.get(path)
            told = answer.text + str(answer.headers)
            assert not any(secret in told for secret in secrets_of(town))
