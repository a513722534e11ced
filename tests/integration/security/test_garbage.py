"""What no client of ours would send: nothing breaks, nothing opens, and people are answered afterwards."""

from __future__ import annotations

import random
from collections.abc import Awaitable, Callable

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from telegram import User

from adapters.telegram.inbound import Inbound
from adapters.telegram.request import Connection
from adapters.telegram.taking import Taker
from tests.fakes.discord.state import JsonObject
from tests.integration.security.conftest import WAIT, Town

ME = User(1, "bot", is_bot=True, username="fuzz_bot")
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)
KINDS = (
    "message",
    "edited_message",
    "callback_query",
    "my_chat_member",
    "chat_member",
    "inline_query",
    "poll",
)
FIELDS = (
    "message_id",
    "date",
    "chat",
    "from",
    "text",
    "entities",
    "data",
    "id",
    "message",
    "reply_to_message",
)
UPDATES = st.fixed_dictionaries(
    {"update_id": JSON},
    optional={
        kind: st.dictionaries(st.sampled_from(FIELDS) | st.text(max_size=8), JSON, max_size=6)
        for kind in KINDS
    },
)
NASTY = (
    *(
        "",
        " ",
        "\x00",
        "\ud800".encode("utf-8", "surrogatepass").decode("utf-8", "replace"),
        "\u202e\u2066",
        "𝕏" * 300,
    ),
    *("' OR '1'='1", "%", "_", "\\", "{}", "[]", "null", "-1", "9" * 400, "1e999", "NaN", "<script>", "&lt;"),
    *(
        "../../etc/passwd",
        "%2e%2e%2f",
        "bot",
        "server:",
        "server:discord:",
        "channel:x",
        "user:*",
        "role:",
        "::::",
    ),
    *("\r\nSet-Cookie: a=b", "a" * 5000, "é" * 500),
)
PAGE_POSTS = (
    *("/messages", "/press", "/sign-in", "/dashboard/sign-in", "/dashboard/place", "/dashboard/caps"),
    *("/dashboard/rule", "/dashboard/people", "/hooks/telegram", "/hooks/x"),
)
PAGE_LOOKS = (
    "place",
    "places",
    "people",
    "ledger",
    "ledger.csv",
    "jobs",
    "characters",
    "errors",
    "audit",
    "caps",
)
FORM_FIELDS = (
    *(
        "csrf",
        "text",
        "id",
        "scope",
        "name",
        "value",
        "token",
        "code",
        "medium",
        "unit",
        "period",
        "amount",
        "person",
    ),
    *(
        "allowed",
        "subject",
        "reference",
        "note",
        "button",
        "message",
        "everywhere",
        "clear",
        "cursor",
        "server",
    ),
)


ORIGINS = (
    "null",
    "",
    "http://[",
    "https://evil.test",
    "http://127.0.0.1",
    "file://",
    "http://127.0.0.1:99999",
    "\xff",
)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(update=UPDATES)
def test_no_update_of_telegram_breaks_its_reader(update: JsonObject) -> None:
    connection = Connection("1:fuzz", "http://127.0.0.1:9")
    taker = Taker(connection, None, Inbound(ME, ()))  # pyright: ignore[reportArgumentType]
    taker._spawn = lambda work: work.close()  # pyright: ignore[reportPrivateUsage, reportAttributeAccessIssue]
    taker._read(update)  # pyright: ignore[reportPrivateUsage]


async def test_garbage_from_telegram(town: Town) -> None:
    tg, dice = town.tg, random.Random(4711)
    tom = tg.user("Tom")
    chat = tg.private(tom)
    tg.say(chat, tom, "What is the capital of Italy?")
    await tg.wait_for(lambda: any(one.buttons for one in tg.replies(chat)), timeout=WAIT)
    await town.settled()
    asked, answer = len(town.venice.requests), tg.replies(chat)[-1]
    known = next(button.data for button in answer.buttons if button.data)
    for _ in range(15):
        data = dice.choice(NASTY) or "x"
        mixed = known[: dice.randrange(len(known))] + data + known[dice.randrange(len(known)) :]
        tg.press_data(answer, dice.choice((data, mixed)).encode()[:64].decode("utf-8", "ignore") or "x", tom)
    for kind in KINDS:
        tg.push({kind: {dice.choice(FIELDS): dice.choice(NASTY) for _ in range(4)}})
    await town.settled()
    chats = [one for one in town.venice.requests[asked:] if one.path == "/chat/completions"]
    assert chats == []
    ann = tg.user("Ann")
    other = tg.private(ann)
    tg.say(other, ann, "What is the capital of France?")
    await tg.wait_for(lambda: any("Paris" in one.text for one in tg.replies(other)), timeout=30)


async def test_garbage_from_discord(town: Town) -> None:
    dc, dice = town.dc, random.Random(4711)
    eve = dc.user("Eve")
    dc.member(town.ours, eve)
    dc.say(town.square, eve, "What is the capital of Italy?", mention_bot=True)
    await town.until(lambda: any(one.components for one in dc.answers(town.square)))
    await town.settled()
    asked, shown = len(town.venice.requests), dc.answers(town.square)[0]
    forms: list[tuple[int, JsonObject]] = []
    for _ in range(12):
        words = dice.choice(NASTY)[:100]
        forms += [
            (3, {"custom_id": words, "component_type": dice.choice((2, 3, 9, "x", None))}),
            (5, {"custom_id": words, "components": dice.choice(([], None, [{"components": 4}]))}),
            (
                2,
                {
                    "id": "1",
                    "name": words,
                    "type": dice.choice((1, 2, 3, 9)),
                    "options": dice.choice(([], None, [4])),
                },
            ),
            (
                4,
                {
                    "id": "1",
                    "name": words,
                    "type": 1,
                    "options": [{"name": words, "type": 3, "focused": True}],
                },
            ),
            (
                2,
                {
                    "id": "1",
                    "name": "settings",
                    "type": 1,
                    "options": [{"name": words, "type": 3, "value": words}],
                },
            ),
            (
                2,
                {
                    "id": "1",
                    "name": "caps",
                    "type": 1,
                    "options": [{"name": "amount", "type": 3, "value": words}],
                },
            ),
        ]
    for kind, data in forms:
        dc._interact(kind, town.square, eve, data, message=shown)  # pyright: ignore[reportPrivateUsage]
    await town.settled()
    dc.say(town.square, town.bob, "What is the capital of France?", mention_bot=True)
    await town.until(lambda: "Paris" in dc.transcript(town.square), 40)
    await town.settled()
    chats = [one for one in town.venice.requests[asked:] if one.path == "/chat/completions"]
    assert len(chats) == 1
    assert town.rows("SELECT count(*) FROM settings WHERE scope != 'bot'") == [(0,)]


@pytest.mark.parametrize("browser", ["ours", "foreign"])
async def test_garbage_from_browsers(town: Town, browser: str) -> None:
    dice = random.Random(4711)
    root = f"http://127.0.0.1:{town.house.web.port}"
    async with httpx.AsyncClient(base_url=root, timeout=30) as client:
        page = (await client.get("/dashboard/place", params={"scope": "bot"})).text
        token = page.split('name="csrf" value="')[1].partition('"')[0]
        ours = {"origin": root, "sec-fetch-site": "same-origin"}
        before = town.rows("SELECT (SELECT count(*) FROM settings), (SELECT count(*) FROM caps)")
        for number in range(120):
            path = dice.choice(PAGE_POSTS)
            form = {name: dice.choice(NASTY) for name in dice.sample(FORM_FIELDS, 8)}
            headers = dict(ours) if browser == "ours" else {"origin": dice.choice(ORIGINS)}
            if browser == "ours":
                form["csrf"] = token
            send = _sent(client, dice, path, form, headers)
            answer = await send()
            assert answer.status_code < 500, (number, path, form, headers)
            assert "a=b" not in str(answer.headers)
            if browser == "foreign":
                assert answer.status_code in (400, 401, 403, 404, 405, 413, 415, 422), (
                    path,
                    answer.status_code,
                )
        for path in ("/complete", "/media/x", *(f"/dashboard/{one}" for one in PAGE_LOOKS)):
            for value in dice.sample(NASTY, 8):
                names = (
                    "scope",
                    "kind",
                    "before",
                    "cursor",
                    "server",
                    "channel",
                    "day",
                    "since",
                    "span",
                    "q",
                )
                query = {name: value for name in names}  # noqa: C420
                assert (await client.get(path, params=query)).status_code < 500, (path, value)
        if browser == "foreign":
            after = town.rows("SELECT (SELECT count(*) FROM settings), (SELECT count(*) FROM caps)")
            assert after == before
        assert (await client.get("/healthz")).status_code == 200


def _sent(
    client: httpx.AsyncClient, dice: random.Random, path: str, form: dict[str, str], headers: dict[str, str]
) -> Callable[[], Awaitable[httpx.Response]]:
    """One of the ways to post something."""
    encoded = {name.encode(): value.encode("latin-1") for name, value in headers.items()}
    match dice.randrange(4):
        case 0:
            kind = {**encoded, b"content-type": b"multipart/form-data; boundary=x"}
            return lambda: client.post(path, content=b"--x\r\n" + dice.randbytes(50), headers=kind)
        case 1:
            kind = {**encoded, b"content-type": b"application/json"}
            return lambda: client.post(path, content=b"{" * 2000, headers=kind)
        case 2:
            files = {"file": ("../\r\nx.html", b"<script>", "text/html")}
            return lambda: client.post(path, data=form, files=files, headers=encoded)
        case _:
            return lambda: client.post(path, data=form, headers=encoded)
