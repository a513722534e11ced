"""Which chat of a conversation is the current one."""

from __future__ import annotations

from sqlalchemy import bindparam, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.rows import fetch
from storage.tables import CleanText, current_chats

# A place without a pointer is in its first chat.
CURRENT = func.coalesce(
    select(current_chats.c.chat)
    .where(current_chats.c.conversation == bindparam("conversation", type_=CleanText))
    .scalar_subquery(),
    "",
)
_CURRENT = select(CURRENT.label("chat"))


async def current_chat(connection: AsyncConnection, conversation: str) -> str:
    """The id of the current chat."""
    return (await fetch(connection, _CURRENT, {"conversation": conversation}))[0]["chat"]
