from collections.abc import AsyncIterator

import pytest

from adapters.telegram.adapter import TelegramAdapter
from adapters.telegram.outbound import TelegramDoor
from tests.fakes.telegram import Chat, FakeTelegram, User
from tests.integration.telegram.front import RecordingFront, serving


@pytest.fixture
async def tg() -> AsyncIterator[FakeTelegram]:
    async with FakeTelegram() as fake:
        yield fake
        assert fake.violations == []


@pytest.fixture
def front() -> RecordingFront:
    return RecordingFront()


@pytest.fixture
async def adapter(tg: FakeTelegram, front: RecordingFront) -> AsyncIterator[TelegramAdapter]:
    async with serving(front, tg) as running:
        yield running


@pytest.fixture
def door(adapter: TelegramAdapter) -> TelegramDoor:
    return adapter.door


@pytest.fixture
def ann(tg: FakeTelegram) -> User:
    return tg.user("Ann", "de", "ann_b")


@pytest.fixture
def chat(tg: FakeTelegram, ann: User) -> Chat:
    return tg.private(ann)


@pytest.fixture
def group(tg: FakeTelegram, ann: User) -> Chat:
    return tg.group("Friends", [tg.user("Bob")], [ann], supergroup=True)
