"""Export and import between both databases: every table, every value, all or nothing."""

from __future__ import annotations

import gzip
import json
import os
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from click.testing import CliRunner
from sqlalchemy import insert

from bot import upkeep
from bot.cli import main
from bot.errors import OperatorError
from bot.settings import Configuration, load_configuration
from storage import SqlStore
from storage.tables import history, ledger, metadata
from tests.contract.storage.houses import schema
from tests.integration.upkeep.rows import ROWS, everything, fill, opened, row_of, run

KINDS = ("sqlite", "postgres")


@asynccontextmanager
async def place(kind: str, folder: Path) -> AsyncGenerator[Configuration]:
    """The configuration of an empty database of a kind."""
    environment = {"GONDOLA_DATA_DIR": str(folder)}
    if kind == "sqlite":
        yield load_configuration(environment)
        return
    async with schema() as url:
        yield load_configuration(environment | {"DATABASE_URL": url})


@pytest.mark.postgres
@pytest.mark.parametrize("target_kind", KINDS)
@pytest.mark.parametrize("source_kind", KINDS)
async def test_every_table_goes_both_ways(source_kind: str, target_kind: str, tmp_path: Path) -> None:
    file = tmp_path / "house.gz"
    async with place(source_kind, tmp_path / "a") as source, place(target_kind, tmp_path / "b") as target:
        async with await opened(source) as store:
            await fill(store.database)
            before = await everything(store.database)
            exported = await upkeep.export(source, file)  # while the house runs
        imported = await upkeep.import_(target, file)
        assert imported.tables == exported.tables
        assert {name: one.rows for name, one in imported.tables.items()} == dict.fromkeys(
            metadata.tables, ROWS
        )
        async with await opened(target) as store:
            found = await everything(store.database)
            for name, table in metadata.tables.items():
                if "lease_until" in table.columns:  # a start frees what nobody works on any more
                    found.pop(name)
                    before.pop(name)
            assert found == before
            await numbers_go_on(store)
    assert file.stat().st_mode & 0o777 == 0o600


async def numbers_go_on(store: SqlStore) -> None:
    """New rows get numbers behind those that were brought."""
    for table in (ledger, history):
        row = row_of(table, 1)
        row.pop("id")
        statement = insert(table).values(row).returning(table.c.id)
        added = await store.database.write(lambda connection, said=statement: connection.execute(said))
        assert added.scalar_one() == ROWS + 11, table.name


async def test_a_target_with_data_is_refused_and_left_alone(
    configured: Configuration, tmp_path: Path
) -> None:
    async with await opened(configured) as store:
        await fill(store.database)
    file = tmp_path / "house.gz"
    before = await upkeep.export(configured, file)
    with pytest.raises(OperatorError) as caught:
        await upkeep.import_(configured, file)
    assert "already holds data" in caught.value.reader_text
    assert (await upkeep.export(configured, tmp_path / "again.gz")).tables == before.tables


async def test_a_running_house_is_not_written_into(configured: Configuration, tmp_path: Path) -> None:
    async with await opened(configured):
        file = tmp_path / "house.gz"
        await upkeep.export(configured, file)
        with pytest.raises(OperatorError) as caught:
            await upkeep.import_(configured, file)
    assert "Gondola is running" in caught.value.reader_text
    await upkeep.import_(configured, file)  # nothing in it, nobody at work


_sound: list[bytes] = []


async def sound(folder: Path) -> bytes:
    """An archive with rows of every table; made once, since making it takes longer than trying to read it."""
    if not _sound:
        source = load_configuration({"GONDOLA_DATA_DIR": str(folder)})
        async with await opened(source) as store:
            await fill(store.database)
        await upkeep.export(source, folder / "sound.gz")
        _sound.append((folder / "sound.gz").read_bytes())
    return _sound[0]


def rewritten(file: Path, change: str) -> Path:
    """A damaged copy of an archive."""
    whole = gzip.decompress(file.read_bytes()).decode()
    lines = whole.splitlines(keepends=True)
    row = next(number for number, one in enumerate(lines) if '"table":"ledger"' in one) + 1
    match change:
        case "a value":
            values = json.loads(lines[row])
            values[values.index(next(v for v in values if isinstance(v, int)))] += 1
            lines[row] = json.dumps(values) + "\n"
        case "a row less":
            del lines[row]
        case "a row twice":
            other = next(number for number, one in enumerate(lines) if '"table":"counters"' in one) + 1
            lines[other + 1] = lines[other].replace("counter 0", "counter 9")
        case "no end":
            del lines[-1]
        case "a table of elsewhere":
            lines[row - 1] = lines[row - 1].replace("ledger", "elsewhere")
        case "no header":
            del lines[0]
        case _:
            lines[0] = lines[0].replace("0002", "9999")
    broken = file.with_name("broken.gz")
    broken.write_bytes(gzip.compress("".join(lines).encode()))
    if change == "cut":
        broken.write_bytes(file.read_bytes()[:-40])
    return broken


@pytest.mark.parametrize(
    "change",
    ["a value", "a row less", "a row twice", "no end", "a table of elsewhere", "no header", "cut", "newer"],
)
async def test_a_damaged_file_brings_nothing(configured: Configuration, tmp_path: Path, change: str) -> None:
    file = tmp_path / "house.gz"
    file.write_bytes(await sound(tmp_path / "source"))
    with pytest.raises(OperatorError) as caught:
        await upkeep.import_(configured, rewritten(file, change))
    assert ("newer" if change == "newer" else "damaged") in caught.value.reader_text
    async with await opened(configured) as store:
        assert not any((await everything(store.database)).values())


async def test_an_export_takes_no_files_place(configured: Configuration, tmp_path: Path) -> None:
    async with await opened(configured):
        pass
    (tmp_path / "mine").write_text("my diary")
    with pytest.raises(OperatorError):
        await upkeep.export(configured, tmp_path / "mine")
    assert (tmp_path / "mine").read_text() == "my diary"
    with pytest.raises(OperatorError) as caught:
        await upkeep.export(configured, tmp_path / "nowhere" / "x")
    assert "No such file" in caught.value.reader_text
    assert ".part" not in " ".join(os.listdir(tmp_path))


async def test_nothing_to_export_is_said(configured: Configuration, tmp_path: Path) -> None:
    with pytest.raises(OperatorError) as caught:
        await upkeep.export(configured, tmp_path / "x")
    assert "no database" in caught.value.reader_text or "no tables" in caught.value.reader_text


async def test_tables_of_an_older_schema_are_brought_and_then_migrated(
    configured: Configuration, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    async with await opened(configured) as store:
        await fill(store.database)
    await upkeep.export(configured, tmp_path / "old.gz")
    request.getfixturevalue("newer")
    target = load_configuration({"GONDOLA_DATA_DIR": str(tmp_path / "target")})
    await upkeep.import_(target, tmp_path / "old.gz")
    async with await opened(target) as store:
        await run(store.database, "UPDATE marks SET extra = name")
        assert len((await everything(store.database))["ledger"]) == ROWS
    await upkeep.export(target, tmp_path / "new.gz")
    assert b'"extra"' in gzip.decompress((tmp_path / "new.gz").read_bytes())


def test_the_commands_say_what_they_did(tmp_path: Path) -> None:
    def gondola(folder: str, *arguments: str) -> str:
        environment = {"GONDOLA_DATA_DIR": str(tmp_path / folder), "DATABASE_URL": None}
        result = CliRunner().invoke(main, arguments, env=environment)
        assert result.exit_code == 0, result.output
        return result.output

    gondola("a", "migrate")
    file = str(tmp_path / "x.gz")
    assert f"{len(metadata.tables)} tables; the ledger has 0 lines" in gondola("a", "export", file)
    assert "Imported" in gondola("b", "import", file)
    assert ledger.name in gzip.decompress(Path(file).read_bytes()).decode()
