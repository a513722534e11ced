"""The tool that draws."""

from __future__ import annotations

from bot.declarations import Medium
from bot.engine.answering.reply import Reply
from bot.engine.pictures.drawing import Drawer
from bot.engine.tools.tool import Args, Tool, Used, quoted, schema, shortened, text_arg
from bot.engine.turns.turn import Turn

PROMPT_CHARS = 4_000
_SHAPES = ("1:1", "3:2", "2:3", "16:9", "9:16")
_DONE = "Done: they see the picture. You do not, so describe nothing in it beyond what you asked for."
_DESCRIPTION = (
    "Draw a picture from words and show it to the people here. Use it only when somebody asks for a picture. "
    "Say in the prompt everything that it should show, since the painter sees nothing of this conversation."
)


def draw_tools(drawer: Drawer) -> list[Tool]:
    """`draw_image`, with the same models, safety and caps as /image."""

    async def run(turn: Turn, args: Args, _: Reply) -> Used:
        prompt = text_arg(args, "prompt")
        made = await drawer.draw(turn, prompt, shape=text_arg(args, "shape"))
        await drawer.show(turn, made)
        return Used(_DONE, f"Drew “{quoted(prompt)}”", f"drew a picture: “{shortened(prompt, 300)}”")

    prompt = {"type": "string", "minLength": 1, "maxLength": PROMPT_CHARS, "description": "What it shows."}
    shape = {"type": "string", "enum": list(_SHAPES), "description": "Width to height."}
    return [
        Tool(
            "draw_image",
            _DESCRIPTION,
            schema(("prompt",), prompt=prompt, shape=shape),
            run,
            lambda args: f"Drawing “{quoted(text_arg(args, 'prompt'))}”",
            medium=Medium.IMAGE,
            command="image",
        )
    ]
