"""/key: the Venice key that pays for a server: shown, brought, made, changed, exchanged, taken out."""

from __future__ import annotations

import re

from bot.commands.keywords import describe_key, describe_terms, read_terms, summary
from bot.commands.services import Services, among_ourselves, text_option
from bot.declarations import Choice, Command, Option, Permission
from bot.engine.money.caps import dollars, period_at
from bot.engine.turns.registry import Bound
from bot.engine.turns.turn import Turn
from bot.errors import UserError, VeniceError, VeniceFailure
from bot.keys import KeyOrigin, ServerKey
from bot.records import CapPeriod

KEY = Command(
    "key",
    "Show or change the Venice key that pays for this server.",
    (
        Option(
            "action",
            "What to do; shows the key if left out.",
            choices=(
                Choice("show", "show it"),
                Choice("own", "use a key of our own"),
                Choice("mint", "make one on the bot's account"),
                Choice("change", "change what the one that was made may do"),
                Choice("rotate", "exchange the one that was made"),
                Choice("revoke", "take it out"),
            ),
        ),
        Option("key", "For “own”: the Venice key. Never write it where others can read it.", secret=True),
        Option("limit", "For “mint”, “change” and “rotate”: what it may spend, $5 or 5 DIEM."),
        Option(
            "per",
            "For how long the limit counts; a day if left out.",
            choices=(Choice("day", "a day"), Choice("month", "a month"), Choice("ever", "in all")),
        ),
        Option(
            "privacy",
            "Which models it may call; all if left out.",
            choices=(
                Choice("all", "all models"),
                Choice("private-text", "text models only if private"),
                Choice("private", "private models only"),
            ),
        ),
        Option("server", "For owners: another server than this one, as `/key` lists it in a direct chat."),
    ),
    permission=Permission.MODERATOR,
    private_reply=True,
)
_MOST_KEYS = 50
NO_SERVER = (
    "Use `/key` in the server or group it is for. To bring a key of your own, write `/key own` there first; "
    "then give me the key here."
)
PUBLIC_KEY = (
    "I did not take that key: everybody here can read it. Delete your message, make a new key at Venice, and "
    "write `/key own` here without a key; I then say where to give it to me."
)
_HIDDEN_ADMIN = (
    "I cannot tell who you are while you write anonymously. Switch that off for a moment and write "
    "`/key own` again."
)


def bound(services: Services) -> list[Bound]:
    """The commands of this group."""

    async def key(turn: Turn) -> None:
        await _key(services, turn)

    return [Bound(KEY, key)]


async def _key(services: Services, turn: Turn) -> None:
    action, given = text_option(turn, "action") or "show", _given(turn)
    server = _server(turn)
    if turn.incoming.place.server_key:
        turn.require_admin()  # it pays for the whole server, not for the channel they may manage
    if given and action not in ("mint", "change", "rotate"):
        await _own(services, turn, server, given)
    elif action == "own":
        _ask_for_key(services, turn)
    elif action == "show" and not server and turn.owner:
        turn.say(_all(services))
    elif not server:
        raise UserError(NO_SERVER)
    else:
        await _change(services, turn, action, server)


def _server(turn: Turn) -> str:
    """The server whose key it is about: this one, or for owners the one they name; "" for none."""
    named = text_option(turn, "server").lower()
    if not named:
        return turn.incoming.place.server_key
    turn.require_owner()
    if not re.fullmatch(r"[a-z]+:-?\w+", named):
        raise UserError(
            "Write the server as `discord:ID` or `telegram:ID`; `/key` in a direct chat lists them."
        )
    return f"server:{named}"


def _all(services: Services) -> str:
    """Every key, for owners in a direct chat."""
    keys = services.keys.all()
    if not keys:
        return "No server has a Venice key of its own; the house's pays everywhere."
    lines = [f"- `{key.server.partition(':')[2]}`: {summary(key)}" for key in keys]
    return "\n".join(["**Venice keys of servers**", "", *lines[:_MOST_KEYS]]) + _more(len(lines))


def _more(count: int) -> str:
    return f"\n- and {count - _MOST_KEYS} more" if count > _MOST_KEYS else ""


def _given(turn: Turn) -> str:
    command = turn.incoming.command
    return command.secrets.get("key", "").strip() if command is not None else ""


async def _change(services: Services, turn: Turn, action: str, server: str) -> None:
    key = services.keys.of(server)
    if action == "mint":
        await _mint(services, turn, server)
    elif key is None:
        turn.say(
            "The house's Venice key pays here. Whoever manages this server can bring a key of its own with "
            "`/key own`; an owner of this bot can make one with a limit: `/key mint $5 day`."
        )
    elif action == "change":
        await _amend(services, turn, key)
    elif action == "rotate":
        await _rotate(services, turn, key)
    elif action == "revoke":
        await _revoke(services, turn, key)
    else:
        await _show(services, turn, key)


async def _show(services: Services, turn: Turn, key: ServerKey) -> None:
    seen = await services.mint.seen(key)
    day, month = (period_at(period, turn.now).start for period in (CapPeriod.DAY, CapPeriod.MONTH))
    spent = [await _spent(services, key, since) for since in (day, month)]
    lines = [
        *describe_key(key, seen),
        f"- Spent in this server: {dollars(spent[0])} today, {dollars(spent[1])} this month",
    ]
    credential = services.keys.credential(key.server)
    if credential is not None and credential.broken:
        lines.append(f"- **{credential.broken}**")
    if services.keys.rests(key.server):
        lines.append("- **Venice refused it a while ago; the house's key answers until it is tried again.**")
    turn.say("\n".join(lines))


async def _spent(services: Services, key: ServerKey, since: float) -> int:
    """Micro-dollars paid with the key since a time."""
    return sum(row.cost for row in await services.store.money.usage(since=since, server=key.server))


async def _mint(services: Services, turn: Turn, server: str) -> None:
    turn.require_owner()
    terms = read_terms(_limit_text(turn), text_option(turn, "per"), text_option(turn, "privacy"))
    key = await services.mint.mint(server, _title(turn, server), terms, turn.person)
    turn.say(
        f"Done: the server has a Venice key of its own now, ending in `{key.last4}`. "
        f"{describe_terms(terms)} Exchange it with `/key rotate`, take it out with `/key revoke`."
    )


async def _amend(services: Services, turn: Turn, key: ServerKey) -> None:
    turn.require_owner()
    if key.origin is not KeyOrigin.MINTED:
        raise UserError("This server brought its key itself; whoever made it changes it at Venice.")
    said = (_limit_text(turn), text_option(turn, "per"), text_option(turn, "privacy"))
    if not any(said):
        raise UserError("Say what changes: `/key change $7 month`, or `/key change privacy:private`.")
    terms = read_terms(*said, before=key)
    await services.mint.change(key, terms, turn.person)
    turn.say(f"Done: it is still the key ending in `{key.last4}`. {describe_terms(terms)}")


async def _rotate(services: Services, turn: Turn, key: ServerKey) -> None:
    turn.require_owner()
    if key.origin is not KeyOrigin.MINTED:
        raise UserError("This server brought its key itself: give me the new one with `/key own`.")
    limit = _limit_text(turn)
    terms = read_terms(limit, text_option(turn, "per"), text_option(turn, "privacy"), before=key)
    made, deleted = await services.mint.rotate(key, _title(turn, key.server), terms, turn.person)
    left = (
        ""
        if deleted
        else (
            f" Venice did not delete the old key (ending in `{key.last4}`): delete it in Venice's settings."
        )
    )
    turn.say(f"Done: the new key ends in `{made.last4}`. {describe_terms(terms)}{left}")


async def _revoke(services: Services, turn: Turn, key: ServerKey) -> None:
    if key.origin is KeyOrigin.MINTED:
        turn.require_owner()
    await services.mint.revoke(key, turn.person)
    at_venice = (
        " It is deleted at Venice, too."
        if key.origin is KeyOrigin.MINTED
        else (" At Venice it still exists: delete it there if nobody else uses it.")
    )
    turn.say(f"The key ending in `{key.last4}` is out; the house's key pays here again.{at_venice}")


def _title(turn: Turn, server: str) -> str:
    """What the key is called at Venice, besides a number of ours."""
    here = turn.incoming.place.server_key == server
    return turn.incoming.place_title if here else server.partition(":")[2]


def _limit_text(turn: Turn) -> str:
    """Typed as one line (`/key mint $5 day`) the limit stands where a key would."""
    return text_option(turn, "limit") or _given(turn)


def _ask_for_key(services: Services, turn: Turn) -> None:
    place, author = turn.incoming.place, turn.incoming.author
    if not place.server_key:
        if services.own_keys.ticket(author.key) is None:
            raise UserError(NO_SERVER)
        turn.say("Write `/key own` and the key in one message.")
    elif turn.incoming.reply_handle:
        turn.say("Give me the key in the option `key` of this command; nobody else sees it.")
    else:
        if author.id in (place.space, place.channel):
            raise UserError(_HIDDEN_ADMIN)
        services.own_keys.invite(author.key, place, turn.incoming.place_title)
        turn.say(
            "Write to me in our direct chat within 15 minutes: `/key own` and the Venice key in one message. "
            "Never write it here."
        )


async def _own(services: Services, turn: Turn, server: str, given: str) -> None:
    if not among_ourselves(turn):
        raise UserError(PUBLIC_KEY)
    person = turn.incoming.author.key
    ticket = services.own_keys.ticket(person) if not server else None
    server = ticket.server if ticket is not None else server
    if not server:
        raise UserError(NO_SERVER)
    before = services.keys.of(server)
    key = await _taken(services, turn, server, given)
    services.own_keys.done(person)
    if before is not None:
        await services.mint.delete(before)
    where = f"**{ticket.title}**" if ticket is not None and ticket.title else "the server"
    hint = " You can delete your message now." if ticket is not None else ""
    turn.say(
        f"Thank you. The key ending in `{key.last4}` pays for everything in {where} from now on, and is "
        f"stored encrypted.{hint} `/key revoke` takes it out."
    )


async def _taken(services: Services, turn: Turn, server: str, given: str) -> ServerKey:
    try:
        return await services.own_keys.take(server, given, turn.person)
    except VeniceError as error:
        if error.failure in (VeniceFailure.BALANCE, VeniceFailure.SPEND_LIMIT):
            raise UserError(f"I have not kept this key. {error.reader_text}") from error
        raise
