"""POST /embeddings: vectors by hashed words, so that texts with common words lie near each other."""

from __future__ import annotations

import base64
import math
import re
import struct
import zlib
from collections.abc import Sequence

from starlette.responses import JSONResponse, Response

from bot.demo.catalogue import find
from bot.demo.checks import Check, array, either, number, one_of, shape, text
from bot.demo.headers import model_headers
from bot.demo.jsonvalue import Json, as_integer, as_list, as_text
from bot.demo.refusals import invalid_field, plain, require
from bot.demo.state import Call
from bot.demo.tokens import count_tokens

FIELDS: dict[str, Check] = {
    "model": text(1),
    "input": either(text(1), array(text(1), 1, 2048)),
    "encoding_format": one_of("float", "base64"),
    "dimensions": number(1, whole=True),
    "user": text(),
}
CHECK = shape(FIELDS, required=("model", "input"))


def vector(words: str, size: int) -> list[float]:
    """A unit vector of `size` numbers; the same text gives the same vector."""
    numbers = [0.0] * size
    for word in re.findall(r"\w+", words.lower()) or [words]:
        mark = zlib.crc32(word.encode())
        numbers[mark % size] += 1.0 if mark >> 16 & 1 else -1.0
    length = math.sqrt(sum(value * value for value in numbers)) or 1.0
    return [round(value / length, 7) for value in numbers]


def _encode(numbers: Sequence[float], form: str) -> Json:
    if form == "base64":
        return base64.b64encode(struct.pack(f"<{len(numbers)}f", *numbers)).decode()
    return numbers


async def embed(call: Call, slug: str) -> Response:
    body = require(CHECK, call.record.json)
    model = find(as_text(body["model"]), "embedding")
    if model is None:
        raise plain(404, "Specified model not found")
    if "dimensions" in body and model.spec.get("supportsCustomDimensions") is not True:
        raise invalid_field("dimensions", f"dimensions is not supported by model {model.id}")
    given = body["input"]
    texts = [given] if isinstance(given, str) else [as_text(item) for item in as_list(given)]
    form = as_text(body.get("encoding_format"), "float")
    size = as_integer(model.spec.get("embeddingDimensions"), 1024)
    data = [
        {"object": "embedding", "index": index, "embedding": _encode(vector(words, size), form)}
        for index, words in enumerate(texts)
    ]
    tokens = sum(count_tokens(words) for words in texts)
    call.state.charge(call.record, tokens * model.price("input") / 1e6)
    usage = {"prompt_tokens": tokens, "total_tokens": tokens}
    answer = {"object": "list", "model": model.id, "data": data, "usage": usage}
    return JSONResponse(answer, headers=model_headers(call, model))
