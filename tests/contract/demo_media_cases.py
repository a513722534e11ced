"""Exchanges about pictures that are changed."""

from __future__ import annotations

import base64
from typing import Any

from bot.demo.faults import Fault
from tests.contract.demo_cases import Case, post
from tests.pictures import picture

EDIT, MULTI, UPSCALE, CUT = (
    "/image/edit",
    "/image/multi-edit",
    "/image/upscale",
    "/image/background-remove",
)
PNG = picture()
IMAGE = base64.b64encode(PNG).decode()
ONE: dict[str, Any] = {"model": "firered-image-edit", "prompt": "add a cat", "image": IMAGE}
TWO: dict[str, Any] = {"modelId": "firered-image-edit", "prompt": "combine them", "images": [IMAGE, IMAGE]}
PLAIN: dict[str, Any] = {"image": IMAGE}
BODIES = {EDIT: ONE, MULTI: TWO, UPSCALE: PLAIN, CUT: PLAIN}


def _form(name: str, path: str, fields: dict[str, str], *names: str) -> Case:
    files = [(one, ("a.png", PNG, "image/png")) for one in names]
    return Case(f"{name} form", "POST", path, 200, {"data": fields, "files": files})


EDIT_CASES = (
    *(post(f"edit {form}", EDIT, {**ONE, "output_format": form}) for form in ("png", "jpeg", "webp")),
    post("edit from a data URL", EDIT, {**ONE, "image": f"data:image/png;base64,{IMAGE}"}),
    post("edit of two", MULTI, TWO),
    post("edit of high quality", MULTI, {**TWO, "modelId": "gpt-image-2-edit", "quality": "low"}),
    post("twice the size", UPSCALE, PLAIN),
    post("four times the size", UPSCALE, {**PLAIN, "scale": 4, "creativity": 0.02, "enhance": True}),
    post("background gone", CUT, PLAIN),
    _form("edit", EDIT, {"prompt": "add a cat", "safe_mode": "true"}, "image"),
    _form("edit of two", MULTI, {"prompt": "combine"}, "images", "images"),
    _form("larger", UPSCALE, {"scale": "2"}, "image"),
    _form("background gone", CUT, {}, "image"),
    post("edit with a quality", EDIT, {**ONE, "quality": "high"}, 400),
    post("edit in a missing resolution", EDIT, {**ONE, "resolution": "4K"}, 400),
    post("edit of nothing", EDIT, {**ONE, "image": "!"}, 400),
    post("edit of too many", MULTI, {**TWO, "images": [IMAGE] * 4}, 400),
    post("larger from a data URL", UPSCALE, {"image": f"data:image/png;base64,{IMAGE}"}, 400),
    post("two backgrounds", CUT, {"image": IMAGE, "image_url": "https://example.org/a.png"}, 400),
    post("forbidden edit", EDIT, {**ONE, "prompt": "forbidden"}, 422),
    post("forbidden edit of two", MULTI, {**TWO, "prompt": "forbidden"}, 422),
    post("edit without model", EDIT, {**ONE, "model": "nobody"}, 404),
    post("edit of two without model", MULTI, {**TWO, "modelId": "nobody"}, 404),
    *(post(f"{path} without key", path, body, 402, keyed=False) for path, body in BODIES.items()),
    *(post(f"{path} too fast", path, body, 429, fault=Fault.status(429)) for path, body in BODIES.items()),
    *(post(f"{path} broken", path, body, 500, fault=Fault.status(500)) for path, body in BODIES.items()),
    *(post(f"{path} busy", path, body, 503, fault=Fault.status(503)) for path, body in BODIES.items()),
)
