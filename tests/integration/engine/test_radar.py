"""The daily look at Venice's list: what is retired, renamed or about to go, in one process of several."""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest
import structlog

from bot.assembly import assemble
from bot.demo import DemoVenice, Fault
from bot.engine.models.radar import Radar
from bot.errors import VeniceError
from bot.messages import Addressed, Authority, Person, Place
from bot.venice import VeniceClient
from tests.contract.storage.houses import house
from tests.integration.engine.room import ADA, PLACE, MemoryDoor, Room, open_room

CHAT = "/chat/completions"
DAY = 86_400.0
BOB = Person("test", "2", "Bob")
GROUP = Place("test", "g", "room")


@pytest.fixture
async def room(tmp_path: Path) -> AsyncIterator[Room]:
    async with open_room(tmp_path) as opened:
        yield opened


async def put(room: Room, name: str, value: str, scope: str = PLACE.channel_key) -> None:
    await room.parts.settings.put(scope, name, value, by="test", at=1.0)


async def next_day(room: Room) -> bool:
    room.ahead += DAY
    return await room.parts.radar.look()


async def test_a_retired_model_is_mapped_and_who_manages_the_place_is_told_once(room: Room) -> None:
    await put(room, "model", "deepseek-v4-flash-0731", GROUP.channel_key)
    assert await room.parts.radar.look()
    room.demo.churn.retire("deepseek-v4-flash-0731")
    with structlog.testing.capture_logs() as logs:
        assert await next_day(room)
    assert room.parts.settings.of_place(GROUP, "model") == "deepseek-v3.2"
    [audit] = [line for line in logs if line["event"] == "audit.setting"]
    assert audit["was"] == "deepseek-v4-flash-0731"
    assert (audit["now"], audit["scope"]) == ("deepseek-v3.2", "channel")
    asks: dict[str, Any] = {"author": BOB, "place": GROUP, "addressed": Addressed.MENTION}
    [answer] = await room.say("Hello", **asks)
    assert "no longer offers" not in answer.text
    told, answer = await room.say("Hello", **{**asks, "authority": Authority.MODERATOR})
    assert told.text == (
        "*Venice no longer offers `deepseek-v4-flash-0731`, which the setting `model` of this channel named. "
        "**DeepSeek V3.2** (`deepseek-v3.2`, private) has taken its place; `/settings model …` "
        "changes it.*"
    )
    [answer] = await room.say("Hello", **{**asks, "authority": Authority.MODERATOR})
    assert answer.text
    assert not await room.parts.radar.look()


async def test_owners_read_it_in_their_direct_chat_counted_and_once(room: Room) -> None:
    direct = Place("test", "", "ada")
    await room.say("Hello", place=direct)  # now it is known where Ada can be told something
    for scope in (GROUP.channel_key, "bot"):
        await put(room, "model", "deepseek-v4-flash-0731", scope)
    await room.parts.radar.look()
    room.demo.churn.retire("deepseek-v4-flash-0731")
    before = len(room.door.messages)
    assert await next_day(room)
    [news] = list(room.door.messages.values())[before:]
    assert news.target.place.room == direct.room
    assert (
        "`deepseek-v4-flash-0731` is gone; **DeepSeek V3.2** (`deepseek-v3.2`) takes its place" in news.text
    )
    assert "(2 settings)" in news.text
    assert await next_day(room)
    assert len(room.door.messages) == before + 1


async def test_every_scope_and_every_kind_of_setting(room: Room) -> None:
    keys = ("bot", "server:test:g", GROUP.channel_key, "thread:test:room:t", BOB.scope_key)
    for key in keys:
        await put(room, "model", "llama-3.3-70b", key)
    await put(room, "image_model", "venice-sd35")
    await put(room, "voice_model", "tts-orpheus")
    await put(room, "fallback", "grok-4-3, llama-3.3-70b, qwen3-next-80b")
    await put(room, "gate_model", "most_intelligent")
    await room.parts.radar.look()
    for gone in ("llama-3.3-70b", "venice-sd35", "tts-orpheus"):
        room.demo.churn.retire(gone)
    await next_day(room)
    rows = room.parts.settings.rows()
    catalogue = await room.parts.models.catalogue()
    now = rows["bot", "model"]
    assert catalogue.known(now) is not None
    assert {rows[key, "model"] for key in keys} == {now}
    here = PLACE.channel_key
    assert rows[here, "image_model"] == "z-image-turbo"
    assert catalogue.known(rows[here, "voice_model"], "tts") is not None
    assert rows[here, "fallback"] == "grok-4-3, llama-3.2-3b, qwen3-next-80b"
    assert rows[here, "gate_model"] == "most_intelligent"


async def test_venices_own_replacement_comes_first(room: Room) -> None:
    await put(room, "model", "llama-3.3-70b")
    await room.parts.radar.look()
    room.demo.churn.retire("llama-3.3-70b", remapped_to="kimi-k3")
    room.demo.churn.specs["kimi-k3"] = {"pricing": {"input": {"usd": 1}, "output": {"usd": 2}}}
    await next_day(room)
    assert room.parts.settings.of_place(PLACE, "model") == "kimi-k3"


@pytest.mark.parametrize("worse", ["gemini-3-5-flash-lite", "venice-uncensored-1-2", "kimi-k3"])
async def test_a_replacement_is_never_less_private_less_restrained_or_dear(room: Room, worse: str) -> None:
    await put(room, "model", "llama-3.3-70b")
    await room.parts.radar.look()
    room.demo.churn.retire("llama-3.3-70b", remapped_to=worse)
    await next_day(room)
    now = (await room.parts.models.catalogue()).find(room.parts.settings.of_place(PLACE, "model"))
    assert now.id != worse
    assert (now.private, now.uncensored) == (True, False)


async def test_a_model_of_an_enclave_is_followed_by_one_of_an_enclave(room: Room) -> None:
    await put(room, "model", "e2ee-qwen3-vl-30b-a3b-p")
    await room.parts.radar.look()
    room.demo.churn.retire("e2ee-qwen3-vl-30b-a3b-p")
    await next_day(room)
    assert room.parts.settings.of_place(PLACE, "model") == "e2ee-gpt-oss-120b-p"


async def test_what_will_go_is_announced_once_and_kept_until_then(room: Room) -> None:
    await put(room, "model", "llama-3.3-70b", "bot")
    date = time.strftime("%Y-%m-%dT00:00:00.000Z", time.gmtime(time.time() + 3 * DAY))
    room.demo.churn.announce("llama-3.3-70b", date, "qwen3-next-80b")
    await room.parts.radar.look()
    told, _ = await room.say("Hello")
    assert f"Venice retires `llama-3.3-70b` on {date[:10]}, which the setting `model` of the" in told.text
    assert "**Qwen 3 Next 80b** (`qwen3-next-80b`) comes in its place." in told.text
    await next_day(room)
    assert len(await room.say("Hello")) == 1
    assert room.parts.settings.rows()["bot", "model"] == "llama-3.3-70b"
    room.ahead += 2 * DAY
    await room.parts.radar.look()
    assert room.parts.settings.rows()["bot", "model"] == "qwen3-next-80b"


async def test_half_a_list_changes_nothing_until_it_lasts(room: Room) -> None:
    await put(room, "model", "llama-3.3-70b")
    await room.parts.radar.look()
    listed = [model.id for model in await room.client.models()]
    for model in ["llama-3.3-70b", *listed[3:]]:
        room.demo.churn.retire(model)
    await next_day(room)
    assert room.parts.settings.of_place(PLACE, "model") == "llama-3.3-70b"
    await next_day(room)
    assert room.parts.settings.of_place(PLACE, "model") != "llama-3.3-70b"


async def test_a_look_that_venice_refuses_is_taken_later(room: Room) -> None:
    room.demo.faults.next("/models", Fault.status(500)).always()
    with pytest.raises(VeniceError):
        await room.parts.radar.look()
    room.demo.faults.clear()
    assert await room.parts.radar.look()


async def test_news_are_for_the_log(room: Room) -> None:
    room.demo.churn.retire("grok-4-3")
    await room.parts.radar.look()
    room.demo.churn.retired.clear()
    room.demo.churn.specs["kimi-k3"] = {"pricing": {"input": {"usd": 1}, "output": {"usd": 2}}}
    with structlog.testing.capture_logs() as logs:
        await next_day(room)
    [news] = [line for line in logs if line["event"] == "radar.news"]
    assert (news["new"], news["cheaper"]) == (["grok-4-3"], ["kimi-k3"])


async def test_a_model_retired_between_two_looks_is_replaced_at_the_question(room: Room) -> None:
    """The list is a few minutes old and still has the model; Venice does not."""
    await put(room, "model", "llama-3.3-70b")
    await room.say("Hello")
    room.demo.churn.retire("llama-3.3-70b")
    note, answer = await room.say("Hello")
    assert note.text.startswith("*Llama 3.3 70B has been retired by Venice, so ")
    assert answer.text
    note, _ = await room.say("Hello")
    assert note.text.startswith("*`llama-3.3-70b` is not offered by Venice now, so GLM 5.2")
    asked = [request.model for request in room.demo.requests if request.path == CHAT]
    assert asked.count("llama-3.3-70b") == 2


@pytest.mark.parametrize("kind", ["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
async def test_of_two_instances_one_looks(kind: str, tmp_path: Path) -> None:
    async with AsyncExitStack() as stack:
        demo = await stack.enter_async_context(DemoVenice(pace=math.inf))
        built = await stack.enter_async_context(house(kind, tmp_path))
        radars: list[Radar] = []
        for store in (built.store, await built.another("b")):
            client = await stack.enter_async_context(VeniceClient("demo", demo.base_url))
            parts = assemble(store, client, {"test": MemoryDoor()}, key=b"key", owners=frozenset({ADA.key}))
            await parts.load()
            radars.append(parts.radar)
        looks = await asyncio.gather(*(one.look() for one in radars * 3))
        assert looks.count(True) == 1
