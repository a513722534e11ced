"""Turning a checked request body into a message, or into an edit of one."""

import copy
import time
from collections.abc import Sequence

from tests.fakes.discord import errors
from tests.fakes.discord.checks import check_body, is_empty, walk
from tests.fakes.discord.core import Core, UploadedFile
from tests.fakes.discord.pings import display_texts, find_pings
from tests.fakes.discord.state import (
    COMPONENTS_V2,
    EPHEMERAL,
    LOADING,
    VOICE_MESSAGE,
    Attachment,
    Channel,
    Edit,
    Interaction,
    JsonObject,
    Message,
    Pings,
    User,
    Webhook,
    items,
    new_id,
    timestamp,
)

_SETTABLE_FLAGS = (1 << 2) | EPHEMERAL | (1 << 12) | VOICE_MESSAGE | COMPONENTS_V2
_WEBHOOK_FLAGS = (1 << 2) | (1 << 12) | COMPONENTS_V2


def compose(
    core: Core,
    channel: Channel,
    author: User,
    body: JsonObject,
    files: Sequence[UploadedFile],
    *,
    interaction: Interaction | None = None,
    webhook: Webhook | None = None,
    reference: Message | None = None,
) -> Message:
    """A new message from a create body, not yet stored. Raises ApiError for a body Discord refuses."""
    check_body(body, files)
    if is_empty(body, files):
        raise errors.ApiError(400, 50006, "Cannot send an empty message")
    content = str(body.get("content") or "").strip()
    components = numbered(body.get("components") or [])
    message = Message(
        new_id(),
        channel,
        author,
        content,
        kind=_kind(reference, interaction),
        attachments=_new_attachments(core, channel, body, files),
        embeds=_rich(body.get("embeds") or []),
        components=components,
        flags=int(body.get("flags") or 0) & (_SETTABLE_FLAGS if webhook is None else _WEBHOOK_FLAGS),
        nonce=body.get("nonce"),
        reference=reference,
        interaction=interaction,
        webhook=webhook,
    )
    message.mentions = message.pings = _pings(core, message, body)
    return message


def _kind(reference: Message | None, interaction: Interaction | None) -> int:
    if interaction is not None:
        return 20 if interaction.kind == 2 else 0
    return 19 if reference is not None else 0


def _pings(core: Core, message: Message, body: JsonObject) -> Pings:
    return find_pings(
        core.world,
        message.channel,
        message.author,
        "\n".join([message.content, *display_texts(message.components)]),
        body.get("allowed_mentions"),
        message.reference,
        users_only=message.webhook is not None or message.interaction is not None,
    )


def apply_edit(core: Core, message: Message, body: JsonObject, files: Sequence[UploadedFile]) -> None:
    """Change a message in place and announce it. The first edit of a deferred answer is what notifies."""
    _check_edit(message, body, files)
    was_loading = message.loading
    if "content" in body:
        message.content = str(body["content"] or "").strip()
    if "embeds" in body:
        message.embeds = _rich(body["embeds"] or [])
    if "components" in body:
        message.components = numbered(body["components"] or [])
    message.attachments = _kept(message, body) + _new_attachments(core, message.channel, body, files)
    message.flags = (message.flags | int(body.get("flags") or 0) & COMPONENTS_V2) & ~LOADING
    message.mentions = _pings(core, message, body)
    message.edited_timestamp = timestamp()
    if was_loading:
        message.pings = message.mentions
    message.edits.append(Edit(time.monotonic(), message.content, message.mentions))
    core.publish_message("MESSAGE_UPDATE", message)


def _check_edit(message: Message, body: JsonObject, files: Sequence[UploadedFile]) -> None:
    if message.voice:
        raise errors.ApiError(400, 50162, "Voice messages cannot be edited.")
    check_body({**body, "flags": message.flags | int(body.get("flags") or 0)}, files)
    after: JsonObject = {
        "content": body.get("content") if "content" in body else message.content,
        "embeds": body.get("embeds") if "embeds" in body else message.embeds,
        "components": body.get("components") if "components" in body else message.components,
    }
    if is_empty(after, files) and not _kept(message, body):
        raise errors.ApiError(400, 50006, "Cannot send an empty message")


def _kept(message: Message, body: JsonObject) -> list[Attachment]:
    if body.get("attachments") is None:
        return message.attachments
    ids = {str(entry["id"]) for entry in body["attachments"]}
    return [attachment for attachment in message.attachments if str(attachment.id) in ids]


def _new_attachments(
    core: Core, channel: Channel, body: JsonObject, files: Sequence[UploadedFile]
) -> list[Attachment]:
    described: dict[str, JsonObject] = {str(entry["id"]): entry for entry in items(body, "attachments")}
    stored: list[Attachment] = []
    for file in files:
        entry = described.get(str(file.index), {})
        name = entry.get("filename") or file.filename
        attachment = core.store_attachment(channel, name, file.data, file.content_type)
        attachment.description = entry.get("description")
        if int(body.get("flags") or 0) & VOICE_MESSAGE:
            attachment.duration, attachment.waveform = entry["duration_secs"], entry["waveform"]
        stored.append(attachment)
    return stored


def _rich(embeds: list[JsonObject]) -> list[JsonObject]:
    return [{**embed, "type": "rich"} for embed in embeds]


def numbered(components: list[JsonObject]) -> list[JsonObject]:
    """A copy in which every component has its id, as Discord answers them."""
    copied = copy.deepcopy(components)
    for number, component in enumerate(walk(copied), start=1):
        component.setdefault("id", number)
        if component["type"] == 2:
            component.setdefault("style", 2)
    return copied


def loading_message(channel: Channel, author: User, interaction: Interaction, *, ephemeral: bool) -> Message:
    """The "is thinking" message of a deferred response."""
    flags = LOADING | (EPHEMERAL if ephemeral else 0)
    return Message(new_id(), channel, author, kind=20, flags=flags, interaction=interaction)
