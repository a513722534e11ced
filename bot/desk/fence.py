"""Who may see and change what: the one place where a viewer's rights are held against a scope."""

from __future__ import annotations

import re
from dataclasses import dataclass

from bot.dashboard import Viewer
from bot.declarations import Scope
from bot.errors import NotAllowed, UserError
from bot.messages import Place
from bot.overseeing import Overseen

BOT = "bot"
OWNERS_ONLY = "Only an owner of this bot can do that."
NOT_YOURS = "You do not manage this place, or there is no such place."
NO_PLACE = "I know no such place. It appears here once somebody has used me there."
PRIVATE = "What holds in a private chat is set by who is in it, with `/settings` there."
_SCOPE = re.compile(
    r"(server|channel):([a-z]+):([^:\s]{1,100})|thread:([a-z]+):([^:\s]{1,100}):([^:\s]{1,100})"
)


@dataclass(frozen=True, slots=True)
class Site:
    """A scope that a viewer may look at. `place` resolves its settings; `server` is the key of the server it
    is in, "" for the whole bot; `parent` the scope it inherits from."""

    key: str
    kind: Scope
    place: Place
    server: str
    parent: str


class Fence:
    """Holds viewers to what is theirs."""

    def __init__(self, overseen: Overseen) -> None:
        self._overseen = overseen

    async def site(self, viewer: Viewer, key: str) -> Site:
        """The scope of a key ("bot", of a server, channel or thread) for someone who may look at it. Raises
        NotAllowed, in the same words whether there is such a place or not, and UserError for owners."""
        if key == BOT:
            owners_only(viewer)
            return Site(BOT, Scope.BOT, Place("", "", ""), "", "")
        found = _SCOPE.fullmatch(key)
        if found is None:
            raise UserError(NO_PLACE) if viewer.owner else NotAllowed(NOT_YOURS)
        if found[1] == Scope.SERVER.value:
            self._check(viewer, key)
            return Site(key, Scope.SERVER, Place(found[2], found[3], ""), key, BOT)
        platform, channel, thread = found[2] or found[4], found[3] or found[5], found[6] or ""
        return await self._channel(viewer, Place(platform, "", channel, thread))

    async def _channel(self, viewer: Viewer, bare: Place) -> Site:
        server = await self._overseen.home(bare.channel_key)
        if server:
            self._check(viewer, server)
        elif not viewer.owner:
            raise NotAllowed(NOT_YOURS)
        else:
            raise UserError(NO_PLACE if server is None else PRIVATE)
        place = Place(bare.platform, server.split(":", 2)[2], bare.channel, bare.thread)
        if bare.thread:
            return Site(place.thread_key, Scope.THREAD, place, server, place.channel_key)
        return Site(place.channel_key, Scope.CHANNEL, place, server, server)

    def _check(self, viewer: Viewer, server: str) -> None:
        if not viewer.owner and server not in viewer.servers:
            raise NotAllowed(NOT_YOURS)


def owners_only(viewer: Viewer) -> None:
    """Refuse everybody but owners."""
    if not viewer.owner:
        raise NotAllowed(OWNERS_ONLY)


def servers_of(viewer: Viewer) -> tuple[str, ...] | None:
    """The servers whose rows a viewer may read, None for all of them."""
    return None if viewer.owner else viewer.servers


def may_read(viewer: Viewer, server: str) -> bool:
    """Whether something that happened in a server ("" for a direct chat) is a viewer's business."""
    return viewer.owner or (bool(server) and server in viewer.servers)
