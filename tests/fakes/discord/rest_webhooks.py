"""Webhooks: interaction followups under /webhooks/{application}/{token} and the guild's own webhooks."""

import re
import time

from tests.fakes.discord import errors
from tests.fakes.discord.compose import apply_edit, compose
from tests.fakes.discord.core import Core
from tests.fakes.discord.payloads import webhook_json
from tests.fakes.discord.rest_interactions import new_answer
from tests.fakes.discord.rest_messages import channel_of, message_reply, unarchive
from tests.fakes.discord.routing import Reply, Request, Routes
from tests.fakes.discord.state import Channel, Interaction, Message, User, Webhook, new_id, new_token

routes = Routes()
_EXECUTE = "/webhooks/{webhook_id}/{webhook_token}"
_ORIGINAL = _EXECUTE + "/messages/@original"
_MESSAGE = _EXECUTE + "/messages/{message_id}"
_FORBIDDEN_NAME = re.compile("discord|clyde", re.IGNORECASE)
_MAX_FOLLOWUPS = 5


def _interaction_of(core: Core, request: Request) -> Interaction | None:
    """The interaction behind an application's webhook path, or None where it is a guild webhook.

    Raises 50027 once the token's 15 minutes are over, 10015 for an unknown or unanswered interaction.
    """
    if request.snowflake("webhook_id") != core.bot.id:
        return None
    interaction = core.world.interactions.get(request.path["webhook_token"])
    if interaction is None or not interaction.acknowledged:
        raise errors.unknown_webhook()
    if time.monotonic() - interaction.at > core.token_life_s:
        raise errors.ApiError(401, 50027, "Invalid Webhook Token")
    return interaction


def _webhook_of(core: Core, request: Request) -> Webhook:
    webhook = core.world.webhooks.get(request.snowflake("webhook_id"))
    if webhook is None:
        raise errors.unknown_webhook()
    if "webhook_token" in request.path and webhook.token != request.path["webhook_token"]:
        raise errors.ApiError(401, 50027, "Invalid Webhook Token")
    return webhook


def _original(interaction: Interaction) -> Message:
    if interaction.original is None or interaction.original.deleted:
        raise errors.unknown_message()
    return interaction.original


def _message_of(core: Core, request: Request) -> Message:
    """A message that this token wrote. Raises 10008."""
    interaction = _interaction_of(core, request)
    message = core.world.messages.get(request.snowflake("message_id"))
    if message is None or message.deleted:
        raise errors.unknown_message()
    if interaction is not None:
        if message not in interaction.messages:
            raise errors.unknown_message()
    elif message.webhook is not _webhook_of(core, request):
        raise errors.unknown_message()
    return message


@routes.add("POST", _EXECUTE, "execute_webhook", public=True)
def execute_webhook(core: Core, request: Request) -> Reply:
    interaction = _interaction_of(core, request)
    message = _execute(core, request) if interaction is None else _followup(core, interaction, request)
    # A followup always answers with the message; a guild webhook only if asked to wait.
    if interaction is None and request.query.get("wait", "").lower() not in ("1", "true"):
        return Reply(204)
    return message_reply(core, message)


def _followup(core: Core, interaction: Interaction, request: Request) -> Message:
    """One more answer. Right after a deferred response it fills the waiting message instead."""
    original = interaction.original
    if original is not None and original.loading and not original.deleted:
        apply_edit(core, original, request.json, request.files)
        return original
    if interaction.user_install and interaction.followup_count >= _MAX_FOLLOWUPS:
        message = "This interaction has hit the maximum number of follow up messages."
        raise errors.ApiError(400, 40094, message)
    message = new_answer(core, interaction, request.json, request)
    interaction.followups.append(message)
    interaction.followup_count += 1
    core.notify()
    return message


def _target(core: Core, webhook: Webhook, request: Request) -> Channel:
    thread_id = request.query.get("thread_id")
    if thread_id is None:
        return webhook.channel
    thread = core.find_channel(thread_id)
    if thread.parent is not webhook.channel:
        raise errors.unknown_channel()
    unarchive(core, thread)
    return thread


def _execute(core: Core, request: Request) -> Message:
    webhook = _webhook_of(core, request)
    body = request.json
    name = body.get("username") or webhook.name
    _check_name(name, "username")
    author = User(webhook.id, name, bot=True)
    channel = _target(core, webhook, request)
    return core.add_message(compose(core, channel, author, body, request.files, webhook=webhook))


def _check_name(name: str, field: str) -> None:
    if not 1 <= len(name) <= 80:
        raise errors.bad_length(field, 1, 80)
    if found := _FORBIDDEN_NAME.search(name):
        text = f'Username cannot contain "{found.group().lower()}"'
        raise errors.invalid(field, "USERNAME_INVALID_CONTAINS", text)


@routes.add("GET", _ORIGINAL, "get_original_webhook_message", public=True)
def get_original(core: Core, request: Request) -> Reply:
    return message_reply(core, _original_of(core, request))


def _original_of(core: Core, request: Request) -> Message:
    interaction = _interaction_of(core, request)
    if interaction is None:
        raise errors.unknown_message()
    return _original(interaction)


@routes.add("PATCH", _ORIGINAL, "update_original_webhook_message", public=True)
def update_original(core: Core, request: Request) -> Reply:
    message = _original_of(core, request)
    apply_edit(core, message, request.json, request.files)
    return message_reply(core, message)


@routes.add("DELETE", _ORIGINAL, "delete_original_webhook_message", public=True)
def delete_original(core: Core, request: Request) -> Reply:
    core.remove_message(_original_of(core, request))
    return Reply(204)


@routes.add("GET", _MESSAGE, "get_webhook_message", public=True)
def get_message(core: Core, request: Request) -> Reply:
    return message_reply(core, _message_of(core, request))


@routes.add("PATCH", _MESSAGE, "update_webhook_message", public=True)
def update_message(core: Core, request: Request) -> Reply:
    message = _message_of(core, request)
    apply_edit(core, message, request.json, request.files)
    return message_reply(core, message)


@routes.add("DELETE", _MESSAGE, "delete_webhook_message", public=True)
def delete_message(core: Core, request: Request) -> Reply:
    core.remove_message(_message_of(core, request))
    return Reply(204)


@routes.add("POST", "/channels/{channel_id}/webhooks", "create_webhook")
def create_webhook(core: Core, request: Request) -> Reply:
    channel = channel_of(core, request, "webhooks")
    if channel.is_private:
        raise errors.ApiError(403, 50003, "Cannot execute action on a DM channel")
    name = str(request.json.get("name") or "")
    _check_name(name, "name")
    if sum(webhook.channel is channel for webhook in core.world.webhooks.values()) >= 15:
        raise errors.ApiError(400, 30007, "Maximum number of webhooks reached (15)")
    webhook = Webhook(new_id(), new_token(), channel, name, core.bot)
    core.world.webhooks[webhook.id] = webhook
    return Reply(200, webhook_json(webhook, core.bot))


@routes.add("GET", "/channels/{channel_id}/webhooks", "list_channel_webhooks")
def list_webhooks(core: Core, request: Request) -> Reply:
    channel = channel_of(core, request, "webhooks")
    found = [webhook for webhook in core.world.webhooks.values() if webhook.channel is channel]
    return Reply(200, [webhook_json(webhook, core.bot) for webhook in found])


@routes.add("GET", "/webhooks/{webhook_id}", "get_webhook")
def get_webhook(core: Core, request: Request) -> Reply:
    return Reply(200, webhook_json(_webhook_of(core, request), core.bot))


@routes.add("DELETE", "/webhooks/{webhook_id}", "delete_webhook")
def delete_webhook(core: Core, request: Request) -> Reply:
    webhook = _webhook_of(core, request)
    core.require(webhook.channel, "webhooks")
    del core.world.webhooks[webhook.id]
    return Reply(204)


@routes.add("DELETE", _EXECUTE, "delete_webhook_by_token", public=True)
def delete_webhook_by_token(core: Core, request: Request) -> Reply:
    del core.world.webhooks[_webhook_of(core, request).id]
    return Reply(204)
