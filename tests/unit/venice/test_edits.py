"""Changing pictures: which path, which fields, what it costs, what is refused before sending."""

from __future__ import annotations

import base64
from decimal import Decimal
from typing import Any

import pytest

from bot.errors import Fault, VeniceError, VeniceFailure
from bot.venice import (
    EditRequest,
    Model,
    Pricing,
    UpscaleRequest,
    background_cost,
    edit_ceiling,
    edit_cost,
    upscale_cost,
)
from bot.venice.edits import background_body, edit_call, upscale_body
from bot.venice.models import ImageConstraints, read_model
from tests.pictures import picture
from tests.unit.venice.clients import client_of, failure_of
from tests.unit.venice.wire import Reply, canned, json_reply

PNG = picture()
PRICES = Pricing(
    inpaint=Decimal("0.06"),
    resolutions={"1K": Decimal("0.06"), "2K": Decimal("0.11")},
    images_included=1,
    image_additional=Decimal("0.00345"),
)


def editor(**shape: Any) -> Model:
    """An editing model with these constraints."""
    return Model(id="ed", medium="inpaint", name="Ed", image=ImageConstraints(**shape), pricing=PRICES)


def test_one_picture_goes_to_edit_with_model_and_image() -> None:
    path, body = edit_call(EditRequest(" a cat ", (PNG,)), editor())
    assert (path, set(body)) == ("image/edit", {"model", "image", "prompt", "safe_mode"})
    assert (body["model"], body["prompt"], body["safe_mode"]) == ("ed", "a cat", True)
    assert base64.b64decode(str(body["image"])) == PNG


def test_several_pictures_go_to_multi_edit_which_calls_the_model_otherwise() -> None:
    path, body = edit_call(EditRequest("a cat", (PNG, PNG)), editor())
    assert (path, set(body)) == ("image/multi-edit", {"modelId", "images", "prompt", "safe_mode"})


def test_a_quality_needs_multi_edit_and_a_model_that_has_it() -> None:
    request = EditRequest("a cat", (PNG,), quality="high")
    path, body = edit_call(request, editor(qualities=("low", "high")))
    assert (path, body["quality"]) == ("image/multi-edit", "high")
    for model in (editor(), editor(qualities=("low",)), editor(qualities=("high",), max_inputs=1)):
        path, body = edit_call(request, model)
        assert path == "image/edit"
        assert "quality" not in body


def test_only_what_the_model_and_the_endpoint_take_is_sent() -> None:
    full = EditRequest("a cat", (PNG,), "16:9", "2K", "", "webp", False, True)
    assert {"aspect_ratio", "resolution"}.isdisjoint(edit_call(full, editor())[1])
    able = editor(aspect_ratios=("1:1", "16:9"), resolutions=("1K", "2K"))
    body = edit_call(full, able)[1]
    assert (body["aspect_ratio"], body["resolution"], body["output_format"]) == ("16:9", "2K", "webp")
    assert (body["safe_mode"], body["enhance_prompt"]) == (False, True)
    # The model lists 5:4, the endpoint does not take it; the nearest it takes is square.
    odd = EditRequest("a cat", (PNG,), "5:4")
    assert edit_call(odd, editor(aspect_ratios=("5:4", "1:1")))[1]["aspect_ratio"] == "1:1"
    stiff = editor(aspect_ratios=("1:1", "16:9"), single_ratio=False)
    assert "aspect_ratio" not in edit_call(full, stiff)[1]


@pytest.mark.parametrize(
    ("request_", "words"),
    [
        (EditRequest(" ", (PNG,)), "what to change"),
        (EditRequest("x" * 33_000, (PNG,)), "32,768"),
        (EditRequest("x", ()), "Send me the picture"),
        (EditRequest("x", (PNG,) * 4), "3 pictures"),
        (EditRequest("x", (b"GIF89a",)), "PNG, JPEG or WebP"),
        (EditRequest("x", (picture((255, 256)),)), "too small"),
        (EditRequest("x", (picture((7000, 5000)),)), "33 megapixels"),
    ],
)
def test_edits_venice_would_refuse(request_: EditRequest, words: str) -> None:
    with pytest.raises(VeniceError) as caught:
        edit_call(request_, editor())
    assert words in caught.value.reader_text
    assert caught.value.fault is Fault.USER


def test_pictures_together_have_25_megabytes() -> None:
    heavy = PNG + bytes(13 * 1024 * 1024)
    edit_call(EditRequest("x", (heavy,)), editor())
    with pytest.raises(VeniceError) as caught:
        edit_call(EditRequest("x", (heavy, heavy)), editor())
    assert caught.value.failure is VeniceFailure.TOO_LARGE


def test_upscale_and_cut_out_name_no_model_and_send_bare_base64() -> None:
    body = upscale_body(UpscaleRequest(PNG, 4, 7.0))
    assert base64.b64decode(str(body["image"]), validate=True) == PNG
    assert (body["scale"], body["creativity"], set(body)) == (4, 0.02, {"image", "scale", "creativity"})
    assert set(upscale_body(UpscaleRequest(PNG))) == {"image", "scale"}
    assert set(background_body(PNG)) == {"image"}
    with pytest.raises(VeniceError) as caught:
        upscale_body(UpscaleRequest(picture((3000, 2000))))
    assert "large already" in caught.value.reader_text


def test_what_edits_cost() -> None:
    model = editor(resolutions=("1K", "2K"), default_resolution="1K")
    assert edit_ceiling(model, EditRequest("x", (PNG,))) == 60_000
    assert edit_ceiling(model, EditRequest("x", (PNG,) * 3, resolution="2K")) == 110_000 + 2 * 3_450
    two = EditRequest("x", (PNG,) * 2, enhance_prompt=True)
    assert edit_ceiling(model, two) == 60_000 + 3_450 + 40_000
    assert edit_cost(model, two, violation=False, enhanced=False).micro_usd == 63_450
    assert edit_cost(model, two, violation=True, enhanced=True).micro_usd == 0


def test_what_an_included_picture_costs_where_none_is() -> None:
    prices = {"inpaint": {"usd": 0.03}, "inputImages": {"included": 0, "additional": {"usd": 0.0023}}}
    model = read_model({"id": "grok", "type": "inpaint", "model_spec": {"pricing": prices}})
    assert model is not None
    assert model.offered
    assert edit_ceiling(model, EditRequest("x", (PNG,))) == 32_300


def test_what_upscale_and_cut_out_cost() -> None:
    model = read_model(
        {
            "id": "up",
            "type": "upscale",
            "model_spec": {"pricing": {"upscale": {"2x": {"usd": 0.02}, "4x": {"usd": 0.08}}}},
        }
    )
    assert model is not None
    assert [upscale_cost(model, scale) for scale in (2, 2.5, 4)] == [20_000, 80_000, 80_000]
    assert background_cost() == 30_000
    assert background_cost(Model("b", "image", "B", pricing=Pricing(generation=Decimal("0.05")))) == 50_000


async def test_the_answer_is_a_picture_with_its_notices() -> None:
    headers = {"Content-Type": "image/jpeg", "x-venice-is-blurred": "true", "CF-RAY": "ray-7"}
    async with canned(Reply(200, headers, [b"\xff\xd8\xffx"])) as server, client_of(server) as client:
        result = await client.images.edit(EditRequest("x", (PNG,)), editor())
    assert (result.images, result.mime, result.request_id) == ((b"\xff\xd8\xffx",), "image/jpeg", "ray-7")
    assert result.notices.blurred


@pytest.mark.parametrize("reply", [json_reply({}), Reply(200, {"Content-Type": "image/png"}, [])])
async def test_no_picture_is_a_bad_answer(reply: Reply) -> None:
    error = await failure_of(reply, call=lambda client: client.images.remove_background(PNG))
    assert error.failure is VeniceFailure.BAD_ANSWER


async def test_what_may_have_been_charged_is_not_repeated() -> None:
    busy, broken = json_reply({"error": "busy"}, 503), json_reply({"error": "oops"}, 500)
    fine = Reply(200, {"Content-Type": "image/png"}, [PNG])
    async with canned(busy, fine) as server, client_of(server) as client:
        await client.images.upscale(UpscaleRequest(PNG))
        assert len(server.seen) == 2
    async with canned(broken, fine) as server, client_of(server) as client:
        with pytest.raises(VeniceError):
            await client.images.upscale(UpscaleRequest(PNG))
        assert len(server.seen) == 1


async def test_a_refused_edit_tells_the_suggestion() -> None:
    refusal = json_reply({"error": "Your prompt violates", "suggested_prompt": "a kinder cat"}, 422)
    error = await failure_of(
        refusal, call=lambda client: client.images.edit(EditRequest("x", (PNG,)), editor())
    )
    assert error.failure is VeniceFailure.CONTENT_POLICY
    assert "a kinder cat" in error.reader_text
    assert "kinder" not in error.detail
