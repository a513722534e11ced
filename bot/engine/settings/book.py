"""What is set, and what holds in a place for a person, with where each value comes from."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from bot.auditing import Change, ChangeKind
from bot.declarations import Scope, Setting, parse_value
from bot.engine.settings.declared import SETTINGS
from bot.errors import UserError
from bot.messages import OptionValue, Person, Place
from bot.records import SettingRow
from bot.storing import SettingsStore

_OF_PERSON = f"{Scope.USER.value}:"


@dataclass(frozen=True, slots=True)
class Resolved:
    """One setting's value and where it comes from (None: the default)."""

    value: OptionValue
    text: str
    origin: Scope | None


class PlaceSettings:
    """What holds in one place for one person."""

    def __init__(self, values: dict[str, Resolved]) -> None:
        self._values = values

    def __getitem__(self, name: str) -> Resolved:
        return self._values[name]

    def text(self, name: str) -> str:
        """The value as text, "" when empty."""
        return self._values[name].text

    def number(self, name: str) -> float | None:
        """A number setting, None when empty."""
        value = self._values[name].value
        return float(value) if isinstance(value, int | float) else None

    def flag(self, name: str) -> bool:
        """An on-off setting."""
        return self._values[name].value is True

    def items(self) -> Iterator[tuple[Setting, Resolved]]:
        """Every setting with its value, in declared order."""
        for name, setting in SETTINGS.items():
            yield setting, self._values[name]


def scope_keys(place: Place, person: Person) -> dict[Scope, str]:
    """The scope keys that apply, widest first."""
    keys = {
        Scope.BOT: "bot",
        Scope.SERVER: place.server_key,
        Scope.CHANNEL: place.channel_key,
        Scope.THREAD: place.thread_key,
        Scope.USER: person.scope_key,
    }
    return {scope: key for scope, key in keys.items() if key}


class SettingsBook:
    """All settings in memory; writes go through to storage first."""

    def __init__(self, store: SettingsStore, scope: Callable[[str], str] = str) -> None:
        """`scope` names the settings scope in whose place another one is read and set."""
        self._store = store
        self._scope = scope
        self._rows: dict[tuple[str, str], str] = {}

    async def load(self) -> None:
        """Read everything anew."""
        self._rows = {(row.scope, row.name): row.value for row in await self._store.all()}

    def resolve(self, place: Place, person: Person) -> PlaceSettings:
        """What holds here for this person."""
        keys = {scope: self._scope(key) for scope, key in scope_keys(place, person).items()}
        return PlaceSettings({name: self._one(setting, keys) for name, setting in SETTINGS.items()})

    def everywhere(self) -> PlaceSettings:
        """What is set for the whole bot."""
        keys = {Scope.BOT: "bot"}
        return PlaceSettings({name: self._one(setting, keys) for name, setting in SETTINGS.items()})

    def at(self, scope_key: str, name: str) -> str:
        """What is set in exactly this scope, "" for nothing."""
        return self._rows.get((scope_key, name), "")

    def house(self, name: str) -> Resolved:
        """One setting of the whole bot."""
        return self._one(SETTINGS[name], {Scope.BOT: "bot"})

    def of_person(self, place: Place, person: Person, name: str) -> str:
        """One setting as it holds here for a person, as text."""
        return self._one(SETTINGS[name], scope_keys(place, person)).text

    async def put(
        self, scope_key: str, name: str, text: str, *, by: str, at: float, server: str = ""
    ) -> OptionValue:
        """Set a value after checking it; returns it parsed. `server` says whose admins may know
        (`bot.auditing.Change`)."""
        setting, scope_key = find_setting(name), self._scope(scope_key)
        value = parse_value(setting, text) if text.strip() else text.strip()
        stored = _as_text(value)
        change = self._change(scope_key, setting.name, stored, by, at, server)
        await self._store.put(SettingRow(scope_key, setting.name, stored), by, at, change)
        self._rows[scope_key, setting.name] = stored
        return value

    async def clear(self, scope_key: str, name: str, *, by: str, at: float, server: str = "") -> bool:
        """Back to what is inherited; False when nothing was set."""
        setting, scope_key = find_setting(name), self._scope(scope_key)
        change = self._change(scope_key, setting.name, "", by, at, server)
        removed = await self._store.remove(scope_key, setting.name, change)
        self._rows.pop((scope_key, setting.name), None)
        return removed

    def _change(self, scope: str, name: str, new: str, by: str, at: float, server: str) -> Change | None:
        """What the audit log says; what people choose for themselves is not in it."""
        if scope.startswith(_OF_PERSON):
            return None
        old, server = self._rows.get((scope, name), ""), "" if scope == "bot" else server
        return Change(at, by, ChangeKind.SETTING, scope, server, name, old, new)

    def of_place(self, place: Place, name: str) -> str:
        """What holds in a place whoever asks, as text."""
        return self._one(SETTINGS[name], scope_keys(place, Person("", ""))).text

    def rows(self) -> dict[tuple[str, str], str]:
        """Everything that is set: by scope key and name."""
        return dict(self._rows)

    def _one(self, setting: Setting, keys: dict[Scope, str]) -> Resolved:
        if setting.strictest:
            return self._strictest(setting, keys)
        for scope in reversed(setting.scopes):
            text = self._rows.get((keys.get(scope, ""), setting.name))
            if text is not None:
                return Resolved(_parsed(setting, text), text, scope)
        return Resolved(_parsed(setting, setting.default), setting.default, None)

    def _shortest(self, setting: Setting, keys: dict[Scope, str]) -> Resolved:
        found = [
            Resolved(_parsed(setting, text), text, scope)
            for scope in setting.scopes
            if (text := self._rows.get((keys.get(scope, ""), setting.name), ""))
        ]
        default = Resolved(_parsed(setting, setting.default), setting.default, None)
        return min(found, key=lambda row: float(row.text), default=default)

    def _strictest(self, setting: Setting, keys: dict[Scope, str]) -> Resolved:
        if not setting.choices:
            return self._shortest(setting, keys)
        ranks = {choice.value: rank for rank, choice in enumerate(setting.choices)}
        found = [
            (ranks[text], Resolved(text, text, scope))
            for scope in setting.scopes
            if (text := self._rows.get((keys.get(scope, ""), setting.name), "")) in ranks
        ]
        default = Resolved(setting.default, setting.default, None)
        return max(found, key=lambda row: row[0], default=(0, default))[1]


def find_setting(name: str) -> Setting:
    """The setting of that name; a UserError lists what there is."""
    setting = SETTINGS.get(name.strip().lower().replace("-", "_").replace(" ", "_"))
    if setting is None:
        raise UserError("There is no such setting. There are: " + ", ".join(f"`{n}`" for n in SETTINGS) + ".")
    return setting


def _parsed(setting: Setting, text: str) -> OptionValue:
    return parse_value(setting, text) if text else ""


def _as_text(value: OptionValue) -> str:
    if isinstance(value, bool):
        return "on" if value else "off"
    return f"{value:g}" if isinstance(value, float) else str(value)
