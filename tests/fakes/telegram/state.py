"""Everything one fake knows, and the few changes all its parts share."""

import time
from collections.abc import Collection, Iterable

from tests.fakes.telegram.errors import bad_request, forbidden
from tests.fakes.telegram.faults import Faults
from tests.fakes.telegram.files import FileStore
from tests.fakes.telegram.limits import FloodControl, TelegramLimits
from tests.fakes.telegram.model import Call, Chat, Draft, Message, Press, Topic, User, Version
from tests.fakes.telegram.params import Params
from tests.fakes.telegram.render import message_json
from tests.fakes.telegram.shapes import JsonObject
from tests.fakes.telegram.signal import Signal
from tests.fakes.telegram.spec import oracle_from_environment
from tests.fakes.telegram.updates import UpdateQueue


class World:
    """State of one fake server with one bot."""

    def __init__(self, token: str, me: User, limits: TelegramLimits, privacy: bool) -> None:
        self.token = token
        self.me = me
        self.limits = limits
        self.privacy = privacy
        self.flood = FloodControl(limits)
        self.faults = Faults()
        self.files = FileStore(limits)
        self.queue = UpdateQueue()
        self.signal = Signal()
        self.oracle = oracle_from_environment()
        self.violations: list[str] = []
        self.users: dict[int, User] = {me.id: me}
        self.chats: dict[int, Chat] = {}
        self.calls: list[Call] = []
        self.presses: dict[str, Press] = {}
        self.commands: dict[tuple[str, str], list[object]] = {}
        self.profile: dict[tuple[str, str], str] = {}
        self.menu_buttons: dict[str, JsonObject] = {}
        # 1 is the General topic wherever there are topics, so no message gets it.
        self._shared_message_id = 2

    # Looking up

    def chat_of(self, params: Params) -> Chat:
        """The chat a call names. Raises 400 if there is none or it was upgraded."""
        value = params.text("chat_id")
        if not value:
            raise bad_request("chat_id is empty")
        chat = self.chats.get(int(value)) if value.lstrip("-").isdigit() else None
        if chat is None:
            raise bad_request("chat not found")
        if chat.migrated_to is not None:
            parameters: JsonObject = {"migrate_to_chat_id": chat.migrated_to.id}
            raise bad_request("group chat was upgraded to a supergroup chat", parameters)
        return chat

    def writable_chat(self, params: Params) -> Chat:
        """The chat a call wants to write to. Raises 403 where the bot may not."""
        chat = self.chat_of(params)
        if chat.user is not None and chat.user.blocked:
            raise forbidden("bot was blocked by the user")
        if chat.bot_status == "kicked":
            raise forbidden(f"bot was kicked from the {chat.kind} chat")
        if chat.bot_status == "left":
            raise forbidden(f"bot is not a member of the {chat.kind} chat")
        return chat

    def message_json(self, message: Message) -> JsonObject:
        """The message as Telegram would show it to the bot."""
        return message_json(message, self.users.get)

    # Changing

    def violation(self, text: str) -> None:
        """Record something no correct bot does."""
        self.violations.append(text)

    def new_message(self, chat: Chat, author: User) -> Message:
        """An empty message at the end of a chat; fill it, then publish it.

        Private chats and basic groups share one sequence of ids, each supergroup has its own.
        """
        if chat.kind == "supergroup":
            number = chat.next_message_id
            chat.next_message_id += 1
        else:
            number = self._shared_message_id
            self._shared_message_id += 1
        return Message(chat, number, author, int(time.time()))

    def publish(self, message: Message) -> Message:
        """Show a message. One of the bot's ends its draft and its chat action there."""
        message.chat.messages[message.id] = message
        self.remember(message)
        if message.author is self.me:
            thread = message.topic.id if message.topic else None
            message.chat.actions.pop(thread, None)
            message.chat.drafts.pop(thread, None)
        return message

    def remember(self, message: Message) -> None:
        """Note how a message looks from now on, and wake whoever waits."""
        version = Version(time.monotonic(), message.content, message.markup, message.media)
        message.history.append(version)
        self.signal.notify()

    def draft(self, chat: Chat, topic: Topic | None, draft: Draft) -> None:
        """Show a draft."""
        chat.drafts.setdefault(topic.id if topic else None, []).append(draft)
        self.signal.notify()

    def deliver(self, kind: str, payload: JsonObject) -> JsonObject | None:
        """Queue an update if allowed_updates let it through."""
        if not self.queue.wanted(kind):
            return None
        return self.push({kind: payload})

    def push(self, content: JsonObject, *, check: bool = True) -> JsonObject:
        """Queue an update as it is."""
        update = self.queue.add(content)
        if check and self.oracle is not None:
            self._note(self.oracle.check_update(update))
        self.signal.notify()
        return update

    # Checking

    def check_call(self, method: str, values: dict[str, object], files: Collection[str]) -> None:
        """Hold one request against the specification."""
        if values.get("parse_mode") or '"parse_mode"' in str(values.get("media")):
            self.violation(f"{method}: parse_mode is not modelled, send entities")
        if self.oracle is not None:
            self._note(self.oracle.check_call(method, values, files))

    def check_answer(self, method: str, result: object) -> None:
        """Hold one answer against the specification."""
        if self.oracle is not None:
            self._note(self.oracle.check_answer(method, result))

    def _note(self, problems: Iterable[str]) -> None:
        self.violations.extend(problems)
