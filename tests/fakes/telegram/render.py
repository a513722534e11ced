"""The model as Bot API JSON."""

from collections.abc import Callable

from tests.fakes.telegram.model import Chat, Media, MemberStatus, Message, User
from tests.fakes.telegram.shapes import JsonObject, without_none
from tests.fakes.telegram.text import Entity

THUMBNAIL = 90

_RIGHTS = (
    "can_manage_chat",
    "can_delete_messages",
    "can_manage_video_chats",
    "can_restrict_members",
    "can_promote_members",
    "can_change_info",
    "can_invite_users",
    "can_post_stories",
    "can_edit_stories",
    "can_delete_stories",
    "can_pin_messages",
)


def user_json(user: User) -> JsonObject:
    """User."""
    return without_none(
        {
            "id": user.id,
            "is_bot": user.is_bot,
            "first_name": user.name,
            "username": user.username,
            "language_code": user.language,
        }
    )


def chat_json(chat: Chat) -> JsonObject:
    """Chat."""
    if chat.user is not None:
        first: JsonObject = {"first_name": chat.user.name, "username": chat.user.username}
    else:
        first = {"title": chat.title, "is_forum": chat.forum or None}
    return without_none({"id": chat.id, "type": chat.kind, **first})


def full_chat_json(chat: Chat) -> JsonObject:
    """ChatFullInfo."""
    gifts = (
        "unlimited_gifts",
        "limited_gifts",
        "unique_gifts",
        "premium_subscription",
        "gifts_from_channels",
    )
    return {
        **chat_json(chat),
        "accent_color_id": 0,
        "max_reaction_count": 11,
        "accepted_gift_types": dict.fromkeys(gifts, False),
    }


def member_json(user: User, status: MemberStatus) -> JsonObject:
    """ChatMember of the fitting kind."""
    base: JsonObject = {"status": status, "user": user_json(user)}
    if status == "creator":
        return {**base, "is_anonymous": False}
    if status == "kicked":
        return {**base, "until_date": 0}
    if status == "administrator":
        return {**base, "can_be_edited": False, "is_anonymous": False, **dict.fromkeys(_RIGHTS, True)}
    return base


def entity_json(entity: Entity, user_of: Callable[[int], User | None]) -> JsonObject:
    """MessageEntity."""
    user = user_of(entity.user_id) if entity.user_id is not None else None
    return without_none(
        {
            "type": entity.type,
            "offset": entity.offset,
            "length": entity.length,
            "url": entity.url,
            "language": entity.language,
            "user": user_json(user) if user else None,
            "custom_emoji_id": entity.custom_emoji_id,
            "unix_time": entity.unix_time,
            "date_time_format": entity.date_time_format,
        }
    )


def message_json(message: Message, user_of: Callable[[int], User | None], nested: bool = False) -> JsonObject:
    """Message. A nested one (the replied one) carries no reply of its own."""
    body: JsonObject = {
        "message_id": message.id,
        "date": message.date,
        "chat": chat_json(message.chat),
        "from": user_json(message.author),
        "sender_chat": chat_json(message.sender_chat) if message.sender_chat else None,
        "edit_date": message.edit_date,
        "media_group_id": message.media_group_id,
        "reply_markup": message.markup if "inline_keyboard" in (message.markup or {}) else None,
        **_thread(message),
        **_content(message, user_of),
        **message.service,
    }
    if message.forwarded_from is not None:
        origin = {"type": "user", "date": message.date, "sender_user": user_json(message.forwarded_from)}
        body["forward_origin"] = origin
    replied = message.reply_to or _topic_root(message)
    if replied is not None and not nested:
        body["reply_to_message"] = message_json(replied, user_of, nested=True)
        body["quote"] = {"text": message.quote, "position": 0} if message.quote else None
    return without_none(body)


def _thread(message: Message) -> JsonObject:
    if message.topic is not None:
        return {"message_thread_id": message.topic.id, "is_topic_message": True}
    if message.reply_to is None or message.chat.kind != "supergroup" or message.chat.forum:
        return {}
    # Outside forums a supergroup numbers each reply chain by its first message.
    root = message.reply_to
    while root.reply_to is not None:
        root = root.reply_to
    return {"message_thread_id": root.id}


def _topic_root(message: Message) -> Message | None:
    """In a forum every message without a reply of its own "replies" to the one that made the topic."""
    if message.topic is None or message.topic.id == message.id or not message.chat.is_group:
        return None
    return message.chat.messages.get(message.topic.id)


def _content(message: Message, user_of: Callable[[int], User | None]) -> JsonObject:
    if message.service:
        return {}
    if message.content.blocks is not None:
        return {"rich_message": {"blocks": message.content.blocks}}
    entities = [entity_json(entity, user_of) for entity in message.content.entities] or None
    if message.media is None:
        return {"text": message.content.text, "entities": entities}
    caption = message.content.text or None
    return {**media_json(message.media), "caption": caption, "caption_entities": entities}


def media_json(media: Media) -> JsonObject:
    """The one or two message fields for a file."""
    base: JsonObject = {"file_id": media.file_id, "file_unique_id": media.unique_id, "file_size": media.size}
    if media.kind == "photo":
        return {"photo": _sizes(media, base)}
    named: JsonObject = {"file_name": media.file_name, "mime_type": media.mime}
    played: JsonObject = {"duration": media.duration}
    described: dict[str, JsonObject] = {
        "voice": {**played, "mime_type": media.mime},
        "audio": {**played, **named, "title": media.title, "performer": media.performer},
        "document": named,
        "video": {**played, **named, "width": media.width, "height": media.height},
        "video_note": {**played, "length": media.width},
        "sticker": _sticker(media),
    }
    return {media.kind: without_none({**base, **described[media.kind]})}


def _sticker(media: Media) -> JsonObject:
    return {
        "type": "regular",
        "width": 512,
        "height": 512,
        "is_animated": media.mime == "application/x-tgsticker",
        "is_video": media.mime == "video/webm",
        "emoji": media.emoji,
        "set_name": media.set_name,
    }


def _sizes(media: Media, base: JsonObject) -> list[JsonObject]:
    full: JsonObject = {**base, "width": media.width, "height": media.height}
    if media.thumbnail_id is None:
        return [full]
    small: JsonObject = {
        "file_id": media.thumbnail_id,
        "file_unique_id": f"{media.unique_id}s",
        "file_size": 4,
        "width": THUMBNAIL,
        "height": THUMBNAIL,
    }
    return [small, full]
