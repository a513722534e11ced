"""Servers and channels the house knows, and what is set in them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from bot.dashboard import (
    Channel,
    CharacterLine,
    PlaceView,
    Server,
    SettingLine,
    Viewer,
)
from bot.declarations import Scope, Setting
from bot.desk.fence import BOT, Site, may_read, servers_of
from bot.desk.values import choices_of
from bot.engine.access import Doorkeeper
from bot.engine.hashing import Hasher
from bot.engine.pulse import veil
from bot.engine.settings import PlaceSettings, SettingsBook
from bot.engine.titles import Titles
from bot.engine.topics import ORDER, TOPIC_OF
from bot.messages import Person, Place
from bot.overseeing import Overseen
from bot.ports import Door, NamesPlaces

KNOWN_FOR = 90 * 86_400.0
"""Seconds without a paid call after which a channel with nothing set is not listed any more."""
_CHARACTER = "character"
_NOBODY = Person("", "")


class Atlas:
    """Reads settings, rules and the ledger for what a viewer may see of them."""

    def __init__(
        self,
        overseen: Overseen,
        settings: SettingsBook,
        doorkeeper: Doorkeeper,
        hasher: Hasher,
        titles: Titles,
        doors: Mapping[str, Door],
    ) -> None:
        self._overseen = overseen
        self._settings = settings
        self._doorkeeper = doorkeeper
        self._hasher = hasher
        self._titles = titles
        self._doors = doors

    # --- all of them ---

    async def servers(self, viewer: Viewer, now: float) -> tuple[Server, ...]:
        """See bot.dashboard.Desk."""
        homes, used = await self._channels(viewer, now)
        set_in = Counter(scope for scope, _ in self._settings.rows())
        named = {key for key in (*set_in, *self._doorkeeper.rules.of_owners) if key.startswith("server:")}
        keys = {*homes.values(), *viewer.servers, *named, *self._joined()}
        seen = [key for key in keys if may_read(viewer, key)]
        found = [
            Server(
                key,
                self.title(key),
                self._doorkeeper.rules.of_owners.get(key) if key else None,
                set_in[key],
                tuple(
                    self._channel(channel, key, set_in[channel], used.get(channel))
                    for channel in sorted(one for one, home in homes.items() if home == key)
                ),
            )
            for key in seen
        ]
        return tuple(sorted(found, key=lambda one: (not one.scope, one.title.casefold(), one.scope)))

    def _joined(self) -> set[str]:
        """Servers that platforms say the bot is in, also where nobody has said anything yet."""
        return {
            place.server_key
            for door in self._doors.values()
            if isinstance(door, NamesPlaces)
            for place in door.servers()
        }

    async def _channels(self, viewer: Viewer, now: float) -> tuple[dict[str, str], dict[str, float]]:
        """The server of each channel, and when it was last used."""
        homes: dict[str, str] = {}
        used: dict[str, float] = {}
        for one in await self._overseen.used(since=now - KNOWN_FOR, servers=servers_of(viewer)):
            homes[one.channel] = one.server
            used[one.channel] = one.last_used
        scopes = {scope for scope, _ in self._settings.rows()} | self._doorkeeper.rules.of_owners.keys()
        for scope in scopes:
            if scope.startswith("channel:") and scope not in homes:
                home = await self._overseen.home(scope)
                if home is not None and may_read(viewer, home):
                    homes[scope] = home
        return homes, used

    def _channel(self, key: str, server: str, settings: int, used: float | None) -> Channel:
        shown = key if server else veil(self._hasher, key)
        return Channel(
            shown, self.title(key, server), self._doorkeeper.rules.of_owners.get(key), settings, used
        )

    def title(self, key: str, server: str = "") -> str:
        """What a server, or a channel of a server, is called just now; nobody names private chats."""
        kind, _, rest = key.partition(":")
        if kind != "server" and not server:
            return ""
        # A group without channels is its own server, and goes by that one's name.
        return self.named(key, server) or self._titles.of(key if kind == "server" else f"server:{rest}")

    def named(self, key: str, server: str = "") -> str:
        """What the platform itself calls a server, or a channel or category of a server."""
        kind, _, rest = key.partition(":")
        platform, _, ident = rest.partition(":")
        if kind == "server":
            place = Place(platform, ident, "")
        elif kind in ("channel", "category") and server:
            place = Place(platform, server.split(":", 2)[2], ident)
        else:
            return ""
        door = self._doors.get(platform)
        return door.title(place) if isinstance(door, NamesPlaces) else ""

    def knows(self, platform: str) -> bool:
        """Whether there is such a platform."""
        return platform in self._doors

    def roles(self, server: str) -> Mapping[str, str]:
        """See bot.ports.NamesPlaces."""
        platform, _, space = server.partition(":")[2].partition(":")
        door = self._doors.get(platform)
        return door.roles(Place(platform, space, "")) if isinstance(door, NamesPlaces) else {}

    # --- one of them ---

    def resolved(self, site: Site) -> PlaceSettings:
        """What holds in a scope, whoever asks."""
        return (
            self._settings.everywhere()
            if site.kind is Scope.BOT
            else self._settings.resolve(site.place, _NOBODY)
        )

    def view(self, viewer: Viewer, site: Site, suggested: Mapping[str, tuple[str, ...]]) -> PlaceView:
        """See bot.dashboard.Desk.place. `suggested` are values of some settings, by name."""
        rows, resolved = self._settings.rows(), self.resolved(site)
        held = sorted(resolved.items(), key=lambda one: ORDER.index(one[0].name))
        lines = tuple(
            SettingLine(
                name=setting.name,
                topic=TOPIC_OF[setting.name],
                description=setting.description,
                value=now.text,
                origin=now.origin,
                here=rows.get((site.key, setting.name)),
                default=setting.default,
                kind=setting.kind,
                choices=choices_of(setting),
                minimum=setting.minimum,
                maximum=setting.maximum,
                editable=editable(viewer, site, setting),
                suggested=suggested.get(setting.name, ()),
            )
            for setting, now in held
        )
        allowed = None if site.key == BOT else self._doorkeeper.rules.of_owners.get(site.key)
        title = "" if site.key == BOT else self.title(site.key, site.server)
        return PlaceView(site.key, site.kind, title, site.parent, allowed, lines)

    # --- characters ---

    async def characters(self, viewer: Viewer) -> tuple[CharacterLine, ...]:
        """See bot.dashboard.Desk."""
        scopes: dict[str, list[str]] = {}
        people: Counter[str] = Counter()
        for (scope, name), slug in sorted(self._settings.rows().items()):
            if name != _CHARACTER or not slug:
                continue
            if scope.startswith("user:"):
                people[slug] += viewer.owner
            elif (shown := await self._shown(viewer, scope)) is not None:
                scopes.setdefault(slug, []).append(shown)
        slugs = sorted({*scopes, *(slug for slug, number in people.items() if number)})
        return tuple(CharacterLine(slug, tuple(scopes.get(slug, ())), people[slug]) for slug in slugs)

    async def _shown(self, viewer: Viewer, scope: str) -> str | None:
        """A scope as a viewer may see it, None for not at all."""
        if scope == BOT:
            return scope if viewer.owner else None
        if scope.startswith("server:"):
            return scope if may_read(viewer, scope) else None
        kind, platform, channel, *thread = scope.split(":", 3)
        home = await self._overseen.home(f"channel:{platform}:{channel}") or ""
        if not may_read(viewer, home):
            return None
        return scope if home else ":".join([veil(self._hasher, f"{kind}:{platform}:{channel}"), *thread])

    def veiled(self, key: str, server: str) -> str:
        """The key of a channel, or of a topic of one, as it may be shown: a private chat's id may be a
        person's."""
        kind, platform, *rest = key.split(":")
        if kind not in ("channel", "thread") or server.startswith("server:"):
            return key
        chat, *topic = rest
        return ":".join([kind, *veil(self._hasher, f"channel:{platform}:{chat}").split(":")[1:], *topic])

    def unveiled(self, shown: str, known: Iterable[str]) -> str:
        """The channel key behind one that was shown, of those given; itself where it is none of them."""
        return next((key for key in known if self.veiled(key, "") == shown), shown)


def editable(viewer: Viewer, site: Site, setting: Setting) -> bool:
    """Whether somebody may set it in a scope."""
    return site.kind in setting.scopes and (viewer.owner or site.kind is not Scope.BOT)


def where_settable(setting: Setting) -> Sequence[str]:
    """The scopes a setting can be set for, besides people themselves."""
    return [scope.value for scope in setting.scopes if scope is not Scope.USER]
