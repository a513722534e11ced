"""/settings, /usage, /caps: how the bot behaves here, what it costs, and what it may cost."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation

from bot.commands.services import Services, text_option
from bot.declarations import Choice, Command, Medium, Option, OptionKind, Permission, Scope, Setting
from bot.engine.caps import dollars, period_at
from bot.engine.models import check_adult, check_dear
from bot.engine.registry import Bound
from bot.engine.settings import Resolved, find_setting, scope_keys
from bot.engine.turn import Turn
from bot.engine.zones import find_zone
from bot.errors import UserError
from bot.records import ALL_MEDIA, Cap, CapPeriod, CapUnit, UsageRow, counter_key
from bot.venice.catalogue import Wanted

SETTINGS = Command(
    "settings",
    "Show how I behave here and where each value comes from, or change one.",
    (
        Option("name", "Setting to show or change.", completer="setting"),
        Option("value", "New value; “default” takes it back.", completer="setting.value", rest=True),
        Option(
            "where",
            "For whom: this channel if left out.",
            choices=(
                Choice("channel", "this channel"),
                Choice("thread", "this thread"),
                Choice("server", "this server"),
                Choice("user", "only me"),
                Choice("bot", "everywhere"),
            ),
        ),
    ),
    private_reply=True,
)
USAGE = Command("usage", "Show what was spent and what the caps leave.", private_reply=True)
CAPS = Command(
    "caps",
    "Show or set spending limits.",
    (
        Option(
            "scope",
            "Whose limit.",
            choices=(
                Choice("bot", "the whole bot"),
                Choice("server", "this server"),
                Choice("channel", "this channel"),
                Choice("user", "each person"),
            ),
        ),
        Option("amount", "$5 for money, 20 for a number of calls, “none” to remove it."),
        Option(
            "period", "Per day or per month.", choices=(Choice("day", "a day"), Choice("month", "a month"))
        ),
        Option(
            "medium",
            "For everything if left out.",
            choices=(Choice(ALL_MEDIA, "everything"), *(Choice(m.value, m.value) for m in Medium)),
        ),
    ),
    permission=Permission.OWNER,
    private_reply=True,
)
_MODELS: dict[str, Wanted] = {
    "model": "text",
    "image_model": "image",
    "edit_model": "edit",
    "voice_model": "tts",
    "gate_model": "text",
}


def bound(services: Services) -> list[Bound]:
    """The commands of this group."""

    async def settings(turn: Turn) -> None:
        await _settings(services, turn)

    async def usage(turn: Turn) -> None:
        turn.say(await _usage(services, turn))

    async def caps(turn: Turn) -> None:
        await _caps(services, turn)

    return [Bound(SETTINGS, settings), Bound(USAGE, usage), Bound(CAPS, caps)]


# --- settings ---


async def _settings(services: Services, turn: Turn) -> None:
    name, value = text_option(turn, "name"), text_option(turn, "value")
    if not name and value:
        name, _, value = value.partition(" ")  # typed as one line: /settings voice af_sky
    if not name:
        turn.say(_table(turn))
        return
    setting = find_setting(name)
    if not value:
        await _explain(services, turn, setting)
        return
    await _change(services, turn, setting, value, text_option(turn, "where") or "channel")


def _table(turn: Turn) -> str:
    lines = [f"- **{s.name}**: {_shown(r)} {_origin(r)}" for s, r in turn.settings.items()]
    return "\n".join(lines) + "\n\nChange one with `/settings NAME VALUE`, for yourself with `where:user`."


async def _explain(services: Services, turn: Turn, setting: Setting) -> None:
    """One setting in words, with a button for each value it can have."""
    now = turn.settings[setting.name]
    values = [choice.value for choice in setting.choices]
    if setting.kind is OptionKind.BOOLEAN:
        values = ["on", "off"]
    buttons = await services.command_buttons(
        turn, [(value, SETTINGS.name, {"name": setting.name, "value": value}) for value in values]
    )
    turn.notice(f"**{setting.name}**: {_shown(now)} {_origin(now)}\n\n{setting.description}", buttons=buttons)


def _shown(now: Resolved) -> str:
    text = now.text if len(now.text) <= 60 else now.text[:57] + "…"
    return f"`{text}`" if text else "*not set*"


def _origin(now: Resolved) -> str:
    return f"(from {now.origin.value})" if now.origin is not None else "(default)"


async def _change(services: Services, turn: Turn, setting: Setting, value: str, where: str) -> None:
    scope = Scope(where)
    if scope not in setting.scopes:
        raise UserError(f"`{setting.name}` cannot be set for a single person.")
    keys = scope_keys(turn.incoming.place, turn.incoming.author)
    if scope not in keys:
        raise UserError(f"There is no {scope.value} here to set `{setting.name}` for.")
    _require(turn, scope)
    if value.lower() in ("default", "clear", "inherit"):
        await services.settings.clear(keys[scope], setting.name)
        turn.say(f"`{setting.name}` for the {scope.value} is taken back.")
        return
    value = await _checked(services, turn, setting, value)
    stored = await services.settings.put(keys[scope], setting.name, value, by=turn.person, at=turn.now)
    news = await _speaks_now(services, turn, setting, value)
    turn.say(f"`{setting.name}` is now `{stored}` for the {scope.value}.{news}")


async def _speaks_now(services: Services, turn: Turn, setting: Setting, value: str) -> str:
    """A voice belongs to its model: who speaks after the model was changed, where that is news."""
    voice = turn.settings.text("voice")
    if setting.name != "voice_model" or not voice:
        return ""
    choice = await services.speaker.choose(turn, model=value)
    return f" It has no voice `{voice}`, so `{choice.voice}` speaks." if choice.voice != voice else ""


def _require(turn: Turn, scope: Scope) -> None:
    if scope is Scope.BOT:
        turn.require_owner()
    elif scope is not Scope.USER:
        turn.require_moderator()


async def _checked(services: Services, turn: Turn, setting: Setting, value: str) -> str:
    """Model names must exist, be affordable and fit the place; a voice must belong to some model; a time
    zone goes by its full name."""
    wanted = _MODELS.get(setting.name)
    if wanted is not None:
        model = await services.models.pick(wanted, value, owner=turn.owner)
        check_dear(model, owner=turn.owner)
        check_adult(model, turn)
        return model.id
    if setting.name == "timezone":
        return find_zone(value)
    if setting.name == "voice":
        return (await services.speaker.choose(turn, voice=value)).voice
    if setting.name == "character":
        found = await services.client.character(value)
        if found.adult and not turn.incoming.adult_allowed:
            raise UserError(f"{found.name} is for adults, and this place is not marked for that.")
        return found.slug
    return value


# --- usage ---


async def _usage(services: Services, turn: Turn) -> str:
    day, month = (period_at(period, turn.now).start for period in (CapPeriod.DAY, CapPeriod.MONTH))
    place = turn.incoming.place
    money = services.store.money
    sections = [
        _spent("You today", await money.usage(since=day, person=turn.person)),
        _spent("You this month", await money.usage(since=month, person=turn.person)),
    ]
    if turn.moderator and not place.direct:
        sections.append(_spent("This channel today", await money.usage(since=day, channel=place.channel_key)))
    if turn.owner:
        sections.append(_spent("The whole bot today", await money.usage(since=day)))
        sections.append(_spent("The whole bot this month", await money.usage(since=month)))
    return "\n\n".join([*sections, await _bars(services, turn)])


def _spent(title: str, rows: list[UsageRow]) -> str:
    total = sum(row.cost for row in rows)
    if not rows:
        return f"**{title}**: nothing yet."
    media = {row.medium: 0 for row in rows}
    for row in rows:
        media[row.medium] += row.calls
    calls = ", ".join(f"{count} × {medium}" for medium, count in media.items())
    dearest = max(rows, key=lambda row: row.cost)
    return f"**{title}**: {dollars(total)} ({calls}; most on `{dearest.model}`)"


async def _bars(services: Services, turn: Turn) -> str:
    applying = list(services.caps.applying(turn.incoming.place, turn.person))
    if not applying:
        return "No caps hold here."
    keys = [
        counter_key(scope, c.medium, c.unit, c.period, period_at(c.period, turn.now).name)
        for scope, c in applying
    ]
    used = {state.counter: state.used for state in await services.store.money.counters(keys)}
    lines = [_bar(cap, used.get(key, 0)) for (_, cap), key in zip(applying, keys, strict=True)]
    return "**Caps that hold here**\n\n" + "\n".join(lines)


def _bar(cap: Cap, used: int) -> str:
    filled = min(10, round(10 * used / cap.limit)) if cap.limit else 10
    shown = dollars(used) if cap.unit is CapUnit.MONEY else str(used)
    return f"- {'▰' * filled}{'▱' * (10 - filled)} {shown} of {describe_cap(cap)}"


# --- caps ---


async def _caps(services: Services, turn: Turn) -> None:
    scope, amount = text_option(turn, "scope"), text_option(turn, "amount")
    if not scope or not amount:
        caps = services.caps.all()
        lines = [f"- {describe_cap(cap)}" for cap in caps] or ["- none: nothing limits what this bot spends"]
        turn.say("\n".join(["**Caps**\n", *lines]) + "\n\nSet one: `/caps scope:user amount:$1 period:day`.")
        return
    period = CapPeriod(text_option(turn, "period") or CapPeriod.DAY.value)
    medium = text_option(turn, "medium") or ALL_MEDIA
    key = _scope_key(turn, scope)
    if amount.lower() in ("none", "off", "remove"):
        removed = [await services.caps.clear(key, medium, unit, period) for unit in CapUnit]
        turn.say("That cap is removed." if any(removed) else "There was no such cap.")
        return
    unit, limit = parse_amount(amount)
    cap = Cap(key, medium, unit, period, limit)
    await services.caps.put(cap, turn.now)
    turn.say(f"Set: {describe_cap(cap)}. What was spent earlier in the period counts.")


def _scope_key(turn: Turn, scope: str) -> str:
    place = turn.incoming.place
    if scope == "server" and not place.server_key:
        raise UserError("There is no server here. Use this command in the server.")
    return {
        "bot": "bot",
        "user": "user:*",
        "server": place.server_key,
        "channel": place.channel_key,
    }[scope]


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


def describe_cap(cap: Cap) -> str:
    """A cap in words."""
    kind, _, rest = cap.scope.partition(":")
    whose = {"bot": "the whole bot", "server": "a server", "channel": "a channel", "user": "a person"}[kind]
    if rest == "*":
        whose = whose.replace("a ", "each ")
    what = dollars(cap.limit) if cap.unit is CapUnit.MONEY else f"{cap.limit} calls"
    medium = "" if cap.medium == ALL_MEDIA else f" of {cap.medium}"
    return f"{what}{medium} a {cap.period.value} for {whose}"
