"""/image: pictures on request."""

from __future__ import annotations

from bot.commands.services import Services, number_option, text_option
from bot.declarations import Command, Medium, Option, OptionKind
from bot.engine.turns.registry import Bound
from bot.engine.turns.turn import Turn

IMAGE = Command(
    "image",
    "Draw a picture from words.",
    (
        Option("prompt", "What should the picture show?", required=True, rest=True, maximum=7500),
        Option("model", "Picture model.", completer="model.image"),
        Option("size", "Shape of the picture.", completer="image.size", maximum=20),
        Option("resolution", "Resolution, where the model offers several.", completer="image.resolution"),
        Option("quality", "Quality, where the model offers several.", completer="image.quality"),
        Option("style", "Style of the picture.", completer="style"),
        Option("negative", "What the picture must not show.", maximum=7500),
        Option(
            "seed",
            "The same seed and words give the same picture.",
            OptionKind.INTEGER,
            minimum=1,
            maximum=999_999_999,
        ),
        Option(
            "steps",
            "Steps of drawing, where the model lets one choose.",
            OptionKind.INTEGER,
            minimum=1,
            maximum=100,
        ),
        Option("count", "How many pictures, 1 to 4.", OptionKind.INTEGER, minimum=1, maximum=4),
    ),
    medium=Medium.IMAGE,
)


def bound(services: Services) -> list[Bound]:
    """The commands of this group."""

    async def image(turn: Turn) -> None:
        await _image(services, turn)

    return [Bound(IMAGE, image)]


async def _image(services: Services, turn: Turn) -> None:
    turn.answer.typing()
    made = await services.drawer.draw(
        turn,
        text_option(turn, "prompt"),
        model=text_option(turn, "model"),
        shape=text_option(turn, "size"),
        resolution=text_option(turn, "resolution"),
        quality=text_option(turn, "quality"),
        style=text_option(turn, "style"),
        negative=text_option(turn, "negative"),
        seed=number_option(turn, "seed"),
        steps=number_option(turn, "steps"),
        count=number_option(turn, "count") or 1,
    )
    await services.drawer.show(turn, made)
