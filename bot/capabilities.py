"""What a platform can do, as data: the engine and delivery branch on these, never on a platform's name."""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum


class CallKind(StrEnum):
    """Kinds of outgoing calls, as rate limits tell them apart."""

    SEND = "send"
    EDIT = "edit"
    TYPING = "typing"
    DRAFT = "draft"


ALL_CALLS = frozenset(CallKind)


@dataclass(frozen=True, slots=True)
class Window:
    """At most `calls` of these kinds in any `seconds`."""

    kinds: frozenset[CallKind]
    calls: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Pacing:
    """Limits per chat (direct or group) and per bot token, and the pace of streamed edits.

    `edit_interval` and `group_edit_interval` are the least seconds between two streamed edits of one
    answer. `typing_lasts` is how long the platform shows one typing signal, 0 for no such signal;
    `draft_lasts` the same for a frame of a draft in a direct chat, 0 for no drafts.
    """

    direct: tuple[Window, ...] = ()
    group: tuple[Window, ...] = ()
    token: tuple[Window, ...] = ()
    edit_interval: float = 1.0
    group_edit_interval: float = 1.0
    typing_lasts: float = 0.0
    draft_lasts: float = 0.0
    first_chars: int = 24
    first_delay: float = 0.25


@dataclass(frozen=True, slots=True)
class RichLimits:
    """What one rich message takes: UTF-16 units of markup, blocks with all that is nested in them, levels
    of nesting, columns of a table."""

    units: int
    blocks: int
    depth: int
    columns: int


@dataclass(frozen=True, slots=True)
class Capabilities:
    """One platform's limits and abilities.

    `text_limit` and `caption_limit` count in the platform's unit; `upload_limit` and `download_limit`
    are bytes. `voice_mimes` lists what a native voice bubble takes, best first;
    `audio_mimes` what is shown with a player, empty where that is everything. `handle_outside_limits`
    says that answers through a reply handle have a budget of their own. `repeatable_sends` says that the
    platform drops a second send with the same nonce, so a send without an answer may be repeated; it
    remembers a nonce for `repeat_seconds`.
    `mention_style` is how a person (`name`, already escaped, and `id`) is mentioned in CommonMark.
    `adults_by_statement` says that the platform does not mark places for adults, so that who manages one has
    to state it.
    `threads` says that the door opens threads (`bot.ports.OpensThreads`), `rich_messages` that it has a
    rich form of messages (`bot.ports.WritesRich`).
    """

    platform: str
    display_name: str
    text_limit: int
    caption_limit: int
    upload_limit: int
    download_limit: int
    media_per_message: int
    pacing: Pacing
    voice_mimes: tuple[str, ...] = ("audio/ogg",)
    audio_mimes: tuple[str, ...] = ()
    image_mimes: tuple[str, ...] = ("image/png", "image/jpeg", "image/webp")
    private_replies: bool = False
    autocomplete: bool = False
    handle_outside_limits: bool = False
    repeatable_sends: bool = False
    repeat_seconds: float = math.inf
    mention_style: str = "@{name}"
    role_style: str = "{id}"
    threads: bool = False
    adults_by_statement: bool = False
    rich_messages: RichLimits | None = None
