"""What the sending and editing methods share: place, reply, keyboard, formatted text."""

from dataclasses import dataclass

from tests.fakes.telegram.errors import bad_request
from tests.fakes.telegram.model import Chat, Media, MediaKind, Message, Topic
from tests.fakes.telegram.params import Params
from tests.fakes.telegram.shapes import JsonObject, as_array, as_object
from tests.fakes.telegram.state import World
from tests.fakes.telegram.text import Entity, Formatted, caption_text, parse_entities

_BUTTON_ACTIONS = (
    "url",
    "callback_data",
    "web_app",
    "login_url",
    "switch_inline_query",
    "switch_inline_query_current_chat",
    "switch_inline_query_chosen_chat",
    "copy_text",
    "callback_game",
    "pay",
)
_MARKUPS = ("inline_keyboard", "keyboard", "remove_keyboard", "force_reply")
_BUTTONS_SHOWN = 100


@dataclass(frozen=True, slots=True)
class Place:
    """Where a new message goes."""

    chat: Chat
    topic: Topic | None
    reply_to: Message | None
    quote: str | None


def place(world: World, params: Params) -> Place:
    """Chat, topic and replied message of a sending call. Raises 400 or 403."""
    chat = world.writable_chat(params)
    topic = topic_of(chat, params)
    reply = params.json_object("reply_parameters")
    replied = _replied(world, chat, reply) if reply else None
    if topic is None and replied is not None and chat.forum:
        topic = replied.topic
    quote = reply.get("quote") if reply else None
    if isinstance(quote, str) and replied is not None and quote not in replied.content.text:
        raise bad_request("QUOTE_TEXT_INVALID")
    return Place(chat, topic, replied, quote if isinstance(quote, str) else None)


def topic_of(chat: Chat, params: Params) -> Topic | None:
    """The topic a call names. Raises 400 for the General topic's 1, unknown and closed topics."""
    thread = params.integer("message_thread_id")
    if thread is None:
        return None
    topic = chat.topics.get(thread)
    if topic is None or topic.deleted:
        raise bad_request("message thread not found")
    if topic.closed and chat.bot_status != "administrator":
        raise bad_request("TOPIC_CLOSED")
    return topic


def _replied(world: World, chat: Chat, reply: JsonObject) -> Message | None:
    where = reply.get("chat_id", chat.id)
    other = world.chats.get(where) if isinstance(where, int) else None
    number = reply.get("message_id")
    found = other.messages.get(number) if other is not None and isinstance(number, int) else None
    if found is not None and not found.deleted:
        return found
    if reply.get("allow_sending_without_reply") is True:
        return None
    raise bad_request("message to be replied not found")


def send(
    world: World, where: Place, content: Formatted, markup: JsonObject | None, media: Media | None = None
) -> Message:
    """Publish a message of the bot."""
    message = world.new_message(where.chat, world.me)
    message.content, message.markup, message.media = content, markup, media
    message.topic, message.reply_to, message.quote = where.topic, where.reply_to, where.quote
    return world.publish(message)


def entities_of(params: Params, name: str) -> list[Entity]:
    """The entity list of a call; empty when absent."""
    return parse_entities(params.json_array(name)) if params.values.get(name) is not None else []


def caption_of(params: Params) -> Formatted:
    """The caption of a call, maybe empty."""
    return caption_text(params.text("caption") or "", entities_of(params, "caption_entities"))


def markup_of(params: Params) -> JsonObject | None:
    """A checked reply_markup; None when absent or an empty inline keyboard."""
    markup = params.json_object("reply_markup")
    if not markup:
        return None
    if not any(kind in markup for kind in _MARKUPS):
        raise bad_request("object expected as reply markup")
    if "inline_keyboard" not in markup:
        return markup
    rows = as_array(markup["inline_keyboard"])
    if rows is None:
        raise bad_request('field "inline_keyboard" must be of type Array')
    cells = [_checked_button(cell) for row in rows for cell in as_array(row) or []]
    if len(cells) > _BUTTONS_SHOWN:
        raise bad_request("REPLY_MARKUP_TOO_LONG")
    return markup if cells else None


def media_kind(item: JsonObject, allowed: tuple[MediaKind, ...]) -> MediaKind | None:
    """The kind an InputMedia names, None if it is not allowed here."""
    for kind in allowed:
        if item.get("type") == kind:
            return kind
    return None


def _checked_button(value: object) -> JsonObject:
    cell = as_object(value) or {}
    if not str(cell.get("text") or "").strip():
        raise bad_request('can\'t parse inline keyboard button: field "text" must be non-empty')
    actions = [name for name in _BUTTON_ACTIONS if name in cell]
    if len(actions) != 1:
        raise bad_request(
            "can't parse inline keyboard button: text buttons are unallowed in the inline keyboard"
        )
    data = cell.get("callback_data")
    if data is not None and not 1 <= len(str(data).encode()) <= 64:
        raise bad_request("BUTTON_DATA_INVALID")
    url = cell.get("url")
    if url is not None and not str(url).startswith(("http://", "https://", "tg://")):
        raise bad_request(f"inline keyboard button URL '{url}' is invalid: wrong HTTP URL")
    return cell
