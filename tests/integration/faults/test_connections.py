"""The line to a platform breaks while people wait: nothing is lost, nothing is said twice."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import httpx
import pytest

from tests.integration.faults.house import SHORT, STEADY_PACE, Scene, bare
from tests.integration.faults.sides import Room

pytestmark = pytest.mark.asyncio(loop_scope="module")

GATEWAY: dict[str, Callable[[Scene], object]] = {
    "drop-and-resume": lambda scene: scene.dc.drop_gateway(),
    "reset-and-resume": lambda scene: scene.dc.drop_gateway(code=None),
    "drop-without-resume": lambda scene: scene.dc.drop_gateway(resumable=False),
    "reconnect-request": lambda scene: scene.dc.request_reconnect(),
    "invalid-session": lambda scene: scene.dc.invalidate_session(),
    "malformed-event": lambda scene: scene.dc.malformed_event(),
}
POLLS: dict[str, Callable[[Scene], object]] = {
    "second-poller": lambda scene: second_poller(scene),
    "cut": lambda scene: scene.tg.faults.next("getUpdates", "drop_poll"),
    "bad-gateway": lambda scene: scene.tg.faults.next("getUpdates", "502"),
    "penalty": lambda scene: scene.tg.faults.next("getUpdates", "429", retry_after=1),
    "malformed-update": lambda scene: scene.tg.malformed_update(),
}


async def second_poller(scene: Scene) -> None:
    """Another process asks with the same token until a poll under way has ended with 409 Conflict: after
    earlier trouble it may take a moment until there is one."""
    known = conflicts(scene)
    async with asyncio.timeout(15), httpx.AsyncClient(trust_env=False) as client:
        while conflicts(scene) == known:
            await client.get(f"{scene.tg.base_url}/bot{scene.tg.token}/getUpdates", params={"timeout": 0})
            await asyncio.sleep(0.05)


def conflicts(scene: Scene) -> int:
    """How many polls ended so."""
    return sum(call.status == 409 for call in scene.tg.calls_of("getUpdates"))


async def befalls(scene: Scene, trouble: str) -> None:
    """The trouble with the polls, and its end where it has one."""
    done = POLLS[trouble](scene)
    if isinstance(done, Awaitable):
        await done


async def visible(room: Room) -> None:
    async with asyncio.timeout(5):
        while not room.texts():
            await asyncio.sleep(0.01)


async def connected(scene: Scene) -> None:
    """Discord hears again."""
    await asyncio.sleep(0.05)
    await scene.dc.ready()


@pytest.mark.parametrize("trouble", GATEWAY)
async def test_discord_line_breaks_before_the_question(scene: Scene, trouble: str) -> None:
    whole = await scene.whole("discord", SHORT)
    GATEWAY[trouble](scene)
    await connected(scene)
    room = scene.room("discord")
    await scene.answered(room, SHORT)
    assert bare(room.texts()) == whole


@pytest.mark.parametrize("trouble", GATEWAY)
async def test_discord_line_breaks_during_the_answer(scene: Scene, trouble: str) -> None:
    whole = await scene.whole("discord", SHORT)
    room = scene.room("discord")
    scene.demo.pace = STEADY_PACE
    known = scene.count("events")
    room.ask(SHORT)
    await visible(room)
    GATEWAY[trouble](scene)
    await scene.settled(known + 1)
    await connected(scene)
    assert bare(room.texts()) == whole


async def test_discord_replays_what_was_missed(scene: Scene) -> None:
    """Said while the line was down: the resumed session brings it, once."""
    whole = await scene.whole("discord", SHORT)
    room = scene.room("discord")
    known = scene.count("events")
    scene.dc.drop_gateway()
    room.ask(SHORT)
    await scene.settled(known + 1)
    assert bare(room.texts()) == whole


async def test_discord_catches_up_after_a_session_that_was_not_resumed(scene: Scene) -> None:
    """Nothing brings what was said while the line was down: it is asked for, and answered once."""
    whole = await scene.whole("discord", SHORT)
    room = scene.room("discord")
    known = scene.count("events")
    scene.dc.drop_gateway(resumable=False)
    room.ask(SHORT)
    await scene.settled(known + 1)
    room.repeat()
    other = scene.room("discord")
    await scene.answered(other, SHORT)
    assert bare(room.texts()) == whole


@pytest.mark.parametrize("trouble", POLLS)
async def test_telegram_poll_fails_before_the_question(scene: Scene, trouble: str) -> None:
    whole = await scene.whole("telegram", SHORT)
    await befalls(scene, trouble)
    room = scene.room("telegram")
    await scene.answered(room, SHORT)
    assert bare(room.texts()) == whole


@pytest.mark.parametrize("trouble", POLLS)
async def test_telegram_poll_fails_during_the_answer(scene: Scene, trouble: str) -> None:
    whole = await scene.whole("telegram", SHORT)
    room = scene.room("telegram")
    scene.demo.pace = STEADY_PACE
    known = scene.count("events")
    room.ask(SHORT)
    await visible(room)
    await befalls(scene, trouble)
    await scene.settled(known + 1)
    assert bare(room.texts()) == whole
