"""Methods that put something new into a chat."""

import time
from itertools import count

from tests.fakes.telegram.compose import (
    Place,
    caption_of,
    entities_of,
    markup_of,
    media_kind,
    place,
    send,
    topic_of,
)
from tests.fakes.telegram.errors import bad_request
from tests.fakes.telegram.model import Draft, Media, MediaKind
from tests.fakes.telegram.params import Params
from tests.fakes.telegram.rich import rich_text
from tests.fakes.telegram.shapes import JsonObject, as_object
from tests.fakes.telegram.state import World
from tests.fakes.telegram.text import Formatted, caption_text, clean, message_text, parse_entities

_ACTIONS = frozenset(
    {
        "typing",
        "upload_photo",
        "record_video",
        "upload_video",
        "record_voice",
        "upload_voice",
        "upload_document",
        "choose_sticker",
        "find_location",
        "record_video_note",
        "upload_video_note",
    }
)
_ALBUM_LIMIT = 10
_ALBUM_KINDS: tuple[MediaKind, ...] = ("photo", "video", "audio", "document")
_albums = count(13_000_000_000_000_001)


def send_message(world: World, params: Params) -> JsonObject:
    """sendMessage."""
    where = place(world, params)
    content = message_text(params.text("text") or "", entities_of(params, "entities"))
    return world.message_json(send(world, where, content, markup_of(params)))


def send_rich_message(world: World, params: Params) -> JsonObject:
    """sendRichMessage."""
    where = place(world, params)
    content = rich_text(params.json_object("rich_message") or {})
    return world.message_json(send(world, where, content, markup_of(params)))


def _send_media(world: World, params: Params, kind: MediaKind) -> JsonObject:
    where = place(world, params)
    caption, markup = caption_of(params), markup_of(params)
    media = world.files.received(kind, params, params.text(kind), kind)
    _describe(media, params)
    return world.message_json(send(world, where, caption, markup, media))


def _describe(media: Media, params: Params) -> None:
    media.duration = params.integer("duration") or media.duration
    media.title = params.text("title") or media.title
    media.performer = params.text("performer") or media.performer
    if media.kind != "photo":
        media.width = params.integer("width") or params.integer("length") or media.width
        media.height = params.integer("height") or media.height


def send_photo(world: World, params: Params) -> JsonObject:
    """sendPhoto."""
    return _send_media(world, params, "photo")


def send_voice(world: World, params: Params) -> JsonObject:
    """sendVoice."""
    return _send_media(world, params, "voice")


def send_audio(world: World, params: Params) -> JsonObject:
    """sendAudio."""
    return _send_media(world, params, "audio")


def send_document(world: World, params: Params) -> JsonObject:
    """sendDocument."""
    return _send_media(world, params, "document")


def send_video(world: World, params: Params) -> JsonObject:
    """sendVideo."""
    return _send_media(world, params, "video")


def send_video_note(world: World, params: Params) -> JsonObject:
    """sendVideoNote."""
    return _send_media(world, params, "video_note")


def album_items(params: Params) -> list[JsonObject]:
    """The InputMedia of a sendMediaGroup call."""
    return [as_object(item) or {} for item in params.json_array("media") or []]


def send_media_group(world: World, params: Params) -> list[JsonObject]:
    """sendMediaGroup. Nothing is sent unless every item is fit."""
    where = place(world, params)
    items = album_items(params)
    kinds: list[MediaKind] = [_album_kind(item) for item in items]
    _check_album(kinds)
    prepared = [_album_part(world, params, item, kind) for item, kind in zip(items, kinds, strict=True)]
    album = str(next(_albums)) if len(prepared) > 1 else None
    return [_send_part(world, where, media, caption, album) for media, caption in prepared]


def _album_kind(item: JsonObject) -> MediaKind:
    kind = media_kind(item, _ALBUM_KINDS)
    if kind is not None:
        return kind
    raise bad_request(f"can't parse InputMedia: type \"{item.get('type')}\" can't be used in sendMediaGroup")


def _check_album(kinds: list[MediaKind]) -> None:
    if not kinds:
        raise bad_request("there are no messages to send")
    if len(kinds) > _ALBUM_LIMIT:
        raise bad_request("too many messages to send as an album")
    for kind in ("document", "audio"):
        if kind in kinds and set(kinds) != {kind}:
            raise bad_request(f"{kind} can't be mixed with other media types")


def _album_part(world: World, params: Params, item: JsonObject, kind: MediaKind) -> tuple[Media, Formatted]:
    listed = item.get("caption_entities")
    entities = parse_entities(listed) if listed is not None else []
    caption = caption_text(str(item.get("caption") or ""), entities)
    return world.files.received(kind, params, str(item.get("media") or ""), ""), caption


def _send_part(world: World, where: Place, media: Media, caption: Formatted, album: str | None) -> JsonObject:
    message = send(world, where, caption, None, media)
    message.media_group_id = album
    return world.message_json(message)


def copy_message(world: World, params: Params) -> JsonObject:
    """copyMessage."""
    where = place(world, params)
    source = world.chats.get(params.integer("from_chat_id") or 0)
    original = source.messages.get(params.integer("message_id") or 0) if source else None
    if original is None or original.deleted or original.service:
        raise bad_request("message to copy not found")
    content = original.content
    if original.media is not None and params.text("caption") is not None:
        content = caption_of(params)
    message = send(world, where, content, markup_of(params), original.media)
    return {"message_id": message.id}


def send_chat_action(world: World, params: Params) -> bool:
    """sendChatAction. Shown for 5 s or until the bot's next message there."""
    chat = world.writable_chat(params)
    topic = topic_of(chat, params)
    action = params.text("action") or ""
    if action not in _ACTIONS:
        raise bad_request("wrong parameter action in request")
    chat.actions[topic.id if topic else None] = (action, time.monotonic())
    world.signal.notify()
    return True


def send_message_draft(world: World, params: Params) -> bool:
    """sendMessageDraft. Private chats only; an empty text shows "Thinking…"."""
    chat = world.writable_chat(params)
    if chat.is_group:
        raise bad_request("TEXTDRAFT_PEER_INVALID")
    topic = topic_of(chat, params)
    number = params.integer("draft_id")
    if not number:
        raise bad_request("RANDOM_ID_EMPTY")
    text = params.text("text") or ""
    entities = entities_of(params, "entities")
    content = message_text(text, entities) if text.strip() else clean("", ())
    draft = Draft(
        number, time.monotonic(), content, params.boolean("can_stop"), params.boolean("keep_on_stop")
    )
    world.draft(chat, topic, draft)
    return True
