"""Message text as Telegram treats it: UTF-16 lengths, entity checks, trimming, detection, splitting."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from tests.fakes.telegram.errors import bad_request
from tests.fakes.telegram.shapes import JsonObject, as_array, as_object

TEXT_LIMIT = 4096
CAPTION_LIMIT = 1024
SHOWN_ENTITIES = 100

# A bot may set these; the detected kinds below are accepted in its lists but ignored.
_FORMATTING = frozenset(
    {
        "bold",
        "italic",
        "underline",
        "strikethrough",
        "spoiler",
        "code",
        "pre",
        "text_link",
        "text_mention",
        "custom_emoji",
        "blockquote",
        "expandable_blockquote",
        "date_time",
    }
)
_DETECTED = frozenset({"mention", "hashtag", "cashtag", "bot_command", "url", "email", "phone_number"})
_OPAQUE = frozenset({"code", "pre", "text_link", "text_mention"})

_PATTERNS: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("url", re.compile(r"https?://[^\s<>]*[^\s<>.,;:!?)\]}'\"]")),
    ("email", re.compile(r"(?<![\w.@])[\w.+-]+@[\w-]+\.[A-Za-z]{2,}")),
    ("mention", re.compile(r"(?<![\w@])@[A-Za-z][A-Za-z0-9_]{2,31}(?!\w)")),
    ("bot_command", re.compile(r"(?<![\w/<>])/[A-Za-z0-9_]{1,64}(?:@[A-Za-z][A-Za-z0-9_]{2,31})?(?!\w)")),
    ("hashtag", re.compile(r"(?<![\w#])#\w*[^\W\d]\w*")),
)


@dataclass(frozen=True, slots=True)
class Entity:
    """One formatted range. offset and length are UTF-16 code units."""

    type: str
    offset: int
    length: int
    url: str | None = None
    language: str | None = None
    user_id: int | None = None
    custom_emoji_id: str | None = None
    unix_time: int | None = None
    date_time_format: str | None = None

    @property
    def end(self) -> int:
        """First UTF-16 offset behind the range."""
        return self.offset + self.length

    def of(self, text: str) -> str:
        """The covered part of text."""
        units = text.encode("utf-16-le", "surrogatepass")
        return units[2 * self.offset : 2 * self.end].decode("utf-16-le", "surrogatepass")


@dataclass(frozen=True, slots=True)
class Formatted:
    """Text as displayed, with its entities. `blocks` are the RichBlocks of a rich message."""

    text: str
    entities: tuple[Entity, ...] = ()
    blocks: list[JsonObject] | None = None


def utf16_length(text: str) -> int:
    """Length in UTF-16 code units."""
    return len(text) if text.isascii() else len(text.encode("utf-16-le", "surrogatepass")) // 2


def parse_entities(value: object) -> list[Entity]:
    """Entities from their JSON. Raises 400 for unknown types and missing numbers."""
    items = as_array(value)
    if items is None:
        raise bad_request("can't parse entities: expected an Array of MessageEntity")
    parsed = [_parse_entity(item) for item in items]
    return [entity for entity in parsed if entity.type in _FORMATTING]


def _parse_entity(value: object) -> Entity:
    item = as_object(value)
    if item is None:
        raise bad_request("can't parse MessageEntity: expected an Object")
    kind, offset, length = item.get("type"), item.get("offset"), item.get("length")
    if not isinstance(kind, str) or kind not in _FORMATTING | _DETECTED:
        raise bad_request("can't parse MessageEntity: unsupported type specified")
    if not isinstance(offset, int) or not isinstance(length, int):
        raise bad_request("can't parse MessageEntity: offset and length must be Integers")
    user = as_object(item.get("user")) or {}
    return Entity(
        kind,
        offset,
        length,
        url=_string(item.get("url")),
        language=_string(item.get("language")),
        user_id=_integer(user.get("id")),
        custom_emoji_id=_string(item.get("custom_emoji_id")),
        unix_time=_integer(item.get("unix_time")),
        date_time_format=_string(item.get("date_time_format")),
    )


def _string(value: object) -> str | None:
    return value if isinstance(value, str) else None


def _integer(value: object) -> int | None:
    return value if isinstance(value, int) else None


def clean(text: str, entities: Sequence[Entity]) -> Formatted:
    """What Telegram stores: trimmed, carriage returns gone, entities checked, moved, detected and capped."""
    _check_encoding(text)
    if not entities:
        shown = text.replace("\r", "").strip()
        return Formatted(shown, _merge(shown, []))
    _check_bounds(text, entities)
    return _clean_formatted(text, entities)


def _clean_formatted(text: str, entities: Sequence[Entity]) -> Formatted:
    first = len(text) - len(text.lstrip())
    last = len(text.rstrip())
    moved: dict[int, int] = {}
    kept: list[str] = []
    old = new = 0
    for index, char in enumerate(text):
        moved[old] = new
        width = 2 if ord(char) > 0xFFFF else 1
        old += width
        if first <= index < last and char != "\r":
            kept.append(char)
            new += width
    moved[old] = new
    shown = "".join(kept)
    own = [replace(e, offset=moved[e.offset], length=moved[e.end] - moved[e.offset]) for e in entities]
    return Formatted(shown, _merge(shown, own))


def _check_encoding(text: str) -> None:
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise bad_request("strings must be encoded in UTF-8") from error


def _check_bounds(text: str, entities: Sequence[Entity]) -> None:
    total = utf16_length(text)
    starts = set(_character_offsets(text))
    for entity in entities:
        _check_entity(entity, total, starts)


def _check_entity(entity: Entity, total: int, starts: set[int]) -> None:
    if entity.offset < 0:
        raise bad_request(f"receive an entity with incorrect offset {entity.offset}")
    if entity.length < 0:
        raise bad_request(f"receive an entity with incorrect length {entity.length}")
    if entity.offset > total:
        raise bad_request(f"entity begins after the end of the text at UTF-16 offset {entity.offset}")
    ends = f"entity beginning at UTF-16 offset {entity.offset} ends"
    if entity.end > total:
        raise bad_request(f"{ends} after the end of the text at UTF-16 offset {entity.end}")
    if entity.offset not in starts:
        raise bad_request(f"entity begins in a middle of a UTF-16 symbol at byte offset {entity.offset}")
    if entity.end not in starts:
        raise bad_request(f"{ends} in a middle of a UTF-16 symbol at byte offset {entity.end}")


def _character_offsets(text: str) -> Iterator[int]:
    offset = 0
    for char in text:
        yield offset
        offset += 2 if ord(char) > 0xFFFF else 1
    yield offset


def _merge(text: str, own: list[Entity]) -> tuple[Entity, ...]:
    kept = _unnested([entity for entity in own if entity.length > 0])
    opaque = [entity for entity in kept if entity.type in _OPAQUE]
    found = [entity for entity in detect(text) if not _touches(entity, opaque)]
    ordered = sorted([*kept, *found], key=lambda entity: (entity.offset, -entity.length))
    return tuple(ordered[:SHOWN_ENTITIES])


def _unnested(entities: list[Entity]) -> list[Entity]:
    """Code swallows every other format inside it."""
    code = [entity for entity in entities if entity.type in ("code", "pre")]
    return [
        entity
        for entity in entities
        if entity.type in ("code", "pre", "blockquote", "expandable_blockquote") or not _touches(entity, code)
    ]


def _touches(entity: Entity, others: Sequence[Entity]) -> bool:
    return any(entity.offset < other.end and other.offset < entity.end for other in others)


def detect(text: str) -> list[Entity]:
    """Mentions, commands, links, addresses and hashtags, which Telegram marks by itself."""
    found: list[Entity] = []
    for kind, pattern in _PATTERNS:
        for match in pattern.finditer(text):
            entity = Entity(kind, utf16_length(text[: match.start()]), utf16_length(match.group()))
            if not _touches(entity, found):
                found.append(entity)
    return found


def message_text(text: str, entities: Sequence[Entity]) -> Formatted:
    """Text of a message. Raises 400 when nothing or more than 4096 units remain."""
    formatted = clean(text, entities)
    if not formatted.text:
        raise bad_request("message text is empty")
    if utf16_length(formatted.text) > TEXT_LIMIT:
        raise bad_request("message is too long")
    return formatted


def caption_text(text: str, entities: Sequence[Entity]) -> Formatted:
    """A caption, 0-1024 units. Raises 400 when longer."""
    formatted = clean(text, entities)
    if utf16_length(formatted.text) > CAPTION_LIMIT:
        raise bad_request("message caption is too long")
    return formatted


def split_like_clients(text: str) -> list[str]:
    """A long text as apps send it: pieces of at most 4096 units, cut at white space if some is near."""
    pieces: list[str] = []
    rest = text
    while utf16_length(rest) > TEXT_LIMIT:
        cut = _fitting(rest)
        space = max(rest.rfind(" ", cut - 256, cut), rest.rfind("\n", cut - 256, cut))
        cut = space + 1 if space >= 0 else cut
        pieces.append(rest[:cut])
        rest = rest[cut:]
    return [*pieces, rest] if rest.strip() else pieces


def _fitting(text: str) -> int:
    units = text.encode("utf-16-le", "surrogatepass")[: 2 * TEXT_LIMIT]
    return len(units.decode("utf-16-le", "ignore"))
