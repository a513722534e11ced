"""How the house is set up: who owns it, who may come in, what may be spent."""

from __future__ import annotations

from bot.findings import Finding, bad, ok, warn
from bot.settings import Configuration


def owners(configuration: Configuration, stored: int | None) -> Finding:
    """Somebody must own a house with chat platforms. `stored` is how many have claimed it (None: unknown)."""
    count = len(configuration.owners) + (stored or 0)
    if count:
        return ok("Owners", f"{count} set.")
    if not _platforms(configuration):
        return ok("Owners", "Nobody yet; the page on this machine needs none.")
    mend = "Send the bot /claim with the code printed at start, or set GONDOLA_OWNERS."
    return warn("Owners", "Nobody owns this house, so nobody can let people in or set caps.", mend)


def spending(configuration: Configuration, has_bot_cap: bool | None) -> Finding:
    """A cap for everything together. `has_bot_cap` is None before the first start, which sets one."""
    if has_bot_cap is None or has_bot_cap:
        return ok(
            "Spending", "A cap for the whole bot holds." if has_bot_cap else "The first start sets a cap."
        )
    open_house = configuration.gondola_access == "open"
    mend = "Set one with /caps, for example $10 a day for the whole bot."
    return (bad if open_house else warn)("Spending", "There is no cap for the whole bot.", mend)


def access(configuration: Configuration) -> Finding:
    """Closed or open."""
    if configuration.gondola_access == "open":
        mend = "Unset GONDOLA_ACCESS for a closed house, if that is not meant."
        return warn("Access", "Everybody who can reach the bot may use it, within the caps.", mend)
    return ok("Access", "Closed: only whom an owner lets in.")


def _platforms(configuration: Configuration) -> bool:
    tokens = (configuration.discord_token, configuration.telegram_token)
    return any(token.get_secret_value() for token in tokens)
