"""Every request of the endpoints beside chat, as the client sends it to every model of the snapshot."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime

from bot.venice import (
    AnalyticsQuery,
    AudioRequest,
    Document,
    EditRequest,
    Element,
    Job,
    KeyChange,
    Keyframe,
    KeyOrder,
    Model,
    SearchRequest,
    UpscaleRequest,
    UsageQuery,
    VeniceClient,
    VideoRequest,
    VoiceSample,
    cloning_of,
)
from bot.venice.constraints import MusicConstraints, VideoConstraints
from bot.venice.models import ImageConstraints
from tests.contract.spec_requests import Drive, models_of
from tests.pictures import picture
from tests.unit.venice.wire import Reply, json_reply

PNG = picture()
FULL_EDIT = EditRequest("a boat", (PNG,), "16:9", "2K", "high", "webp", False, True)
EDITOR = ImageConstraints(
    prompt_limit=2_500,
    aspect_ratios=("auto", "1:1", "5:4", "16:9"),
    resolutions=("1K", "2K"),
    qualities=("low", "high"),
)
"""The snapshot leaves constraints out; this is what a capable model lists. Luma's do not combine pictures."""


def editors() -> Iterator[Model]:
    """Every editing model, as the snapshot has it and with constraints."""
    for model in models_of("inpaint"):
        yield model
        yield replace(model, image=replace(EDITOR, max_inputs=1 if "luma" in model.id else 3))


async def drive_edits(client: VeniceClient) -> None:
    """Plain and full edits of one and of three pictures."""
    for model in editors():
        await client.images.edit(EditRequest("a boat", (PNG,)), model)
        await client.images.edit(FULL_EDIT, model)
        if "luma" not in model.id:
            await client.images.edit(replace(FULL_EDIT, images=(PNG, PNG, PNG)), model)


async def drive_upscale(client: VeniceClient) -> None:
    """Both scales, with and without creativity, and the cut-out."""
    await client.images.upscale(UpscaleRequest(PNG))
    await client.images.upscale(UpscaleRequest(PNG, 4, 9.0))
    await client.images.remove_background(PNG)


LINK = "https://example.org/a"
FULL_FILM = VideoRequest(
    "a boat",
    "10s",
    "9:16",
    "1080p",
    "people",
    False,
    LINK,
    LINK,
    LINK,
    LINK,
    (LINK,) * 30,
    (LINK,),
    (LINK,),
    (LINK,),
    (LINK,),
    (Element(LINK, (LINK,) * 4, LINK),),
    (Keyframe(LINK, 24),),
    2,
    12.5,
)
FILM_MAKER = VideoConstraints(
    "image-to-video", ("5s", "10s"), ("720p", "1080p"), ("16:9", "9:16"), True, True, 20_000
)
FULL_SOUND = AudioRequest("a song of the sea", 75, "la la", False, True, True, "", "en", 9.0)
MUSICIAN = MusicConstraints(
    lyrics=True,
    lyrics_optimizer=True,
    instrumental=True,
    loop=True,
    language=True,
    speed=True,
    duration_options=(60, 90),
)


async def drive_films(client: VeniceClient) -> None:
    """Quotes and orders, plain and full, to every film model."""
    for model in models_of("video"):
        able = replace(model, video=FILM_MAKER)
        for request, maker in ((VideoRequest("a boat"), model), (FULL_FILM, model), (FULL_FILM, able)):
            await client.jobs.quote_video(request, maker)
            await client.jobs.queue_video(request, maker)


async def drive_sounds(client: VeniceClient) -> None:
    """Quotes and orders, plain and full, to every model of music and sound."""
    for model in models_of("music"):
        able = replace(model, music=MUSICIAN)
        written = replace(FULL_SOUND, lyrics="", write_lyrics=True, voice=next(iter(model.voices), ""))
        plain = AudioRequest("a song")
        for request, maker in ((plain, model), (FULL_SOUND, able), (written, able)):
            await client.jobs.quote_audio(request, maker)
            await client.jobs.queue_audio(request, maker)


async def drive_looks(client: VeniceClient) -> None:
    """Looking, keeping and clearing away."""
    for job in (Job("video", "a-film", "q1"), Job("audio", "a-song", "q2")):
        await client.jobs.retrieve(job)
        await client.jobs.retrieve(job, delete=True)
        await client.jobs.complete(job)


async def drive_voices(client: VeniceClient) -> None:
    """A sample to every model that learns voices."""
    for model in models_of("tts"):
        if cloning_of(model) is not None:
            await client.clone_voice(VoiceSample(b"RIFF", "me.wav"), model)


async def drive_augment(client: VeniceClient) -> None:
    """Searching with both providers, a page, and documents."""
    await client.augment.search(SearchRequest("tides"))
    await client.augment.search(SearchRequest("tides", 99, "google"))
    await client.augment.scrape("https://example.org/tides?a=1")
    await client.augment.parse(Document(b"%PDF-", "a.pdf"))
    await client.augment.parse(Document(b"hello", ""))


async def drive_reviews(client: VeniceClient) -> None:
    """The first page and a far one."""
    await client.character_reviews("alan-watts")
    await client.character_reviews("alan watts/ä", 7, 500)


NOON = datetime(2026, 11, 1, 12, tzinfo=UTC)


async def drive_ledger(client: VeniceClient) -> None:
    """Balance, ledger, lists of keys and refused calls, with every filter."""
    account = client.account
    await account.balance()
    await account.usage(UsageQuery())
    await account.usage(UsageQuery("USD", NOON, NOON, 3))
    await account.usage("eyJh-_9")
    await account.analytics()
    await account.analytics(AnalyticsQuery(400))
    await account.analytics(AnalyticsQuery(start=NOON.date(), end=NOON.date()))
    await account.keys()
    await account.rate_limit_log()


async def drive_csv(client: VeniceClient) -> None:
    """A page of the ledger as CSV."""
    await client.account.usage_csv(UsageQuery(start=NOON))


async def drive_keys(client: VeniceClient) -> None:
    """Keys looked at, made, changed and deleted."""
    account = client.account
    await account.key("k 1/ä")
    await account.create_key(KeyOrder("a bot"))
    await account.create_key(KeyOrder("a bot", "ADMIN", 12_340_000, 5, "MONTH", "PRIVATE_ONLY", NOON.date()))
    await account.create_key(KeyOrder("a bot", expires=NOON))
    await account.update_key(KeyChange("k1", "other", 1_000_000, period="EPOCH", privacy="ALL", expires=NOON))
    await account.update_key(KeyChange("k1", no_limit=True, no_expiry=True))
    await account.delete_key("k 1")


LEDGER = json_reply({"canConsume": True, "data": []})
A_KEY = json_reply({"success": True, "data": {"id": "k1", "apiKey": "x"}})
CSV = Reply(200, {"Content-Type": "text/csv"}, [b"a,b"])
FOUND = json_reply({"results": [], "url": "u", "content": "c", "text": "t", "tokens": 1})
QUEUED = json_reply({"quote": 0.5, "model": "m", "queue_id": "q"})
LOOKED = json_reply({"status": "PROCESSING", "success": True})
A_PICTURE = Reply(200, {"Content-Type": "image/png"}, [PNG])
MORE: dict[str, tuple[Reply, Drive, int]] = {
    "edits": (A_PICTURE, drive_edits, 100),
    "upscale": (A_PICTURE, drive_upscale, 3),
    "films": (QUEUED, drive_films, 600),
    "sounds": (QUEUED, drive_sounds, 80),
    "looks": (LOOKED, drive_looks, 6),
    "voices": (json_reply({"id": "vv_1"}), drive_voices, 2),
    "augment": (FOUND, drive_augment, 5),
    "ledger": (LEDGER, drive_ledger, 9),
    "csv": (CSV, drive_csv, 1),
    "keys": (A_KEY, drive_keys, 7),
    "reviews": (json_reply({"data": []}), drive_reviews, 2),
}
"""What to answer, what to send, and how many requests that is at least."""
