"""Every request of the endpoints beside chat, as the client sends it to every model of the snapshot."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from bot.venice import EditRequest, Model, UpscaleRequest, VeniceClient
from bot.venice.models import ImageConstraints
from tests.contract.spec_requests import Drive, models_of
from tests.pictures import picture
from tests.unit.venice.wire import Reply

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


A_PICTURE = Reply(200, {"Content-Type": "image/png"}, [PNG])
MORE: dict[str, tuple[Reply, Drive, int]] = {
    "edits": (A_PICTURE, drive_edits, 100),
    "upscale": (A_PICTURE, drive_upscale, 3),
}
"""What to answer, what to send, and how many requests that is at least."""
