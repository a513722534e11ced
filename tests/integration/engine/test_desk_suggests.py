"""What the dashboard suggests for settings that take free text: only what may be set there."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.dashboard import Viewer
from bot.demo import Fault
from tests.integration.engine.deskroom import ANN, A, admin, furnish, owner
from tests.integration.engine.room import Room, open_room


@pytest.fixture
async def room(tmp_path: Path) -> AsyncIterator[Room]:
    async with open_room(tmp_path) as opened:
        await furnish(opened)
        yield opened


async def suggested(room: Room, viewer: Viewer, scope: str, name: str) -> tuple[str, ...]:
    view = await room.parts.desk.place(viewer, scope)
    return next(line.suggested for line in view.settings if line.name == name)


async def test_models_that_may_be_set_there_are_suggested(room: Room) -> None:
    ann = admin(room, ANN, A)
    offered = {one.id: one for one in (await room.parts.models.catalogue()).offered("text")}
    first = await suggested(room, ann, A.channel_key, "model")
    assert first
    for model_id in first:
        assert await room.parts.desk.put_setting(ann, A.channel_key, "model", model_id) == model_id
    assert not any(
        offered[one].uncensored for one in await suggested(room, owner(room), A.channel_key, "model")
    )
    assert set(first) < set(await suggested(room, owner(room), A.channel_key, "model")), (
        "dear ones are the owners'"
    )
    await room.parts.desk.put_setting(ann, A.server_key, "min_privacy", "private")
    left = await suggested(room, ann, A.channel_key, "model")
    assert left
    assert all(offered[one].private for one in left)


async def test_voices_and_time_zones_are_suggested_and_what_has_choices_is_not(room: Room) -> None:
    ann = admin(room, ANN, A)
    assert "Europe/Berlin" in await suggested(room, ann, A.channel_key, "timezone")
    voices = await suggested(room, ann, A.channel_key, "voice")
    assert await room.parts.desk.put_setting(ann, A.channel_key, "voice", voices[0]) == voices[0]
    assert await suggested(room, ann, A.channel_key, "reply_mode") == ()


async def test_without_venice_the_page_only_lacks_what_venice_knows(tmp_path: Path) -> None:
    async with open_room(tmp_path) as room:
        room.demo.faults.next("/models", Fault.status(500)).always()
        assert await suggested(room, owner(room), "bot", "model") == ()
        assert "Europe/Berlin" in await suggested(room, owner(room), "bot", "timezone")
