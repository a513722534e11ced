"""Two accounts become one person, or stand alone again; money's books stay right."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqlalchemy import Column, RowMapping, bindparam, delete, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.people import Link
from bot.records import Cap, CapPeriod, CapUnit, period_start
from storage.caps import caps_changed, settled
from storage.moving import move_counters, move_reservations, move_unique, rename
from storage.rows import Params, changed, execute_many, fetch, fetch_many, replacing, upsert
from storage.settling import held_of
from storage.tables import (
    CleanText,
    access_rules,
    buttons,
    caps,
    counters,
    credit_accounts,
    credit_movements,
    facts,
    kept_files,
    ledger,
    links,
    orders,
    own_voices,
    pairings,
    reminders,
    reservations,
    server_rules,
    settings,
    sign_ins,
    turns,
)

OF_PERSON: tuple[Column[str], ...] = (
    ledger.c.person,
    reservations.c.person,
    facts.c.said_by,
    reminders.c.person,
    orders.c.person,
    kept_files.c.person,
    buttons.c.person,
    turns.c.person,
    own_voices.c.person,
    credit_movements.c.person,
    credit_movements.c.other,
    pairings.c.person,
    sign_ins.c.person,
)
"""Where a person stands by their hash, and goes along when two become one."""
EVERYBODY = "user:*"

_PUT_LINK = replacing(links, "person")
_REPOINT = (
    update(links)
    .where(links.c.canonical == bindparam("old"))
    .values(canonical=bindparam("new", type_=CleanText))
)
_CUT = delete(links).where(links.c.canonical == bindparam("old"))
_CAPS = select(caps).where(caps.c.scope.in_(bindparam("scopes", expanding=True)))
_PUT_CAP = replacing(caps, "scope", "medium", "unit", "period")
_DROP_CAPS = delete(caps).where(caps.c.scope == bindparam("old"))
_COUNTED = select(counters).where(
    counters.c.counter >= bindparam("first"), counters.c.counter < bindparam("beyond")
)
_HELD = select(reservations.c.lines)
_SET_COUNTER = (
    update(counters)
    .where(counters.c.counter == bindparam("key", type_=CleanText))
    .values(used=bindparam("right"))
)
_copy = upsert(counters)
_COPY = _copy.on_conflict_do_update(
    index_elements=[counters.c.counter],
    set_={"used": _copy.excluded.used},
    where=counters.c.used < _copy.excluded.used,
).returning(counters.c.counter)
_COPY_CAP = upsert(caps).on_conflict_do_nothing().returning(caps.c.scope)
_TAKE_ACCOUNT = (
    delete(credit_accounts)
    .where(credit_accounts.c.person == bindparam("old", type_=CleanText))
    .returning(credit_accounts.c.balance, credit_accounts.c.held)
)
_into = upsert(credit_accounts)
_ADD_TO_ACCOUNT = _into.on_conflict_do_update(
    index_elements=[credit_accounts.c.person],
    set_={
        "balance": credit_accounts.c.balance + _into.excluded.balance,
        "held": credit_accounts.c.held + _into.excluded.held,
    },
).returning(credit_accounts.c.person)
_SERVER_RULES = select(server_rules).where(server_rules.c.subject.in_(bindparam("subjects", expanding=True)))
_PUT_SERVER_RULE = replacing(server_rules, "server", "subject")
_RULES = select(access_rules).where(access_rules.c.subject.in_(bindparam("subjects", expanding=True)))
_PUT_RULE = replacing(access_rules, "subject")


async def join(connection: AsyncConnection, first: Link, second: Link) -> None:
    """The second's person is the first's from now on. Reservations before counters, as everywhere."""
    old, new = second.canonical, first.canonical

    def scope(key: str) -> str:
        kind, _, rest = key.partition(":")
        named, bar, more = rest.partition("|")
        return f"{kind}:{new}{bar}{more}" if (kind, named) == ("user", old) else key

    def person(key: str) -> str:
        return new if key == old else key

    mine, theirs = await _used(connection, new), await _used(connection, old)
    await move_reservations(connection, scope)
    await move_counters(connection, scope)
    await _credits(connection, old, new)
    for column in OF_PERSON:
        await rename(connection, column, person)
    await _counted_once(connection, f"user:{new}", mine, theirs)
    await rename(connection, facts.c.shelf, scope)
    await _stricter(connection, old, new)
    await _rules(connection, [f"person:{new}", f"person:{old}"])
    await _server_rules(connection, [f"person:{new}", f"person:{old}"])
    await _settings(connection, first, second)
    await connection.execute(_REPOINT, {"old": old, "new": new})
    await fetch_many(
        connection,
        _PUT_LINK,
        [
            {"person": one.person, "canonical": new, "speaker": one.speaker}
            for one in sorted((first, second), key=lambda one: one.person)
        ],
    )


async def _used(connection: AsyncConnection, person: str) -> dict[str, int]:
    """Somebody's counters, by what follows the scope in their keys."""
    scope = f"user:{person}"
    rows = await fetch(connection, _COUNTED, {"first": f"{scope}|", "beyond": f"{scope}}}"})
    return {row["counter"].removeprefix(scope): row["used"] for row in rows}


async def _counted_once(
    connection: AsyncConnection, scope: str, mine: Mapping[str, int], theirs: Mapping[str, int]
) -> None:
    """Two who were linked before in a period have counters that share what was used then (`separate`): of
    their sum counts no more than what books and reservations say, and no less than the greater one."""
    both = {f"{scope}{rest}": rest for rest in mine if rest in theirs}
    if not both:
        return
    held = held_of(await fetch(connection, _HELD), both)
    rows: list[Params] = []
    for key, rest in sorted(both.items()):
        _, medium, unit, period, name = key.split("|")
        cap = Cap(scope, medium, CapUnit(unit), CapPeriod(period), 0)
        since = period_start(cap.period, name).timestamp()
        spent = (await settled(connection, cap, since))[scope] + held[key]
        one, other = mine[rest], theirs[rest]
        rows.append({"key": key, "right": min(one + other, max(one, other, spent))})
    await execute_many(connection, _SET_COUNTER, rows)


async def _stricter(connection: AsyncConnection, old: str, new: str) -> None:
    """Of the caps that held for the two, the lower one of each kind; where only one has a cap of their own,
    what holds for everybody counts for the other."""
    mine, theirs = f"user:{new}", f"user:{old}"
    rows = await fetch(connection, _CAPS, {"scopes": [mine, theirs, EVERYBODY]})
    kinds = {(row["medium"], row["unit"], row["period"]) for row in rows if row["scope"] != EVERYBODY}
    kept: list[Params] = []
    for kind in sorted(kinds):
        found = {row["scope"]: row for row in rows if (row["medium"], row["unit"], row["period"]) == kind}
        held = [found.get(scope) or found.get(EVERYBODY) for scope in (mine, theirs)]
        least = min((row for row in held if row is not None), key=lambda row: row["ceiling"])
        kept.append({**least, "scope": mine})
    await caps_changed(connection)
    await connection.execute(_DROP_CAPS, {"old": theirs})
    await fetch_many(connection, _PUT_CAP, kept)


async def _rules(connection: AsyncConnection, subjects: Sequence[str]) -> None:
    """A block of either holds for both; else whoever let one in has let in the other."""
    found = await fetch(connection, _RULES, {"subjects": list(subjects)})
    if found:
        rule = min(found, key=lambda row: bool(row["allowed"]))
        rows: list[Params] = [{**rule, "subject": subject} for subject in sorted(subjects)]
        await fetch_many(connection, _PUT_RULE, rows)


async def _server_rules(
    connection: AsyncConnection, subjects: Sequence[str], *, blocks_only: bool = False
) -> None:
    """The same in each server that has a rule on one of them, or, with `blocks_only`, blocks one."""
    found = await fetch(connection, _SERVER_RULES, {"subjects": list(subjects)})
    rows: list[Params] = []
    for server in sorted({row["server"] for row in found}):
        here = [row for row in found if row["server"] == server]
        rule = min(here, key=lambda row: bool(row["allowed"]))
        if blocks_only and rule["allowed"]:
            continue
        rows += [{**rule, "subject": subject} for subject in sorted(subjects)]
    await fetch_many(connection, _PUT_SERVER_RULE, rows)


async def _credits(connection: AsyncConnection, old: str, new: str) -> None:
    """One account with what both had; what is held stays held."""
    found = await fetch(connection, _TAKE_ACCOUNT, {"old": old})
    await fetch_many(connection, _ADD_TO_ACCOUNT, [{"person": new, **row} for row in found])


async def _settings(connection: AsyncConnection, first: Link, second: Link) -> None:
    old, new = f"user:{second.speaker}", f"user:{first.speaker}"
    await move_unique(connection, settings, "scope", lambda key: new if key == old else key)


async def separate(connection: AsyncConnection, canonical: str, members: Sequence[str]) -> None:
    """Every account by itself again. What was used so far counts for each, and caps and blocks, too: nobody
    gets anything by linking and unlinking."""
    others = sorted({one for one in members if one != canonical})
    first = f"user:{canonical}"
    used = await fetch(connection, _COUNTED, {"first": f"{first}|", "beyond": f"{first}}}"})
    caps_of = await fetch(connection, _CAPS, {"scopes": [first]})
    copies = [_renamed(row, "counter", first, f"user:{one}") for one in others for row in used]
    await fetch_many(connection, _COPY, sorted(copies, key=lambda row: str(row["counter"])))
    await fetch_many(
        connection,
        _COPY_CAP,
        [_renamed(row, "scope", first, f"user:{one}") for one in others for row in caps_of],
    )
    await caps_changed(connection)
    subjects = [f"person:{one}" for one in sorted({canonical, *others})]
    rules = await fetch(connection, _RULES, {"subjects": subjects})
    if any(not row["allowed"] for row in rules):
        await _rules(connection, subjects)
    await _server_rules(connection, subjects, blocks_only=True)
    await changed(connection, _CUT, {"old": canonical})


def _renamed(row: RowMapping, name: str, old: str, new: str) -> Params:
    return {**row, name: f"{new}{row[name].removeprefix(old)}"}
