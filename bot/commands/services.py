"""What command handlers work with besides their turn."""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bot.delivery import Delivery
from bot.engine.account.book import AccountBook
from bot.engine.account.creditbook import CreditBook
from bot.engine.account.minting import Mint
from bot.engine.account.ownkeys import OwnKeys
from bot.engine.doors.access import Doorkeeper
from bot.engine.doors.adults import AdultRule
from bot.engine.doors.hashing import Hasher
from bot.engine.doors.permits import PermitBook
from bot.engine.doors.roles import Roles
from bot.engine.files.fetching import Fetcher
from bot.engine.files.hearing import Hearer
from bot.engine.flow.pairingdesk import PairingDesk
from bot.engine.making.shop import Shop
from bot.engine.memory.remembering import LongMemory
from bot.engine.models.book import ModelBook
from bot.engine.models.choosing import Chooser
from bot.engine.money.caps import CapsBook
from bot.engine.money.cashier import Cashier
from bot.engine.money.keybook import KeyBook
from bot.engine.oversight.signin import SignInLinks
from bot.engine.people.doorfiles import DoorFiles
from bot.engine.people.erasing import Eraser
from bot.engine.people.exporting import Exporter
from bot.engine.people.linking import Linker
from bot.engine.pictures.drawing import Drawer
from bot.engine.pictures.finding import Finder
from bot.engine.pictures.gallery import Gallery
from bot.engine.pictures.retouching import Retoucher
from bot.engine.reminding.reminders import ReminderBook
from bot.engine.research.digest import Digester
from bot.engine.research.inquiry import Inquirer
from bot.engine.research.research import Researcher
from bot.engine.settings.book import SettingsBook
from bot.engine.talk.backlog import Backlog
from bot.engine.talk.catchup import Messenger
from bot.engine.talk.talking import Talker
from bot.engine.turns.answerbook import AnswerBook
from bot.engine.turns.aside import Aside
from bot.engine.turns.links import Links
from bot.engine.turns.stopping import Stopper
from bot.engine.turns.turn import Turn
from bot.engine.voice.cloning import Cloner
from bot.engine.voice.minutes import Secretary
from bot.engine.voice.speaking import Speaker
from bot.engine.voice.voicebook import VoiceBook
from bot.messages import Button, ButtonRows, OptionValue
from bot.records import StoredButton
from bot.storing import Store
from bot.venice import VeniceClient

RUN = "run"
"""Button action: run a command with given options, as whoever pressed."""
BUTTON_LIFE = 30 * 24 * 3600
PER_ROW = 2


@dataclass(frozen=True, slots=True)
class Services:
    """The engine's parts, wired by bot.app."""

    store: Store
    client: VeniceClient
    models: ModelBook
    settings: SettingsBook
    caps: CapsBook
    cashier: Cashier
    doorkeeper: Doorkeeper
    delivery: Delivery
    talker: Talker
    chooser: Chooser
    speaker: Speaker
    drawer: Drawer
    retoucher: Retoucher
    gallery: Gallery
    finder: Finder
    fetcher: Fetcher
    hearer: Hearer
    secretary: Secretary
    answers: AnswerBook
    stopper: Stopper
    researcher: Researcher
    long_memory: LongMemory
    links: Links
    voices: VoiceBook
    cloner: Cloner
    hasher: Hasher
    shop: Shop
    keys: KeyBook
    account: AccountBook
    mint: Mint
    own_keys: OwnKeys
    reminders: ReminderBook
    pairing_desk: PairingDesk
    permits: PermitBook
    adults: AdultRule
    inquirer: Inquirer
    digester: Digester
    backlog: Backlog
    messenger: Messenger
    aside: Aside
    roles: Roles
    door_files: DoorFiles
    exporter: Exporter
    eraser: Eraser
    linker: Linker
    backup_days: int
    credits: CreditBook
    sign_in: SignInLinks

    async def command_buttons(
        self, turn: Turn, choices: Sequence[tuple[str, str, Mapping[str, OptionValue]]]
    ) -> ButtonRows:
        """Stored buttons, each running a command: (label, command, options)."""
        expires = turn.now + BUTTON_LIFE
        if turn.off_record:
            choices = [one for one in choices if not _repeats(turn, one[2])]
        stored = [
            StoredButton(
                id=secrets.token_urlsafe(9),
                action=RUN,
                payload=json.dumps({"command": command, "options": options}),
                person=turn.person,
                channel=turn.incoming.place.channel_key,
                expires_at=expires,
                member=turn.incoming.place.member,
            )
            for _, command, options in choices
        ]
        await self.store.buttons.save(stored)
        buttons = [Button(label[:60], one.id) for (label, _, _), one in zip(choices, stored, strict=True)]
        return tuple(tuple(buttons[i : i + PER_ROW]) for i in range(0, len(buttons), PER_ROW))


def _repeats(turn: Turn, options: Mapping[str, OptionValue]) -> bool:
    """Whether any option says what the asker wrote."""
    use = turn.incoming.command
    given = [turn.incoming.text, *(map(str, use.options.values()) if use is not None else ())]
    words = [value for value in options.values() if isinstance(value, str) and value]
    return any(word in one for word in words for one in given)


def text_option(turn: Turn, name: str) -> str:
    """A text option as given, "" when left out."""
    command = turn.incoming.command
    value = command.options.get(name, "") if command is not None else ""
    return str(value).strip()


def number_option(turn: Turn, name: str) -> int | None:
    """A whole-number option, None when left out."""
    command = turn.incoming.command
    value = command.options.get(name) if command is not None else None
    return int(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


def flag_option(turn: Turn, name: str) -> bool:
    """An on-off option, False when left out."""
    command = turn.incoming.command
    return command is not None and command.options.get(name) is True


def among_ourselves(turn: Turn) -> bool:
    """Whether nobody else reads what was written here: a direct chat, or a form only its sender sees."""
    return turn.incoming.place.direct or bool(turn.incoming.reply_handle)
