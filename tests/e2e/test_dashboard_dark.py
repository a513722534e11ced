"""axe-core looks at every page of the dashboard in the dark, wide and on a phone."""

from __future__ import annotations

import pytest

from tests.e2e.accessible import faults
from tests.e2e.browser import needs_browser
from tests.e2e.deskpage import PAGES, DeskPage

pytestmark = needs_browser


@pytest.mark.parametrize("width", [1200, 360])
async def test_every_page_is_for_everybody(there: DeskPage, width: int) -> None:
    await there.page.emulate_media(color_scheme="dark")
    await there.page.set_viewport_size({"width": width, "height": 760})
    del there.desk.lines[12:]  # one row of each kind is looked at as well as fifty, in a fifth of the time
    wrong: dict[str, list[str]] = {}
    for path in PAGES:
        await there.goto(path)
        if found := await faults(there.page):
            wrong[path] = found
    assert wrong == {}
