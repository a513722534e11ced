"""A room whose desk two servers are seen from: A and B, each with an admin, and a private chat."""

from __future__ import annotations

from dataclasses import replace

from bot.dashboard import Viewer
from bot.figures import Incident
from bot.messages import Addressed, CommandUse, Incoming, Person, Place
from bot.orders import Order, OrderState
from bot.reminding import Reminder
from tests.integration.engine.room import ADA, Room

A, B = Place("test", "a", "a1"), Place("test", "b", "b1")
ANN, BEN = Person("test", "11", "Ann"), Person("test", "12", "Ben")
PRIVATE = Place("test", "", "7777777")


def owner(room: Room) -> Viewer:
    """Ada."""
    return Viewer(hashed(room, ADA), owner=True)


def admin(room: Room, person: Person, place: Place) -> Viewer:
    """Somebody who manages the server of a place."""
    return Viewer(hashed(room, person), owner=False, servers=(place.server_key,))


def hashed(room: Room, person: Person) -> str:
    """The keyed hash of somebody; the room's key is its own."""
    return room.hasher.person(person)


def dashboard(room: Room, person: Person, place: Place, *, manages: bool = False) -> Incoming:
    """Somebody uses /dashboard."""
    event = room.event(author=person, place=place, command=CommandUse("dashboard"))
    return replace(event, addressed=Addressed.COMMAND, admin=manages)


async def furnish(room: Room) -> None:
    """Something of everything in both servers and in a private chat."""
    parts, now = room.parts, room.parts.clock()
    for place, person in ((A, ANN), (B, BEN), (PRIVATE, BEN)):
        await room.say("Hello", author=person, place=place, place_title=place.space.upper())
        by, name = hashed(room, person), place.space or "p"
        channel = place.channel_key if place.space else "channel:test:~f00"  # as the house itself keeps it
        await parts.settings.put(
            place.channel_key, "character", f"in-{name}", by=by, at=now, server=place.audience
        )
        incident = Incident(now, "test", place.server_key, channel, "VeniceError server", "venice", "r")
        await room.store.figures.add([], [incident])
        order = Order(
            f"o-{name}",
            OrderState.QUOTED,
            place.conversation,
            by,
            "video",
            "m",
            "{}",
            5,
            now,
            now + 99,
        )
        await room.store.orders.add(order)
        reminder = Reminder(
            f"r-{name}",
            place.conversation,
            by,
            person.key,
            person.name,
            "secret words",
            now + 99,
            now,
        )
        await room.store.reminders.add(reminder, 9)
