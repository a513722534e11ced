"""Servers and channels the house knows, and what is set in them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from bot.dashboard import (
    CHANNELS_SHOWN,
    PAGE_SERVERS,
    SCOPES_SHOWN,
    Channel,
    CharacterLine,
    Page,
    PlaceView,
    Server,
    SettingLine,
    Viewer,
)
from bot.declarations import Scope, Setting
from bot.desk.cursors import paged
from bot.desk.fence import BOT, NOT_YOURS, Site, may_read, servers_of
from bot.desk.values import choices_of
from bot.engine.doors.access import Doorkeeper
from bot.engine.doors.hashing import Hasher
from bot.engine.oversight.pulse import veil
from bot.engine.oversight.titles import Titles
from bot.engine.settings.book import PlaceSettings, SettingsBook
from bot.engine.settings.topics import ORDER, TOPIC_OF
from bot.errors import NotAllowed
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

    async def servers(self, viewer: Viewer, search: str, cursor: str, now: float) -> Page[Server]:
        """See bot.dashboard.Desk.places."""
        known = await self._known(viewer, now)
        wanted = search.strip().casefold()
        titles = {key: self.title(key) for key in known}
        found = [key for key in known if wanted in f"{titles[key] or key}".casefold()]
        found.sort(key=lambda key: (not key, titles[key].casefold(), key))
        page = paged(found, str, cursor, PAGE_SERVERS)
        set_in = self._set_in()
        shown = tuple(self._server(key, titles[key], known[key], set_in) for key in page.rows)
        return Page(shown, page.cursor)

    async def channels(self, viewer: Viewer, server: str, cursor: str, now: float) -> Page[Channel]:
        """See bot.dashboard.Desk."""
        if not may_read(viewer, server):
            raise NotAllowed(NOT_YOURS)
        known = (await self._known(viewer, now)).get(server, {})
        set_in = self._set_in()
        found = [self._channel(key, server, set_in[key], known[key]) for key in _last_used_first(known)]
        return paged(found, lambda one: one.scope, cursor)

    async def titles(self, viewer: Viewer, now: float) -> Mapping[str, str]:
        """See bot.dashboard.Desk."""
        known = await self._known(viewer, now)
        found = {key: self.title(key) for key in known if key}
        found = dict(sorted(found.items(), key=lambda one: (one[1].casefold(), one[0])))
        for server in found.copy():
            found |= {key: self.title(key, server) for key in known[server]}
        return found

    def _server(
        self, key: str, title: str, channels: Mapping[str, float | None], set_in: Counter[str]
    ) -> Server:
        shown = _last_used_first(channels)[:CHANNELS_SHOWN]
        return Server(
            key,
            title,
            self._doorkeeper.rules.of_owners.get(key) if key else None,
            set_in[key],
            tuple(self._channel(one, key, set_in[one], channels[one]) for one in shown),
            len(channels) - len(shown),
        )

    def _set_in(self) -> Counter[str]:
        """How many settings are set in each scope."""
        return Counter(scope for scope, _ in self._settings.rows())

    async def _known(self, viewer: Viewer, now: float) -> dict[str, dict[str, float | None]]:
        """The servers somebody may see, each with its channels and when something was paid for there last."""
        scopes = {scope for scope, _ in self._settings.rows()} | self._doorkeeper.rules.of_owners.keys()
        named = {key for key in scopes if key.startswith("server:")}
        keys = {*viewer.servers, *named, *self._joined()}
        found: dict[str, dict[str, float | None]] = {key: {} for key in keys if may_read(viewer, key)}
        used = await self._overseen.used(since=now - KNOWN_FOR, servers=servers_of(viewer))
        for one in used:
            found.setdefault(one.server, {})[one.channel] = one.last_used
        paid = {one.channel for one in used}
        others = (scope for scope in scopes if scope.startswith("channel:") and scope not in paid)
        for channel, home in (await self._overseen.homes(others)).items():
            if may_read(viewer, home):
                found.setdefault(home, {})[channel] = None
        return found

    def _joined(self) -> set[str]:
        """Servers that platforms say the bot is in, also where nobody has said anything yet."""
        return {
            place.server_key
            for door in self._doors.values()
            if isinstance(door, NamesPlaces)
            for place in door.servers()
        }

    def joined_with(self, channel: str) -> str:
        """The server of the platform's that has a channel, "" where none says so."""
        return next((server for server in sorted(self._joined()) if self.named(channel, server)), "")

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

    async def characters(self, viewer: Viewer, cursor: str) -> Page[CharacterLine]:
        """See bot.dashboard.Desk."""
        chosen = [
            (scope, slug)
            for (scope, name), slug in sorted(self._settings.rows().items())
            if name == _CHARACTER and slug
        ]
        rooms = {scope: _room(scope) for scope, _ in chosen if scope.startswith(("channel:", "thread:"))}
        homes = await self._overseen.homes(rooms.values())
        scopes: dict[str, list[str]] = {}
        people: Counter[str] = Counter()
        for scope, slug in chosen:
            if scope.startswith("user:"):
                people[slug] += viewer.owner
            elif (shown := self._shown(viewer, scope, homes.get(rooms.get(scope, ""), ""))) is not None:
                scopes.setdefault(slug, []).append(shown)
        slugs = sorted({*scopes, *(slug for slug, number in people.items() if number)})
        page = paged(slugs, str, cursor)
        return Page(
            tuple(_character(slug, scopes.get(slug, []), people[slug]) for slug in page.rows), page.cursor
        )

    def _shown(self, viewer: Viewer, scope: str, home: str) -> str | None:
        """A scope as a viewer may see it, None for not at all. `home` is the server of a channel."""
        if scope == BOT:
            return scope if viewer.owner else None
        if scope.startswith("server:"):
            return scope if may_read(viewer, scope) else None
        return self.veiled(scope, home) if may_read(viewer, home) else None

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


def _last_used_first(channels: Mapping[str, float | None]) -> list[str]:
    return sorted(channels, key=lambda key: (-(channels[key] or 0.0), key))


def _room(scope: str) -> str:
    """The key of the channel that a channel or topic is (in)."""
    _, platform, channel, *_ = scope.split(":")
    return f"channel:{platform}:{channel}"


def _character(slug: str, scopes: Sequence[str], people: int) -> CharacterLine:
    more = max(0, len(scopes) - SCOPES_SHOWN)
    return CharacterLine(slug, tuple(scopes[:SCOPES_SHOWN]), people, more)


def editable(viewer: Viewer, site: Site, setting: Setting) -> bool:
    """Whether somebody may set it in a scope."""
    return site.kind in setting.scopes and (viewer.owner or site.kind is not Scope.BOT)


def where_settable(setting: Setting) -> Sequence[str]:
    """The scopes a setting can be set for, besides people themselves."""
    return [scope.value for scope in setting.scopes if scope is not Scope.USER]
