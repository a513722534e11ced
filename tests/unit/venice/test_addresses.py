"""No address leads into the house: not one that people name, nor one that an answer names."""

from __future__ import annotations

import pytest

from bot.errors import VeniceError
from bot.venice.addresses import is_private
from bot.venice.augment import page_address
from bot.venice.http import Wire

PRIVATE = (
    *("127.0.0.1", "127.1", "0", "2130706433", "0x7f000001", "0177.0.0.1", "0x7f.1", "localhost", "printer"),
    *("10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0", "192.0.2.1"),
    *(
        "::1",
        "::",
        "::ffff:127.0.0.1",
        "::ffff:7f00:1",
        "::127.0.0.1",
        "fe80::1",
        "fc00::1",
        "64:ff9b::7f00:1",
    ),
    *(
        "64:ff9b:1::a00:1",
        "2002:7f00:1::",
        "2002:a9fe:a9fe::1",
        "box.local",
        "metadata.google.internal",
        "a.lan",
    ),
)
PUBLIC = ("example.org", "8.8.8.8", "2606:4700::1111", "64:ff9b::808:808", "2002:808:808::1", "1.example.org")


@pytest.mark.parametrize("host", PRIVATE)
def test_private_hosts_in_every_dress(host: str) -> None:
    assert is_private(host)
    shown = f"[{host}]" if ":" in host else host
    with pytest.raises(VeniceError):
        page_address(f"https://{shown}/")


@pytest.mark.parametrize("host", PUBLIC)
def test_public_hosts(host: str) -> None:
    assert not is_private(host)


@pytest.mark.parametrize(
    "url",
    [
        *(f"https://{f'[{host}]' if ':' in host else host}/film" for host in PRIVATE),
        "http://media.example.org/film",
        "https://api.venice.ai@127.0.0.1/film",
        "https://user:word@media.example.org/film",
        "file:///etc/passwd",
        "https://",
        "https://[::1",
        "ftp://media.example.org/film",
    ],
)
async def test_a_film_is_fetched_from_no_private_address(url: str) -> None:
    wire = Wire("https://api.venice.ai/api/v1", lambda: "key")
    try:
        with pytest.raises(VeniceError) as caught:
            await wire.elsewhere("GET", url)
        assert "address of a private host" in caught.value.detail
    finally:
        await wire.aclose()
