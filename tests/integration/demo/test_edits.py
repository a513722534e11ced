"""Pictures that are changed: decoded and measured, never taken on trust."""

from __future__ import annotations

import base64
from typing import Any

import pytest
from PIL import Image, ImageChops, ImageStat

from bot.demo import DemoVenice, Fault
from bot.errors import VeniceError, VeniceFailure
from bot.venice import (
    EditRequest,
    Model,
    Timeouts,
    UpscaleRequest,
    VeniceClient,
    background_cost,
    edit_cost,
    upscale_cost,
)
from tests.integration.demo.caller import Caller
from tests.pictures import opened, picture

BASE = picture()
LAYER = picture((300, 300), ground="blue", subject="yellow")


def _apart(one: Image.Image, other: Image.Image) -> float:
    """The mean difference of two pictures of one size, 0..255."""
    return sum(ImageStat.Stat(ImageChops.difference(one.convert("RGB"), other.convert("RGB"))).mean) / 3


async def _model(client: VeniceClient, name: str) -> Model:
    found = (await client.catalogue()).get(name)
    assert found is not None
    return found


async def _edited(demo: DemoVenice, prompt: str, *images: bytes, **more: Any) -> bytes:
    name = more.pop("model", "firered-image-edit")
    async with VeniceClient("k", demo.base_url) as client:
        result = await client.images.edit(EditRequest(prompt, images, **more), await _model(client, name))
    return result.images[0]


async def test_an_edit_is_visible_and_the_same_each_time(demo: DemoVenice) -> None:
    base = opened(BASE)
    first = await _edited(demo, "make it purple", BASE)
    assert first == await _edited(demo, "make it purple", BASE)
    other = await _edited(demo, "add a cat", BASE)
    assert opened(first).size == opened(other).size == base.size
    assert _apart(base, opened(first)) > 20
    assert _apart(base, opened(other)) > 5
    assert _apart(opened(first), opened(other)) > 10


async def test_black_and_white_is_grey(demo: DemoVenice) -> None:
    red, green, blue = opened(await _edited(demo, "black and white please", BASE)).split()
    middle = (160, 128)
    assert red.getpixel(middle) == green.getpixel(middle) == blue.getpixel(middle)


async def test_several_pictures_are_composed(demo: DemoVenice) -> None:
    alone = opened(await _edited(demo, "mirror", BASE))
    joined = opened(await _edited(demo, "mirror", BASE, LAYER))
    assert joined.getpixel((2, joined.height - 2)) == (0, 0, 255)
    assert alone.getpixel((2, alone.height - 2)) == (255, 255, 255)


@pytest.mark.parametrize(
    ("more", "kind", "size"),
    [
        ({}, "PNG", (1145, 916)),
        ({"resolution": "2K"}, "JPEG", (2290, 1832)),
        ({"aspect_ratio": "1:1", "format": "webp"}, "WEBP", (1024, 1024)),
        ({"aspect_ratio": "16:9", "quality": "low", "format": "jpeg"}, "JPEG", (1365, 768)),
    ],
)
async def test_format_ratio_and_resolution(
    demo: DemoVenice, more: dict[str, Any], kind: str, size: tuple[int, int]
) -> None:
    result = opened(await _edited(demo, "sepia", BASE, model="gpt-image-2-edit", **more))
    assert (result.format, result.size) == (kind, size)


@pytest.mark.parametrize(("scale", "size"), [(2, (640, 512)), (4, (1280, 1024))])
async def test_upscale_really_enlarges(demo: DemoVenice, scale: Any, size: tuple[int, int]) -> None:
    async with VeniceClient("k", demo.base_url) as client:
        result = await client.images.upscale(UpscaleRequest(BASE, scale))
        cost = upscale_cost(await _model(client, "upscaler"), scale)
    larger = opened(result.images[0])
    assert (larger.format, larger.size) == ("PNG", size)
    assert _apart(larger.resize(opened(BASE).size), opened(BASE)) < 3  # pyright: ignore[reportUnknownMemberType]
    assert cost == round(sum(seen.cost_usd for seen in demo.requests) * 1e6)


async def test_four_times_is_lowered_to_what_fits(caller: Caller) -> None:
    body = {"image": base64.b64encode(picture((2000, 1500))).decode(), "scale": 4}
    larger = opened((await caller.post("/image/upscale", body)).content)
    assert larger.width * larger.height <= 16_777_216
    assert larger.width > 4000


async def test_the_background_is_clear_and_the_subject_is_not(demo: DemoVenice) -> None:
    async with VeniceClient("k", demo.base_url) as client:
        cut = opened((await client.images.remove_background(BASE)).images[0])
    assert (cut.format, cut.mode, cut.size) == ("PNG", "RGBA", (320, 256))
    assert cut.getchannel("A").getpixel((2, 2)) == 0
    assert cut.getpixel((160, 128)) == (255, 0, 0, 255)
    assert background_cost() == round(demo.requests[-1].cost_usd * 1e6)


async def test_something_is_left_of_a_picture_without_a_subject(demo: DemoVenice) -> None:
    async with VeniceClient("k", demo.base_url) as client:
        cut = opened((await client.images.remove_background(picture(subject="white"))).images[0])
    alpha = cut.getchannel("A")
    assert (alpha.getpixel((0, 0)), alpha.getpixel((160, 128))) == (0, 255)


async def test_the_client_s_cost_is_the_demo_s_bill(demo: DemoVenice) -> None:
    async with VeniceClient("k", demo.base_url) as client:
        for name in ("firered-image-edit", "grok-imagine-edit", "gpt-image-2-edit"):
            model = await _model(client, name)
            for count in (1, 3):
                for resolution in ("", "2K"):
                    request = EditRequest("sepia", (BASE,) * count, resolution=resolution, quality="low")
                    result = await client.images.edit(request, model)
                    cost = edit_cost(model, request, violation=False, enhanced=False)
                    assert cost.micro_usd == round(demo.requests[-1].cost_usd * 1e6), (name, request)
                    assert not result.notices.content_violation


async def test_adult_words_blur_only_in_safe_mode(demo: DemoVenice) -> None:
    async with VeniceClient("k", demo.base_url) as client:
        model = await _model(client, "firered-image-edit")
        safe = await client.images.edit(EditRequest("nude mirror", (BASE,)), model)
        free = await client.images.edit(EditRequest("nude mirror", (BASE,), safe_mode=False), model)
    assert (safe.notices.blurred, free.notices.blurred) == (True, False)
    assert safe.images != free.images


@pytest.mark.parametrize(
    ("fault", "failure"),
    [
        (Fault.status(400), VeniceFailure.BAD_REQUEST),
        (Fault.status(402), VeniceFailure.BALANCE),
        (Fault.status(422), VeniceFailure.CONTENT_POLICY),
        (Fault.overloaded(60), VeniceFailure.OVERLOADED),
        (Fault.status(500), VeniceFailure.SERVER),
        (Fault.html(502), VeniceFailure.SERVER),
        (Fault.truncate(), VeniceFailure.TRUNCATED),
        (Fault.lost_answer(), VeniceFailure.TIMEOUT),
    ],
    ids=lambda one: str(getattr(one, "kind", one)),
)
async def test_faults_end_in_their_failure_after_one_request(
    demo: DemoVenice, fault: Fault, failure: VeniceFailure
) -> None:
    demo.faults.next("/image/upscale", fault)
    async with VeniceClient("k", demo.base_url, timeouts=Timeouts(answer=0.3)) as client:
        with pytest.raises(VeniceError) as caught:
            await client.images.upscale(UpscaleRequest(BASE))
    assert caught.value.failure is failure
    assert len(demo.requests) == 1
