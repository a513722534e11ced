"""Request bodies for pictures, speech, transcripts and embeddings, from what the model takes."""

from __future__ import annotations

from bot.errors import Fault, VeniceFailure
from bot.venice.bodies import Body, model_name, refused, without_empty
from bot.venice.errors import failure
from bot.venice.http import Upload
from bot.venice.media import EmbeddingRequest, ImageRequest, SpeechRequest, TranscriptionRequest
from bot.venice.models import Model

IMAGE_PROMPT_LIMIT = 7_500
IMAGE_SIDE = 1_024
IMAGE_SIDE_MAX = 1_280
VARIANTS_MAX = 4
SEED_LIMIT = 999_999_999
SPEECH_LIMIT = 4_096
SPEECH_PROMPT_LIMIT = 500
SPEECH_FORMATS = ("mp3", "opus", "aac", "flac", "wav", "pcm")
UPLOAD_LIMIT = 25 * 1024 * 1024
EMBEDDING_TEXTS_MAX = 2_048

USUAL_VOICES = {
    "tts-kokoro": "af_sky",
    "tts-qwen3-0-6b": "Vivian",
    "tts-qwen3-1-7b": "Vivian",
    "tts-xai-v1": "eve",
    "tts-inworld-1-5-max": "Craig",
    "tts-chatterbox-hd": "Aurora",
    "tts-orpheus": "tara",
    "tts-elevenlabs-turbo-v2-5": "Rachel",
    "tts-minimax-speech-02-hd": "WiseWoman",
    "tts-gemini-3-1-flash": "Kore",
    "tts-gradium-v1": "Emma",
}

MIME_BY_EXT = {
    "oga": "audio/ogg",
    "ogg": "audio/ogg",
    "opus": "audio/ogg",
    "mp3": "audio/mpeg",
    "wav": "audio/wav",
    "flac": "audio/flac",
    "m4a": "audio/mp4",
    "mp4": "audio/mp4",
    "aac": "audio/aac",
    "webm": "audio/webm",
}


def image_body(request: ImageRequest, model: Model) -> Body:
    """The body of POST /image/generate. Raises VeniceError before sending for an empty or too long prompt."""
    prompt = request.prompt.strip()
    limit = min(model.image.prompt_limit or IMAGE_PROMPT_LIMIT, IMAGE_PROMPT_LIMIT)
    if not prompt:
        raise refused("Tell me what the picture should show.")
    if len(prompt) > limit:
        raise refused(f"{model.name} takes descriptions of up to {limit:,} characters.")
    return {
        "model": model_name(model),
        "prompt": prompt,
        "variants": min(max(1, request.variants), VARIANTS_MAX),
        "safe_mode": request.safe_mode,
        "hide_watermark": request.hide_watermark,
        "format": request.format,
        "return_binary": False,
        **_image_size(request, model),
        **without_empty(
            {
                "negative_prompt": request.negative_prompt[:IMAGE_PROMPT_LIMIT],
                "style_preset": request.style,
                "seed": _seed(request.seed),
                "steps": _steps(request, model),
                "cfg_scale": request.cfg_scale,
                "enhance_prompt": True if request.enhance_prompt else None,
            }
        ),
    }


def _seed(seed: int | None) -> int | None:
    return None if seed is None else max(-SEED_LIMIT, min(seed, SEED_LIMIT))


def _steps(request: ImageRequest, model: Model) -> int | None:
    if request.steps is None or model.image.steps_max is None:
        return None
    return max(1, min(request.steps, model.image.steps_max))


def _image_size(request: ImageRequest, model: Model) -> Body:
    """Aspect ratio for models that list ratios, pixels for the others; never both."""
    shape = model.image
    sized: Body = {}
    if request.resolution in shape.resolutions:
        sized["resolution"] = request.resolution
    if request.quality and request.quality in shape.qualities:
        sized["quality"] = request.quality
    if shape.aspect_ratios:
        ratio = nearest_ratio(request, shape.aspect_ratios)
        return sized | ({"aspect_ratio": ratio} if ratio else {})
    width, height = pixels(request, shape.divisor)
    return {**sized, "width": width, "height": height}


def read_ratio(text: str) -> float | None:
    """Width over height of "16:9", None for anything else ("auto")."""
    left, _, right = text.partition(":")
    try:
        ratio = float(left) / float(right)
    except (ValueError, ZeroDivisionError):
        return None
    return ratio if 0.05 < ratio < 20 else None


def _wanted_ratio(request: ImageRequest) -> float | None:
    ratio = read_ratio(request.aspect_ratio)
    if ratio is None and request.width and request.height:
        return request.width / request.height
    return ratio


def nearest_ratio(request: ImageRequest, offered: tuple[str, ...]) -> str:
    """The offered aspect ratio nearest to what was asked, or nothing for the model's default."""
    if request.aspect_ratio in offered:
        return request.aspect_ratio
    wanted = _wanted_ratio(request)
    known = [(text, ratio) for text in offered if (ratio := read_ratio(text)) is not None]
    if wanted is None or not known:
        return ""
    return min(known, key=lambda pair: max(pair[1] / wanted, wanted / pair[1]))[0]


def pixels(request: ImageRequest, divisor: int) -> tuple[int, int]:
    """Width and height, each a multiple of `divisor` up to 1,280."""
    ratio = read_ratio(request.aspect_ratio)
    width, height = request.width, request.height
    if ratio is not None and width is None and height is None:
        width = IMAGE_SIDE_MAX if ratio > 1 else IMAGE_SIDE if ratio == 1 else round(IMAGE_SIDE_MAX * ratio)
        height = round(width / ratio)
    return _fit(width or height or IMAGE_SIDE, divisor), _fit(height or width or IMAGE_SIDE, divisor)


def _fit(side: int, divisor: int) -> int:
    return max(divisor, min(side, IMAGE_SIDE_MAX) // divisor * divisor)


def speech_body(request: SpeechRequest, model: Model) -> Body:
    """The body of POST /audio/speech. Raises VeniceError for empty or long text, or a strange voice."""
    text = request.text.strip()
    if not text:
        raise refused("There is nothing to say.")
    if len(text) > SPEECH_LIMIT:
        raise refused(f"I can speak up to {SPEECH_LIMIT:,} characters at once.")
    known_voice = not model.voices or request.voice in model.voices or request.voice.startswith("vv_")
    if request.voice and not known_voice and not model.custom_voices:
        raise refused(f"{model.name} has no voice “{request.voice[:40]}”. Try {', '.join(model.voices[:5])}.")
    speed = None if request.speed is None else max(0.25, min(request.speed, 4.0))
    return {
        "model": model_name(model),
        "input": text,
        **without_empty(
            {
                "voice": request.voice or default_voice(model),
                "response_format": _speech_format(request, model),
                "speed": speed,
                "language": request.language if 2 <= len(request.language) <= 32 else "",
                "prompt": request.prompt[:SPEECH_PROMPT_LIMIT],
            }
        ),
    }


def default_voice(model: Model) -> str:
    """The documented default voice, else the first listed one. Without any Venice takes a voice of its
    smallest model, which other models refuse."""
    usual = USUAL_VOICES.get(model.id, "")
    return usual if usual in model.voices else next(iter(model.voices), "")


def _speech_format(request: SpeechRequest, model: Model) -> str:
    offered = model.formats or SPEECH_FORMATS
    if request.format and request.format in offered:
        return request.format
    # Not naming a format lets the model use its own default, which is not mp3 everywhere.
    return model.default_format


def transcription_form(request: TranscriptionRequest, model: Model) -> tuple[dict[str, str], Upload]:
    """Fields and file of POST /audio/transcriptions. Raises VeniceError if it is empty or too big."""
    if not request.data:
        raise refused("There is nothing to hear in that file.")
    if len(request.data) > UPLOAD_LIMIT:
        raise failure(VeniceFailure.TOO_LARGE, fault=Fault.USER, detail="refused before sending")
    fields = {"model": model_name(model), "response_format": "json"}
    fields |= {"language": request.language} if request.language else {}
    fields |= {"timestamps": "true"} if request.timestamps else {}
    ext = request.filename.rpartition(".")[2].lower()
    filename = request.filename if ext in MIME_BY_EXT else f"{request.filename or 'sound'}.ogg"
    return fields, Upload(filename, request.data, MIME_BY_EXT.get(ext, "audio/ogg"))


def embedding_body(request: EmbeddingRequest, model: Model) -> Body:
    """The body of POST /embeddings. Raises VeniceError before sending for none, empty or too many texts."""
    if not request.texts or not all(text.strip() for text in request.texts):
        raise refused("There is no text to look at.")
    if len(request.texts) > EMBEDDING_TEXTS_MAX:
        raise refused(f"I can look at {EMBEDDING_TEXTS_MAX:,} texts at once.")
    dimensions = request.dimensions if model.custom_dimensions else None
    return {
        "model": model_name(model),
        "input": list(request.texts),
        "encoding_format": "float",
        **without_empty({"dimensions": dimensions, "user": request.user}),
    }
