"""The one database, put together."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import TracebackType

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.ports import Clock
from bot.totals import Totals
from storage.access import SqlAccess
from storage.announcements import SqlAnnouncements
from storage.audit import SqlAudit
from storage.buttons import SqlButtons
from storage.chats import SqlChats
from storage.ciphering import NO_CIPHER, PLAIN, ContentCipher, use
from storage.credits import SqlCredits
from storage.database import Database, postgres_database, sqlite_database
from storage.facts import SqlFacts
from storage.figures import SqlFigures
from storage.lease import Lease, release_all
from storage.location import DirectoryLock, PostgresServer, SqliteFile, locate, prepare
from storage.marks import SqlMarks
from storage.memory import SqlMemory
from storage.migrate import migrate
from storage.money import SqlMoney
from storage.moving import Move, move_chat
from storage.opening import opening
from storage.orders import SqlOrders
from storage.overseeing import SqlOverseen
from storage.ownvoices import SqlOwnVoices
from storage.pairings import SqlPairings
from storage.people import SqlPeople
from storage.reading import SqlReading
from storage.reconciliations import SqlReconciliations
from storage.reminders import SqlReminders
from storage.resealing import Resealing, admit_keys
from storage.retention import SqlRetention
from storage.server_keys import SqlServerKeys
from storage.server_rules import SqlServerRules
from storage.settings import SqlSettings
from storage.signingin import SqlSignIns
from storage.totals import totals
from storage.turns import SqlTurns
from storage.vault import SqlVault


class SqlStore:
    """bot.storing.Store over a database; close it, or use it as an async context manager."""

    def __init__(
        self,
        database: Database,
        lease: Lease,
        *,
        cipher: ContentCipher = NO_CIPHER,
        on_close: Callable[[], None] = lambda: None,
    ) -> None:
        """`on_close` is called once everything is closed."""
        self._resealing = Resealing(database, cipher)
        self._database = database
        self._on_close = on_close
        self._turns = SqlTurns(database, lease)
        self._money = SqlMoney(database, lease)
        self._memory = SqlMemory(database)
        self._settings = SqlSettings(database)
        self._access = SqlAccess(database)
        self._buttons = SqlButtons(database, lease)
        self._marks = SqlMarks(database)
        self._chats = SqlChats(database)
        self._reading = SqlReading(database)
        self._announcements = SqlAnnouncements(database)
        self._reminders = SqlReminders(database, lease)
        self._orders = SqlOrders(database, lease)
        self._server_keys = SqlServerKeys(database)
        self._vault = SqlVault(database)
        self._facts = SqlFacts(database)
        self._own_voices = SqlOwnVoices(database)
        self._audit = SqlAudit(database)
        self._people = SqlPeople(database, lease)
        self._credits = SqlCredits(database)
        self._reconciliations = SqlReconciliations(database)
        self._figures = SqlFigures(database)
        self._overseen = SqlOverseen(database)
        self._sign_ins = SqlSignIns(database)
        self._retention = SqlRetention(database, lease)
        self._sealed = cipher.newest != PLAIN
        self._server_rules = SqlServerRules(database)
        self._pairings = SqlPairings(database)

    @property
    def database(self) -> Database:
        """The database underneath, for what storage itself is asked to do: backup, checks, tests."""
        return self._database

    @property
    def turns(self) -> SqlTurns:
        """The journal."""
        return self._turns

    @property
    def money(self) -> SqlMoney:
        """Caps, reservations, ledger."""
        return self._money

    @property
    def memory(self) -> SqlMemory:
        """What was said."""
        return self._memory

    @property
    def settings(self) -> SqlSettings:
        """Settings as set."""
        return self._settings

    @property
    def access(self) -> SqlAccess:
        """Owners and rules."""
        return self._access

    @property
    def buttons(self) -> SqlButtons:
        """Stored buttons."""
        return self._buttons

    @property
    def marks(self) -> SqlMarks:
        """Small remembered values."""
        return self._marks

    @property
    def chats(self) -> SqlChats:
        """The chats of a conversation."""
        return self._chats

    @property
    def reading(self) -> SqlReading:
        """How far channels were read."""
        return self._reading

    @property
    def announcements(self) -> SqlAnnouncements:
        """What people are to be told."""
        return self._announcements

    @property
    def reminders(self) -> SqlReminders:
        """What people want to be told."""
        return self._reminders

    @property
    def orders(self) -> SqlOrders:
        """Films and music that were ordered."""
        return self._orders

    @property
    def server_keys(self) -> SqlServerKeys:
        """Venice keys of servers."""
        return self._server_keys

    @property
    def vault(self) -> SqlVault:
        """Files of results."""
        return self._vault

    @property
    def facts(self) -> SqlFacts:
        """What is remembered for good."""
        return self._facts

    @property
    def own_voices(self) -> SqlOwnVoices:
        """People's own voices."""
        return self._own_voices

    @property
    def audit(self) -> SqlAudit:
        """Changes of what holds for others."""
        return self._audit

    @property
    def people(self) -> SqlPeople:
        """Who is the same person, and whose data goes."""
        return self._people

    @property
    def credits(self) -> SqlCredits:
        """What people may spend beyond their allowance."""
        return self._credits

    @property
    def reconciliations(self) -> SqlReconciliations:
        """What Venice billed, day by day."""
        return self._reconciliations

    @property
    def figures(self) -> SqlFigures:
        """Counts over time, and what went wrong."""
        return self._figures

    @property
    def overseen(self) -> SqlOverseen:
        """What the dashboard reads."""
        return self._overseen

    @property
    def sign_ins(self) -> SqlSignIns:
        """Links to the dashboard."""
        return self._sign_ins

    @property
    def retention(self) -> SqlRetention:
        """Forgetting in time."""
        return self._retention

    @property
    def sealed(self) -> bool:
        """See the port."""
        return self._sealed

    @property
    def server_rules(self) -> SqlServerRules:
        """What servers' own admins decide."""
        return self._server_rules

    @property
    def pairings(self) -> SqlPairings:
        """Strangers who ask to be let in."""
        return self._pairings

    async def move(self, platform: str, old_channel: str, new_channel: str) -> None:
        """See the port. What was set for the new id already stays; counters add up."""
        move = Move(platform, old_channel, new_channel)
        await self._database.write(lambda connection: move_chat(connection, move))

    async def reseal(self, pause: float) -> int:
        """See the port."""
        return await self._resealing.run(pause)

    async def totals(self) -> Totals:
        """See the port."""
        return await self._database.read(totals)

    async def close(self) -> None:
        """Let running transactions end, close connections and threads, free the data directory. Once more
        is harmless."""
        await self._database.close()
        self._on_close()

    async def __aenter__(self) -> SqlStore:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.close()


async def open_store(
    url: str,
    data_dir: Path,
    *,
    instance: str,
    clock: Clock,
    lease_seconds: float = 60,
    cipher: ContentCipher = NO_CIPHER,
) -> SqlStore:
    """Open the database, bring its schema up to date, and claim nothing yet.

    `url` is DATABASE_URL, "" for SQLite in `data_dir`; `instance` names this process and no
    other, also no earlier one, for a process never takes over what is its own;
    `cipher` seals and opens people's words; `lease_seconds` is how long after the last `renew_leases`
    others may take over this process's rows.
    Raises OperatorError, with a sentence that says what to do and no part of the URL.
    """
    place = locate(url, data_dir)
    lease = Lease(instance, clock, lease_seconds)
    if isinstance(place, PostgresServer):
        return await _open_postgres(place, lease, cipher)
    return await _open_sqlite(place, lease, cipher)


async def _open_postgres(server: PostgresServer, lease: Lease, cipher: ContentCipher) -> SqlStore:
    async def first(connection: AsyncConnection) -> None:
        await migrate(connection)
        await admit_keys(connection, cipher)

    database = _sealing(postgres_database(server), cipher)
    await opening(database, server, first)
    return SqlStore(database, lease, cipher=cipher)


def _sealing(database: Database, cipher: ContentCipher) -> Database:
    for engine in database.engines:
        use(engine.dialect, cipher)
    return database


async def _open_sqlite(file: SqliteFile, lease: Lease, cipher: ContentCipher) -> SqlStore:
    prepare(file)
    lock = DirectoryLock(file)

    async def first(connection: AsyncConnection) -> None:
        await migrate(connection)
        await admit_keys(connection, cipher)
        await release_all(connection, lease)

    database = _sealing(sqlite_database(file), cipher)
    try:
        await opening(database, file, first)
    except BaseException:
        lock.release()
        raise
    return SqlStore(database, lease, cipher=cipher, on_close=lock.release)
