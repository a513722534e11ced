"""The buttons of an answer through the real adapters: a house with everything in it, in this process."""

from __future__ import annotations

from pathlib import Path

from bot.demo import DemoVenice, Fault
from bot.messages import Button, ButtonsReady, Place, Target, TextDelta
from tests.integration.platforms import house, on_discord, on_telegram

CHAT = "/chat/completions"
STORY = "Tell me a story about a lighthouse."


def calls(venice: DemoVenice) -> int:
    return sum(request.path == CHAT for request in venice.requests)


async def test_on_telegram(tmp_path: Path, venice: DemoVenice) -> None:
    async with on_telegram(tmp_path, venice) as at:
        tg, ann, chat = at.tg, at.ann, at.chat
        venice.faults.next(CHAT, Fault.hang(after=20)).times(1)
        tg.say(chat, ann, STORY)

        def label(name: str) -> bool:
            return any(b.text == name for message in tg.replies(chat) for b in message.buttons)

        await tg.wait_for(lambda: label("Stop"), timeout=5)
        [answer] = tg.replies(chat)
        tg.press(answer, "Stop", ann)
        await tg.wait_for(lambda: label("Continue"), timeout=8)
        assert "(stopped)" in answer.text
        tg.press(answer, "Continue", ann)
        await tg.wait_for(lambda: len(tg.replies(chat)) == 2 and label("More"), timeout=8)
        await tg.wait_for(lambda: not answer.buttons, timeout=5)
        further = tg.replies(chat)[1]
        await tg.wait_for(lambda: any(b.text == "Regenerate" for b in further.buttons), timeout=8)
        tg.press(further, "Regenerate", ann)
        await tg.wait_for(lambda: "(stopped)" not in answer.text, timeout=8)
        assert calls(venice) == 3


async def test_on_discord(tmp_path: Path, venice: DemoVenice) -> None:
    async with on_discord(tmp_path, venice) as at:
        dc, bob, room = at.dc, at.bob, at.room
        venice.faults.next(CHAT, Fault.hang(after=20)).times(1)
        dc.say(room, bob, STORY, mention_bot=True)

        def labels(index: int) -> str:
            messages = dc.answers(room)
            return str(messages[index].components) if len(messages) > index else ""

        await dc.wait_for(lambda: "Stop" in labels(0), 5)
        [answer] = dc.answers(room)
        dc.press(answer, "Stop", bob)
        await dc.wait_for(lambda: "Continue" in labels(0), 5)
        assert "(stopped)" in answer.content
        dc.press(answer, "Continue", bob)
        await dc.wait_for(lambda: "Regenerate" in labels(1), 5)
        await dc.wait_for(lambda: not answer.components, 5)
        dc.press(dc.answers(room)[1], "Regenerate", bob)
        await dc.wait_for(lambda: "(stopped)" not in answer.content, 5)
        assert calls(venice) == 3


async def test_the_page_takes_buttons_away(tmp_path: Path, venice: DemoVenice) -> None:
    async with house(tmp_path, venice) as opened:
        place = Place("web", "", "visitor")
        answer = opened.parts.delivery.open(Target(place), "a1")
        answer.push(TextDelta("A story."))
        answer.push(ButtonsReady(((Button("Again", "b1"),),)))
        [ref] = (await answer.finish()).refs
        transcript = await opened.web.door.transcript("visitor")
        item = transcript.find(ref.message_id)
        assert item is not None
        assert item.buttons
        await opened.parts.delivery.clear_buttons(ref)
        after = transcript.find(ref.message_id)
        assert after is not None
        assert (after.html, after.buttons) == (item.html, ())
