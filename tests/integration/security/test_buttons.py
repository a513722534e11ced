"""Buttons and callbacks that nobody was given: invented ids, ids of others and of other places."""

from __future__ import annotations

import secrets

from tests.fakes.discord.state import JsonObject, Message, User
from tests.integration.security.conftest import WAIT, Town


def pressed_with(
    town: Town, message: Message, custom_id: str, user: User, where: Message | None = None
) -> None:
    """Press with an id of one's own choice, which a patched client can."""
    data: JsonObject = {"custom_id": custom_id, "component_type": 2}
    shown = where or message
    town.dc._interact(3, shown.channel, user, data, message=shown)  # pyright: ignore[reportPrivateUsage]


def ids_of(message: Message) -> list[str]:
    return [str(part["custom_id"]) for row in message.components for part in row["components"]]


async def answered(town: Town) -> Message:
    """An answer to Bob that carries its buttons."""
    town.dc.say(town.square, town.bob, "Tell me a story about a lamp.", mention_bot=True)
    await town.until(lambda: any(m.components for m in town.dc.answers(town.square)))
    await town.settled()
    return town.dc.answers(town.square)[0]


FORGED = (
    *("x", "stop", ".stop", "run", "' OR 1=1 --", "%", "{id}.run", "{id}.stop.stop", "{id}'--", "../{id}"),
    *("{id}\u0000", "{random}", " ", "{id}" * 6),
)


async def test_an_invented_id_does_nothing(town: Town) -> None:
    message = await answered(town)
    known = ids_of(message)[0].partition(".")[0]
    eve = town.dc.user("Eve")
    town.dc.member(town.ours, eve)
    asked = len(town.venice.requests)
    stored = town.rows("SELECT count(*) FROM history")
    before = len(town.dc.answers(town.square))
    for forged in FORGED:
        pressed_with(town, message, forged.format(id=known, random=secrets.token_urlsafe(9))[:100], eve)
    # Each is told that this button does nothing; so many sentences at once wait for Discord's limits.
    await town.until(lambda: len(town.dc.answers(town.square)) >= before + len(FORGED), 30)
    await town.settled()
    town.dc.say(town.square, eve, "What is the capital of France?", mention_bot=True)
    await town.until(lambda: "Paris" in town.dc.transcript(town.square), 30)
    await town.settled()
    chats = [one for one in town.venice.requests[asked:] if one.path == "/chat/completions"]
    assert len(chats) == 1
    assert town.rows("SELECT count(*) - 2 FROM history") == stored
    assert message.components


async def test_nobody_else_may_press_and_a_button_works_in_no_other_server(town: Town) -> None:
    message = await answered(town)
    regenerate = next(
        str(part["custom_id"])
        for row in message.components
        for part in row["components"]
        if part.get("label") == "Regenerate"
    )
    before = len(town.venice.requests)
    eve = town.dc.user("Eve")
    town.dc.member(town.ours, eve)
    refused = town.dc.press(message, "Regenerate", eve)
    await town.until(lambda: "Only the person who asked" in refused.text)
    town.dc.say(town.alley, town.mal, "What is the capital of Italy?", mention_bot=True)
    await town.until(lambda: any(m.components for m in town.dc.answers(town.alley)))
    await town.settled()
    shown = town.dc.answers(town.alley)[0]
    asked = len(town.venice.requests)
    pressed_with(town, message, regenerate, town.mal, where=shown)
    await town.settled()
    assert len(town.venice.requests) == asked
    assert "lamp" not in town.dc.transcript(town.alley)
    assert asked > before


async def test_who_manages_another_server_presses_nothing_of_this_one(town: Town) -> None:
    dc = town.dc
    dc.member(town.ours, town.mal)  # so he can read the ids of buttons there
    shown = dc.slash(town.square, town.bob, "remind", {"what": "tomorrow at nine water the plants"})
    await town.until(lambda: any(message.components for message in shown.messages))
    [cancel] = ids_of(shown.messages[-1])
    refused = dc.press(shown.messages[-1], cancel, town.mal)
    await town.until(lambda: "Only the person who asked" in refused.text)
    dc.say(town.alley, town.mal, "What is the capital of Italy?", mention_bot=True)
    await town.until(lambda: any(m.components for m in dc.answers(town.alley)))
    await town.settled()
    for channel, message in ((town.alley, dc.answers(town.alley)[0]), (dc.dm(town.mal), None)):
        if message is None:
            dc.say(channel, town.mal, "Hello")
            await town.until(lambda channel=channel: bool(dc.answers(channel)))
            await town.settled()
            message = dc.answers(channel)[0]
        before = len(dc.answers(channel))
        pressed_with(town, message, cancel, town.mal)
        await town.until(lambda channel=channel, before=before: len(dc.answers(channel)) > before)
        await town.settled()
    assert town.rows("SELECT count(*) FROM reminders") == [(1,)]
    assert "Cancelled" not in dc.transcript(town.alley)


async def test_a_callback_of_another_chat_is_refused_on_telegram(town: Town) -> None:
    tg = town.tg
    ann, mal = tg.user("Ann"), tg.user("Mal")
    chat, other = tg.private(ann), tg.private(mal)
    tg.say(chat, ann, "My name is Annabel. Tell me a story about a lamp.")
    await tg.wait_for(lambda: any(m.buttons for m in tg.replies(chat)), timeout=WAIT)
    await town.settled()
    answer = tg.replies(chat)[-1]
    tg.say(other, mal, "What is the capital of Italy?")
    await tg.wait_for(lambda: any(m.buttons for m in tg.replies(other)), timeout=WAIT)
    await town.settled()
    theirs = tg.replies(other)[-1]
    asked = len(town.venice.requests)
    stolen = [button.data for message in tg.replies(chat) for button in message.buttons if button.data]
    for data in [*stolen, "x" * 64, "\u0000", "'; DROP TABLE buttons; --"]:
        tg.press_data(theirs, data, mal)
    await town.settled()
    tg.press_data(theirs, "after-all", mal)
    await town.settled()
    assert len(town.venice.requests) == asked
    assert "Annabel" not in " ".join(message.text for message in tg.replies(other))
    assert answer.buttons
    assert town.rows("SELECT count(*) > 0 FROM buttons") == [(1,)]
