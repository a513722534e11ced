"""Sentences the engine says on its own."""

from __future__ import annotations

CLOSED = (
    "Hello! This bot is private for now. Its owner can let you in; if that is you, send `/claim CODE` "
    "with the code printed where the bot was started."
)
EXPIRED_BUTTON = "This button is too old to work. Please ask again."
EXPIRED_PICTURE = (
    "I no longer have this picture: I keep them for a week. Reply to the picture itself with what to change, "
    "or ask for a new one."
)
INTERRUPTED = "I was interrupted before I could finish this answer. Please ask again."
STOPPED = "Stopped."
EMPTY_QUESTION = "I am here. Write your question after my name, or see /help for what I can do."


def unknown_command(name: str) -> str:
    """For a command that does not exist."""
    return f"I do not know the command `/{name[:40]}`. /help lists what I can do."


def greeting(title: str, *, allowed: bool) -> str:
    """First words in a new place."""
    where = f" in **{title}**" if title else ""
    if not allowed:
        return (
            f"Hello! I am Gondola, and I have just been added{where}. I stay silent until an owner of mine "
            "lets this place in with `/allow`."
        )
    return (
        f"Hello! I am Gondola, and I am glad to be{where or ' here'}.\n\n"
        "- **Mention me or reply to me** with a question; in a direct chat just write.\n"
        "- `/image` draws a picture, `/voice` reads text aloud, `/search` answers with web sources.\n"
        "- `/character` gives me a personality, `/model` chooses my brain, `/settings` shows the rest.\n\n"
        "`/help` lists everything."
    )
