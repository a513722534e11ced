"""Every file that a house makes is for its own user only, and what is not the database holds no words."""

from __future__ import annotations

import asyncio
import stat
from collections.abc import Mapping
from pathlib import Path

import httpx

from bot import upkeep
from bot.demo import DemoVenice
from bot.settings import load_configuration
from tests.fakes.discord import FakeDiscord
from tests.integration.platforms import house
from tests.integration.test_dashboard_pages_on_platforms import csrf
from tests.integration.test_page_files import attached, page

WAIT = 15
OF_SQLITE = {"gondola.db", "gondola.db-wal", "gondola.db-shm"}


def modes(folder: Path) -> Mapping[str, int]:
    found = sorted(folder.rglob("*"))
    return {str(one.relative_to(folder)): stat.S_IMODE(one.stat().st_mode) for one in found}


def loose(folder: Path) -> list[str]:
    """What somebody else on the machine may look into."""
    return [name for name, mode in modes(folder).items() if mode & 0o077]


async def test_nobody_else_can_read_anything(tmp_path: Path, venice: DemoVenice) -> None:
    folder = tmp_path / "data"
    async with FakeDiscord() as dc:
        ann = dc.user("Annabel")
        room = dc.dm(ann)
        settings = {"DISCORD_TOKEN": dc.token, "DISCORD_BASE_URL": dc.base_url}
        async with house(folder, venice, **settings, GONDOLA_OWNERS=f"discord:{ann.id}") as opened:
            await dc.ready()
            dc.say(room, ann, "Of quixotry, please")
            await dc.wait_for(lambda: bool(dc.answers(room)), WAIT)
            base = f"http://127.0.0.1:{opened.web.port}"
            async with httpx.AsyncClient(base_url=base) as client:
                form = await client.get("/dashboard/sign-in")
                given = {"csrf": csrf(form), "token": (folder / "dashboard-token").read_text().strip()}
                await client.post("/dashboard/sign-in", data=given, headers={"origin": base})
            assert (folder / "dashboard-sessions.json").exists()
            async with page(opened) as tab:
                await attached(opened, tab)
            configuration = load_configuration({"GONDOLA_DATA_DIR": str(folder)})
            await upkeep.back_up(configuration, None, seal=b"", keep=None)
            await upkeep.export(configuration, folder / "house.gz")
            await upkeep.migrate(configuration, rehearse=True)
            assert loose(folder) == []
            assert len(modes(folder)) > 6
    assert loose(folder) == []
    others = [one for one in folder.rglob("*") if one.is_file() and one.name not in OF_SQLITE]
    words = await asyncio.to_thread(lambda: {one.name: one.read_bytes() for one in others})
    telling = {name for name, data in words.items() if b"quixotry" in data or str(ann.id).encode() in data}
    assert telling <= {path.name for path in (folder / "web-media").iterdir()}
    assert not [one.name for one in folder.rglob("*") if one.name.endswith((".new", ".old", ".writable"))]
