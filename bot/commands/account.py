"""/account: what is left of the Venice account, what it may do, and what was spent by model."""

from __future__ import annotations

from datetime import datetime

from bot.commands.account_history import breaches, history
from bot.commands.services import Services, among_ourselves, number_option, text_option
from bot.declarations import Choice, Command, Option, OptionKind, Permission
from bot.engine.account.book import Look
from bot.engine.account.reconciler import day_words, details
from bot.engine.money.caps import dollars, period_at
from bot.engine.turns.registry import Bound
from bot.engine.turns.turn import Turn
from bot.errors import UserError
from bot.reconciling import Outcome, Reconciliation
from bot.records import CapPeriod, UsageRow
from bot.venice import ModelLimits, Spent

ACCOUNT = Command(
    "account",
    "Show the Venice account: balance, limits, and what was spent by model.",
    (
        Option(
            "show",
            "What of it; how it stands now if left out.",
            choices=(
                Choice("now", "how it stands now"),
                Choice("history", "what was spent by day and model"),
                Choice("refused", "calls that ran into a limit"),
            ),
        ),
        Option(
            "days",
            "For the history: how many days, 7 if left out.",
            OptionKind.INTEGER,
            minimum=1,
            maximum=31,
        ),
    ),
    permission=Permission.OWNER,
    private_reply=True,
)
_MOST_MODELS = 12
_USUAL_DAYS = 7


def bound(services: Services) -> list[Bound]:
    """The commands of this group."""

    async def account(turn: Turn) -> None:
        await _account(services, turn)

    return [Bound(ACCOUNT, account)]


async def _account(services: Services, turn: Turn) -> None:
    if not among_ourselves(turn):
        raise UserError("The account is nobody else's business here. Ask me in a direct chat: `/account`.")
    wanted = text_option(turn, "show") or "now"
    if wanted == "history":
        days = int(number_option(turn, "days") or _USUAL_DAYS)
        turn.say(history(await services.account.history(days), days))
        return
    if wanted == "refused":
        turn.say(breaches(await services.account.breaches()))
        return
    look = await services.account.look()
    day, month = (period_at(period, turn.now).start for period in (CapPeriod.DAY, CapPeriod.MONTH))
    today = await services.store.money.usage(since=day, house=True)
    this_month = await services.store.money.usage(since=month, house=True)
    foreign = _sum(await services.store.money.usage(since=day)) - _sum(today)
    sections = [
        _balance(look, turn.now),
        await _limits(services, turn, look, today),
        _spent("Spent today", today, look.today.by_model if look.today else None),
        _spent("Spent this month", this_month, look.month.by_model if look.month else None),
    ]
    sections += [_reconciled(one) for one in await services.store.reconciliations.recent(1)]
    if foreign:
        sections.append(f"Paid with servers' own keys today, and not in the sums above: {dollars(foreign)}.")
    turn.say("\n\n".join([*sections, look.missing]).strip())


def _reconciled(found: Reconciliation) -> str:
    lines = details(found) if found.outcome is Outcome.DIFFERS else []
    return "\n".join(["**Reconciled**", "", f"- {day_words(found)}", *lines])


def _balance(look: Look, now: float) -> str:
    limits, balance = look.limits, look.balance
    lines = [f"- Left: {_left(look)}"]
    if balance is not None and balance.diem_allocation:
        lines.append(f"- DIEM a day: {balance.diem_allocation / 1e6:g}")
    if reset := _moment(limits.next_epoch):
        hours = max(0.0, (reset.timestamp() - now) / 3600)
        lines.append(f"- The day of the account ends at {reset:%H:%M UTC} (in {hours:.0f} h)")
    if not limits.access_permitted:
        lines.append("- **Venice takes no paid calls from this key at present.**")
    if limits.key_expires:
        lines.append(f"- The key ends on {limits.key_expires[:10]}")
    tier = f" (tier {limits.tier})" if limits.tier else ""
    return f"**Venice account**{tier}\n\n" + "\n".join(lines)


def _left(look: Look) -> str:
    """What the account has where that may be read, else what is left to the key."""
    if look.balance is not None:
        amounts = {"USD": look.balance.usd, "DIEM": look.balance.diem, "credits": look.balance.bundled}
        known = {name: amount for name, amount in amounts.items() if amount is not None}
        return ", ".join(_amount(name, amount) for name, amount in known.items()) or "nothing"
    given = {"USD": look.limits.balance_usd, "DIEM": look.limits.balance_diem}
    left = {name: round(float(amount) * 1_000_000) for name, amount in given.items() if amount is not None}
    shown = ", ".join(_amount(name, amount) for name, amount in left.items())
    return f"{shown} (of what this key may spend)" if shown else "Venice does not say"


def _amount(name: str, micro: int) -> str:
    return dollars(micro) if name == "USD" else f"{micro / 1e6:g} {name}"


def _moment(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(text.replace("Z", "+00:00"))
    except ValueError:
        return None


async def _limits(services: Services, turn: Turn, look: Look, today: list[UsageRow]) -> str:
    """Of the models in use: those called today, and the one that answers here."""
    answering = await services.models.pick("text", turn.settings.text("model"), owner=True)
    names = dict.fromkeys([answering.id, *(row.model for row in today)])
    lines = [
        f"- `{name}`: {_limit(look.limits.models[name])}" for name in names if name in look.limits.models
    ]
    return "**Venice's limits for the models in use**\n\n" + "\n".join(
        lines[:_MOST_MODELS] or ["- none known"]
    )


def _limit(limits: ModelLimits) -> str:
    counted = (
        (limits.requests_per_minute, "calls a minute"),
        (limits.requests_per_day, "calls a day"),
        (limits.tokens_per_minute, "tokens a minute"),
    )
    return ", ".join(f"{amount:,} {what}" for amount, what in counted if amount is not None) or "none"


def _spent(title: str, ours: list[UsageRow], theirs: tuple[Spent, ...] | None) -> str:
    """By model: what our ledger says and, where the key may read it, what Venice says."""
    here: dict[str, int] = {}
    for row in ours:
        here[row.model] = here.get(row.model, 0) + row.cost
    there = {one.name: one.usd + one.diem for one in theirs or ()}
    total = f"{dollars(sum(here.values()))}"
    if theirs is not None:
        total += f"; Venice says {dollars(sum(there.values()))} for the whole account, up to ten minutes late"
    names = sorted({*here, *there}, key=lambda name: -max(here.get(name, 0), there.get(name, 0)))
    lines = [_spent_line(name, here.get(name, 0), there.get(name), theirs is not None) for name in names]
    more = [f"- and {len(lines) - _MOST_MODELS} more"] if len(lines) > _MOST_MODELS else []
    return "\n".join([f"**{title}**: {total}", "", *lines[:_MOST_MODELS], *more]).strip()


def _spent_line(name: str, ours: int, theirs: int | None, known: bool) -> str:
    beside = f", Venice {dollars(theirs or 0)}" if known else ""
    return f"- `{name}`: {dollars(ours)}{beside}"


def _sum(rows: list[UsageRow]) -> int:
    return sum(row.cost for row in rows)
