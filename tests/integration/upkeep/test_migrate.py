"""`gondola migrate`: a rehearsal that changes nothing, the real thing, and who is refused."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from click.testing import CliRunner
from sqlalchemy import text

from bot import upkeep
from bot.cli import main
from bot.errors import OperatorError
from bot.safekeeping import Step
from bot.settings import Configuration
from storage.tables import metadata
from tests.contract.storage.houses import schema
from tests.integration.upkeep.rows import opened


async def test_a_rehearsal_on_nothing_leaves_nothing(configured: Configuration) -> None:
    plan = await upkeep.migrate(configured, rehearse=True)
    assert plan.current == ""
    assert [step.revision for step in plan.steps] == ["0001", "0002"]
    # SQLite alters a table by making another one of a passing name.
    made = [one for one in plan.statements if one.startswith("CREATE TABLE") and "_alembic_tmp" not in one]
    assert len(made) == len(metadata.tables)
    assert not configured.gondola_data_dir.exists()
    assert await upkeep.migrate(configured, rehearse=True) == plan


async def test_migrating_makes_every_table_once(configured: Configuration) -> None:
    assert [step.revision for step in (await upkeep.migrate(configured, rehearse=False)).steps] == [
        "0001",
        "0002",
    ]
    again = await upkeep.migrate(configured, rehearse=False)
    assert (again.current, again.steps) == ("0002", ())
    async with await opened(configured) as store:
        await store.marks.put("a", "b")


async def test_a_pending_step_is_rehearsed_beside_a_running_house(
    configured: Configuration, request: pytest.FixtureRequest
) -> None:
    async with await opened(configured) as store:
        await store.marks.put("kept", "yes")
        request.getfixturevalue("newer")
        plan = await upkeep.migrate(configured, rehearse=True)
        assert (plan.current, plan.steps) == ("0002", (Step("9000", "A column for testing."),))
        assert plan.statements == ("ALTER TABLE marks ADD COLUMN extra TEXT",)
        assert await store.marks.get("kept") == "yes"
        with pytest.raises(Exception, match="extra"):
            async with store.database.engines[-1].connect() as connection:
                await connection.execute(text("SELECT extra FROM marks"))
    folder = configured.gondola_data_dir
    assert [path.name for path in folder.glob("gondola-rehearsal-*")] == []
    assert (await upkeep.migrate(configured, rehearse=False)).steps == plan.steps
    async with await opened(configured) as store:
        assert await store.marks.get("kept") == "yes"


async def test_a_database_of_the_future_is_refused(configured: Configuration) -> None:
    async with await opened(configured) as store, store.database.engines[0].begin() as connection:
        await connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    for rehearse in (True, False):
        with pytest.raises(OperatorError, match="9999") as caught:
            await upkeep.migrate(configured, rehearse=rehearse)
        assert "newer Gondola" in caught.value.reader_text


@pytest.mark.parametrize("name", ["data", "100% mine?#"])
async def test_a_running_house_on_a_file_keeps_migrations_away(tmp_path: Path, name: str) -> None:
    configuration = Configuration.model_validate({"gondola_data_dir": tmp_path / name})
    async with await opened(configuration):
        assert (await upkeep.migrate(configuration, rehearse=True)).steps == ()
        with pytest.raises(OperatorError) as caught:
            await upkeep.migrate(configuration, rehearse=False)
    assert "Another Gondola is running" in caught.value.reader_text


@pytest.mark.postgres
async def test_a_rehearsal_waits_for_no_lock_for_long(tmp_path: Path, request: pytest.FixtureRequest) -> None:
    async with schema() as url:
        configuration = Configuration.model_validate({"gondola_data_dir": tmp_path, "database_url": url})
        async with await opened(configuration) as store, store.database.engines[0].begin() as connection:
            await connection.execute(text("LOCK TABLE marks IN ACCESS SHARE MODE"))
            request.getfixturevalue("newer")
            async with asyncio.timeout(20):
                with pytest.raises(OperatorError) as caught:
                    await upkeep.migrate(configuration, rehearse=True)
    assert "using the tables" in caught.value.reader_text


def test_the_command_says_what_it_does(tmp_path: Path) -> None:
    environment = {"GONDOLA_DATA_DIR": str(tmp_path / "data"), "DATABASE_URL": None}
    dry = CliRunner().invoke(main, ["migrate", "--dry-run"], env=environment)
    assert dry.exit_code == 0, dry.output
    assert "Would apply 0001: The first tables." in dry.output
    assert "CREATE TABLE ledger" in dry.output
    assert not (tmp_path / "data").exists()
    assert "Applied 0001" in CliRunner().invoke(main, ["migrate"], env=environment).output
    assert "Nothing to do" in CliRunner().invoke(main, ["migrate"], env=environment).output
