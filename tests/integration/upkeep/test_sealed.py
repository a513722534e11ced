"""Encrypted houses in the hands of operators: sealed, looked at, backed up, exported and moved."""

from __future__ import annotations

import asyncio
import gzip
import time
from pathlib import Path

import pytest

from bot import upkeep
from bot.errors import OperatorError
from bot.findings import Finding, State
from bot.settings import Configuration, load_configuration
from storage import ContentCipher, SqlStore, open_store
from tests.contract.storage.houses import schema
from tests.contract.storage.test_sealing import fill, read_back

SECRET = b"zebra"
KEY, OTHER = "the key of the house", "another key"


def configured(folder: Path, key: str = "", old: str = "", url: str = "") -> Configuration:
    return load_configuration(
        {
            "GONDOLA_DATA_DIR": str(folder),
            "GONDOLA_SECRET_KEY": key,
            "GONDOLA_OLD_SECRET_KEYS": old,
            "DATABASE_URL": url,
            "GONDOLA_HTTP": "127.0.0.1:0",
        }
    )


async def opened(configuration: Configuration) -> SqlStore:
    keys = [configuration.gondola_secret_key, configuration.gondola_old_secret_keys]
    secrets = [one.get_secret_value().encode() for one in keys if one.get_secret_value()]
    cipher = ContentCipher(secrets, sealing=configuration.has_own_key)
    url, folder = configuration.database_url.get_secret_value(), configuration.gondola_data_dir
    return await open_store(url, folder, instance="house", clock=time.time, cipher=cipher)


async def kept(configuration: Configuration) -> None:
    """A house in which something was said."""
    async with await opened(configuration) as store:
        await fill(store)


async def there(configuration: Configuration) -> None:
    """What was said can be read."""
    async with await opened(configuration) as store:
        await read_back(store)


async def diagnosed(configuration: Configuration, part: str) -> Finding:
    [found] = [one for one in await upkeep.examine(configuration) if part in one.sentence]
    return found


async def test_seal_encrypts_a_house_that_was_plain_and_back(tmp_path: Path) -> None:
    await kept(configured(tmp_path))
    assert (await diagnosed(configured(tmp_path), "stored as it is")).state is State.OK
    sealed = configured(tmp_path, KEY)
    assert "gondola seal" in (await diagnosed(sealed, "not encrypted with the present key")).mend
    assert (await upkeep.seal(sealed)).rows > 10
    assert (await diagnosed(sealed, "stored encrypted")).state is State.OK
    assert SECRET not in (tmp_path / "gondola.db").read_bytes()
    await there(sealed)
    assert (await diagnosed(configured(tmp_path, OTHER), "that I do not have")).state is State.BAD
    with pytest.raises(OperatorError) as caught:
        await upkeep.seal(configured(tmp_path, OTHER))
    assert "GONDOLA_OLD_SECRET_KEYS" in caught.value.reader_text
    assert (await upkeep.seal(configured(tmp_path, old=KEY))).rows > 10
    await there(configured(tmp_path))


async def test_seal_waits_for_a_running_house_to_stop(tmp_path: Path) -> None:
    async with await opened(configured(tmp_path, KEY)):
        with pytest.raises(OperatorError) as caught:
            await upkeep.seal(configured(tmp_path, KEY))
    assert "Another Gondola is running" in caught.value.reader_text


async def test_a_backup_holds_what_is_encrypted_as_it_is(tmp_path: Path) -> None:
    house, other = configured(tmp_path / "a", KEY), configured(tmp_path / "b", KEY)
    await kept(house)
    made = await upkeep.back_up(house, tmp_path / "safe.backup", seal=b"", keep=None)
    assert SECRET not in gzip.decompress(made.kept.path.read_bytes())
    restored = await upkeep.restore(other, made.kept.path, seal=b"", force=False)
    assert not restored.key_differs
    async with await opened(other) as store:
        await read_back(store, without="turns")  # what was open then is closed


@pytest.mark.postgres
async def test_an_export_stays_encrypted_or_is_plain_as_asked(tmp_path: Path) -> None:
    async with schema() as url:
        house = configured(tmp_path / "a", KEY)
        await kept(house)
        sealed, plain = tmp_path / "sealed.gz", tmp_path / "plain.gz"
        await upkeep.export(house, sealed)
        await upkeep.export(house, plain, plain=True)
        assert SECRET not in await asyncio.to_thread(lambda: gzip.decompress(sealed.read_bytes()))
        assert SECRET in await asyncio.to_thread(lambda: gzip.decompress(plain.read_bytes()))
        moved = configured(tmp_path / "b", KEY, url=url)
        await upkeep.import_(moved, sealed)
        await there(moved)
        fresh = configured(tmp_path / "c", OTHER)
        await upkeep.import_(fresh, plain)
        assert (await upkeep.seal(fresh)).rows > 10
        await there(fresh)
        assert SECRET not in (tmp_path / "c" / "gondola.db").read_bytes()
