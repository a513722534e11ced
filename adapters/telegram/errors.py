"""Telegram's refusals and broken calls as PlatformError: the one place that knows its wording."""

from __future__ import annotations

import re
from collections.abc import Generator
from contextlib import contextmanager
from datetime import timedelta

from telegram.error import (
    BadRequest,
    ChatMigrated,
    Conflict,
    EndPointNotFound,
    Forbidden,
    InvalidToken,
    NetworkError,
    RetryAfter,
    TelegramError,
    TimedOut,
)

from adapters.telegram.request import broke_off, never_sent
from bot.errors import PlatformError, PlatformFailure

_QUOTED = re.compile(r"'[^']*'|\"[^\"]*\"|https?://\S+")

# Telegram has no codes, only sentences; the first match counts.
_WORDING: tuple[tuple[PlatformFailure, tuple[str, ...]], ...] = (
    (PlatformFailure.UNCHANGED, ("message is not modified",)),
    (
        PlatformFailure.GONE,
        (
            "message to edit not found",
            "message can't be edited",
            "there is no text in the message to edit",
            "message to be replied not found",
            "replied message not found",
            "message to reply not found",
            "message thread not found",
            "chat not found",
            "user not found",
            "peer_id_invalid",
            "message_id_invalid",
            "topic_deleted",
            "topic_id_invalid",
            "wrong file_id",
            "file is temporarily unavailable",
        ),
    ),
    (
        PlatformFailure.FORBIDDEN,
        (
            "topic_closed",
            "not enough rights",
            "no rights to send",
            "need administrator rights",
            "chat_write_forbidden",
            "chat_restricted",
            "chat_admin_required",
            "user_is_blocked",
            "_forbidden",
            "group chat was deactivated",
        ),
    ),
    (PlatformFailure.TOO_LARGE, ("too big", "too large", "too long", "too_long", "too much")),
)


def platform_error(error: TelegramError) -> PlatformError:
    """The failure by which delivery picks its next step."""
    match error:
        case RetryAfter():
            return _failed(PlatformFailure.RATE_LIMITED, error, retry_after=seconds_of(error))
        case ChatMigrated():
            return _failed(PlatformFailure.MOVED, error, moved_to=str(error.new_chat_id))
        case Forbidden() | InvalidToken():
            return _failed(PlatformFailure.FORBIDDEN, error)
        case BadRequest():  # a NetworkError to the library, so it must come before that
            return _failed(_failure_of(error.message), error)
        case Conflict():
            return _failed(PlatformFailure.UNAVAILABLE, error)
        case NetworkError():
            return _failed(_network_failure(error), error)
        case _:
            return _failed(PlatformFailure.AMBIGUOUS, error)


_SHUT_OUT = (
    "bot was kicked",
    "bot is not a member",
    "bot was blocked",
    "group chat was deleted",
    "group is deactivated",
    "chat not found",
)


def shuts_out(error: TelegramError) -> bool:
    """Whether Telegram says that the bot is not in that chat (any more)."""
    if not isinstance(error, Forbidden | BadRequest):
        return False
    said = error.message.lower()
    return any(one in said for one in _SHUT_OUT)


@contextmanager
def refusals() -> Generator[None]:
    """Inside, the library's errors become PlatformError. Their cause is dropped: it may name addresses,
    and those contain the token."""
    try:
        yield
    except TelegramError as error:
        raise platform_error(error) from None


@contextmanager
def rich_refusals() -> Generator[None]:
    """The same for the rich form. Whatever the server has against it, or if it does not know it at all,
    the ordinary form is worth one try; that meets again what has nothing to do with the form."""
    with refusals():
        try:
            yield
        except (BadRequest, EndPointNotFound) as error:
            if platform_error(error).failure is PlatformFailure.UNCHANGED:
                raise
            raise _failed(PlatformFailure.BAD_FORMAT, error) from None


def seconds_of(error: RetryAfter) -> float:
    """How long to be silent; the type of the library's attribute depends on the environment."""
    wait = error.retry_after
    return wait.total_seconds() if isinstance(wait, timedelta) else float(wait)


def _network_failure(error: NetworkError) -> PlatformFailure:
    said = error.message.lower()
    if "request entity too large" in said:
        return PlatformFailure.TOO_LARGE
    if never_sent(error):
        return PlatformFailure.UNAVAILABLE
    if isinstance(error, TimedOut) or broke_off(error) or "gateway time" in said:
        return PlatformFailure.AMBIGUOUS
    return PlatformFailure.UNAVAILABLE


def _failure_of(sentence: str) -> PlatformFailure:
    """Unknown refusals count as bad format: the plain form is worth one try."""
    lowered = sentence.lower()
    for failure, pieces in _WORDING:
        if any(piece in lowered for piece in pieces):
            return failure
    return PlatformFailure.BAD_FORMAT


def _failed(
    failure: PlatformFailure,
    error: TelegramError,
    *,
    retry_after: float | None = None,
    moved_to: str | None = None,
) -> PlatformError:
    return PlatformError(failure, detail=describe(error), retry_after=retry_after, moved_to=moved_to)


def describe(error: TelegramError) -> str:
    """For the log: the kind and Telegram's sentence, without anything it quotes."""
    name = type(error).__name__
    if isinstance(error, (BadRequest, Forbidden, Conflict)):
        return f"telegram {name}: {_QUOTED.sub('…', error.message)[:120]}"
    cause = error.__cause__
    return f"telegram {name}" + (f" ({type(cause).__name__})" if cause is not None else "")
