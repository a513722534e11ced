"""People, chats and messages. Tests read them, only the fake changes them. Times are time.monotonic()."""

from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from tests.fakes.telegram.params import Upload
from tests.fakes.telegram.shapes import JsonObject, as_array, as_object
from tests.fakes.telegram.text import Entity, Formatted

ChatKind: TypeAlias = Literal["private", "group", "supergroup"]
MemberStatus: TypeAlias = Literal["creator", "administrator", "member", "left", "kicked"]
MediaKind: TypeAlias = Literal["photo", "voice", "audio", "document", "video", "video_note", "sticker"]

DRAFT_SECONDS = 30.0
ACTION_SECONDS = 5.0


@dataclass(slots=True)
class User:
    """A person or a bot. blocked: this person has blocked the bot under test."""

    id: int
    name: str
    username: str | None = None
    language: str | None = None
    is_bot: bool = False
    blocked: bool = False


@dataclass(slots=True)
class Topic:
    """A forum topic. id is the message_thread_id."""

    id: int
    name: str
    closed: bool = False
    deleted: bool = False


@dataclass(slots=True, eq=False)
class Media:
    """A file in a message."""

    kind: MediaKind
    file_id: str
    unique_id: str
    data: bytes
    size: int
    file_name: str | None = None
    mime: str | None = None
    duration: int = 0
    width: int = 0
    height: int = 0
    title: str | None = None
    performer: str | None = None
    thumbnail_id: str | None = None
    emoji: str | None = None
    set_name: str | None = None


@dataclass(frozen=True, slots=True)
class Button:
    """An inline button: exactly one of data and url is usually set."""

    text: str
    data: str | None
    url: str | None


@dataclass(frozen=True, slots=True)
class Version:
    """What a message looked like from `time` on."""

    time: float
    content: Formatted
    markup: JsonObject | None
    media: Media | None


@dataclass(slots=True, eq=False)
class Message:
    """A message as people see it. content is the text, or the caption where there is media."""

    chat: "Chat"
    id: int
    author: User
    date: int
    content: Formatted = field(default_factory=lambda: Formatted(""))
    media: Media | None = None
    media_group_id: str | None = None
    markup: JsonObject | None = None
    reply_to: "Message | None" = None
    quote: str | None = None
    topic: Topic | None = None
    sender_chat: "Chat | None" = None
    forwarded_from: User | None = None
    service: JsonObject = field(default_factory=dict[str, object])
    history: list[Version] = field(default_factory=list[Version])
    edit_date: int | None = None
    deleted: bool = False
    reactions: dict[int, str] = field(default_factory=dict[int, str])
    update: JsonObject | None = None

    @property
    def text(self) -> str:
        """The text; empty for media and service messages."""
        return "" if self.media else self.content.text

    @property
    def caption(self) -> str:
        """The caption; empty without media."""
        return self.content.text if self.media else ""

    @property
    def entities(self) -> tuple[Entity, ...]:
        """Entities of text or caption, as displayed."""
        return self.content.entities

    @property
    def blocks(self) -> list[JsonObject]:
        """The blocks of a rich message; empty for any other."""
        return self.content.blocks or []

    @property
    def buttons(self) -> list[Button]:
        """All inline buttons, row by row."""
        rows = as_array((self.markup or {}).get("inline_keyboard")) or []
        cells = [as_object(cell) or {} for row in rows for cell in as_array(row) or []]
        return [_button(cell) for cell in cells]

    def __repr__(self) -> str:
        kind = self.media.kind if self.media else "service" if self.service else "text"
        return f"<{self.author.name} {self.chat.id}/{self.id} {kind}: {self.content.text[:80]!r}>"


def _button(cell: JsonObject) -> Button:
    data, url = cell.get("callback_data"), cell.get("url")
    return Button(
        str(cell.get("text")),
        data if isinstance(data, str) else None,
        url if isinstance(url, str) else None,
    )


@dataclass(frozen=True, slots=True)
class Draft:
    """A streamed draft, shown for 30 s after `time` unless a message of the bot replaces it."""

    id: int
    time: float
    content: Formatted
    can_stop: bool
    keep_on_stop: bool


@dataclass(slots=True, eq=False)
class Chat:
    """A private chat, basic group or supergroup, with everything in it."""

    id: int
    kind: ChatKind
    title: str
    user: User | None = None
    members: dict[int, User] = field(default_factory=dict[int, User])
    admins: list[int] = field(default_factory=list[int])
    forum: bool = False
    privacy: bool = True
    bot_status: MemberStatus = "member"
    topics: dict[int, Topic] = field(default_factory=dict[int, Topic])
    messages: dict[int, Message] = field(default_factory=dict[int, Message])
    next_message_id: int = 1
    migrated_to: "Chat | None" = None
    drafts: dict[int | None, list[Draft]] = field(default_factory=dict[int | None, list[Draft]])
    actions: dict[int | None, tuple[str, float]] = field(default_factory=dict[int | None, tuple[str, float]])

    @property
    def is_group(self) -> bool:
        """Whether several people may be here."""
        return self.kind != "private"

    def status_of(self, user: User) -> MemberStatus:
        """A person's standing; the first administrator owns the chat."""
        if user.id in self.admins:
            return "creator" if user.id == self.admins[0] else "administrator"
        return "member" if user.id in self.members else "left"

    def __repr__(self) -> str:
        return f"<{self.kind} {self.id} {self.title!r}>"


@dataclass(slots=True)
class CallbackAnswer:
    """What the presser was shown."""

    text: str
    alert: bool
    url: str | None


@dataclass(slots=True, eq=False)
class Press:
    """A pressed button. answer stays None until the bot answers; expired makes answers come too late."""

    id: str
    message: Message
    user: User
    data: str
    answer: CallbackAnswer | None = None
    expired: bool = False


@dataclass(slots=True, eq=False)
class Call:
    """One request of the bot. status None: not answered (yet, or ever). time: when it arrived."""

    time: float
    method: str
    params: dict[str, object]
    files: dict[str, Upload]
    status: int | None = None
    error: str | None = None

    @property
    def chat_id(self) -> str | None:
        """The chat_id parameter as text."""
        value = self.params.get("chat_id")
        return None if value is None else str(value)

    def __repr__(self) -> str:
        outcome = self.status if self.error is None else f"{self.status} {self.error}"
        return f"<{self.method} chat={self.chat_id} -> {outcome}>"
