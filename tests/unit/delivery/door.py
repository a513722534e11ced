"""A chat platform in memory: it counts every call against its own limits and fails as told."""

from __future__ import annotations

import asyncio
import random
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from bot.capabilities import ALL_CALLS, CallKind, Capabilities, Pacing, RichLimits, Window
from bot.delivery.limits import HANDLE_WINDOWS, chat_key
from bot.errors import PlatformError, PlatformFailure
from bot.messages import Attachment, ButtonRows, Entity, Media, MessageRef, Part, Place, Target
from tests.unit.delivery.virtual import now

BOLD = re.compile(r"\*\*(.+?)\*\*", re.DOTALL)

ROOMY = Pacing(edit_interval=1.0, group_edit_interval=3.0, typing_lasts=5.0)
DISCORD = Pacing(
    direct=(Window(frozenset({CallKind.SEND}), 5, 5.0), Window(frozenset({CallKind.EDIT}), 5, 5.0)),
    group=(Window(frozenset({CallKind.SEND}), 5, 5.0), Window(frozenset({CallKind.EDIT}), 5, 5.0)),
    token=(Window(ALL_CALLS, 50, 1.0),),
    typing_lasts=10.0,
)
TELEGRAM = Pacing(
    direct=(Window(frozenset({CallKind.SEND, CallKind.EDIT}), 1, 1.0),),
    group=(Window(ALL_CALLS, 20, 60.0), Window(frozenset({CallKind.SEND, CallKind.EDIT}), 1, 1.0)),
    token=(Window(ALL_CALLS, 30, 1.0),),
    edit_interval=1.5,
    group_edit_interval=3.0,
    typing_lasts=5.0,
)

DRAFTS = Pacing(
    direct=(Window(ALL_CALLS, 3, 3.0),),
    group=(Window(ALL_CALLS, 3, 3.0),),
    token=(Window(ALL_CALLS, 30, 1.0),),
    edit_interval=1.5,
    typing_lasts=5.0,
    draft_lasts=30.0,
)
"""A platform with drafts, which shows one for half a minute."""


RICH = RichLimits(units=500, blocks=10, depth=4, columns=4)


def capabilities(
    pacing: Pacing = ROOMY, *, text_limit: int = 2000, rich: RichLimits | None = None
) -> Capabilities:
    return Capabilities(
        platform="test",
        display_name="Testgram",
        text_limit=text_limit,
        caption_limit=30,
        upload_limit=1000,
        download_limit=1000,
        media_per_message=4,
        pacing=pacing,
        rich_messages=rich,
    )


@dataclass(frozen=True, slots=True)
class Call:
    """One call as the platform saw it. `text` is the text or caption."""

    at: float
    kind: CallKind
    chat: str
    text: str = ""
    nonce: str = ""
    message_id: str = ""


@dataclass(slots=True)
class Shown:
    """One visible message."""

    message_id: str
    target: Target
    part: Part
    buttons: ButtonRows = ()
    media: tuple[Media, ...] = ()
    deleted: bool = False


@dataclass(frozen=True, slots=True)
class Fault:
    """What happens instead of success. `arrives` says that the call takes effect all the same."""

    failure: PlatformFailure
    retry_after: float | None = None
    moved_to: str | None = None
    arrives: bool = False
    unrepeatable: bool = False

    def error(self) -> PlatformError:
        return PlatformError(
            self.failure,
            retry_after=self.retry_after,
            moved_to=self.moved_to,
            unrepeatable=self.unrepeatable,
        )


FaultPlan = Callable[[Call], Fault | None]


@dataclass(slots=True)
class ScriptedDoor:
    """Implements bot.ports.Door, ShowsDrafts and WritesRich. `latency` gives the seconds to the platform and
    back; `plan` the fault of a call; `rejects` refuses parts for their formatting. `drafts` is what is on
    display, by chat, and since when. A text with a bar in it is worth the rich form."""

    capabilities: Capabilities = field(default_factory=capabilities)
    latency: Callable[[], float] = lambda: 0.02
    plan: FaultPlan = lambda _: None
    rejects: Callable[[Part], bool] = lambda _: False
    calls: list[Call] = field(default_factory=list[Call])
    messages: list[Shown] = field(default_factory=list[Shown])
    refused: list[Call] = field(default_factory=list[Call])
    drafts: dict[str, tuple[str, float]] = field(default_factory=dict[str, tuple[str, float]])
    composed: int = 0
    _nonces: dict[tuple[str, str], MessageRef] = field(default_factory=dict[tuple[str, str], MessageRef])
    _penalties: dict[str, float] = field(default_factory=dict[str, float])

    # --- the protocol -----------------------------------------------------------------------------

    def compose(self, markdown: str) -> list[Part]:
        self.composed += 1
        return compose(markdown, self.capabilities.text_limit)

    async def send(self, target: Target, part: Part, *, nonce: str, buttons: ButtonRows = ()) -> MessageRef:
        return await self._send(target, part, nonce, buttons, ())

    async def send_media(
        self,
        target: Target,
        items: Sequence[Media],
        *,
        caption: Part | None,
        nonce: str,
        buttons: ButtonRows = (),
    ) -> MessageRef:
        return await self._send(target, caption or Part(""), nonce, buttons, tuple(items))

    async def edit(self, ref: MessageRef, part: Part, *, buttons: ButtonRows = ()) -> None:
        await asyncio.sleep(self.latency())
        call = self._count(CallKind.EDIT, ref.place, ref.reply_handle, part.text, "", ref.message_id)
        fault = self.plan(call)
        if fault and not fault.arrives:
            await self._fail(call, fault)
        message = self.message(ref.message_id)
        if message.deleted or message.target.place.channel != ref.place.channel:
            raise PlatformError(PlatformFailure.GONE)
        if self.rejects(part):
            raise PlatformError(PlatformFailure.BAD_FORMAT)
        if message.part == part and message.buttons == buttons:
            raise PlatformError(PlatformFailure.UNCHANGED)
        message.part, message.buttons = part, buttons
        if fault:
            await self._fail(call, fault)
        await asyncio.sleep(self.latency())

    async def clear_buttons(self, ref: MessageRef) -> None:
        await asyncio.sleep(self.latency())
        call = self._count(CallKind.EDIT, ref.place, ref.reply_handle, "", "", ref.message_id)
        if fault := self.plan(call):
            await self._fail(call, fault)
        self.message(ref.message_id).buttons = ()

    async def typing(self, target: Target) -> None:
        await asyncio.sleep(self.latency())
        call = self._count(CallKind.TYPING, target.place, target.reply_handle)
        if fault := self.plan(call):
            await self._fail(call, fault)

    async def draft(self, target: Target, part: Part, *, number: int) -> None:
        assert target.place.direct
        assert number > 0
        await asyncio.sleep(self.latency())
        call = self._count(CallKind.DRAFT, target.place, "", part.text, "", str(number))
        fault = self.plan(call)
        if fault and not fault.arrives:
            await self._fail(call, fault)
        if self.rejects(part):
            raise PlatformError(PlatformFailure.BAD_FORMAT)
        self.drafts[target.place.channel] = (part.text, now())
        if fault:
            await self._fail(call, fault)
        await asyncio.sleep(self.latency())

    def rich(self, markdown: str) -> Part | None:
        limits = self.capabilities.rich_messages
        fits = limits is not None and len(markdown) <= limits.units
        return Part(markdown, rich=markdown) if fits and "|" in markdown else None

    async def fetch(self, attachment: Attachment, max_bytes: int) -> bytes:
        raise PlatformError(PlatformFailure.GONE)

    # --- the platform -----------------------------------------------------------------------------

    async def _send(
        self, target: Target, part: Part, nonce: str, buttons: ButtonRows, media: tuple[Media, ...]
    ) -> MessageRef:
        assert len(nonce) <= 25
        assert part.text or media
        await asyncio.sleep(self.latency())
        call = self._count(CallKind.SEND, target.place, target.reply_handle, part.text, nonce)
        fault = self.plan(call)
        if fault and not fault.arrives:
            await self._fail(call, fault)
        if self.rejects(part):
            raise PlatformError(PlatformFailure.BAD_FORMAT)
        ref = self._keep(target, part, nonce, buttons, media)
        if fault:
            await self._fail(call, fault)
        await asyncio.sleep(self.latency())
        return ref

    def _keep(
        self, target: Target, part: Part, nonce: str, buttons: ButtonRows, media: tuple[Media, ...]
    ) -> MessageRef:
        known = self._nonces.get((target.place.channel, nonce))
        if known and self.capabilities.repeatable_sends:
            return known
        ref = MessageRef(target.place, f"m{len(self.messages)}", target.reply_handle)
        self.messages.append(Shown(ref.message_id, target, part, buttons, media))
        self.drafts.pop(target.place.channel, None)
        self._nonces[target.place.channel, nonce] = ref
        return ref

    def _count(
        self,
        kind: CallKind,
        place: Place,
        handle: str,
        text: str = "",
        nonce: str = "",
        message_id: str = "",
    ) -> Call:
        apart = handle and self.capabilities.handle_outside_limits
        chat = f"handle:{handle}" if apart else chat_key(place)
        call = Call(now(), kind, chat, text, nonce, message_id)
        pacing = self.capabilities.pacing
        windows = HANDLE_WINDOWS if apart else pacing.direct if place.direct else pacing.group
        full = self._full(call, windows, chat) or (not apart and self._full(call, pacing.token, ""))
        self.calls.append(call)
        if full or call.at < self._penalties.get(chat, 0.0):
            self.refused.append(call)
            raise PlatformError(PlatformFailure.RATE_LIMITED, retry_after=3.0)
        return call

    def _full(self, call: Call, windows: Sequence[Window], chat: str) -> bool:
        return any(
            call.kind in window.kinds
            and window.calls
            <= sum(
                other.kind in window.kinds
                and other.at > call.at - window.seconds + 1e-6
                and (other.chat == chat if chat else not other.chat.startswith("handle:"))
                for other in self.calls
            )
            for window in windows
        )

    async def _fail(self, call: Call, fault: Fault) -> None:
        if fault.failure is PlatformFailure.RATE_LIMITED:
            self._penalties[call.chat] = call.at + (fault.retry_after or 0.0)
        await asyncio.sleep(self.latency())
        raise fault.error()

    # --- what tests look at -----------------------------------------------------------------------

    def message(self, message_id: str) -> Shown:
        return next(message for message in self.messages if message.message_id == message_id)

    def draft_shown(self, channel: str = "c") -> str | None:
        """The draft on display."""
        text, since = self.drafts.get(channel, ("", -100.0))
        return text if now() - since < self.capabilities.pacing.draft_lasts else None

    def visible(self, channel: str = "c") -> list[Shown]:
        return [m for m in self.messages if m.target.place.channel == channel and not m.deleted]

    def texts(self, channel: str = "c") -> list[str]:
        return [message.part.text for message in self.visible(channel)]

    def of(self, kind: CallKind) -> list[Call]:
        return [call for call in self.calls if call.kind is kind]


def compose(markdown: str, limit: int) -> list[Part]:
    """Bold as entities, split at the last space that fits. Whitespace alone is nothing visible."""
    text, entities = "", list[Entity]()
    position = 0
    for match in BOLD.finditer(markdown):
        text += markdown[position : match.start()]
        entities.append(Entity("bold", len(text), len(match[1])))
        text += match[1]
        position = match.end()
    text += markdown[position:]
    if not text.strip():
        return []
    return split(text, entities, limit)


def split(text: str, entities: Sequence[Entity], limit: int) -> list[Part]:
    parts: list[Part] = []
    start = 0
    while start < len(text):
        end = min(len(text), start + limit)
        if end < len(text):
            space = text.rfind(" ", start, end)
            end = space + 1 if space > start else end
        inside = tuple(
            replace(entity, offset=entity.offset - start)
            for entity in entities
            if start <= entity.offset and entity.offset + entity.length <= end
        )
        parts.append(Part(text[start:end], inside, text[start:end]))
        start = end
    return parts


def shaky(seed: int, most: float = 0.4) -> Callable[[], float]:
    """Latencies that differ from call to call."""
    generator = random.Random(seed)
    return lambda: generator.uniform(0.0, most)


def script(*faults: Fault | None, kind: CallKind | None = None) -> FaultPlan:
    """One fault per call in order (None: the call works); afterwards everything works."""
    left = list(faults)

    def plan(call: Call) -> Fault | None:
        return left.pop(0) if left and kind in (None, call.kind) else None

    return plan
