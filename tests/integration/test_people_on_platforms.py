"""One's own data and one person on two platforms, through the real adapters."""

from __future__ import annotations

import json
import logging
import time
import zipfile
from io import BytesIO
from pathlib import Path

import pytest

from bot.demo import DemoVenice
from bot.records import Cap, CapPeriod, CapUnit
from tests.fakes.discord import FakeDiscord
from tests.fakes.telegram import FakeTelegram
from tests.integration.engine.test_people import found_in
from tests.integration.platforms import house
from tests.integration.test_voice_on_platforms import asked

WAIT = 15
TWICE = Cap("user:*", "chat", CapUnit.COUNT, CapPeriod.DAY, 2)


async def test_linked_exported_and_erased(
    tmp_path: Path, venice: DemoVenice, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    async with (
        FakeTelegram() as tg,
        FakeDiscord() as dc,
        house(
            tmp_path,
            venice,
            TELEGRAM_TOKEN=tg.token,
            TELEGRAM_BASE_URL=tg.base_url,
            DISCORD_TOKEN=dc.token,
            DISCORD_BASE_URL=dc.base_url,
        ) as opened,
    ):
        ann, her, eve = tg.user("Annabel"), dc.user("Anniline"), dc.user("Eve")
        guild = dc.guild("Canal")
        for person in (her, eve):
            dc.member(guild, person)
        chat, room = tg.private(ann), dc.channel(guild, "general")
        await dc.ready()
        await dc.wait_for(lambda: bool(dc.world.syncs), WAIT)
        await opened.parts.caps.put(TWICE, time.time())
        tg.say(chat, ann, "Of quixotry, please")
        await tg.wait_for(lambda: len(asked(venice)) == 1, timeout=WAIT)
        dc.say(room, eve, "I like geese", mention_bot=True)
        await dc.wait_for(lambda: len(asked(venice)) == 2, WAIT)
        dc.say(room, her, "Of zugzwang, please", mention_bot=True)
        await dc.wait_for(lambda: len(asked(venice)) == 3, WAIT)
        await dc.wait_for(lambda: len(dc.answers(room)) == 2, WAIT)

        shown = dc.slash(room, her, "link")
        await dc.wait_for(lambda: "Your code is" in shown.text, WAIT)
        code = shown.text.split("`")[1]
        tg.say(chat, ann, f"/link {code}")
        await tg.wait_for(lambda: "one person for me" in tg.replies(chat)[-1].text, timeout=WAIT)
        tg.say(chat, ann, f"/link {code}")
        await tg.wait_for(
            lambda: (
                "`/link off` ends that" in tg.replies(chat)[-1].text
                or "/link off ends that" in tg.replies(chat)[-1].text
            ),
            timeout=WAIT,
        )
        dc.say(room, her, "And of geese", mention_bot=True)
        await dc.wait_for(lambda: "Your daily limit of 2 answers" in dc.transcript(room), WAIT)
        tg.say(chat, ann, "And of geese")
        await tg.wait_for(lambda: "Your daily limit of 2 answers" in tg.replies(chat)[-1].text, timeout=WAIT)
        assert len(asked(venice)) == 3

        tg.say(chat, ann, "/export")
        await tg.wait_for(lambda: tg.replies(chat)[-1].media is not None, timeout=WAIT)
        media = tg.replies(chat)[-1].media
        assert media is not None
        with zipfile.ZipFile(BytesIO(media.data)) as packed:
            exported = json.loads(packed.read("data.json"))
        said = [item["text"] for item in exported["conversations"] if item["role"] == "person"]
        assert said == ["Of quixotry, please", "Of zugzwang, please"]
        assert "geese" not in json.dumps(exported)
        assert len(exported["conversations"]) == 4
        assert sum(line["calls"] for line in exported["spent"]) == 2
        assert len(exported["accounts"]) == 2
        tg.say(chat, ann, "/export")
        await tg.wait_for(lambda: "less than an hour ago" in tg.replies(chat)[-1].text, timeout=WAIT)

        secrets = ("quixotry", "zugzwang", str(ann.id), str(her.id), "Annabel", "Anniline")
        assert {one.partition(" in ")[0] for one in found_in(tmp_path, secrets)} >= {*secrets[:4]}
        question = dc.slash(room, her, "erase")
        await dc.wait_for(lambda: "cannot be undone" in question.text, WAIT)
        [stored] = question.messages
        dc.press(stored, "Erase everything", eve)
        await dc.wait_for(lambda: "Only the person" in dc.transcript(room), WAIT)
        dc.press(stored, "Erase everything", her)
        await dc.wait_for(lambda: not found_in(tmp_path, secrets), WAIT)
        assert [one for one in secrets if one in caplog.text] == []
        assert found_in(tmp_path, ("geese",))
        for platform_said in (
            lambda: dc.say(room, her, "Good morning", mention_bot=True),
            lambda: tg.say(chat, ann, "Good morning"),
        ):
            platform_said()
        await tg.wait_for(lambda: "Your daily limit of 2 answers" in tg.replies(chat)[-1].text, timeout=WAIT)
        await dc.wait_for(lambda: dc.transcript(room).count("Your daily limit of 2 answers") == 2, WAIT)
        assert len(asked(venice)) == 3
        assert tg.violations == []
        assert dc.violations == []
