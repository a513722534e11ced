"""Who a message would notify: its mentions against allowed_mentions."""

import re
from collections.abc import Iterable

from tests.fakes.discord.errors import invalid
from tests.fakes.discord.permissions import bits
from tests.fakes.discord.state import Channel, JsonObject, Message, Pings, User, World, items

_USER = re.compile(r"<@!?(\d+)>")
_ROLE = re.compile(r"<@&(\d+)>")
_EVERYONE = re.compile(r"@(everyone|here)\b")
_CODE = re.compile(r"```.*?```|`[^`\n]+`", re.DOTALL)
_KINDS = ("users", "roles", "everyone")


def display_texts(components: Iterable[JsonObject]) -> list[str]:
    """The texts of all TextDisplay components, nested ones too; their mentions count like content."""
    texts: list[str] = []
    for component in components:
        if component.get("type") == 10:
            texts.append(str(component.get("content", "")))
        texts += display_texts(component.get("components", []))
    return texts


def check_allowed_mentions(allowed: JsonObject) -> None:
    """Refuse unknown kinds, more than 100 ids, and a kind both parsed and listed."""
    parse = items(allowed, "parse")
    for kind in parse:
        if kind not in _KINDS:
            raise invalid("allowed_mentions.parse", "BASE_TYPE_CHOICES", "Value must be one of the kinds.")
    for kind in ("users", "roles"):
        listed = items(allowed, kind)
        if len(listed) > 100:
            raise invalid(f"allowed_mentions.{kind}", "BASE_TYPE_MAX_LENGTH", "Must be 100 or fewer.")
        if listed and kind in parse:
            message = f"parse:[{kind!r}] and {kind}: [ids...] are mutually exclusive."
            raise invalid("allowed_mentions", "MESSAGE_ALLOWED_MENTIONS_PARSE_EXCLUSIVE", message)


def _default(users_only: bool) -> JsonObject:
    return {"parse": ["users"] if users_only else list(_KINDS), "replied_user": True}


def find_pings(
    world: World,
    channel: Channel,
    author: User,
    text: str,
    allowed: JsonObject | None,
    reference: Message | None,
    *,
    users_only: bool = False,
) -> Pings:
    """`users_only` is the default of webhooks and interactions, where nothing else was allowed."""
    rules = _default(users_only) if allowed is None else allowed
    parse = set(items(rules, "parse"))
    visible = _CODE.sub("", text)
    users = _allowed(_USER.findall(visible), "users" in parse, rules.get("users"))
    roles = _allowed(_ROLE.findall(visible), "roles" in parse, rules.get("roles"))
    may_everyone = bool(world.permissions_in(channel, author) & bits("everyone"))
    everyone = bool(_EVERYONE.search(visible)) and "everyone" in parse and may_everyone
    guild_roles = channel.guild.roles if channel.guild is not None else {}
    replied = None
    if reference is not None and rules.get("replied_user", allowed is None):
        replied = reference.author.id
    return Pings(
        everyone=everyone,
        roles=frozenset(role for role in roles if role in guild_roles),
        users=frozenset(user for user in users if user in world.users),
        replied=replied,
    )


def _allowed(found: list[str], parsed: bool, listed: list[str] | None) -> set[int]:
    ids = set(map(int, found))
    return ids if parsed else ids & set(map(int, listed or []))
