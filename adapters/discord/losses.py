"""What people read of an interaction that was lost. Mentions name them; none of the bot's messages ping."""

from __future__ import annotations

from bot.messages import Person


def late_command(person: Person, command: str) -> str:
    """For one that came when Discord no longer waited for it."""
    return f"<@{person.id}>, your `/{command[:40]}` reached me too late and was lost. Please use it again."


def hidden_command(person: Person, command: str) -> str:
    """For one whose answer only its person was to see, when the way to them has closed."""
    return (
        f"<@{person.id}>, I was interrupted before I had answered your `/{command[:40]}`, and it is too late "
        "to show the answer to you alone. Please use it again."
    )


def late_press(person: Person) -> str:
    """For a button that was pressed when nobody listened."""
    return f"<@{person.id}>, your press on a button reached me too late and was lost. Please press it again."
