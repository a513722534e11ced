"""Queued work over a real socket: what is repeated, what never is, what each answer means."""

from __future__ import annotations

from typing import Any

import pytest

from bot.errors import VeniceError, VeniceFailure
from bot.venice import (
    AudioRequest,
    Done,
    Failed,
    Gone,
    Job,
    JobState,
    Model,
    Processing,
    Retry,
    VeniceClient,
    VideoRequest,
)
from tests.unit.venice.clients import client_of, failure_of
from tests.unit.venice.wire import Reply, canned, json_reply

FILMER = Model(id="film", medium="video", name="Film")
SINGER = Model(id="song", medium="music", name="Song")
FILM, SONG = Job("video", "film", "q1"), Job("audio", "song", "q2")
MP4 = b"\x00\x00\x00\x20ftypisom"
COMPLETED = json_reply({"status": "COMPLETED"})
A_FILM = Reply(200, {"Content-Type": "video/mp4"}, [MP4])
QUEUED = json_reply({"model": "film", "queue_id": "q1"})


async def looked(*replies: Reply, job: Job = FILM, delete: bool = False) -> JobState:
    """The state a look finds."""
    async with canned(*replies) as server, client_of(server) as client:
        return await client.jobs.retrieve(job, delete=delete)


async def test_quotes_are_micro_dollars_rounded_up_and_repeated() -> None:
    busy, broken = json_reply({"error": "busy"}, 503), json_reply({"error": "oops"}, 500)
    replies = (busy, broken, json_reply({"quote": 0.0000015}), json_reply({"quote": 1.5}))
    async with canned(*replies) as server, client_of(server) as client:
        assert await client.jobs.quote_video(VideoRequest("a boat"), FILMER) == 2
        assert await client.jobs.quote_audio(AudioRequest("a song"), SINGER) == 1_500_000
    assert len(server.seen) == 4
    assert "prompt" not in server.seen[2].json()


@pytest.mark.parametrize("quote", [None, -1, "free", True])
async def test_no_quote_is_a_bad_answer(quote: object) -> None:
    error = await failure_of(
        json_reply({"quote": quote}), call=lambda client: client.jobs.quote_audio(AudioRequest("x"), SINGER)
    )
    assert error.failure is VeniceFailure.BAD_ANSWER


async def test_an_order_brings_all_that_is_needed_to_fetch_it() -> None:
    told = {"model": "film", "queue_id": "q1", "download_url": "https://media.example/secret"}
    async with canned(json_reply(told)) as server, client_of(server) as client:
        job = await client.jobs.queue_video(VideoRequest("a boat"), FILMER)
    assert job == Job("video", "film", "q1", "https://media.example/secret")
    assert "secret" not in repr(job)


@pytest.mark.parametrize(
    "reply",
    [
        json_reply({"error": "busy"}, 429),
        json_reply({"error": "offline"}, 503),
        json_reply({"error": "oops"}, 500),
        json_reply({"error": "late"}, 504),
        Reply(end="reset"),
        Reply(200, {"Content-Type": "application/json"}, [b"{"], end="cut"),
        Reply(end="deaf"),
        json_reply({"model": "film"}),
    ],
)
async def test_an_order_that_may_have_arrived_is_never_sent_again(reply: Reply) -> None:
    async with canned(reply, QUEUED) as server, client_of(server) as client:
        with pytest.raises(VeniceError):
            await client.jobs.queue_video(VideoRequest("a boat"), FILMER)
    assert len(server.seen) == 1


async def test_an_order_that_never_left_is_repeated() -> None:
    async with canned(QUEUED) as server:
        address = server.base_url
    waits: list[float] = []

    async def nap(seconds: float) -> None:
        waits.append(seconds)

    async with VeniceClient("k", address, retry=Retry(sleep=nap)) as client:
        with pytest.raises(VeniceError) as caught:
            await client.jobs.queue_audio(AudioRequest("a song"), SINGER)
    assert caught.value.failure is VeniceFailure.CONNECTION
    assert len(waits) == 2


async def test_processing_with_venice_s_own_estimate() -> None:
    told = {"status": "PROCESSING", "average_execution_time": 90_000, "execution_duration": 30_500}
    state = await looked(json_reply(told))
    assert state == Processing(90.0, 30.5)
    assert isinstance(state, Processing)
    assert state.left_seconds == 59.5
    assert Processing(10.0, 12.0).left_seconds == 0
    assert Processing(None, 12.0).left_seconds is None


@pytest.mark.parametrize(
    ("mime", "data", "shown", "ext"),
    [
        ("video/mp4", MP4, "video/mp4", "mp4"),
        ("audio/mpeg", b"ID3", "audio/mpeg", "mp3"),
        ("audio/wav", b"RIFF", "audio/wav", "wav"),
        ("audio/flac", b"fLaC", "audio/flac", "flac"),
        ("application/octet-stream", MP4, "video/mp4", "mp4"),
    ],
)
async def test_done_with_media(mime: str, data: bytes, shown: str, ext: str) -> None:
    state = await looked(Reply(200, {"Content-Type": mime}, [data]))
    assert isinstance(state, Done)
    assert (state.data, state.mime, state.ext) == (data, shown, ext)
    assert repr(data) not in repr(state)


@pytest.mark.parametrize(
    ("status", "body", "state"),
    [
        (404, {"error": "Media could not be found."}, Gone),
        (410, {"error": "gone"}, Gone),
        (400, {"error": "Request ID is invalid."}, Gone),
        (422, {"error": "no"}, Failed),
        (500, {"error": "broke", "credits_refunded": True}, Failed),
        (502, {"error": {"message": "broke", "credits_refunded": False}}, Failed),
    ],
)
async def test_the_end_of_a_job_is_a_state(status: int, body: Any, state: type[Failed | Gone]) -> None:
    async with canned(json_reply(body, status)) as server, client_of(server) as client:
        assert isinstance(await client.jobs.retrieve(FILM), state)
        assert len(server.seen) == 1


async def test_a_refused_film_tells_money_and_advice() -> None:
    error = {
        "message": "m",
        "type": "provider_content_policy",
        "recommended_model": "other",
        "credits_refunded": True,
    }
    state = await looked(json_reply({"error": error}, 422))
    assert isinstance(state, Failed)
    assert (state.failure, state.refunded, state.other_model) == (
        VeniceFailure.CONTENT_POLICY,
        True,
        "other",
    )
    assert "other" in state.reader_text
    words = {"error": "no", "suggested_prompt": "a calm song", "credits_refunded": False}
    state = await looked(json_reply(words, 422), job=SONG)
    assert isinstance(state, Failed)
    assert (state.refunded, state.suggestion) == (False, "a calm song")


@pytest.mark.parametrize("status", [401, 402, 403])
async def test_trouble_with_the_key_says_nothing_of_the_job(status: int) -> None:
    with pytest.raises(VeniceError):
        await looked(json_reply({"error": "no"}, status))


async def test_passing_trouble_is_repeated() -> None:
    troubles = (
        json_reply({"error": "oops"}, 500),
        Reply(200, {"Content-Type": "video/mp4"}, [MP4], end="cut"),
    )
    assert isinstance(await looked(*troubles, A_FILM), Done)
    with pytest.raises(VeniceError):
        await looked(json_reply({"error": "oops"}, 500))


@pytest.mark.parametrize("body", [{}, {"status": 3}])
async def test_no_status_is_a_bad_answer(body: object) -> None:
    with pytest.raises(VeniceError) as caught:
        await looked(json_reply(body))
    assert caught.value.failure is VeniceFailure.BAD_ANSWER
    with pytest.raises(VeniceError):
        await looked(Reply(200, {"Content-Type": "text/html"}, [b"<html>"]))


async def test_a_status_of_failure_is_final() -> None:
    assert isinstance(await looked(json_reply({"status": "FAILED"})), Failed)


async def test_a_film_at_its_own_address_is_fetched_without_the_key() -> None:
    async with canned(A_FILM) as store:
        job = Job("video", "film", "q1", f"{store.base_url}/film?sig=1")
        async with canned(json_reply({"status": "COMPLETED"})) as server, client_of(server) as client:
            with pytest.raises(VeniceError):
                # Another server than Venice is only asked over https.
                await client.jobs.retrieve(job)
        assert store.seen == []
    async with (
        canned(COMPLETED, A_FILM, Reply()) as server,
        client_of(server) as client,
    ):
        job = Job("video", "film", "q1", f"{server.base_url}/film?sig=1")
        assert isinstance(await client.jobs.retrieve(job), Done)
        assert await client.jobs.discard(job)
    asked, fetched, deleted = server.seen
    assert "authorization" in asked.headers
    assert "authorization" not in fetched.headers
    assert (fetched.method, fetched.query) == ("GET", (("sig", "1"),))
    assert (deleted.method, "authorization" in deleted.headers) == ("DELETE", False)


async def test_a_film_whose_address_is_lost_or_dead_is_gone() -> None:
    assert isinstance(await looked(json_reply({"status": "COMPLETED"})), Gone)
    done, dead = json_reply({"status": "COMPLETED"}), json_reply({"error": "no"}, 403)
    async with canned(done, dead) as server, client_of(server) as client:
        job = Job("video", "film", "q1", f"{server.base_url}/film")
        assert isinstance(await client.jobs.retrieve(job), Gone)


async def test_clearing_away() -> None:
    fine, refused = json_reply({"success": True}), json_reply({"error": "Request ID is invalid."}, 400)
    async with canned(fine, refused, A_FILM) as server, client_of(server) as client:
        assert await client.jobs.discard(SONG)
        assert not await client.jobs.complete(FILM)
        assert await client.jobs.discard(FILM)
    assert [seen.path.rpartition("v1/")[2] for seen in server.seen] == [
        "audio/complete",
        "video/complete",
        "video/retrieve",
    ]
    assert server.seen[2].json() == {"model": "film", "queue_id": "q1", "delete_media_on_completion": True}


async def test_what_is_larger_than_memory_should_hold_is_not_read_to_its_end(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("bot.venice.http.MAX_MEDIA_BYTES", 1000)
    endless = Reply(200, {"Content-Type": "video/mp4"}, [bytes(600)] * 3, end="hang")
    async with canned(endless) as server, client_of(server) as client:
        with pytest.raises(VeniceError) as caught:
            await client.jobs.retrieve(FILM)
    assert caught.value.failure is VeniceFailure.BAD_ANSWER
    assert len(server.seen) == 1, "asked again, it would be as large"


async def test_a_film_that_is_gone_already_is_cleared_away() -> None:
    """Whoever clears away asks until it is true: an address that answers no more is as good as deleted."""
    async with canned(json_reply({"error": "no"}, 404)) as server, client_of(server) as client:
        assert await client.jobs.discard(Job("video", "film", "q1", f"{server.base_url}/film"))


@pytest.mark.parametrize("status", [401, 500])
async def test_trouble_while_clearing_away_is_no_yes(status: int) -> None:
    """Else the media would lie at Venice for ever, and be said to be deleted."""
    trouble = json_reply({"error": "oops"}, status)
    async with canned(trouble) as server, client_of(server) as client:
        with pytest.raises(VeniceError):
            await client.jobs.complete(SONG)
        with pytest.raises(VeniceError):
            await client.jobs.discard(SONG)
        with pytest.raises(VeniceError):
            await client.jobs.discard(Job("video", "film", "q1", f"{server.base_url}/film"))
        assert server.seen[-1].method == "DELETE"


async def test_consent_is_asked_for_and_never_given() -> None:
    body = {
        "error": {"code": "needs_consent", "message": "This model needs consent"},
        "consent_flow": "seedance",
    }
    error = await failure_of(
        json_reply(body, 409), call=lambda client: client.jobs.queue_video(VideoRequest("x"), FILMER)
    )
    assert error.failure is VeniceFailure.BAD_REQUEST
    assert "cannot make for you" in error.reader_text
