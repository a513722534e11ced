"""The interaction callback: the first answer, within three seconds and only once."""

import time
from collections.abc import Callable

from tests.fakes.discord import errors
from tests.fakes.discord.checks import walk
from tests.fakes.discord.compose import apply_edit, compose, loading_message, numbered
from tests.fakes.discord.core import Core
from tests.fakes.discord.payloads import message_json
from tests.fakes.discord.permissions import bits
from tests.fakes.discord.routing import Reply, Request, Routes
from tests.fakes.discord.state import EPHEMERAL, Interaction, JsonObject, Message

routes = Routes()
COMMAND, COMPONENT, AUTOCOMPLETE, MODAL_SUBMIT = 2, 3, 4, 5
_MESSAGE_TYPES = frozenset({4, 5})
_UPDATE_TYPES = frozenset({6, 7})


@routes.add(
    "POST",
    "/interactions/{interaction_id}/{interaction_token}/callback",
    "create_interaction_response",
    public=True,
)
def create_interaction_response(core: Core, request: Request) -> Reply:
    interaction = _open_interaction(core, request)
    body = request.json
    kind = int(body.get("type", 0))
    _check_type(interaction, kind)
    data: JsonObject = body.get("data") or {}
    message = _RESPONSES[kind](core, interaction, data, request)
    interaction.response_type = kind
    interaction.responded_at = time.monotonic()
    if message is not None:
        interaction.original = message
    core.notify()
    if request.query.get("with_response", "").lower() not in ("1", "true"):
        return Reply(204)
    return Reply(200, _callback_json(core, interaction, kind, message))


def _open_interaction(core: Core, request: Request) -> Interaction:
    """The interaction if it is known, in time and unanswered. Raises 10062 and 40060."""
    interaction = core.world.interactions.get(request.path["interaction_token"])
    if interaction is None or interaction.id != request.snowflake("interaction_id"):
        raise errors.unknown_interaction()
    if interaction.acknowledged:
        raise errors.ApiError(400, 40060, "Interaction has already been acknowledged.")
    if time.monotonic() - interaction.at > core.interaction_deadline_s:
        raise errors.unknown_interaction()
    return interaction


def _check_type(interaction: Interaction, kind: int) -> None:
    if interaction.kind == AUTOCOMPLETE:
        allowed = kind == 8
    elif kind in _UPDATE_TYPES:
        allowed = interaction.message is not None
    elif kind == 9:
        allowed = interaction.kind != MODAL_SUBMIT
    else:
        allowed = kind in _MESSAGE_TYPES
    if not allowed:
        raise errors.invalid("type", "BASE_TYPE_CHOICES", "This response type is not valid here.")


def _forced_flags(core: Core, interaction: Interaction) -> int:
    """External apps answer ephemerally where the place withholds USE_EXTERNAL_APPS."""
    if not interaction.user_install or interaction.channel.guild is None:
        return 0
    held = core.world.permissions_in(interaction.channel, interaction.user)
    return 0 if held & bits("use_external_apps") else EPHEMERAL


def new_answer(core: Core, interaction: Interaction, data: JsonObject, request: Request) -> Message:
    """A further message of the interaction, stored and announced unless it is ephemeral."""
    body = {**data, "flags": int(data.get("flags") or 0) | _forced_flags(core, interaction)}
    message = compose(core, interaction.channel, core.bot, body, request.files, interaction=interaction)
    return core.add_message(message)


def _defer(core: Core, interaction: Interaction, data: JsonObject, _: Request) -> Message:
    flags = int(data.get("flags") or 0) | _forced_flags(core, interaction)
    ephemeral = bool(flags & EPHEMERAL)
    return core.add_message(loading_message(interaction.channel, core.bot, interaction, ephemeral=ephemeral))


def _defer_update(_core: Core, interaction: Interaction, _data: JsonObject, _: Request) -> Message | None:
    return interaction.message


def _update(core: Core, interaction: Interaction, data: JsonObject, request: Request) -> Message | None:
    if interaction.message is not None:
        apply_edit(core, interaction.message, data, request.files)
    return interaction.message


def _choices(_core: Core, interaction: Interaction, data: JsonObject, _: Request) -> None:
    choices: list[JsonObject] = data.get("choices") or []
    if len(choices) > 25:
        raise errors.too_long("data.choices", 25)
    for index, choice in enumerate(choices):
        if not 1 <= len(str(choice["name"])) <= 100:
            raise errors.bad_length(f"data.choices.{index}.name", 1, 100)
        if isinstance(choice["value"], str) and not 1 <= len(choice["value"]) <= 100:
            raise errors.bad_length(f"data.choices.{index}.value", 1, 100)
    interaction.choices = choices


def _modal(_core: Core, interaction: Interaction, data: JsonObject, _: Request) -> None:
    components: list[JsonObject] = data.get("components") or []
    if not 1 <= len(components) <= 5:
        raise errors.bad_length("data.components", 1, 5)
    if not 1 <= len(str(data.get("title") or "")) <= 45:
        raise errors.bad_length("data.title", 1, 45)
    for component in walk([data, *components]):
        if "custom_id" in component and not 1 <= len(str(component["custom_id"])) <= 100:
            raise errors.bad_length("data.custom_id", 1, 100)
        if len(str(component.get("label") or "")) > 45:
            raise errors.too_long("data.components.0.label", 45)
    interaction.modal = {**data, "components": numbered(components)}


_RESPONSES: dict[int, Callable[[Core, Interaction, JsonObject, Request], Message | None]] = {
    4: new_answer,
    5: _defer,
    6: _defer_update,
    7: _update,
    8: _choices,
    9: _modal,
}


def _callback_json(core: Core, interaction: Interaction, kind: int, message: Message | None) -> JsonObject:
    inner: JsonObject = {"id": str(interaction.id), "type": interaction.kind}
    answer: JsonObject = {"interaction": inner}
    if message is not None:
        inner["response_message_id"] = str(message.id)
        inner["response_message_loading"] = message.loading
        inner["response_message_ephemeral"] = message.ephemeral
        if kind in (4, 7):
            answer["resource"] = {"type": kind, "message": message_json(message, core.world)}
    return answer
