"""Media: order, albums, captions, sizes, and trouble with them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.capabilities import CallKind
from bot.delivery.media import Album, shown_files
from bot.errors import PlatformFailure
from bot.messages import Button, ButtonsReady, MediaKind, MediaReady, MessageRef, Part, Place, TextDelta
from tests.unit.delivery.door import Call, Fault, ScriptedDoor, capabilities, compose, script
from tests.unit.delivery.stage import ROWS, WORDS, deliver, image


def names(door: ScriptedDoor) -> list[list[str]]:
    return [[item.name for item in message.media] for message in door.visible()]


def test_media_without_text_goes_at_once_with_caption_and_buttons() -> None:
    door = ScriptedDoor()
    delivered = deliver(door, MediaReady((image(),), "A **cat**"), ButtonsReady(ROWS), 1.0)
    (message,) = door.visible()
    assert message.part == compose("A **cat**", 99)[0]
    assert message.buttons == ROWS
    assert message.target.reply_to == "ask"
    assert door.calls[0].at == pytest.approx(0.02)
    assert [ref.message_id for ref in delivered.refs] == ["m0"]
    assert delivered.first_visible_at == pytest.approx(0.04)


def test_media_follows_the_text_said_before_it() -> None:
    door = ScriptedDoor()
    deliver(door, TextDelta("Here it is:"), MediaReady((image(),)), TextDelta(" enjoy."), ButtonsReady(ROWS))
    assert names(door) == [[], ["a.png"]]
    assert door.texts() == ["Here it is: enjoy.", ""]
    assert [message.buttons for message in door.visible()] == [ROWS, ()]


def test_media_in_the_middle_of_a_stream_shows_the_text_first() -> None:
    door = ScriptedDoor()
    deliver(door, TextDelta(WORDS), 0.3, TextDelta("Look: "), MediaReady((image(),)), 3.0, TextDelta("Nice?"))
    assert [call.text for call in door.calls] == [WORDS, WORDS + "Look: ", "", WORDS + "Look: Nice?"]


def test_albums_hold_what_a_message_takes() -> None:
    door = ScriptedDoor()
    voice = image("v.ogg", kind=MediaKind.VOICE)
    items = [*(image(f"{index}") for index in range(6)), voice, voice, image("d", kind=MediaKind.DOCUMENT)]
    deliver(door, MediaReady(tuple(items), "Six"))
    assert names(door) == [["0", "1", "2", "3"], ["4", "5"], ["v.ogg"], ["v.ogg"], ["d"]]
    assert door.texts() == ["Six", "", "", "", ""]


def test_albums_are_limited_in_bytes_too() -> None:
    door = ScriptedDoor()
    deliver(door, MediaReady(tuple(image(f"{index}", 900) for index in range(3))))
    assert names(door) == [["0", "1"], ["2"]]


def test_a_caption_that_does_not_fit_follows_as_text() -> None:
    door = ScriptedDoor()
    delivered = deliver(door, MediaReady((image(),), WORDS), ButtonsReady(ROWS))
    assert names(door) == [["a.png"], []]
    assert door.texts() == ["", WORDS]
    assert [message.buttons for message in door.visible()] == [(), ROWS]
    assert len(delivered.refs) == 2


def test_a_caption_counts_in_utf16_units() -> None:
    door = ScriptedDoor()
    deliver(door, MediaReady((image(),), "🎈" * 16))
    assert door.texts() == ["", "🎈" * 16]


def test_too_large_media_is_said_with_its_size() -> None:
    door = ScriptedDoor(capabilities=replace(capabilities(), upload_limit=1024 * 1024))
    deliver(door, MediaReady((image("big", 3 * 1024 * 1024), image("small")), "Two"))
    assert names(door) == [["small"], []]
    assert door.texts() == ["Two", "The image is 3.0 MiB, more than the 1.0 MiB that Testgram takes from me."]


def test_only_too_large_media_keeps_its_caption() -> None:
    door = ScriptedDoor()
    deliver(door, MediaReady((image("big", 2000),), "A cat"))
    assert door.texts()[0] == "A cat"
    assert "more than" in door.texts()[1]


def test_a_refused_caption_is_sent_plain() -> None:
    door = ScriptedDoor(rejects=lambda part: bool(part.entities))
    delivered = deliver(door, MediaReady((image(),), "A **cat**"))
    assert [message.part for message in door.visible()] == [Part("A cat", plain="A cat")]
    assert delivered.failure is None


@pytest.mark.parametrize(
    "failure", [PlatformFailure.FORBIDDEN, PlatformFailure.TOO_LARGE, PlatformFailure.BAD_FORMAT]
)
def test_refused_media_is_said(failure: PlatformFailure) -> None:
    door = ScriptedDoor()
    door.plan = script(Fault(failure))
    delivered = deliver(door, MediaReady((image(), image("b"))))
    assert door.texts() == ["I could not send 2 files (0.0 MiB): Testgram refused it."]
    assert delivered.failure is not None
    assert delivered.failure.failure is failure


@pytest.mark.parametrize("nonces", [True, False])
def test_media_without_an_answer_is_repeated_only_with_a_nonce(nonces: bool) -> None:
    door = ScriptedDoor(capabilities=replace(capabilities(), repeatable_sends=nonces))
    door.plan = script(Fault(PlatformFailure.AMBIGUOUS, arrives=True))
    delivered = deliver(door, MediaReady((image(),)), TextDelta("Done."))
    assert names(door) == [["a.png"], []]
    assert len(door.calls) == (3 if nonces else 2)
    assert (delivered.failure is None) is nonces


def test_media_is_given_up_when_the_platform_stays_away() -> None:
    door = ScriptedDoor()

    def away(call: Call) -> Fault | None:
        return Fault(PlatformFailure.UNAVAILABLE) if call.at < 40 and not call.text else None

    door.plan = away
    delivered = deliver(door, MediaReady((image(),)), TextDelta("Done."))
    assert door.texts() == ["Done."]
    assert delivered.failure is not None
    assert len(door.of(CallKind.SEND)) == 8


def test_a_replied_media_answer_does_not_reply_twice() -> None:
    door = ScriptedDoor()
    deliver(door, MediaReady((image(),)), TextDelta("And text."))
    assert [message.target.reply_to for message in door.visible()] == ["ask", ""]


def test_files_have_buttons_of_their_own_besides_those_of_the_answer() -> None:
    door = ScriptedDoor()
    own = ((Button("Larger", "p"),),)
    items = tuple(image(f"{index}") for index in range(5))
    deliver(door, TextDelta("Here:"), MediaReady(items, "Five", own), ButtonsReady(ROWS))
    assert [message.buttons for message in door.visible()] == [ROWS, (), own]
    alone = ScriptedDoor()
    deliver(alone, MediaReady((image(),), "One", own), ButtonsReady(ROWS))
    assert [message.buttons for message in alone.visible()] == [own, ROWS]


RESCUE = ((Button("Send again", "r"),),)


@pytest.mark.parametrize(
    ("failure", "says"),
    [
        (PlatformFailure.TOO_LARGE, "I could not send the image (0.0 MiB): Testgram refused it."),
        (PlatformFailure.FORBIDDEN, "I could not send the image (0.0 MiB): Testgram refused it."),
        (PlatformFailure.AMBIGUOUS, "Testgram did not confirm the image. If you do not see it:"),
    ],
)
def test_files_that_did_not_arrive_are_offered_again(failure: PlatformFailure, says: str) -> None:
    door = ScriptedDoor(plan=script(Fault(failure)))
    deliver(door, MediaReady((image(),), rescue=RESCUE))
    assert [(message.part.text, message.buttons) for message in door.visible()] == [(says, RESCUE)]


def test_it_is_told_which_messages_show_which_files() -> None:
    door = ScriptedDoor()
    items = tuple(replace(image(f"{index}"), kept=f"k{index}" if index else "") for index in range(5))
    delivered = deliver(door, TextDelta("Here:"), MediaReady(items))
    assert delivered.files == {"k1": ("m1",), "k2": ("m1",), "k3": ("m1",), "k4": ("m2",)}


def test_an_album_of_several_messages_tells_them_apart() -> None:
    album = Album(tuple(replace(image(), kept=f"k{index}") for index in range(2)))
    ref = MessageRef(Place("test", "", "c"), "7", album=("7", "8"))
    assert shown_files(album, ref) == {"k0": ("7",), "k1": ("8",)}
