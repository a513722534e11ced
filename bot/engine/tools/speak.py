"""The tool that says something aloud."""

from __future__ import annotations

from bot.declarations import Medium
from bot.engine.answering.reply import Reply
from bot.engine.text.spoken import speakable
from bot.engine.tools.tool import Args, Tool, Used, quoted, schema, shortened, text_arg
from bot.engine.turns.turn import Turn
from bot.engine.voice.speaking import Speaker
from bot.errors import UserError

SPEAK_CHARS = 8_000
_DESCRIPTION = (
    "Say a text aloud: the people here get it as a voice message. Use it only when somebody asks to hear "
    "something. Give the words alone, without Markdown."
)


def speak_tools(speaker: Speaker) -> list[Tool]:
    """`speak`, over the same voices and caps as /voice."""

    async def run(turn: Turn, args: Args, _: Reply) -> Used:
        words = speakable(text_arg(args, "text"))
        if not words:
            raise UserError("There is nothing in this to read aloud.")
        choice = await speaker.choose(turn, voice=text_arg(args, "voice"))
        spoken = await speaker.speak(turn, words, choice)
        spoken.show(turn, written=False)
        used = spoken.choice
        voice = used.voice or used.model.name
        told = f"Done: they hear it as a voice message of {spoken.clip.duration:.0f} seconds (voice {voice})."
        deed = f"said aloud: “{shortened(words, 200)}”"
        rest = "The end of it they read, since a spending cap left no room for it." if spoken.rest else ""
        return Used(f"{told} {spoken.note} {rest} Do not repeat the words in writing.", "Said aloud", deed)

    words = {"type": "string", "minLength": 1, "maxLength": SPEAK_CHARS, "description": "The words to say."}
    voice = {"type": "string", "maxLength": 80, "description": "Name of a voice, only if one was asked for."}
    return [
        Tool(
            "speak",
            _DESCRIPTION,
            schema(("text",), text=words, voice=voice),
            run,
            lambda args: f"Saying “{quoted(text_arg(args, 'text'))}”",
            medium=Medium.VOICE,
            command="voice",
        )
    ]
