"""Messages edited and deleted by people, as events."""

from __future__ import annotations

from bot.messages import Addressed, Place
from tests.fakes.discord import Message
from tests.integration.discord.conftest import House


def _preview(house: House, message: Message) -> None:
    """Discord adds the preview of a link by itself: an update without a new time of editing."""
    house.dc.publish_message("MESSAGE_UPDATE", message)


async def test_an_edit_is_an_event_of_its_own(house: House) -> None:
    async with house.running():
        said = house.dc.say(house.channel, house.ann, "tea", mention_bot=True)
        await house.events()
        house.dc.edit(said, f"{house.dc.bot.mention} coffee")
        await house.events(2)
    first, second = house.front.events
    assert (first.edits, second.edits) == ("", str(said.id))
    assert second.message_id == str(said.id)
    assert (second.text, second.addressed) == ("coffee", Addressed.MENTION)
    assert (second.place, second.author) == (first.place, first.author)
    assert second.event_id.startswith(f"edit:{said.id}:")


async def test_what_discord_adds_by_itself_is_no_edit(house: House) -> None:
    async with house.running():
        said = house.dc.say(house.channel, house.ann, "https://example.org", mention_bot=True)
        await house.events()
        _preview(house, said)
        house.dc.edit(said, "https://example.org/2")
        await house.events(2)
        _preview(house, said)
        house.dc.say(house.channel, house.ann, "last", mention_bot=True)
        await house.events(3)
        await house.dc.wait_for(lambda: house.front.redelivered)
    assert [event.text for event in house.front.events] == [
        "https://example.org",
        "https://example.org/2",
        "last",
    ]
    assert house.front.redelivered == [house.front.events[1].event_id]


async def test_its_own_edits_and_those_of_bots_are_ignored(house: House) -> None:
    robot = house.dc.user("robot", bot=True)
    async with house.running():
        said = house.dc.say(house.channel, robot, "beep", mention_bot=True)
        house.dc.edit(said, "boop")
        house.dc.say(house.channel, house.ann, "last")
        await house.events()
    assert [event.text for event in house.front.events] == ["beep", "last"]


async def test_deleted_messages_are_told_with_their_place(house: House) -> None:
    thread = house.dc.thread(house.channel, "topic")
    private = house.dc.dm(house.ann)
    async with house.running():
        messages = [house.dc.say(place, house.ann, "hi") for place in (house.channel, thread, private)]
        await house.events(3)
        for message in messages:
            house.dc.delete(message)
        await house.dc.wait_for(lambda: len(house.front.deleted) == 3)
    space, channel = str(house.guild.id), str(house.channel.id)
    assert sorted(house.front.deleted, key=lambda item: int(item[1][0])) == [
        (Place("discord", space, channel), (str(messages[0].id),)),
        (Place("discord", space, channel, str(thread.id)), (str(messages[1].id),)),
        (Place("discord", "", str(private.id)), (str(messages[2].id),)),
    ]


async def test_many_deleted_at_once(house: House) -> None:
    async with house.running():
        said = [house.dc.say(house.channel, house.ann, str(n)) for n in range(3)]
        await house.events(3)
        ids = [str(message.id) for message in said]
        house.dc.publish(
            "MESSAGE_DELETE_BULK",
            {"ids": [*ids], "channel_id": str(house.channel.id), "guild_id": str(house.guild.id)},
            house.channel,
        )
        await house.dc.wait_for(lambda: house.front.deleted)
    assert house.front.deleted == [(house.place, tuple(ids))]
