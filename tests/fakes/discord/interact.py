"""People using commands, buttons, selects and forms."""

from collections.abc import Mapping, Sequence
from typing import Any

from tests.fakes.discord.actions import Actions, FileSpec
from tests.fakes.discord.checks import FILE_LIMIT, walk
from tests.fakes.discord.options import build_options, find_command, resolved_message
from tests.fakes.discord.payloads import (
    channel_json,
    gateway_message_json,
    member_json,
    owners_json,
    user_json,
)
from tests.fakes.discord.state import (
    Channel,
    Interaction,
    JsonObject,
    Message,
    User,
    new_id,
    new_token,
)


class Interacting(Actions):
    def slash(
        self,
        channel: Channel,
        user: User,
        name: str,
        options: Mapping[str, object] | None = None,
        *,
        attachments: Mapping[str, FileSpec] | None = None,
        user_install: bool = False,
    ) -> Interaction:
        """A person runs a command the bot has registered.

        `name` may carry subcommands ("settings model"); `options` may nest them instead. Values are
        plain, or User, Channel, Role; `attachments` maps an option to (filename, bytes, mime).
        Raises LookupError or ValueError where the real client would not let the person send it.
        """
        command, path = find_command(self.world, channel, name)
        self._check_context(command, channel)
        files = {key: self._upload(channel, spec) for key, spec in (attachments or {}).items()}
        values = {**(options or {}), **files}
        data = _command_data(command) | build_options(self.world, channel, command, path, values)
        return self._interact(2, channel, user, data, user_install=user_install)

    async def autocomplete(
        self,
        channel: Channel,
        user: User,
        name: str,
        option: str,
        value: str,
        *,
        others: Mapping[str, object] | None = None,
        timeout: float = 3.0,
    ) -> list[JsonObject]:
        """Type into an option and return the choices ({"name", "value"}) the bot answered.

        `others` are options filled in before. Raises TimeoutError where the bot does not answer.
        """
        command, path = find_command(self.world, channel, name)
        values: dict[str, object] = {**(others or {}), option: value}
        built = build_options(self.world, channel, command, path, values, focused=option)
        interaction = self._interact(4, channel, user, _command_data(command) | built)
        await self.wait_for(lambda: interaction.acknowledged, timeout)
        return interaction.choices or []

    def context_menu(
        self, channel: Channel, user: User, name: str, target: Message | User, *, user_install: bool = False
    ) -> Interaction:
        """A person picks a message or user command; its target's content comes without the intent."""
        kind = 3 if isinstance(target, Message) else 2
        command, _ = find_command(self.world, channel, name, kind)
        if isinstance(target, Message):
            resolved: JsonObject = resolved_message(self.world, target)
        else:
            resolved = {"users": {str(target.id): user_json(target)}}
        data = _command_data(command) | {"target_id": str(target.id), "resolved": resolved}
        return self._interact(2, channel, user, data, user_install=user_install)

    def press(
        self, message: Message, label_or_id: str, user: User, *, values: Sequence[str] | None = None
    ) -> Interaction:
        """A person presses a button or chooses in a select (`values`)."""
        component = self.find_component(message, label_or_id)
        if component.get("disabled"):
            raise ValueError(f"{label_or_id!r} is disabled")
        if message.deleted:
            raise ValueError("the message is gone")
        data: JsonObject = {"custom_id": component["custom_id"], "component_type": component["type"]}
        if values is not None:
            data["values"] = list(values)
        return self._interact(3, message.channel, user, data, message=message)

    def submit_modal(
        self, interaction: Interaction, values: Mapping[str, str], user: User | None = None
    ) -> Interaction:
        """Fill the form an interaction was answered with; keys are custom_ids or labels."""
        modal = interaction.modal
        if modal is None:
            raise LookupError("the interaction was not answered with a modal")
        data: JsonObject = {
            "custom_id": modal["custom_id"],
            "components": [_submitted(component, values) for component in modal["components"]],
        }
        return self._interact(
            5,
            interaction.channel,
            user or interaction.user,
            data,
            message=interaction.message,
            parent=interaction,
        )

    def _check_context(self, command: JsonObject, channel: Channel) -> None:
        contexts = command.get("contexts")
        if contexts and self._context(channel) not in contexts:
            raise ValueError(f"{command['name']} is not offered in this kind of place")

    def _context(self, channel: Channel) -> int:
        """0 guild, 1 DM with the bot, 2 other private channels."""
        if channel.guild is not None:
            return 0
        return 1 if channel.kind == 1 else 2

    def _interact(
        self,
        kind: int,
        channel: Channel,
        user: User,
        data: JsonObject,
        *,
        message: Message | None = None,
        parent: Interaction | None = None,
        user_install: bool = False,
    ) -> Interaction:
        if parent is not None:
            user_install = parent.user_install
        interaction = Interaction(
            new_id(), new_token(), kind, channel, user, data,
            message=message, parent=parent, user_install=user_install,
        )  # fmt: skip
        self.world.interactions[interaction.token] = interaction
        guild_id = None if channel.guild is None else channel.guild.id
        self.dispatch("INTERACTION_CREATE", self._interaction_json(interaction), guild_id)
        return interaction

    def _interaction_json(self, interaction: Interaction) -> JsonObject:
        channel = interaction.channel
        data: JsonObject = {
            "id": str(interaction.id),
            "application_id": str(self.bot.id),
            "type": interaction.kind,
            "token": interaction.token,
            "version": 1,
            "data": interaction.data,
            "channel": channel_json(channel),
            "channel_id": str(channel.id),
            "locale": "en-US",
            "entitlements": [],
            "entitlement_sku_ids": [],
            "authorizing_integration_owners": owners_json(interaction),
            "context": self._context(channel),
            "attachment_size_limit": FILE_LIMIT,
            "app_permissions": str(self.world.permissions_in(channel, self.bot)),
        }
        if interaction.message is not None:
            data["message"] = gateway_message_json(interaction.message, self.world)
        return data | self._person_json(interaction)

    def _person_json(self, interaction: Interaction) -> JsonObject:
        guild = interaction.channel.guild
        if guild is None:
            return {"user": user_json(interaction.user)}
        member = guild.members.get(interaction.user.id)
        if member is None:
            raise ValueError(f"{interaction.user.name} is not a member of {guild.name}")
        held = self.world.permissions_in(interaction.channel, interaction.user)
        return {
            "guild_id": str(guild.id),
            "guild": {"id": str(guild.id), "features": [], "locale": "en-US"},
            "guild_locale": "en-US",
            "member": member_json(member) | {"permissions": str(held)},
        }


def _command_data(command: JsonObject) -> JsonObject:
    data = {key: command[key] for key in ("id", "name", "type")}
    return data | ({"guild_id": command["guild_id"]} if "guild_id" in command else {})


def _submitted(component: JsonObject, values: Mapping[str, str]) -> JsonObject:
    """One top-level modal component as the client sends it back."""
    base: dict[str, Any] = {"type": component["type"], "id": component["id"]}
    if component["type"] == 18:
        return base | {"component": _field(component["component"], str(component.get("label")), values)}
    if component["type"] == 1:
        return base | {
            "components": [_field(item, str(item.get("label")), values) for item in component["components"]]
        }
    return base


def _field(component: JsonObject, label: str, values: Mapping[str, str]) -> JsonObject:
    given = values.get(component["custom_id"], values.get(label, component.get("value") or ""))
    if component.get("required", True) and not given:
        raise ValueError(f"{label!r} must be filled in")
    if len(given) > int(component.get("max_length") or 4000):
        raise ValueError(f"{label!r} is too long")
    base: JsonObject = {key: component[key] for key in ("type", "id", "custom_id")}
    return base | ({"value": given} if component["type"] == 4 else {"values": [given] if given else []})


def modal_fields(interaction: Interaction) -> list[JsonObject]:
    """The fields of the form an interaction was answered with."""
    modal = interaction.modal or {"components": []}
    return [component for component in walk(modal["components"]) if "custom_id" in component]
