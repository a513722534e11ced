"""Cards: what they offer, who may press, and that nothing costly starts before its price was accepted."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from bot.demo import Fault
from bot.engine.making.brief import Brief, Craft, complaint, suits
from bot.engine.making.counter import GONE, UNDER_WAY
from bot.engine.making.words import CANCELLED, NOTHING_CHEAPER
from bot.messages import Addressed, Attachment, Authority, CommandUse, MediaKind, Person, Place, Quoted
from bot.orders import OrderState as S
from bot.records import ALL_MEDIA, Cap, CapPeriod, CapUnit
from bot.venice import Model
from bot.venice.constraints import VideoConstraints
from tests.integration.engine.room import ADA, Room, open_room
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
    until,
)
from tests.pictures import opened, picture

BOB = Person("test", "2", "Bob")
GROUP = Place("test", "s1", "c2")


@pytest.fixture
async def room(tmp_path: Path) -> AsyncIterator[Room]:
    async with open_room(tmp_path) as opened:
        opened.demo.job_seconds = 0.1
        yield opened


async def cap(
    room: Room, scope: str, limit: int, medium: str = ALL_MEDIA, unit: CapUnit = CapUnit.MONEY
) -> None:
    await room.parts.caps.put(Cap(scope, medium, unit, CapPeriod.DAY, limit), room.parts.clock())


async def test_without_words_it_says_how(room: Room) -> None:
    for name in ("video", "music", "sound"):
        assert f"`/{name} " in (await card(room, name)).text


async def test_the_cheapest_model_that_takes_what_was_asked_for(room: Room) -> None:
    assert "Veo 3 Fast" in (await card(room, "video", prompt="a boat", duration="8", aspect="9:16")).text
    assert "Wan 2.5" in (await card(room, "video", adult=True, prompt="a boat", duration="5s")).text
    assert "Sound · MMAudio V2" in (await card(room, "sound", prompt="rain")).text.replace("**", "")
    looped = await card(room, "sound", prompt="rain", loop=True, seconds=20)
    assert looped.text.startswith("**Sound** · ElevenLabs Sound Effects · 20s · loop")
    long = await card(room, "music", adult=True, prompt="a song", seconds=600)
    assert "ElevenLabs Music · 600s" in long.text
    assert "MiniMax" in (await card(room, "music", prompt="a song", lyrics="la la")).text


async def test_a_model_set_as_the_usual_one_is_taken_where_it_can(room: Room) -> None:
    await room.command("settings", name="video_model", value="veo3-fast-text-to-video")
    assert "Veo 3 Fast" in (await card(room, "video", prompt="a boat")).text
    assert "Grok Imagine" in (await card(room, "video", prompt="a boat", duration="2s")).text


@pytest.mark.parametrize(
    ("name", "options", "said"),
    [
        ("video", {"model": "veo3-fast-text-to-video", "duration": "30s"}, "It makes 4s, 6s, 8s."),
        ("video", {"model": "veo3-fast-text-to-video", "resolution": "4k"}, "It makes 720p, 1080p."),
        ("video", {"model": "veo3-fast-text-to-video", "aspect": "1:1"}, "It makes 16:9, 9:16."),
        ("video", {"duration": "99s"}, "does not make the length 99s"),
        ("video", {"model": "grok-imagine-text-to-video-private", "audio": False}, "with sound only"),
        ("video", {"model": "wan-2.5-preview-text-to-video"}, "not marked for adults"),
        ("video", {"model": "elevenlabs-music"}, "I do not know the model"),
        ("music", {"model": "elevenlabs-music", "lyrics": "la", "instrumental": True}, "does not sing"),
        ("music", {"model": "minimax-music-v2"}, "needs lyrics to sing"),
        ("music", {"model": "minimax-music-v2", "lyrics": "la", "seconds": 60}, "decides by itself how long"),
        ("music", {"model": "minimax-music-v2", "lyrics": "la" * 400}, "lyrics of up to 600 characters"),
        ("music", {"model": "elevenlabs-music", "language": "de", "instrumental": True}, "no language"),
        ("music", {"model": "elevenlabs-tts-v3", "voice": "Nobody"}, "It has Aria, Roger"),
        ("sound", {"model": "mmaudio-v2-text-to-audio", "loop": True}, "makes no loops"),
        ("sound", {"model": "mmaudio-v2-text-to-audio", "seconds": 31}, "makes 1 to 30 seconds, not 31"),
        ("sound", {"seconds": 60}, "1 to 30 seconds, not 60"),
    ],
)
async def test_what_a_model_does_not_take_is_said_with_what_it_does(
    room: Room, name: str, options: dict[str, str | int | bool], said: str
) -> None:
    use = CommandUse(name, {"prompt": "a boat", **options})
    [shown] = await room.send(room.event(addressed=Addressed.COMMAND, command=use))
    assert said in shown.text
    assert shown.buttons == ()
    assert calls(room, *QUEUES) == []


async def test_suggestions_follow_the_model(room: Room) -> None:
    async def suggested(name: str, option: str, typed: str = "", **given: str) -> list[str]:
        event = room.event(addressed=Addressed.COMMAND, command=CommandUse(name, dict(given)))
        return [choice.value for choice in await room.parts.engine.complete(event, option, typed)]

    veo = "veo3-fast-text-to-video"
    assert await suggested("video", "duration", model=veo) == ["4s", "6s", "8s"]
    assert await suggested("video", "resolution", "10", model=veo) == ["1080p"]
    assert await suggested("video", "aspect", model=veo) == ["16:9", "9:16"]
    assert "wan-2.5-preview-text-to-video" not in await suggested("video", "model")
    assert await suggested("sound", "model") == ["elevenlabs-sound-effects-v2", "mmaudio-v2-text-to-audio"]
    assert "elevenlabs-music" in await suggested("music", "model")
    assert "ace-step-15" not in await suggested("music", "model")
    effects = "elevenlabs-sound-effects-v2"
    assert await suggested("sound", "seconds", model=effects) == ["1", "5", "10", "15", "22"]
    voices = await suggested("music", "voice", "ar", model="elevenlabs-tts-v3")
    assert voices == ["Aria", "Sarah", "Charlie", "Charlotte"]


async def test_an_uncensored_model_plays_where_nobody_sings(room: Room) -> None:
    """Most music models are uncensored; in a place not for adults they make music without words."""
    shown = await card(room, "music", prompt="a song of the sea")
    assert shown.text.startswith("**Music** · ElevenLabs Music · 60s · instrumental")
    told = await card(room, "music", prompt="a song", model="elevenlabs-music")
    assert "not marked for adults. Without singing" in told.text
    told = await card(room, "music", prompt="a song", write_lyrics=True)
    assert "no model for that which may be used here" in told.text


async def test_what_is_left_is_the_tightest_cap(room: Room) -> None:
    await cap(room, "user:*", 1_100_000)
    assert "; you have $1.10 left today until 00:00 on " in (await card(room, "video", prompt="a boat")).text
    await cap(room, "user:*", 2, "video", CapUnit.COUNT)
    assert "and 2 of these left today until 00:00 on " in (await card(room, "video", prompt="a boat")).text
    await cap(room, "user:*", 50_000, "video")
    await room.parts.settings.put("bot", "saving", "off", by="test", at=room.parts.clock())
    shown = await card(room, "video", prompt="a boat")
    assert "About $0.30, which is more than is allowed: you have $0.05 left today" in shown.text
    assert labels(shown) == ["Cheaper", "Cancel"]


async def test_cheaper_goes_down_step_by_step_in_the_same_message(room: Room) -> None:
    shown = await card(
        room, "video", prompt="a boat", model="grok-imagine-text-to-video-private", resolution="720p"
    )
    prices = [(await order(room, shown)).quote]
    for _ in range(9):
        if "Cheaper" not in labels(shown):
            break
        assert await press(room, shown, "Cheaper") == []
        prices.append((await order(room, shown)).quote)
    assert prices[:3] == [600_000, 300_000, 100_000]
    assert prices[:-1] == sorted(set(prices), reverse=True)
    assert NOTHING_CHEAPER in shown.text
    assert labels(shown) == ["Make it", "Cancel"]
    assert len(room.door.messages) == 1
    assert calls(room, *QUEUES) == []


async def test_cheaper_finds_another_model(room: Room) -> None:
    shown = await card(
        room, "video", prompt="a boat", model="veo3-fast-text-to-video", duration="4s", resolution="720p"
    )
    before = (await order(room, shown)).quote
    await press(room, shown, "Cheaper")
    assert "Grok Imagine" in shown.text
    assert (await order(room, shown)).quote < before


async def test_music_gets_shorter(room: Room) -> None:
    shown = await card(room, "music", prompt="a song", model="ace-step-15", adult=True, seconds=120)
    await press(room, shown, "Cheaper", adult_allowed=True)
    assert "90s" in shown.text


async def test_cancel_costs_nothing(room: Room) -> None:
    shown = await card(room, "video", prompt="a boat")
    quoted = await order(room, shown)
    assert await press(room, shown, "Cancel") == []
    assert (shown.text, shown.buttons) == (CANCELLED, ())
    assert calls(room, *QUEUES) == []
    assert await room.spent() == 0
    assert (await ended(room, quoted.id, S.CANCELLED)).request == ""


async def test_two_presses_make_one(room: Room) -> None:
    shown = await card(room, "sound", prompt="rain")
    quoted = await order(room, shown)
    said = await asyncio.gather(*(press(room, shown, "Make it") for _ in range(3)))
    await ended(room, quoted.id, S.DELIVERED)
    assert len(calls(room, *QUEUES)) == 1
    assert len(media(room)) == 1
    assert {message.text for messages in said for message in messages if not message.media} <= {
        UNDER_WAY,
        shown.text,
    }


async def test_only_the_asker_or_a_moderator_may_press(room: Room) -> None:
    event = room.event(
        place=GROUP, addressed=Addressed.COMMAND, command=CommandUse("sound", {"prompt": "rain"}), author=BOB
    )
    [shown] = await room.send(event)
    eve = Person("test", "3", "Eve")
    [told] = await press(room, shown, "Make it", author=eve, place=GROUP)
    assert told.text == "Only the person who asked can use this button."
    assert calls(room, *QUEUES) == []
    quoted = await order(room, shown)
    await press(room, shown, "Make it", author=eve, place=GROUP, authority=Authority.MODERATOR)
    await ended(room, quoted.id, S.DELIVERED)
    [row] = await room.store.money.usage(since=0, person=quoted.person)
    assert row.calls == 1


async def test_a_card_is_good_for_an_hour(room: Room) -> None:
    shown = await card(room, "sound", prompt="rain")
    room.ahead = 3601
    for label in ("Make it", "Cheaper", "Cancel"):
        [told] = await press(room, shown, label)
        assert told.text == GONE
    assert calls(room, *QUEUES) == []


async def test_a_higher_price_is_asked_about_again(room: Room) -> None:
    shown = await card(room, "sound", prompt="rain")
    quoted = await order(room, shown)
    room.demo.faults.next("/audio/quote", Fault.status(200, body={"quote": 0.5}))
    await press(room, shown, "Make it")
    await until(lambda: "gone up" in shown.text)
    assert "from $0.0074 to $0.50 meanwhile" in shown.text
    assert "About $0.50; you have $10.00 left today until 00:00 on " in shown.text
    assert labels(shown) == ["Make it", "Cheaper", "Cancel"]
    assert calls(room, *QUEUES) == []
    again = await ended(room, quoted.id, S.QUOTED)
    assert (again.quote, again.reservation) == (500_000, "")
    await press(room, shown, "Make it")
    await ended(room, quoted.id, S.DELIVERED)
    assert await room.spent() == 7_360


async def test_a_cap_reached_meanwhile_leaves_the_card(room: Room) -> None:
    shown = await card(room, "sound", prompt="rain")
    await cap(room, "bot", 100)
    await press(room, shown, "Make it")
    await until(lambda: "would be passed" in shown.text)
    assert labels(shown) == ["Cheaper", "Cancel"]
    assert calls(room, *QUEUES) == []
    assert await room.spent() == 0
    await cap(room, "bot", 10_000_000)
    assert labels(await card(room, "sound", prompt="rain"))[0] == "Make it"


async def test_no_price_at_accept_leaves_the_card(room: Room) -> None:
    shown = await card(room, "sound", prompt="rain")
    quoted = await order(room, shown)
    room.demo.faults.next("/audio/quote", Fault.status(500)).times(9)
    await press(room, shown, "Make it")
    await until(lambda: "Nothing was ordered" in shown.text, 20)
    room.demo.faults.clear()
    await press(room, shown, "Make it")
    await ended(room, quoted.id, S.DELIVERED)


async def test_a_picture_moves(room: Room) -> None:
    """Attached, replied to, or named by a button; the film has its shape."""
    data = picture((640, 360))
    room.door.files["p"] = data
    photo = Attachment(MediaKind.IMAGE, "p", "image/png", "boat.png", len(data))
    use = CommandUse("video", {"model": "wan-2.5-preview-image-to-video", "duration": "5s"})
    quoted = Quoted("m0", ADA, attachments=(photo,))
    sources: tuple[dict[str, Any], ...] = ({"attachments": (photo,)}, {"quoted": quoted})
    shown = [
        (await room.send(room.event(addressed=Addressed.COMMAND, command=use, adult_allowed=True, **fields)))[
            0
        ]
        for fields in sources
    ]
    for one in shown:
        assert one.text.startswith("**Film from your picture** · Wan 2.5 Preview · 5s · 480p")
    made = await order(room, shown[-1])
    await press(room, shown[-1], "Make it")
    await ended(room, made.id, S.DELIVERED)
    [body] = calls(room, "/video/queue")
    assert body["image_url"].startswith("data:image/")
    assert "aspect_ratio" not in body
    [kept, *_] = await room.store.vault.recent("test::c1:", room.parts.clock(), 5)
    assert kept.mime == "video/mp4"


def photo(room: Room, name: str) -> Attachment:
    room.door.files[name] = picture((640, 360))
    return Attachment(MediaKind.IMAGE, name, "image/png", f"{name}.png", len(room.door.files[name]))


@pytest.mark.parametrize("reply", [False, True], ids=["attached", "in reply"])
async def test_a_film_goes_from_one_picture_to_another(room: Room, reply: bool) -> None:
    first, last = photo(room, "first"), photo(room, "last")
    room.door.files["last"] = picture((360, 640))
    use = CommandUse("video", {"prompt": "the boat turns"})
    fields: dict[str, Any] = {"attachments": (first, last)}
    if reply:
        fields = {"quoted": Quoted("m0", ADA, attachments=(first,)), "attachments": (last,)}
    [shown] = await room.send(
        room.event(addressed=Addressed.COMMAND, command=use, adult_allowed=True, **fields)
    )
    assert shown.text.startswith("**Film from one picture to another**")
    made = await order(room, shown)
    if "Cheaper" in labels(shown):
        await press(room, shown, "Cheaper", adult_allowed=True)
    await press(room, shown, "Make it", adult_allowed=True)
    await ended(room, made.id, S.DELIVERED)
    [body] = calls(room, "/video/queue")
    sizes = [
        opened(base64.b64decode(body[name].partition(",")[2])).size for name in ("image_url", "end_image_url")
    ]
    assert [width > height for width, height in sizes] == [True, False]


async def test_a_film_takes_two_pictures_at_most(room: Room) -> None:
    files = tuple(photo(room, name) for name in ("a", "b", "c"))
    use = CommandUse("video", {"prompt": "they dance"})
    [shown] = await room.send(room.event(addressed=Addressed.COMMAND, command=use, attachments=files))
    assert "attach at most two" in shown.text
    assert calls(room, "/video/quote") == []


def test_what_goes_between_pictures_needs_both() -> None:
    """Venice's list names such models and says nothing else about it."""
    model = Model(
        "pixverse-c1-transition",
        "video",
        "PixVerse",
        video=VideoConstraints(kind="image-to-video", durations=("5s",)),
    )
    one, two = Brief(Craft.FILM, "turn", picture="p"), Brief(Craft.FILM, "turn", picture="p", end="q")
    assert (suits(model, one), suits(model, two)) == (False, True)
    assert "attach both" in complaint(one, model)
    assert complaint(two, model) == ""


async def test_what_is_no_picture_is_said_before_any_price(room: Room) -> None:
    room.door.files["p"] = b"nothing of the kind"
    photo = Attachment(MediaKind.IMAGE, "p", "image/png", "boat.png", 19)
    event = room.event(addressed=Addressed.COMMAND, command=CommandUse("video", {}), attachments=(photo,))
    [shown] = await room.send(event)
    assert "could not read this picture" in shown.text
    assert calls(room, "/video/quote") == []
    named = await card(room, "video", picture="nothing")
    assert "no longer have this picture" in named.text


async def test_jobs_lists_what_is_under_way_and_drops_it_honestly(room: Room) -> None:
    room.demo.job_seconds = 60
    assert "nothing for you" in (await card(room, "jobs")).text
    shown = await card(room, "sound", prompt="rain on a roof")
    quoted = await order(room, shown)
    await press(room, shown, "Make it")
    await until(lambda: "In the making" in shown.text)
    listed = await card(room, "jobs")
    assert "1. **Sound** “rain on a roof”: in the making, and paid ($0.0074)" in listed.text
    assert "stays paid" in listed.text
    [told] = await press(room, listed, "Drop 1")
    assert "You dropped the sound" in told.text
    assert "$0.0074 is spent" in shown.text
    assert shown.buttons == ()
    assert await room.spent() == 7_360
    room.demo.finish_jobs()
    cleared = await ended(room, quoted.id, S.CANCELLED)
    assert not cleared.uncleared
    assert media(room) == []
    assert calls(room, "/audio/complete")


async def test_jobs_in_a_group_says_nothing_of_other_places(room: Room) -> None:
    room.demo.job_seconds = 60
    shown = await card(room, "sound", prompt="rain on a roof")
    await press(room, shown, "Make it")
    await until(lambda: "In the making" in shown.text)
    event = room.event(addressed=Addressed.COMMAND, command=CommandUse("jobs"), place=GROUP)
    [listed] = await room.send(event)
    assert "rain" not in listed.text


async def test_a_picture_i_drew_moves_by_its_button_and_by_a_reply(room: Room) -> None:
    """The film starts from the kept picture itself: nothing is fetched or kept twice."""
    use = CommandUse("image", {"prompt": "a boat"})
    [drawn] = await room.send(room.event(addressed=Addressed.COMMAND, command=use, adult_allowed=True))
    [shown] = await press(room, drawn, "Animate", adult_allowed=True)
    assert "Film from your picture" in shown.text
    reply = Quoted(key_of(room, drawn), ADA)
    use = CommandUse("video", {"prompt": "waves rise"})
    event = room.event(addressed=Addressed.COMMAND, command=use, quoted=reply, adult_allowed=True)
    [replied] = await room.send(event)
    assert "Film from your picture" in replied.text
    assert "> waves rise" in replied.text
    assert len(await room.store.vault.recent("test::c1:", room.parts.clock(), 9)) == 1
    quoted = await order(room, replied)
    await press(room, replied, "Make it", adult_allowed=True)
    await ended(room, quoted.id, S.DELIVERED)
    assert calls(room, "/video/queue")[0]["image_url"].startswith("data:image/")
