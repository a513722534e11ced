"""Chat streams over a real socket: what arrives, in which order, and what every trouble becomes."""

from __future__ import annotations

import asyncio
import json
from contextlib import aclosing

import pytest

from bot.errors import Fault, VeniceError, VeniceFailure
from bot.venice import (
    ChatEvent,
    ChatRequest,
    Citations,
    Finished,
    ReasoningDelta,
    Retry,
    TextDelta,
    Timeouts,
    ToolCallDone,
    UsageReport,
    VeniceClient,
)
from tests.unit.venice.samples import say, text_model
from tests.unit.venice.wire import CannedServer, Reply, canned, delta, json_reply, sse_reply

MODEL = text_model()
USAGE = {"prompt_tokens": 11, "completion_tokens": 3, "total_tokens": 14, "prompt_tokens_details": None}
QUICK = Timeouts(connect=1, answer=1, idle=0.2, quiet=0.4, listing=1)


async def no_sleep(seconds: float) -> None:
    """Stands in for waiting."""
    await asyncio.sleep(0)


def client_of(server: CannedServer, timeouts: Timeouts = QUICK, tries: int = 1) -> VeniceClient:
    """A client of the canned server."""
    return VeniceClient("key-1", server.base_url, timeouts=timeouts, retry=Retry(tries=tries, sleep=no_sleep))


async def collect(
    server: CannedServer, request: ChatRequest | None = None, tries: int = 1
) -> tuple[list[ChatEvent], VeniceError | None]:
    """Every event, and the error at the end if there was one."""
    events: list[ChatEvent] = []
    async with client_of(server, tries=tries) as client:
        try:
            async for event in client.chat_stream(request or say("hi"), MODEL):
                events.append(event)  # noqa: PERF401 - what came before an error counts
        except VeniceError as error:
            return events, error
    return events, None


def text_of(events: list[ChatEvent]) -> str:
    """The visible text."""
    return "".join(event.text for event in events if isinstance(event, TextDelta))


async def stream(
    *chunks: object, done: bool = True, end: str = "close"
) -> tuple[list[ChatEvent], VeniceError | None]:
    """Events of one canned stream."""
    async with canned(sse_reply(*chunks, done=done, end=end)) as server:
        return await collect(server)


async def test_an_answer_with_everything() -> None:
    events, error = await stream(
        {"id": "chatcmpl-1", "model": "ran-model", "choices": [{"index": 0, "delta": {"role": "assistant"}}]},
        delta(reasoning_content="hm"),
        delta("Hel"),
        delta("lo", finish="stop"),
        {"choices": [], "venice_parameters": {"web_search_citations": [{"title": "T", "url": "https://a"}]}},
        {"choices": [], "usage": USAGE, "cost": {"usd": 0.0000011, "diem": 0.000002}},
    )
    assert error is None
    assert text_of(events) == "Hello"
    assert ReasoningDelta("hm") in events
    citations = next(event for event in events if isinstance(event, Citations))
    assert [(source.title, source.url) for source in citations.sources] == [("T", "https://a")]
    assert UsageReport(11, 3, 14, cost_micro_usd=4) in events
    finished = events[-1]
    assert isinstance(finished, Finished)
    assert (finished.reason, finished.model, finished.request_id) == ("stop", "ran-model", "chatcmpl-1")
    assert finished.notices.request_id == "ray-1"
    assert finished.message.content == "Hello"
    assert finished.message.reasoning_content == "hm"


@pytest.mark.parametrize("size", [1, 2, 3, 7, 16, 1000])
async def test_any_cutting_of_the_bytes_gives_the_same_text(size: int) -> None:
    wanted = "Grüße\u2028weiter\u0085 <b> 🎈 end"
    raw = b": keep-alive\r\n\r\n"
    for piece in (wanted[:6], wanted[6:15], wanted[15:]):
        chunk = json.dumps(delta(piece), ensure_ascii=False).encode()
        raw += b"data:" + chunk + b"\r\n\r\n"
    raw += b"event: message\nid: 1\ndata: " + json.dumps(delta(finish="stop")).encode() + b"\n\n"
    raw += b"data: [DONE]\n\n"
    pieces = [raw[at : at + size] for at in range(0, len(raw), size)]
    reply = Reply(200, {"Content-Type": "text/event-stream"}, pieces)
    async with canned(reply) as server:
        events, error = await collect(server)
    assert error is None
    assert text_of(events) == wanted


async def test_an_emoji_cut_between_two_chunks_is_joined() -> None:
    halves = b'data: {"choices":[{"index":0,"delta":{"content":"a\\ud83c"}}]}\n\n'
    rest = b'data: {"choices":[{"index":0,"delta":{"content":"\\udf88b\\ud800"}}]}\n\n'
    events, error = await stream(halves, rest)
    assert error is None
    assert text_of(events) == "a🎈b\ufffd"


async def test_finish_reason_without_done_is_complete() -> None:
    events, error = await stream(delta("all", finish="length"), done=False)
    assert error is None
    assert isinstance(events[-1], Finished)
    assert events[-1].reason == "length"


async def test_a_line_without_its_blank_line_still_counts() -> None:
    last = b"data: " + json.dumps(delta("all", finish="stop")).encode()
    events, error = await stream(last, done=False)
    assert (text_of(events), error) == ("all", None)


@pytest.mark.parametrize("end", ["close", "cut"])
async def test_a_broken_off_answer_gives_what_came_then_truncated(end: str) -> None:
    events, error = await stream(delta("half <thi"), {"choices": [], "usage": USAGE}, done=False, end=end)
    assert text_of(events) == "half <thi"
    assert any(isinstance(event, UsageReport) for event in events)
    assert not any(isinstance(event, Finished) for event in events)
    assert error is not None
    assert error.failure is VeniceFailure.TRUNCATED
    assert error.request_id == "chatcmpl-1"
    assert error.retryable


async def test_a_cut_after_the_finish_reason_is_no_error() -> None:
    events, error = await stream(delta("all", finish="stop"), done=False, end="cut")
    assert error is None
    assert isinstance(events[-1], Finished)


async def test_an_in_band_error_ends_the_answer_at_once() -> None:
    trouble = {
        "error": {"message": "busy", "code": "model_overloaded", "type": "server_error", "retry_after": 7}
    }
    events, error = await stream(delta("half"), trouble, delta("never"), done=False, end="hang")
    assert text_of(events) == "half"
    assert not any(isinstance(event, Finished) for event in events)
    assert error is not None
    assert (error.failure, error.retry_after, error.status) == (VeniceFailure.OVERLOADED, 7, 200)
    assert error.request_id == "chatcmpl-1"


async def test_an_in_band_error_may_be_a_string() -> None:
    _, error = await stream({"error": "something broke"})
    assert error is not None
    assert error.failure is VeniceFailure.SERVER


async def test_a_blocked_answer_is_a_content_policy_error() -> None:
    _, error = await stream({"error": {"message": "no", "type": "content_filter_error"}})
    assert error is not None
    assert (error.failure, error.fault) == (VeniceFailure.CONTENT_POLICY, Fault.USER)


async def test_silence_inside_the_stream_times_out_after_giving_the_text() -> None:
    events, error = await stream(delta("half"), done=False, end="hang")
    assert text_of(events) == "half"
    assert error is not None
    assert error.failure is VeniceFailure.TIMEOUT


async def test_comments_alone_do_not_keep_an_answer_alive_for_ever() -> None:
    reply = sse_reply(*[b": still here\n\n"] * 20, gap=0.1, done=False, end="hang")
    async with canned(reply) as server:
        _, error = await collect(server)
    assert error is not None
    assert error.failure is VeniceFailure.TIMEOUT


async def test_an_endless_event_is_stopped() -> None:
    flood = [b"data: " + b"x" * 65_536] + [b"x" * 65_536] * 80
    async with canned(Reply(200, {"Content-Type": "text/event-stream"}, flood)) as server:
        _, error = await collect(server)
    assert error is not None
    assert error.failure is VeniceFailure.BAD_ANSWER


async def test_an_unreadable_chunk_is_a_broken_answer() -> None:
    events, error = await stream(delta("half"), b"data: {nonsense\n\n")
    assert text_of(events) == "half"
    assert error is not None
    assert error.failure is VeniceFailure.TRUNCATED


async def test_a_whole_json_answer_to_a_stream_request_is_read() -> None:
    whole = {"id": "c", "choices": [{"index": 0, "finish_reason": "stop", "message": {"content": "all"}}]}
    async with canned(json_reply(whole)) as server:
        events, error = await collect(server)
    assert error is None
    assert text_of(events) == "all"


async def test_a_page_of_html_is_no_answer() -> None:
    async with canned(Reply(200, {"Content-Type": "text/html"}, [b"<html>"])) as server:
        _, error = await collect(server)
    assert error is not None
    assert error.failure is VeniceFailure.BAD_ANSWER


async def test_tool_calls_with_one_index_are_kept_apart_by_id() -> None:
    def call(call_id: str | None, arguments: str, name: str | None = None) -> dict[str, object]:
        function = {"arguments": arguments} | ({"name": name} if name else {})
        return delta(tool_calls=[{"index": 0, "function": function} | ({"id": call_id} if call_id else {})])

    events, error = await stream(
        call("a", '{"x":', "first"), call(None, "1}"), call("b", '{"y":', "second"), call(None, "2}"),
        delta(tool_calls=[], finish="stop"),
    )  # fmt: skip
    assert error is None
    calls = [event.call for event in events if isinstance(event, ToolCallDone)]
    assert [(one.id, one.name, one.arguments) for one in calls] == [
        ("a", "first", '{"x":1}'),
        ("b", "second", '{"y":2}'),
    ]
    finished = events[-1]
    assert isinstance(finished, Finished)
    assert finished.reason == "tool_calls"
    assert finished.message.tool_calls == tuple(calls)


async def test_leaving_early_hangs_up() -> None:
    async with canned(sse_reply(delta("a"), done=False, end="hang")) as server, client_of(server) as client:
        async with aclosing(client.chat_stream(say("hi"), MODEL)) as events:
            async for _ in events:
                break
        await asyncio.wait_for(server.hung_up.wait(), 2)


async def test_cancelling_hangs_up() -> None:
    reply = sse_reply(delta("a"), done=False, end="hang")
    async with canned(reply) as server, client_of(server, Timeouts()) as client:
        started = asyncio.Event()

        async def turn() -> None:
            async for _ in client.chat_stream(say("hi"), MODEL):
                started.set()

        task = asyncio.create_task(turn())
        await asyncio.wait_for(started.wait(), 2)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await asyncio.wait_for(server.hung_up.wait(), 2)


async def test_finished_streams_share_one_connection() -> None:
    async with canned(sse_reply(delta("a", finish="stop"))) as server, client_of(server) as client:
        for _ in range(3):
            async for _ in client.chat_stream(say("hi"), MODEL):
                pass
        assert len(server.seen) == 3
        assert server.connections == 1


async def test_far_more_than_a_hundred_streams_at_once() -> None:
    count = 150
    reply = sse_reply(delta("a"), done=False, end="hang")
    async with canned(reply) as server, client_of(server, Timeouts()) as client:
        begun = asyncio.Semaphore(0)

        async def turn() -> None:
            async for _ in client.chat_stream(say("hi"), MODEL):
                begun.release()

        tasks = [asyncio.create_task(turn()) for _ in range(count)]
        async with asyncio.timeout(10):
            for _ in range(count):
                await begun.acquire()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        assert len(server.seen) == count
