"""What the operator reads when the database cannot be opened; and how the file is kept."""

from __future__ import annotations

import os
import time
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import make_url, text

from bot.errors import GondolaError, OperatorError
from bot.records import Closing, HistoryItem, Role, TurnState
from storage import SqlStore, open_store
from storage.location import PostgresServer, SqliteFile, locate, network_type
from tests.contract.storage.houses import postgres_url

SECRET = "hunter2"  # a password that must not show up
NOBODY = 65534


async def refusal(url: str, data_dir: Path) -> str:
    """The sentence of a refused opening; nothing of it may carry the password."""
    with pytest.raises(OperatorError) as caught:
        await open_store(url, data_dir, instance="a", clock=time.time)
    error = caught.value
    assert SECRET not in f"{error.reader_text} {error.detail} {error}"
    assert "\n" not in error.reader_text
    return error.reader_text


async def opened(data_dir: Path, url: str = "") -> SqlStore:
    """A store that opens."""
    return await open_store(url, data_dir, instance="a", clock=time.time)


@contextmanager
def powerless() -> Generator[None]:
    """Root may write anywhere; nobody may not."""
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(NOBODY)
    try:
        yield
    finally:
        os.seteuid(0)


@pytest.mark.parametrize(
    "url",
    [
        f"nonsense {SECRET}",
        f"postgresql://gondola:{SECRET}@host:port/db",
        f"mysql://gondola:{SECRET}@host/db",
        "sqlite://",
        "sqlite:///:memory:",
        "sqlite:///file:x?mode=memory",
    ],
)
async def test_a_broken_address_is_explained(url: str, tmp_path: Path) -> None:
    assert "DATABASE_URL" in await refusal(url, tmp_path)


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+psycopg"])
def test_every_postgres_scheme_means_the_same_driver(scheme: str, tmp_path: Path) -> None:
    found = locate(f" {scheme}://u:p@h:1/d?sslmode=require \n", tmp_path)
    assert isinstance(found, PostgresServer)
    assert found.url.drivername == "postgresql+psycopg"
    assert found.url.query == {"sslmode": "require"}


def test_sqlite_lies_in_the_data_directory_unless_named(tmp_path: Path) -> None:
    assert locate("", tmp_path) == SqliteFile(tmp_path / "gondola.db")
    assert locate("sqlite:////srv/x.db", tmp_path) == SqliteFile(Path("/srv/x.db"))


async def test_an_unreachable_server_is_explained(tmp_path: Path) -> None:
    url = f"postgresql://gondola:{SECRET}@127.0.0.1:1/gondola"
    assert "cannot be reached" in await refusal(url, tmp_path)


@pytest.mark.postgres
async def test_a_missing_database_or_user_is_explained(tmp_path: Path) -> None:
    base = make_url(postgres_url()).set(drivername="postgresql", password=SECRET)
    missing = base.set(database="no_such_database").render_as_string(hide_password=False)
    assert "does not exist" in await refusal(missing, tmp_path)
    stranger = base.set(username="no_such_user").render_as_string(hide_password=False)
    assert "the user" in await refusal(stranger, tmp_path)


async def test_an_unwritable_directory_is_explained(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    folder.mkdir(mode=0o555)
    for one in (tmp_path, *tmp_path.parents[:2]):
        one.chmod(0o755)
    with powerless():
        assert "cannot write" in await refusal("", folder)
        assert "cannot write" in await refusal("", folder / "deeper")


async def test_a_file_that_may_not_be_written_is_explained(tmp_path: Path) -> None:
    await (await opened(tmp_path)).close()
    (tmp_path / "gondola.db").chmod(0o444)
    for one in (tmp_path, *tmp_path.parents[:2]):
        one.chmod(0o755)
    with powerless():
        assert "cannot write" in await refusal("", tmp_path)


async def test_a_file_in_the_way_is_explained(tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("a file")
    assert "GONDOLA_DATA_DIR" in await refusal("", tmp_path / "taken")


async def test_something_else_than_a_database_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "gondola.db").write_bytes(b"my diary" * 1000)
    assert "not a SQLite database" in await refusal("", tmp_path)
    assert (tmp_path / "gondola.db").read_bytes() == b"my diary" * 1000


async def test_a_refused_opening_can_be_tried_again(tmp_path: Path) -> None:
    (tmp_path / "gondola.db").write_bytes(b"my diary" * 1000)
    await refusal("", tmp_path)
    (tmp_path / "gondola.db").unlink()
    await (await opened(tmp_path)).close()


async def test_files_are_private_and_the_directory_is_made(tmp_path: Path) -> None:
    folder = tmp_path / "new" / "data"
    async with await opened(folder):
        modes = {path.name: path.stat().st_mode & 0o777 for path in folder.iterdir()}
    assert modes == dict.fromkeys(modes, 0o600)
    assert {"gondola.db", "gondola.db-wal", "gondola.db.lock"} <= modes.keys()
    assert folder.stat().st_mode & 0o777 == 0o700


async def test_a_percent_sign_or_space_in_the_path_is_fine(tmp_path: Path) -> None:
    async with await opened(tmp_path / "100% mine?#") as store:
        await store.marks.put("a", "b")
    assert (tmp_path / "100% mine?#" / "gondola.db").exists()


async def test_sqlite_runs_as_the_design_says(tmp_path: Path) -> None:
    async with await opened(tmp_path) as store:
        for engine in store.database.engines:
            async with engine.connect() as connection:
                wanted = {"journal_mode": "wal", "synchronous": 1, "secure_delete": 1, "busy_timeout": 10_000}
                for pragma, value in wanted.items():
                    found = await connection.execute(text(f"PRAGMA {pragma}"))
                    assert found.scalar_one() == value


async def test_readers_cannot_write(tmp_path: Path) -> None:
    async with await opened(tmp_path) as store:
        with pytest.raises(GondolaError) as caught:
            await store.database.read(lambda connection: connection.execute(text("DELETE FROM marks")))
        assert caught.value.detail.startswith("database: OperationalError")


async def test_failures_do_not_quote_what_people_wrote(tmp_path: Path) -> None:
    """A table that is gone: the error, its cause and its text name the statement, never the values."""
    async with await opened(tmp_path) as store:
        await store.database.write(lambda connection: connection.execute(text("DROP TABLE history")))
        said = HistoryItem("c", Role.PERSON, SECRET, 1.0)
        with pytest.raises(GondolaError) as caught:
            await store.turns.close([Closing("t", TurnState.SETTLED, history=(said,))])
    assert SECRET not in f"{caught.value.reader_text} {caught.value.detail} {caught.value.__cause__}"


async def test_data_outlives_the_process(tmp_path: Path) -> None:
    async with await opened(tmp_path) as store:
        await store.marks.put("kept", "yes")
    async with await opened(tmp_path) as store:
        assert await store.marks.get("kept") == "yes"


MOUNTS = """\
/dev/vda / ext4 rw 0 0
proc /proc proc rw 0 0
nas:/export /mnt/nas nfs4 rw,vers=4.2 0 0
//nas/share /mnt/my\\040share cifs rw 0 0
/dev/vdb /mnt/nas/local xfs rw 0 0
tmpfs /srv/over ext4 rw 0 0
nas:/b /srv/over nfs rw 0 0
broken
"""


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/var/lib/gondola", ""),
        ("/mnt/nas", "nfs4"),
        ("/mnt/nas/gondola", "nfs4"),
        ("/mnt/nasty", ""),
        ("/mnt/nas/local/gondola", ""),
        ("/mnt/my share/x", "cifs"),
        ("/srv/over/x", "nfs"),
    ],
)
def test_network_file_systems_are_recognised(path: str, kind: str) -> None:
    assert network_type(Path(path), MOUNTS) == kind
