"""What Discord refuses in a message body: lengths, components, embeds, files, voice messages."""

from collections.abc import Iterable, Iterator, Sequence

from tests.fakes.discord.core import UploadedFile
from tests.fakes.discord.errors import ApiError, bad_length, invalid, too_long
from tests.fakes.discord.pings import check_allowed_mentions, display_texts
from tests.fakes.discord.state import COMPONENTS_V2, VOICE_MESSAGE, JsonObject, items

CONTENT_LIMIT = 2000
FILE_LIMIT = 10 * 1024 * 1024
REQUEST_LIMIT = 25 * 1024 * 1024
_V2_TYPES = frozenset({9, 10, 11, 12, 13, 14, 17})
_SELECTS = frozenset({3, 5, 6, 7, 8})
_EMBED_TEXTS = {"title": 256, "description": 4096}


def utf16_length(text: str) -> int:
    """Length in UTF-16 units, the larger of the measures Discord may use."""
    return len(text) + sum(character > "\uffff" for character in text)


def check_body(body: JsonObject, files: Sequence[UploadedFile]) -> None:
    """Refuse a create or edit body that breaks a documented limit."""
    flags = body.get("flags") or 0
    components: list[JsonObject] = items(body, "components")
    if utf16_length(body.get("content") or "") > CONTENT_LIMIT:
        raise too_long("content", CONTENT_LIMIT)
    if len(str(body.get("nonce") or "")) > 25:
        raise too_long("nonce", 25)
    _check_files(files)
    _check_embeds(items(body, "embeds"))
    if flags & COMPONENTS_V2:
        _check_v2(body, components)
    else:
        _check_rows(components)
    _check_interactive(components)
    if body.get("allowed_mentions") is not None:
        check_allowed_mentions(body["allowed_mentions"])
    if flags & VOICE_MESSAGE:
        _check_voice(body, files)


def is_empty(body: JsonObject, files: Sequence[UploadedFile]) -> bool:
    """True where nothing would be shown (error 50006)."""
    text = str(body.get("content") or "").strip()
    others = ("embeds", "components", "sticker_ids", "poll")
    return not (text or files or any(body.get(key) for key in others))


def _check_files(files: Sequence[UploadedFile]) -> None:
    if len(files) > 10:
        raise invalid("attachments", "BASE_TYPE_MAX_LENGTH", "Must be 10 or fewer in length.")
    sizes = [len(file.data) for file in files]
    if any(size > FILE_LIMIT for size in sizes) or sum(sizes) > REQUEST_LIMIT:
        raise ApiError(413, 40005, "Request entity too large")


def _embed_texts(embed: JsonObject) -> Iterator[str]:
    yield from (str(embed.get(key) or "") for key in _EMBED_TEXTS)
    footer: JsonObject = embed.get("footer") or {}
    author: JsonObject = embed.get("author") or {}
    yield str(footer.get("text") or "")
    yield str(author.get("name") or "")
    for entry in items(embed, "fields"):
        yield str(entry.get("name", ""))
        yield str(entry.get("value", ""))


def _check_embeds(embeds: list[JsonObject]) -> None:
    if len(embeds) > 10:
        raise too_long("embeds", 10)
    for index, embed in enumerate(embeds):
        for key, limit in _EMBED_TEXTS.items():
            if len(embed.get(key) or "") > limit:
                raise too_long(f"embeds.{index}.{key}", limit)
    if sum(len(text) for embed in embeds for text in _embed_texts(embed)) > 6000:
        raise invalid("embeds", "MAX_EMBED_SIZE_EXCEEDED", "Embed size exceeds maximum size of 6000")


def walk(components: Iterable[JsonObject]) -> Iterator[JsonObject]:
    """All components, nested ones and accessories included."""
    for component in components:
        yield component
        yield from walk(component.get("components", []))
        inner = [component[key] for key in ("accessory", "component") if key in component]
        yield from walk(inner)


def _check_rows(components: list[JsonObject]) -> None:
    if len(components) > 5:
        raise bad_length("components", 1, 5)
    for index, row in enumerate(components):
        if row.get("type") in _V2_TYPES:
            raise invalid(
                f"components.{index}", "UNION_TYPE_CHOICES", "Value of field type must be one of (1,)."
            )
        children = row.get("components", [])
        width = sum(5 if child.get("type") in _SELECTS else 1 for child in children)
        if not 1 <= width <= 5:
            raise bad_length(f"components.{index}.components", 1, 5)


def _check_v2(body: JsonObject, components: list[JsonObject]) -> None:
    if any(body.get(key) for key in ("content", "embeds", "sticker_ids", "poll")):
        message = "The 'content' field cannot be used when using MessageFlags.IS_COMPONENTS_V2"
        raise invalid("content", "MESSAGE_CANNOT_USE_LEGACY_FIELDS_WITH_COMPONENTS_V2", message)
    if sum(1 for _ in walk(components)) > 40:
        raise invalid("components", "COMPONENT_MAX_TOTAL_COMPONENTS_EXCEEDED", "At most 40 components.")
    if sum(map(len, display_texts(components))) > 4000:
        raise invalid("components", "COMPONENT_DISPLAYABLE_TEXT_SIZE_EXCEEDED", "At most 4000 characters.")


def _check_interactive(components: list[JsonObject]) -> None:
    seen: set[str] = set()
    for component in walk(components):
        if "custom_id" in component:
            custom_id = str(component["custom_id"])
            if not 1 <= len(custom_id) <= 100:
                raise bad_length("components.0.components.0.custom_id", 1, 100)
            if custom_id in seen:
                field = "components.0.components.0.custom_id"
                raise invalid(field, "COMPONENT_CUSTOM_ID_DUPLICATED", "Custom id must be unique")
            seen.add(custom_id)
        if component.get("type") == 2:
            _check_button(component)


def _check_button(button: JsonObject) -> None:
    field = "components.0.components.0"
    if len(button.get("label") or "") > 80:
        raise too_long(f"{field}.label", 80)
    if not button.get("label") and not button.get("emoji"):
        raise invalid(field, "BUTTON_COMPONENT_INVALID", "A button needs a label or an emoji.")
    is_link = button.get("style") == 5
    if is_link != ("url" in button) or is_link == ("custom_id" in button):
        raise invalid(field, "BUTTON_COMPONENT_CUSTOM_ID_REQUIRED", "A custom id or a url is required.")


def _check_voice(body: JsonObject, files: Sequence[UploadedFile]) -> None:
    if any(body.get(key) for key in ("content", "embeds", "sticker_ids", "poll", "components")):
        raise ApiError(400, 50159, "Voice messages do not support additional content.")
    if len(files) != 1:
        raise ApiError(400, 50160, "Voice messages must have a single audio attachment.")
    described: list[JsonObject] = items(body, "attachments")
    wanted = str(files[0].index)
    entry: JsonObject = next((item for item in described if str(item.get("id")) == wanted), JsonObject())
    # Discord ignores both fields unless the part itself says that it is audio.
    known = files[0].content_type.startswith("audio/")
    if not known or entry.get("duration_secs") is None or not entry.get("waveform"):
        raise ApiError(400, 50161, "Voice messages must have supporting metadata.")
