"""The seams: what the engine asks of storage."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Protocol

from bot.auditing import Change, HasAudit
from bot.crediting import HasCredits
from bot.figures import HasFigures
from bot.keeping import HasVault
from bot.keys import HasServerKeys
from bot.missed import HasReading
from bot.orders import HasOrders
from bot.overseeing import HasOverseen
from bot.ownvoices import HasOwnVoices
from bot.pairing import HasPairings
from bot.people import HasPeople
from bot.reconciling import HasReconciliations
from bot.records import (
    AccessRule,
    AccessState,
    Admission,
    Announcement,
    Cap,
    Chat,
    Closing,
    CounterState,
    HistoryItem,
    Intake,
    Opened,
    Outdated,
    Recalled,
    Refusal,
    SettingRow,
    Spent,
    Standing,
    StoredButton,
    Summary,
    TurnMark,
    TurnRecord,
    UsageRow,
)
from bot.remembered import HasFacts
from bot.reminding import HasReminders
from bot.retaining import HasRetention
from bot.serverrules import HasServerRules
from bot.signingin import HasSignIns
from bot.totals import HasTotals


class Turns(Protocol):
    """The journal. Batches are one transaction each."""

    async def take_in(self, batch: Sequence[Intake]) -> set[str]:
        """Journal new events in state RECEIVED under this instance's lease; returns the event ids that
        were new. A known event id is a duplicate and left alone."""
        ...

    async def mark(self, batch: Sequence[TurnMark]) -> None:
        """Record progress. What is COMPLETE or DELIVERED goes back neither in state nor in text."""
        ...

    async def close(self, batch: Sequence[Closing]) -> None:
        """End turns: settle reservations (counter += real - reserved, ledger line), store history, set
        the state; payload and text of turns in state SETTLED are cleared."""
        ...

    async def claim_expired(self, limit: int) -> list[TurnRecord]:
        """Claim unfinished turns whose lease has run out (of dead instances) for this instance."""
        ...

    async def release(self, turn_ids: Sequence[str], *, called: bool) -> None:
        """Settle what dead instances had reserved for these turns: at nothing where Venice was not called,
        else at the estimate, flagged uncertain."""
        ...

    async def renew_leases(self) -> None:
        """Keep this instance's unfinished turns and reservations ours."""
        ...

    async def sweep(self, before: float) -> int:
        """Settle reservations whose lease expired before that time at their estimate, flagged uncertain;
        returns how many. Closed turns older than a day are deleted, their event ids kept for two."""
        ...


class Money(Protocol):
    """Caps, reservations and the ledger."""

    async def admit(self, batch: Sequence[Admission]) -> list[Refusal | Outdated | None]:
        """Reserve for each, in order; None means admitted (turn state ADMITTED), by the caps of the version
        that the admission names. One transaction for the whole batch where everything fits; otherwise each
        on its own. Exact under concurrency and across processes: settled + reserved never exceeds a cap at
        admission. What a person's own caps in money do not leave is held of their credits."""
        ...

    async def caps(self) -> list[Cap]: ...

    async def caps_version(self) -> str:
        """A word that is another one after every change of caps, by whichever process."""
        ...

    async def set_cap(
        self,
        cap: Cap,
        counters: Sequence[str],
        since: float,
        at: float,
        change: Change | None = None,
        exempt: Collection[str] = (),
    ) -> None:
        """Set a cap, and set up its current counters from what the ledger and open reservations say was
        used since `since`, less what the people `exempt` (keyed hashes) used. `counters` are CapLine counter
        keys of this period; for a "*" scope storage finds the ones in use itself."""
        ...

    async def clear_cap(
        self, scope: str, medium: str, unit: str, period: str, change: Change | None = None
    ) -> bool: ...

    async def counters(self, keys: Sequence[str]) -> list[CounterState]: ...

    async def standing(self, keys: Sequence[str]) -> list[Standing]:
        """How the counters stand that exist, with what of them is only reserved; that is rather too much
        than too little while reservations come and go."""
        ...

    async def usage(
        self, *, since: float, person: str = "", channel: str = "", server: str = "", house: bool = False
    ) -> list[UsageRow]:
        """Ledger sums since a time, filtered by what is given, dearest first; `house` leaves out what was
        paid with servers' own keys."""
        ...

    async def spending(
        self, *, since: float, seconds: int, person: str = "", channel: str = "", server: str = ""
    ) -> list[Spent]:
        """Ledger sums by medium, of each stretch of so many seconds from `since` on in which something was
        called, in order; filtered like `usage`."""
        ...

    async def people(self, *, since: float, channel: str = "", server: str = "") -> int:
        """How many people something was called for since a time."""
        ...


class Memory(Protocol):
    """What was said."""

    async def recent(self, conversation: str, limit: int) -> list[HistoryItem]:
        """The newest remembered items of the current chat, oldest first."""
        ...

    async def opened(self, conversation: str, limit: int) -> Opened:
        """The current chat with its newest items."""
        ...

    async def upto(self, conversation: str, message_id: str, limit: int) -> Opened | None:
        """The chat that holds a message, up to and including it; None for a message not remembered."""
        ...

    async def of_turn(self, conversation: str, turn_id: str, limit: int) -> list[HistoryItem]:
        """The newest items up to those of a turn, of the chat that holds it, oldest first. Empty when the
        turn is forgotten."""
        ...

    async def forget(self, conversation: str) -> int:
        """Delete every item of a conversation, and its open reminders; returns how many items."""
        ...

    async def forget_messages(self, room: str, message_ids: Sequence[str]) -> int:
        """Delete the items these messages show, and the answers to the questions among them, in every
        chat of a conversation and of those that people have of their own in that room (`Place.room`); returns
        how many."""
        ...

    async def recall(self, conversations: Sequence[str], limit: int) -> Sequence[Recalled]:
        """Of each conversation, in order: the current chat's summary and its newest items after it."""
        ...

    async def summarise(self, summary: Summary, read: Sequence[int] = (), before: str = "") -> bool:
        """Put a summary in the place of older items of a chat; False, and nothing stored, when any of what it
        was made of was forgotten meanwhile: the last item it covers, the items `read`, and the earlier
        summary whose text is `before` ("" for none). Forgetting what a summary covers drops it."""
        ...


class Chats(Protocol):
    """The chats of a conversation: one is current, the others are kept. Chat ids are the caller's."""

    async def start(self, conversation: str, chat: str, title: str, at: float) -> None:
        """A new, empty chat becomes the current one."""
        ...

    async def branch(self, conversation: str, chat: str, before: str, title: str, at: float) -> bool:
        """A new chat with the history before a message becomes the current one; False, and nothing
        changes, when the message is not remembered."""
        ...

    async def resume(self, conversation: str, chat: str, at: float) -> bool:
        """Make a chat the current one; False when there is none of that id."""
        ...

    async def touched(self, conversation: str) -> float:
        """When the current chat was last started, resumed or spoken in; 0 for never."""
        ...

    async def all(self, conversation: str) -> list[Chat]:
        """Every chat, the last used first."""
        ...

    async def forget(self, conversation: str, chat: str) -> int:
        """Delete a chat with its items, and the conversation's open reminders; returns how many items. Were
        it the current one, a question goes to an empty chat of the same id."""
        ...


class SettingsStore(Protocol):
    """Settings as set."""

    async def all(self) -> list[SettingRow]: ...

    async def put(self, row: SettingRow, by: str, at: float, change: Change | None = None) -> None:
        """Set a value. `by` is the keyed hash of who did it; `change` goes into the audit log with it,
        here and wherever else it is taken, if anything was changed."""
        ...

    async def remove(self, scope: str, name: str, change: Change | None = None) -> bool: ...


class AccessStore(Protocol):
    """Owners and rules of the door."""

    async def load(self) -> AccessState: ...

    async def add_owner(self, person_key: str, at: float, change: Change | None = None) -> None: ...

    async def rename_owner(self, old: str, new: str) -> None:
        """Name an owner otherwise."""
        ...

    async def put_rule(self, rule: AccessRule, by: str, at: float, change: Change | None = None) -> None: ...

    async def remove_rule(self, subject: str, change: Change | None = None) -> bool: ...


class Buttons(Protocol):
    """Stored buttons."""

    async def save(self, buttons: Sequence[StoredButton]) -> None: ...

    async def get(self, button_id: str, now: float) -> StoredButton | None: ...

    async def recent(self, action: str, channel: str, now: float, limit: int) -> list[StoredButton]:
        """The newest of an action in a channel, newest first."""
        ...

    async def purge(self, now: float) -> int: ...


class Marks(Protocol):
    """Small remembered values."""

    async def get(self, name: str) -> str: ...

    async def beginning(self, beginning: str) -> dict[str, str]:
        """Every mark whose name begins so, by name."""
        ...

    async def put(self, name: str, value: str) -> None: ...

    async def claim(self, name: str, value: str) -> bool:
        """Set a mark if it was never set; True for the one who did."""
        ...

    async def advance(self, name: str, value: str) -> bool:
        """Set a mark to a value beyond its present one, in the order of text; True for the one who did."""
        ...


class Announcements(Protocol):
    """What people are to be told at the next occasion."""

    async def put(self, announcement: Announcement) -> None: ...

    async def scopes(self) -> set[str]:
        """The scopes for which something waits."""
        ...

    async def take(self, scopes: Sequence[str]) -> list[Announcement]:
        """What waits for these scopes, the oldest first; each is given out once."""
        ...


class Store(
    HasTotals,
    HasReading,
    HasReminders,
    HasVault,
    HasFacts,
    HasOwnVoices,
    HasOrders,
    HasServerKeys,
    HasAudit,
    HasPeople,
    HasCredits,
    HasReconciliations,
    HasFigures,
    HasOverseen,
    HasSignIns,
    HasRetention,
    HasServerRules,
    HasPairings,
    Protocol,
):
    """The one database."""

    @property
    def turns(self) -> Turns: ...
    @property
    def money(self) -> Money: ...
    @property
    def memory(self) -> Memory: ...
    @property
    def settings(self) -> SettingsStore: ...
    @property
    def access(self) -> AccessStore: ...
    @property
    def buttons(self) -> Buttons: ...
    @property
    def marks(self) -> Marks: ...
    @property
    def chats(self) -> Chats: ...
    @property
    def announcements(self) -> Announcements: ...

    @property
    def sealed(self) -> bool:
        """Whether words are stored encrypted."""
        ...

    async def reseal(self, pause: float) -> int:
        """Encrypt anew what is stored otherwise than today's key asks, in short transactions with so many
        seconds between them; returns how many rows. May be cut off at any time: the next pass goes on."""
        ...

    async def move(self, platform: str, old_channel: str, new_channel: str) -> None:
        """Rename a chat in every table, in one transaction."""
        ...

    async def close(self) -> None: ...
