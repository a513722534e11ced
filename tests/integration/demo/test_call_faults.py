"""Every call beside chat, through every refusal and silence the demo can script: one request, one failure."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import pytest

from bot.demo import DemoVenice, Fault
from bot.errors import VeniceError, VeniceFailure
from bot.venice import (
    AudioRequest,
    Catalogue,
    Document,
    EditRequest,
    Job,
    KeyChange,
    KeyOrder,
    Model,
    Retry,
    SearchRequest,
    Timeouts,
    UpscaleRequest,
    UsageQuery,
    VeniceClient,
    VideoRequest,
    VoiceSample,
)
from tests.contract.demo_cases import wav
from tests.pictures import picture

PNG = picture()
FILM = VideoRequest("a boat", "1s", resolution="480p")
Named = Callable[[str], Model]
Call = Callable[[VeniceClient, Named], Awaitable[object]]

CALLS: dict[str, tuple[str, Call]] = {
    "edit": (
        "/image/edit",
        lambda client, model: client.images.edit(EditRequest("sepia", (PNG,)), model("firered-image-edit")),
    ),
    "multi-edit": (
        "/image/multi-edit",
        lambda client, model: client.images.edit(
            EditRequest("sepia", (PNG, PNG)), model("firered-image-edit")
        ),
    ),
    "upscale": ("/image/upscale", lambda client, _: client.images.upscale(UpscaleRequest(PNG))),
    "cut out": ("/image/background-remove", lambda client, _: client.images.remove_background(PNG)),
    "film quote": (
        "/video/quote",
        lambda client, model: client.jobs.quote_video(FILM, model("grok-imagine-text-to-video-private")),
    ),
    "film order": (
        "/video/queue",
        lambda client, model: client.jobs.queue_video(FILM, model("grok-imagine-text-to-video-private")),
    ),
    "film look": ("/video/retrieve", lambda client, _: client.jobs.retrieve(Job("video", "m", "q"))),
    "sound quote": (
        "/audio/quote",
        lambda client, model: client.jobs.quote_audio(AudioRequest("waves", 1), model("elevenlabs-music")),
    ),
    "sound order": (
        "/audio/queue",
        lambda client, model: client.jobs.queue_audio(AudioRequest("waves", 1), model("elevenlabs-music")),
    ),
    "sound look": ("/audio/retrieve", lambda client, _: client.jobs.retrieve(Job("audio", "m", "q"))),
    "voice": (
        "/audio/voices",
        lambda client, model: client.clone_voice(VoiceSample(wav(1), "a.wav"), model("tts-chatterbox-hd")),
    ),
    "search": ("/augment/search", lambda client, _: client.augment.search(SearchRequest("tides"))),
    "page": ("/augment/scrape", lambda client, _: client.augment.scrape("https://example.org/a")),
    "document": ("/augment/text-parser", lambda client, _: client.augment.parse(Document(b"a", "a.txt"))),
    "reviews": ("/characters/madrigal/reviews", lambda client, _: client.character_reviews("madrigal")),
    "balance": ("/billing/balance", lambda client, _: client.account.balance()),
    "ledger": ("/billing/usage-history", lambda client, _: client.account.usage(UsageQuery())),
    "analytics": ("/billing/usage-analytics", lambda client, _: client.account.analytics()),
    "keys": ("/api_keys", lambda client, _: client.account.keys()),
    "key made": ("/api_keys", lambda client, _: client.account.create_key(KeyOrder("a"))),
    "key changed": ("/api_keys", lambda client, _: client.account.update_key(KeyChange("a"))),
    "key deleted": ("/api_keys", lambda client, _: client.account.delete_key("a")),
    "refused calls": ("/api_keys/rate_limits/log", lambda client, _: client.account.rate_limit_log()),
}
SENT_AGAIN = frozenset({"reviews", "balance", "ledger", "analytics", "keys", "key deleted", "refused calls"})
"""GET and DELETE: the transport itself sends them once more when the connection drops, POST never."""
FAULTS: tuple[tuple[Fault, VeniceFailure], ...] = (
    (Fault.status(400), VeniceFailure.BAD_REQUEST),
    (Fault.status(401), VeniceFailure.AUTH),
    (Fault.status(402), VeniceFailure.BALANCE),
    (Fault.status(403), VeniceFailure.FORBIDDEN),
    (Fault.status(413), VeniceFailure.TOO_LARGE),
    (Fault.status(429), VeniceFailure.RATE_LIMITED),
    (Fault.overloaded(1), VeniceFailure.OVERLOADED),
    (Fault.status(500), VeniceFailure.SERVER),
    (Fault.html(502), VeniceFailure.SERVER),
    (Fault.status(503), VeniceFailure.OVERLOADED),
    (Fault.status(504), VeniceFailure.TIMEOUT),
    (Fault.drop(), VeniceFailure.TRUNCATED),
    (Fault.hang(), VeniceFailure.TIMEOUT),
)


def _named(catalogue: Catalogue) -> Named:
    def model(name: str) -> Model:
        found = catalogue.get(name)
        assert found is not None
        return found

    return model


@pytest.mark.parametrize("name", CALLS)
async def test_every_fault_of_every_call(demo: DemoVenice, name: str) -> None:
    path, call = CALLS[name]
    quick = Timeouts(answer=0.15, listing=0.15, idle=0.15)
    async with VeniceClient("VENICE_ADMIN_KEY_demo", demo.base_url) as patient:
        model = _named(await patient.catalogue())
    seen = len(demo.requests)
    for fault, failure in FAULTS:
        dropped_twice = name in SENT_AGAIN and fault.kind == "drop"
        demo.faults.next(path, fault).times(1 + dropped_twice)
        # A client of its own for each: eighteen failures would open the breaker.
        async with VeniceClient(
            "VENICE_ADMIN_KEY_demo", demo.base_url, timeouts=quick, retry=Retry(tries=1)
        ) as client:
            with pytest.raises(VeniceError) as caught:
                await call(client, model)
        assert caught.value.failure is failure, fault
        assert caught.value.reader_text
        assert not caught.value.reader_text.startswith("venice")
    spent = [one.cost_usd for one in demo.requests[seen:]]
    assert spent == [0.0] * (len(FAULTS) + (name in SENT_AGAIN))
    assert {one.path for one in demo.requests[seen:]} == {path}
