"""Command options as the real client builds them from the registered declaration."""

from collections.abc import Mapping
from typing import Any

from tests.fakes.discord.payloads import (
    attachment_json,
    bare_member_json,
    channel_json,
    message_json,
    role_json,
    user_json,
)
from tests.fakes.discord.state import Attachment, Channel, JsonObject, Message, Role, User, World, items

_SUBCOMMAND, _GROUP = 1, 2
_PYTHON_TYPES: dict[int, tuple[type, ...]] = {
    3: (str,),
    4: (int,),
    5: (bool,),
    6: (User,),
    7: (Channel,),
    8: (Role,),
    9: (User, Role),
    10: (float, int),
    11: (Attachment,),
}


def find_command(world: World, channel: Channel, name: str, kind: int = 1) -> tuple[JsonObject, list[str]]:
    """The registered command and the subcommand path. Raises LookupError naming what is registered."""
    root, *path = name.lstrip("/").split(" ") if kind == 1 else [name]
    scopes = [None] if channel.guild is None else [channel.guild.id, None]
    known = [command for scope in scopes for command in world.commands.get(scope, [])]
    for command in known:
        if command["name"] == root and command["type"] == kind:
            return command, path
    raise LookupError(f"no command {root!r}; registered: {sorted(command['name'] for command in known)}")


def build_options(
    world: World,
    channel: Channel,
    command: JsonObject,
    path: list[str],
    values: Mapping[str, object],
    *,
    focused: str | None = None,
) -> JsonObject:
    """`options` and `resolved` of the interaction data. Raises ValueError for what cannot be sent."""
    resolved: JsonObject = {}
    builder = _Builder(world, channel, resolved, focused)
    data: JsonObject = {"options": builder.level(command, path, values)}
    return data | ({"resolved": resolved} if resolved else {})


class _Builder:
    def __init__(self, world: World, channel: Channel, resolved: JsonObject, focused: str | None) -> None:
        self._world = world
        self._channel = channel
        self._resolved = resolved
        self._focused = focused

    def level(self, declared: JsonObject, path: list[str], values: Mapping[str, object]) -> list[JsonObject]:
        """The options below one command, group or subcommand."""
        options: dict[str, JsonObject] = {item["name"]: item for item in items(declared, "options")}
        nested = next((item for item in options.values() if item["type"] in (_SUBCOMMAND, _GROUP)), None)
        if nested is None:
            if path:
                raise LookupError(f"{declared['name']} has no subcommand {path[0]!r}")
            return self._leaves(declared["name"], options, values)
        head, rest, inner = _descend(path, values)
        if head not in options:
            raise LookupError(f"{declared['name']} has no subcommand {head!r}; there are {sorted(options)}")
        below = options[head]
        return [{"name": head, "type": below["type"], "options": self.level(below, rest, inner)}]

    def _leaves(
        self, command: str, options: dict[str, JsonObject], values: Mapping[str, object]
    ) -> list[JsonObject]:
        unknown = set(values) - set(options)
        if unknown:
            raise LookupError(f"{command} has no option {sorted(unknown)}; there are {sorted(options)}")
        missing = [name for name, item in options.items() if item.get("required") and name not in values]
        if missing and self._focused is None:
            raise ValueError(f"{command} needs {missing}")
        return [self._leaf(options[name], value) for name, value in values.items() if value is not None]

    def _leaf(self, option: JsonObject, value: object) -> JsonObject:
        leaf: JsonObject = {"name": option["name"], "type": option["type"]}
        if self._focused == option["name"]:
            if not option.get("autocomplete"):
                raise ValueError(f"{option['name']} has no autocomplete")
            return leaf | {"value": value, "focused": True}
        _check_value(option, value)
        return leaf | {"value": self._resolve(value)}

    def _resolve(self, value: object) -> object:
        """Ids stand for people, places and files; what they are goes into `resolved`."""
        if isinstance(value, User):
            self._note("users", value.id, user_json(value))
            guild = self._channel.guild
            if guild is not None and value.id in guild.members:
                held = self._world.permissions_in(self._channel, value)
                member = bare_member_json(guild.members[value.id]) | {"permissions": str(held)}
                self._note("members", value.id, member)
        elif isinstance(value, Channel):
            held = self._world.permissions_in(value, self._world.bot)
            self._note("channels", value.id, channel_json(value) | {"permissions": str(held)})
        elif isinstance(value, Role):
            self._note("roles", value.id, role_json(value))
        elif isinstance(value, Attachment):
            self._note("attachments", value.id, attachment_json(value))
        else:
            return value
        return str(value.id)

    def _note(self, kind: str, key: int, data: JsonObject) -> None:
        self._resolved.setdefault(kind, {})[str(key)] = data


def _descend(path: list[str], values: Mapping[str, object]) -> tuple[str, list[str], Mapping[str, Any]]:
    """The next subcommand: from the path, or the only key of nested values."""
    if path:
        return path[0], path[1:], values
    if len(values) != 1:
        raise ValueError("name exactly one subcommand")
    ((head, inner),) = values.items()
    if not isinstance(inner, Mapping):
        raise TypeError(f"{head!r} is a subcommand and takes its options as a mapping")
    return head, [], inner  # pyright: ignore[reportUnknownVariableType]


def _check_value(option: JsonObject, value: object) -> None:
    name, kind = option["name"], option["type"]
    if not isinstance(value, _PYTHON_TYPES[kind]) or (kind != 5 and isinstance(value, bool)):
        raise TypeError(f"option {name!r} does not take {value!r}")
    choices = [choice["value"] for choice in items(option, "choices")]
    if choices and value not in choices:
        raise ValueError(f"option {name!r} takes one of {choices}")
    if isinstance(value, str):
        size, low, high = len(value), option.get("min_length"), option.get("max_length", 6000)
    elif isinstance(value, int | float):
        size, low, high = value, option.get("min_value"), option.get("max_value")
    else:
        return
    if (low is not None and size < low) or (high is not None and size > high):
        raise ValueError(f"option {name!r} is out of range ({low} to {high})")


def resolved_message(world: World, message: Message) -> JsonObject:
    """`resolved` of a message command: the whole target."""
    return {"messages": {str(message.id): message_json(message, world)}}
