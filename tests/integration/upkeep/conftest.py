"""Databases to look after: a place without tables on each kind of database."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

import storage.migrate
from bot.settings import Configuration, load_configuration
from tests.contract.storage.houses import schema

BOTH = ["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)]


@pytest.fixture(name="configured", params=BOTH, ids=str)
async def _configured(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Configuration]:
    """The configuration of a house that never ran."""
    environment = {"GONDOLA_DATA_DIR": str(tmp_path / "data")}
    if request.param == "sqlite":
        yield load_configuration(environment)
        return
    async with schema() as url:
        yield load_configuration(environment | {"DATABASE_URL": url})


NEXT = '''\
"""A column for testing."""
import sqlalchemy as sa
from alembic import op

revision = "9000"
down_revision = "0002"


def upgrade() -> None:
    op.add_column("marks", sa.Column("extra", sa.Text(), nullable=True))
'''


@pytest.fixture(name="newer")
def _newer(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A Gondola with one migration more."""
    scripts = tmp_path / "migrations"
    shutil.copytree(Path(storage.migrate.__file__).parent / "migrations", scripts)
    (scripts / "versions" / "v9000_test.py").write_text(NEXT)
    monkeypatch.setattr(storage.migrate, "_SCRIPTS", scripts)
