"""Files of the web page in a whole house: sealed, forgotten, exported, erased, and gone with their time."""

from __future__ import annotations

import asyncio
import io
import json
import os
import time
import zipfile
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest

from bot import upkeep
from bot.app import House
from bot.demo import DemoVenice
from bot.settings import Configuration, load_configuration
from tests.integration.platforms import house
from tests.integration.web.conftest import Shown, Tab
from tests.integration.web.front import picture

KEY = "a key that lies elsewhere"
WORD = "quixotry"
DAY = 86_400.0
WAIT = 15


@asynccontextmanager
async def page(opened: House) -> AsyncGenerator[Tab]:
    base = f"http://127.0.0.1:{opened.web.port}"
    async with httpx.AsyncClient(base_url=base, timeout=10) as client:
        tab = Tab(client, base)
        await tab.open()
        yield tab


async def shown(tab: Tab, wanted: Callable[[list[Shown]], bool]) -> list[Shown]:
    """The page's messages once they are as wanted."""
    async with asyncio.timeout(WAIT):
        while not wanted(items := await tab.items()):
            await asyncio.sleep(0.05)
    return items


async def press(tab: Tab, item: Shown, label: str) -> None:
    [button] = [one for row in item["buttons"] for one in row if one["label"] == label]
    answer = await tab.post("/press", message_id=item["id"], button_id=button["id"])
    assert answer.status_code == 202


def media(items: list[Shown]) -> list[str]:
    return [one["name"] for item in items for one in item["media"]]


def on_disk(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file())


def files(folder: Path) -> list[Path]:
    return sorted((folder / "web-media").iterdir())


async def attached(opened: House, tab: Tab, note: str = "Look at this") -> None:
    await tab.attach(note, (f"{WORD}.txt", f"my {WORD}".encode() * 400, "text/plain"))
    await shown(tab, lambda items: bool(items) and not items[-1]["mine"])
    await opened.engine.idle()


def configured(folder: Path, key: str = "", old: str = "") -> Configuration:
    environment = {"GONDOLA_DATA_DIR": str(folder)}
    return load_configuration({**environment, "GONDOLA_SECRET_KEY": key, "GONDOLA_OLD_SECRET_KEYS": old})


async def test_sealed_with_the_house_s_key_and_by_gondola_seal(tmp_path: Path, venice: DemoVenice) -> None:
    async with house(tmp_path, venice) as opened, page(opened) as tab:
        await attached(opened, tab)
        assert WORD.encode() in b"".join(one.read_bytes() for one in files(tmp_path))
    done = await upkeep.seal(configured(tmp_path, KEY))
    assert (done.files, done.foreign) == (1, 0)
    assert WORD.encode() not in await asyncio.to_thread(on_disk, tmp_path)
    assert (await upkeep.seal(configured(tmp_path, "new", KEY))).files == 1
    async with house(tmp_path, venice, GONDOLA_SECRET_KEY=KEY, GONDOLA_OLD_SECRET_KEYS="new") as opened:
        assert len(files(tmp_path)) == 1
        async with page(opened) as tab:
            await attached(opened, tab)
        assert WORD.encode() not in await asyncio.to_thread(on_disk, tmp_path)
    backup = await upkeep.back_up(configured(tmp_path, KEY), tmp_path / "safe.backup", seal=b"", keep=None)
    assert backup.kept.path.stat().st_size > 0


async def test_off_the_record(tmp_path: Path, venice: DemoVenice, capfd: pytest.CaptureFixture[str]) -> None:
    secret = os.urandom(3_000_000)
    async with house(tmp_path, venice) as opened, page(opened) as tab:
        data = WORD.encode() + secret
        await tab.attach(f"/offrecord what is in {WORD}?", (f"{WORD}.txt", data, "text/plain"))
        items = await shown(tab, lambda items: any("off the record" in item["text"] for item in items))
        await opened.engine.idle()
        [one] = [one for item in items for one in item["media"]]
        assert (await tab.client.get(one["url"])).content == data
        found = await asyncio.to_thread(on_disk, tmp_path)
        assert WORD.encode() not in found
        assert secret[1000:1100] not in found
    async with house(tmp_path, venice):
        assert files(tmp_path) == []
    assert WORD not in capfd.readouterr().out


async def test_forgotten_with_the_chat(tmp_path: Path, venice: DemoVenice) -> None:
    async with house(tmp_path, venice) as opened, page(opened) as tab:
        await attached(opened, tab)
        await tab.say("/forget")
        items = await shown(tab, lambda items: bool(items[-1]["buttons"]))
        await press(tab, items[-1], "Forget it")
        items = await shown(tab, lambda items: "Forgotten" in items[-1]["text"])
        assert media(items) == []
        assert files(tmp_path) == []


async def test_exported_and_erased(tmp_path: Path, venice: DemoVenice) -> None:
    async with house(tmp_path, venice) as opened, page(opened) as tab, page(opened) as other:
        await attached(opened, tab)
        await tab.say("/image a gondola")
        await shown(tab, lambda items: len(media(items)) == 2)
        await other.attach("Mine stays", ("geese.png", picture(), "image/png"))
        await shown(other, lambda items: len(items) > 1)
        await opened.engine.idle()
        await tab.say("/export")
        items = await shown(tab, lambda items: len(media(items)) == 3)
        [url] = [one["url"] for item in items for one in item["media"] if one["name"].endswith(".zip")]
        packed = zipfile.ZipFile(io.BytesIO((await tab.client.get(url)).content))
        told = json.loads(packed.read("data.json"))["files"]
        [sent] = [one for one in told if one["name"] == f"{WORD}.txt"]
        assert packed.read(sent["path"]).startswith(f"my {WORD}".encode())
        assert "geese.png" not in str(told)
        await tab.say("/erase")
        items = await shown(tab, lambda items: bool(items) and bool(items[-1]["buttons"]))
        assert "files you sent on the web page" in items[-1]["text"]
        await press(tab, items[-1], "Erase everything")
        await shown(tab, lambda items: any("is erased" in item["text"] for item in items))
        assert WORD.encode() not in await asyncio.to_thread(on_disk, tmp_path)
        assert media(await other.items()) == ["geese.png"]
        assert (await tab.client.get(url)).status_code == 404
    assert WORD.encode() not in await asyncio.to_thread(on_disk, tmp_path)


async def test_they_go_with_the_retention_of_their_place(
    tmp_path: Path, venice: DemoVenice, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with house(tmp_path, venice) as opened, page(opened) as tab:
        await attached(opened, tab)
        await opened.parts.settings.put("bot", "retention", "2", by="test", at=time.time())
        await opened.parts.retention.enforce()
        assert len(files(tmp_path)) == 1
        later = time.time() + 2 * DAY + 1
        monkeypatch.setattr(opened.parts.retention, "_clock", lambda: later)
        await opened.parts.retention.enforce()
        assert files(tmp_path) == []
        assert await tab.items() == []


async def test_privacy_says_so_on_the_page(tmp_path: Path, venice: DemoVenice) -> None:
    async with house(tmp_path, venice) as opened, page(opened) as tab:
        await tab.say("/privacy")
        items = await shown(tab, lambda items: any("Where words go" in item["text"] for item in items))
        assert "Files that this page shows" in "".join(item["text"] for item in items)
