"""Charts as pictures: stacked bars over time."""

from __future__ import annotations

import io
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from PIL import Image, ImageDraw, ImageFont

WIDTH, HEIGHT = 960, 540
MOST_SERIES = 8
_LEFT, _RIGHT, _TOP, _BOTTOM = 96, 28, 112, 56
_PAPER, _INK, _FAINT, _LINE = "#ffffff", "#1d2430", "#5c6675", "#dfe3ea"
# Okabe and Ito's colours: told apart also by those who see few.
_COLOURS = ("#0072b2", "#e69f00", "#009e73", "#cc79a7", "#56b4e9", "#d55e00", "#f0e442", "#7f7f7f")
_STEPS = (1.0, 2.0, 2.5, 5.0, 10.0)
_LINES = 4


@dataclass(frozen=True, slots=True)
class Series:
    """One part of every bar: a name for the legend, and a value at each place of the axis."""

    name: str
    values: tuple[float, ...]


def stacked_bars(
    title: str, labels: Sequence[str], series: Sequence[Series], amount: Callable[[float], str]
) -> bytes:
    """A PNG of 960 by 540 pixels. `labels` stand below the bars, as many as fit; `amount` words a value of
    the axis. Of more than eight series the smallest are drawn as one, "other". Takes a few milliseconds of
    the processor, so call it in a thread. Raises ValueError for series of another length than the labels."""
    if any(len(one.values) != len(labels) for one in series):
        raise ValueError("every series needs one value for each label")
    shown = _folded(series)
    picture = Image.new("RGB", (WIDTH, HEIGHT), _PAPER)
    draw = ImageDraw.Draw(picture)
    draw.text((_LEFT, 24), title, _INK, _font(26))
    _legend(draw, shown)
    top = _rounded_up(
        max((sum(values) for values in zip(*(s.values for s in shown), strict=True)), default=0.0)
    )
    _grid(draw, top, amount)
    _bars(draw, labels, shown, top)
    file = io.BytesIO()
    picture.save(file, "PNG", optimize=True)
    return file.getvalue()


def _font(size: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    return ImageFont.load_default(size)


def _folded(series: Sequence[Series]) -> list[Series]:
    """The largest series first, the rest together."""
    ordered = sorted((one for one in series if any(one.values)), key=lambda one: -sum(one.values))
    if len(ordered) <= MOST_SERIES:
        return ordered
    rest = ordered[MOST_SERIES - 1 :]
    together = tuple(map(sum, zip(*(one.values for one in rest), strict=True)))
    return [*ordered[: MOST_SERIES - 1], Series("other", together)]


def _rounded_up(value: float) -> float:
    """The end of the axis: a multiple of four even steps that holds the value."""
    if value <= 0:
        return float(_LINES)
    step = value / _LINES
    scale = 10.0 ** math.floor(math.log10(step))
    return _LINES * scale * next(one for one in _STEPS if one * scale >= step * 0.999_999)


def _legend(draw: ImageDraw.ImageDraw, series: Sequence[Series]) -> None:
    font, left = _font(18), float(_LEFT)
    for one, colour in zip(series, _COLOURS, strict=False):
        width = draw.textlength(one.name, font)
        if left + width + 24 > WIDTH - _RIGHT:
            break
        draw.rounded_rectangle((left, 72, left + 16, 88), 3, colour)
        draw.text((left + 24, 69), one.name, _FAINT, font)
        left += width + 48


def _grid(draw: ImageDraw.ImageDraw, top: float, amount: Callable[[float], str]) -> None:
    font = _font(16)
    for line in range(_LINES + 1):
        y = HEIGHT - _BOTTOM - line * (HEIGHT - _TOP - _BOTTOM) / _LINES
        draw.line((_LEFT, y, WIDTH - _RIGHT, y), _LINE, 1)
        draw.text((_LEFT - 12, y), amount(top * line / _LINES), _FAINT, font, anchor="rm")


def _bars(draw: ImageDraw.ImageDraw, labels: Sequence[str], series: Sequence[Series], top: float) -> None:
    font = _font(16)
    room = (WIDTH - _LEFT - _RIGHT) / max(1, len(labels))
    widest = max((draw.textlength(label, font) for label in labels), default=0.0)
    every = max(1, math.ceil((widest + 12) / room))
    scale = (HEIGHT - _TOP - _BOTTOM) / top
    for place, label in enumerate(labels):
        middle = _LEFT + (place + 0.5) * room
        base = float(HEIGHT - _BOTTOM)
        for one, colour in zip(series, _COLOURS, strict=False):
            height = one.values[place] * scale
            if height > 0:
                draw.rectangle((middle - room * 0.36, base - height, middle + room * 0.36, base), colour)
            base -= height
        if place % every == 0:
            draw.text((middle, HEIGHT - _BOTTOM + 10), label, _FAINT, font, anchor="ma")
