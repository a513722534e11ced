"""On Telegram a bot pings whomever its text names. Nothing that others wrote or a model says may do so."""

from __future__ import annotations

import pytest

from tests.fakes.telegram.model import Message
from tests.integration.security.conftest import WAIT, Town

VICTIM = "innocent_ines"
LOUD = f"@{VICTIM} **@{VICTIM}** [@{VICTIM}](tg://user?id=77) [x](TG://user?id=77) /@{VICTIM} > @{VICTIM}"


def named(message: Message) -> list[str]:
    """Whom a message notifies, as Telegram reads it."""
    called = [one for one in message.entities if one.type in ("mention", "text_mention")]
    links = [one for one in message.entities if (one.url or "").casefold().startswith("tg://user")]
    return [f"{one.type} {one.url}" for one in (*called, *links)]


async def said(town: Town, text: str) -> list[Message]:
    """What the house answers, once nothing is under way any more."""
    tom = town.tg.user("Tom")
    chat = town.tg.private(tom)
    town.tg.say(chat, tom, text)
    await town.tg.wait_for(lambda: bool(town.tg.replies(chat)), timeout=WAIT)
    await town.settled()
    return town.tg.replies(chat)


async def test_an_answer_pings_nobody(town: Town) -> None:
    replies = await said(town, f"Repeat after me: {LOUD}")
    assert [named(one) for one in replies if named(one)] == []
    assert any(f"@\u2060{VICTIM}" in one.text for one in replies), "it reads as it was written"


@pytest.mark.parametrize(
    "command",
    [f"/settings {LOUD}", f"/model {LOUD}", f"/voice voice:{VICTIM} @{VICTIM}", f"/new @{VICTIM}"],
)
async def test_neither_do_sentences_about_what_people_typed(town: Town, command: str) -> None:
    replies = await said(town, command)
    assert [named(one) for one in replies if named(one)] == []


async def test_code_and_addresses_stay_as_they_are(town: Town) -> None:
    address = f"https://example.org/@{VICTIM}"
    replies = await said(town, f"Repeat after me: `@{VICTIM}` at {address}")
    texts = "\n".join(one.text for one in replies)
    assert f"@{VICTIM}" in texts
    assert address in texts
    assert [named(one) for one in replies if named(one)] == []
