"""What comes in and what goes out, in words every room understands.

Ids are opaque strings: only the adapter that made one may parse it. People are known by platform id,
never by name. Times are Unix seconds (UTC).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum


@dataclass(frozen=True, slots=True)
class Place:
    """Where something is said.

    `space` is the server or group ("" in a direct chat), `channel` the channel, chat or web visitor,
    `thread` the thread or forum topic ("" for none). In a Telegram group, space and channel are equal.
    `member` is the id of the person whose own conversation this is, "" where people share one; adapters
    leave it empty. `category` is the group of channels that the channel is in, where the platform has such
    groups and tells; two places that differ only in it are the same.
    """

    platform: str
    space: str
    channel: str
    thread: str = ""
    member: str = ""
    category: str = field(default="", compare=False)

    @property
    def direct(self) -> bool:
        """True in a private chat between one person and the bot."""
        return not self.space

    @property
    def server_key(self) -> str:
        """Settings and caps scope of the server, "" in a direct chat."""
        return f"server:{self.platform}:{self.space}" if self.space else ""

    @property
    def channel_key(self) -> str:
        """Settings and caps scope of the channel."""
        return f"channel:{self.platform}:{self.channel}"

    @property
    def thread_key(self) -> str:
        """Settings scope of the thread or topic, "" outside one."""
        return f"thread:{self.platform}:{self.channel}:{self.thread}" if self.thread else ""

    @property
    def category_key(self) -> str:
        """Access scope of the category, "" outside one."""
        return f"category:{self.platform}:{self.category}" if self.category else ""

    @property
    def audience(self) -> str:
        """Key of the server whose admins may know what changes here, of the channel in a direct chat."""
        return self.server_key or self.channel_key

    @property
    def conversation(self) -> str:
        """Key of the conversation: one memory, one order."""
        return f"{self.room}:{self.member}" if self.member else self.room

    @property
    def room(self) -> str:
        """Key of what is said here by anybody, whoever's conversation it is."""
        return f"{self.platform}:{self.space}:{self.channel}:{self.thread}"

    @classmethod
    def of_conversation(cls, key: str) -> Place:
        """The place that a conversation key was made of. ValueError for anything else."""
        platform, space, channel, thread, *member = key.split(":", 4)
        return cls(platform, space, channel, thread, *member)


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody on a platform. `name` is for display only and untrusted."""

    platform: str
    id: str
    name: str = ""
    is_bot: bool = False

    @property
    def key(self) -> str:
        """`platform:id`, as in GONDOLA_OWNERS."""
        return f"{self.platform}:{self.id}"

    @property
    def scope_key(self) -> str:
        """Settings scope of the person."""
        return f"user:{self.platform}:{self.id}"


class MediaKind(StrEnum):
    """Kinds of media, in and out."""

    IMAGE = "image"
    AUDIO = "audio"
    VOICE = "voice"
    VIDEO = "video"
    VIDEO_NOTE = "video_note"
    STICKER = "sticker"
    DOCUMENT = "document"


SPOKEN = frozenset({MediaKind.VOICE, MediaKind.VIDEO_NOTE})
"""Recorded to be heard in place of typed words."""

SOUNDING = SPOKEN | {MediaKind.AUDIO, MediaKind.VIDEO}
"""Whatever may have sound that becomes words."""


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file somebody sent. `ref` is opaque; the adapter's `fetch` turns it into bytes.

    `size` is in bytes and `duration` in seconds, None where the platform does not say. `words` is what a
    sticker stands for: its emoji or name.
    """

    kind: MediaKind
    ref: str
    mime: str = "application/octet-stream"
    name: str = "file"
    size: int | None = None
    duration: float | None = None
    words: str = ""


class Addressed(StrEnum):
    """How a message is meant for the bot."""

    DIRECT = "direct"
    MENTION = "mention"
    REPLY = "reply"
    COMMAND = "command"
    BUTTON = "button"
    OVERHEARD = "overheard"


class Authority(StrEnum):
    """What the platform says the author may do in this place."""

    MEMBER = "member"
    MODERATOR = "moderator"


@dataclass(frozen=True, slots=True)
class Quoted:
    """The message that was replied to."""

    message_id: str
    author: Person
    text: str = ""
    attachments: tuple[Attachment, ...] = ()
    forwarded: bool = False


OptionValue = str | int | float | bool


@dataclass(frozen=True, slots=True)
class CommandUse:
    """A command as used. `options` holds typed values; attachments travel in `Incoming.attachments`.
    `secrets` holds what was given for secret options: never stored, logged or shown. Adapters leave all of
    it in `options`; the engine sorts it out before anything else sees it."""

    name: str
    options: dict[str, OptionValue] = field(default_factory=dict[str, OptionValue])
    secrets: dict[str, str] = field(default_factory=dict[str, str], repr=False)


@dataclass(frozen=True, slots=True)
class ButtonPress:
    """A press on a button the bot sent. `button_id` is the stored opaque id."""

    button_id: str
    message_id: str


@dataclass(frozen=True, slots=True)
class Incoming:
    """One event of one person, normalised.

    `event_id` is unique per platform event: the same id twice is a redelivery and ignored.
    `reply_handle` is an opaque short-lived way to answer (a Discord interaction), "" for none.
    `near_limit` says the text is so long that the client may have split it.
    `trusted` marks the visitor of the loopback-only web page, who is an owner (design section 7).
    `complaint` says what is wrong with a typed command; whoever may come in is told instead of served.
    `edits` is the id of an earlier message that now reads like this, "" for a new message.
    `roles` are the keys (`platform:id`) of the author's roles in this server, the highest first.
    `off_record` says that nothing of it may be kept; the engine sets it.
    `admin` says that the author manages the server itself, not only the channel. `unsure` says that the
    platform did not tell what the author may do, who then counts as a member.
    """

    event_id: str
    place: Place
    author: Person
    addressed: Addressed
    text: str = ""
    message_id: str = ""
    attachments: tuple[Attachment, ...] = ()
    quoted: Quoted | None = None
    command: CommandUse | None = None
    press: ButtonPress | None = None
    album_id: str = ""
    forwarded: bool = False
    near_limit: bool = False
    authority: Authority = Authority.MEMBER
    adult_allowed: bool = False
    reply_handle: str = ""
    language: str = ""
    place_title: str = ""
    trusted: bool = False
    complaint: str = ""
    sent_at: float = 0.0
    edits: str = ""
    roles: tuple[str, ...] = ()
    off_record: bool = False
    admin: bool = False
    unsure: bool = False


# --- what goes out ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Source:
    """What an answer rests on: a web page, or with `url` "" a part of a document. `number` is 1-based, as
    shown. Title and url are untrusted."""

    number: int
    title: str
    url: str


@dataclass(frozen=True, slots=True)
class Media:
    """A file to show. `duration` is in seconds; `waveform` is at most 256 loudness bytes (voice only).
    `kept` is the id under which somebody keeps it, "" for none: it is told which messages show it. `fleeting`
    asks a platform of ours not to keep it: it is off the record, or made to be taken away."""

    kind: MediaKind
    data: bytes
    mime: str
    name: str
    duration: float | None = None
    waveform: bytes = b""
    spoiler: bool = False
    kept: str = ""
    fleeting: bool = False


class ButtonStyle(StrEnum):
    """How much a button asks to be pressed."""

    PLAIN = "plain"
    PRIMARY = "primary"
    DANGER = "danger"


@dataclass(frozen=True, slots=True)
class Button:
    """A button under a message: `id` is a stored opaque id (at most 64 bytes), or `url` opens a page."""

    label: str
    id: str = ""
    url: str = ""
    style: ButtonStyle = ButtonStyle.PLAIN


ButtonRows = tuple[tuple[Button, ...], ...]


@dataclass(frozen=True, slots=True)
class TextDelta:
    """More text of the answer, CommonMark."""

    text: str


@dataclass(frozen=True, slots=True)
class TextReplaced:
    """The whole text of the answer is now this (sources have become links, an answer was restarted)."""

    text: str


@dataclass(frozen=True, slots=True)
class MediaReady:
    """Files that belong to the answer, shown together where the platform can. `buttons` stand under them;
    `rescue` stands under the sentence that says that they could not be sent, or perhaps were not."""

    items: tuple[Media, ...]
    caption: str = ""
    buttons: ButtonRows = ()
    rescue: ButtonRows = ()


@dataclass(frozen=True, slots=True)
class Notice:
    """A sentence of its own beside the answer, CommonMark; `private` asks for the asker's eyes only."""

    text: str
    private: bool = False
    buttons: ButtonRows = ()


@dataclass(frozen=True, slots=True)
class ButtonsReady:
    """Buttons under the last message of the answer."""

    rows: ButtonRows


@dataclass(frozen=True, slots=True)
class Done:
    """The answer is complete; nothing follows."""


ReplyEvent = TextDelta | TextReplaced | MediaReady | Notice | ButtonsReady | Done


@dataclass(frozen=True, slots=True)
class Entity:
    """A formatted range of a part, in the platform's own length unit (UTF-16 units on Telegram)."""

    type: str
    offset: int
    length: int
    url: str = ""
    language: str = ""


@dataclass(frozen=True, slots=True)
class Part:
    """One message's worth of rendered text, made by an adapter's `format.py`.

    `plain` is the same text without formatting, sent when the platform refuses the formatted form.
    `rich` is the text in the platform's own rich markup, "" for an ordinary message.
    """

    text: str
    entities: tuple[Entity, ...] = ()
    plain: str = ""
    rich: str = ""


@dataclass(frozen=True, slots=True)
class Target:
    """Where to answer. `reply_to` is the message to reply to ("" for none); `notify` is the id of the only
    person whom a mention in it may ping, "" for nobody."""

    place: Place
    reply_to: str = ""
    reply_handle: str = ""
    private: bool = False
    notify: str = ""


@dataclass(frozen=True, slots=True)
class MessageRef:
    """A message the bot has sent. `reply_handle` is kept so that interaction answers stay editable. `album`
    are all messages of an album where each of its files is one, in order."""

    place: Place
    message_id: str
    reply_handle: str = ""
    album: tuple[str, ...] = ()

    @property
    def message_ids(self) -> tuple[str, ...]:
        """Every message it consists of."""
        return self.album or (self.message_id,)
