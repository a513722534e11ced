"""Bodies of quotes and orders of films and sound, from what the model takes.

A quote is cut out of the very order it is for: Venice prices what it would refuse.
"""

from __future__ import annotations

from bot.errors import Fault, VeniceFailure
from bot.venice.bodies import Body, model_name, refused, without_empty
from bot.venice.errors import failure
from bot.venice.jobs import AudioRequest, Element, Job, VideoRequest
from bot.venice.media import ImageRequest
from bot.venice.media_bodies import nearest_ratio
from bot.venice.models import Model

BODY_LIMIT = 34 * 1024 * 1024
"""Venice takes 35 MB of JSON; the rest is for words."""
VIDEO_PROMPT_LIMIT = 2_500
"""Where a model names no limit of its own."""
USUAL_DURATION = "5s"
QUOTED = ("model", "duration", "aspect_ratio", "resolution", "upscale_factor", "audio", "video_url")
REFERENCES_MAX = {
    "reference_image_urls": 30,
    "reference_video_urls": 10,
    "reference_audio_urls": 10,
    "reference_document_urls": 1,
    "scene_image_urls": 4,
    "elements": 4,
    "keyframes": 10,
}
ELEMENT_IMAGES_MAX = 3


def video_body(request: VideoRequest, model: Model) -> Body:
    """The body of POST /video/queue. Raises VeniceError before sending for what the model does not take."""
    takes = model.video
    limit = takes.prompt_limit or VIDEO_PROMPT_LIMIT
    prompt = request.prompt.strip()
    if not prompt:
        raise refused("Tell me what the film should show.")
    if len(prompt) > limit or len(request.negative_prompt) > limit:
        raise refused(f"{model.name} takes descriptions of up to {limit:,} characters.")
    _check_start(request, model)
    _check_weight(request)
    return {
        "model": model_name(model),
        "prompt": prompt,
        "duration": _choice("length", request.duration, takes.durations, model) or USUAL_DURATION,
        **without_empty(
            {
                "resolution": _choice("resolution", request.resolution, takes.resolutions, model),
                "aspect_ratio": _video_ratio(request, model),
                "audio": request.audio if takes.audio_configurable else None,
                "negative_prompt": request.negative_prompt,
                "image_url": request.image_url,
                "end_image_url": request.end_image_url,
                "audio_url": request.audio_url,
                "video_url": request.video_url,
                "upscale_factor": request.upscale_factor,
                **_references(request),
            }
        ),
    }


def video_quote_body(request: VideoRequest, model: Model) -> Body:
    """The body of POST /video/quote."""
    order = video_body(request, model)
    body = {name: order[name] for name in QUOTED if name in order}
    return body | without_empty({"reference_video_total_duration": request.reference_video_seconds})


def _check_start(request: VideoRequest, model: Model) -> None:
    """A film starts from what its model starts from."""
    kind = model.video.kind
    if kind == "image-to-video" and not request.image_url:
        raise refused(f"{model.name} makes a film out of a picture: send me one.")
    if kind == "text-to-video" and (request.image_url or request.video_url):
        raise refused(f"{model.name} makes films from words only. Choose a model that starts from a picture.")
    given = (request.video_url, request.reference_video_urls, request.reference_image_urls)
    if kind == "video" and not any(given):
        raise refused(f"{model.name} starts from a film: send me one.")


def _check_weight(request: VideoRequest) -> None:
    """Media sent along count as they are, in base64."""
    single = (request.image_url, request.end_image_url, request.audio_url, request.video_url)
    several = (
        *request.reference_image_urls,
        *request.reference_video_urls,
        *request.reference_audio_urls,
        *request.reference_document_urls,
        *request.scene_image_urls,
        *(one.image_url for one in request.keyframes),
        *(url for one in request.elements for url in (one.frontal_image_url, one.video_url)),
        *(url for one in request.elements for url in one.reference_image_urls),
    )
    if sum(map(len, (*single, *several))) > BODY_LIMIT:
        raise failure(
            VeniceFailure.TOO_LARGE,
            "That is too much material for one film: Venice takes 25 MB together.",
            fault=Fault.USER,
            detail="refused before sending",
        )


def _choice(what: str, wanted: str, offered: tuple[str, ...], model: Model) -> str:
    """What was asked for, or the model's first; nothing where the model has no choice."""
    if not offered:
        # Durations are required even where none is listed.
        return wanted if what == "length" else ""
    if wanted and wanted not in offered:
        raise refused(f"{model.name} does not make the {what} {wanted[:20]}. Try {', '.join(offered[:8])}.")
    return wanted or offered[0]


def _video_ratio(request: VideoRequest, model: Model) -> str:
    """Required where the model lists ratios, refused where it lists none."""
    offered = model.video.aspect_ratios
    if not offered:
        return ""
    return nearest_ratio(ImageRequest("", aspect_ratio=request.aspect_ratio), offered) or offered[0]


def _references(request: VideoRequest) -> Body:
    named: dict[str, list[object]] = {
        "reference_image_urls": list(request.reference_image_urls),
        "reference_video_urls": list(request.reference_video_urls),
        "reference_audio_urls": list(request.reference_audio_urls),
        "reference_document_urls": list(request.reference_document_urls),
        "scene_image_urls": list(request.scene_image_urls),
        "elements": [_element(one) for one in request.elements],
        "keyframes": [{"image_url": one.image_url, "frame_index": one.frame} for one in request.keyframes],
    }
    for name, most in REFERENCES_MAX.items():
        if len(named[name]) > most:
            raise refused(f"That is too much material for one film: {most} {name.replace('_', ' ')} at most.")
    return {name: values for name, values in named.items() if values}


def _element(element: Element) -> Body:
    return without_empty(
        {
            "frontal_image_url": element.frontal_image_url,
            "reference_image_urls": list(element.reference_image_urls[:ELEMENT_IMAGES_MAX]),
            "video_url": element.video_url,
        }
    )


def audio_body(request: AudioRequest, model: Model) -> Body:
    """The body of POST /audio/queue. Raises VeniceError before sending for what the model does not take."""
    takes = model.music
    prompt = request.prompt.strip()
    if len(prompt) < takes.prompt_min:
        raise refused(f"Say a little more: {model.name} wants at least {takes.prompt_min} characters.")
    if takes.prompt_limit is not None and len(prompt) > takes.prompt_limit:
        raise refused(f"{model.name} takes descriptions of up to {takes.prompt_limit:,} characters.")
    return {
        "model": model_name(model),
        "prompt": prompt,
        **without_empty(
            {
                **_lyrics(request, model),
                "duration_seconds": _seconds(request, model),
                "force_instrumental": True if request.instrumental and takes.instrumental else None,
                "loop": True if request.loop and takes.loop else None,
                "voice": _voice(request, model),
                "language_code": request.language if takes.language else "",
                "speed": _speed(request, model),
            }
        ),
    }


def audio_quote_body(request: AudioRequest, model: Model) -> Body:
    """The body of POST /audio/quote; characters count where the model is priced by them."""
    order = audio_body(request, model)
    body = {name: order[name] for name in ("model", "duration_seconds") if name in order}
    if model.pricing.thousand_characters is not None:
        body["character_count"] = len(str(order["prompt"]))
    return body


def _lyrics(request: AudioRequest, model: Model) -> Body:
    takes, words = model.music, request.lyrics.strip()
    if words and not takes.lyrics:
        raise refused(f"{model.name} does not sing. Leave the lyrics out, or choose another model.")
    if takes.lyrics_limit is not None and len(words) > takes.lyrics_limit:
        raise refused(f"{model.name} takes lyrics of up to {takes.lyrics_limit:,} characters.")
    writes = request.write_lyrics and takes.lyrics_optimizer and not words
    if takes.lyrics_required and not words and not writes:
        raise refused(f"{model.name} needs lyrics to sing.")
    return {"lyrics_prompt": words, "lyrics_optimizer": True if writes else None}


def _seconds(request: AudioRequest, model: Model) -> int | None:
    takes, wanted = model.music, request.seconds
    if wanted is None or not takes.timed:
        return None
    if takes.duration_options:
        return min(takes.duration_options, key=lambda one: abs(one - wanted))
    return max(takes.duration_min or 1, min(wanted, takes.duration_max or wanted))


def _voice(request: AudioRequest, model: Model) -> str:
    if not model.voices:
        return ""
    if request.voice and request.voice not in model.voices:
        raise refused(f"{model.name} has no voice “{request.voice[:40]}”. Try {', '.join(model.voices[:5])}.")
    return request.voice


def _speed(request: AudioRequest, model: Model) -> float | None:
    takes = model.music
    if request.speed is None or not takes.speed:
        return None
    return max(takes.speed_min, min(request.speed, takes.speed_max))


def job_body(job: Job, *, delete: bool | None = None) -> Body:
    """The body of retrieve (with `delete`) and complete (without)."""
    return {
        "model": job.model_id,
        "queue_id": job.queue_id,
        **without_empty({"delete_media_on_completion": delete}),
    }
