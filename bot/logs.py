"""Structured logs: every line has an event name and fields, never message text, tokens or keys."""

from __future__ import annotations

import logging
import re
import sys

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

# httpx logs whole addresses at INFO, and Telegram's contain the bot token.
_CHATTY = ("httpx", "httpcore", "telegram", "discord", "aiosqlite", "uvicorn", "asyncio", "alembic")
_SECRET = re.compile(
    r"\b\d{6,12}:[A-Za-z0-9_-]{30,}"  # Telegram bot token
    r"|\b[A-Za-z0-9_-]{23,28}\.[A-Za-z0-9_-]{6,7}\.[A-Za-z0-9_-]{27,}"  # Discord bot token
    r"|VENICE_(?:INFERENCE|ADMIN)_KEY_[A-Za-z0-9_-]+"
    r"|Bearer\s+\S+"
)


def redact(text: str) -> str:
    """Text without anything that looks like a token or key."""
    return _SECRET.sub("[secret]", text)


def _redacted(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    return {key: redact(value) if isinstance(value, str) else value for key, value in event.items()}


def _wanted(record: logging.LogRecord) -> bool:
    """discord.py warns at each start about voice channels, which Gondola does not enter."""
    return "voice will NOT be supported" not in str(record.msg)


def configure_logs(level: str) -> None:
    """Send everything, libraries too, to stderr: readable on a terminal, JSON lines elsewhere."""
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
        _redacted,
    ]
    renderer: Processor = (
        structlog.dev.ConsoleRenderer() if sys.stderr.isatty() else structlog.processors.JSONRenderer()
    )
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )
    formatter = structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=shared,
        processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(formatter)
    handler.addFilter(_wanted)
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    for name in _CHATTY:
        logging.getLogger(name).setLevel(max(logging.WARNING, root.level))
