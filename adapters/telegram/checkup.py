"""What `gondola doctor` asks Telegram: only calls that take no update away from a running bot."""

from __future__ import annotations

from typing import Any

from adapters.probe import Said, ask
from adapters.telegram.polling import ALLOWED_UPDATES
from adapters.telegram.request import CLOUD
from bot.errors import PlatformError
from bot.findings import Checkup, Finding, bad, ok, warn

ABOUT = "Telegram"
_MANY_WAITING = 100


async def check(token: str, base_url: str) -> Checkup:
    """Token, privacy mode, webhook leftovers, kinds of updates."""
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
        (ok(ABOUT, f"The token is @{bot.get('username', '')}'s."), _privacy(bot), *_intake(info)), me.ahead
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


def _intake(info: dict[str, Any]) -> list[Finding]:
    if info.get("url"):
        mend = "Stop what set it and call deleteWebhook, or send @BotFather /revoke for a new token."
        return [bad(ABOUT, "A webhook of another program is set, so no message reaches me.", mend)]
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


def _unexpected(said: Said) -> Finding:
    return bad(ABOUT, f"Telegram answered with status {said.status}.", "Try again in a few minutes.")
