"""Stop: ends the answer being written in a conversation, for its asker or a moderator."""

from __future__ import annotations

from bot.engine.mailbox import Mailboxes
from bot.engine.turn import Turn
from bot.errors import NotAllowed, UserError

NOTHING = "Nothing is being written here right now."


class Stopper:
    """Knows what is being answered once the engine has told it."""

    def __init__(self) -> None:
        self._mailboxes: Mailboxes | None = None

    def watch(self, mailboxes: Mailboxes) -> None:
        """These are the answers under way."""
        self._mailboxes = mailboxes

    def stop(self, turn: Turn, turn_id: str = "") -> None:
        """Stop what is being answered where `turn` is said; only that turn if one is named. Raises
        UserError when nothing is, NotAllowed for a bystander."""
        place = turn.incoming.place
        attempt = self._mailboxes.writing(place, turn_id) if self._mailboxes is not None else None
        if self._mailboxes is None or attempt is None:
            raise UserError(NOTHING)
        askers = {letter.incoming.author.key for letter in attempt.letters}
        if turn.incoming.author.key not in askers and not turn.moderator:
            raise NotAllowed("Only the person who asked can stop this answer.")
        if not self._mailboxes.stop(attempt.letters[0].incoming.place.conversation):
            raise UserError(NOTHING)
