"""The whole bot in another simulation of Discord: one whole answer each time, with buttons that work."""

from __future__ import annotations

import asyncio
from pathlib import Path

from tests.integration.simcord.stage import Scene, whole


async def settled(scene: Scene, done: str, seconds: float = 10.0) -> str:
    """Wait for the bot's latest message to hold `done`; returns its text."""
    async with asyncio.timeout(seconds):
        while True:
            said = scene.answers()
            if said and done in said[-1].content:
                return said[-1].content
            await asyncio.sleep(0.02)


def labels(scene: Scene) -> list[str]:
    rows = scene.answers()[-1].components
    return [one.label for row in rows for one in row.children]  # type: ignore[union-attr]


async def test_a_mention_is_answered_once_and_whole(tmp_path: Path) -> None:
    async with whole(tmp_path) as talk:
        await talk.alice.send(talk.channel, f"{talk.mention} Hello, my name is Ada.")
        text = await settled(talk, "real answers from Venice")
        await talk.alice.send(talk.channel, f"{talk.mention} What is my name?")
        again = await settled(talk, "Ada")
        assert len(talk.answers()) == 2
        assert text != again


async def test_regenerate_changes_the_same_message(tmp_path: Path) -> None:
    async with whole(tmp_path) as talk:
        await talk.alice.send(talk.channel, f"{talk.mention} Tell me a story about a lighthouse.")
        await settled(talk, "real answers from Venice")
        async with asyncio.timeout(5):
            while "Regenerate" not in labels(talk):
                await asyncio.sleep(0.02)
        before = talk.answers()[-1]
        result = await talk.alice.click(before, label="Regenerate")
        async with asyncio.timeout(10):
            while talk.answers()[-1].edited_at == before.edited_at or "Regenerate" not in labels(talk):
                await asyncio.sleep(0.02)
        assert result.acknowledged
        assert [one.id for one in talk.answers()] == [before.id]


async def test_a_slash_command_is_answered_in_its_own_answer(tmp_path: Path) -> None:
    async with whole(tmp_path) as talk:
        result = await talk.alice.slash(talk.channel, "image", prompt="a small boat")
        async with asyncio.timeout(10):
            while result.response is None or not result.response.attachments:
                await asyncio.sleep(0.02)
        assert result.acknowledged
        assert result.response.attachments[0].filename.endswith((".webp", ".png", ".jpg"))
