"""Parts of a page that change in place: forms, filters, what renews itself, and when nothing comes."""

from __future__ import annotations

import re
from pathlib import Path

from playwright.async_api import Browser, expect

from bot.errors import GondolaError
from tests.e2e.browser import needs_browser
from tests.e2e.deskpage import DeskPage, opened, served
from tests.integration.web.desk import ADA, BOB, HOME, PracticeDesk

pytestmark = needs_browser
UNREACHABLE = "Gondola cannot be reached just now"


async def test_a_setting_changes_in_place(there: DeskPage) -> None:
    page = there.page
    await there.goto(f"/place?scope={HOME}")
    await page.evaluate("window.sameDocument = true")
    field = page.get_by_label("max_tokens", exact=True)
    await field.fill("many")
    await page.get_by_role("button", name="Save max_tokens").click()
    await expect(page.locator("#setting-max_tokens").get_by_role("alert")).to_contain_text("no whole number")
    await expect(field).to_have_value("many")
    await expect(field).to_be_focused()
    await field.fill("900")
    await page.get_by_role("button", name="Save max_tokens").click()
    await expect(page.locator("#setting-max_tokens")).to_contain_text("saved")
    await expect(page.locator("#told")).to_have_text("max_tokens is saved")
    await expect(field).to_be_focused()
    await expect(page).to_have_url(f"{there.address}/place?scope={HOME}")
    assert await page.evaluate("window.sameDocument"), "no page was loaded for it"
    assert there.desk.values == {(HOME, "max_tokens"): "900"}
    assert [one for one in there.complaints if "422" not in one] == []


async def test_a_refusal_is_a_page_of_its_own(there: DeskPage) -> None:
    page = there.page
    await there.goto("/caps")
    there.desk.trouble = GondolaError("The database does not answer. Try again in a minute.")
    await page.get_by_label("For", exact=True).fill("bot")
    await page.get_by_label("At most", exact=True).fill("$5")
    await page.get_by_role("button", name="Set the cap").click()
    await expect(page.get_by_role("alert")).to_have_text(
        "The database does not answer. Try again in a minute."
    )
    await expect(page.locator("#main")).to_be_focused()


async def test_a_rule_changes_where_it_stands(there: DeskPage) -> None:
    page = there.page
    await there.goto("/people")
    await page.evaluate("window.sameDocument = true")
    row = page.get_by_role("row").filter(has_text=BOB[:8])
    await row.get_by_role("button", name="Shut out").press("Enter")
    await expect(row).to_contain_text("shut out")
    await expect(page.get_by_role("region", name="People")).to_be_focused()
    assert await page.evaluate("window.sameDocument"), "no page was loaded for it"
    assert there.complaints == []


async def test_a_filter_is_an_address(there: DeskPage) -> None:
    page = there.page
    await there.goto("/ledger")
    await expect(page.locator("tbody tr")).to_have_count(50)
    await page.get_by_label("Medium", exact=True).select_option("image")
    await page.get_by_role("button", name="Show", exact=True).click()
    await expect(page.locator("tbody tr")).to_have_count(40)
    await expect(page).to_have_url(f"{there.address}/ledger?medium=image")
    await page.go_back()
    await expect(page.locator("tbody tr")).to_have_count(50)
    await expect(page).to_have_url(f"{there.address}/ledger")
    kept = await page.evaluate("Object.values(sessionStorage)")
    assert kept == ["/dashboard/ledger"], "no page is kept in the browser"
    assert there.complaints == []


async def test_a_table_that_is_open_stays_open(there: DeskPage) -> None:
    page = there.page
    await there.goto("")
    await page.get_by_text("In numbers: Spend").click()
    table = page.get_by_role("region", name="Spend in numbers")
    await table.evaluate("one => one.scrollTo(0, 120)")
    there.desk.empty = False
    there.desk.cap_list.clear()
    await there.renew()
    await expect(page.get_by_text("No caps are set.")).to_be_visible()
    await expect(page.locator("details[open]")).to_have_count(1)
    await expect(page.get_by_text("In numbers: Spend")).to_be_focused()
    assert await table.evaluate("one => one.scrollTop") == 120
    assert there.complaints == []


async def test_nothing_is_renewed_under_a_focus_that_would_be_lost(there: DeskPage) -> None:
    page = there.page
    await there.goto("")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url) if request.resource_type == "xhr" else None)
    await page.locator("#overview a").first.focus()
    await there.renew()
    await page.locator("h1").click()
    assert asked == []
    await there.renew()
    await page.wait_for_timeout(50)
    assert asked == [there.address]


async def test_a_house_that_is_gone_is_said(there: DeskPage) -> None:
    page = there.page
    await there.goto("/caps")
    await page.context.set_offline(True)
    await page.get_by_label("For", exact=True).fill("bot")
    await page.get_by_label("At most", exact=True).fill("$5")
    await page.get_by_role("button", name="Set the cap").click()
    await expect(page.get_by_role("alert")).to_contain_text(UNREACHABLE)
    await expect(page.get_by_label("At most", exact=True)).to_have_value("$5")
    await page.context.set_offline(False)
    await page.get_by_role("button", name="Set the cap").click()
    await expect(page.get_by_text("The cap is set.")).to_be_visible()
    await expect(page.get_by_role("alert")).to_have_count(0)


async def test_what_renews_itself_says_when_it_cannot(there: DeskPage) -> None:
    page = there.page
    await there.goto("")
    await page.route(re.compile("/dashboard$"), lambda route: route.fulfill(status=502, body="<h1>Bad</h1>"))
    await there.renew()
    await expect(page.locator("#overview").get_by_role("alert")).to_contain_text(UNREACHABLE)
    await expect(page.locator(".tiles")).to_be_visible()
    await page.unroute_all()
    await there.renew()
    await expect(page.get_by_role("alert")).to_have_count(0)


async def test_a_session_that_ended_leads_to_the_sign_in(tmp_path: Path, browser: Browser) -> None:
    kept = PracticeDesk()
    async with served(tmp_path, kept, host="0.0.0.0") as address:
        there = await opened(browser, kept, address)
        page = there.page
        await there.goto("/sign-in?token=owner-token")
        await page.get_by_role("button", name="Sign in on this browser").click()
        await expect(page.get_by_role("heading", name="Overview", level=1)).to_be_visible()
        kept.gone.add(ADA)
        await there.renew()
        await expect(page.get_by_role("heading", name="Sign in to the dashboard")).to_be_visible()
        await expect(page.get_by_role("navigation")).to_have_count(0)
