"""Who manages a group, as Telegram says it: unknown is no yes, and what has changed is asked anew."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from adapters.telegram.authority import MOST_GROUPS, REMEMBERED, Managers
from bot.messages import Addressed, Authority, CommandUse, Incoming, Person, Place
from tests.fakes.telegram import Chat, FakeTelegram, User
from tests.fakes.telegram.client import connected_bot

ASK = "getChatAdministrators"


class Clock:
    """A clock that stands still unless it is moved."""

    now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def managers(tg: FakeTelegram, clock: Clock) -> AsyncIterator[Managers]:
    async with connected_bot(tg) as bot:
        yield Managers(bot, clock)


def command(chat: Chat, user: User) -> Incoming:
    place, author = Place("telegram", str(chat.id), str(chat.id)), Person("telegram", str(user.id))
    return Incoming("1", place, author, Addressed.COMMAND, command=CommandUse("caps", {}))


async def test_unknown_is_no_yes_and_is_asked_again_at_once(
    tg: FakeTelegram, managers: Managers, group: Chat, ann: User
) -> None:
    tg.faults.next(ASK, "500")
    first = await managers.judged(command(group, ann))
    assert (first.authority, first.admin, first.unsure) == (Authority.MEMBER, False, True)
    second = await managers.judged(command(group, ann))
    assert (second.authority, second.admin, second.unsure) == (Authority.MODERATOR, True, False)


async def test_remembered_for_a_while(
    tg: FakeTelegram, managers: Managers, group: Chat, ann: User, clock: Clock
) -> None:
    await asyncio.gather(*(managers.judged(command(group, ann)) for _ in range(5)))
    assert len(tg.calls_of(ASK)) == 1
    clock.now += REMEMBERED
    await managers.judged(command(group, ann))
    assert len(tg.calls_of(ASK)) == 2


async def test_a_rank_that_changes_while_telegram_answers_is_asked_for_again(
    tg: FakeTelegram, managers: Managers, group: Chat, ann: User
) -> None:
    """The answer under way may be from before the change."""
    asking = asyncio.create_task(managers.judged(command(group, ann)))
    await tg.wait_for(lambda: tg.calls_of(ASK))
    managers.forget(str(group.id))
    await asking
    await managers.judged(command(group, ann))
    assert len(tg.calls_of(ASK)) == 2


async def test_of_very_many_groups_not_all_are_remembered(
    tg: FakeTelegram, managers: Managers, ann: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert MOST_GROUPS > 100
    monkeypatch.setattr("adapters.telegram.authority.MOST_GROUPS", 2)
    groups = [tg.group(f"G{number}", [], [ann]) for number in range(3)]
    for one in groups:
        assert (await managers.judged(command(one, ann))).admin
    await managers.judged(command(groups[0], ann))
    assert len(tg.calls_of(ASK)) == 4
    await managers.judged(command(groups[0], ann))
    assert len(tg.calls_of(ASK)) == 4
