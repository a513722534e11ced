"""What can go wrong with an order, what is said of it, and what it costs."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bot.assembly import assemble
from bot.demo import Fault
from bot.engine.making.watching import PATIENT
from bot.engine.making.words import UNHEARD
from bot.errors import PlatformError, PlatformFailure
from bot.orders import Order
from bot.orders import OrderState as S
from bot.records import AccessRule, StoredButton, UsageRow
from tests.films import look_at
from tests.integration.engine.room import PLACE, Message, Room, open_room
from tests.integration.engine.shop import (
    QUEUES,
    calls,
    card,
    ended,
    key_of,
    labels,
    media,
    order,
    press,
    refuse_media,
    until,
)

PRICE = 7_360
"""Eight seconds of the cheapest sound, in micro-USD."""


@pytest.fixture
async def room(tmp_path: Path) -> AsyncIterator[Room]:
    async with open_room(tmp_path) as opened:
        opened.demo.job_seconds = 0.1
        yield opened


async def accepted(room: Room, prompt: str = "rain") -> tuple[Message, Order]:
    """A sound that was just ordered."""
    shown = await card(room, "sound", prompt=prompt)
    quoted = await order(room, shown)
    await press(room, shown, "Make it")
    return shown, quoted


async def booked(room: Room) -> list[tuple[int, int]]:
    """Micro-USD and calls of each line of the usage table."""
    rows: list[UsageRow] = await room.store.money.usage(since=0)
    return [(row.cost, row.calls) for row in rows]


async def reserved(room: Room) -> int:
    """What the caps count as used, beyond what is booked."""
    lines = room.parts.caps.lines(PLACE, "p", "music", cost=1, count=1, at=room.parts.clock())
    used = sum(one.used for one in await room.store.money.counters([line.counter for line in lines]))
    return used - await room.spent()


async def test_a_refused_prompt_costs_nothing_and_offers_other_words(room: Room) -> None:
    shown, quoted = await accepted(room, "a forbidden sound")
    await ended(room, quoted.id, S.FAILED)
    assert "Venice suggests: “a calm song of the sea”. It cost nothing." in shown.text
    assert labels(shown) == ["Use these words"]
    assert (await booked(room), await reserved(room)) == ([(0, 0)], 0)
    [again] = await press(room, shown, "Use these words")
    assert "> a calm song of the sea" in again.text
    assert labels(again)[0] == "Make it"
    assert len(calls(room, *QUEUES)) == 1


@pytest.mark.parametrize(
    ("fault", "said", "cost", "calls_counted"),
    [
        (Fault.job_fails(refunds=True), "gave the money back, so it cost nothing", 0, 0),
        (Fault.job_fails(refunds=False), "did not give the money back: $0.0074 is spent", PRICE, 1),
        (Fault.job_breaks(refunds=True), "gave the money back", 0, 0),
    ],
)
async def test_what_fails_at_venice(
    room: Room, fault: Fault, said: str, cost: int, calls_counted: int
) -> None:
    room.demo.faults.next("/audio/queue", fault)
    shown, quoted = await accepted(room)
    failed = await ended(room, quoted.id, S.FAILED)
    assert said in shown.text
    assert labels(shown) == ["Try again"]
    assert (await booked(room), await reserved(room)) == ([(cost, calls_counted)], 0)
    assert (failed.request, failed.uncleared, media(room)) == ("", False, [])


async def test_a_failure_that_names_no_refund_counts_as_spent(room: Room) -> None:
    refusal = Fault.status(422, message="The provider refused this")
    room.demo.faults.next("/audio/retrieve", refusal)
    shown, quoted = await accepted(room)
    await ended(room, quoted.id, S.FAILED)
    assert "did not say whether it gives the money back, so $0.0074 counts as spent" in shown.text
    assert await booked(room) == [(PRICE, 1)]


async def test_another_model_that_venice_recommends(room: Room) -> None:
    room.demo.faults.next("/audio/queue", Fault.job_fails(recommended_model="elevenlabs-sound-effects-v2"))
    shown, quoted = await accepted(room)
    await ended(room, quoted.id, S.FAILED)
    assert labels(shown) == ["Try again", "Try elevenlabs-sound-effects-v2"]
    [again] = await press(room, shown, "Try elevenlabs-sound-effects-v2")
    assert "ElevenLabs Sound Effects" in again.text


async def test_what_expires_at_venice_is_lost_and_paid(room: Room) -> None:
    room.demo.faults.next("/audio/queue", Fault.job_expires())
    shown, quoted = await accepted(room)
    await ended(room, quoted.id, S.LOST)
    assert "Venice no longer has the sound" in shown.text
    assert await booked(room) == [(PRICE, 1)]


async def test_what_takes_more_than_a_day_is_given_up(room: Room) -> None:
    room.demo.job_seconds = 1000
    shown, quoted = await accepted(room)
    await until(lambda: "In the making" in shown.text)
    room.ahead = 24 * 3600 + 1
    await ended(room, quoted.id, S.LOST)
    assert "within a day" in shown.text
    assert await booked(room) == [(PRICE, 1)]


async def test_an_order_without_an_answer_is_never_sent_again(room: Room) -> None:
    room.demo.faults.next("/audio/queue", Fault.lost_answer())
    shown, quoted = await accepted(room)
    await ended(room, quoted.id, S.LOST)
    assert "did not confirm the order of the sound" in shown.text
    assert "$0.0074 counts as spent" in shown.text
    assert len(calls(room, *QUEUES)) == 1
    assert (await booked(room), await reserved(room)) == ([(PRICE, 1)], 0)
    [again] = await press(room, shown, "Try again")
    assert "About $0.0074" in again.text


@pytest.mark.parametrize("fault", [Fault.status(503), Fault.status(429, retry_after=0.1), Fault.status(402)])
async def test_an_order_that_is_turned_away_is_free(room: Room, fault: Fault) -> None:
    room.demo.faults.next("/audio/queue", fault)
    shown, quoted = await accepted(room)
    await ended(room, quoted.id, S.FAILED)
    assert shown.text.endswith("It cost nothing.")
    assert len(calls(room, *QUEUES)) == 1
    assert (await booked(room), await reserved(room)) == ([(0, 0)], 0)


async def test_a_gateway_that_gives_up_leaves_it_open(room: Room) -> None:
    room.demo.faults.next("/audio/queue", Fault.html(502))
    shown, quoted = await accepted(room)
    await ended(room, quoted.id, S.LOST)
    assert "may have been charged" in shown.text
    assert await booked(room) == [(PRICE, 1)]


async def test_venice_may_be_away_while_it_makes_it(room: Room) -> None:
    room.demo.faults.next("/audio/retrieve", Fault.status(503)).always()
    shown, quoted = await accepted(room)
    await until(lambda: UNHEARD in shown.text, 20)
    assert len(calls(room, "/audio/retrieve")) >= PATIENT
    room.demo.faults.clear()
    await ended(room, quoted.id, S.DELIVERED)
    assert await booked(room) == [(PRICE, 1)]


async def test_progress_is_venices_own_estimate_in_few_edits(room: Room) -> None:
    room.demo.job_seconds = 62
    shown, _ = await accepted(room)
    await until(lambda: "about 60 seconds left, by Venice's estimate" in shown.text)
    edits: list[str] = []
    plain = room.door.edit

    async def edit(ref: object, part: object, **fields: object) -> None:
        edits.append(str(part))
        await plain(ref, part, **fields)  # type: ignore[arg-type]

    room.door.edit = edit  # type: ignore[method-assign, assignment]
    looks = len(calls(room, "/audio/retrieve"))
    await until(lambda: len(calls(room, "/audio/retrieve")) > looks + 5)
    assert edits == []


async def test_an_upload_refused_after_it_was_paid_is_kept_and_sent_again(room: Room) -> None:
    refuse_media(room, PlatformError(PlatformFailure.FORBIDDEN))
    shown, quoted = await accepted(room)
    kept = await ended(room, quoted.id, S.KEPT)
    assert "The sound is ready, but Testgram did not take it. It is kept for 7 days" in shown.text
    assert labels(shown) == ["Send again"]
    assert await booked(room) == [(PRICE, 1)]
    assert not kept.uncleared
    assert calls(room, "/audio/complete")
    listed = await card(room, "jobs")
    assert "ready and kept, because it could not be sent" in listed.text
    assert labels(listed) == ["Send 1 again"]
    assert await press(room, shown, "Send again") == []
    await ended(room, quoted.id, S.DELIVERED)
    [sent] = media(room)
    assert look_at(sent.media[0].data).seconds == pytest.approx(8, abs=0.2)
    assert await booked(room) == [(PRICE, 1)]
    assert len(calls(room, *QUEUES)) == 1
    [told] = await press(room, listed, "Send 1 again")
    assert told.text == "This is over already."


async def test_an_upload_without_an_answer_is_not_repeated_by_itself(room: Room) -> None:
    refuse_media(room, PlatformError(PlatformFailure.AMBIGUOUS))
    shown, quoted = await accepted(room)
    await ended(room, quoted.id, S.KEPT)
    assert "did not confirm that. If it is missing, the button sends it again" in shown.text
    assert media(room) == []
    await press(room, shown, "Send again")
    await ended(room, quoted.id, S.DELIVERED)
    assert len(media(room)) == 1


async def test_what_was_kept_and_is_gone_is_said(room: Room) -> None:
    refuse_media(room, PlatformError(PlatformFailure.FORBIDDEN))
    shown, quoted = await accepted(room)
    await ended(room, quoted.id, S.KEPT)
    await room.store.vault.forget(PLACE.conversation)
    await press(room, shown, "Send again")
    await ended(room, quoted.id, S.LOST)
    assert "I no longer have the sound" in shown.text


async def test_a_card_that_was_deleted_does_not_keep_the_result_away(room: Room) -> None:
    room.demo.job_seconds = 0.6
    shown, quoted = await accepted(room)
    await until(lambda: "In the making" in shown.text)
    del room.door.messages[key_of(room, shown)]
    plain = room.door.edit

    async def edit(ref: object, part: object, **fields: object) -> None:
        try:
            await plain(ref, part, **fields)  # type: ignore[arg-type]
        except KeyError:
            raise PlatformError(PlatformFailure.GONE) from None

    room.door.edit = edit  # type: ignore[method-assign, assignment]
    await ended(room, quoted.id, S.DELIVERED)
    assert len(media(room)) == 1


async def test_a_channel_that_is_gone_keeps_the_result(room: Room) -> None:
    gone = PlatformError(PlatformFailure.GONE)
    refuse_media(room, gone)

    async def refused(*_: object, **__: object) -> None:
        raise gone

    shown = await card(room, "sound", prompt="rain")
    quoted = await order(room, shown)
    room.door.edit = room.door.send = refused  # type: ignore[method-assign, assignment]
    await press(room, shown, "Make it")
    kept = await ended(room, quoted.id, S.KEPT)
    found = await room.store.vault.get(kept.kept, room.parts.clock())
    assert found is not None
    assert found.mime == "audio/flac"
    assert await booked(room) == [(PRICE, 1)]


async def test_who_is_shut_out_meanwhile_gets_nothing(room: Room) -> None:
    room.demo.job_seconds = 0.5
    shown, quoted = await accepted(room)
    await until(lambda: "In the making" in shown.text)
    doorkeeper = room.parts.doorkeeper
    await doorkeeper.put_rule(f"person:{quoted.person}", False, by="test", at=room.parts.clock())
    await ended(room, quoted.id, S.CANCELLED)
    assert "shut out meanwhile" in shown.text
    assert media(room) == []
    assert await booked(room) == [(PRICE, 1)]
    assert AccessRule(f"person:{quoted.person}", False) in (await room.store.access.load()).rules


async def test_the_media_are_deleted_at_venice_even_if_that_fails_first(room: Room) -> None:
    room.demo.faults.next("/audio/complete", Fault.status(500)).times(6)
    _, quoted = await accepted(room)
    await until(lambda: media(room))
    delivered = await ended(room, quoted.id, S.DELIVERED)
    assert not delivered.uncleared
    assert len(calls(room, "/audio/complete")) > 1


async def test_trouble_of_our_own_does_not_leave_an_order_lying(room: Room) -> None:
    room.demo.job_seconds = 0.3
    shown, quoted = await accepted(room)
    await until(lambda: "In the making" in shown.text)
    keep, times = room.store.vault.keep, 0

    async def broken(files: object) -> set[str]:
        nonlocal times
        times += 1
        if times == 1:
            raise ZeroDivisionError
        return await keep(files)  # type: ignore[arg-type]

    room.store.vault.keep = broken  # type: ignore[method-assign, assignment]
    await ended(room, quoted.id, S.DELIVERED)
    assert len(media(room)) == 1
    assert await booked(room) == [(PRICE, 1)]


async def test_a_forgotten_chat_still_gets_what_it_paid_for_without_its_words(room: Room) -> None:
    room.demo.job_seconds = 0.5
    shown, quoted = await accepted(room)
    await until(lambda: "In the making" in shown.text)
    await room.store.chats.forget(PLACE.conversation, "")
    assert (await room.store.orders.get(quoted.id) or quoted).request == ""
    await ended(room, quoted.id, S.DELIVERED)
    assert len(media(room)) == 1


async def test_a_film_too_large_for_the_platform_is_made_smaller_and_stays_whole(room: Room) -> None:
    room.door.capabilities = replace(room.door.capabilities, upload_limit=150_000)
    shown = await card(room, "video", prompt="a boat", adult=True, model="wan-2.5-preview-text-to-video")
    quoted = await order(room, shown)
    await press(room, shown, "Make it", adult_allowed=True)
    await ended(room, quoted.id, S.DELIVERED)
    kept = await room.store.vault.get(quoted.id, room.parts.clock())
    assert kept is not None
    assert len(kept.data) > 150_000
    [sent] = media(room)
    assert len(sent.media[0].data) <= 150_000
    whole, seen = look_at(kept.data), look_at(sent.media[0].data)
    assert (seen.container, seen.video, seen.audio) == ("mp4", "h264", "aac")
    assert seen.seconds == pytest.approx(whole.seconds, abs=0.2)
    assert seen.frames == whole.frames


@pytest.mark.parametrize("change", [{"upload_limit": 40_000}, {"audio_mimes": ("audio/mpeg",)}])
async def test_sound_the_platform_does_not_take_becomes_an_mp3(room: Room, change: dict[str, Any]) -> None:
    """Too large, or of a kind that would be shown as a mere file."""
    room.door.capabilities = replace(room.door.capabilities, **change)
    _, quoted = await accepted(room)
    await ended(room, quoted.id, S.DELIVERED)
    [sent] = media(room)
    seen = look_at(sent.media[0].data)
    assert (sent.media[0].mime, seen.container, seen.audio) == ("audio/mpeg", "mp3", "mp3float")
    assert seen.seconds == pytest.approx(8, abs=0.2)
    assert len(sent.media[0].data) <= room.door.capabilities.upload_limit


async def test_what_cannot_be_made_small_enough_says_how_to_ask(room: Room) -> None:
    room.door.capabilities = replace(room.door.capabilities, upload_limit=5_000)
    shown, quoted = await accepted(room)
    await ended(room, quoted.id, S.FAILED)
    assert "more than the 0.0 MB that Testgram takes from me" in shown.text
    assert "shorter or in a lower resolution" in shown.text
    assert labels(shown) == ["Ask for the price again"]


async def test_what_cannot_be_made_small_enough_is_linked_where_there_is_a_public_page(
    room: Room,
) -> None:
    room.parts = assemble(
        room.store,
        room.client,
        {"test": room.door},
        key=b"key",
        is_open=True,
        poll=0.05,
        public_url="https://gondola.example.org/",
    )
    await room.parts.load()
    room.door.capabilities = replace(room.door.capabilities, upload_limit=5_000)
    shown, quoted = await accepted(room)
    await ended(room, quoted.id, S.DELIVERED)
    assert "The button opens it, for 7 days" in shown.text
    [[button]] = shown.buttons
    assert button.url.startswith("https://gondola.example.org/files/")
    found = await room.parts.links.find(button.url.rpartition("/")[2])
    assert found is not None
    assert look_at(found.data).seconds == pytest.approx(8, abs=0.2)
    other = StoredButton("b1", "show-again", quoted.id, "", PLACE.channel_key, room.parts.clock() + 60)
    await room.store.buttons.save([other])
    for wrong in (quoted.id, other.id, "", "x" * 32):
        assert await room.parts.links.find(wrong) is None
