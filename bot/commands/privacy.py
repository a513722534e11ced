"""/privacy: what is kept here, where words go, who can see them, and how to have them forgotten."""

from __future__ import annotations

from collections.abc import Mapping

from bot.commands.services import Services
from bot.declarations import Command
from bot.engine.models.book import tier_of
from bot.engine.people.discretion import SETTING as RECORD
from bot.engine.people.retention import REMOVAL
from bot.engine.people.retention import SETTING as RETENTION
from bot.engine.turns.registry import Bound
from bot.engine.turns.turn import Turn
from bot.errors import GondolaError
from bot.messages import OptionValue
from bot.venice import Model, Tier
from bot.venice.catalogue import Wanted

PRIVACY = Command(
    "privacy", "What I keep, where your words go, and how to have them forgotten.", private_reply=True
)
_SIDES: dict[Wanted, str] = {
    "tts": "Words read aloud",
    "asr": "Voices and sounds you send",
    "image": "Words for a picture",
    "video": "Words for a film",
    "music": "Words for music and sounds",
}


def bound(services: Services) -> list[Bound]:
    """The commands of this group."""

    async def privacy(turn: Turn) -> None:
        sections = [
            _rule(turn),
            await _going(services, turn),
            _searching(turn),
            _kept(services, turn),
            _seen(services, turn),
        ]
        turn.say("\n\n".join([*sections, _forgetting(services)]))
        offers: list[tuple[str, str, Mapping[str, OptionValue]]]
        offers = [("Private models", "models", {"filter": "private"})]
        if turn.moderator:
            offers.append(("Rule of this place", "settings", {"name": "min_privacy"}))
            offers.append(("How long it is kept", "settings", {"name": RETENTION}))
        buttons = await services.command_buttons(turn, offers)
        turn.notice("More about it:", private=True, buttons=buttons)

    return [Bound(PRIVACY, privacy)]


def _rule(turn: Turn) -> str:
    tier = tier_of(turn.settings)
    if tier is Tier.ANONYMIZED:
        return (
            "**Rule of this place**: any model may be used. The setting `min_privacy` can ask for private "
            "ones, or for a TEE."
        )
    return f"**Rule of this place**: only models that are {tier.meaning}, for every medium (`min_privacy`)."


async def _going(services: Services, turn: Turn) -> str:
    lines = [await _answering(services, turn)]
    for wanted, what in _SIDES.items():
        lines.append(await _beside(services, turn, wanted, what))
    lines.append(
        "Long chats are summed up by the cheapest model that is no less private than the one that answers."
    )
    return "\n".join(["**Where words go**", "", *_listed(lines)])


async def _answering(services: Services, turn: Turn) -> str:
    try:
        model = (await services.chooser.choose(turn)).model
    except GondolaError as error:
        return error.reader_text
    character = turn.settings.text("character")
    persona = f" It plays `{character}`, whose persona Venice adds." if character else ""
    names = ", and the names and numbers that people have here beside what they said"
    named = "" if turn.incoming.place.direct else names
    return (
        f"Your question goes to Venice.ai with what I remember of this chat{named}. "
        f"**{model.name}** answers: {_handling(model)}.{persona}"
    )


async def _beside(services: Services, turn: Turn, wanted: Wanted, what: str) -> str:
    try:
        model, _ = await services.models.usual(turn, wanted)
    except GondolaError:
        return f"{what}: nowhere, because no model is private enough for this place."
    return f"{what}: **{model.name}**, {model.tier.meaning}."


def _handling(model: Model) -> str:
    if model.tier is Tier.ANONYMIZED:
        return "its provider sees the words and may keep them, but is not told who asks"
    if model.tier is Tier.TEE:
        return "it runs in an attested enclave that even its host cannot look into, and nothing is kept"
    return "nothing is kept there, by contract"


def _searching(turn: Turn) -> str:
    title = "**Searching the web**: "
    if tier_of(turn.settings) is Tier.TEE:
        return title + "never here, because a search would leave the enclave."
    mode = {"off": "only when you ask for it", "auto": "when a question needs it", "on": "for every question"}
    return title + (
        f"{mode[turn.settings.text('web_search')]}. What is searched for goes through Venice to a search "
        "engine (Brave, which keeps nothing by contract), and pages are opened by Venice's reader. Neither "
        "learns who you are, but a page's owner sees that somebody opened it."
    )


def _kept(services: Services, turn: Turn) -> str:
    heard = int(turn.settings.number("overhear") or 0)
    lines = [
        _said(turn),
        "What was remembered for good, until it is taken back (`/memory` lists it), and reminders until "
        "they are told.",
        "Pictures and other files I made, for 7 days, so that their buttons work.",
        *_shown(services, turn),
        "A question being answered, for as long as that takes; which messages were handled (numbers, no "
        "words), for two days.",
        "Buttons for up to 30 days. One that asks a question again holds that question, one that shows a "
        "lost answer holds the answer.",
        "Reminders, with whom to remind, until they are delivered or cancelled.",
        "What was spent, under a scrambled name that leads back to nobody without this bot's key.",
        "Settings, and with them the personas that people wrote.",
        "The logs hold no words and no names.",
    ]
    if not turn.incoming.place.direct:
        days = services.settings.everywhere().number(REMOVAL)
        lines.append(f"Everything of this server, for {_days(days or 0)} after I am removed from it.")
    if heard and turn.settings.text(RECORD) == "on":
        lines.insert(
            1,
            f"Up to {heard} lines said around me, of people who agreed to that with `/settings heard on`, in "
            "memory only, never stored.",
        )
    return "\n".join(["**What is kept here, on the computer of whoever runs this bot**", "", *_listed(lines)])


def _shown(services: Services, turn: Turn) -> list[str]:
    """On a page of ours the files that it shows are ours to keep."""
    if not services.door_files.kept_by(turn.incoming.place):
        return []
    return [
        "Files that this page shows, sent or made, for 7 days. What was off the record, and an `/export`, "
        "goes after an hour, encrypted with a key that I forget when I stop. What the page shows of words is "
        "in memory only, until I stop."
    ]


def _said(turn: Turn) -> str:
    if turn.settings.text(RECORD) == "off":
        return (
            "**Nothing of what is said with me here**: it is off the record (`record`): neither questions "
            "nor answers are kept. What was said before that stays until somebody has it forgotten."
        )
    once = "`/offrecord` asks something of which nothing is kept."
    days = turn.settings.number(RETENTION)
    if days is None:
        return f"What was said with me here, and summaries of it, until somebody has it forgotten. {once}"
    return (
        f"What was said with me here, with summaries, facts, files and buttons from it, for {_days(days)} "
        f"(`retention`), or until somebody has it forgotten. {once}"
    )


def _days(days: float) -> str:
    return "1 day" if days == 1 else f"{days:g} days"


def _seen(services: Services, turn: Turn) -> str:
    group = "" if turn.incoming.place.direct else "Everybody here can have me quote what was said here. "
    reads = (
        "Words are encrypted in the database; whoever runs this bot has the key"
        if services.store.sealed
        else "Whoever runs this bot can read its database, and so what I remember"
    )
    return (
        f"**Who can see it**: {group}{reads}. "
        "The chat app you write in sees and keeps your messages, as it always does."
    )


def _forgetting(services: Services) -> str:
    return (
        "**How to have it forgotten**: `/forget` deletes this chat, and as a reply one message with my "
        "answer; deleting or editing a message here changes what I remember, too, where the app tells me. "
        "`/new` starts a chat that knows nothing of the old one.\n\n"
        "**Your data are yours**: `/export` sends you all of it as a file, `/erase` erases it everywhere, "
        "after asking once more. What was spent stays under a scrambled name, so that limits hold. Backups "
        f"of this bot are deleted after {services.backup_days} days. `/link` makes your accounts on several "
        "platforms one person; without it I do not know that they are yours. Nothing is reported to "
        "anybody: this bot talks only to Venice and to the chat apps."
    )


def _listed(lines: list[str]) -> list[str]:
    return [f"- {line}" for line in lines]
