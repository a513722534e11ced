"""What operators install: the unit files, and what the program tells systemd."""

from __future__ import annotations

import asyncio
import os
import re
import shutil
import signal
import socket
import subprocess
from pathlib import Path

import pytest

from bot.app import serve
from bot.notify import READY, tell_systemd
from bot.settings import load_configuration

DEPLOY = Path(__file__).parents[3] / "deploy"
UNITS = ("gondola.service", "gondola-backup.service", "gondola-backup.timer")
MOST_EXPOSED = 1.2
"""Out of ten; what is left is the network and this machine's file tree, which it reads."""

analyzed = pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="needs systemd-analyze")


def analyze(*arguments: str) -> subprocess.CompletedProcess[str]:
    """The output of systemd-analyze."""
    return subprocess.run(["systemd-analyze", *arguments], capture_output=True, text=True, check=False)


@analyzed
def test_systemd_understands_every_unit(tmp_path: Path) -> None:
    for name in UNITS:
        # It also wants the program to exist.
        unit = (DEPLOY / name).read_text().replace("/opt/gondola/bin/gondola", "/bin/true")
        (tmp_path / name).write_text(unit)
    verdict = analyze("verify", *(str(tmp_path / name) for name in UNITS))
    assert (verdict.returncode, verdict.stdout + verdict.stderr) == (0, "")


@analyzed
@pytest.mark.parametrize("name", UNITS[:2])
def test_services_can_do_little_else(name: str) -> None:
    verdict = analyze("security", "--offline=true", "--no-pager", str(DEPLOY / name))
    found = re.search(r"exposure level for \S+: ([0-9.]+)", verdict.stdout)
    assert found is not None, verdict.stderr
    assert float(found[1]) <= MOST_EXPOSED


def test_both_services_are_locked_up_alike() -> None:
    """The backup runs as the same user in the same folder."""

    def locks(name: str) -> set[str]:
        lines = (DEPLOY / name).read_text().splitlines()
        start = next(number for number, line in enumerate(lines) if line.startswith("DynamicUser"))
        return {line for line in lines[start:] if "=" in line and not line.startswith("WantedBy")}

    assert locks(UNITS[0]) == locks(UNITS[1])
    assert len(locks(UNITS[0])) > 25


async def test_systemd_hears_when_the_page_is_open_and_when_it_closes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    configuration = load_configuration(
        {"GONDOLA_DATA_DIR": str(tmp_path / "data"), "GONDOLA_HTTP": "127.0.0.1:0"}
    )
    loop = asyncio.get_running_loop()
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as heard:
        heard.bind(str(tmp_path / "notify"))
        heard.setblocking(False)
        monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "notify"))
        said: list[str] = []
        running = asyncio.create_task(serve(configuration, announce=said.append))
        async with asyncio.timeout(30):
            assert await loop.sock_recv(heard, 100) == b"READY=1"
            assert said[0].startswith("Gondola is open at")
            os.kill(os.getpid(), signal.SIGTERM)
            assert await loop.sock_recv(heard, 100) == b"STOPPING=1"
            await running
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.remove_signal_handler(number)


async def test_a_supervisor_that_is_gone_is_only_missed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "nobody"))
    tell_systemd(READY)
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as heard:
        heard.bind(f"\0gondola-test-{os.getpid()}")
        monkeypatch.setenv("NOTIFY_SOCKET", f"@gondola-test-{os.getpid()}")
        tell_systemd(READY)
        assert heard.recv(100) == b"READY=1"
