"""What keyboards, screen readers and tired eyes need of a page, checked in the browser: axe-core, and what it
leaves to people."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

from playwright.async_api import Page

_HERE = Path(__file__).parent
_VENDOR = _HERE / "vendor"
_RULES = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice")
_RUN = """async (tags) => {
  const { violations } = await axe.run(document, { runOnly: tags, resultTypes: ["violations"] });
  return violations.flatMap(({ id, help, nodes }) =>
    nodes.map((node) => `${id}: ${help}: ${node.html.slice(0, 120)} (${node.failureSummary})`));
}"""


def _axe() -> str:
    """The script, as its README names it."""
    whole = (_VENDOR / "axe.min.js").read_bytes()
    named = re.findall(
        r"axe\.min\.js.*\b([0-9a-f]{64})\b", (_VENDOR / "README.md").read_text(encoding="utf-8")
    )
    if named != [hashlib.sha256(whole).hexdigest()]:
        raise ValueError(
            "axe.min.js is not the file tests/e2e/vendor/README.md names: fetch that version again."
        )
    return whole.decode("utf-8")


_AXE = _axe()
_OURS = (_HERE / "accessible.js").read_text(encoding="utf-8")


async def faults(page: Page) -> list[str]:
    """What is wrong with the page as it is shown now; empty when nothing is."""
    await page.evaluate(_AXE)
    found: list[str] = await page.evaluate(_RUN, list(_RULES))
    return found + await page.evaluate(_OURS)
