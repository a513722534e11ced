"""Charts: the bars stand where and as high as the values say."""

from __future__ import annotations

import io

import pytest
from PIL import Image

from bot.media.charts import HEIGHT, WIDTH, Series, stacked_bars

BLUE, ORANGE, WHITE = (0, 114, 178), (230, 159, 0), (255, 255, 255)
PLOT_TOP, PLOT_BOTTOM, LEFT, RIGHT = 112, HEIGHT - 56, 96, WIDTH - 28


def drawn(labels: list[str], *series: Series) -> Image.Image:
    picture = Image.open(io.BytesIO(stacked_bars("Spent", labels, series, lambda value: f"{value:g}")))
    assert (picture.format, picture.size) == ("PNG", (WIDTH, HEIGHT))
    return picture.convert("RGB")


def share(picture: Image.Image, bar: int, bars: int, colour: tuple[int, int, int]) -> float:
    """How much of the plot's height is of this colour, in the middle of a bar."""
    x = round(LEFT + (bar + 0.5) * (RIGHT - LEFT) / bars)
    column = [picture.getpixel((x, y)) for y in range(PLOT_TOP, PLOT_BOTTOM)]
    return column.count(colour) / len(column)


def test_bars_are_as_high_as_their_values() -> None:
    picture = drawn(["a", "b", "c"], Series("chat", (4.0, 1.0, 0.0)), Series("image", (0.0, 2.0, 0.0)))
    assert share(picture, 0, 3, BLUE) == pytest.approx(1.0, abs=0.02)
    assert share(picture, 1, 3, BLUE) == pytest.approx(0.25, abs=0.02)
    assert share(picture, 1, 3, ORANGE) == pytest.approx(0.5, abs=0.02)
    assert share(picture, 2, 3, WHITE) > 0.95


def test_the_axis_ends_at_a_round_value_above_the_highest_bar() -> None:
    picture = drawn(["a"], Series("chat", (9.0,)))
    assert share(picture, 0, 1, BLUE) == pytest.approx(0.9, abs=0.02)


def test_nothing_spent_is_an_empty_plot() -> None:
    assert share(drawn(["a"], Series("chat", (0.0,))), 0, 1, WHITE) > 0.95
    drawn([])


def test_many_series_are_folded_into_other() -> None:
    picture = drawn(["a"], *(Series(f"medium {number}", (1.0,)) for number in range(20)))
    assert share(picture, 0, 1, (127, 127, 127)) == pytest.approx(13 / 20, abs=0.03)


def test_series_of_another_length_are_refused() -> None:
    with pytest.raises(ValueError, match="every series"):
        drawn(["a", "b"], Series("chat", (1.0,)))
