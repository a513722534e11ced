"""The settings `streaming` and `rich_text` in a house with everything in it, in this process."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.app import serving
from bot.demo import DemoVenice, Fault
from bot.settings import load_configuration
from tests.fakes.telegram import Chat, FakeTelegram, Message, User

CHAT = "/chat/completions"
STORY = "Write a story about lamps"


class Talk:
    """A person in a private chat with the house."""

    def __init__(self, tg: FakeTelegram, venice: DemoVenice) -> None:
        self.tg, self.venice = tg, venice
        self.ann: User = tg.user("Ann")
        self.chat: Chat = tg.private(self.ann)

    async def say(self, text: str, answers: int = 1) -> list[Message]:
        """Say something; the messages that came, once there are so many of them."""
        before = len(self.tg.replies(self.chat))
        self.tg.say(self.chat, self.ann, text)
        await self.tg.wait_for(lambda: len(self.tg.replies(self.chat)) >= before + answers or None, timeout=8)
        return self.tg.replies(self.chat)[before:]

    async def set(self, setting: str) -> None:
        await self.say(f"/settings {setting}")
        self.tg.calls.clear()

    def methods(self) -> list[str]:
        return [call.method for call in self.tg.calls if call.chat_id == str(self.chat.id)]

    async def buttons(self, message: Message) -> None:
        await self.tg.wait_for(lambda: "Regenerate" in [button.text for button in message.buttons] or None)


@pytest.fixture
async def talk(tmp_path: Path) -> AsyncIterator[Talk]:
    async with DemoVenice(pace=600) as venice, FakeTelegram() as tg:
        environment = {
            "VENICE_API_KEY": "key",
            "VENICE_BASE_URL": venice.base_url,
            "GONDOLA_ACCESS": "open",
            "GONDOLA_HTTP": "127.0.0.1:0",
            "GONDOLA_DATA_DIR": str(tmp_path),
            "TELEGRAM_TOKEN": tg.token,
            "TELEGRAM_BASE_URL": tg.base_url,
        }
        async with serving(load_configuration(environment)):
            yield Talk(tg, venice)
        assert tg.violations == []


async def test_a_drafted_answer_is_one_message(talk: Talk) -> None:
    await talk.set("streaming drafts")
    [answer] = await talk.say(STORY)
    await talk.buttons(answer)
    assert "Whoever looks at lamps at this hour" in answer.text
    assert "sendMessageDraft" in talk.methods()
    assert set(talk.methods()) == {"sendMessageDraft", "sendMessage"}
    assert talk.tg.draft(talk.chat) is None


async def test_a_draft_is_stopped_by_the_command(talk: Talk) -> None:
    await talk.set("streaming drafts")
    talk.venice.faults.next(CHAT, Fault.hang(after=20)).times(1)
    talk.tg.say(talk.chat, talk.ann, STORY)
    draft = await talk.tg.wait_for(
        lambda: next((d for d in talk.tg.drafts(talk.chat) if d.content.text), None)
    )
    messages = await talk.say("/stop", answers=2)
    [answer] = [message for message in messages if "(stopped)" in message.text]
    assert answer.text.startswith(draft.content.text)
    await talk.buttons(answer)
    assert talk.tg.draft(talk.chat) is None


async def test_an_answer_given_anew_is_edited_in_its_place(talk: Talk) -> None:
    await talk.set("streaming drafts")
    [answer] = await talk.say(STORY)
    await talk.buttons(answer)
    talk.tg.calls.clear()
    old = answer.buttons[0].data
    talk.tg.press(answer, "Regenerate", talk.ann)
    await talk.tg.wait_for(lambda: (answer.buttons and answer.buttons[0].data != old) or None, timeout=8)
    await talk.buttons(answer)
    assert "sendMessageDraft" not in talk.methods()
    assert "sendMessage" not in talk.methods()


async def test_a_question_edited_while_its_draft_shows_is_answered_once(talk: Talk) -> None:
    await talk.set("streaming drafts")
    talk.venice.faults.next(CHAT, Fault.hang(after=20)).times(1)
    question = talk.tg.say(talk.chat, talk.ann, STORY)
    await talk.tg.wait_for(lambda: next((d for d in talk.tg.drafts(talk.chat) if d.content.text), None))
    before = len(talk.tg.replies(talk.chat))
    talk.tg.edit(question, "Write a story about boats")
    await talk.tg.wait_for(lambda: len(talk.tg.replies(talk.chat)) > before or None, timeout=8)
    [answer] = talk.tg.replies(talk.chat)[before:]
    await talk.buttons(answer)
    assert "Whoever looks at boats" in answer.text
    assert "lamps" not in answer.text


async def test_off_answers_once(talk: Talk) -> None:
    await talk.set("streaming off")
    [answer] = await talk.say(STORY)
    await talk.buttons(answer)
    assert [method for method in talk.methods() if method != "sendChatAction"] == ["sendMessage"]
    assert len(answer.history) == 1


async def test_a_table_in_the_rich_form(talk: Talk) -> None:
    await talk.set("streaming drafts")
    await talk.set("rich_text on")
    [answer] = await talk.say("Make a table of lamps")
    await talk.buttons(answer)
    assert "table" in [block["type"] for block in answer.blocks]
    assert talk.methods()[-1] == "sendRichMessage"


async def test_the_settings_say_where_they_hold(talk: Talk) -> None:
    [shown] = await talk.say("/settings streaming")
    assert "private chat on Telegram" in shown.text
    assert [button.text for button in shown.buttons] == ["edits", "drafts", "off"]
