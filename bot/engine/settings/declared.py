"""Every setting there is, declared once for chat, page and documentation."""

from __future__ import annotations

from bot.declarations import Choice, OptionKind, Scope, Setting
from bot.engine.settings.effort import LEVELS

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
            "Time zone for reminders and for when limits reset, such as Europe/Berlin; empty for UTC.",
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
            "Who answers, draws, speaks or listens when Venice cannot serve the model: auto for the nearest "
            "one, off, or names of models in order, with commas.",
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
            "How many lines said around me in a group I may use as context, of people who agreed (`heard`); "
            "they are never stored.",
            "0",
            kind=OptionKind.INTEGER,
            minimum=0,
            maximum=50,
            scopes=_PLACES,
        ),
        Setting(
            "heard",
            "What you say in groups without addressing me. on: it may be context where `overhear` is set; "
            "off: never, and `/catchup` leaves your lines out; auto: no context, but in `/catchup`. Your own "
            "choice comes before that of a place.",
            "auto",
            choices=_choices("auto", "on", "off"),
        ),
        Setting(
            "record",
            "off: neither questions nor answers are kept, so I cannot refer back to them; off in any of bot, "
            "server, channel, thread or for yourself holds. `/offrecord` does it for one question.",
            "on",
            choices=_choices("on", "off"),
            strictest=True,
        ),
        Setting(
            "retention",
            "Days after which what was said here is deleted, with facts, files and buttons from it; empty to "
            "keep it until somebody has it forgotten. The shortest of bot, server, channel and thread holds.",
            "",
            kind=OptionKind.NUMBER,
            minimum=0.05,
            maximum=3650,
            scopes=_PLACES,
            strictest=True,
        ),
        Setting(
            "removal_retention",
            "Days after which everything of a server is deleted that I was removed from.",
            "30",
            kind=OptionKind.NUMBER,
            minimum=0,
            maximum=3650,
            scopes=(Scope.BOT,),
        ),
        Setting(
            "catchup",
            "Let `/catchup` read what was not said to me, where the platform lets me; else it tells only "
            "what was said with me. Nothing of it is stored.",
            "off",
            kind=OptionKind.BOOLEAN,
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
            "reconcile",
            "Compare the ledger with Venice's usage history every day, where there is an admin key, and tell "
            "owners of differences.",
            "on",
            kind=OptionKind.BOOLEAN,
            scopes=(Scope.BOT,),
        ),
        Setting(
            "owner_free",
            "What owners use themselves draws on the bot's cap alone, not on those of server, channel, role "
            "or person.",
            "on",
            kind=OptionKind.BOOLEAN,
            scopes=(Scope.BOT,),
        ),
        Setting(
            "saving",
            "Near a spending cap, do with less (a shorter answer, a smaller picture, a cheaper model, fewer "
            "searches), and say so, instead of refusing.",
            "on",
            kind=OptionKind.BOOLEAN,
            scopes=_PLACES,
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
