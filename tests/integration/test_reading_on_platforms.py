"""Research and /read through the real adapters: a cited brief, a page, and a document in reply."""

from __future__ import annotations

from pathlib import Path

from bot.demo import DemoVenice
from tests.integration.platforms import on_discord, on_telegram

WAIT = 15
PAGE = "https://example.org/lagoons"
NOTES = b"# Tides\n\nThe water rises twice a day.\n\n# Boats\n\nThe first boat leaves at seven.\n"


def asked(venice: DemoVenice, path: str) -> int:
    return sum(request.path == path for request in venice.requests)


def linked(text: str) -> bool:
    """Whether the page's address is behind a link, which comes with the end of the answer."""
    return f"({PAGE}" in text or f"(<{PAGE}" in text


async def test_telegram_reads_pages_and_documents_and_does_research(
    tmp_path: Path, venice: DemoVenice
) -> None:
    async with on_telegram(tmp_path, venice) as at:
        tg, ann, chat = at.tg, at.ann, at.chat
        tg.say(chat, ann, f"/read {PAGE}")
        await tg.wait_text(chat, "how each passage begins", WAIT)
        assert asked(venice, "/augment/scrape") == 1
        file = tg.send_document(chat, ann, NOTES, file_name="notes.md", mime="text/markdown")
        before = len(tg.replies(chat))
        tg.say(chat, ann, "/read", reply_to=file)
        await tg.wait_for(lambda: len(tg.replies(chat)) > before or None, timeout=WAIT)
        await tg.wait_text(chat, "Tides", WAIT)
        tg.say(chat, ann, "/search how do tides work depth=research")
        await tg.wait_for(lambda: asked(venice, "/augment/search") >= 2 or None, timeout=WAIT)
        brief = await tg.wait_text(chat, "Field notes: tides", WAIT)
        await tg.wait_for(
            lambda: any(one.type == "text_link" for one in brief.content.entities) or None, timeout=WAIT
        )


async def test_discord_reads_a_page_and_does_research(tmp_path: Path, venice: DemoVenice) -> None:
    async with on_discord(tmp_path, venice) as at:
        dc, bob, room = at.dc, at.bob, at.room
        page = dc.slash(room, bob, "read", {"what": PAGE})
        await dc.wait_for(lambda: "how each passage begins" in page.text and linked(page.text), WAIT)
        brief = dc.slash(room, bob, "search", {"question": "how do tides work", "depth": "research"})
        await dc.wait_for(lambda: "Field notes: tides" in brief.text, WAIT)
        assert asked(venice, "/augment/search") >= 2
