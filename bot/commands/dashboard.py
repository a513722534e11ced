"""/dashboard: a link to the page that shows how the house is doing."""

from __future__ import annotations

from bot.commands.services import Services
from bot.dashboard import SIGN_IN_SECONDS
from bot.declarations import Command
from bot.engine.turns.registry import Bound
from bot.engine.turns.turn import Turn

DASHBOARD = Command(
    "dashboard",
    "Get a link to the page with figures, settings and caps, for owners and those who manage a server.",
    private_reply=True,
)
_ONCE = f"It works once, within {SIGN_IN_SECONDS / 60:.0f} minutes, and only for you: pass it on to nobody."
_LOCAL = (
    "It opens on the machine this bot runs on only; set GONDOLA_PUBLIC_URL to reach the page from elsewhere."
)


def bound(services: Services) -> list[Bound]:
    """The commands of this group."""

    async def dashboard(turn: Turn) -> None:
        if turn.incoming.trusted:  # the page itself is where this visitor already is
            turn.say(f"The dashboard is at {services.sign_in.page}/dashboard")
            return
        services.aside.require(turn)
        link = await services.sign_in.make(turn)
        what = "this server's dashboard" if link.server else "the dashboard"
        words = f"Here is your way into {what}: {link.url}\n\n{_ONCE}"
        await services.aside.whisper(turn, f"{words}\n\n{_LOCAL}" if link.local else words)

    return [Bound(DASHBOARD, dashboard)]
