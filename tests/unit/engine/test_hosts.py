"""Addresses in what the web found were written by strangers."""

from __future__ import annotations

import pytest

from bot.engine.research.research import host_of


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("https://Example.org:8080/a", "example.org"),
        ("http://[::1", ""),
        ("http://[x]/", ""),
        ("javascript:alert(1)", ""),
        ("", ""),
    ],
)
def test_a_host_is_found_or_none_is(url: str, host: str) -> None:
    assert host_of(url) == host
