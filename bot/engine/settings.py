"""Every setting, and what holds in a place for a person, with where each value comes from."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from bot.auditing import Change, ChangeKind
from bot.declarations import Choice, OptionKind, Scope, Setting, parse_value
from bot.engine.effort import LEVELS
from bot.errors import UserError
from bot.messages import OptionValue, Person, Place
from bot.records import SettingRow
from bot.storing import SettingsStore

_OF_PERSON = f"{Scope.USER.value}:"
_PLACES = (Scope.BOT, Scope.SERVER, Scope.CHANNEL, Scope.THREAD)


def _choices(*values: str) -> tuple[Choice, ...]:
    return tuple(Choice(value, value) for value in values)


SETTINGS: dict[str, Setting] = {
    setting.name: setting
    for setting in (
        Setting(
            "model", "Language model that answers; empty for Venice's default.", "", completer="model.text"
        ),
        Setting("character", "Slug of a public Venice character; empty for none.", "", completer="character"),
        Setting(
            "system_prompt",
            "Persona or instructions of your own for the bot.",
            "",
            maximum=8000,
        ),
        Setting(
            "temperature",
            "How free the wording is, 0 to 2; empty for the model's default.",
            "",
            kind=OptionKind.NUMBER,
            minimum=0,
            maximum=2,
        ),
        Setting(
            "top_p",
            "Share of likely words considered, 0 to 1; empty for the model's default.",
            "",
            kind=OptionKind.NUMBER,
            minimum=0,
            maximum=1,
        ),
        Setting(
            "answer_length",
            "Longest answer in tokens (a token is about four letters).",
            "2000",
            kind=OptionKind.INTEGER,
            minimum=16,
            maximum=32000,
        ),
        Setting(
            "thinking",
            "How long a model thinks before it answers; on is its own measure. `/think` shows what it takes.",
            "off",
            choices=_choices(*LEVELS),
            completer="thinking",
        ),
        Setting(
            "web_search",
            "Search the web: never, when a question needs it, or always ($0.01 a search).",
            "auto",
            choices=_choices("off", "auto", "on"),
        ),
        Setting(
            "scraping",
            "Read the pages behind links in a question ($0.01 a page).",
            "off",
            kind=OptionKind.BOOLEAN,
        ),
        Setting(
            "tools",
            "Let models that can draw, speak, look things up, remember and remind when they are asked to.",
            "on",
            kind=OptionKind.BOOLEAN,
        ),
        Setting(
            "tool_budget",
            "Most that tools may spend on one answer, in cents.",
            "25",
            kind=OptionKind.NUMBER,
            minimum=0,
            maximum=1000,
        ),
        Setting(
            "timezone",
            "Time zone for reminders, such as Europe/Berlin; empty for UTC.",
            "",
            completer="timezone",
            maximum=64,
        ),
        Setting(
            "reply_mode",
            "Answer as text, as voice, or both; mirror answers a voice message with both, words with text.",
            "text",
            choices=_choices("text", "voice", "both", "mirror"),
        ),
        Setting("voice", "Voice for spoken answers; empty for the default.", "", completer="voice"),
        Setting("voice_model", "Speech model; empty for the default.", "", completer="model.tts"),
        Setting("image_model", "Picture model; empty for the default.", "", completer="model.image"),
        Setting(
            "video_model",
            "Film model; empty for the cheapest that can do what is asked.",
            "",
            completer="model.film",
        ),
        Setting(
            "music_model",
            "Music and sound model; empty for the cheapest that can do what is asked.",
            "",
            completer="model.music",
        ),
        Setting(
            "min_privacy",
            "Which models may be used here, for everything: any, only private ones (nothing is kept), or "
            "only those in a TEE. The strictest rule set for bot, server, channel or thread holds.",
            "any",
            choices=_choices("any", "private", "tee"),
            scopes=_PLACES,
            strictest=True,
        ),
        Setting(
            "fallback",
            "Who answers when Venice cannot serve the model: auto for the nearest one, off, or names of "
            "models in order, with commas.",
            "auto",
            completer="fallback",
        ),
        Setting(
            "edit_model", "Model that changes pictures; empty for the default.", "", completer="model.edit"
        ),
        Setting(
            "activation",
            "When to answer in a group: never, when mentioned, in threads, always, or where it helps.",
            "mention",
            choices=_choices("off", "mention", "thread", "always", "ambient"),
            scopes=_PLACES,
        ),
        Setting(
            "memory",
            "Whether people in a group share one conversation with me, or each has their own.",
            "shared",
            choices=_choices("shared", "personal"),
            scopes=_PLACES,
        ),
        Setting(
            "long_memory",
            "Facts I remember for good, each with an Undo. auto: about you in private chats, in groups only "
            "if you choose `on` for yourself; on: in a group what concerns the channel, too; off: nothing.",
            "auto",
            choices=_choices("auto", "on", "off"),
        ),
        Setting(
            "context_tokens",
            "How much of the conversation is sent along, in tokens; older parts are summarised.",
            "12000",
            kind=OptionKind.INTEGER,
            minimum=1000,
            maximum=1_000_000,
        ),
        Setting(
            "overhear",
            "How many lines said around me in a group I may use as context; they are never stored.",
            "0",
            kind=OptionKind.INTEGER,
            minimum=0,
            maximum=50,
            scopes=_PLACES,
        ),
        Setting(
            "gate_model",
            "Model that decides in `ambient` whether to answer; empty for the cheapest.",
            "",
            completer="model.text",
            scopes=_PLACES,
        ),
        Setting(
            "ambient_budget",
            "How many lines an hour are considered in `ambient`.",
            "20",
            kind=OptionKind.INTEGER,
            minimum=0,
            maximum=1000,
            scopes=_PLACES,
        ),
        Setting(
            "ambient_cooldown",
            "Least seconds between two answers nobody asked for.",
            "60",
            kind=OptionKind.INTEGER,
            minimum=0,
            maximum=86_400,
            scopes=_PLACES,
        ),
        Setting(
            "bots",
            "Answer other bots that mention me or reply to me, a few times in a row.",
            "off",
            kind=OptionKind.BOOLEAN,
            scopes=_PLACES,
        ),
        Setting(
            "buttons",
            "Buttons under an answer: none, the most useful ones, or all.",
            "few",
            choices=_choices("off", "few", "all"),
        ),
        Setting(
            "streaming",
            "How an answer appears: growing by edits, as a draft (in a private chat on Telegram; by edits "
            "elsewhere), or off, which shows it once, when it is whole.",
            "edits",
            choices=_choices("edits", "drafts", "off"),
        ),
        Setting(
            "rich_text",
            "Show a finished answer with a table, formula, task list or several levels of headings as one "
            "rich message (on Telegram; older apps cannot show those).",
            "off",
            kind=OptionKind.BOOLEAN,
        ),
        Setting(
            "low_balance",
            "Owners are told when the Venice account has less than this many dollars; 0 for never.",
            "5",
            kind=OptionKind.NUMBER,
            minimum=0,
            maximum=1_000_000,
            scopes=(Scope.BOT,),
        ),
        Setting(
            "pairing",
            "Strangers who write to me, and admins of servers that are not let in, get a code that an owner "
            "can let them in with.",
            "on",
            kind=OptionKind.BOOLEAN,
            scopes=(Scope.BOT,),
        ),
        Setting(
            "admin_enable",
            "Admins of a server or group may let me in there themselves, with `/allow here`.",
            "off",
            kind=OptionKind.BOOLEAN,
            scopes=(Scope.BOT,),
        ),
        Setting(
            "rate_limit",
            "How many questions, commands and buttons a minute I take from one person, wherever they are; 0 "
            "for any number. Owners may ask more.",
            "20",
            kind=OptionKind.INTEGER,
            minimum=0,
            maximum=1000,
            scopes=(Scope.BOT,),
        ),
        Setting(
            "adult",
            "Only adults are here, as whoever manages the chat states: adult models, characters and pictures "
            "are allowed. On Discord the channel's own age restriction counts instead.",
            "off",
            kind=OptionKind.BOOLEAN,
            scopes=(Scope.CHANNEL,),
        ),
        Setting(
            "own_key_fallback",
            "Let the house's key answer when a server's own Venice key is refused or used up.",
            "off",
            kind=OptionKind.BOOLEAN,
            scopes=(Scope.BOT,),
        ),
        Setting(
            "idle_reset",
            "Hours of silence after which a new chat begins; empty for never.",
            "",
            kind=OptionKind.NUMBER,
            minimum=0.1,
            maximum=8760,
            scopes=_PLACES,
        ),
    )
}


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

    def __init__(self, store: SettingsStore) -> None:
        self._store = store
        self._rows: dict[tuple[str, str], str] = {}

    async def load(self) -> None:
        """Read everything anew."""
        self._rows = {(row.scope, row.name): row.value for row in await self._store.all()}

    def resolve(self, place: Place, person: Person) -> PlaceSettings:
        """What holds here for this person."""
        keys = scope_keys(place, person)
        return PlaceSettings({name: self._one(setting, keys) for name, setting in SETTINGS.items()})

    def everywhere(self) -> PlaceSettings:
        """What is set for the whole bot."""
        keys = {Scope.BOT: "bot"}
        return PlaceSettings({name: self._one(setting, keys) for name, setting in SETTINGS.items()})

    def house(self, name: str) -> Resolved:
        """One setting of the whole bot."""
        return self._one(SETTINGS[name], {Scope.BOT: "bot"})

    async def put(
        self, scope_key: str, name: str, text: str, *, by: str, at: float, server: str = ""
    ) -> OptionValue:
        """Set a value after checking it; returns it parsed. `server` says whose admins may know
        (`bot.auditing.Change`)."""
        setting = find_setting(name)
        value = parse_value(setting, text) if text.strip() else text.strip()
        stored = _as_text(value)
        change = self._change(scope_key, setting.name, stored, by, at, server)
        await self._store.put(SettingRow(scope_key, setting.name, stored), by, at, change)
        self._rows[scope_key, setting.name] = stored
        return value

    async def clear(self, scope_key: str, name: str, *, by: str, at: float, server: str = "") -> bool:
        """Back to what is inherited; False when nothing was set."""
        setting = find_setting(name)
        change = self._change(scope_key, setting.name, "", by, at, server)
        self._rows.pop((scope_key, setting.name), None)
        return await self._store.remove(scope_key, setting.name, change)

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

    def _strictest(self, setting: Setting, keys: dict[Scope, str]) -> Resolved:
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
