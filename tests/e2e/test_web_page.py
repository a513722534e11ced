"""The page in a real browser: Debian's Chromium, driven by Playwright."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import Browser, BrowserContext, Page, expect

from adapters.web.adapter import WebAdapter
from bot.records import HistoryItem, Role
from tests.e2e.browser import Window, needs_browser
from tests.integration.web.front import PracticeFront, picture

pytestmark = needs_browser


@pytest.fixture
async def front(tmp_path: Path) -> AsyncIterator[PracticeFront]:
    """The engine; the page's address is in its marks."""
    front = PracticeFront()
    adapter = WebAdapter(front, host="127.0.0.1", port=0, data_dir=tmp_path, clock=time.time, demo=True)
    front.door = adapter.door
    task = asyncio.create_task(adapter.run(), name="page")
    await adapter.started.wait()
    front.marks["url"] = adapter.url
    yield front
    await front.settle()
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def look(context: BrowserContext, front: PracticeFront) -> Window:
    window = Window(await context.new_page())
    await window.page.goto(front.marks["url"])
    return window


@pytest.fixture
async def window(browser: Browser, front: PracticeFront) -> AsyncIterator[Window]:
    """A desktop window, which must not complain about anything."""
    context = await browser.new_context(viewport={"width": 1100, "height": 800}, color_scheme="light")
    opened = await look(context, front)
    yield opened
    assert opened.complaints == []
    await context.close()


async def scroll_gap(page: Page) -> float:
    """Pixels between what is shown and the end of the conversation."""
    return await page.evaluate(
        "() => { const s = document.getElementById('scroller');"
        " return s.scrollHeight - s.scrollTop - s.clientHeight; }"
    )


async def test_a_message_is_answered_word_by_word(window: Window, front: PracticeFront) -> None:
    page = window.page
    front.pace = 0.03
    await window.picture_of_it("empty")
    await page.get_by_role("button", name=re.compile("Chat")).click()
    await expect(page.get_by_label("Message", exact=True)).to_have_value("Explain tides to a ten-year-old")
    await page.get_by_label("Message", exact=True).press("Enter")
    await expect(page.locator(".mine")).to_have_text("Explain tides to a ten-year-old")
    await expect(page.locator(".theirs strong")).to_have_text("breathing")
    assert "watch the rim" not in await page.locator(".theirs").inner_text(), "it is still being written"
    await window.picture_of_it("streaming")
    await expect(page.locator(".theirs")).to_contain_text("watch the rim.")
    await expect(page.locator(".theirs li")).to_have_count(2)
    await expect(page.get_by_role("heading", name="Where shall we row today?")).to_be_hidden()
    await expect(page.get_by_label("Message", exact=True)).to_have_value("")
    await expect(page.locator("#announcer")).to_contain_text("Gondola: The tide is the sea breathing")


async def test_shift_enter_makes_a_line(window: Window, front: PracticeFront) -> None:
    box = window.page.get_by_label("Message", exact=True)
    before = await box.bounding_box()
    await box.press_sequentially("one")
    await box.press("Shift+Enter")
    await box.press_sequentially("two")
    after = await box.bounding_box()
    assert before is not None
    assert after is not None
    assert after["height"] > before["height"]
    await box.press("Enter")
    await expect(window.page.locator(".mine .words")).to_have_text("one\ntwo")
    assert front.events[0].text == "one\ntwo"


async def test_the_palette_by_keyboard(window: Window, front: PracticeFront) -> None:
    page, box = window.page, window.page.get_by_label("Message", exact=True)
    options = page.get_by_role("option")
    await box.press_sequentially("/")
    await expect(options).to_have_count(6)
    await window.picture_of_it("palette")
    await expect(options.first).to_have_attribute("aria-selected", "true")
    await box.press("ArrowDown")
    await expect(page.get_by_role("option", name="/image")).to_have_attribute("aria-selected", "true")
    await expect(box).to_have_attribute("aria-activedescendant", "suggestion-1")
    await box.press("Enter")
    await expect(box).to_have_value("/image ")
    await expect(page.locator("#palette-hint")).to_contain_text("/image <prompt>")
    await box.press_sequentially("a gondola si")
    await expect(options).to_have_count(1)
    await box.press("Tab")
    await expect(box).to_have_value("/image a gondola size=")
    await expect(options).to_have_count(3)
    await box.press("ArrowUp")
    await box.press("Enter")
    await expect(box).to_have_value("/image a gondola size=tall ")
    await box.press_sequentially("model=qw")
    await expect(options).to_have_text(["qwen-coder"])
    await window.picture_of_it("completion")
    await box.press("Tab")
    await box.press("Enter")
    await expect(page.locator(".mine")).to_contain_text("/image a gondola size=tall model=qwen-coder")
    [event] = front.events
    assert event.command is not None
    assert event.command.options == {"prompt": "a gondola", "size": "tall", "model": "qwen-coder"}
    await expect(page.locator("#palette")).to_be_hidden()


async def test_escape_closes_the_palette_and_a_whole_command_is_sent(
    window: Window, front: PracticeFront
) -> None:
    page, box = window.page, window.page.get_by_label("Message", exact=True)
    await box.press_sequentially("/st")
    await expect(page.get_by_role("option")).to_have_count(1)
    await box.press("Escape")
    await expect(page.locator("#palette")).to_be_hidden()
    await expect(box).to_have_value("/st")
    await box.press_sequentially("op")
    await box.press("Enter")
    await expect(page.locator(".theirs")).to_contain_text("Command /stop")
    assert len(front.events) == 1


async def test_a_mistyped_command_is_explained(window: Window) -> None:
    await window.say("/imagine a boat")
    await expect(window.page.locator(".notice")).to_contain_text("Did you mean /image?")


async def test_a_picture_and_a_voice_appear(window: Window) -> None:
    page = window.page
    await window.say("/image a gondola at dawn")
    image = page.get_by_role("img", name="a gondola at dawn")
    await expect(image).to_be_visible()
    await expect(image).to_have_js_property("naturalWidth", 768)
    await expect(page.get_by_role("link", name="Download gondola.png")).to_have_attribute(
        "href", re.compile("^/media/")
    )
    await window.picture_of_it("picture")
    await window.say("/voice Good morning")
    await expect(page.locator("audio")).to_have_js_property("duration", 1)
    await page.wait_for_timeout(100)
    assert await scroll_gap(page) < 3, "the newest message is in view"
    await window.picture_of_it("voice")


async def test_a_hidden_picture_waits_to_be_shown(window: Window) -> None:
    page = window.page
    await window.say("/image a gondola --hide")
    await expect(page.locator(".veiled")).to_have_count(1)
    await page.get_by_role("button", name="Show picture").click()
    await expect(page.locator(".veiled")).to_have_count(0)


async def test_markdown_is_dressed(window: Window) -> None:
    page = window.page
    await page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    await window.say("showcase")
    await expect(page.locator(".prose table tr")).to_have_count(4)
    await window.picture_of_it("markdown")
    await page.get_by_role("button", name="Copy").click()
    await expect(page.get_by_role("button", name="Copied")).to_be_visible()
    assert (await page.evaluate("navigator.clipboard.readText()")).startswith("def stroke")
    source = page.get_by_role("link", name="Source 1, example.org")
    await expect(source).to_have_attribute("rel", re.compile("noopener"))
    assert await page.evaluate("getComputedStyle(document.querySelector('td.right')).textAlign") == "right"


async def test_buttons_are_pressed(window: Window, front: PracticeFront) -> None:
    await window.say("buttons")
    await window.page.get_by_role("button", name="Yes, go").click()
    await expect(window.page.locator(".theirs").last).to_contain_text("You pressed yes.")
    assert await window.page.get_by_role("link", name="Read").get_attribute("target") == "_blank"


async def test_files_are_attached_with_a_preview(
    window: Window, front: PracticeFront, tmp_path: Path
) -> None:
    page = window.page
    front.silent = True
    photo = tmp_path / "holiday.png"
    photo.write_bytes(picture(64, 48))
    async with page.expect_file_chooser() as chosen:
        await page.get_by_role("button", name="Attach files").click()
    await (await chosen.value).set_files([photo, photo])
    await expect(page.locator("#tray li")).to_have_count(2)
    await window.picture_of_it("attached")
    await page.get_by_role("button", name="Remove holiday.png").first.click()
    await expect(page.locator("#tray li")).to_have_count(1)
    await window.say("Where is this?")
    await expect(page.locator(".mine img")).to_have_count(1)
    await expect(page.locator("#tray")).to_be_hidden()
    assert front.events[0].attachments[0].name == "holiday.png"


async def test_pasted_pictures_and_too_large_files(window: Window) -> None:
    page = window.page
    paste = """(size) => {
        const data = new DataTransfer();
        data.items.add(new File([new Uint8Array(size)], "clip.png", { type: "image/png" }));
        dispatchEvent(new ClipboardEvent("paste", { clipboardData: data, bubbles: true, cancelable: true }));
    }"""
    await page.evaluate(paste, 26_000_000)
    await expect(page.get_by_role("alert")).to_contain_text("25 MB")
    await expect(page.locator("#tray li")).to_have_count(0)
    await page.evaluate(paste, 100)
    await expect(page.locator("#tray li")).to_have_count(1)
    await expect(page.get_by_role("alert")).to_be_hidden()


async def test_a_second_tab_follows_and_a_reload_keeps_everything(
    window: Window, front: PracticeFront
) -> None:
    second = await look(window.page.context, front)
    await window.say("How do tides work?")
    await expect(second.page.locator(".theirs")).to_contain_text("watch the rim.")
    await second.page.reload()
    await expect(second.page.locator(".message")).to_have_count(2)
    assert second.complaints == []


async def test_a_reader_who_scrolled_up_stays_there(window: Window, front: PracticeFront) -> None:
    page = window.page
    for _ in range(3):
        await window.say("showcase")
    await expect(page.locator(".theirs")).to_have_count(3)
    front.pace = 0.02
    await window.say("How do tides work?")
    await expect(page.locator(".theirs").nth(3)).to_be_visible()
    assert await scroll_gap(page) < 3
    await page.mouse.move(500, 300)
    await page.mouse.wheel(0, -900)
    await expect(page.get_by_role("button", name="Newest messages")).to_be_visible()
    top = await page.evaluate("document.getElementById('scroller').scrollTop")
    await expect(page.locator(".theirs").nth(3)).to_contain_text("watch the rim.")
    assert await page.evaluate("document.getElementById('scroller').scrollTop") == top
    await page.get_by_role("button", name="Newest messages").click()
    await expect(page.get_by_role("button", name="Newest messages")).to_be_hidden()
    assert await scroll_gap(page) < 3


async def test_finished_blocks_are_left_alone_while_the_rest_streams(
    window: Window, front: PracticeFront
) -> None:
    page = window.page
    front.pace = 0.02
    await window.say("How do tides work?")
    await expect(page.locator(".theirs p").nth(1)).to_contain_text("The Moon")
    await page.evaluate("document.querySelector('.theirs .prose p').dataset.kept = 'yes'")
    await expect(page.locator(".theirs")).to_contain_text("watch the rim.")
    assert await page.locator(".theirs p").first.get_attribute("data-kept") == "yes"


async def test_what_could_not_be_sent_stays_in_the_box(window: Window, front: PracticeFront) -> None:
    page = window.page
    await page.context.set_offline(True)
    await window.say("Do not lose me")
    await expect(page.get_by_role("alert")).to_contain_text("cannot be reached")
    await expect(page.get_by_label("Message", exact=True)).to_have_value("Do not lose me")
    await page.context.set_offline(False)
    await page.get_by_role("button", name="Send").click()
    await expect(page.locator(".mine")).to_have_text("Do not lose me")
    await expect(page.get_by_label("Message", exact=True)).to_have_value("")
    assert len(front.events) == 1
    window.complaints = [one for one in window.complaints if "ERR_INTERNET_DISCONNECTED" not in one]


async def test_a_restart_of_the_program_is_survived(
    window: Window, front: PracticeFront, tmp_path: Path
) -> None:
    page = window.page
    await window.say("/image a gondola at dawn")
    await expect(page.locator(".theirs img")).to_be_visible()
    running = next(task for task in asyncio.all_tasks() if task.get_name() == "page")
    running.cancel()
    await asyncio.wait({running})
    await expect(page.get_by_role("alert")).to_contain_text("The connection is gone")
    port = int(front.marks["url"].rstrip("/").rpartition(":")[2])
    adapter = WebAdapter(front, host="127.0.0.1", port=port, data_dir=tmp_path, clock=time.time)
    front.door = adapter.door
    where = front.events[0].place.conversation
    front.past = [HistoryItem(where, Role.PERSON, "from the memory", 1.0)]
    again = asyncio.create_task(adapter.run())
    await expect(page.get_by_role("alert")).to_be_hidden()
    await window.say("/stop")
    await expect(page.locator(".theirs").last).to_contain_text("Command /stop")
    await expect(page.locator(".message")).to_have_count(4)
    await page.reload()
    await expect(page.get_by_text("from the memory")).to_be_visible()
    await expect(page.locator(".theirs img")).to_have_count(1)
    window.complaints = [one for one in window.complaints if "ERR_CONNECTION_REFUSED" not in one]
    await page.goto("about:blank")
    again.cancel()
    await asyncio.wait({again})


async def test_dark_follows_the_system_and_can_be_chosen(browser: Browser, front: PracticeFront) -> None:
    context = await browser.new_context(viewport={"width": 1100, "height": 800}, color_scheme="dark")
    window = await look(context, front)
    ground = "getComputedStyle(document.body).backgroundColor"
    assert await window.page.evaluate(ground) == "rgb(16, 21, 24)"
    await window.say("showcase")
    await expect(window.page.locator(".theirs table")).to_be_visible()
    await window.picture_of_it("dark")
    await window.page.get_by_role("button", name="Dark theme").click()
    assert await window.page.evaluate(ground) == "rgb(250, 249, 246)"
    await window.page.reload()
    assert await window.page.evaluate(ground) == "rgb(250, 249, 246)"
    assert window.complaints == []
    await context.close()


async def test_a_small_phone(browser: Browser, front: PracticeFront) -> None:
    context = await browser.new_context(
        viewport={"width": 360, "height": 640}, has_touch=True, is_mobile=True, device_scale_factor=2
    )
    window = await look(context, front)
    page = window.page
    await window.picture_of_it("phone-empty")
    await page.locator("summary").click()
    await expect(page.get_by_text("VENICE_API_KEY", exact=True)).to_be_in_viewport()
    await window.picture_of_it("phone-demo")
    for text in ("showcase", "/image a gondola", "/voice hello", "buttons", "word" * 200):
        await window.say(text)
    await expect(page.locator(".theirs")).to_have_count(5)
    await page.wait_for_timeout(200)
    await window.picture_of_it("phone")
    assert await page.evaluate("document.documentElement.scrollWidth") == 360
    assert await page.evaluate("document.getElementById('scroller').scrollWidth") == 360
    assert window.complaints == []
    await context.close()


async def test_by_keyboard_alone(window: Window) -> None:
    page = window.page
    passed: list[str] = []
    while "skip" not in passed and len(passed) < 20:
        await page.keyboard.press("Shift+Tab")
        passed.append(await page.evaluate("document.activeElement.id || document.activeElement.className"))
    assert passed == ["attach", *["example"] * 4, "scroller", "theme", "", "brand", "skip"]
    await window.picture_of_it("skip")
    await page.keyboard.press("Enter")
    await expect(page.get_by_label("Message", exact=True)).to_be_focused()


async def test_signing_in(browser: Browser, tmp_path: Path) -> None:
    front = PracticeFront()
    adapter = WebAdapter(
        front, host="0.0.0.0", port=0, data_dir=tmp_path, clock=time.time, sign_in_code="once-only"
    )
    front.door = adapter.door
    task = asyncio.create_task(adapter.run())
    await adapter.started.wait()
    context = await browser.new_context(viewport={"width": 900, "height": 600})
    window = Window(await context.new_page())
    answer = await window.page.goto(f"http://127.0.0.1:{adapter.port}/")
    assert answer is not None
    assert answer.status == 403
    await window.picture_of_it("locked")
    window.complaints.clear()  # the browser notes the 403
    await window.page.goto(adapter.url)
    await window.picture_of_it("sign-in")
    await window.page.get_by_role("button", name="Sign in on this browser").click()
    await expect(window.page.get_by_role("heading", name="Where shall we row today?")).to_be_visible()
    assert "code" not in window.page.url
    await window.say("showcase")
    await expect(window.page.locator(".theirs")).to_contain_text("lagoon")
    assert window.complaints == []
    await context.close()
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
