"""Hosts that no public address names: private ones and this machine, also in disguise."""

from __future__ import annotations

import ipaddress
import re

NUMERIC = re.compile(r"\d+|0x[0-9a-f]*")
_INTERNAL = (".local", ".internal", ".localhost", ".lan")
_TRANSLATED = tuple(ipaddress.IPv6Network(one) for one in ("64:ff9b::/96", "64:ff9b:1::/48", "::/96"))
"""IPv6 addresses whose last four bytes are an IPv4 address."""


def is_private(host: str) -> bool:
    """Whether a host, in lower case, is no public one by its looks. A public name may still lead to a private
    address, which whoever opens it has to find out."""
    try:
        return _private(ipaddress.ip_address(host))
    except ValueError:
        # 127.1 and 0x7f.1 are addresses to some resolvers; no public name ends in a number.
        numeric = NUMERIC.fullmatch(host.rpartition(".")[2]) is not None
        return numeric or "." not in host or host.endswith(_INTERNAL)


def _private(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> bool:
    inner = _inner(address) if isinstance(address, ipaddress.IPv6Address) else None
    return not address.is_global or (inner is not None and not inner.is_global)


def _inner(address: ipaddress.IPv6Address) -> ipaddress.IPv4Address | None:
    """The IPv4 address that an IPv6 one stands for."""
    if any(address in network for network in _TRANSLATED):
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address.sixtofour
