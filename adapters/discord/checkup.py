"""What `gondola doctor` asks Discord. Nothing is changed, and the gateway is left alone."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import discord

from adapters.discord.client import PERMISSIONS
from adapters.discord.commands import payload
from adapters.discord.endpoints import REST
from adapters.probe import Said, ask
from bot.declarations import Command
from bot.errors import PlatformError
from bot.findings import Checkup, Finding, bad, ok, warn

ABOUT = "Discord"
_CONTENT = 1 << 18 | 1 << 19
"""The application may read messages, or may as long as it is in few servers."""
_MOST_NAMED = 5


async def check(token: str, base_url: str, commands: Sequence[Command]) -> Checkup:
    """Token, intent, commands, and permissions in every server."""
    desk = _Desk(token, base_url)
    try:
        application = await desk.get("/oauth2/applications/@me")
        if application.status == 401:
            mend = "Copy the bot's token anew from Discord's developer portal into DISCORD_TOKEN."
            return Checkup((bad(ABOUT, "Discord refuses the token.", mend),), application.ahead)
        if application.status != 200:
            return Checkup((_unexpected(application),), application.ahead)
        servers = await desk.get("/users/@me/guilds")
        known = await desk.get(f"/applications/{application.body['id']}/commands")
    except PlatformError as error:
        return Checkup((_unreachable(error),))
    findings = [
        ok(ABOUT, f"The token is {application.body['name']}'s."),
        _content(application.body),
        _commands(known, commands),
        *_servers(servers),
    ]
    return Checkup(tuple(findings), application.ahead)


class _Desk:
    def __init__(self, token: str, base_url: str) -> None:
        self._base = base_url.rstrip("/") or REST
        self._headers = {"Authorization": f"Bot {token}", "User-Agent": "DiscordBot (gondola doctor)"}

    async def get(self, path: str) -> Said:
        return await ask(self._base + path, self._headers)


def _content(application: dict[str, Any]) -> Finding:
    if int(application.get("flags") or 0) & _CONTENT:
        return ok(ABOUT, "The Message Content Intent is on.")
    return warn(
        ABOUT,
        "The Message Content Intent is off: I read only what mentions me, direct messages and commands.",
        "Switch on Message Content Intent under Bot in Discord's developer portal, then restart.",
    )


def _commands(known: Said, commands: Sequence[Command]) -> Finding:
    if known.status != 200:
        return _unexpected(known)
    wanted = {(one["name"], one["type"]) for one in payload(commands)}
    there = {(one["name"], one.get("type", 1)) for one in known.body}
    if wanted == there:
        return ok(ABOUT, f"All {len(wanted)} commands are registered.")
    missing = sorted(f"/{name}" for name, _ in wanted - there)
    sentence = f"Discord shows other commands than this version has ({_some(missing) or 'some too many'})."
    return warn(ABOUT, sentence, "Start Gondola: it registers them. People may need to restart Discord then.")


def _servers(servers: Said) -> list[Finding]:
    if servers.status != 200:
        return [_unexpected(servers)]
    found = [finding for server in servers.body if (finding := _server(server)) is not None]
    if not servers.body:
        mend = "Open the invite link that Gondola logs at start (discord.ready)."
        return [warn(ABOUT, "The bot is in no server yet.", mend)]
    if not found:
        return [ok(ABOUT, f"Permissions are right in all {len(servers.body)} servers (channels may differ).")]
    return found


def _server(server: dict[str, Any]) -> Finding | None:
    held = discord.Permissions(int(server.get("permissions") or 0))
    if held.administrator:
        mend = (
            "Take Administrator from the bot's role: it needs little, and what it can do, a mistake can do."
        )
        return warn(ABOUT, f"In {_name(server)} I am an administrator.", mend)
    missing = sorted(name for name, wanted in PERMISSIONS if wanted and not getattr(held, name))
    if not missing:
        return None
    names = ", ".join(name.replace("_", " ").title() for name in missing)
    vital = {"view_channel", "send_messages"} & set(missing)
    state = bad if vital else warn
    return state(
        ABOUT, f"In {_name(server)} I lack: {names}.", "Give the bot's role those permissions there."
    )


def _name(server: dict[str, Any]) -> str:
    plain = "".join(character for character in str(server.get("name", "")) if character.isprintable())
    return f"“{plain[:40]}”"


def _some(names: Sequence[str]) -> str:
    more = len(names) - _MOST_NAMED
    return ", ".join(names[:_MOST_NAMED]) + (f" and {more} more" if more > 0 else "")


def _unexpected(said: Said) -> Finding:
    mend = "Try again in a few minutes; status pages say whether Discord has trouble."
    return bad(ABOUT, f"Discord answered with status {said.status}.", mend)


def _unreachable(error: PlatformError) -> Finding:
    mend = "Check the network of this machine, its proxy and firewall, and DISCORD_BASE_URL."
    return bad(ABOUT, f"Discord cannot be reached ({error.detail}).", mend)
