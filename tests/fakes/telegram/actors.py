"""What people do: every action changes the chat and queues the updates Telegram would send for it."""

from collections.abc import Sequence
from typing import TypedDict, Unpack

from tests.fakes.telegram.methods_chats import open_topic
from tests.fakes.telegram.model import Chat, ChatKind, MediaKind, MemberStatus, Message, Press, Topic, User
from tests.fakes.telegram.params import Upload
from tests.fakes.telegram.render import chat_json, user_json
from tests.fakes.telegram.shapes import JsonObject
from tests.fakes.telegram.state import World
from tests.fakes.telegram.text import CAPTION_LIMIT, Entity, clean, split_like_clients, utf16_length

_FIRST_USER = 5_200_000_001
_FIRST_GROUP = 4_100_001
_FIRST_SUPERGROUP = 1_002_200_000_001
_ANONYMOUS = User(1087968824, "Group", "GroupAnonymousBot", is_bot=True)
_DEFAULT_FILES: dict[MediaKind, tuple[str, str]] = {
    "photo": ("", "image/jpeg"),
    "voice": ("", "audio/ogg"),
    "audio": ("song.mp3", "audio/mpeg"),
    "document": ("file.bin", "application/octet-stream"),
    "video": ("clip.mp4", "video/mp4"),
    "video_note": ("", "video/mp4"),
    "sticker": ("", "image/webp"),
}


class FileOptions(TypedDict, total=False):
    """What may go with a file. duration: seconds. size: what Telegram shall report, to feign a large one."""

    caption: str
    media_group_id: str | None
    mime: str
    file_name: str
    reply_to: Message | None
    topic: Topic | None
    duration: int
    size: int


class Actors:
    """Makes people and chats, and lets them act. Mixed into the fake."""

    def __init__(self, world: World) -> None:
        self.world = world
        self._albums = 12_000_000_000_000_001

    # Making people and chats

    def user(
        self, name: str, language: str | None = "en", username: str | None = None, *, is_bot: bool = False
    ) -> User:
        """A new person (or other bot)."""
        number = _FIRST_USER + len(self.world.users)
        user = User(number, name, username, language, is_bot)
        self.world.users[user.id] = user
        return user

    def private(self, user: User, *, topics: bool = False) -> Chat:
        """The private chat of a person who has started the bot. topics: it has forum topics."""
        chat = self.world.chats.get(user.id)
        if chat is None:
            chat = Chat(user.id, "private", user.name, user, forum=topics)
            self.world.chats[chat.id] = chat
        return chat

    def group(
        self,
        title: str,
        members: Sequence[User] = (),
        admins: Sequence[User] = (),
        *,
        forum: bool = False,
        supergroup: bool = False,
        privacy: bool | None = None,
        bot: MemberStatus = "member",
    ) -> Chat:
        """A group; the first of `admins` owns it. privacy: the mode in force here, else the bot's own.

        Forums are supergroups; others are basic groups unless `supergroup`. As "administrator" the
        bot sees everything.
        """
        kind: ChatKind = "supergroup" if forum or supergroup else "group"
        chat = Chat(self._group_id(kind), kind, title, forum=forum, bot_status=bot)
        chat.privacy = self.world.privacy if privacy is None else privacy
        chat.members = {user.id: user for user in [*members, *admins]}
        chat.admins = [user.id for user in admins]
        self.world.chats[chat.id] = chat
        # In a supergroup the first message is the one that made it; in a forum it is the General topic.
        chat.next_message_id = 2
        return chat

    def _group_id(self, kind: ChatKind) -> int:
        first = _FIRST_SUPERGROUP if kind == "supergroup" else _FIRST_GROUP
        return -(first + len(self.world.chats))

    def topic(self, chat: Chat, name: str) -> Topic:
        """A new topic of a forum."""
        if not chat.forum:
            raise ValueError(f"{chat!r} is not a forum")
        return open_topic(self.world, chat, name)

    # Talking

    def say(
        self,
        chat: Chat,
        user: User,
        text: str,
        *,
        reply_to: Message | None = None,
        topic: Topic | None = None,
        entities: Sequence[Entity] = (),
        anonymous: bool = False,
        forwarded_from: User | None = None,
    ) -> Message:
        """Say something; more than 4096 units become several messages, of which the last is returned.

        anonymous: as an administrator who hides behind the group.
        """
        pieces = split_like_clients(text)
        if not pieces:
            raise ValueError("an app sends no empty message")
        for piece in pieces[:-1]:
            self._speak(chat, user, piece, (), reply_to, topic, anonymous, forwarded_from)
        return self._speak(chat, user, pieces[-1], entities, reply_to, topic, anonymous, forwarded_from)

    def _speak(
        self,
        chat: Chat,
        user: User,
        text: str,
        entities: Sequence[Entity],
        reply_to: Message | None,
        topic: Topic | None,
        anonymous: bool,
        forwarded_from: User | None,
    ) -> Message:
        message = self._message(chat, user, reply_to, topic, anonymous)
        message.content = clean(text, entities)
        message.forwarded_from = forwarded_from
        return self._show(message, user)

    def _message(
        self, chat: Chat, user: User, reply_to: Message | None, topic: Topic | None, anonymous: bool = False
    ) -> Message:
        if chat.migrated_to is not None:
            raise ValueError(f"{chat!r} was upgraded, talk in {chat.migrated_to!r}")
        if chat.is_group:
            chat.members.setdefault(user.id, user)
        message = self.world.new_message(chat, _ANONYMOUS if anonymous else user)
        message.sender_chat = chat if anonymous else None
        message.reply_to, message.topic = reply_to, topic
        if topic is None and reply_to is not None and chat.forum:
            message.topic = reply_to.topic
        return message

    def _show(self, message: Message, user: User) -> Message:
        self.world.publish(message)
        if not user.is_bot and self._reaches_bot(message):
            message.update = self.world.deliver("message", self.world.message_json(message))
        return message

    def _reaches_bot(self, message: Message) -> bool:
        chat = message.chat
        if chat.bot_status in ("left", "kicked"):
            return False
        if not chat.is_group or not chat.privacy or chat.bot_status == "administrator" or message.service:
            return True
        if message.reply_to is not None and message.reply_to.author is self.world.me:
            return True
        text = message.content.text
        return any(self._addresses_bot(entity, text) for entity in message.entities)

    def _addresses_bot(self, entity: Entity, text: str) -> bool:
        name = f"@{self.world.me.username}".lower()
        covered = entity.of(text).lower()
        if entity.type == "mention":
            return covered == name
        if entity.type == "bot_command":
            return "@" not in covered or covered.endswith(name)
        return entity.type == "text_mention" and entity.user_id == self.world.me.id

    def edit(self, message: Message, text: str, entities: Sequence[Entity] = ()) -> JsonObject | None:
        """The author changes text or caption. Returns the update, if the bot gets one."""
        message.content = clean(text, entities)
        message.edit_date = message.date + 1
        self.world.remember(message)
        if (message.author.is_bot and message.sender_chat is None) or not self._reaches_bot(message):
            return None
        return self.world.deliver("edited_message", self.world.message_json(message))

    # Files

    def send_photo(self, chat: Chat, user: User, data: bytes, **options: Unpack[FileOptions]) -> Message:
        """Send a photo; any bytes will do."""
        return self.send_file("photo", chat, user, data, **options)

    def send_voice(self, chat: Chat, user: User, data: bytes, **options: Unpack[FileOptions]) -> Message:
        """Send a voice message."""
        return self.send_file("voice", chat, user, data, **options)

    def send_audio(self, chat: Chat, user: User, data: bytes, **options: Unpack[FileOptions]) -> Message:
        """Send a piece of music."""
        return self.send_file("audio", chat, user, data, **options)

    def send_document(self, chat: Chat, user: User, data: bytes, **options: Unpack[FileOptions]) -> Message:
        """Send a file."""
        return self.send_file("document", chat, user, data, **options)

    def send_video(self, chat: Chat, user: User, data: bytes, **options: Unpack[FileOptions]) -> Message:
        """Send a video."""
        return self.send_file("video", chat, user, data, **options)

    def send_video_note(self, chat: Chat, user: User, data: bytes, **options: Unpack[FileOptions]) -> Message:
        """Send a round video message."""
        return self.send_file("video_note", chat, user, data, **options)

    def send_sticker(
        self, chat: Chat, user: User, data: bytes, emoji: str, mime: str = "image/webp"
    ) -> Message:
        """Send a sticker: image/webp, video/webm, or the animated application/x-tgsticker."""
        message = self._message(chat, user, None, None)
        message.content = clean("", ())
        message.media = self.world.files.add("sticker", Upload("", mime, data))
        message.media.emoji, message.media.set_name = emoji, "Cats"
        return self._show(message, user)

    def send_file(
        self, kind: MediaKind, chat: Chat, user: User, data: bytes, **options: Unpack[FileOptions]
    ) -> Message:
        """Send a file of any kind."""
        caption = clean(options.get("caption", ""), ())
        if utf16_length(caption.text) > CAPTION_LIMIT:
            raise ValueError("apps allow 1024 characters of caption")
        message = self._message(chat, user, options.get("reply_to"), options.get("topic"))
        message.content = caption
        message.media_group_id = options.get("media_group_id")
        default_name, default_mime = _DEFAULT_FILES[kind]
        upload = Upload(options.get("file_name", default_name), options.get("mime", default_mime), data)
        message.media = self.world.files.add(kind, upload, options.get("size"))
        message.media.duration = options.get("duration", 1)
        if kind == "video_note":
            message.media.width = message.media.height = 240
        return self._show(message, user)

    def album_id(self) -> str:
        """A fresh media_group_id."""
        self._albums += 1
        return str(self._albums)

    # Buttons and reactions

    def press(self, message: Message, button: str, user: User) -> Press:
        """Press an inline button by its text or data. Raises LookupError if there is none that calls back."""
        for candidate in message.buttons:
            if candidate.data is not None and button in (candidate.text, candidate.data):
                return self.press_data(message, candidate.data, user)
        raise LookupError(f"no button {button!r} on {message!r}: {message.buttons}")

    def press_data(self, message: Message, data: str, user: User) -> Press:
        """Press with any data, as a tampered client could."""
        press = Press(f"44100{len(self.world.presses):08d}", message, user, data)
        self.world.presses[press.id] = press
        payload: JsonObject = {
            "id": press.id,
            "from": user_json(user),
            "message": self.world.message_json(message),
            "chat_instance": str(message.chat.id * 31),
            "data": data,
        }
        self.world.deliver("callback_query", payload)
        return press

    def react(self, message: Message, user: User, emoji: str | None) -> JsonObject | None:
        """Set or take back (None) a reaction. In groups only an administrator bot hears of it."""
        old = message.reactions.pop(user.id, None)
        if emoji is not None:
            message.reactions[user.id] = emoji
        self.world.signal.notify()
        if message.chat.is_group and message.chat.bot_status != "administrator":
            return None
        payload: JsonObject = {
            "chat": chat_json(message.chat),
            "message_id": message.id,
            "user": user_json(user),
            "date": message.date + 1,
            "old_reaction": _reactions(old),
            "new_reaction": _reactions(emoji),
        }
        return self.world.deliver("message_reaction", payload)

    def stop_draft(self, chat: Chat, topic: Topic | None = None) -> JsonObject | None:
        """Press Stop under the newest draft. Raises LookupError if none can be stopped."""
        drafts = chat.drafts.get(topic.id if topic else None, [])
        if not drafts or not drafts[-1].can_stop:
            raise LookupError(f"no draft to stop in {chat!r}")
        draft = drafts[-1]
        if not draft.keep_on_stop:
            drafts.clear()
        payload: JsonObject = {"chat": chat_json(chat), "draft_id": draft.id}
        if topic is not None:
            payload["message_thread_id"] = topic.id
        return self.world.deliver("stopped_message_generation", payload)


def _reactions(emoji: str | None) -> list[JsonObject]:
    return [{"type": "emoji", "emoji": emoji}] if emoji else []
