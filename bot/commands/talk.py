"""/search, /reset, /character: what is talked about, with whom."""

from __future__ import annotations

import structlog

from bot.commands.chats import start_chat
from bot.commands.reading import RESEARCH_NOTE, research
from bot.commands.services import Services, flag_option, text_option
from bot.declarations import Choice, Command, Medium, Option, OptionKind
from bot.engine.memory.remembering import plain
from bot.engine.turns.registry import Bound
from bot.engine.turns.turn import Turn
from bot.errors import NotAllowed, UserError, VeniceError, VeniceFailure
from bot.venice import Character, CharacterQuery

log: structlog.stdlib.BoundLogger = structlog.get_logger()

SUGGESTED = 8
_MOST_REVIEWS = 3
_REVIEW_CHARS = 160

SEARCH = Command(
    "search",
    "Answer a question from the web, with sources.",
    (
        Option("question", "What do you want to know?", required=True, rest=True, maximum=4000),
        Option(
            "depth",
            f"A quick look, or research: several searches, pages read, {RESEARCH_NOTE} besides the answer.",
            choices=(Choice("quick", "quick"), Choice("research", "research")),
        ),
    ),
    medium=Medium.CHAT,
)
RESET = Command("reset", "Start the conversation here anew, as /new does; the old one is kept.")
CHARACTER = Command(
    "character",
    "Give me a personality: one of Venice's characters, or your own.",
    (
        Option("name", "Name or slug of a Venice character.", completer="character", rest=True),
        Option("persona", "Your own persona for this channel, in your words.", maximum=8000),
        Option("clear", "Back to plain Gondola.", OptionKind.BOOLEAN),
    ),
)


def bound(services: Services) -> list[Bound]:
    """The commands of this group."""

    async def search(turn: Turn) -> None:
        question = text_option(turn, "question")
        if text_option(turn, "depth") == "research":
            await research(services, turn, question)
        else:
            await services.talker.answer(turn, question, search="on")

    async def reset(turn: Turn) -> None:
        await start_chat(services, turn, "")
        services.talker.forget_around(turn.incoming.place.room)
        turn.say("Done: we start anew. What can I do for you?")

    async def character(turn: Turn) -> None:
        await _character(services, turn)

    return [
        Bound(SEARCH, search, ordered=True),
        Bound(CHARACTER, character),
        Bound(RESET, reset),
    ]


async def put_channel(services: Services, turn: Turn, name: str, value: str) -> None:
    """Set a setting of this channel, if the asker may; an empty value clears it."""
    turn.require_moderator()
    key, audience = turn.incoming.place.channel_key, turn.incoming.place.audience
    if value:
        await services.settings.put(key, name, value, by=turn.person, at=turn.now, server=audience)
    else:
        await services.settings.clear(key, name, by=turn.person, at=turn.now, server=audience)


# --- character ---


async def _character(services: Services, turn: Turn) -> None:
    name, persona = text_option(turn, "name"), text_option(turn, "persona")
    if flag_option(turn, "clear") or name.lower() in ("clear", "none", "off"):
        await put_channel(services, turn, "character", "")
        await put_channel(services, turn, "system_prompt", "")
        turn.say("I am plain Gondola again.")
    elif persona:
        await put_channel(services, turn, "character", "")
        await put_channel(services, turn, "system_prompt", persona)
        turn.say("I took on your persona for this channel. `/character clear` ends it.")
    elif name:
        await _choose_character(services, turn, name)
    else:
        await _show_character(services, turn)


async def _choose_character(services: Services, turn: Turn, name: str) -> None:
    turn.require_moderator()
    found = await _by_slug(services, name)
    if found is None:
        matches = await _search(services, turn, name)
        if len(matches) != 1:
            await _offer(services, turn, matches, f"Which “{name[:40]}” do you mean?" if matches else "")
            return
        found = matches[0]
    if found.adult and not turn.incoming.adult_allowed:
        raise NotAllowed(f"{found.name} is for adults, and this place is not marked for that.")
    await put_channel(services, turn, "system_prompt", "")
    await put_channel(services, turn, "character", found.slug)
    about = f"\n\n{found.description[:600]}" if found.description else ""
    turn.say(f"From now on I am **{found.name}** here.{about}{await _opinions(services, found)}")


async def _opinions(services: Services, found: Character) -> str:
    """What people say of a character, "" where nobody does or Venice does not tell."""
    try:
        page = await services.client.character_reviews(found.slug, page_size=_MOST_REVIEWS)
    except VeniceError as error:
        log.info("character.unreviewed", reason=error.detail)
        return ""
    if not page.total:
        return ""
    counted = "1 review" if page.total == 1 else f"{page.total:,} reviews"
    lines = [f"- {'★' * one.rating} {_opinion(one.message)}" for one in page.reviews if one.message.strip()]
    return "\n".join([f"\n\n*{page.average:.1f} of 5 in {counted} at Venice*", "", *lines[:_MOST_REVIEWS]])


def _opinion(text: str) -> str:
    """Somebody's words, short and without meaning as Markdown."""
    words = " ".join(text.split())
    short = words if len(words) <= _REVIEW_CHARS else f"{words[: _REVIEW_CHARS - 1]}…"
    return plain(short)


async def _show_character(services: Services, turn: Turn) -> None:
    slug, persona = turn.settings.text("character"), turn.settings.text("system_prompt")
    now = f"I am the character `{slug}` here." if slug else "I am plain Gondola here."
    if persona and not slug:
        now = f"I have a persona of my own here:\n\n> {persona[:500]}"
    featured = await _search(services, turn, "")
    await _offer(services, turn, featured, f"{now}\n\nChoose one, or `/character NAME` to search.")


async def _offer(services: Services, turn: Turn, found: list[Character], text: str) -> None:
    if not found:
        raise UserError("Venice has no character of that name. Try a shorter word.")
    choices = [(one.name, CHARACTER.name, {"name": one.slug}) for one in found[:SUGGESTED]]
    lines = "\n".join(f"- **{one.name}** (`{one.slug}`) {one.description[:80]}" for one in found[:SUGGESTED])
    turn.notice(f"{text}\n\n{lines}", buttons=await services.command_buttons(turn, choices))


async def _search(services: Services, turn: Turn, words: str) -> list[Character]:
    query = CharacterQuery(search=words[:200], sort=None if words else "featured", limit=SUGGESTED)
    found = list(await services.client.characters(query))
    exact = [one for one in found if one.name.casefold() == words.casefold()]
    return exact or [one for one in found if turn.incoming.adult_allowed or not one.adult]


async def _by_slug(services: Services, slug: str) -> Character | None:
    if not slug.replace("-", "").replace("_", "").isalnum():
        return None
    try:
        return await services.client.character(slug)
    except VeniceError as error:
        if error.failure is VeniceFailure.NOT_FOUND:
            return None
        raise
