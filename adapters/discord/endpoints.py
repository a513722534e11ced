"""Where discord.py finds Discord: the one place that assigns to the library.

It knows its addresses only as class attributes, one for the REST interface and one for the gateway.
"""

from __future__ import annotations

import yarl
from discord.gateway import DiscordWebSocket
from discord.http import HTTPClient, Route

REST = Route.BASE
GATEWAY = DiscordWebSocket.DEFAULT_GATEWAY


def point_rest(base_url: str) -> None:
    """Before login: REST calls go to `base_url` (…/api/v10), without one to Discord itself."""
    Route.BASE = base_url.rstrip("/") or REST


async def point_gateway(http: HTTPClient, base_url: str) -> None:
    """After login and before connecting: a server of one's own is asked where its gateway is. Raises
    discord.GatewayNotFound."""
    address = GATEWAY
    if base_url:
        _, url, _ = await http.get_bot_gateway()
        address = yarl.URL(url)
    DiscordWebSocket.DEFAULT_GATEWAY = address
