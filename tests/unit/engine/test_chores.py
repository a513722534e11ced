"""What the house does by itself comes round again, also after it failed."""

from __future__ import annotations

import asyncio

import pytest

from bot.engine.oversight.chores import Chores, come_round
from bot.errors import GondolaError


class Look:
    """Fails the first time, with a bug the third."""

    def __init__(self) -> None:
        self.times = 0

    async def __call__(self) -> None:
        self.times += 1
        if self.times == 1:
            raise GondolaError(detail="no database")
        if self.times == 3:
            raise ZeroDivisionError


async def test_a_failed_look_is_told_and_the_next_one_comes() -> None:
    chores, look, heard = Chores(lambda: 7.0), Look(), list[str]()

    def ran(name: str, trouble: str = "") -> None:
        heard.append(trouble)
        chores.ran(name, trouble)

    with pytest.raises(ZeroDivisionError):  # a bug of ours is nobody's weather
        await asyncio.wait_for(come_round("figures", look, ran, every=0), 5)
    assert heard == ["no database", ""]
    assert (chores.rounds["figures"].at, chores.rounds["figures"].trouble) == (7.0, "")
