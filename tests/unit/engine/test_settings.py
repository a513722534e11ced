"""Settings inherit bot -> server -> channel -> thread -> user, and every value shows where it is from."""

from __future__ import annotations

import pytest

from bot.declarations import Scope
from bot.engine.settings.book import SettingsBook
from bot.engine.settings.declared import SETTINGS
from bot.engine.settings.topics import ORDER
from bot.errors import UserError
from bot.messages import Person, Place
from bot.storing import Store

PLACE = Place("discord", "10", "20", "30")
ADA = Person("discord", "1", "Ada")


async def test_the_narrowest_value_wins_and_says_so(store: Store) -> None:
    book = SettingsBook(store.settings)
    await book.load()
    seen: list[tuple[str, Scope | None]] = []

    def look() -> None:
        found = book.resolve(PLACE, ADA)["reply_mode"]
        seen.append((found.text, found.origin))

    look()
    for key, value in (
        ("bot", "both"),
        (PLACE.server_key, "voice"),
        (PLACE.channel_key, "text"),
        (PLACE.thread_key, "both"),
        (ADA.scope_key, "voice"),
    ):
        await book.put(key, "reply_mode", value, by="h", at=1.0)
        look()
    assert seen == [
        ("text", None),
        ("both", Scope.BOT),
        ("voice", Scope.SERVER),
        ("text", Scope.CHANNEL),
        ("both", Scope.THREAD),
        ("voice", Scope.USER),
    ]
    await book.clear(ADA.scope_key, "reply_mode", by="h", at=1.0)
    assert book.resolve(PLACE, ADA)["reply_mode"].origin is Scope.THREAD


async def test_values_survive_a_restart(store: Store) -> None:
    await SettingsBook(store.settings).put("bot", "temperature", "0.4", by="h", at=1.0)
    again = SettingsBook(store.settings)
    await again.load()
    assert again.resolve(PLACE, ADA).number("temperature") == 0.4


async def test_activation_is_not_a_personal_matter(store: Store) -> None:
    book = SettingsBook(store.settings)
    await book.put(ADA.scope_key, "activation", "always", by="h", at=1.0)
    assert book.resolve(PLACE, ADA).text("activation") == "mention"


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("temperature", "hot", "must be a number"),
        ("temperature", "3", "between 0 and 2"),
        ("temperature", "nan", "must be a number"),
        ("answer_length", "1.5", "whole number"),
        ("reply_mode", "song", "`text`, `voice`, `both`"),
        ("scraping", "maybe", "`on` or `off`"),
        ("system_prompt", "x" * 8001, "at most 8000 characters"),
        ("colour", "red", "There are: `model`"),
    ],
)
async def test_bad_values_say_what_is_allowed(store: Store, name: str, value: str, says: str) -> None:
    with pytest.raises(UserError) as caught:
        await SettingsBook(store.settings).put("bot", name, value, by="h", at=1.0)
    assert says in caught.value.reader_text
    assert await store.settings.all() == []


def test_every_default_is_valid() -> None:
    for setting in SETTINGS.values():
        assert setting.description.endswith(".")


def test_every_setting_is_read_under_one_topic() -> None:
    assert sorted(ORDER) == sorted(SETTINGS)
