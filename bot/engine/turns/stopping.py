"""Stop: ends the answer being written in a conversation, for its asker or a moderator."""

from __future__ import annotations

from bot.engine.turns.answerbook import AnswerBook
from bot.engine.turns.mailbox import Mailboxes
from bot.engine.turns.turn import Turn
from bot.errors import NotAllowed, UserError
from bot.messages import MessageRef

NOTHING = "Nothing is being written here right now."
OVER = "This answer is not being written any more."


class Stopper:
    """Knows what is being answered once the engine has told it."""

    def __init__(self, answers: AnswerBook) -> None:
        self._answers = answers
        self._mailboxes: Mailboxes | None = None

    def watch(self, mailboxes: Mailboxes) -> None:
        """These are the answers under way."""
        self._mailboxes = mailboxes

    def stop(self, turn: Turn, turn_id: str = "") -> None:
        """Stop what is being answered where `turn` is said; only that turn if one is named, by the button
        under it. Raises UserError when nothing is, NotAllowed for a bystander."""
        place = turn.incoming.place
        attempt = self._mailboxes.writing(place, turn_id) if self._mailboxes is not None else None
        if turn_id and attempt is None:
            self._stale(turn, turn_id)
            raise UserError(OVER)
        if self._mailboxes is None or attempt is None:
            raise UserError(NOTHING)
        askers = {letter.incoming.author.key for letter in attempt.letters}
        if turn.incoming.author.key not in askers and not turn.moderator:
            raise NotAllowed("Only the person who asked can stop this answer.")
        if not self._mailboxes.stop(attempt.letters[0].incoming.place.conversation):
            raise UserError(NOTHING)

    def _stale(self, turn: Turn, turn_id: str) -> None:
        incoming = turn.incoming
        if incoming.press is not None and incoming.press.message_id:
            ref = MessageRef(incoming.place, incoming.press.message_id, incoming.reply_handle)
            turn.beside(self._answers.clear_stale(turn_id, incoming.press.button_id, ref))
