"""kill -9 while Venice makes what was ordered, and while it is being ordered: made once, paid once, and
delivered by the next process or honestly given up."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from bot.demo import DemoVenice
from bot.demo.faults import Fault
from tests.e2e.street import Street, until
from tests.e2e.test_kill import database
from tests.fakes.discord import FakeDiscord
from tests.fakes.telegram import FakeTelegram
from tests.films import look_at

QUEUE = "/audio/queue"
PRICE = 1_840
"""Two seconds of sound, in micro-USD."""


@pytest.mark.parametrize("kind", ["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
async def test_orders_outlive_the_program(kind: str, tmp_path: Path) -> None:
    async with (
        database(kind) as url,
        FakeTelegram() as tg,
        FakeDiscord() as dc,
        DemoVenice() as demo,
    ):
        demo.job_seconds = 1000
        street = Street(tmp_path, url, tg, dc, demo)
        ann, bob = tg.user("Ann"), dc.user("Bob")
        chat, room, lost = tg.private(ann), dc.dm(bob), tg.group("Canal", [ann])

        def ordered() -> int:
            return sum(request.path == QUEUE for request in demo.requests)

        try:
            await street.start()
            await until(lambda: dc.world.syncs)
            tg.say(chat, ann, "/sound rain seconds=2")
            dc.slash(room, bob, "sound", {"prompt": "rain", "seconds": 2})
            await until(lambda: tg.replies(chat) and tg.replies(chat)[0].buttons)
            await until(lambda: dc.answers(room) and dc.answers(room)[0].components)
            [told], [shown] = tg.replies(chat), dc.answers(room)
            tg.press(told, "Make it", ann)
            dc.press(shown, "Make it", bob)
            await until(lambda: "In the making" in told.text and "In the making" in shown.content)
            demo.faults.next(QUEUE, Fault.hang())
            tg.say(lost, ann, "/sound thunder seconds=2")
            await until(lambda: tg.replies(lost) and tg.replies(lost)[0].buttons)
            [doubt] = tg.replies(lost)
            tg.press(doubt, "Make it", ann)
            await until(lambda: ordered() == 3)
            await street.kill("with two orders in the making and one on its way")
            demo.finish_jobs()
            await street.start()
            await until(lambda: "Made for" in told.text and "Made for" in shown.content)
            await until(lambda: "I was interrupted just as I ordered the sound" in doubt.text)
            [heard] = [message.media for message in tg.replies(chat) if message.media is not None]
            [file] = [one for message in dc.answers(room) for one in message.attachments]
            for data in (heard.data, file.data):
                assert look_at(data).seconds == pytest.approx(2, abs=0.2)
            assert ordered() == 3
            await until(lambda: not street.journal.open_turns())
            unsettled = "select count(*) from orders where lease_until is not null"
            await until(lambda: street.journal.rows(unsettled) == [(0,)])
            street.journal.check_books()
            assert street.journal.ledger(uncertain=False) == {PRICE: 2}
            assert street.journal.ledger(uncertain=True) == {PRICE: 1}
            assert street.program is not None
            assert await street.program.stop() == 0, street.program.output
        finally:
            sys.stdout.write(f"orders: {street.journal.rows('select state, uncleared from orders')}\n")
            await street.end()
        assert (tg.violations, dc.violations) == ([], [])
