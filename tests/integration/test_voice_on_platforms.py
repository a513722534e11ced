"""Voices through the real adapters: a voice answered with a voice, and /transcribe on a message."""

from __future__ import annotations

import base64
from pathlib import Path

import pytest

from bot.demo import DemoVenice
from tests.integration.platforms import on_discord, on_telegram
from tests.sounds import decoded, film, ogg, samples

CHAT = "/chat/completions"
WAIT = 8
MIRROR = {"reply_mode": "mirror"}


def asked(venice: DemoVenice) -> list[str]:
    return [str(request.json) for request in venice.requests if request.path == CHAT]


async def test_telegram_voices_and_video_notes_are_mirrored(tmp_path: Path, venice: DemoVenice) -> None:
    async with on_telegram(tmp_path, venice, MIRROR) as at:
        tg, ann, chat = at.tg, at.ann, at.chat

        def bubbles() -> list[bytes]:
            media = [message.media for message in tg.replies(chat)]
            return [one.data for one in media if one is not None and one.kind == "voice"]

        for number, send in enumerate((tg.send_voice, tg.send_video_note), start=1):
            data = ogg(samples(3.0)) if number == 1 else film(samples(3.0), 3.0)
            send(chat, ann, data, duration=3)
            await tg.wait_for(lambda wanted=number: len(bubbles()) == wanted, timeout=WAIT)
            assert "3 seconds" in asked(venice)[-1]
            sound = decoded(bubbles()[-1])
            assert (sound.container, sound.codec, sound.channels) == ("ogg", "opus", 1)
            assert sound.seconds > 1
        assert sum(bool(message.text) for message in tg.replies(chat)) == 2
        before = len(tg.replies(chat))
        tg.say(chat, ann, "Good morning")
        await tg.wait_for(lambda: len(tg.replies(chat)) == before + 1, timeout=WAIT)
        assert tg.replies(chat)[-1].text
        assert len(bubbles()) == 2


async def test_telegram_transcribes_a_replied_to_voice(tmp_path: Path, venice: DemoVenice) -> None:
    async with on_telegram(tmp_path, venice, MIRROR) as at:
        tg, ann, group = at.tg, at.ann, at.group
        voice = tg.send_voice(group, ann, ogg(samples(4.0)), duration=4)
        tg.say(group, ann, "/transcribe", reply_to=voice)
        await tg.wait_for(lambda: len(tg.replies(group)) == 1, timeout=WAIT)
        [shown] = tg.replies(group)
        assert shown.text == (
            "voice.ogg (0:04)\n\nThis is the demo transcription of a voice message of 4 seconds."
        )
        assert asked(venice) == []
        tg.say(group, ann, "/transcribe minutes", reply_to=voice)
        await tg.wait_for(lambda: len(asked(venice)) == 1, timeout=WAIT)
        await tg.wait_for(lambda: any(m.media for m in tg.replies(group)), timeout=WAIT)
        tg.send_audio(group, ann, ogg(samples(2.0)), caption="/transcribe", mime="audio/ogg")
        await tg.wait_for(lambda: any("2 seconds" in m.text for m in tg.replies(group)), timeout=WAIT)


async def test_discord_voices_are_mirrored(tmp_path: Path, venice: DemoVenice) -> None:
    async with on_discord(tmp_path, venice, MIRROR) as at:
        dc, bob = at.dc, at.bob
        room = dc.dm(bob)
        dc.say(room, bob, attachments=[("voice-message.ogg", ogg(samples(3.0)), "audio/ogg")], voice=True)
        await dc.wait_for(lambda: any(message.voice for message in dc.answers(room)), WAIT)
        text, bubble = dc.answers(room)
        assert text.content
        assert "3 seconds" in asked(venice)[-1]
        [file] = bubble.attachments
        sound = decoded(file.data)
        assert (sound.container, sound.codec, sound.channels) == ("ogg", "opus", 1)
        assert file.duration == pytest.approx(sound.seconds, abs=0.1)
        bars = base64.b64decode(file.waveform or "")
        assert 5 < len(bars) <= 256
        assert max(bars) == 255


async def test_discord_transcribes_from_the_menu_of_a_message(tmp_path: Path, venice: DemoVenice) -> None:
    async with on_discord(tmp_path, venice, MIRROR) as at:
        dc, bob, room = at.dc, at.bob, at.room
        file = ("voice-message.ogg", ogg(samples(4.0)), "audio/ogg")
        voice = dc.say(room, bob, attachments=[file], voice=True)
        dc.context_menu(room, bob, "Transcribe", voice)
        await dc.wait_for(lambda: "4 seconds" in dc.transcript(room), WAIT)
        assert asked(venice) == []
        dc.context_menu(room, bob, "Transcribe with minutes", voice)
        await dc.wait_for(lambda: any(m.attachments for m in dc.answers(room)), WAIT)
        assert len(asked(venice)) == 1
        dc.slash(room, bob, "transcribe", attachments={"file": ("talk.ogg", ogg(samples(2.0)), "audio/ogg")})
        await dc.wait_for(lambda: "talk.ogg" in dc.transcript(room), WAIT)
        dc.context_menu(room, bob, "Transcribe", dc.say(room, bob, "only words"))
        await dc.wait_for(lambda: "Reply to a voice message" in dc.transcript(room), WAIT)
