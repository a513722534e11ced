"""Files at rest: read back whole and in parts, and nothing of them without the key."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from bot.sealedfiles import CHUNK, FLEETING, PLAIN, Damaged, FileCipher, ForeignKey, shred

KEY, OTHER = b"a key that lies elsewhere", b"another key"
NOTE = b'{"name": "quixotry.png"}'
SIZES = (0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 3 * CHUNK, 3 * CHUNK + 17)


def sealing(*keys: bytes) -> FileCipher:
    return FileCipher(keys or (KEY,), sealing=True)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("cipher", [FileCipher(), sealing()], ids=["plain", "sealed"])
def test_written_and_read(tmp_path: Path, size: int, cipher: FileCipher) -> None:
    data = os.urandom(size)
    path = tmp_path / "one"
    cipher.write(path, NOTE, data)
    opened = cipher.open(path)
    assert (opened.note, opened.size, opened.whole()) == (NOTE, size, data)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [one.name for one in tmp_path.iterdir()] == ["one"]
    for first, end in ((0, 5), (CHUNK - 3, CHUNK + 3), (size - 4, size), (size, size + 9), (7, 7), (1, None)):
        first = max(0, first)
        assert b"".join(opened.read(first, end)) == data[first:end], (first, end)


def test_a_part_is_read_without_the_rest(tmp_path: Path) -> None:
    cipher, data = sealing(), os.urandom(10 * CHUNK)
    path = tmp_path / "one"
    cipher.write(path, NOTE, data)
    raw = bytearray(path.read_bytes())
    raw[-CHUNK:] = bytes(CHUNK)  # damage at the end
    path.write_bytes(raw)
    opened = cipher.open(path)
    assert b"".join(opened.read(CHUNK, 2 * CHUNK)) == data[CHUNK : 2 * CHUNK]
    with pytest.raises(Damaged):
        opened.whole()


def test_sealed_is_unreadable_without_the_key(tmp_path: Path) -> None:
    path = tmp_path / "one"
    sealing().write(path, NOTE, b"my quixotry " * 9000)
    assert b"quixotry" not in path.read_bytes()
    for stranger in (FileCipher(), sealing(OTHER)):
        with pytest.raises(ForeignKey):
            stranger.open(path)
    assert FileCipher((OTHER, KEY), sealing=True).open(path).note == NOTE
    assert FileCipher((KEY,)).open(path).key == sealing().newest != PLAIN


@pytest.mark.parametrize("at", [8, 20, 40, 70, 200, -1])
def test_no_byte_can_be_changed(tmp_path: Path, at: int) -> None:
    path = tmp_path / "one"
    sealing().write(path, NOTE, os.urandom(CHUNK + 100))
    raw = bytearray(path.read_bytes())
    raw[at] ^= 1
    path.write_bytes(raw)
    with pytest.raises((Damaged, ForeignKey)):
        sealing().open(path).whole()


def test_nothing_can_be_cut_off_swapped_or_renamed(tmp_path: Path) -> None:
    cipher, path = sealing(), tmp_path / "one"
    cipher.write(path, NOTE, os.urandom(3 * CHUNK))
    raw = path.read_bytes()
    start = len(raw) - 3 * (CHUNK + 16)
    chunks = [raw[start + n * (CHUNK + 16) : start + (n + 1) * (CHUNK + 16)] for n in range(3)]
    for changed in (chunks[:2], chunks[:1], [chunks[1], chunks[0], chunks[2]], [*chunks, chunks[2]]):
        path.write_bytes(raw[:start] + b"".join(changed))
        with pytest.raises(Damaged):
            cipher.open(path).whole()
    other = tmp_path / "two"
    other.write_bytes(raw)
    with pytest.raises(Damaged):
        cipher.open(other)


@pytest.mark.parametrize("raw", [b"", b"GONF1\n", b"\x89PNG of another kind, and long enough to have a head"])
def test_what_is_no_such_file(tmp_path: Path, raw: bytes) -> None:
    path = tmp_path / "one"
    path.write_bytes(raw)
    with pytest.raises(Damaged):
        sealing().open(path)


def test_fleeting_ends_with_the_process(tmp_path: Path) -> None:
    for cipher in (sealing(), FileCipher()):
        path = tmp_path / "one"
        cipher.write(path, NOTE, b"my quixotry", fleeting=True)
        assert b"quixotry" not in path.read_bytes()
        assert (cipher.open(path).key, cipher.open(path).whole()) == (FLEETING, b"my quixotry")
        with pytest.raises(Damaged):
            sealing().open(path)


@pytest.mark.parametrize("cipher", [FileCipher(), sealing()], ids=["plain", "sealed"])
def test_what_is_shredded_is_not_there_under_another_name(tmp_path: Path, cipher: FileCipher) -> None:
    path, spare = tmp_path / "one", tmp_path / "spare"
    cipher.write(path, NOTE, b"my quixotry" * 9000)
    spare.hardlink_to(path)  # the same bytes of the disk
    shred(path)
    assert not path.exists()
    assert b"quixotry" not in spare.read_bytes()
    with pytest.raises(Damaged):
        cipher.open(spare)
    shred(path)


def test_a_disk_that_refuses_leaves_nothing(tmp_path: Path) -> None:
    path = tmp_path / "one"
    path.mkdir()
    with pytest.raises(OSError, match="directory"):
        sealing().write(path, NOTE, b"my quixotry")
    assert [one.name for one in tmp_path.iterdir()] == ["one"]
