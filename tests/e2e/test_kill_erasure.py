"""kill -9 in the middle of an erasure: the next process ends it, on both databases."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.demo import DemoVenice
from tests.e2e.street import Street, until
from tests.e2e.test_kill import database
from tests.fakes.discord import FakeDiscord
from tests.fakes.telegram import FakeTelegram
from tests.integration.engine.test_people import found_in

BEFORE_ERASING = """
import asyncio, storage.people
async def never(*_): await asyncio.sleep(3600)
storage.people.SqlPeople.erase = never
"""
BEFORE_CLEANING = """
import asyncio, storage.people
async def never(*_): await asyncio.sleep(3600)
storage.people.SqlPeople.clean = never
"""
TABLES = (
    *("history", "turns", "facts", "reminders", "settings", "buttons", "chats", "current_chats", "orders"),
    *("kept_files", "summaries", "marks", "ledger", "counters", "reservations", "audit", "events", "links"),
    *("erasures", "owners", "access_rules", "read_marks", "announcements", "own_voices", "link_codes"),
)


def left(street: Street, texts: tuple[str, ...]) -> list[str]:
    """Where any of these is left: in the files of SQLite, in any table on PostgreSQL."""
    if not street.url:
        return found_in(street.folder / "data", texts)
    rows = {table: str(street.journal.rows(f"select * from {table}")) for table in TABLES}
    return [f"{one} in {table}" for table, text in rows.items() for one in texts if one in text]


@pytest.mark.parametrize("kind", ["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
@pytest.mark.parametrize("until_then", [BEFORE_ERASING, BEFORE_CLEANING], ids=["erasing", "cleaning"])
async def test_the_next_process_ends_it(kind: str, until_then: str, tmp_path: Path) -> None:
    async with (
        database(kind) as url,
        FakeTelegram() as tg,
        FakeDiscord() as dc,
        DemoVenice() as demo,
    ):
        street = Street(tmp_path, url, tg, dc, demo)
        ann = tg.user("Annabel")
        chat = tg.private(ann)
        secrets = ("quixotry", str(ann.id), "Annabel")
        try:
            await street.start(until_then)
            tg.say(chat, ann, "Of quixotry, please")
            await until(lambda: any("quixotry" in one.text for one in tg.replies(chat)))
            await until(lambda: "quixotry" in str(street.journal.rows("select text from history")))
            tg.say(chat, ann, "/erase")
            await until(lambda: "cannot be undone" in tg.replies(chat)[-1].text)
            assert len({one.partition(" in ")[0] for one in left(street, secrets)}) == 3
            spent = street.journal.rows("select sum(cost), count(*) from ledger")
            asked = tg.replies(chat)[-1]
            tg.press(asked, "Erase everything", ann)
            await until(lambda: street.journal.rows("select count(*) from erasures") == [(1,)])
            if until_then == BEFORE_CLEANING:
                await until(lambda: "quixotry" not in str(street.journal.rows("select text from history")))
            await street.kill("in the middle of an erasure")
            assert street.journal.rows("select count(*) from erasures") == [(1,)]
            program = await street.start()
            await until(lambda: street.journal.rows("select count(*) from erasures") == [(0,)])
            await until(lambda: not left(street, secrets))
            assert street.journal.rows("select sum(cost), count(*) from ledger") == spent
            assert await program.stop() == 0
            assert left(street, secrets) == []
            assert [one for one in secrets if one in program.output] == []
        finally:
            await street.end()
        assert tg.violations == []
