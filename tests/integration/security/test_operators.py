"""What operators see and keep (doctor, config, exports, backups, errors at start) holds no secret."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest
from click.testing import CliRunner

from bot.cli import main
from bot.settings import SECRETS, Configuration
from tests.integration.security.conftest import Town

SECRET = "hunter2-and-much-more-0123456789"
TELEGRAM = f"4711:{SECRET}"
DATABASE = f"postgresql://gondola:{SECRET}@127.0.0.1:9/gondola"


def ran(*arguments: str, **environment: str) -> str:
    """Everything that a command says, with what it died of."""
    clean: dict[str, str | None] = dict.fromkeys((name.upper() for name in Configuration.model_fields), None)
    clean |= {f"{name}_FILE": None for name in SECRETS}
    result = CliRunner().invoke(main, list(arguments), env={**clean, **environment})
    assert result.exception is None or isinstance(result.exception, SystemExit), arguments
    return result.output


def secrets_in(folder: Path) -> dict[str, str]:
    """An environment full of secrets whose services are all out of reach."""
    return {
        "GONDOLA_DATA_DIR": str(folder),
        "GONDOLA_HTTP": "127.0.0.1:0",
        "VENICE_API_KEY": SECRET,
        "VENICE_ADMIN_KEY": SECRET,
        "VENICE_BASE_URL": "http://127.0.0.1:9/api/v1",
        "DISCORD_TOKEN": SECRET,
        "DISCORD_BASE_URL": "http://127.0.0.1:9/api/v10",
        "TELEGRAM_TOKEN": TELEGRAM,
        "TELEGRAM_BASE_URL": f"http://me:{SECRET}@127.0.0.1:9",
        "GONDOLA_SECRET_KEY": SECRET,
        "GONDOLA_METRICS_TOKEN": SECRET,
    }


@pytest.mark.parametrize("database", ["", DATABASE, f"mysql://a:{SECRET}@b/c", f"postgresql://{SECRET}@[/x"])
def test_no_command_says_a_secret(tmp_path: Path, database: str) -> None:
    environment = {**secrets_in(tmp_path), "DATABASE_URL": database}
    for arguments in (
        ("doctor",),
        ("doctor", "--json"),
        ("config", "show"),
        ("config", "show", "--json"),
        ("migrate", "--dry-run"),
        ("backup",),
        ("export", str(tmp_path / "x.gz")),
        ("import", str(tmp_path / "y.gz")),
        ("restore", str(tmp_path / "z.backup")),
        ("seal",),
        *([("run",)] if database else []),
    ):
        assert SECRET not in ran(*arguments, **environment), arguments


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *((name, f"sk-{SECRET}") for name in ("GONDOLA_HTTP", "GONDOLA_OWNERS", "GONDOLA_PUBLIC_URL")),
        ("VENICE_BASE_URL", f"https://me:{SECRET}@api.venice.ai/api/v1"),
        ("DISCORD_BASE_URL", f"https://{SECRET}@discord.com/api/v10"),
        *((name, f"{SECRET}\nX-Evil: 1") for name in ("VENICE_API_KEY", "VENICE_ADMIN_KEY", "DISCORD_TOKEN")),
        ("TELEGRAM_TOKEN", f"{TELEGRAM} and more"),
    ],
)
def test_what_is_wrong_is_named_and_not_repeated(tmp_path: Path, name: str, value: str) -> None:
    said = ran("run", GONDOLA_DATA_DIR=str(tmp_path), **{name: value})
    assert name in said
    assert SECRET not in said


async def test_exports_and_backups_of_a_house_hold_no_token(town: Town) -> None:
    dc = town.dc
    key = "VENICE_INFERENCE_KEY_brought-by-a-server-0123456789abcdef"
    own = dc.slash(town.square, town.ann, "key", {"action": "own", "key": key})
    await town.until(lambda: bool(own.text))
    dc.say(town.square, town.bob, "What is the capital of France?", mention_bot=True)
    await town.until(lambda: "Paris" in dc.transcript(town.square))
    await town.settled()
    from bot import upkeep
    from bot.settings import load_configuration

    configuration = load_configuration(
        {"GONDOLA_DATA_DIR": str(town.folder), "GONDOLA_SECRET_KEY": "kept-by-nobody-else"}
    )
    plain, sealed = town.folder.parent / "plain.gz", town.folder.parent / "out.gz"
    await upkeep.export(configuration, sealed)
    await upkeep.export(configuration, plain, plain=True)
    made = await upkeep.back_up(configuration, town.folder.parent / "b.backup", seal=b"", keep=None)
    read = [gzip.decompress(file.read_bytes()) for file in (sealed, plain, made.kept.path)]
    assert b"Paris" in read[1], "the search must be able to find what is there"
    assert b"Paris" not in read[0]
    for secret in (dc.token, town.tg.token, key, "VENICE_ADMIN_KEY", "kept-by-nobody-else"):
        assert all(secret.encode() not in one for one in read), secret
