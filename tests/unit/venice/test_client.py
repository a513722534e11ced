"""The client over a real socket: whole answers, repeats, and every way a connection can fail."""

from __future__ import annotations

import socket

import pytest

from bot.errors import VeniceError, VeniceFailure
from bot.venice import ChatResult, Retry, VeniceClient
from tests.unit.venice.clients import MODEL, QUICK, Naps, client_of, failure_of, text_from
from tests.unit.venice.samples import say
from tests.unit.venice.wire import Reply, canned, delta, json_reply, sse_reply

OK = sse_reply(delta("ok", finish="stop"))


async def test_the_key_and_the_path_are_right() -> None:
    async with canned(OK) as server, client_of(server) as client:
        assert await text_from(client) == "ok"
    seen = server.seen[0]
    assert (seen.method, seen.path) == ("POST", "/api/v1/chat/completions")
    assert seen.headers["authorization"] == "Bearer key-1"
    assert seen.headers["content-type"] == "application/json"
    assert seen.headers["accept-encoding"] == "identity"


async def test_a_whole_answer() -> None:
    answer = {
        "id": "chatcmpl-9",
        "model": "ran",
        "choices": [
            {
                "index": 0,
                "finish_reason": "tool_calls",
                "message": {
                    "content": "<think>hm</think>Hello",
                    "reasoning_content": "deep ",
                    "tool_calls": [
                        {"id": "a", "type": "function", "function": {"name": "f", "arguments": "{}"}}
                    ],
                },
            }
        ],
        "usage": {"prompt_tokens": 5, "completion_tokens": 2},
        "cost": {"usd": 0.00001, "diem": 0},
        "venice_parameters": {"web_search_citations": [{"title": "T", "url": "u"}]},
    }
    async with canned(json_reply(answer)) as server, client_of(server) as client:
        result = await client.chat(say("hi"), MODEL)
    assert isinstance(result, ChatResult)
    assert (result.text, result.reasoning) == ("Hello", "deep hm")
    assert [call.name for call in result.tool_calls] == ["f"]
    assert [source.url for source in result.sources] == ["u"]
    assert result.usage is not None
    assert (result.usage.total, result.usage.cost_micro_usd) == (7, 10)
    assert (result.finished.reason, result.finished.request_id) == ("tool_calls", "chatcmpl-9")
    assert "stream" not in server.seen[0].json()


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        ({"error": "overloaded now"}, VeniceFailure.OVERLOADED),
        ({"error": {"message": "m", "code": "upstream_error"}}, VeniceFailure.SERVER),
    ],
)
async def test_an_error_under_status_200_is_an_error(answer: object, kind: VeniceFailure) -> None:
    error = await failure_of(json_reply(answer), call=lambda client: client.chat(say("hi"), MODEL))
    assert error.failure is kind


# Repeats


async def test_a_refusal_before_work_is_repeated_after_what_venice_asked_for() -> None:
    naps = Naps()
    busy = json_reply({"error": "slow down"}, 429, {"Retry-After": "3"})
    offline = json_reply({"error": "offline"}, 503)
    async with canned(busy, offline, OK) as server, client_of(server, naps) as client:
        assert await text_from(client) == "ok"
    assert len(server.seen) == 3
    assert naps.taken[0] == 3
    assert 1 <= naps.taken[1] <= 1.5


async def test_three_tries_are_the_end() -> None:
    busy = json_reply({"error": "slow down"}, 429)
    async with canned(busy) as server, client_of(server) as client:
        with pytest.raises(VeniceError) as caught:
            await text_from(client)
    assert caught.value.failure is VeniceFailure.RATE_LIMITED
    assert len(server.seen) == 3


async def test_a_wait_beyond_the_budget_is_left_to_the_caller() -> None:
    naps = Naps()
    busy = json_reply({"error": {"message": "m", "code": "model_overloaded"}}, 429)
    async with canned(busy) as server, client_of(server, naps) as client:
        with pytest.raises(VeniceError) as caught:
            await text_from(client)
        assert client.limits.wait_for(MODEL.id) > 25
    assert (caught.value.retry_after, naps.taken, len(server.seen)) == (30, [], 1)


@pytest.mark.parametrize("status", [400, 401, 402, 403, 404, 422, 500, 502, 504])
async def test_a_paid_call_is_not_repeated_when_venice_may_have_worked(status: int) -> None:
    async with canned(json_reply({"error": "no"}, status)) as server, client_of(server) as client:
        with pytest.raises(VeniceError) as caught:
            await text_from(client)
    assert caught.value.status == status
    assert len(server.seen) == 1


async def test_nothing_is_repeated_after_the_first_event() -> None:
    broken = sse_reply(
        delta("half"), {"error": {"message": "m", "code": "model_overloaded", "retry_after": 1}}
    )
    async with canned(broken) as server, client_of(server) as client:
        with pytest.raises(VeniceError):
            await text_from(client)
    assert len(server.seen) == 1


async def test_an_in_band_refusal_before_the_first_event_is_repeated() -> None:
    refusal = sse_reply({"error": {"message": "m", "code": "model_overloaded", "retry_after": 1}})
    async with canned(refusal, OK) as server, client_of(server) as client:
        assert await text_from(client) == "ok"
    assert len(server.seen) == 2


async def test_a_listing_is_repeated_after_any_passing_trouble() -> None:
    down = json_reply({"error": "x"}, 502)
    reply = json_reply({"data": ["Film"], "object": "list"})
    async with canned(down, Reply(end="reset"), reply) as server, client_of(server) as client:
        assert await client.image_styles() == ("Film",)
    assert len(server.seen) == 3


# Connections


async def test_nobody_listening_is_a_connection_failure_and_is_repeated() -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        naps = Naps()
        url = f"http://127.0.0.1:{closed.getsockname()[1]}/api/v1"
        async with VeniceClient("k", url, timeouts=QUICK, retry=Retry(sleep=naps)) as client:
            with pytest.raises(VeniceError) as caught:
                await text_from(client)
    assert caught.value.failure is VeniceFailure.CONNECTION
    assert caught.value.status is None
    assert len(naps.taken) == 2


async def test_a_reset_after_sending_is_not_repeated() -> None:
    """The library calls this a connect timeout; Venice may have worked, so a repeat could bill twice."""
    async with canned(Reply(end="reset")) as server, client_of(server) as client:
        with pytest.raises(VeniceError) as caught:
            await text_from(client)
    assert caught.value.failure is VeniceFailure.TRUNCATED
    assert len(server.seen) == 1


async def test_no_answer_at_all_is_a_timeout() -> None:
    error = await failure_of(Reply(end="deaf"), call=text_from)
    assert (error.failure, error.status) == (VeniceFailure.TIMEOUT, None)


async def test_a_body_cut_short_is_truncated() -> None:
    cut = Reply(200, {"Content-Type": "application/json"}, [b'{"data":'], end="cut")
    error = await failure_of(cut, call=lambda client: client.chat(say("hi"), MODEL))
    assert error.failure is VeniceFailure.TRUNCATED


async def test_nonsense_instead_of_json() -> None:
    reply = Reply(200, {"Content-Type": "text/html", "CF-RAY": "ray-9"}, [b"<html>"])
    error = await failure_of(reply, call=lambda client: client.chat(say("hi"), MODEL))
    assert (error.failure, error.request_id) == (VeniceFailure.BAD_ANSWER, "ray-9")


async def test_an_endless_error_page_is_cut() -> None:
    pages = [b"x" * 65_536] * 4
    error = await failure_of(Reply(500, {}, pages, end="hang"), call=text_from)
    assert error.failure is VeniceFailure.SERVER


async def test_bytes_that_do_not_decompress() -> None:
    reply = Reply(200, {"Content-Type": "application/json", "Content-Encoding": "gzip"}, [b"not gzip"])
    error = await failure_of(reply, call=lambda client: client.chat(say("hi"), MODEL))
    assert error.failure is VeniceFailure.BAD_ANSWER


# The error budget and the limits


async def test_the_breaker_refuses_one_person_before_venice_shuts_the_key_out() -> None:
    async with canned(json_reply({"error": "bad"}, 400)) as server, client_of(server) as client:
        statuses: list[int | None] = []
        for _ in range(12):
            with pytest.raises(VeniceError) as caught:
                await text_from(client, user="abuser")
            statuses.append(caught.value.status)
        assert statuses == [400] * 8 + [None] * 4
        assert len(server.seen) == 8
        with pytest.raises(VeniceError) as other:
            await text_from(client, user="other")
        assert other.value.status == 400


async def test_headers_close_an_exhausted_model() -> None:
    headers = {"x-ratelimit-remaining-requests": "0", "x-ratelimit-reset-requests": "20"}
    reply = sse_reply(delta("ok", finish="stop"), headers=headers)
    async with canned(reply) as server, client_of(server) as client:
        assert client.limits.wait_for(MODEL.id) == 0
        await text_from(client)
        assert 15 < client.limits.wait_for(MODEL.id) <= 20
