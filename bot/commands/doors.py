"""/claim, /allow, /deny, /doors, /pairings: who may come in."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass

from bot.commands.services import Services, flag_option, text_option
from bot.declarations import Command, Option, OptionKind, Permission
from bot.engine.flow.pairingdesk import plain_code
from bot.engine.memory.recall import keep_button
from bot.engine.turns.registry import ActionHandler, Bound
from bot.engine.turns.turn import Turn
from bot.errors import UserError
from bot.messages import Button, ButtonStyle, Person
from bot.pairing import Pairing
from bot.records import StoredButton

CLAIM = Command(
    "claim",
    "Become the owner of this bot with the code printed at its start.",
    (Option("code", "The code.", required=True, rest=True, maximum=40),),
    private_reply=True,
)
_OPTIONS = (
    Option(
        "who", "A mention or id; here, channel, category, topic or server; this place if left out.", rest=True
    ),
    Option("role", "Everybody with this role.", OptionKind.ROLE),
    Option("forget", "Take the rule back instead of setting it.", OptionKind.BOOLEAN),
)
ALLOW = Command(
    "allow",
    "Let a person, a role or a place in, or a pairing code.",
    _OPTIONS,
    Permission.ADMIN,
    private_reply=True,
)
DENY = Command(
    "deny", "Shut a person, a role or a place out.", _OPTIONS, Permission.ADMIN, private_reply=True
)
DOORS = Command("doors", "Show who is let in and shut out.", permission=Permission.ADMIN, private_reply=True)
PAIRINGS = Command(
    "pairings", "Show who asks to be let in, and decide.", permission=Permission.OWNER, private_reply=True
)
APPROVE, REFUSE = "pairing.allow", "pairing.refuse"
LISTED = 10
_MOST_RULES = 60
MOST_HERE = 1_000
"""Rules of one server's admins: they are kept in memory, and anybody can make a server."""
FULL = (
    f"There are {MOST_HERE:,} rules for this server, which is the most. Take one back with `forget`, or use "
    "a role instead of people."
)
WHO = (
    "Say who: a mention or an id, `here`, `channel`, `category`, `topic` or `server`, a role with the option "
    "`role`, or reply to somebody."
)
WRONG_CODE = (
    "That code is not right. It is printed where the bot was started. After ten wrong ones I take none from "
    "you until it is started again."
)
OVER = "That request is no longer open: it was decided, or its hour is over."
_ID = r"-?\d{1,32}"
_WHO = re.compile(
    rf"<@!?(?P<mention>\d+)>|<@&(?P<role>\d+)>|<\#(?P<channel>\d+)>"
    rf"|(?:(?P<platform>discord|telegram):)?(?P<id>{_ID})|(?P<kind>server|channel|category|role):(?P<named>{_ID})",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class _Subject:
    """What a rule is about: its key, and in words at the beginning of a sentence."""

    key: str
    words: str


def bound(services: Services) -> list[Bound]:
    """The commands of this group."""

    async def claim(turn: Turn) -> None:
        right = await services.doorkeeper.claim(turn.incoming.author, text_option(turn, "code"), at=turn.now)
        if not right:
            raise UserError(WRONG_CODE)
        turn.say(
            "Welcome: you own this bot now. `/allow` lets a place or a person in, `/caps` limits what is "
            "spent ($10 a day for the whole bot unless you change it), `/settings` shows the rest."
        )

    async def allow(turn: Turn) -> None:
        code = plain_code(text_option(turn, "who"))
        if code and turn.owner:
            await _decide(services, turn, await services.pairing_desk.of_code(code), allowed=True)
        else:
            await _rule(services, turn, allowed=True)

    async def deny(turn: Turn) -> None:
        await _rule(services, turn, allowed=False)

    async def doors(turn: Turn) -> None:
        turn.say(_doors(services, turn))

    async def pairings(turn: Turn) -> None:
        await _pairings(services, turn)

    return [
        Bound(CLAIM, claim),
        Bound(ALLOW, allow),
        Bound(DENY, deny),
        Bound(DOORS, doors),
        Bound(PAIRINGS, pairings),
    ]


def actions(services: Services) -> Mapping[str, ActionHandler]:
    """The buttons of this group; `BEHIND` has the door ask for an owner first."""

    async def approve(turn: Turn, stored: StoredButton) -> None:
        await _decide(services, turn, await _asked(services, stored), allowed=True)

    async def refuse(turn: Turn, stored: StoredButton) -> None:
        await _decide(services, turn, await _asked(services, stored), allowed=False)

    return {APPROVE: approve, REFUSE: refuse}


BEHIND: Mapping[str, str] = {APPROVE: PAIRINGS.name, REFUSE: PAIRINGS.name}
"""The command whose permission each button needs."""


# --- rules ---


async def _rule(services: Services, turn: Turn, *, allowed: bool) -> None:
    subject, forget = _subject(services, turn), flag_option(turn, "forget")
    server, rules = turn.incoming.place.server_key, services.doorkeeper.rules
    if turn.owner:
        audience = turn.incoming.place.audience
        if forget:
            found = await rules.remove(subject.key, by=turn.person, at=turn.now, server=audience)
        else:
            await rules.put(subject.key, allowed, by=turn.person, at=turn.now, server=audience)
            found = True
        where = ""
    else:
        if forget:
            found = await rules.remove_here(server, subject.key, by=turn.person, at=turn.now)
        else:
            here = rules.of_server(server)
            if len(here) >= MOST_HERE and subject.key not in here:
                raise UserError(FULL)
            await rules.put_here(server, subject.key, allowed, by=turn.person, at=turn.now)
            found = True
        where = " in this server" if subject.key != server else ""
    if forget:
        turn.say(
            f"The rule for {_lower(subject.words)}{where} is taken back."
            if found
            else "There is no such rule."
        )
        return
    turn.say(f"{subject.words} {'may come in now' if allowed else 'is shut out now'}{where}.")


def _lower(words: str) -> str:
    return words[:1].lower() + words[1:]


def _subject(services: Services, turn: Turn) -> _Subject:
    who, role = text_option(turn, "who"), text_option(turn, "role")
    incoming = turn.incoming
    if role:
        return _role(turn, role)
    if not who and incoming.quoted is not None and not incoming.quoted.author.is_bot:
        return _Subject(services.doorkeeper.person_subject(incoming.quoted.author), "This person")
    found = _here(turn, who.lower())
    if found is not None:
        return found
    match = _WHO.fullmatch(who)
    if match is None:
        raise UserError(WHO)
    platform = incoming.place.platform
    if match["role"]:
        return _role(turn, f"{platform}:{match['role']}")
    if match["channel"]:
        return _Subject(f"channel:{platform}:{match['channel']}", f"The channel <#{match['channel']}>")
    if match["kind"]:
        return _named(turn, match["kind"].lower(), match["named"])
    person = Person((match["platform"] or platform).lower(), match["mention"] or match["id"])
    return _Subject(services.doorkeeper.person_subject(person), f"The person {person.id}")


def _named(turn: Turn, kind: str, named: str) -> _Subject:
    """Something by kind and id. Another server than this is for owners."""
    place = turn.incoming.place
    if kind == "role":
        return _role(turn, f"{place.platform}:{named}")
    if kind == "server" and named != place.space:
        turn.require_owner()
    return _Subject(f"{kind}:{place.platform}:{named}", f"The {kind} {named}")


def _here(turn: Turn, who: str) -> _Subject | None:
    """A place by where the command was used; None for other words."""
    place = turn.incoming.place
    server = _Subject(place.server_key, "This server")
    channel = _Subject(place.channel_key, "This channel" if place.server_key else "This chat")
    found = {
        "": server if place.server_key else channel,
        "here": server if place.server_key else channel,
        "server": server,
        "channel": channel,
        "chat": channel,
        "category": _Subject(place.category_key, "This category"),
        "topic": _Subject(place.thread_key, "This topic"),
        "thread": _Subject(place.thread_key, "This thread"),
    }.get(who)
    if found is not None and not found.key:
        raise UserError(f"There is no {who} here.")
    return found


def _role(turn: Turn, role: str) -> _Subject:
    shown = turn.answer.capabilities.role_style.format(id=role.partition(":")[2])
    return _Subject(f"role:{role}", f"Everybody with the role {shown}")


# --- what holds ---


def _doors(services: Services, turn: Turn) -> str:
    """Of this server what its admins and the owners said; for owners everything else, too."""
    door, place = services.doorkeeper, turn.incoming.place
    of_owners, of_server = door.rules.of_owners, door.rules.of_server(place.server_key)
    shown = {
        subject: allowed
        for subject, allowed in of_owners.items()
        if turn.owner
        or subject in (place.server_key, place.channel_key, place.category_key, place.thread_key)
    }
    sections = [_section("Said by owners of this bot", turn, shown)]
    if place.server_key:
        sections.append(_section("Said by admins, for this server", turn, of_server))
    rest = "Everybody else may come in." if door.is_open else "Everybody else stays outside."
    admins = " Admins of a server may let me in there." if door.admins_open() else ""
    order = (
        "A block of a person always holds; then the narrowest rule: topic or thread, channel, category, "
        "person, role, server. What owners block, admins cannot open."
    )
    return "\n\n".join([*sections, f"{rest}{admins} {order}"])


def _section(title: str, turn: Turn, rules: Mapping[str, bool]) -> str:
    lines = [
        f"- {_shown(turn, subject)}: {'may come in' if allowed else '**shut out**'}"
        for subject, allowed in sorted(rules.items())
    ]
    more = [f"- and {len(lines) - _MOST_RULES} more"] if len(lines) > _MOST_RULES else []
    return "\n".join([f"**{title}**", "", *(lines[:_MOST_RULES] or ["- nothing"]), *more])


def _shown(turn: Turn, subject: str) -> str:
    """A subject in words. Of a person only the keyed hash is known."""
    kind, _, rest = subject.partition(":")
    here = turn.incoming.place
    if kind == "person":
        return f"a person (`{rest[:6]}`)"
    platform, _, number = rest.partition(":")
    if kind == "role":
        return f"the role {turn.answer.capabilities.role_style.format(id=number)}"
    named = {here.server_key: "this server", here.channel_key: "this channel", here.thread_key: "this topic"}
    elsewhere = "" if platform == here.platform else f" on {platform}"
    return named.get(subject, f"the {kind} `{number}`{elsewhere}")


# --- pairing ---


async def _pairings(services: Services, turn: Turn) -> None:
    found = await services.pairing_desk.waiting()
    if not found:
        turn.say("Nobody asks to be let in.")
        return
    rows: list[tuple[Button, ...]] = []
    for number, one in enumerate(found[:LISTED], 1):
        payload = {"pairing": one.id}
        yes = await keep_button(services.store, turn, f"Approve {number}", APPROVE, payload)
        no = await keep_button(services.store, turn, f"Refuse {number}", REFUSE, payload)
        rows.append((yes, Button(no.label, no.id, style=ButtonStyle.DANGER)))
    lines = [_line(services, turn, number, one) for number, one in enumerate(found[:LISTED], 1)]
    more = f"\n\nAnd {len(found) - LISTED} more, once these are decided." if len(found) > LISTED else ""
    turn.notice(
        "**Who asks to be let in**\n\n" + "\n".join(lines) + "\n\nCompare the code with what you were told: "
        f"nothing else is known of a stranger.{more}",
        private=True,
        buttons=tuple(rows),
    )


def _line(services: Services, turn: Turn, number: int, one: Pairing) -> str:
    kind, _, rest = one.subject.partition(":")
    who = f"an admin, for the server `{rest.partition(':')[2]}`" if kind == "server" else "a person"
    where = services.delivery.capabilities(one.platform).display_name
    minutes = max(0, round((turn.now - one.asked_at) / 60))
    return f"{number}. {who} on {where}, {minutes} min ago, with a code ending in **{one.hint}**"


async def _asked(services: Services, stored: StoredButton) -> Pairing | None:
    wanted = json.loads(stored.payload)["pairing"]
    return next((one for one in await services.pairing_desk.waiting() if one.id == wanted), None)


async def _decide(services: Services, turn: Turn, pairing: Pairing | None, *, allowed: bool) -> None:
    decided = (
        await services.pairing_desk.decide(pairing.id, allowed=allowed, by=turn.person)
        if pairing is not None
        else None
    )
    if decided is None:
        raise UserError(OVER)
    whose = "The server" if decided.subject.startswith("server:") else "The person"
    if allowed:
        turn.say(f"{whose} with the code ending in **{decided.hint}** may come in now, and is told so.")
    else:
        turn.say(
            f"Refused: {_lower(whose)} with the code ending in **{decided.hint}** gets no new code today."
        )
