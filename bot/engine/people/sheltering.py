"""Keeping secrets out of what is stored, sent on and shown: the first thing that happens to an event."""

from __future__ import annotations

import re
from dataclasses import replace

from bot.declarations import Command
from bot.messages import CommandUse, Incoming

KEY_LIKE = re.compile(r"VENICE_(?:INFERENCE|ADMIN)_KEY_[A-Za-z0-9_-]+")
HIDDEN = "[key]"


def sheltered(incoming: Incoming, command: Command | None) -> Incoming:
    """The event with the values of secret options where only their handler looks, and without the words that
    held them. Whatever looks like a Venice key is taken out of everybody's words: people do paste one into
    a chat. `command` is the declaration of the command used."""
    options = command.options if command is not None else ()
    secret = {option.name for option in options if option.secret}
    use = incoming.command
    if use is not None and secret:
        incoming = replace(incoming, text="", command=_sorted_out(use, secret))
    return _without_keys(incoming)


def _sorted_out(use: CommandUse, secret: set[str]) -> CommandUse:
    given = {name: str(value) for name, value in use.options.items() if name in secret}
    kept = {name: value for name, value in use.options.items() if name not in secret}
    return CommandUse(use.name, kept, {**use.secrets, **given})


def _without_keys(incoming: Incoming) -> Incoming:
    quoted, use = incoming.quoted, incoming.command
    if quoted is not None and KEY_LIKE.search(quoted.text):
        incoming = replace(incoming, quoted=replace(quoted, text=KEY_LIKE.sub(HIDDEN, quoted.text)))
    if use is not None and any(KEY_LIKE.search(str(value)) for value in use.options.values()):
        hidden = {
            name: KEY_LIKE.sub(HIDDEN, value) if isinstance(value, str) else value
            for name, value in use.options.items()
        }
        incoming = replace(incoming, command=replace(use, options=hidden))
    found = KEY_LIKE.search(incoming.text) or KEY_LIKE.search(incoming.complaint)
    if not found:
        return incoming
    text, complaint = (KEY_LIKE.sub(HIDDEN, words) for words in (incoming.text, incoming.complaint))
    return replace(incoming, text=text, complaint=complaint)
