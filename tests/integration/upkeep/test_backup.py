"""Backups under load, encrypted, kept, damaged; and restoring them."""

from __future__ import annotations

import asyncio
import os
import resource
import sqlite3
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import pytest
from click.testing import CliRunner
from sqlalchemy import Table, func, select

from bot import upkeep
from bot.cli import main
from bot.errors import OperatorError
from bot.records import Closing, HistoryItem, Role, TurnMark, TurnState
from bot.secret import secret_key
from bot.settings import Configuration, load_configuration
from storage import SqlStore
from storage.tables import counters, history, ledger, reservations
from storage.upkeep import backup
from storage.upkeep.seal import MAGIC
from tests.contract.storage.houses import NOON, admission, intake, line, schema, settlement
from tests.integration.upkeep.rows import ROWS, fill, opened, run

SEAL = b"correct horse battery staple"


async def turn(store: SqlStore, name: str) -> None:
    """One paid turn from its event to its ledger line."""
    await store.turns.take_in([intake(name)])
    await store.money.admit([admission(name, line("bot", 100, 10**12), estimate=100)])
    said = HistoryItem("c", Role.PERSON, f"words of {name}", NOON)
    await store.turns.close(
        [Closing(f"t-{name}", TurnState.SETTLED, settlements=(settlement(name, 37),), history=(said,))]
    )


async def busy(store: SqlStore, worker: int, stop: asyncio.Event) -> None:
    """One turn after the other."""
    number = 0
    while not stop.is_set():
        await turn(store, f"{worker}-{number}")
        number += 1


async def rows_of(store: SqlStore, table: Table) -> list[tuple[object, ...]]:
    """Every row, by its first column."""
    found = await store.database.read(lambda c: c.execute(select(table).order_by(*table.primary_key)))
    return [tuple(row) for row in found]


async def test_a_backup_under_load_restores_to_an_identical_ledger(
    configured: Configuration, tmp_path: Path
) -> None:
    stop = asyncio.Event()
    async with await opened(configured) as store:
        workers = [asyncio.create_task(busy(store, number, stop)) for number in range(4)]
        while len(await rows_of(store, ledger)) < 20:
            await asyncio.sleep(0.01)
        at_start = len(await rows_of(store, ledger))
        made = await upkeep.back_up(configured, tmp_path / "b", seal=b"", keep=None)
        at_end = len(await rows_of(store, ledger))
        for _ in range(2):
            await asyncio.sleep(0.05)
        stop.set()
        await asyncio.gather(*workers)
        live = await rows_of(store, ledger)
        said = await rows_of(store, history)
    assert at_start < at_end < len(live), "nothing was written meanwhile"
    await upkeep.restore(configured, made.kept.path, seal=b"", force=True)
    async with await opened(configured) as store:
        restored = await rows_of(store, ledger)
        assert at_start <= len(restored) <= at_end
        # Numbers are given in the order of transactions on SQLite; PostgreSQL may commit them in another one.
        assert set(restored) <= set(live)
        if not configured.database_url.get_secret_value():
            assert restored == live[: len(restored)]
        assert made.kept.spent == sum(37 for _ in restored)
        assert set(await rows_of(store, history)) <= set(said)
        # One moment: what counters hold is what was paid plus what was reserved then.
        reserved = await store.database.read(
            lambda c: c.execute(select(func.coalesce(func.sum(reservations.c.estimate), 0)))
        )
        (counted,) = (row[1] for row in await rows_of(store, counters))
        assert counted == made.kept.spent + reserved.scalar_one()


async def test_a_backup_goes_from_one_database_to_the_other(
    configured: Configuration, tmp_path: Path
) -> None:
    """Also the other way round: the fixture is both."""
    async with await opened(configured) as store:
        await fill(store.database)
        before = await rows_of(store, ledger)
    made = await upkeep.back_up(configured, tmp_path / "b.backup", seal=SEAL, keep=None)
    async with schema() as url:
        other = {"GONDOLA_DATA_DIR": str(tmp_path / "other")}
        if not configured.database_url.get_secret_value():
            other["DATABASE_URL"] = url
        target = load_configuration(other)
        await upkeep.restore(target, made.kept.path, seal=SEAL, force=False)
        async with await opened(target) as store:
            assert await rows_of(store, ledger) == before


async def test_open_turns_of_a_backup_are_not_answered_again(
    configured: Configuration, tmp_path: Path
) -> None:
    async with await opened(configured) as store:
        await store.turns.take_in([intake("asked"), intake("half")])
        await store.turns.mark([TurnMark("t-half", TurnState.ANSWERING, ("m1",), "Once upon")])
        made = await upkeep.back_up(configured, tmp_path / "b", seal=b"", keep=None)
    await upkeep.restore(configured, made.kept.path, seal=b"", force=True)
    async with await opened(configured) as store:
        assert await store.turns.claim_expired(10) == []
        assert not await store.turns.take_in([intake("asked")]), "a known event stays known"
    if not configured.database_url.get_secret_value():
        restored = (configured.gondola_data_dir / "gondola.db").read_bytes()
        assert b"Once upon" not in restored


async def test_what_is_there_is_replaced_only_when_told(configured: Configuration, tmp_path: Path) -> None:
    async with await opened(configured) as store:
        await turn(store, "first")
    made = await upkeep.back_up(configured, tmp_path / "b", seal=b"", keep=None)
    async with await opened(configured) as store:
        await turn(store, "second")
    with pytest.raises(OperatorError) as caught:
        await upkeep.restore(configured, made.kept.path, seal=b"", force=False)
    assert "database" in caught.value.reader_text
    async with await opened(configured) as store:
        assert len(await rows_of(store, ledger)) == 2
        with pytest.raises(OperatorError) as caught:
            await upkeep.restore(configured, made.kept.path, seal=b"", force=True)
        assert "Gondola is running" in caught.value.reader_text
        assert len(await rows_of(store, ledger)) == 2
    restored = await upkeep.restore(configured, made.kept.path, seal=b"", force=True)
    async with await opened(configured) as store:
        assert len(await rows_of(store, ledger)) == 1
    if restored.aside is not None:
        with sqlite3.connect(restored.aside) as kept:
            assert kept.execute("SELECT count(*) FROM ledger").fetchone() == (2,)
        kept.close()


async def test_an_encrypted_backup_shows_nothing_and_carries_the_key(
    configured: Configuration, tmp_path: Path
) -> None:
    key = secret_key("", _made(configured))
    async with await opened(configured) as store:
        await turn(store, "secret-name")
    made = await upkeep.back_up(configured, tmp_path / "b.backup", seal=SEAL, keep=None)
    assert (made.kept.sealed, made.kept.has_key) == (True, True)
    raw = made.kept.path.read_bytes()
    assert raw.startswith(MAGIC)
    assert key not in raw
    assert b"secret-name" not in raw
    assert made.kept.path.stat().st_mode & 0o777 == 0o600
    for wrong in (b"", b"wrong"):
        with pytest.raises(OperatorError) as caught:
            await upkeep.restore(configured, made.kept.path, seal=wrong, force=True)
        assert "key file" in caught.value.reader_text
    target = load_configuration({"GONDOLA_DATA_DIR": str(tmp_path / "target")})
    restored = await upkeep.restore(target, made.kept.path, seal=SEAL, force=False)
    assert (restored.key_written, restored.key_differs) == (True, False)
    assert secret_key("", target.gondola_data_dir) == key


async def test_another_secret_key_is_noticed(tmp_path: Path) -> None:
    configured = load_configuration({"GONDOLA_DATA_DIR": str(tmp_path / "a")})
    secret_key("", _made(configured))
    async with await opened(configured):
        pass
    made = await upkeep.back_up(configured, tmp_path / "b", seal=b"", keep=None)
    assert not made.kept.has_key
    target = load_configuration({"GONDOLA_DATA_DIR": str(tmp_path / "t"), "GONDOLA_SECRET_KEY": "other"})
    restored = await upkeep.restore(target, made.kept.path, seal=b"", force=False)
    assert (restored.key_written, restored.key_differs) == (False, True)


@pytest.mark.parametrize("seal", [b"", SEAL], ids=["plain", "sealed"])
async def test_a_damaged_backup_is_noticed_wherever_it_is(tmp_path: Path, seal: bytes) -> None:
    configured = load_configuration({"GONDOLA_DATA_DIR": str(tmp_path / "a")})
    async with await opened(configured) as store:
        await fill(store.database)
        for number in range(200):
            await run(store.database, f"INSERT INTO marks VALUES ('m{number}', hex(randomblob(800)))")
    made = await upkeep.back_up(configured, tmp_path / "b.backup", seal=seal, keep=None)
    raw = made.kept.path.read_bytes()
    assert len(raw) > 150_000, "one piece would hide that pieces are bound to their places"
    damaged = tmp_path / "damaged"
    target = load_configuration({"GONDOLA_DATA_DIR": str(tmp_path / "t")})
    step = len(raw) // 12
    changes = [raw[:at] + bytes([raw[at] ^ 1]) + raw[at + 1 :] for at in range(20, len(raw), step)]
    changes += [raw[:at] for at in (0, 1, 30, len(raw) // 2, len(raw) - 1)]
    if seal:
        piece, head = 64 * 1024 + 16, len(MAGIC) + 16
        changes.append(raw[: head + piece])
        changes.append(raw[:head] + raw[head + piece : head + 2 * piece] + raw[head : head + piece])
    harmless = 0
    for changed in changes:
        damaged.write_bytes(changed)
        try:
            restored = await upkeep.restore(target, damaged, seal=seal, force=False)
        except OperatorError:
            assert [name for name in os.listdir(target.gondola_data_dir) if not name.endswith(".lock")] == []
            continue
        # Compressed zeros can be said in several ways: a change that decompresses to the same is none.
        assert not seal
        assert restored.kept.tables == made.kept.tables
        harmless += 1
        (target.gondola_data_dir / "gondola.db").unlink()
    assert harmless <= 3


async def test_a_backup_that_reads_otherwise_gets_no_name(
    configured: Configuration, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A disk that keeps something else than was written: the last step before reading back."""
    async with await opened(configured) as store:
        await turn(store, "x")
    from storage.upkeep import backup

    packed = backup.pack

    def bad_disk(target: Path, *rest: object, **more: object) -> None:
        packed(target, *rest, **more)  # type: ignore[arg-type]
        raw = bytearray(target.read_bytes())
        # One flipped bit may stand where compressed data has no use for it; a spoilt stretch always matters.
        middle = len(raw) // 2
        raw[middle : middle + 64] = bytes(one ^ 0xFF for one in raw[middle : middle + 64])
        target.write_bytes(raw)

    monkeypatch.setattr(backup, "pack", bad_disk)
    with pytest.raises(OperatorError):
        await upkeep.back_up(configured, tmp_path / "b", seal=b"", keep=3)
    assert os.listdir(tmp_path / "b") == []


async def test_only_the_newest_are_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    configured = load_configuration({"GONDOLA_DATA_DIR": str(tmp_path / "a")})
    async with await opened(configured):
        pass
    folder = tmp_path / "a" / "backups"
    folder.mkdir()
    (folder / "gondola-mine.backup").write_text("kept by hand")
    (folder / "notes.txt").write_text("mine")
    names: list[str] = []
    deleted: list[str] = []
    for second in range(4):
        monkeypatch.setattr(upkeep, "now", lambda second=second: f"2026-11-28T03:00:0{second}Z")
        made = await upkeep.back_up(configured, None, seal=b"", keep=2)
        names.append(made.kept.path.name)
        deleted = [path.name for path in made.deleted]
    assert set(os.listdir(folder)) == {*names[-2:], "gondola-mine.backup", "notes.txt"}
    assert deleted == [names[1]]
    with pytest.raises(OperatorError):
        await upkeep.back_up(configured, tmp_path / "x.backup", seal=b"", keep=2)


async def test_old_backups_go_as_people_are_told(tmp_path: Path) -> None:
    environment = {"GONDOLA_DATA_DIR": str(tmp_path / "a"), "GONDOLA_BACKUP_DAYS": "7"}
    configured = load_configuration(environment)
    async with await opened(configured):
        pass
    folder = tmp_path / "a" / "backups"
    folder.mkdir()
    mine = folder / "gondola-mine.backup"
    ages = {days: folder / backup.name_of(upkeep.days_ago(days)) for days in (6, 8, 400)}
    for path in (mine, *ages.values()):
        path.write_text("old")
    assert upkeep.expire_backups(configured) == [ages[400], ages[8]]
    ages[8].write_text("old")
    made = await upkeep.back_up(configured, None, seal=b"", keep=None)
    assert made.deleted == (ages[8],)
    assert {path.name for path in folder.iterdir()} == {mine.name, ages[6].name, made.kept.path.name}


def test_a_house_without_backups_has_none_to_delete(tmp_path: Path) -> None:
    assert upkeep.expire_backups(load_configuration({"GONDOLA_DATA_DIR": str(tmp_path / "a")})) == []


@contextmanager
def little_disk(size: int) -> Generator[None]:
    """No file may grow beyond `size` bytes, as on a disk that is nearly full."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


async def test_a_full_disk_leaves_no_half_backup(configured: Configuration, tmp_path: Path) -> None:
    async with await opened(configured) as store:
        await fill(store.database)
        for number in range(100):
            await run(store.database, f"INSERT INTO marks VALUES ('m{number}', '{os.urandom(2000).hex()}')")
    with little_disk(100_000), pytest.raises(OperatorError) as caught:
        await upkeep.back_up(configured, tmp_path / "b", seal=b"", keep=None)
    assert "I cannot" in caught.value.reader_text
    assert os.listdir(tmp_path / "b") == []
    made = await upkeep.back_up(configured, tmp_path / "b", seal=b"", keep=None)
    assert made.kept.tables["marks"].rows == 100 + ROWS


async def test_a_backup_of_a_newer_gondola_is_refused(
    configured: Configuration, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    monkeypatch = pytest.MonkeyPatch()
    import storage.migrate

    scripts = storage.migrate.scripts().dir
    request.getfixturevalue("newer")
    async with await opened(configured) as store:
        await fill(store.database)
    made = await upkeep.back_up(configured, tmp_path / "b", seal=b"", keep=None)
    assert made.kept.revision == "9000"
    with monkeypatch.context() as older:
        older.setattr(storage.migrate, "_SCRIPTS", Path(scripts))
        target = load_configuration({"GONDOLA_DATA_DIR": str(tmp_path / "t")})
        with pytest.raises(OperatorError) as caught:
            await upkeep.restore(target, made.kept.path, seal=b"", force=False)
    assert "newer Gondola" in caught.value.reader_text
    assert os.listdir(target.gondola_data_dir) == []


def test_the_commands_ask_for_a_passphrase_and_say_what_they_did(tmp_path: Path) -> None:
    environment = {"GONDOLA_DATA_DIR": str(tmp_path / "a"), "DATABASE_URL": None}

    def gondola(*arguments: str, typed: str = "", code: int = 0) -> str:
        result = CliRunner().invoke(main, arguments, env=environment, input=typed)
        assert result.exit_code == code, result.output
        return result.output

    gondola("migrate")
    file = str(tmp_path / "b.backup")
    assert "The secret key is not in it" in gondola("backup", "--encrypt", file, typed="word\nword\n")
    assert "does not fit" in gondola("restore", "--force", file, typed="sword\n", code=1)
    said = gondola("restore", "--force", file, typed="word\n")
    assert "Restored" in said
    assert "delete it once you need it no more" in said
    assert "word" not in said.replace("password", "")
    assert "not a backup" in gondola("restore", "--force", __file__, code=1)
    (tmp_path / "empty").write_text("")
    assert "is empty" in gondola("backup", "--key-file", str(tmp_path / "empty"), code=1)


def _made(configuration: Configuration) -> Path:
    configuration.gondola_data_dir.mkdir(parents=True, exist_ok=True)
    return configuration.gondola_data_dir
