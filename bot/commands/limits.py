"""/caps: what may be spent, by whom and where.

Every cap that holds must have room: the bot's, the server's, the channel's and the person's. Among those of
one kind the narrower takes the wider's place. Owners set any. Who manages a server sets those of the server,
its channels and roles, at most what an owner set for each of them, and never changes what an owner set.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import Decimal, InvalidOperation

from bot.commands.services import Services, text_option
from bot.declarations import Choice, Command, Medium, Option, OptionKind
from bot.engine.money.caps import amount_words, dollars, period_at
from bot.engine.money.resets import reset_words
from bot.engine.turns.registry import Bound
from bot.engine.turns.turn import Turn
from bot.errors import NotAllowed, UserError
from bot.messages import Incoming, Person
from bot.records import ALL_MEDIA, Cap, CapPeriod, CapUnit, counter_key

FREE = "As an owner you draw on the bot's limit alone (`/settings owner_free`)."
NONE = ("none", "off", "remove")
CAPS = Command(
    "caps",
    "Show what may be spent here, or set a limit.",
    (
        Option(
            "scope",
            "Whose limit.",
            choices=(
                Choice("bot", "the whole bot"),
                Choice("server", "this server"),
                Choice("channel", "this channel"),
                Choice("user", "each person, or the one named by person"),
                Choice("role", "each person with a role"),
                Choice("servers", "each server"),
                Choice("channels", "each channel"),
            ),
        ),
        Option("amount", "$5 for money, 20 for a number of calls, “none” to remove it."),
        Option(
            "period",
            "Per day, week (from Monday, UTC) or month.",
            choices=tuple(Choice(period.value, f"a {period.value}") for period in CapPeriod),
        ),
        Option(
            "medium",
            "For everything if left out.",
            choices=(Choice(ALL_MEDIA, "everything"), *(Choice(m.value, m.value) for m in Medium)),
        ),
        Option(
            "role", "Which role, for the scope role; the highest role of a person holds.", OptionKind.ROLE
        ),
        Option("person", "Which person, for the scope user: id or mention, or reply to them."),
        Option("remove", "A limit to remove, from the list.", completer="cap"),
    ),
    private_reply=True,
)


def bound(services: Services) -> list[Bound]:
    """The commands of this group."""

    async def caps(turn: Turn) -> None:
        await _caps(services, turn)

    return [Bound(CAPS, caps)]


async def _caps(services: Services, turn: Turn) -> None:
    scope, amount = text_option(turn, "scope"), text_option(turn, "amount")
    if text_option(turn, "remove"):
        await _remove(services, turn, _named(services, turn, text_option(turn, "remove")))
    elif scope and amount:
        await _set(services, turn, scope, amount)
    else:
        turn.say(await _shown(services, turn))


async def _shown(services: Services, turn: Turn) -> str:
    """What holds for the asker, and for who manages caps, which there are."""
    parts = [await cap_bars(services, turn)]
    style = turn.answer.capabilities.role_style
    mine = manageable(services, turn.incoming, owner=turn.owner, moderator=turn.moderator)
    if turn.owner or mine:
        lines = [f"- {describe_cap(cap, style)}" for cap in mine] or ["- none"]
        parts.append("\n".join(["**Limits you can change**\n", *lines]))
    if turn.owner or (turn.moderator and turn.incoming.place.server_key):
        scope = "user" if turn.owner else "channel"
        parts.append(f"Set one: `/caps scope:{scope} amount:$1 period:day`; `amount:none` removes it.")
    return "\n\n".join(parts)


async def _set(services: Services, turn: Turn, scope: str, amount: str) -> None:
    key = _scope_key(services, turn, scope)
    _require(services, turn, scope)
    period = CapPeriod(text_option(turn, "period") or CapPeriod.DAY.value)
    medium = text_option(turn, "medium") or ALL_MEDIA
    if amount.lower() in NONE:
        found = [c for c in services.caps.all() if (c.scope, c.medium, c.period) == (key, medium, period)]
        await _remove(services, turn, found)
        return
    unit, limit = parse_amount(amount)
    cap = Cap(key, medium, unit, period, limit, by_owner=turn.owner)
    if not turn.owner:
        _check_below(services.caps.all(), cap)
    await services.caps.put(cap, turn.now, by=turn.person, server=_audience(turn, cap))
    words = describe_cap(cap, turn.answer.capabilities.role_style)
    turn.say(f"Set: {words}. What was spent earlier in the period counts.")


def _require(services: Services, turn: Turn, scope: str) -> None:
    if turn.owner:
        return
    if scope not in ("server", "channel", "role") or not turn.incoming.place.server_key:
        raise NotAllowed("Only an owner of this bot can set that limit.")
    if scope == "channel":
        turn.require_moderator()
    else:
        turn.require_admin()
    if scope == "role" and not services.roles.here(turn.incoming.place, text_option(turn, "role")):
        raise NotAllowed("That is no role of this server. Choose one from the list.")


def _check_below(caps: Sequence[Cap], cap: Cap) -> None:
    """Refuse who manages a place what would change, or lift, what an owner set."""
    same = [
        one
        for one in caps
        if one.by_owner and (one.medium, one.unit, one.period) == (cap.medium, cap.unit, cap.period)
    ]
    if any(one.scope == cap.scope for one in same):
        raise NotAllowed("An owner of this bot set that limit, so only an owner can change it.")
    kind = cap.scope.partition(":")[0]
    wider = ("user:*", "role:") if kind == "role" else (f"{kind}:*",)
    lowest = min((one.limit for one in same if one.scope.startswith(wider)), default=cap.limit)
    if cap.limit > lowest:
        most = amount_words(cap.unit, lowest)
        raise NotAllowed(f"An owner of this bot allows {most} here, so set at most that.")


def _named(services: Services, turn: Turn, chosen: str) -> list[Cap]:
    """The cap that was picked from the list."""
    mine = manageable(services, turn.incoming, owner=turn.owner, moderator=turn.moderator)
    found = [cap for cap in mine if cap_id(cap) == chosen]
    if not found:
        raise UserError("There is no such limit that you can remove. Pick one from the list.")
    return found


async def _remove(services: Services, turn: Turn, caps: Sequence[Cap]) -> None:
    if not turn.owner and any(cap.by_owner for cap in caps):
        raise NotAllowed("An owner of this bot set that limit, so only an owner can remove it.")
    removed = [
        await services.caps.clear(
            cap.scope,
            cap.medium,
            cap.unit,
            cap.period,
            at=turn.now,
            by=turn.person,
            server=_audience(turn, cap),
        )
        for cap in caps
    ]
    turn.say("That cap is removed." if any(removed) else "There was no such cap.")


def manageable(services: Services, incoming: Incoming, *, owner: bool, moderator: bool) -> list[Cap]:
    """The caps that somebody may change from here."""
    caps = services.caps.all()
    if owner:
        return caps
    place = incoming.place
    if not (moderator and place.server_key):
        return []
    return [cap for cap in caps if not cap.by_owner and _here(services, cap, incoming)]


def _here(services: Services, cap: Cap, incoming: Incoming) -> bool:
    """Whether who manages the channel, or the server where it is one of that, may change a cap."""
    place, (kind, _, rest) = incoming.place, cap.scope.partition(":")
    if kind == "role":
        return incoming.admin and services.roles.here(place, rest)
    if kind == "server":
        return incoming.admin and cap.scope == place.server_key
    return cap.scope == services.caps.channel(place)


def cap_id(cap: Cap) -> str:
    """A cap's name in the list of those to remove."""
    return f"{cap.scope}|{cap.medium}|{cap.unit.value}|{cap.period.value}"


def _audience(turn: Turn, cap: Cap) -> str:
    """Whose admins may read of it in the audit log."""
    local = cap.scope.startswith(("server:", "channel:", "role:")) and not cap.scope.endswith(":*")
    return turn.incoming.place.audience if local else ""


def _scope_key(services: Services, turn: Turn, scope: str) -> str:
    place = turn.incoming.place
    if scope == "server" and not place.server_key:
        raise UserError("There is no server here. Use this command in the server.")
    role = text_option(turn, "role")
    if scope == "role" and not role:
        raise UserError("Say which role: choose one with the option `role`, in its server.")
    return {
        "role": f"role:{role}",
        "bot": "bot",
        "user": _person_key(services, turn),
        "server": place.server_key,
        "channel": services.caps.channel(place),
        "servers": "server:*",
        "channels": "channel:*",
    }[scope]


def _person_key(services: Services, turn: Turn) -> str:
    """One person by id, mention or reply; else each of them."""
    named, quoted = text_option(turn, "person"), turn.incoming.quoted
    if not named:
        if quoted is None or quoted.author.is_bot:
            return "user:*"
        return f"user:{services.hasher.person(quoted.author)}"
    found = re.fullmatch(r"<@!?(\d+)>|(?:([a-z]+):)?(\d+)", named)
    if found is None:
        raise UserError("Say who with an id or a mention, or reply to them.")
    person = Person(found[2] or turn.incoming.place.platform, found[1] or found[3])
    return f"user:{services.hasher.person(person)}"


async def cap_bars(services: Services, turn: Turn) -> str:
    """The caps that hold for the asker here, how far each is used, and when it resets."""
    applying = list(services.caps.applying(turn.incoming.place, turn.person))
    free = f"\n\n{FREE}" if services.caps.is_free(turn.person) else ""
    if not applying:
        return f"No caps hold here.{free}"
    keys = [
        counter_key(scope, c.medium, c.unit, c.period, period_at(c.period, turn.now).name)
        for scope, c in applying
    ]
    used = {state.counter: state.used for state in await services.store.money.counters(keys)}
    lines = [_bar(turn, cap, used.get(key, 0)) for (_, cap), key in zip(applying, keys, strict=True)]
    return "**Caps that hold here**\n\n" + "\n".join(lines) + free


def _bar(turn: Turn, cap: Cap, used: int) -> str:
    filled = min(10, round(10 * used / cap.limit)) if cap.limit else 10
    shown = amount_words(cap.unit, used)
    ends = reset_words(period_at(cap.period, turn.now).end, turn.now, turn.settings.text("timezone"))
    words = describe_cap(cap, turn.answer.capabilities.role_style)
    return f"- {'▰' * filled}{'▱' * (10 - filled)} {shown} of {words}; resets at {ends}"


def parse_amount(text: str) -> tuple[CapUnit, int]:
    """`$1.50` as micro-USD, `20` as a count."""
    money = text.startswith("$") or text.lower().endswith("usd")
    digits = text.lower().removeprefix("$").removesuffix("usd").strip()
    try:
        number = Decimal(digits)
    except InvalidOperation:
        number = Decimal(-1)
    if not number.is_finite() or number < 0 or number > 1_000_000 or (not money and number % 1):
        raise UserError("Write the amount as `$5` for money or as `20` for a number of calls.")
    return (CapUnit.MONEY, int(number * 1_000_000)) if money else (CapUnit.COUNT, int(number))


def parse_money(text: str) -> int:
    """`$1.50`, `1.5` or `-$3` as micro-USD."""
    plain = text.replace("−", "-").replace(" ", "")
    negative, digits = "-" in plain, plain.replace("-", "", 1)
    if not digits.startswith("$") and not digits.lower().endswith("usd"):
        digits = f"${digits}"
    try:
        _, micro = parse_amount(digits)
    except UserError:
        raise UserError("Write the amount as `$5` or `$0.50`.") from None
    return -micro if negative else micro


def describe_cap(cap: Cap, role_style: str = "{id}") -> str:
    """A cap in words; `role_style` is how the platform shows a role."""
    kind, _, rest = cap.scope.partition(":")
    role = role_style.format(id=rest.rpartition(":")[2])
    whose = {
        "bot": "the whole bot",
        "server": "a server",
        "channel": "a channel",
        "user": "a person",
        "role": f"each person with the role {role}",
    }[kind]
    if kind == "user" and rest != "*":
        whose = f"one person ({rest[:6]})"
    if rest == "*":
        whose = whose.replace("a ", "each ")
    what = dollars(cap.limit) if cap.unit is CapUnit.MONEY else f"{cap.limit} calls"
    medium = "" if cap.medium == ALL_MEDIA else f" of {cap.medium}"
    return f"{what}{medium} a {cap.period.value} for {whose}"
