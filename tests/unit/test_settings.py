"""Configuration: defaults that run, secrets from files, and one sentence for what is wrong."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.errors import OperatorError
from bot.secret import prepare_data_dir, secret_key
from bot.settings import SECRETS, Configuration, load_configuration


def test_nothing_configured_runs_the_demo_on_loopback_closed() -> None:
    configuration = load_configuration({})
    assert configuration.demo
    assert configuration.http_address == ("127.0.0.1", 8080)
    assert configuration.gondola_access == "closed"
    assert configuration.owners == frozenset()


def test_a_secret_comes_from_a_file(tmp_path: Path) -> None:
    (tmp_path / "key").write_text("k-123\n")
    configuration = load_configuration({"VENICE_API_KEY_FILE": str(tmp_path / "key")})
    assert configuration.venice_api_key.get_secret_value() == "k-123"
    assert not configuration.demo
    assert "k-123" not in repr(configuration)


def test_every_secret_can_come_from_a_file_and_hides_itself(tmp_path: Path) -> None:
    for name in SECRETS:
        (tmp_path / name).write_text(f"secret-of-{name}\n")
    configuration = load_configuration({f"{name}_FILE": str(tmp_path / name) for name in SECRETS})
    for name in SECRETS:
        assert getattr(configuration, name.lower()).get_secret_value() == f"secret-of-{name}"
    assert "secret-of" not in repr(configuration)


@pytest.mark.parametrize(
    ("environment", "says"),
    [
        ({"VENICE_API_KEY": "a", "VENICE_API_KEY_FILE": "b"}, "not both"),
        ({"GONDOLA_HTTP": "127.0.0.1:99999"}, "host:port"),
        ({"GONDOLA_OWNERS": "discord:1, telegram:x"}, "GONDOLA_OWNERS"),
        ({"GONDOLA_LOG_LEVEL": "loud"}, "GONDOLA_LOG_LEVEL is not valid"),
    ],
)
def test_mistakes_are_named(environment: dict[str, str], says: str) -> None:
    with pytest.raises(OperatorError) as caught:
        load_configuration(environment)
    assert says in caught.value.reader_text


def test_ipv6_addresses_are_understood() -> None:
    assert load_configuration({"GONDOLA_HTTP": "[::1]:80"}).http_address == ("::1", 80)


def test_the_generated_key_stays_and_is_private(tmp_path: Path) -> None:
    folder = tmp_path / "new"
    prepare_data_dir(folder)
    key = secret_key("", folder)
    assert secret_key("", folder) == key
    assert (folder / "secret.key").stat().st_mode & 0o777 == 0o600
    assert secret_key("chosen", folder) == b"chosen"


def test_every_variable_is_documented() -> None:
    for name, field in Configuration.model_fields.items():
        assert field.description, name
    example = (Path(__file__).parents[2] / ".env.example").read_text()
    for name in ("VENICE_API_KEY", "DISCORD_TOKEN", "TELEGRAM_TOKEN", "DATABASE_URL", "GONDOLA_OWNERS"):
        assert name in example
