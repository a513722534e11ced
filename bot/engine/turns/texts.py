"""Sentences the engine says on its own."""

from __future__ import annotations

CLOSED = (
    "Hello! This bot is private for now. Its owner can let you in; if that is you, send `/claim CODE` "
    "with the code printed where the bot was started."
)
PAIRING = (
    "Hello! This bot is private for now. To be let in, give its owner this code: **{code}**. It is good for "
    "an hour and works once; I write here when you are in. Owners use `/allow {code}` or `/pairings`."
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


def closed(code: str, *, server: bool) -> str:
    """For a stranger; `code` is one to be let in with, "" for none; `server` says that it is for a server."""
    if not code:
        return CLOSED
    text = PAIRING.format(code=code)
    return text.replace("To be let in", "To let me work in this place", 1) if server else text


def let_in(*, server: bool) -> str:
    """For who asked, once an owner has said yes."""
    where = (
        "I may work here now: mention me or reply to me with a question"
        if server
        else "You are in: just write"
    )
    return f"An owner of this bot has agreed. {where}, and `/help` lists what I can do."


def too_fast(seconds: int) -> str:
    """For somebody who asks too much."""
    return f"That was a lot in one minute. Ask again in {seconds} s; until then I do not answer you."


def greeting(title: str, *, allowed: bool, admins: bool = False, pairs: bool = False) -> str:
    """First words in a new place. `admins` says that its own admins may let it in, `pairs` that they can
    ask for that with a code."""
    where = f" in **{title}**" if title else ""
    if not allowed:
        who = "whoever manages it, or an owner of mine," if admins else "an owner of mine"
        code = (
            " Whoever manages it gets a code for that with any command of mine."
            if pairs and not admins
            else ""
        )
        return (
            f"Hello! I am Gondola, and I have just been added{where}. I stay silent until {who} "
            f"lets this place in with `/allow here`.{code}"
        )
    return (
        f"Hello! I am Gondola, and I am glad to be{where or ' here'}.\n\n"
        "- **Mention me or reply to me** with a question; in a direct chat just write.\n"
        "- `/image` draws a picture, `/voice` reads text aloud, `/search` answers with web sources.\n"
        "- `/character` gives me a personality, `/model` chooses my brain, `/settings` shows the rest.\n\n"
        "`/help` lists everything."
    )
