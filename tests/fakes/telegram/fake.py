"""The fake a test holds: people act, the record is read, faults are ordered."""

import time
from collections.abc import Callable
from types import TracebackType
from typing import TypeVar, overload

from tests.fakes.telegram.faults import Faults
from tests.fakes.telegram.limits import TelegramLimits
from tests.fakes.telegram.membership import Membership
from tests.fakes.telegram.methods_profile import menu_for
from tests.fakes.telegram.model import ACTION_SECONDS, DRAFT_SECONDS, Call, Chat, Draft, Message, Topic, User
from tests.fakes.telegram.posting import WebhookPoster
from tests.fakes.telegram.server import BotApiServer
from tests.fakes.telegram.shapes import JsonObject
from tests.fakes.telegram.state import World
from tests.fakes.telegram.updates import UpdateQueue

T = TypeVar("T")


class FakeTelegram(Membership):
    """A Bot API server with one bot. Enter it to listen: `async with FakeTelegram() as tg`."""

    def __init__(
        self,
        token: str = "123456:TEST",
        limits: TelegramLimits | None = None,
        *,
        username: str = "gondola_bot",
        privacy: bool = True,
    ) -> None:
        me = User(int(token.split(":")[0]), "Gondola", username, is_bot=True)
        super().__init__(World(token, me, limits or TelegramLimits.off(), privacy))
        self.token = token
        self._server = BotApiServer(self.world)
        self.webhook = WebhookPoster(self.world)

    async def __aenter__(self) -> "FakeTelegram":
        await self._server.start()
        self.webhook.start()
        return self

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.webhook.stop()
        await self._server.stop()

    @property
    def base_url(self) -> str:
        """Root address, without /bot."""
        return f"http://127.0.0.1:{self._server.port}"

    # Plain views

    @property
    def bot(self) -> User:
        """The bot under test."""
        return self.world.me

    @property
    def faults(self) -> Faults:
        """Order faults here."""
        return self.world.faults

    @property
    def queue(self) -> UpdateQueue:
        """Updates: history, pending, confirmed (the highest confirmed update_id), allowed."""
        return self.world.queue

    @property
    def calls(self) -> list[Call]:
        """Every call with a valid token, in order of arrival."""
        return self.world.calls

    @property
    def violations(self) -> list[str]:
        """What the bot (or this fake) did against the specification. Assert that it is empty."""
        return self.world.violations

    def calls_of(self, method: str, chat: Chat | None = None) -> list[Call]:
        """The calls of one method, in one chat if given."""
        wanted = None if chat is None else str(chat.id)
        return [
            call
            for call in self.calls
            if call.method == method and (wanted is None or call.chat_id == wanted)
        ]

    def visible(self, chat: Chat, topic: Topic | None = None) -> list[Message]:
        """What people see now, oldest first: everybody's messages, in one topic if given."""
        return [
            message
            for message in chat.messages.values()
            if not message.deleted and (topic is None or message.topic is topic)
        ]

    def replies(self, chat: Chat, topic: Topic | None = None) -> list[Message]:
        """The bot's visible messages, without service messages."""
        return [m for m in self.visible(chat, topic) if m.author is self.bot and not m.service]

    def draft(self, chat: Chat, topic: Topic | None = None) -> Draft | None:
        """The draft on display, if any: 30 s old at most, not yet replaced by a message."""
        drafts = self.drafts(chat, topic)
        return drafts[-1] if drafts and time.monotonic() - drafts[-1].time < DRAFT_SECONDS else None

    def drafts(self, chat: Chat, topic: Topic | None = None) -> list[Draft]:
        """Every state of the drafts since the bot's last message there."""
        return chat.drafts.get(topic.id if topic else None, [])

    def action(self, chat: Chat, topic: Topic | None = None) -> str | None:
        """The chat action on display, such as "typing"."""
        name, since = chat.actions.get(topic.id if topic else None, ("", 0.0))
        return name if name and time.monotonic() - since < ACTION_SECONDS else None

    def menu(self, chat: Chat, user: User) -> list[tuple[str, str]]:
        """(command, description) pairs a person is offered in a chat, in their language."""
        return menu_for(self.world, chat, user, user.language or "")

    def expire_links(self) -> None:
        """The links given so far answer 404; asking getFile again renews them."""
        self.world.files.expire_links()

    # Updates by hand

    def push(self, update: JsonObject) -> JsonObject:
        """Queue any update; update_id is added. Checked against the specification."""
        return self.world.push(update)

    def malformed_update(self) -> JsonObject:
        """Queue an update whose message lacks its chat and date, which client libraries cannot parse."""
        return self.world.push({"message": {"message_id": 1}}, check=False)

    def redeliver(self, update: JsonObject | Message) -> JsonObject:
        """Deliver an update (or the one of a message) once more, under its old update_id."""
        found = update.update if isinstance(update, Message) else update
        if found is None:
            raise ValueError(f"{update!r} never became an update")
        self.queue.repeat(found)
        return found

    # Waiting

    @overload
    async def wait_for(self, what: str, timeout: float = 5.0, *, count: int = 1) -> Call: ...

    @overload
    async def wait_for(self, what: Callable[[], T | None], timeout: float = 5.0, *, count: int = 1) -> T: ...

    async def wait_for(
        self, what: str | Callable[[], T | None], timeout: float = 5.0, *, count: int = 1
    ) -> T | Call:
        """Wait for a true value of a function, or for the count-th answered call of a method; return it.

        Raises TimeoutError with the last calls in its text.
        """
        if isinstance(what, str):
            return await self._wait(lambda: self._answered(what, count), f"{count} x {what}", timeout)
        return await self._wait(what, "the condition", timeout)

    def _answered(self, method: str, count: int) -> Call | None:
        done = [call for call in self.calls if call.method == method and call.status is not None]
        return done[count - 1] if len(done) >= count else None

    async def wait_text(
        self, chat: Chat, substring: str, timeout: float = 5.0, *, topic: Topic | None = None
    ) -> Message:
        """Wait for a visible message of the bot with the text. Raises TimeoutError with what is visible."""

        def find() -> Message | None:
            shown = self.replies(chat, topic)
            return next((message for message in shown if substring in message.content.text), None)

        return await self._wait(find, f"{substring!r} in {chat!r}: {self.visible(chat)}", timeout)

    async def _wait(self, check: Callable[[], T | None], name: str, timeout: float) -> T:
        found = await self.world.signal.until(check, timeout)
        if found is None:
            raise TimeoutError(f"{name} did not come within {timeout} s; last calls: {self.calls[-12:]}")
        return found
