"""Commands as people type them on Telegram."""

from __future__ import annotations

import pytest

from bot.messages import Addressed, Authority, CommandUse
from tests.fakes.telegram import Chat, FakeTelegram, User
from tests.integration.telegram.front import RecordingFront

pytestmark = pytest.mark.usefixtures("adapter")


async def test_command_with_options(tg: FakeTelegram, front: RecordingFront, chat: Chat, ann: User) -> None:
    tg.say(chat, ann, "/image a red fox size=wide --count 2")
    event = await front.event()
    assert event.addressed is Addressed.COMMAND
    assert event.command == CommandUse("image", {"prompt": "a red fox", "size": "wide", "count": 2})


async def test_command_under_a_picture(
    tg: FakeTelegram, front: RecordingFront, chat: Chat, ann: User
) -> None:
    tg.send_photo(chat, ann, b"jpg", caption="/image make it blue")
    event = await front.event()
    assert event.command == CommandUse("image", {"prompt": "make it blue"})
    assert len(event.attachments) == 1


async def test_missing_option_passes(tg: FakeTelegram, front: RecordingFront, chat: Chat, ann: User) -> None:
    tg.say(chat, ann, "/image")
    assert (await front.event()).command == CommandUse("image", {})


async def test_wrong_option_is_explained(
    tg: FakeTelegram, front: RecordingFront, chat: Chat, ann: User
) -> None:
    tg.say(chat, ann, "/image a fox count=9")
    event = await front.event()
    assert "between 1 and 4" in event.complaint


async def test_commands_in_a_group(tg: FakeTelegram, front: RecordingFront, ann: User) -> None:
    group = tg.group("Open", [ann], privacy=False)
    for text in (
        "/help",
        "/ask_twice@Gondola_Bot",
        "@gondola_bot /image a fox",
        "/unknown@gondola_bot",
        "/help@another_bot",
        "/unknown",
        "/start",
        "/usr/bin is a folder",
        "end",
    ):
        tg.say(group, ann, text)
    await front.until(lambda: bool(front.events) and front.events[-1].text == "end")
    assert [event.command for event in front.events] == [
        CommandUse("help"),
        CommandUse("ask-twice"),
        CommandUse("image", {"prompt": "a fox"}),
        CommandUse("unknown"),
        None,
        None,
    ]
    assert front.events[-2].text == "/usr/bin is a folder"


@pytest.mark.parametrize(
    ("said", "command"),
    [
        ("/start", CommandUse("help")),
        ("/start claim_AB12-CD34", CommandUse("claim", {"code": "AB12-CD34"})),
        ("/start claim_", CommandUse("help")),
        ("/start whatever", CommandUse("help")),
        ("/start@gondola_bot", CommandUse("help")),
    ],
)
async def test_start(
    tg: FakeTelegram, front: RecordingFront, chat: Chat, ann: User, said: str, command: CommandUse
) -> None:
    tg.say(chat, ann, said)
    event = await front.event()
    assert (event.command, event.addressed) == (command, Addressed.COMMAND)


async def test_authority_is_asked_for_commands_only_and_remembered(
    tg: FakeTelegram, front: RecordingFront, group: Chat, ann: User
) -> None:
    bob = next(user for user in group.members.values() if user.name == "Bob")
    tg.say(group, ann, "@gondola_bot hello")
    await front.event()
    assert tg.calls_of("getChatAdministrators") == []
    tg.say(group, ann, "/settings")
    tg.say(group, bob, "/settings")
    await front.event(3)
    assert [event.authority for event in front.events] == [
        Authority.MEMBER,
        Authority.MODERATOR,
        Authority.MEMBER,
    ]
    assert len(tg.calls_of("getChatAdministrators")) == 1


async def test_unknown_administrators_make_a_member(
    tg: FakeTelegram, front: RecordingFront, group: Chat, ann: User
) -> None:
    tg.faults.next("getChatAdministrators", "500")
    tg.say(group, ann, "/settings")
    assert (await front.event()).authority is Authority.MEMBER
    tg.say(group, ann, "/settings")
    assert (await front.event(2)).authority is Authority.MODERATOR
