"""The secret behind hashes: GONDOLA_SECRET_KEY, else a generated key file only the operator can read."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from bot.errors import OperatorError

KEY_FILE = "secret.key"


def prepare_data_dir(folder: Path) -> None:
    """Create the data directory, private to the operator."""
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        probe = folder / ".writable"
        probe.write_bytes(b"")
        probe.unlink()
    except OSError as error:
        raise OperatorError(
            f"I cannot write to the data directory {folder} ({error.strerror}). "
            "Mend its permissions, or set GONDOLA_DATA_DIR."
        ) from None


def secret_key(configured: str, folder: Path) -> bytes:
    """The key; generated once with mode 0600 where none is configured."""
    if configured:
        return configured.encode()
    path = folder / KEY_FILE
    try:
        if not path.exists():
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "w") as file:
                file.write(secrets.token_hex(32))
        return path.read_bytes().strip()
    except OSError as error:
        raise OperatorError(f"I cannot read or create the key file {path}: {error.strerror}.") from None


def existing_key(configured: str, folder: Path) -> bytes:
    """The key that `secret_key` would give, without making one; b"" where there is none yet."""
    if configured:
        return configured.encode()
    path = folder / KEY_FILE
    try:
        return path.read_bytes().strip() if path.exists() else b""
    except OSError as error:
        raise OperatorError(f"I cannot read the key file {path}: {error.strerror}.") from None


def put_key(folder: Path, key: bytes, stamp: str) -> bool:
    """Make `key` the generated key; another one is kept beside it, with `stamp` in its name. False where it
    is the key already."""
    path = folder / KEY_FILE
    if existing_key("", folder) == key:
        return False
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        if path.exists():
            path.rename(path.with_name(f"{KEY_FILE}.before-{stamp}"))
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(key)
    except OSError as error:
        raise OperatorError(f"I cannot write the key file {path}: {error.strerror}.") from None
    return True
