"""Configuration from the environment; each secret also as NAME_FILE. Everything has a default that runs."""

from __future__ import annotations

import os
import re
from enum import StrEnum
from pathlib import Path
from typing import Literal

from pydantic import Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from bot.errors import OperatorError
from bot.safekeeping import BACKUP_DAYS

SECRETS = (
    "VENICE_API_KEY",
    "VENICE_ADMIN_KEY",
    "DISCORD_TOKEN",
    "TELEGRAM_TOKEN",
    "GONDOLA_SECRET_KEY",
    "GONDOLA_OLD_SECRET_KEYS",
    "DATABASE_URL",
    "GONDOLA_METRICS_TOKEN",
)
VENICE_URL = "https://api.venice.ai/api/v1"


_TOKENS = ("venice_api_key", "venice_admin_key", "discord_token", "telegram_token")
"""These travel in headers and addresses."""
_MOST_SHOWN = 16


class Configuration(BaseSettings):
    """What an operator can set. Descriptions are the documentation."""

    model_config = SettingsConfigDict(env_prefix="", extra="ignore", frozen=True, env_ignore_empty=True)

    venice_api_key: SecretStr = Field(
        SecretStr(""), description="Venice inference key. Without it the built-in demo answers."
    )
    venice_admin_key: SecretStr = Field(
        SecretStr(""),
        description="Venice admin key: reads the account's bill and makes keys for servers, never answers.",
    )
    venice_base_url: str = Field(VENICE_URL, description="Where Venice's API is, ending in /api/v1.")
    discord_token: SecretStr = Field(SecretStr(""), description="Discord bot token; empty for no Discord.")
    discord_base_url: str = Field("", description="Another Discord REST base, ending in /api/v10.")
    telegram_token: SecretStr = Field(SecretStr(""), description="Telegram bot token; empty for no Telegram.")
    telegram_base_url: str = Field("", description="Root of another Bot API server.")
    telegram_webhook: bool = Field(
        False,
        description="Have Telegram post its messages to GONDOLA_PUBLIC_URL instead of asking for them.",
    )
    database_url: SecretStr = Field(
        SecretStr(""), description="postgresql://… for PostgreSQL; empty for SQLite in the data directory."
    )
    gondola_data_dir: Path = Field(Path("data"), description="Folder for the database and keys.")
    gondola_http: str = Field("127.0.0.1:8080", description="host:port of the web page.")
    gondola_public_url: str = Field("", description="Address under which people reach the web page.")
    gondola_owners: str = Field("", description="Owners as discord:ID,telegram:ID.")
    gondola_access: Literal["closed", "open"] = Field(
        "closed", description="closed: only who was let in; open: everyone, under the caps."
    )
    gondola_log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field(
        "INFO", description="How much is logged."
    )
    gondola_secret_key: SecretStr = Field(
        SecretStr(""),
        description="Key for hashes and encryption; with it what people say is stored encrypted. Empty for a "
        "generated key file.",
    )
    gondola_old_secret_keys: SecretStr = Field(
        SecretStr(""),
        description="Earlier secret keys, newest first, with commas: they open what they encrypted, and the "
        "last one goes on naming people in counters.",
    )
    gondola_backup_days: int = Field(
        BACKUP_DAYS,
        ge=1,
        le=3650,
        description="Days after which `gondola backup` deletes backups in its folder; people are told.",
    )
    gondola_metrics_token: SecretStr = Field(
        SecretStr(""),
        description="Bearer token for reading /metrics from elsewhere; empty for this machine only.",
    )

    @property
    def http_address(self) -> tuple[str, int]:
        """Host and port of the web page."""
        host, _, port = self.gondola_http.rpartition(":")
        if not host or not port.isdigit() or int(port) > 65_535:
            raise OperatorError(
                f"GONDOLA_HTTP must be host:port, like 127.0.0.1:8080, not {_shown(self.gondola_http)}."
            )
        return host.strip("[]"), int(port)

    @property
    def owners(self) -> frozenset[str]:
        """Owners as person keys."""
        keys = frozenset(one.strip() for one in self.gondola_owners.split(",") if one.strip())
        for key in keys:
            if not re.fullmatch(r"(discord|telegram):\d+", key):
                raise OperatorError(
                    f"GONDOLA_OWNERS must look like discord:123,telegram:456; {_shown(key)} does not."
                )
        return keys

    @property
    def has_own_key(self) -> bool:
        """Whether the secret key is the operator's rather than a generated file beside the data."""
        return bool(self.gondola_secret_key.get_secret_value())

    @property
    def demo(self) -> bool:
        """True when the built-in demo answers instead of Venice."""
        return not self.venice_api_key.get_secret_value() and self.venice_base_url == VENICE_URL


class Origin(StrEnum):
    """Where the value of a variable comes from."""

    DEFAULT = "default"
    ENVIRONMENT = "environment"
    FILE = "file"


def origins(environment: dict[str, str] | None = None) -> dict[str, Origin]:
    """Where each variable of the configuration comes from, by its name in capitals."""
    values = dict(os.environ if environment is None else environment)
    return {name.upper(): _origin(name.upper(), values) for name in Configuration.model_fields}


def _origin(name: str, values: dict[str, str]) -> Origin:
    if name in SECRETS and values.get(f"{name}_FILE"):
        return Origin.FILE
    return Origin.ENVIRONMENT if values.get(name) else Origin.DEFAULT


def load_configuration(environment: dict[str, str] | None = None) -> Configuration:
    """The configuration of this process; an OperatorError says in one line what to mend."""
    values = dict(os.environ if environment is None else environment)
    for name in SECRETS:
        _read_file(values, name)
    known = {name: values[name.upper()] for name in Configuration.model_fields if values.get(name.upper())}
    try:
        configuration = Configuration.model_validate(known)
    except ValidationError as error:
        raise OperatorError(_first_complaint(error)) from None
    _check(configuration)
    return configuration


def _read_file(values: dict[str, str], name: str) -> None:
    path = values.get(f"{name}_FILE")
    if not path:
        return
    if values.get(name):
        raise OperatorError(f"Set either {name} or {name}_FILE, not both.")
    try:
        values[name] = Path(path).read_text().strip()
    except OSError as error:
        raise OperatorError(f"{name}_FILE names {path}, which I cannot read: {error.strerror}.") from None
    except UnicodeDecodeError:
        raise OperatorError(f"{name}_FILE names {path}, which holds no text.") from None


def _first_complaint(error: ValidationError) -> str:
    first = error.errors()[0]
    name = str(first["loc"][0]).upper() if first["loc"] else "The configuration"
    return f"{name} is not valid: {first['msg']}."


def _check_webhook(configuration: Configuration) -> None:
    url, own_server = configuration.gondola_public_url, configuration.telegram_base_url
    if configuration.telegram_webhook and not url.startswith(
        ("https://", *(["http://"] if own_server else []))
    ):
        raise OperatorError(
            "TELEGRAM_WEBHOOK needs GONDOLA_PUBLIC_URL, an address that begins with https:// and leads to "
            "GONDOLA_HTTP."
        )


def _check(configuration: Configuration) -> None:
    _check_webhook(configuration)
    _ = configuration.http_address, configuration.owners
    for name in ("venice_base_url", "discord_base_url", "telegram_base_url", "gondola_public_url"):
        url = str(getattr(configuration, name))
        if url and not re.match(r"https?://[^/\s]+", url):
            raise OperatorError(f"{name.upper()} must be an address that begins with http:// or https://.")
    for name in ("venice_base_url", "discord_base_url"):  # where the key or token says who asks
        if "@" in "".join(str(getattr(configuration, name)).split("/")[2:3]):
            raise OperatorError(f"{name.upper()} must not hold a user name or password.")
    for name in _TOKENS:
        token: SecretStr = getattr(configuration, name)
        if re.search(r"[^!-~]", token.get_secret_value()):
            raise OperatorError(
                f"{name.upper()} holds a blank, a line break or a sign that no such key has. Copy it again."
            )


def _shown(value: str) -> str:
    """The beginning of what was given: it may be a secret in the wrong place."""
    return repr(value if len(value) <= _MOST_SHOWN else f"{value[:_MOST_SHOWN]}…")
