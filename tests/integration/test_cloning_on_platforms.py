"""A voice of one's own through the real adapters: learned from one's own message only, and spoken."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from bot.commands.cloning import AGREE_LABEL
from bot.demo import DemoVenice, RecordedRequest
from tests.integration.platforms import on_discord, on_telegram
from tests.sounds import decoded, ogg, samples

WAIT = 10


def calls(venice: DemoVenice, path: str) -> list[RecordedRequest]:
    return [request for request in venice.requests if request.path == path]


async def test_on_telegram(tmp_path: Path, venice: DemoVenice) -> None:
    async with on_telegram(tmp_path, venice) as at:
        tg, ann, bob, group = at.tg, at.ann, at.bob, at.group

        async def shown(words: str) -> None:
            await tg.wait_for(lambda: any(words in m.text for m in tg.replies(group)), timeout=WAIT)

        voice = tg.send_voice(group, ann, ogg(samples(8.0)), duration=8)
        tg.say(group, bob, "/clone", reply_to=voice)
        await shown("only from the person it belongs to")
        tg.say(group, ann, "/clone", reply_to=voice)
        await shown("This is my own voice and I agree")
        card = tg.replies(group)[-1]
        tg.press(card, AGREE_LABEL, bob)
        await shown("Only the person who asked can use this button")
        assert calls(venice, "/audio/voices") == []
        tg.press(card, AGREE_LABEL, ann)
        await shown("I have learned the voice Ann")
        tg.say(group, ann, "/voice voice=Ann Good morning")
        await tg.wait_for(lambda: any(m.media for m in tg.replies(group)), timeout=WAIT)
        [bubble] = [m.media for m in tg.replies(group) if m.media is not None]
        assert (bubble.kind, decoded(bubble.data).codec) == ("voice", "opus")
        body: Any = calls(venice, "/audio/speech")[-1].json
        assert body["voice"].startswith("vv_")


async def test_on_discord(tmp_path: Path, venice: DemoVenice) -> None:
    async with on_discord(tmp_path, venice) as at:
        dc, bob, eve, room = at.dc, at.bob, at.eve, at.room
        file = ("voice-message.ogg", ogg(samples(8.0)), "audio/ogg")
        voice = dc.say(room, bob, attachments=[file], voice=True)
        dc.context_menu(room, eve, "Learn my voice", voice)
        await dc.wait_for(lambda: "only from the person it belongs to" in dc.transcript(room), WAIT)
        dc.context_menu(room, bob, "Learn my voice", voice)
        await dc.wait_for(lambda: AGREE_LABEL in str([m.components for m in dc.answers(room)]), WAIT)
        card = next(m for m in dc.answers(room) if AGREE_LABEL in str(m.components))
        assert card.ephemeral
        dc.press(card, AGREE_LABEL, bob)
        await dc.wait_for(lambda: "I have learned the voice **Bob**" in dc.transcript(room), WAIT)
        assert len(calls(venice, "/audio/voices")) == 1
        dc.slash(room, bob, "voice", {"text": "Good morning", "voice": "Bob"})
        await dc.wait_for(lambda: any(m.attachments for m in dc.answers(room)), WAIT)
        [file_shown] = next(m.attachments for m in dc.answers(room) if m.attachments)
        assert decoded(file_shown.data).codec == "opus"
