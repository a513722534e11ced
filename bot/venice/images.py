"""`client.images`: changing pictures, enlarging them, cutting out what they show."""

from __future__ import annotations

from bot.venice.calls import Calls
from bot.venice.edits import EditRequest, UpscaleRequest, background_body, edit_call, upscale_body
from bot.venice.media import ImageResult
from bot.venice.media_answers import read_picture
from bot.venice.models import Model

BACKGROUND_REMOVER = "bria-bg-remover"
"""What /image/background-remove runs: an anonymized model, so the maker of it sees the picture."""
UPSCALER = "upscaler"


class Images:
    """Every method returns one picture and raises VeniceError only. `user` is the person's hash, for the
    error breaker. Calls are repeated only while nothing can have been charged."""

    def __init__(self, calls: Calls) -> None:
        self._calls = calls

    async def edit(self, request: EditRequest, model: Model, *, user: str = "") -> ImageResult:
        """One or several pictures changed by words. CONTENT_POLICY when the prompt is refused; look at
        `notices.content_violation` and `notices.blurred` all the same."""
        path, body = edit_call(request, model)
        send = self._calls.wire.post
        return read_picture(await self._calls.paid(model.id, user, lambda: send(path, body)))

    async def upscale(self, request: UpscaleRequest, *, user: str = "") -> ImageResult:
        """A larger PNG."""
        body = upscale_body(request)
        send = self._calls.wire.post
        return read_picture(await self._calls.paid(UPSCALER, user, lambda: send("image/upscale", body)))

    async def remove_background(self, image: bytes, *, user: str = "") -> ImageResult:
        """A PNG with alpha in which only the subject is left."""
        body = background_body(image)
        send, path = self._calls.wire.post, "image/background-remove"
        return read_picture(await self._calls.paid(BACKGROUND_REMOVER, user, lambda: send(path, body)))
