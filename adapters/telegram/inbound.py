"""Telegram updates to events. Pure: nothing here calls Telegram."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from telegram import (
    CallbackQuery,
    Chat,
    ChatMemberUpdated,
    Message,
    MessageEntity,
    MessageOrigin,
    MessageOriginChannel,
    MessageOriginChat,
    MessageOriginUser,
    Update,
    User,
)
from telegram.constants import ChatMemberStatus, ChatType

from adapters.telegram.attachments import attachments_of, sticker_words
from adapters.telegram.capabilities import PLATFORM
from adapters.telegram.commands import Typed, Vocabulary, typed_command
from adapters.text.measure import utf16_length
from bot.declarations import Command
from bot.errors import UserError
from bot.messages import Addressed, Authority, ButtonPress, CommandUse, Incoming, Person, Place, Quoted

ANONYMOUS = 1087968824
"""The user in whose name administrators write and press when they hide behind their group."""

NEAR_LIMIT = 4000
"""UTF-16 units from which the sender's app may have cut the text in two."""

MOST_ALBUMS = 256
_OUTSIDE = (ChatMemberStatus.LEFT, ChatMemberStatus.BANNED)
_INSIDE = (ChatMemberStatus.MEMBER, ChatMemberStatus.ADMINISTRATOR, ChatMemberStatus.OWNER)
_AFTER_NAME = re.compile(r"[ \t]*[,:]?[ \t]+|[ \t]*[,:](?=\n|$)")


@dataclass(frozen=True, slots=True)
class Joined:
    """The bot was added to a group."""

    place: Place
    title: str


@dataclass(frozen=True, slots=True)
class Left:
    """The bot was removed from a group."""

    place: Place


@dataclass(frozen=True, slots=True)
class Migrated:
    """A group has become a supergroup and has a new id."""

    old: str
    new: str


@dataclass(frozen=True, slots=True)
class Ranked:
    """Somebody's rank in a group has changed, ours among them."""

    chat: str
    change: Joined | Left | None = None


Reading = Incoming | Migrated | Ranked | None
"""What an update means; None for nothing."""


class Inbound:
    """Reads the updates of the bot `me`. Remembers which albums were meant for it."""

    def __init__(self, me: User, commands: Sequence[Command]) -> None:
        self._me = me
        self._name = (me.username or "").lower()
        self._vocabulary = Vocabulary(commands)
        self._albums: dict[str, Addressed] = {}

    def read(self, update: Update) -> Reading:
        """One update. Only words that are edited mean something; the engine knows what they were before."""
        event_id = f"update:{update.update_id}"
        if update.message:
            return _migration(update.message) or self._message(event_id, update.message)
        if update.edited_message and update.edited_message.edit_date:
            return self._edited(event_id, update.edited_message)
        if update.callback_query:
            return _press(event_id, update.callback_query)
        if update.my_chat_member:
            change = update.my_chat_member
            return Ranked(str(change.chat.id), _membership(change))
        if update.chat_member:
            return Ranked(str(update.chat_member.chat.id))
        return None

    # --- messages ---

    def _message(self, event_id: str, message: Message) -> Incoming | None:
        author = author_of(message)
        if author is None or author.id == str(self._me.id) or message.chat.type == ChatType.CHANNEL:
            return None
        whole = message.text or message.caption or _other_words(message)
        files = attachments_of(message)
        if not whole and not files:
            return None  # a service message, or something without words or file
        words, named = self._without_own_name(message, whole)
        incoming = Incoming(
            event_id=event_id,
            place=place_of(message.chat, message),
            author=author,
            addressed=self._addressed(message, named),
            text=words,
            message_id=str(message.message_id),
            attachments=files,
            quoted=_quoted(message),
            album_id=message.media_group_id or "",
            forwarded=message.forward_origin is not None,
            near_limit=utf16_length(whole) >= NEAR_LIMIT,
            authority=_authority(message.chat, message.sender_chat),
            admin=_hidden_admin(message.chat, message.sender_chat),
            language=(message.from_user.language_code if message.from_user else None) or "",
            place_title=message.chat.title or "",
            sent_at=message.date.timestamp(),
        )
        if author.is_bot:
            return incoming if incoming.addressed in (Addressed.MENTION, Addressed.REPLY) else None
        typed = None if incoming.forwarded else typed_command(words)
        return self._commanded(incoming, typed) if typed else incoming

    def _edited(self, event_id: str, message: Message) -> Incoming | None:
        """A live location that moves, or a poll that was voted in, also comes as an edited message."""
        if not (message.text or message.caption):
            return None
        incoming = self._message(event_id, message)
        return replace(incoming, edits=incoming.message_id) if incoming is not None else None

    def _commanded(self, incoming: Incoming, typed: Typed) -> Incoming | None:
        if typed.bot and typed.bot != self._name:
            return None
        if not typed.bot and incoming.addressed is Addressed.OVERHEARD and typed.name not in self._vocabulary:
            return None  # in a group it may be meant for another bot
        try:
            return _with_command(incoming, typed, self._vocabulary.use(typed))
        except UserError as error:
            named = _with_command(incoming, typed, CommandUse(typed.name))
            return replace(named, complaint=error.reader_text)

    def _addressed(self, message: Message, named: bool) -> Addressed:
        if message.chat.type == ChatType.PRIVATE:
            return Addressed.DIRECT
        addressed = Addressed.OVERHEARD
        if named:
            addressed = Addressed.MENTION
        elif self._answers_us(message):
            addressed = Addressed.REPLY
        return self._whole_album(message.media_group_id, addressed)

    def _whole_album(self, album: str | None, addressed: Addressed) -> Addressed:
        """Only the first picture of an album carries the words, and with them the bot's name."""
        if not album:
            return addressed
        if addressed is Addressed.OVERHEARD:
            return self._albums.get(album, addressed)
        self._albums[album] = addressed
        while len(self._albums) > MOST_ALBUMS:
            del self._albums[next(iter(self._albums))]
        return addressed

    def _answers_us(self, message: Message) -> bool:
        replied = _replied(message)
        return replied is not None and replied.from_user is not None and replied.from_user.id == self._me.id

    def _without_own_name(self, message: Message, text: str) -> tuple[str, bool]:
        """The text without @name of the bot, and whether it was there."""
        entities = message.entities if message.text else message.caption_entities
        own = [entity for entity in entities if self._names_us(text, entity)]
        return _cut(text, own), bool(own)

    def _names_us(self, text: str, entity: MessageEntity) -> bool:
        if entity.type == MessageEntity.TEXT_MENTION:
            return entity.user is not None and entity.user.id == self._me.id
        named = _units(text, entity.offset, entity.offset + entity.length)
        return entity.type == MessageEntity.MENTION and named.lower() == f"@{self._name}"


def _with_command(incoming: Incoming, typed: Typed, command: CommandUse) -> Incoming:
    return replace(incoming, addressed=Addressed.COMMAND, text=typed.rest, command=command)


# --- who and where ---


def place_of(chat: Chat, message: Message | None = None) -> Place:
    """A group is its own channel; a topic is a thread. Outside topics the thread id only numbers replies."""
    thread = ""
    if message is not None and message.is_topic_message and message.message_thread_id:
        thread = str(message.message_thread_id)
    space = "" if chat.type == ChatType.PRIVATE else str(chat.id)
    return Place(PLATFORM, space, str(chat.id), thread)


def author_of(message: Message) -> Person | None:
    """Who wrote it. An anonymous administrator is the group, a linked channel the channel."""
    if message.sender_chat is not None:
        return _as_person(message.sender_chat)
    return _person(message.from_user) if message.from_user else None


def _person(user: User) -> Person:
    return Person(PLATFORM, str(user.id), user.full_name, user.is_bot)


def _as_person(chat: Chat) -> Person:
    return Person(PLATFORM, str(chat.id), chat.title or chat.effective_name or "")


def _authority(chat: Chat, sender_chat: Chat | None) -> Authority:
    manages = chat.type == ChatType.PRIVATE or _hidden_admin(chat, sender_chat)
    return Authority.MODERATOR if manages else Authority.MEMBER


def _hidden_admin(chat: Chat, sender_chat: Chat | None) -> bool:
    """An administrator who writes in the name of the group."""
    return sender_chat is not None and sender_chat.id == chat.id


# --- replies ---


def _replied(message: Message) -> Message | None:
    """The message replied to. In a topic everything "replies" to the message that opened it."""
    replied = message.reply_to_message
    if replied is None or (message.is_topic_message and replied.message_id == message.message_thread_id):
        return None
    return replied


def _quoted(message: Message) -> Quoted | None:
    picked = message.quote.text if message.quote and message.quote.is_manual else ""
    replied, foreign = _replied(message), message.external_reply
    if replied is not None:
        author = author_of(replied) or Person(PLATFORM, "")
        words = picked or replied.text or replied.caption or sticker_words(replied.sticker)
        forwarded = replied.forward_origin is not None
        return Quoted(str(replied.message_id), author, words, attachments_of(replied), forwarded)
    if foreign is not None:
        words = message.quote.text if message.quote else ""
        return Quoted(str(foreign.message_id or ""), _origin(foreign.origin), words, attachments_of(foreign))
    return None


def _origin(origin: MessageOrigin) -> Person:
    match origin:
        case MessageOriginUser():
            return _person(origin.sender_user)
        case MessageOriginChat():
            return _as_person(origin.sender_chat)
        case MessageOriginChannel():
            return _as_person(origin.chat)
        case _:
            return Person(PLATFORM, "")


# --- words ---


def _units(text: str, start: int, end: int | None = None) -> str:
    """A piece of text by UTF-16 offsets, in which Telegram counts."""
    units = text.encode("utf-16-le", "surrogatepass")
    stop = len(units) if end is None else 2 * end
    return units[2 * start : stop].decode("utf-16-le", "replace")


def _cut(text: str, entities: Sequence[MessageEntity]) -> str:
    if not entities:
        return text.strip()
    kept, position = "", 0
    for entity in entities:
        kept = _joined(kept, _units(text, position, entity.offset))
        position = entity.offset + entity.length
    return _joined(kept, _units(text, position)).strip()


def _joined(before: str, after: str) -> str:
    """Two pieces around a name that was cut out, with one space at most, and no comma at the front."""
    if before.strip():
        return before + (after.lstrip(" \t") if before[-1].isspace() else after)
    found = _AFTER_NAME.match(after)
    return after[found.end() :] if found else after


def _other_words(message: Message) -> str:
    """Things that are neither text nor file, in words."""
    if message.venue:
        return f"{message.venue.title}, {message.venue.address}"
    if message.location:
        return f"My location: {message.location.latitude}, {message.location.longitude}"
    if message.contact:
        return f"Contact: {message.contact.first_name} {message.contact.phone_number}"
    if message.poll:
        return "\n".join([message.poll.question, *(f"- {option.text}" for option in message.poll.options)])
    if message.dice:
        return f"{message.dice.emoji} {message.dice.value}"
    return sticker_words(message.sticker)


# --- what is no message ---


def _press(event_id: str, query: CallbackQuery) -> Incoming | None:
    origin = query.message
    if origin is None or not query.data:
        return None
    hidden = query.from_user.id == ANONYMOUS
    message_id = str(origin.message_id)
    return Incoming(
        event_id=event_id,
        place=place_of(origin.chat, origin if isinstance(origin, Message) else None),
        author=_as_person(origin.chat) if hidden else _person(query.from_user),
        addressed=Addressed.BUTTON,
        message_id=message_id,
        press=ButtonPress(query.data, message_id),
        authority=_authority(origin.chat, origin.chat if hidden else None),
        admin=hidden,
        language=query.from_user.language_code or "",
        place_title=origin.chat.title or "",
    )


def _membership(change: ChatMemberUpdated) -> Joined | Left | None:
    """The way into a group and out of it; a person who blocks the bot changes nothing."""
    group = change.chat.type in (ChatType.GROUP, ChatType.SUPERGROUP)
    came = change.old_chat_member.status in _OUTSIDE and change.new_chat_member.status in _INSIDE
    went = change.old_chat_member.status not in _OUTSIDE and change.new_chat_member.status in _OUTSIDE
    if group and went:
        return Left(place_of(change.chat))
    return Joined(place_of(change.chat), change.chat.title or "") if group and came else None


def _migration(message: Message) -> Migrated | None:
    """Both the old and the new chat tell it."""
    if message.migrate_to_chat_id:
        return Migrated(str(message.chat.id), str(message.migrate_to_chat_id))
    if message.migrate_from_chat_id:
        return Migrated(str(message.migrate_from_chat_id), str(message.chat.id))
    return None
