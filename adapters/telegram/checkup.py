"""What `gondola doctor` asks Telegram: only calls that take no update away from a running bot."""

from __future__ import annotations

import time
from typing import Any

from adapters.probe import Said, ask
from adapters.telegram.polling import ALLOWED_UPDATES
from adapters.telegram.request import CLOUD
from bot.errors import PlatformError
from bot.findings import Checkup, Finding, bad, ok, warn

ABOUT = "Telegram"
_MANY_WAITING = 100
_LATELY = 3600.0
"""Seconds; Telegram tells the last error however old it is."""


async def check(token: str, base_url: str, hook: str) -> Checkup:
    """Token, privacy mode, webhook leftovers, kinds of updates. `hook` is the address Telegram shall post to,
    "" where it is polled."""
    root = f"{(base_url or CLOUD).rstrip('/')}/bot{token}"
    try:
        me = await ask(f"{root}/getMe")
        if me.status in (401, 404):
            mend = "Copy the bot's token anew from @BotFather into TELEGRAM_TOKEN."
            return Checkup((bad(ABOUT, "Telegram refuses the token.", mend),), me.ahead)
        webhook = await ask(f"{root}/getWebhookInfo")
    except PlatformError as error:
        mend = "Check the network of this machine, its proxy and firewall, and TELEGRAM_BASE_URL."
        return Checkup((bad(ABOUT, f"Telegram cannot be reached ({error.detail}).", mend),))
    for said in (me, webhook):
        if said.status != 200 or not isinstance(said.body, dict):
            return Checkup((_unexpected(said),), me.ahead)
    bot, info = me.body["result"], webhook.body["result"]
    return Checkup(
        (ok(ABOUT, f"The token is @{bot.get('username', '')}'s."), _privacy(bot), *_intake(info, hook)),
        me.ahead,
    )


def _privacy(bot: dict[str, Any]) -> Finding:
    if not bot.get("can_join_groups", True):
        mend = "Send @BotFather /setjoingroups and enable it, if the bot shall work in groups."
        return warn(ABOUT, "The bot cannot be added to groups.", mend)
    if bot.get("can_read_all_group_messages"):
        return ok(ABOUT, "Privacy mode is off: in groups I see every message.")
    return warn(
        ABOUT,
        "Privacy mode is on: in groups where I am no administrator I see only commands, mentions and replies "
        "to me.",
        "That is enough for the setting activation = mention. For more, send @BotFather /setprivacy, disable "
        "it, and add the bot to its groups anew; or make it an administrator.",
    )


def _intake(info: dict[str, Any], hook: str) -> list[Finding]:
    url = str(info.get("url") or "")
    if hook:
        return _posted(info, url, hook)
    if url:
        mend = "Start Gondola, which takes it away; if it comes back, another program uses the same token."
        return [bad(ABOUT, "A webhook is set: while it is, no message reaches me.", mend)]
    findings: list[Finding] = []
    missing = sorted(set(ALLOWED_UPDATES) - set(info["allowed_updates"])) if "allowed_updates" in info else []
    if missing:
        sentence = f"Telegram was last asked by a program that does not want {', '.join(missing)}."
        mend = "Start Gondola, which asks for all it needs; if it runs, another program uses the same token."
        findings.append(warn(ABOUT, sentence, mend))
    waiting = int(info.get("pending_update_count") or 0)
    if waiting > _MANY_WAITING:
        mend = "Start Gondola; if it runs, look for telegram.poll_failed in its log."
        findings.append(warn(ABOUT, f"{waiting} updates wait to be fetched.", mend))
    return findings or [ok(ABOUT, "No webhook is in the way, and nothing is stuck.")]


def _posted(info: dict[str, Any], url: str, hook: str) -> list[Finding]:
    if url != hook:
        mend = "Start Gondola, which sets it; if it is another one then, another program uses the same token."
        return [warn(ABOUT, "Telegram does not post to this house (yet).", mend)]
    if time.time() - int(info.get("last_error_date") or 0) < _LATELY:
        mend = "See that GONDOLA_PUBLIC_URL leads to GONDOLA_HTTP from outside, with a valid certificate."
        return [warn(ABOUT, "Telegram lately failed to post to this house.", mend)]
    return [ok(ABOUT, "Telegram posts to this house.")]


def _unexpected(said: Said) -> Finding:
    return bad(ABOUT, f"Telegram answered with status {said.status}.", "Try again in a few minutes.")
