"""Methods that change, mark or delete what is there."""

import time

from telegram.constants import ReactionEmoji

from tests.fakes.telegram.compose import caption_of, entities_of, markup_of, media_kind
from tests.fakes.telegram.errors import bad_request
from tests.fakes.telegram.model import CallbackAnswer, Media, MediaKind, Message
from tests.fakes.telegram.params import Params
from tests.fakes.telegram.rich import rich_text
from tests.fakes.telegram.shapes import JsonObject, as_object
from tests.fakes.telegram.state import World
from tests.fakes.telegram.text import Formatted, caption_text, message_text, parse_entities

_CALLBACK_TEXT_LIMIT = 200
_DELETABLE_SECONDS = 48 * 3600
_REACTIONS = frozenset(emoji.value for emoji in ReactionEmoji)
_EDITABLE_MEDIA: tuple[MediaKind, ...] = ("photo", "video", "audio", "document")


def edit_message_text(world: World, params: Params) -> JsonObject:
    """editMessageText."""
    message = _editable(world, params)
    if message.media is not None:
        raise bad_request("there is no text in the message to edit")
    rich = params.json_object("rich_message")
    if rich is not None and params.text("text"):
        raise bad_request("text and rich_message can't be used together")
    if rich is not None:
        content = rich_text(rich)
    else:
        content = message_text(params.text("text") or "", entities_of(params, "entities"))
    return _apply(world, message, content, markup_of(params), None)


def edit_message_caption(world: World, params: Params) -> JsonObject:
    """editMessageCaption."""
    message = _editable(world, params)
    if message.media is None:
        raise bad_request("there is no caption in the message to edit")
    return _apply(world, message, caption_of(params), markup_of(params), message.media)


def edit_message_reply_markup(world: World, params: Params) -> JsonObject:
    """editMessageReplyMarkup."""
    message = _editable(world, params)
    return _apply(world, message, message.content, markup_of(params), message.media)


def edit_message_media(world: World, params: Params) -> JsonObject:
    """editMessageMedia."""
    message = _editable(world, params)
    item = params.json_object("media") or {}
    kind = media_kind(item, _EDITABLE_MEDIA)
    if kind is None:
        raise bad_request("can't parse InputMedia: type is unsupported")
    listed = item.get("caption_entities")
    entities = parse_entities(listed) if listed is not None else []
    caption = caption_text(str(item.get("caption") or ""), entities)
    media = world.files.received(kind, params, str(item.get("media") or ""), "")
    return _apply(world, message, caption, markup_of(params), media)


def _target(world: World, params: Params, missing: str) -> Message:
    chat = world.writable_chat(params)
    number = params.integer("message_id")
    if number is None:
        raise bad_request("message identifier is not specified")
    message = chat.messages.get(number)
    if message is None or message.deleted:
        raise bad_request(missing)
    return message


def _editable(world: World, params: Params) -> Message:
    if params.text("inline_message_id"):
        raise bad_request("MESSAGE_ID_INVALID")
    message = _target(world, params, "message to edit not found")
    markup = message.markup or {}
    if message.author is not world.me or message.service or (markup and "inline_keyboard" not in markup):
        raise bad_request("message can't be edited")
    return message


def _apply(
    world: World, message: Message, content: Formatted, markup: JsonObject | None, media: Media | None
) -> JsonObject:
    if markup is not None and "inline_keyboard" not in markup:
        raise bad_request("inline keyboard expected")
    if content == message.content and markup == message.markup and media is message.media:
        raise bad_request(
            "message is not modified: specified new message content and reply markup are exactly the same "
            "as a current content and reply markup of the message"
        )
    message.content, message.markup, message.media = content, markup, media
    message.edit_date = int(time.time())
    world.remember(message)
    return world.message_json(message)


def delete_message(world: World, params: Params) -> bool:
    """deleteMessage: own ones, anybody's in private, anybody's as an administrator; none after 48 hours."""
    message = _target(world, params, "message to delete not found")
    chat = message.chat
    foreign = message.author is not world.me
    too_old = time.time() - message.date > _DELETABLE_SECONDS
    if too_old or (foreign and chat.is_group and chat.bot_status != "administrator"):
        raise bad_request("message can't be deleted")
    message.deleted = True
    world.signal.notify()
    return True


def set_message_reaction(world: World, params: Params) -> bool:
    """setMessageReaction: at most one plain emoji; an empty list takes it back."""
    message = _target(world, params, "message to react not found")
    reactions = [as_object(item) or {} for item in params.json_array("reaction") or []]
    if len(reactions) > 1:
        raise bad_request("REACTIONS_TOO_MANY")
    message.reactions.pop(world.me.id, None)
    if reactions:
        if reactions[0].get("type") != "emoji" or reactions[0].get("emoji") not in _REACTIONS:
            raise bad_request("REACTION_INVALID")
        message.reactions[world.me.id] = str(reactions[0]["emoji"])
    world.signal.notify()
    return True


def answer_callback_query(world: World, params: Params) -> bool:
    """answerCallbackQuery: once, and in time."""
    press = world.presses.get(params.text("callback_query_id") or "")
    if press is None or press.expired or press.answer is not None:
        raise bad_request("query is too old and response timeout expired or query ID is invalid")
    text = params.text("text") or ""
    if len(text) > _CALLBACK_TEXT_LIMIT:
        raise bad_request("MESSAGE_TOO_LONG")
    press.answer = CallbackAnswer(text, params.boolean("show_alert"), params.text("url"))
    world.signal.notify()
    return True
