"""The page's files on disk: sealed, shown in parts, gone in time, and nothing of them left."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import stat
import tempfile
from collections.abc import AsyncGenerator
from pathlib import Path

import pytest

from adapters.web import adapter
from adapters.web.media import (
    FLEETING_SECONDS,
    LONGEST_SECONDS,
    MediaStore,
    NewMedia,
    seal_files,
)
from bot.doorfiles import KeepsFiles
from bot.errors import PlatformError
from bot.messages import MediaKind
from bot.sealedfiles import CHUNK, FileCipher
from tests.integration.web.conftest import Starter, Tab, Web, browse
from tests.integration.web.front import PracticeFront, picture

KEY, OTHER = b"a key that lies elsewhere", b"another key"
WORD = b"quixotry"
TEXT = WORD * 20_000


@pytest.fixture
def now() -> list[float]:
    return [1_000_000.0]


def cipher(*keys: bytes) -> FileCipher:
    return FileCipher(keys, sealing=True) if keys else FileCipher()


def folder(tmp_path: Path) -> Path:
    return tmp_path / "web-media"


def on_disk(path: Path) -> bytes:
    names = "".join(one.name for one in path.rglob("*"))
    return names.encode() + b"".join(one.read_bytes() for one in path.rglob("*") if one.is_file())


def new(data: bytes = TEXT, *, fleeting: bool = False) -> NewMedia:
    return NewMedia(MediaKind.DOCUMENT, "text/plain", f"{WORD.decode()}.txt", data, fleeting=fleeting)


def store(tmp_path: Path, now: list[float], *keys: bytes) -> MediaStore:
    return MediaStore(tmp_path, lambda: now[0], cipher(*keys))


def old_form(tmp_path: Path, file_id: str, data: bytes, at: float) -> None:
    """A file as versions before wrote it."""
    folder(tmp_path).mkdir(exist_ok=True)
    note = {
        "id": file_id,
        "visitor": "ann",
        "kind": "document",
        "mime": "text/plain",
        "name": "quixotry.txt",
        "size": len(data),
        "message": "v-1",
        "at": at,
        "spoiler": False,
    }
    (folder(tmp_path) / file_id).write_bytes(data)
    (folder(tmp_path) / f"{file_id}.json").write_text(json.dumps(note))


async def ids(media: MediaStore) -> list[str]:
    return [one.id for one in await media.files_of({"ann"})]


async def test_sealed_with_the_name_and_private(tmp_path: Path, now: list[float]) -> None:
    media = store(tmp_path, now, KEY)
    stored = await media.put("ann", "v-1", new())
    assert WORD not in on_disk(tmp_path)
    assert await media.read(stored.id, 10**9) == TEXT
    assert stat.S_IMODE(folder(tmp_path).stat().st_mode) == 0o700
    assert {stat.S_IMODE(one.stat().st_mode) for one in folder(tmp_path).iterdir()} == {0o600}
    assert await store(tmp_path, now, KEY).find(stored.id, "ann") == stored


async def test_files_of_before_are_sealed_at_the_start(tmp_path: Path, now: list[float]) -> None:
    old_form(tmp_path, "abc", TEXT, now[0])
    spare = tmp_path / "spare"
    spare.hardlink_to(folder(tmp_path) / "abc")
    plain = store(tmp_path, now)
    assert await plain.read("abc", 10**9) == TEXT
    assert WORD in on_disk(folder(tmp_path))
    assert WORD not in spare.read_bytes()
    sealed = store(tmp_path, now, KEY)
    assert await sealed.read("abc", 10**9) == TEXT
    assert WORD not in on_disk(tmp_path)
    assert len(list(folder(tmp_path).iterdir())) == 1


async def test_a_new_key_an_old_one_and_none(tmp_path: Path, now: list[float]) -> None:
    stored = await store(tmp_path, now, KEY).put("ann", "v-1", new())
    assert seal_files(tmp_path, cipher(OTHER, KEY), now[0]).renewed == 1
    assert await store(tmp_path, now, OTHER).read(stored.id, 10**9) == TEXT
    assert seal_files(tmp_path, cipher(OTHER), now[0]).renewed == 0
    assert seal_files(tmp_path, FileCipher((OTHER,)), now[0]).renewed == 1
    assert WORD in on_disk(tmp_path)


async def test_a_wrong_key_shows_nothing_and_deletes_nothing(
    tmp_path: Path, now: list[float], caplog: pytest.LogCaptureFixture
) -> None:
    stored = await store(tmp_path, now, KEY).put("ann", "v-1", new())
    for strange in (store(tmp_path, now, OTHER), store(tmp_path, now)):
        assert await ids(strange) == []
        with pytest.raises(PlatformError):
            await strange.read(stored.id, 10**9)
    found = seal_files(tmp_path, cipher(OTHER), now[0])
    assert (found.foreign, found.renewed) == (1, 0)
    assert await store(tmp_path, now, KEY).read(stored.id, 10**9) == TEXT
    path = folder(tmp_path) / stored.id
    os.utime(path, (now[0], now[0]))
    now[0] += LONGEST_SECONDS + 1
    await ids(store(tmp_path, now, OTHER))
    assert not path.exists()


@pytest.mark.parametrize("left", ["draft", "old", "both", "note", "orphan"])
async def test_what_a_killed_process_left(tmp_path: Path, now: list[float], left: str) -> None:
    media = store(tmp_path, now, KEY)
    stored = await media.put("ann", "v-1", new())
    path = folder(tmp_path) / stored.id
    match left:
        case "draft":
            path.with_name("xyz.new").write_bytes(TEXT)
        case "old":
            path.rename(path.with_name(f"{stored.id}.old"))
        case "both":
            path.with_name(f"{stored.id}.old").write_bytes(TEXT)
        case "note":
            path.with_name(f"{stored.id}.json").write_text("quixotry")
        case _:
            path.with_name("xyz").write_bytes(TEXT)
    again = store(tmp_path, now, KEY)
    kept = [] if left == "note" else [stored.id]
    assert await ids(again) == kept
    assert [one.name for one in folder(tmp_path).iterdir()] == kept
    assert WORD not in on_disk(tmp_path)


async def test_nothing_is_left_in_plain_sight(tmp_path: Path, now: list[float]) -> None:
    for keys in ((), (KEY,)):
        media = store(tmp_path, now, *keys)
        stored = await media.put("ann", "v-1", new())
        spare = tmp_path / f"spare{len(keys)}"
        spare.hardlink_to(folder(tmp_path) / stored.id)
        await media.put("bob", "v-2", NewMedia(MediaKind.DOCUMENT, "text/plain", "geese.txt", b"geese"))
        assert await media.forget("ann") == 1
        assert WORD not in on_disk(tmp_path)
        assert len(await media.files_of({"bob"})) == len(keys) + 1


async def test_too_old_too_much_and_fleeting(tmp_path: Path, now: list[float]) -> None:
    media = store(tmp_path, now)
    first = await media.put("ann", "v-1", new())
    fleeting = await media.put("ann", "v-2", new(fleeting=True))
    now[0] += FLEETING_SECONDS + 1
    await media.tidy()
    assert await ids(media) == [first.id]
    assert not (folder(tmp_path) / fleeting.id).exists()
    assert await media.expire("ann", now[0]) == 1
    assert await media.expire("bob", now[0]) == 0
    assert list(folder(tmp_path).iterdir()) == []


async def test_off_the_record_is_unreadable_after_the_process(tmp_path: Path, now: list[float]) -> None:
    media = store(tmp_path, now)
    stored = await media.put("ann", "v-1", new(fleeting=True))
    assert WORD not in on_disk(tmp_path)
    assert await media.read(stored.id, 10**9) == TEXT
    assert await ids(store(tmp_path, now)) == []
    assert list(folder(tmp_path).iterdir()) == []


async def test_a_full_disk_is_a_sentence_and_no_file(
    tmp_path: Path, now: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    media = store(tmp_path, now)
    await media.put("ann", "v-1", new(b"geese"))

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(FileCipher, "_put", full)
    with pytest.raises(PlatformError):
        await media.put("ann", "v-2", new())
    assert len(await ids(media)) == 1
    assert len(list(folder(tmp_path).iterdir())) == 1


async def test_a_cancelled_upload_is_known_and_forgotten(tmp_path: Path, now: list[float]) -> None:
    media = store(tmp_path, now)
    task = asyncio.create_task(media.put("ann", "v-1", new(TEXT * 40)))
    await asyncio.sleep(0.001)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    await media.forget("ann")
    assert not [one for one in folder(tmp_path).glob("*") if one.is_file()]


# --- over HTTP ---


@contextlib.asynccontextmanager
async def page(start_web: Starter, **options: object) -> AsyncGenerator[tuple[Web, Tab]]:
    async with start_web(**options) as web, browse(web) as tab:
        await tab.open()
        yield web, tab


async def sent(web: Web, tab: Tab, data: bytes, name: str = "quixotry.bin", mime: str = "audio/ogg") -> str:
    """Upload a file; returns its address."""
    web.front.silent = True
    await tab.attach("look", (name, data, mime))
    return (await tab.items())[-1]["media"][0]["url"]


@pytest.mark.parametrize("keys", [(), (KEY,)], ids=["plain", "sealed"])
async def test_parts_of_a_large_file(start_web: Starter, keys: tuple[bytes, ...], tmp_path: Path) -> None:
    data = os.urandom(5 * CHUNK + 123)
    async with page(start_web, cipher=cipher(*keys)) as (web, tab):
        url = await sent(web, tab, data)
        whole = await tab.client.get(url)
        assert (whole.status_code, whole.content) == (200, data)
        assert whole.headers["accept-ranges"] == "bytes"
        tag = whole.headers["etag"]
        for asked, part in (
            ("bytes=0-", data),
            ("bytes=65530-65600", data[65530:65601]),
            ("bytes=-100", data[-100:]),
            (f"bytes={len(data) - 1}-{len(data) + 50}", data[-1:]),
        ):
            answer = await tab.client.get(url, headers={"range": asked, "if-range": tag})
            assert (answer.status_code, answer.content) == (206, part), asked
            assert answer.headers["content-range"].endswith(f"/{len(data)}")
            assert int(answer.headers["content-length"]) == len(part)
        for ignored in ("bytes=0-1,5-6", "bytes=9-3", "bytes=-", "lines=1-2", "bytes=a-b"):
            answer = await tab.client.get(url, headers={"range": ignored})
            assert (answer.status_code, len(answer.content)) == (200, len(data)), ignored
        for beyond in (f"bytes={len(data)}-", "bytes=-0"):
            answer = await tab.client.get(url, headers={"range": beyond})
            assert (answer.status_code, answer.content) == (416, b""), beyond
        stale = await tab.client.get(url, headers={"range": "bytes=0-3", "if-range": '"another"'})
        assert (stale.status_code, len(stale.content)) == (200, len(data))
        same = await tab.client.get(url, headers={"if-none-match": tag})
        assert (same.status_code, same.content) == (304, b"")
        head = await tab.client.head(url)
        assert (head.status_code, head.headers["content-length"]) == (200, str(len(data)))


async def test_a_name_cannot_write_headers(start_web: Starter) -> None:
    async with page(start_web) as (web, tab):
        url = await sent(web, tab, b"x", name='a"\r\nset-cookie: b=1; ü.txt', mime="text/plain")
        answer = await tab.client.get(url)
        assert answer.status_code == 200
        assert "set-cookie" not in answer.headers
        assert answer.headers["content-disposition"].startswith("attachment; filename*=utf-8''")


async def test_off_the_record_leaves_no_byte(
    start_web: Starter, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither what was sent nor what was made, and not in a form's temporary file either."""

    def never(*_: object, **__: object) -> None:
        raise AssertionError("a temporary file")

    monkeypatch.setattr(tempfile, "TemporaryFile", never)
    front = PracticeFront(off=True)
    drawn = picture()[1000:1040]
    big = WORD + os.urandom(3_000_000) + WORD
    async with page(start_web, front=front) as (web, tab):
        await tab.attach("/image of it", ("quixotry.png", big, "image/png"))
        await web.front.settle()
        assert await web.adapter.door.fetch(web.front.events[0].attachments[0], 10**8) == big
        shown = [one for item in await tab.items() for one in item["media"]]
        assert len(shown) == 2
        for one in shown:
            answer = await tab.client.get(one["url"])
            assert (answer.status_code, answer.headers["cache-control"]) == (200, "private, no-store")
        found = on_disk(tmp_path)
        assert WORD not in found
        assert drawn not in found
        speaker = web.front.events[0].author.key
        assert isinstance(web.adapter.door, KeepsFiles)
        assert await web.adapter.door.files_of(frozenset({speaker})) == []


async def test_on_the_record_is_kept(start_web: Starter, tmp_path: Path) -> None:
    async with page(start_web) as (web, tab):
        url = await sent(web, tab, TEXT)
        assert WORD in on_disk(folder(tmp_path))
        assert (await tab.client.get(url)).status_code == 200


async def test_what_is_refused_is_not_kept_long(start_web: Starter, tmp_path: Path) -> None:
    async with page(start_web) as (_, tab):
        await tab.attach("/voice", ("quixotry.txt", TEXT, "text/plain"))
        assert WORD not in on_disk(folder(tmp_path))


async def test_the_page_tidies_by_itself(
    start_web: Starter, tmp_path: Path, now: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(adapter, "TIDY_SECONDS", 0.02)
    old_form(tmp_path, "abc", TEXT, now[0])
    async with page(start_web, clock=lambda: now[0], cipher=cipher(KEY)):
        assert WORD not in on_disk(folder(tmp_path))
        now[0] += LONGEST_SECONDS + 1
        async with asyncio.timeout(10):
            while list(folder(tmp_path).iterdir()):
                await asyncio.sleep(0.01)


async def test_a_place_is_forgotten_or_grows_old(
    start_web: Starter, tmp_path: Path, now: list[float]
) -> None:
    async with page(start_web, clock=lambda: now[0]) as (web, tab):
        await sent(web, tab, TEXT)
        door = web.adapter.door
        [place] = await door.kept_places()
        now[0] += 100
        await sent(web, tab, b"geese")
        assert await door.expire_place(place, now[0] - 50) == 1
        assert [item["text"] for item in await tab.items()] == ["look"]
        assert await door.forget_place(place) == 1
        assert await tab.items() == []
        assert list(folder(tmp_path).iterdir()) == []
