"""Whose request it is, by address: the socket's, or where the operator's proxy stands before it, the one that
the proxy names."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Sequence

from starlette.requests import HTTPConnection

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network
FORWARDED = "x-forwarded-for"
_OWN_NET = 64
"""Bits of an IPv6 address that one subscriber has for themselves; they choose the others as they like."""


class Peers:
    """`trusted` are the operator's proxies. Only what they add to the header is believed: each adds at its
    end who it heard from, so the last address that is none of theirs is the visitor's, whatever stands
    before."""

    def __init__(self, trusted: Iterable[str] = ()) -> None:
        """Addresses and networks. Raises ValueError for what is none."""
        self._trusted: Sequence[Network] = [ipaddress.ip_network(one) for one in trusted]

    def of(self, request: HTTPConnection) -> str:
        """The visitor's address, of IPv6 their network; "" where there is none."""
        socket = address_of(request.client.host) if request.client else None
        if socket is None:
            return ""
        found = socket
        if self._is_proxy(socket):
            header = ",".join(request.headers.getlist(FORWARDED))
            for hop in reversed(header.split(",")):
                heard = address_of(hop)
                if heard is None:
                    break
                found = heard
                if not self._is_proxy(heard):
                    break
        return named(found)

    def _is_proxy(self, address: Address) -> bool:
        return any(address in network for network in self._trusted)


def address_of(text: str) -> Address | None:
    """An address as proxies write it: also in brackets, with a port or a zone. An IPv4 address in an IPv6 one
    is the former."""
    bare = text.strip()
    if bare.startswith("["):
        bare = bare[1:].partition("]")[0]
    elif bare.count(":") == 1:
        bare = bare.partition(":")[0]
    try:
        found = ipaddress.ip_address(bare.partition("%")[0])
    except ValueError:
        return None
    return (found.ipv4_mapped or found) if isinstance(found, ipaddress.IPv6Address) else found


def named(address: Address) -> str:
    """An address as tries are counted by."""
    if isinstance(address, ipaddress.IPv4Address):
        return str(address)
    return str(ipaddress.ip_network((address, _OWN_NET), strict=False))
