"""Where the demo answers differently from Venice's specification, because the real service is known to.

Every entry says what is known. One that no answer needs any more fails the test.
"""

from __future__ import annotations

from dataclasses import dataclass

UNKNOWN_MODEL = "an unknown or retired model id is answered with 404, which the specification leaves out"
TWO_SHAPES = "the payment offer has an `error` text, so it also fits the open StandardError shape"
EDIT_REFUSED = "an edit against the content policy is refused with 422, where generating says it in a header"
QUEUE_LIMITS = "films have limits too: 40 orders and 120 looks a minute"
UNKNOWN_KEY = "what happens to an unknown key id is documented nowhere; the demo answers 404 as for all else"
NO_KEY = "a credentialed route called without a key answers 402 with a payment offer, not 401"


@dataclass(frozen=True, slots=True)
class UndocumentedStatus:
    """A status the specification does not list for the call; the body then has the usual error shape."""

    call: str
    status: int
    fact: str


@dataclass(frozen=True, slots=True)
class Ambiguous:
    """An answer without a key that fits more than one branch of a `oneOf`; `schema` names the one meant."""

    call: str
    status: int
    schema: str
    fact: str


@dataclass(frozen=True, slots=True)
class ExtraField:
    """A request field the demo takes although the specification does not list it, or the other way round."""

    call: str
    field: str
    fact: str


STATUSES = (
    UndocumentedStatus("POST /chat/completions", 404, UNKNOWN_MODEL),
    UndocumentedStatus("POST /image/generate", 404, UNKNOWN_MODEL),
    UndocumentedStatus("POST /audio/speech", 404, UNKNOWN_MODEL),
    UndocumentedStatus("POST /audio/transcriptions", 404, UNKNOWN_MODEL),
    UndocumentedStatus("POST /embeddings", 404, UNKNOWN_MODEL),
    UndocumentedStatus("GET /characters", 402, NO_KEY),
    UndocumentedStatus("GET /characters", 400, "query limits (1..100, enumerations) are enforced with 400"),
    UndocumentedStatus("GET /characters/{slug}/reviews", 402, NO_KEY),
    UndocumentedStatus("GET /billing/balance", 402, NO_KEY),
    UndocumentedStatus("GET /api_keys/{id}", 404, UNKNOWN_KEY),
    UndocumentedStatus("PATCH /api_keys", 404, UNKNOWN_KEY),
    UndocumentedStatus("DELETE /api_keys", 404, UNKNOWN_KEY),
    UndocumentedStatus("GET /api_keys/rate_limits", 402, NO_KEY),
    UndocumentedStatus("GET /models", 400, "bad parameters are answered with 400 everywhere"),
    UndocumentedStatus("POST /image/edit", 404, UNKNOWN_MODEL),
    UndocumentedStatus("POST /image/multi-edit", 404, UNKNOWN_MODEL),
    UndocumentedStatus("POST /image/edit", 422, EDIT_REFUSED),
    UndocumentedStatus("POST /image/multi-edit", 422, EDIT_REFUSED),
    UndocumentedStatus("POST /video/quote", 404, UNKNOWN_MODEL),
    UndocumentedStatus("POST /video/queue", 404, UNKNOWN_MODEL),
    UndocumentedStatus("POST /audio/quote", 404, UNKNOWN_MODEL),
    UndocumentedStatus("POST /audio/queue", 404, UNKNOWN_MODEL),
    UndocumentedStatus("POST /video/queue", 429, QUEUE_LIMITS),
    UndocumentedStatus("POST /video/retrieve", 429, QUEUE_LIMITS),
    UndocumentedStatus("POST /chat/completions", 413, "JSON bodies above 35 MB are refused with 413"),
)
AMBIGUOUS = (
    Ambiguous("POST /chat/completions", 402, "X402InferencePaymentRequired", TWO_SHAPES),
    Ambiguous("POST /image/generate", 402, "X402InferencePaymentRequired", TWO_SHAPES),
    Ambiguous("POST /image/edit", 402, "X402InferencePaymentRequired", TWO_SHAPES),
    Ambiguous("POST /image/multi-edit", 402, "X402InferencePaymentRequired", TWO_SHAPES),
    Ambiguous("POST /image/upscale", 402, "X402InferencePaymentRequired", TWO_SHAPES),
    Ambiguous("POST /image/background-remove", 402, "X402InferencePaymentRequired", TWO_SHAPES),
    *(
        Ambiguous(f"POST /{kind}/{step}", 402, "X402InferencePaymentRequired", TWO_SHAPES)
        for kind in ("video", "audio")
        for step in ("queue", "retrieve", "complete")
    ),
    *(
        Ambiguous(f"POST {path}", 402, "X402InferencePaymentRequired", TWO_SHAPES)
        for path in ("/audio/voices", "/augment/search", "/augment/scrape", "/augment/text-parser")
    ),
)
FIELDS = (
    ExtraField("POST /chat/completions", "anon_user_id", "taken since October, 1 to 128 characters"),
    ExtraField("POST /image/generate", "inpaint", "removed: the field is still listed but answered with 400"),
)
