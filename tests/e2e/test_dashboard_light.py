"""axe-core looks at every page of the dashboard in the light, wide and on a phone."""

from __future__ import annotations

import pytest

from tests.e2e.browser import needs_browser
from tests.e2e.deskpage import DeskPage, wrong_pages

pytestmark = needs_browser


@pytest.mark.parametrize("width", [1200, 360])
async def test_every_page_is_for_everybody(there: DeskPage, width: int) -> None:
    assert await wrong_pages(there, "light", width) == {}
