"""The fake Telegram holds calls against the specification and reads every request form."""

import aiohttp
import pytest

from tests.fakes.telegram import FakeTelegram
from tests.fakes.telegram.client import connected_bot
from tests.fakes.telegram.shapes import JsonObject
from tests.fakes.telegram.spec import SpecOracle
from tests.specs import needs_specs


def _field(name: str, *types: str, required: bool = True, description: str = "") -> JsonObject:
    return {"name": name, "types": list(types), "required": required, "description": description}


ORACLE = SpecOracle(
    {
        "methods": {
            "sendThing": {
                "returns": ["Thing", "Boolean"],
                "fields": [
                    _field("chat_id", "Integer", "String"),
                    _field("thing", "Thing", required=False),
                    _field("list", "Array of Integer", required=False),
                    _field("flag", "Boolean", required=False),
                    _field("file", "InputFile", "String", required=False),
                ],
            },
        },
        "types": {
            "Thing": {"subtypes": ["ThingA", "ThingB"]},
            "ThingA": {"fields": [_field("type", "String", description="Kind, must be a")]},
            "ThingB": {
                "fields": [_field("type", "String", description='Kind, always "b"'), _field("n", "Float")]
            },
            "Update": {"fields": [_field("update_id", "Integer"), _field("thing", "Thing", required=False)]},
        },
    }
)


@pytest.mark.parametrize(
    ("method", "values", "files", "problem"),
    [
        ("sendThing", {"chat_id": "5"}, [], None),
        (
            "sendThing",
            {"chat_id": 5, "thing": '{"type": "b", "n": 1}', "list": "[1]", "flag": "true"},
            [],
            None,
        ),
        ("sendThing", {"chat_id": "5"}, ["file"], None),
        ("sendThing", {"chat_id": "5", "file": "attach://x"}, ["x"], None),
        ("sendthing", {"chat_id": "5"}, [], "spelled sendThing"),
        ("sendMore", {}, [], "not a method"),
        ("sendThing", {}, [], "required parameter chat_id is missing"),
        ("sendThing", {"chat_id": "5", "more": "1"}, [], "unknown parameter more"),
        ("sendThing", {"chat_id": "5", "flag": "yes"}, [], "expected Boolean"),
        ("sendThing", {"chat_id": "5", "list": '["a"]'}, [], "expected Integer"),
        ("sendThing", {"chat_id": "5", "thing": '{"type": "c"}'}, [], "fits none of ThingA, ThingB"),
        ("sendThing", {"chat_id": "5", "thing": '{"type": "a", "x": 1}'}, [], "has no field x"),
        ("sendThing", {"chat_id": "5"}, ["loose"], "stray file loose"),
        ("sendThing", {"chat_id": "5"}, ["flag"], "flag is not a file parameter"),
    ],
)
def test_calls(method: str, values: JsonObject, files: list[str], problem: str | None) -> None:
    problems = ORACLE.check_call(method, values, files)
    if problem is None:
        assert problems == []
    else:
        assert any(problem in text for text in problems), problems


def test_answers_and_updates() -> None:
    assert ORACLE.check_answer("sendThing", True) == []
    assert ORACLE.check_answer("sendThing", {"type": "b"}) != []
    assert ORACLE.check_update({"update_id": 1, "subscription": {}, "thing": {"type": "a"}}) == []
    assert ORACLE.check_update({"thing": {"type": "a"}}) == ["update.update_id: required field is missing"]


@pytest.mark.specs
@needs_specs
async def test_violations_are_recorded() -> None:
    async with FakeTelegram() as tg, connected_bot(tg) as bot:
        chat = tg.private(tg.user("Ann"))
        await bot.send_message(chat.id, "fine")
        assert tg.violations == []
        await bot.send_message(chat.id, "x", api_kwargs={"colour": "red"})
        assert tg.violations == ["sendMessage: unknown parameter colour"]
        tg.push({"message": {"message_id": 1}})
        assert "update.message.chat: required field is missing" in tg.violations


async def test_parse_mode_is_a_violation() -> None:
    async with FakeTelegram() as tg, connected_bot(tg) as bot:
        chat = tg.private(tg.user("Ann"))
        await bot.send_message(chat.id, "<b>x</b>", parse_mode="HTML")
        assert tg.violations == ["sendMessage: parse_mode is not modelled, send entities"]
        assert tg.visible(chat)[0].text == "<b>x</b>"


@pytest.mark.parametrize("how", ["query", "form", "json", "multipart"])
async def test_request_forms(how: str) -> None:
    async with FakeTelegram() as tg, aiohttp.ClientSession() as session:
        chat = tg.private(tg.user("Ann"))
        url = f"{tg.base_url}/bot{tg.token}/SENDMESSAGE"
        values = {"chat_id": str(chat.id), "text": "hé"}
        if how == "query":
            request = session.get(url, params=values)
        elif how == "form":
            request = session.post(url, data=values)
        elif how == "json":
            request = session.post(url, json={"chat_id": chat.id, "text": "hé"})
        else:
            form = aiohttp.FormData(values, default_to_multipart=True)
            request = session.post(url, data=form)
        async with request as answer:
            body: JsonObject = await answer.json()
        assert (answer.status, body["ok"]) == (200, True)
        assert tg.visible(chat)[0].text == "hé"
        assert tg.calls[0].method == "sendMessage"


async def test_refusals_on_the_wire() -> None:
    async with FakeTelegram() as tg, aiohttp.ClientSession() as session:
        root = f"{tg.base_url}/bot"
        async with session.post(f"{root}{tg.token}/sendMessage", data=b"{", headers=_JSON) as answer:
            assert answer.status == 400
        async with session.get(f"{root}1:x/getMe") as answer:
            unauthorized: JsonObject = await answer.json()
        assert unauthorized == {"ok": False, "error_code": 401, "description": "Unauthorized"}
        async with session.get(f"{root}nonsense/getMe") as answer:
            assert answer.status == 404
        tg.faults.next("getMe", "429", retry_after=7)
        async with session.get(f"{root}{tg.token}/getMe") as answer:
            limited: JsonObject = await answer.json()
            assert (answer.status, answer.headers["Retry-After"]) == (429, "7")
        assert limited["parameters"] == {"retry_after": 7}


_JSON = {"Content-Type": "application/json"}


async def test_lone_surrogates_are_refused() -> None:
    async with FakeTelegram() as tg, aiohttp.ClientSession() as session:
        chat = tg.private(tg.user("Ann"))
        url = f"{tg.base_url}/bot{tg.token}/sendMessage"
        payload = f'{{"chat_id": {chat.id}, "text": "\\ud83d"}}'
        async with session.post(url, data=payload, headers=_JSON) as answer:
            refused: JsonObject = await answer.json()
        assert refused["description"] == "Bad Request: strings must be encoded in UTF-8"
