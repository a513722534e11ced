"""`gondola config`: what holds, from where, and never a secret; the pages made from the declarations."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from bot.cli import main
from bot.cli.config import without_password
from bot.handbook import configuration_page, settings_page
from bot.settings import SECRETS, Configuration

DOCS = Path(__file__).parents[3] / "docs"
SECRET = "hunter2-and-more"


def asked(*arguments: str, **environment: str) -> str:
    """The output of a command that works."""
    clean = dict.fromkeys((name.upper() for name in Configuration.model_fields), None)
    clean |= {f"{name}_FILE": None for name in SECRETS}
    result = CliRunner().invoke(main, arguments, env=clean | environment)
    assert result.exit_code == 0, result.output
    return result.output


def test_every_value_is_shown_with_its_origin(tmp_path: Path) -> None:
    (tmp_path / "token").write_text(SECRET)
    said = json.loads(
        asked("config", "show", "--json", GONDOLA_HTTP="[::1]:99", DISCORD_TOKEN_FILE=str(tmp_path / "token"))
    )
    assert said["GONDOLA_HTTP"] == {"value": "[::1]:99", "from": "environment"}
    assert said["DISCORD_TOKEN"] == {"value": "set", "from": "file"}
    assert said["TELEGRAM_TOKEN"] == {"value": "", "from": "default"}
    assert said["GONDOLA_ACCESS"] == {"value": "closed", "from": "default"}
    assert set(said) == {name.upper() for name in Configuration.model_fields}


def test_no_secret_is_ever_shown() -> None:
    secrets = dict.fromkeys(SECRETS, SECRET)
    addresses = dict.fromkeys(("TELEGRAM_BASE_URL", "GONDOLA_PUBLIC_URL"), f"https://me:{SECRET}@host:1/api")
    for arguments in (("config", "show"), ("config", "show", "--json")):
        assert SECRET not in asked(*arguments, **secrets, **addresses)


def test_every_secret_of_the_model_counts_as_one() -> None:
    """A SecretStr that SECRETS forgets could not come from a file, and its default would be printed."""
    kept = {name.upper() for name, field in Configuration.model_fields.items() if "Secret" in repr(field)}
    assert kept == set(SECRETS)


@pytest.mark.parametrize(
    ("address", "wanted"),
    [
        ("https://me:pw@host:1/api", "https://…@host:1/api"),
        ("https://me:p@w@host/a?b=c", "https://…@host/a?b=c"),
        ("http://host/@x", "http://host/@x"),
        ("me@host", "me@host"),
    ],
)
def test_addresses_lose_user_and_password(address: str, wanted: str) -> None:
    assert without_password(address) == wanted


def test_a_mistake_is_one_line_and_exit_code_1() -> None:
    result = CliRunner().invoke(main, ["config", "show"], env={"GONDOLA_LOG_LEVEL": "loud"})
    assert result.exit_code == 1
    assert result.stderr.startswith("gondola: GONDOLA_LOG_LEVEL is not valid")
    assert result.stderr.count("\n") == 1


@pytest.mark.parametrize(
    ("page", "arguments", "made"),
    [
        ("configuration.md", ("config", "docs"), configuration_page),
        ("settings.md", ("config", "docs", "--settings"), settings_page),
    ],
)
def test_the_reference_pages_are_up_to_date(page: str, arguments: tuple[str, ...], made: object) -> None:
    assert callable(made)
    assert (DOCS / page).read_text(encoding="utf-8") == made(), (
        f"out of date; run: gondola {' '.join(arguments)} > docs/{page}"
    )
    assert asked(*arguments) == made()


def test_operators_can_read_about_every_command() -> None:
    page = (DOCS / "operations.md").read_text(encoding="utf-8")
    assert [name for name in main.commands if f"`gondola {name}" not in page] == []


def test_the_pages_name_everything() -> None:
    assert all(f"| `{name.upper()}` |" in configuration_page() for name in Configuration.model_fields)
    assert "| `temperature` |" in settings_page()
