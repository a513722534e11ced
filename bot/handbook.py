"""Reference pages made from the declarations, so that they cannot fall behind: docs/configuration.md and
docs/settings.md."""

from __future__ import annotations

from bot.declarations import OptionKind, Scope, Setting
from bot.engine.settings.declared import SETTINGS
from bot.engine.settings.topics import TOPICS
from bot.settings import SECRETS, Configuration

_CONFIGURATION = """\
# Configuration

What an operator can set, in the environment or in `.env` for Docker Compose. Nothing is required. A variable
that is empty counts as not set. A secret can also be given as the path of a file that holds it, in a variable
with `_FILE` behind its name (`VENICE_API_KEY_FILE=/run/secrets/venice`), but not in both.
`gondola config show` says what holds and where it comes from. What people change while Gondola runs is in
[settings.md](settings.md).

Made by `gondola config docs` from `bot/settings.py`.

| Variable | What it does | Default | Secret |
|---|---|---|---|
"""

_SETTINGS = """\
# Settings

What can be changed while Gondola runs, with `/settings`. A value set for a narrower scope wins: bot, then
server, channel, thread, person. A person may always change their own; a place needs whoever may manage it
there, the whole bot an owner. `/settings` shows each value and where it comes from. What is set at start is
in [configuration.md](configuration.md).

Made by `gondola config docs --settings` from `bot/engine/settings/declared.py`.
"""

_TOPIC = """
## {}

| Setting | What it does | Values | Default | Where |
|---|---|---|---|---|
"""

_SCOPE_NAMES = {
    Scope.BOT: "bot",
    Scope.SERVER: "server",
    Scope.CHANNEL: "channel",
    Scope.THREAD: "thread",
    Scope.USER: "person",
}


def configuration_page() -> str:
    """Every variable of the environment, as Markdown."""
    rows: list[str] = []
    for name, field in Configuration.model_fields.items():
        variable = name.upper()
        secret = variable in SECRETS
        default = "" if secret else str(field.default)
        rows.append(_row(f"`{variable}`", field.description or "", _code(default), "yes" if secret else ""))
    return _CONFIGURATION + "".join(rows)


def settings_page() -> str:
    """Every setting people can change, as Markdown."""
    parts = [_SETTINGS]
    for topic, names in TOPICS.items():
        parts += [_TOPIC.format(topic), *(_setting_row(SETTINGS[name]) for name in names)]
    return "".join(parts)


def _setting_row(setting: Setting) -> str:
    return _row(
        f"`{setting.name}`",
        setting.description,
        _values(setting),
        _code(setting.default),
        ", ".join(_SCOPE_NAMES[scope] for scope in setting.scopes),
    )


def _row(*cells: str) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |\n"


def _code(value: str) -> str:
    return f"`{value}`" if value else ""


def _values(setting: Setting) -> str:
    if setting.choices:
        return ", ".join(f"`{choice.value}`" for choice in setting.choices)
    if setting.kind is OptionKind.BOOLEAN:
        return "`on`, `off`"
    kind = {OptionKind.INTEGER: "whole number", OptionKind.NUMBER: "number"}.get(setting.kind, "text")
    if setting.kind is OptionKind.TEXT:
        return kind if setting.maximum is None else f"{kind}, at most {setting.maximum:g} characters"
    return f"{kind}{_bounds(setting)}"


def _bounds(setting: Setting) -> str:
    low, high = setting.minimum, setting.maximum
    if low is not None and high is not None:
        return f", {_plain(low)} to {_plain(high)}"
    if low is not None:
        return f", at least {_plain(low)}"
    return "" if high is None else f", at most {_plain(high)}"


def _plain(number: float) -> str:
    return f"{number:,.0f}" if number == int(number) else f"{number:g}"
