"""All answers under way, and the limits they share."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence

import structlog

from bot.capabilities import CallKind, Capabilities
from bot.delivery.answer import Answer
from bot.delivery.courier import Sending, unannounced
from bot.delivery.limits import Limiter
from bot.delivery.livedoor import LiveDoor
from bot.delivery.style import ORDINARY, Style
from bot.errors import PlatformError
from bot.messages import MessageRef, Target
from bot.ports import Door, Sleeper

log: structlog.stdlib.BoundLogger = structlog.get_logger()


class Delivery:
    """Opens answers. `doors` are read at each call, so answers go on through a rebuilt adapter."""

    def __init__(
        self,
        doors: Mapping[str, Door],
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Sleeper = asyncio.sleep,
    ) -> None:
        """`doors` by platform name. `clock` is monotonic seconds, not Unix time."""
        self._doors = doors
        self._clock = clock
        self._sleep = sleep
        self._limiters: dict[str, Limiter] = {}
        self._answers: set[Answer] = set()

    def open(
        self,
        target: Target,
        answer_id: str,
        *,
        on_ref: Callable[[MessageRef], None] | None = None,
        on_frame: Callable[[], None] = lambda: None,
        known: Sequence[MessageRef] = (),
        style: Style = ORDINARY,
        on_sending: Sending = unannounced,
        recovering: bool = False,
    ) -> Answer:
        """Start an answer. The same `answer_id` gives the same nonces, also after a restart. `on_ref`
        hears of each message of text or media as it is sent, `on_frame` before a draft shows text that
        no message holds; `on_sending` is awaited before each send.
        `known` are messages of this answer's text sent before a restart: they are edited, the rest is sent.
        `recovering`: an earlier process may have sent more than is known, so a send may find its message
        there already, with other words. KeyError for an unknown platform."""
        door = LiveDoor(self._doors, target.place.platform)
        answer = Answer(
            door,
            self._limiter(target.place.platform, door),
            target,
            answer_id,
            clock=self._clock,
            sleep=self._sleep,
            on_ref=on_ref,
            on_frame=on_frame,
            known=known,
            style=style,
            on_sending=on_sending,
            recovering=recovering,
        )
        self._answers.add(answer)
        answer.task.add_done_callback(lambda _: self._answers.discard(answer))
        return answer

    async def clear_buttons(self, ref: MessageRef) -> None:
        """Take the buttons of a message away, when there is room; it stays as it is where that fails."""
        platform = ref.place.platform
        door = LiveDoor(self._doors, platform)
        limiter = self._limiter(platform, door)
        try:
            with await limiter.must(limiter.lane(Target(ref.place)), CallKind.EDIT):
                await door.clear_buttons(ref)
        except PlatformError as error:
            log.info("buttons.left", platform=platform, reason=error.detail)

    def capabilities(self, platform: str) -> Capabilities:
        """What the platform takes. KeyError for an unknown one."""
        return LiveDoor(self._doors, platform).capabilities

    def reaches(self, platform: str) -> bool:
        """Whether there is a door to that platform."""
        return platform in self._doors

    def parts(self, platform: str, markdown: str) -> int:
        """How many messages a text takes there."""
        return len(LiveDoor(self._doors, platform).compose(markdown))

    def repeats(self, platform: str, age: float = 0.0) -> bool:
        """Whether a send of so many seconds ago may be repeated there without being seen twice."""
        capabilities = LiveDoor(self._doors, platform).capabilities
        return capabilities.repeatable_sends and age < capabilities.repeat_seconds

    def _limiter(self, platform: str, door: LiveDoor) -> Limiter:
        """Limits outlive a door: the platform does not forget calls when an adapter is rebuilt."""
        if platform not in self._limiters:
            self._limiters[platform] = Limiter(door.capabilities, self._clock, self._sleep)
        return self._limiters[platform]

    async def close(self, *, grace: float = 0.0) -> None:
        """Give answers `grace` seconds to end, then end the rest as they are."""
        tasks = [answer.task for answer in self._answers]
        if not tasks:
            return
        if grace > 0:
            await asyncio.wait(tasks, timeout=grace)
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)
