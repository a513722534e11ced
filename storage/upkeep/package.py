"""The file of a backup: a gzipped tar, encrypted where wanted, of a manifest, the database, and in encrypted
ones the key file."""

from __future__ import annotations

import contextlib
import gzip
import io
import json
import shutil
import tarfile
import zlib
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, cast

from bot.errors import OperatorError
from bot.safekeeping import Figures
from storage.upkeep.figures import as_figures, as_json
from storage.upkeep.seal import MAGIC, SealedReader, SealedWriter

FORMAT = 1
SQLITE, ARCHIVE = "gondola.db", "gondola.jsonl.gz"
"""The database as a SQLite file, or as an archive."""
_MANIFEST, _KEY = "manifest.json", "secret.key"
_LEVEL = 3


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a backup says of itself. `data` names the database's file; `key_print` tells secret keys apart
    without giving them away, "" for none."""

    made_at: str
    revision: str
    data: str
    key_print: str
    tables: Mapping[str, Figures]


@dataclass(frozen=True, slots=True)
class Unpacked:
    """A backup in a folder. `key` is what the key file held, b"" for none."""

    manifest: Manifest
    data: Path
    key: bytes
    sealed: bool


def pack(target: Path, manifest: Manifest, data: Path, *, key: bytes, secret: bytes) -> None:
    """Write a backup into an existing file. `key` goes in only where `secret` encrypts it. Raises OSError."""
    with (
        target.open("wb") as file,
        _sealing(file, secret) as sealed,
        gzip.GzipFile(fileobj=sealed, mode="wb", compresslevel=_LEVEL, filename="") as squeezed,
        tarfile.open(fileobj=squeezed, mode="w|") as tar,
    ):
        _add(tar, _MANIFEST, json.dumps(_written(manifest)).encode())
        if key and secret:
            _add(tar, _KEY, key)
        tar.add(data, manifest.data, filter=_anonymous)


def unpack(path: Path, folder: Path, *, secret: bytes) -> Unpacked:
    """Read a backup into a folder. Raises OperatorError for a wrong secret, or what is no backup."""
    try:
        with path.open("rb") as file:
            sealed = file.read(len(MAGIC)) == MAGIC
            if not sealed:
                file.seek(0)
            elif not secret:
                raise OperatorError(f"{path.name} is encrypted: give the passphrase or the key file.")
            plain = io.BufferedReader(SealedReader(file, secret)) if sealed else file
            return _unpacked(plain, folder, sealed=sealed)
    except FileNotFoundError:
        raise OperatorError(f"There is no file {path}.") from None
    except (
        tarfile.TarError,
        EOFError,
        zlib.error,
        gzip.BadGzipFile,
        ValueError,
        KeyError,
        TypeError,
    ) as error:
        raise broken(path) from error


def is_sealed(path: Path) -> bool:
    """Whether a file is an encrypted backup. Raises OperatorError where it cannot be read."""
    try:
        with path.open("rb") as file:
            return file.read(len(MAGIC)) == MAGIC
    except OSError as error:
        raise OperatorError(f"I cannot read {path} ({error.strerror}).") from None


def broken(path: Path) -> OperatorError:
    """What to say of a file that is no backup, or no whole one."""
    return OperatorError(
        f"{path} is not a backup of Gondola, or it is damaged. What `gondola export` wrote is for "
        "`gondola import`."
    )


def _unpacked(plain: IO[bytes], folder: Path, *, sealed: bool) -> Unpacked:
    manifest, key, data = None, b"", folder / "data"
    with (
        gzip.GzipFile(fileobj=plain, mode="rb") as squeezed,
        tarfile.open(fileobj=squeezed, mode="r|") as tar,
    ):
        for member in tar:
            content = tar.extractfile(member)
            if content is None:
                raise ValueError("something else than a file")
            match member.name:
                case "manifest.json":
                    manifest = _read(json.load(content))
                case "secret.key":
                    key = content.read()
                case "gondola.db" | "gondola.jsonl.gz":  # our own name on disk, whatever the tar says
                    data = folder / member.name
                    with data.open("xb") as file:
                        data.chmod(0o600)
                        shutil.copyfileobj(content, file)
                case _:
                    raise ValueError("an unknown part")
        while squeezed.read(1 << 20):  # to the end, where the checksum stands
            pass
    if manifest is None or data.name != manifest.data:
        raise ValueError("parts are missing")
    return Unpacked(manifest, data, key, sealed)


@contextmanager
def _sealing(file: IO[bytes], secret: bytes) -> Generator[IO[bytes]]:
    if not secret:
        yield file
        return
    with contextlib.closing(SealedWriter(file, secret)) as sealed:
        yield cast(IO[bytes], sealed)


def _add(tar: tarfile.TarFile, name: str, content: bytes) -> None:
    member = tarfile.TarInfo(name)
    member.size = len(content)
    member.mode = 0o600
    tar.addfile(member, io.BytesIO(content))


def _anonymous(member: tarfile.TarInfo) -> tarfile.TarInfo:
    member.uid = member.gid = 0
    member.uname = member.gname = ""
    return member


def _written(manifest: Manifest) -> dict[str, object]:
    return {
        "gondola": "backup",
        "format": FORMAT,
        "made_at": manifest.made_at,
        "revision": manifest.revision,
        "data": manifest.data,
        "key_print": manifest.key_print,
        "tables": as_json(manifest.tables),
    }


def _read(written: Any) -> Manifest:
    if written["gondola"] != "backup" or written["format"] != FORMAT:
        raise ValueError("no backup of this format")
    return Manifest(
        made_at=str(written["made_at"]),
        revision=str(written["revision"]),
        data=str(written["data"]),
        key_print=str(written["key_print"]),
        tables=as_figures(written["tables"]),
    )
