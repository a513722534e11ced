"""What people do in channels, and what they see there."""

import time
from collections.abc import Callable, Iterable, Sequence

from tests.fakes.discord.actors import Actors
from tests.fakes.discord.checks import walk
from tests.fakes.discord.gateway import Event
from tests.fakes.discord.pings import find_pings
from tests.fakes.discord.rest_messages import react, unarchive
from tests.fakes.discord.state import (
    VOICE_MESSAGE,
    Attachment,
    Channel,
    Edit,
    Interaction,
    JsonObject,
    Message,
    User,
    Webhook,
    new_id,
    timestamp,
)

FileSpec = tuple[str, bytes, str]
_SILENT_WAVEFORM = "AAAA"


class Actions(Actors):
    def say(
        self,
        channel: Channel,
        user: User,
        text: str = "",
        *,
        mention_bot: bool = False,
        reply_to: Message | None = None,
        ping: bool = True,
        attachments: Sequence[FileSpec] = (),
        voice: bool = False,
        stickers: Sequence[JsonObject] = (),
        webhook: Webhook | None = None,
        age: float = 0.0,
    ) -> Message:
        """A person (or bot, or webhook) writes. Mentions are read from <@id>; MESSAGE_CREATE follows.

        `attachments` are (filename, bytes, mime). `voice` marks the one attachment as a voice message.
        `ping` says whether a reply mentions the person replied to. The message was written `age` seconds ago.
        """
        unarchive(self, channel)
        content = f"{self.bot.mention} {text}".strip() if mention_bot else text
        message = Message(new_id(age), channel, user, content, reference=reply_to, webhook=webhook)
        message.timestamp = timestamp(time.time() - age)
        message.kind = 0 if reply_to is None else 19
        message.attachments = [self._upload(channel, spec, voice=voice) for spec in attachments]
        message.stickers = list(stickers)
        message.flags = VOICE_MESSAGE if voice else 0
        allowed: JsonObject = {"parse": ["users", "roles", "everyone"], "replied_user": ping}
        message.mentions = message.pings = find_pings(self.world, channel, user, content, allowed, reply_to)
        return self.add_message(message)

    def sticker(self, name: str, data: bytes, format_type: int, ending: str) -> JsonObject:
        """A sticker to say: 1 PNG, 2 APNG, 3 Lottie, 4 GIF. Discord's library asks a fixed host for it."""
        key = new_id()
        self.world.stickers[f"{key}.{ending}"] = data
        return {"id": str(key), "name": name, "format_type": format_type}

    def say_as_webhook(self, webhook: Webhook, text: str, name: str | None = None) -> Message:
        """A message through a webhook, under its own or another name."""
        author = User(webhook.id, name or webhook.name, bot=True)
        return self.say(webhook.channel, author, text, webhook=webhook)

    def _upload(self, channel: Channel, spec: FileSpec, *, voice: bool = False) -> Attachment:
        filename, data, mime = spec
        attachment = self.store_attachment(channel, filename, data, mime)
        if voice:
            attachment.duration, attachment.waveform = 1.0, _SILENT_WAVEFORM
        return attachment

    def edit(self, message: Message, text: str) -> None:
        """The author edits: MESSAGE_UPDATE."""
        message.content = text
        message.edited_timestamp = timestamp()
        allowed: JsonObject = {"parse": ["users", "roles", "everyone"], "replied_user": True}
        message.mentions = find_pings(
            self.world, message.channel, message.author, text, allowed, message.reference
        )
        message.edits.append(Edit(time.monotonic(), text, message.mentions))
        self.publish_message("MESSAGE_UPDATE", message)

    def delete(self, message: Message) -> None:
        """Somebody deletes a message: MESSAGE_DELETE."""
        self.remove_message(message)

    def react(self, message: Message, user: User, emoji: str) -> None:
        react(self, message, emoji, user.id, add=True)

    def unreact(self, message: Message, user: User, emoji: str) -> None:
        react(self, message, emoji, user.id, add=False)

    def redeliver(self, event: Event | Message | Interaction) -> Event:
        """Send an event once more under a new sequence number, as a restarted gateway may."""
        found = event if isinstance(event, Event) else self._event_of(event)
        self.gateway.dispatch(found)
        return found

    def _event_of(self, thing: Message | Interaction) -> Event:
        name = "MESSAGE_CREATE" if isinstance(thing, Message) else "INTERACTION_CREATE"
        for event in reversed(self.gateway.events):
            if event.name == name and event.data.get("id") == str(thing.id):
                return event
        raise LookupError(f"{name} {thing.id} was never sent")

    def expire_attachments(self) -> None:
        """Let every CDN address signed so far lapse: 404."""
        self.world.attachments.clear()

    def visible(self, channel: Channel) -> list[Message]:
        """What stands in the channel now, oldest first, ephemeral answers included."""
        return sorted(channel.messages.values(), key=lambda message: message.id)

    def answers(self, channel: Channel) -> list[Message]:
        """The visible messages of the bot, its characters' webhooks included."""
        return [
            message
            for message in self.visible(channel)
            if message.author is self.bot or (message.webhook and message.webhook.creator is self.bot)
        ]

    def transcript(self, channel: Channel) -> str:
        """All the bot's visible text in the channel, joined by line breaks."""
        return "\n".join(message.content for message in self.answers(channel))

    def pinging(self) -> list[Message]:
        """Messages of the bot whose text pings or lights up anyone; tests assert that it is empty."""
        mine = [message for channel in self.world.channels.values() for message in self.answers(channel)]
        return [
            message for message in mine if message.pings.any or any(edit.pings.any for edit in message.edits)
        ]

    async def wait_text(self, channel: Channel, substring: str, timeout: float = 5.0) -> Message:
        """The first visible message of the bot that contains `substring`."""
        return await self.wait_for(_finder(self.answers, channel, substring), timeout)

    async def wait_answers(self, channel: Channel, count: int, timeout: float = 5.0) -> list[Message]:
        """The bot's visible messages, once there are at least `count`."""
        found = await self.wait_for(lambda: len(self.answers(channel)) >= count, timeout)
        assert found
        return self.answers(channel)

    async def ready(self, timeout: float = 10.0) -> None:
        """Until a bot has identified (or resumed) and its guilds are on their way."""
        await self.wait_for(lambda: self.gateway.connected, timeout)

    def find_component(self, message: Message, label_or_id: str) -> JsonObject:
        """A button or select by custom_id or label. Raises LookupError naming what there is."""
        interactive = [item for item in walk(message.components) if "custom_id" in item]
        for component in interactive:
            if label_or_id in (component["custom_id"], component.get("label")):
                return component
        raise LookupError(f"no component {label_or_id!r} among {_labels(interactive)}")


def _labels(components: Iterable[JsonObject]) -> list[str]:
    return [str(component.get("label") or component["custom_id"]) for component in components]


def _finder(
    answers: Callable[[Channel], list[Message]], channel: Channel, substring: str
) -> Callable[[], Message | None]:
    def find() -> Message | None:
        return next((message for message in answers(channel) if substring in message.content), None)

    return find
