"""Roles: whose they are, in what order, and as an option of a command."""

from __future__ import annotations

from bot.declarations import Command, Option, OptionKind
from bot.messages import CommandUse
from tests.integration.discord.conftest import House

ALLOWANCE = Command("allowance", "For a role.", (Option("role", "Which one.", OptionKind.ROLE),))


async def test_roles_come_with_messages_and_commands_the_highest_first(house: House) -> None:
    low, high, other = (house.dc.role(house.guild, name) for name in ("low", "high", "other"))
    bob = house.dc.user("bob")
    house.dc.member(house.guild, bob, roles=[low, high])
    house.front.commands = [ALLOWANCE]
    async with house.running():
        house.dc.say(house.channel, bob, "hello", mention_bot=True)
        await house.events()
        house.dc.slash(house.channel, bob, "allowance", {"role": other})
        await house.events(2)
    said, used = house.front.events
    assert said.roles == used.roles == (f"discord:{high.id}", f"discord:{low.id}")
    assert used.command == CommandUse("allowance", {"role": f"discord:{other.id}"})


async def test_a_private_chat_has_no_roles(house: House) -> None:
    async with house.running():
        house.dc.say(house.dc.dm(house.ann), house.ann, "hello")
        await house.events()
    assert house.front.events[0].roles == ()
