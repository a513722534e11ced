"""Messages edited by people, as events."""

from __future__ import annotations

import pytest

from bot.messages import Addressed, CommandUse, MediaKind
from tests.fakes.telegram import Chat, FakeTelegram, User
from tests.integration.telegram.front import RecordingFront

pytestmark = pytest.mark.usefixtures("adapter")


async def test_an_edit_is_an_event_of_its_own(
    tg: FakeTelegram, front: RecordingFront, chat: Chat, ann: User
) -> None:
    said = tg.say(chat, ann, "tea")
    update = tg.edit(said, "coffee")
    second = await front.event(2)
    first = front.events[0]
    assert update is not None
    assert second.event_id == f"update:{update['update_id']}"
    assert (first.edits, second.edits, second.message_id) == ("", str(said.id), str(said.id))
    assert (second.text, second.addressed) == ("coffee", Addressed.DIRECT)
    assert (second.place, second.author) == (first.place, first.author)


async def test_an_edited_command_is_read_anew(
    tg: FakeTelegram, front: RecordingFront, chat: Chat, ann: User
) -> None:
    said = tg.say(chat, ann, "/image a cat")
    tg.edit(said, "/image a dog")
    event = await front.event(2)
    assert event.command == CommandUse("image", {"prompt": "a dog"})
    assert event.edits == str(said.id)


async def test_an_edited_caption_brings_its_picture(
    tg: FakeTelegram, front: RecordingFront, chat: Chat, ann: User
) -> None:
    said = tg.send_file("photo", chat, ann, b"some bytes", caption="what is this")
    tg.edit(said, "what colour is this")
    event = await front.event(2)
    assert event.text == "what colour is this"
    assert [file.kind for file in event.attachments] == [MediaKind.IMAGE]


async def test_an_edit_in_a_group(tg: FakeTelegram, front: RecordingFront, group: Chat, ann: User) -> None:
    said = tg.say(group, ann, "/help")
    tg.edit(said, "/help more")
    assert (await front.event(2)).edits == str(said.id)
