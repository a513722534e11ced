"""Files that Telegram refuses, and buttons it does not take away: nothing is sent twice, nothing hidden."""

from __future__ import annotations

import pytest

from adapters.telegram.outbound import TelegramDoor
from bot.errors import PlatformError, PlatformFailure
from bot.messages import Media, MediaKind, Part
from tests.fakes.telegram import Chat, FakeTelegram
from tests.integration.telegram.making import at, button, place_of
from tests.integration.telegram.test_outbound import picture

NO_RIGHTS = "Bad Request: not enough rights to send photos to the chat"


def image(data: bytes, name: str = "a.png") -> Media:
    return Media(MediaKind.IMAGE, data, "image/png", name)


@pytest.mark.parametrize(("method", "count"), [("sendPhoto", 1), ("sendMediaGroup", 2)])
async def test_what_a_file_would_not_mend_is_not_tried_as_one(
    tg: FakeTelegram, door: TelegramDoor, chat: Chat, method: str, count: int
) -> None:
    tg.faults.next(method, "400", text=NO_RIGHTS)
    with pytest.raises(PlatformError) as caught:
        await door.send_media(at(place_of(chat)), [image(picture())] * count, caption=None, nonce="n")
    assert caught.value.failure is PlatformFailure.FORBIDDEN
    assert [call.method for call in tg.calls if call.method.startswith("send")] == [method]
    assert tg.replies(chat) == []


async def test_a_file_that_is_refused_is_not_sent_again_as_a_file(
    tg: FakeTelegram, door: TelegramDoor, chat: Chat
) -> None:
    tg.faults.next("sendDocument", "400", text="Bad Request: IMAGE_PROCESS_FAILED")
    paper = Media(MediaKind.DOCUMENT, b"%PDF-1.7", "application/pdf", "a.pdf")
    with pytest.raises(PlatformError):
        await door.send_media(at(place_of(chat)), [paper], caption=None, nonce="n")
    assert len(tg.calls_of("sendDocument")) == 1


@pytest.mark.parametrize("data", [b"no picture at all", b"\x89PNG\r\n\x1a\n" + bytes(20)])
async def test_a_picture_nobody_can_read_goes_as_a_file(
    tg: FakeTelegram, door: TelegramDoor, chat: Chat, data: bytes
) -> None:
    await door.send_media(at(place_of(chat)), [image(data)], caption=Part("look"), nonce="n")
    [shown] = tg.replies(chat)
    assert shown.media is not None
    assert (shown.media.kind, shown.media.data, shown.caption) == ("document", data, "look")


async def test_buttons_are_taken_away_and_a_message_that_is_gone_says_so(
    tg: FakeTelegram, door: TelegramDoor, chat: Chat
) -> None:
    ref = await door.send(at(place_of(chat)), Part("pick"), nonce="n", buttons=((button("A", "a"),),))
    [shown] = tg.replies(chat)
    await door.clear_buttons(ref)
    assert (shown.text, list(shown.buttons)) == ("pick", [])
    shown.deleted = True
    with pytest.raises(PlatformError) as caught:
        await door.clear_buttons(ref)
    assert caught.value.failure is PlatformFailure.GONE
