"""Films and sound from the demo's queue: decoded and measured, paid for exactly, and scripted to go wrong."""

from __future__ import annotations

import io
from collections.abc import AsyncIterator
from dataclasses import dataclass

import av
import httpx
import pytest

from bot.demo import DemoVenice, Fault
from bot.errors import VeniceError, VeniceFailure
from bot.media.listening import listen
from bot.venice import (
    AudioRequest,
    Catalogue,
    Done,
    Failed,
    Gone,
    Job,
    Model,
    Processing,
    Retry,
    Timeouts,
    VeniceClient,
    VideoRequest,
)
from tests.integration.demo.caller import picture_part

GROK, WAN, FROM_PICTURE = (
    "grok-imagine-text-to-video-private",
    "wan-2.5-preview-text-to-video",
    "wan-2.5-preview-image-to-video",
)
EFFECTS = "elevenlabs-sound-effects-v2"
SHORT = VideoRequest("a boat at sunset", "1s", resolution="480p")


@dataclass(frozen=True, slots=True)
class House:
    """A demo, a client and its catalogue."""

    demo: DemoVenice
    client: VeniceClient
    catalogue: Catalogue

    def model(self, name: str) -> Model:
        found = self.catalogue.get(name)
        assert found is not None
        return found

    async def done(self, job: Job) -> Done:
        """The media of a job that is ready."""
        state = await self.client.jobs.retrieve(job)
        assert isinstance(state, Done), state
        return state


@pytest.fixture
async def house(demo: DemoVenice) -> AsyncIterator[House]:
    demo.job_seconds = 0
    async with VeniceClient("k", demo.base_url, retry=Retry(tries=1)) as client:
        yield House(demo, client, await client.catalogue())


@dataclass(frozen=True, slots=True)
class Seen:
    """What a film turns out to be."""

    codec: str
    size: tuple[int, int]
    frames: int
    fps: int
    seconds: float
    sound_seconds: float
    moves: bool


def _watch(data: bytes) -> Seen:
    with av.open(io.BytesIO(data), "r") as film:
        stream = film.streams.video[0]
        shots = [bytes(frame.reformat(format="gray").planes[0]) for frame in film.decode(stream)]
        sound = listen(data).seconds if film.streams.audio else 0.0
        assert film.duration is not None
        return Seen(
            stream.codec_context.name,
            (stream.codec_context.width, stream.codec_context.height),
            len(shots),
            int(stream.average_rate or 0),
            film.duration / av.time_base,
            sound,
            shots[0] != shots[-1],
        )


@pytest.mark.parametrize(
    ("ratio", "duration", "size"), [("16:9", "1s", (854, 480)), ("9:16", "2s", (480, 854))]
)
async def test_a_film_is_as_long_and_large_as_asked(
    house: House, ratio: str, duration: str, size: tuple[int, int]
) -> None:
    request = VideoRequest("a boat at sunset", duration, ratio, "480p")
    job = await house.client.jobs.queue_video(request, house.model(GROK))
    done = await house.done(job)
    assert (done.mime, done.ext) == ("video/mp4", "mp4")
    seen = _watch(done.data)
    seconds = int(duration[0])
    assert (seen.codec, seen.size, seen.frames, seen.fps) == ("h264", size, 24 * seconds, 24)
    assert seen.seconds == pytest.approx(seconds, abs=0.1)
    assert seen.sound_seconds == pytest.approx(seconds, abs=0.1)
    assert seen.moves


async def test_a_film_starts_from_a_picture_and_keeps_its_shape(house: House) -> None:
    url = picture_part("red", (600, 300))["image_url"]["url"]
    request = VideoRequest("it moves", "5s", resolution="480p", image_url=url)
    job = await house.client.jobs.queue_video(request, house.model(FROM_PICTURE))
    done = await house.done(job)
    with av.open(io.BytesIO(done.data), "r") as film:
        frame = next(film.decode(video=0)).reformat(format="rgb24")
    assert (frame.width, frame.height) == (960, 480)
    at = 200 * frame.planes[0].line_size + 200 * 3
    red, green, blue = bytes(frame.planes[0])[at : at + 3]
    assert red > 200
    assert max(green, blue) < 40


async def test_sound_is_chosen_where_the_model_lets_one(house: House) -> None:
    model = house.model("veo3-fast-text-to-video")
    silent = VideoRequest("a boat", "4s", resolution="720p", audio=False)
    loud = VideoRequest("a boat", "4s", resolution="720p")
    prices = [await house.client.jobs.quote_video(one, model) for one in (silent, loud)]
    assert prices == [400_000, 600_000]
    job = await house.client.jobs.queue_video(silent, model)
    assert _watch((await house.done(job)).data).sound_seconds == 0


@pytest.mark.parametrize(
    ("name", "seconds", "mime"),
    [
        (EFFECTS, 3, "audio/wav"),
        ("mmaudio-v2-text-to-audio", 2, "audio/flac"),
        ("elevenlabs-music", 12, "audio/mpeg"),
        ("ace-step-15", 60, "audio/mpeg"),
    ],
)
async def test_sound_is_as_long_as_asked(house: House, name: str, seconds: int, mime: str) -> None:
    request = AudioRequest("waves on a quay", seconds)
    job = await house.client.jobs.queue_audio(request, house.model(name))
    done = await house.done(job)
    assert done.mime == mime
    assert listen(done.data).seconds == pytest.approx(seconds, abs=0.15)


async def test_a_narration_reads_every_word_and_speed_counts(house: House) -> None:
    model, text = house.model("elevenlabs-tts-v3"), "word " * 12
    lengths: list[float] = []
    for speed in (0.7, 1.2):
        job = await house.client.jobs.queue_audio(AudioRequest(text, voice="Bill", speed=speed), model)
        lengths.append(listen((await house.done(job)).data).seconds)
    assert lengths[0] / lengths[1] == pytest.approx(1.2 / 0.7, rel=0.1)


async def test_every_quote_equals_the_later_bill(house: House) -> None:
    """For every film and sound model of the demo."""
    bill = 0
    url = picture_part("red", (600, 300))["image_url"]["url"]
    for model in house.catalogue.offered("video"):
        image = url if model.video.kind == "image-to-video" else ""
        for resolution in model.video.resolutions:
            film = VideoRequest("a boat", resolution=resolution, image_url=image)
            quote = await house.client.jobs.quote_video(film, model)
            await house.client.jobs.queue_video(film, model)
            assert quote == round(house.demo.requests[-1].cost_usd * 1e6) > 0
            bill += quote
    for model in house.catalogue.offered("music"):
        sound = AudioRequest("waves on a quay", 90, lyrics="la" if model.music.lyrics_required else "")
        quote = await house.client.jobs.quote_audio(sound, model)
        await house.client.jobs.queue_audio(sound, model)
        # The quote is rounded up.
        assert 0 <= quote - house.demo.requests[-1].cost_usd * 1e6 < 1
        assert quote > 0


async def test_a_job_takes_its_time_and_tells_the_estimate(house: House) -> None:
    house.demo.job_seconds = 600
    job = await house.client.jobs.queue_audio(AudioRequest("waves", 1), house.model(EFFECTS))
    state = await house.client.jobs.retrieve(job)
    assert isinstance(state, Processing)
    assert state.average_seconds == 600
    assert state.left_seconds is not None
    assert 500 < state.left_seconds <= 600
    house.demo.finish_jobs()
    assert isinstance(await house.client.jobs.retrieve(job), Done)


async def test_media_stay_until_they_are_deleted(house: House) -> None:
    job = await house.client.jobs.queue_video(
        VideoRequest("a boat", "5s", resolution="480p"), house.model(WAN)
    )
    first, again = await house.done(job), await house.done(job)
    assert first.data == again.data
    assert not await house.client.jobs.complete(job)
    assert isinstance(await house.client.jobs.retrieve(job, delete=True), Done)
    assert isinstance(await house.client.jobs.retrieve(job), Gone)


async def test_sound_is_cleared_away_by_complete(house: House) -> None:
    job = await house.client.jobs.queue_audio(AudioRequest("waves", 1), house.model(EFFECTS))
    assert await house.client.jobs.discard(job)
    assert house.demo.requests[-1].path == "/audio/complete"
    assert isinstance(await house.client.jobs.retrieve(job), Gone)


async def test_a_film_at_its_own_address(house: House) -> None:
    house.demo.faults.next("/video/queue", Fault.job_lasts(600))
    job = await house.client.jobs.queue_video(SHORT, house.model(GROK))
    assert job.download_url
    assert isinstance(await house.client.jobs.retrieve(job), Processing)
    async with httpx.AsyncClient() as anybody:
        assert (await anybody.get(job.download_url)).status_code == 404
        house.demo.finish_jobs()
        assert isinstance(await house.client.jobs.retrieve(job), Done)
        assert "authorization" not in house.demo.requests[-1].headers
        assert (await anybody.get(job.download_url)).headers["content-type"] == "video/mp4"
        assert await house.client.jobs.discard(job)
        assert (await anybody.get(job.download_url)).status_code == 404
    assert isinstance(await house.client.jobs.retrieve(job), Gone)


@pytest.mark.parametrize("refunds", [True, False])
@pytest.mark.parametrize("broken", [True, False])
async def test_a_job_fails_and_the_money_comes_back_or_not(house: House, refunds: bool, broken: bool) -> None:
    fault = Fault.job_breaks(refunds=refunds) if broken else Fault.job_fails(refunds=refunds)
    before = house.demo.balance_usd
    house.demo.faults.next("/video/queue", fault)
    job = await house.client.jobs.queue_video(SHORT, house.model(GROK))
    assert house.demo.balance_usd == pytest.approx(before - 0.05)
    for _ in range(2):
        state = await house.client.jobs.retrieve(job)
        assert isinstance(state, Failed)
        assert state.refunded is refunds
        expected = VeniceFailure.SERVER if broken else VeniceFailure.CONTENT_POLICY
        assert state.failure is expected
    assert house.demo.balance_usd == pytest.approx(before - (0 if refunds else 0.05))


async def test_a_job_expires(house: House) -> None:
    house.demo.faults.next("/audio/queue", Fault.job_expires())
    job = await house.client.jobs.queue_audio(AudioRequest("waves", 1), house.model(EFFECTS))
    assert isinstance(await house.client.jobs.retrieve(job), Gone)


async def test_a_lost_order_is_charged_and_not_sent_again(house: House) -> None:
    house.demo.faults.next("/video/queue", Fault.lost_answer())
    async with VeniceClient("k", house.demo.base_url, timeouts=Timeouts(answer=0.2)) as client:
        with pytest.raises(VeniceError) as caught:
            await client.jobs.queue_video(SHORT, house.model(GROK))
    assert caught.value.failure is VeniceFailure.TIMEOUT
    orders = [seen for seen in house.demo.requests if seen.path == "/video/queue"]
    assert [order.cost_usd for order in orders] == [0.05]


@pytest.mark.parametrize(
    ("code", "failure"),
    [
        (400, VeniceFailure.BAD_REQUEST),
        (402, VeniceFailure.BALANCE),
        (429, VeniceFailure.RATE_LIMITED),
        (500, VeniceFailure.SERVER),
        (503, VeniceFailure.OVERLOADED),
    ],
)
@pytest.mark.parametrize("path", ["/audio/quote", "/audio/queue", "/audio/retrieve"])
async def test_refusals(house: House, path: str, code: int, failure: VeniceFailure) -> None:
    model, request = house.model(EFFECTS), AudioRequest("waves", 1)
    house.demo.faults.next(path, Fault.status(code))
    calls = {
        "/audio/quote": lambda: house.client.jobs.quote_audio(request, model),
        "/audio/queue": lambda: house.client.jobs.queue_audio(request, model),
        "/audio/retrieve": lambda: house.client.jobs.retrieve(Job("audio", EFFECTS, "q")),
    }
    with pytest.raises(VeniceError) as caught:
        await calls[path]()
    assert caught.value.failure is failure


@pytest.mark.parametrize(
    "fault", [Fault.status(500), Fault.html(502), Fault.truncate(), Fault.drop(), Fault.lost_answer()],
    ids=lambda one: str(one.kind) + str(one.code),
)  # fmt: skip
async def test_quotes_and_looks_are_repeated_after_passing_trouble(house: House, fault: Fault) -> None:
    model, request = house.model(EFFECTS), AudioRequest("waves", 1)
    job = await house.client.jobs.queue_audio(request, model)
    quick = Timeouts(answer=0.3, idle=0.3)
    retry = Retry(first_delay=0.01)
    async with VeniceClient("k", house.demo.base_url, timeouts=quick, retry=retry) as client:
        house.demo.faults.next("/audio/quote", fault)
        assert await client.jobs.quote_audio(request, model) == 2_300
        house.demo.faults.next("/audio/retrieve", fault)
        assert isinstance(await client.jobs.retrieve(job), Done)
    paths = [seen.path for seen in house.demo.requests]
    assert (paths.count("/audio/quote"), paths.count("/audio/retrieve")) == (2, 2)
    assert paths.count("/audio/queue") == 1


async def test_a_forbidden_order_costs_nothing_and_has_a_suggestion(house: House) -> None:
    with pytest.raises(VeniceError) as caught:
        await house.client.jobs.queue_audio(AudioRequest("forbidden"), house.model(EFFECTS))
    assert caught.value.failure is VeniceFailure.CONTENT_POLICY
    assert "a calm song of the sea" in caught.value.reader_text
    assert house.demo.requests[-1].cost_usd == 0
