"""Every command, declared once for all doors: one file per group, each with its handlers beside it."""

from __future__ import annotations

import json
from dataclasses import replace

from bot.commands import (
    account,
    answers,
    auditlog,
    catchup,
    chats,
    cloning,
    crediting,
    dashboard,
    doors,
    guide,
    house,
    keys,
    limits,
    making,
    media,
    memory,
    models,
    offrecord,
    people,
    permits,
    privacy,
    reading,
    reminding,
    sound,
    spending,
    talk,
    workbench,
)
from bot.commands.completion import Completer
from bot.commands.services import RUN, Services
from bot.declarations import Command
from bot.engine.flow.amends import amends_actions
from bot.engine.turns.registry import ActionHandler, Bound, Registry, check_permission
from bot.engine.turns.turn import Turn
from bot.errors import UserError
from bot.messages import Addressed, CommandUse
from bot.records import StoredButton

__all__ = ["Services", "build_registry"]


def build_registry(services: Services) -> Registry:
    """Commands in menu order, the button actions, and the completer."""
    commands: list[Bound] = [
        *talk.bound(services),
        *offrecord.bound(services),
        *models.bound(services),
        *media.bound(services),
        *workbench.bound(services),
        *sound.bound(services),
        *cloning.bound(services),
        *making.bound(services),
        *house.bound(services),
        *limits.bound(services),
        *spending.bound(services),
        *crediting.bound(services),
        *account.bound(services),
        *keys.bound(services),
        *doors.bound(services),
        *dashboard.bound(services),
        *auditlog.bound(services),
        *privacy.bound(services),
        *people.bound(services),
        *answers.bound(services),
        *chats.bound(services),
        *memory.bound(services),
        *reading.bound(services),
        *catchup.bound(services),
        *reminding.bound(services),
    ]

    def declared() -> list[Command]:
        return [bound.command for bound in commands]

    commands += guide.bound(declared)
    by_name: dict[str, Bound] = {}
    commands += permits.bound(services, by_name)
    by_name |= {bound.command.name: bound for bound in commands}
    actions = {
        RUN: _run_action(by_name),
        **amends_actions(services.talker.talk, by_name),
        **answers.actions(services),
        **chats.actions(services),
        **reminding.actions(services),
        **doors.actions(services),
        **house.actions(services),
        **making.actions(services),
        **workbench.actions(services, by_name),
        **memory.actions(services),
        **cloning.actions(services),
        **people.actions(services),
        **crediting.actions(services),
    }
    behind = {**doors.BEHIND, **answers.BEHIND, **workbench.BEHIND, **cloning.BEHIND}
    return Registry(commands, actions, Completer(services, declared()), answers.ORDERED, behind)


def _run_action(commands: dict[str, Bound]) -> ActionHandler:
    async def run(turn: Turn, stored: StoredButton) -> None:
        payload = json.loads(stored.payload)
        bound = commands.get(payload["command"])
        if bound is None:
            raise UserError("This button's command no longer exists.")
        use = CommandUse(bound.command.name, payload["options"])
        turn.incoming = replace(turn.incoming, addressed=Addressed.COMMAND, command=use)
        check_permission(turn, bound.command)
        await bound.handler(turn)

    return run
