"""Pictures made fit to be changed, and results that fit a platform."""

from __future__ import annotations

import io
import random
import time
from contextlib import suppress

import pytest
from PIL import Image

from bot.errors import UserError
from bot.media.pictures import NO_PICTURE, fitting, to_change
from tests.pictures import opened, picture


def noise(size: tuple[int, int], mode: str = "RGB") -> Image.Image:
    return Image.effect_noise(size, 80).convert(mode)


def written(image: Image.Image, form: str) -> bytes:
    out = io.BytesIO()
    image.save(out, form)
    return out.getvalue()


@pytest.mark.parametrize("form", ["PNG", "JPEG", "WEBP"])
def test_what_venice_takes_stays_as_it_is(form: str) -> None:
    data = written(noise((300, 280)), form)
    found = to_change(data)
    assert (found.data, found.width, found.height) == (data, 300, 280)
    assert found.mime == f"image/{form.lower()}"


def test_of_an_animation_the_first_picture_is_taken() -> None:
    out = io.BytesIO()
    frames = [Image.new("RGB", (300, 300), colour) for colour in ("red", "blue")]
    frames[0].save(out, "GIF", save_all=True, append_images=frames[1:])
    found = opened(to_change(out.getvalue()).data)
    assert found.format == "JPEG"
    red, blue = found.getchannel("R"), found.getchannel("B")
    assert min(red.tobytes()) > 200 > 50 > max(blue.tobytes())


def test_transparency_survives_conversion() -> None:
    cut = Image.new("RGBA", (300, 300), (255, 0, 0, 0))
    found = to_change(written(cut, "TIFF"))
    assert found.mime == "image/png"
    assert opened(found.data).getchannel("A").getextrema() == (0, 0)


def test_forms_that_start_other_programs_are_no_pictures() -> None:
    for form in ("EPS", "PDF"):
        with pytest.raises(UserError) as caught:
            to_change(written(noise((300, 300)), form))
        assert caught.value.reader_text == NO_PICTURE


@pytest.mark.parametrize("form", ["PNG", "JPEG", "WEBP", "GIF", "TIFF", "BMP", "AVIF"])
def test_damage_anywhere_is_a_sentence(form: str) -> None:
    data = written(noise((260, 260)), form)
    dice = random.Random(form)
    for _ in range(60):
        broken = bytearray(data[: dice.randrange(len(data))] if dice.random() < 0.5 else data)
        for _ in range(dice.randrange(4)):
            if broken:
                broken[dice.randrange(len(broken))] = dice.randrange(256)
        with suppress(UserError):  # anything else would be a crash
            to_change(bytes(broken))


def test_a_bomb_is_refused_before_it_is_unpacked() -> None:
    bomb = written(Image.new("L", (12_000, 12_000)), "PNG")
    assert len(bomb) < 1_000_000
    began = time.perf_counter()
    with pytest.raises(UserError) as caught:
        to_change(bomb)
    assert "too many pixels" in caught.value.reader_text
    assert time.perf_counter() - began < 0.5


@pytest.mark.parametrize("most", [400_000, 100_000, 20_000, 3_000])
def test_a_result_is_made_to_fit(most: int) -> None:
    data = written(noise((900, 600)), "PNG")
    small, mime = fitting(data, "image/png", most)
    assert len(small) <= most < len(data)
    found = opened(small)
    assert mime == "image/jpeg"
    assert found.width / found.height == pytest.approx(1.5, abs=0.02)


def test_a_cut_out_that_is_made_to_fit_stays_cut_out() -> None:
    image = noise((900, 600), "RGBA")
    image.putalpha(Image.new("L", image.size, 0))
    image.paste((255, 0, 0, 255), (300, 200, 600, 400))
    data = written(image, "PNG")
    small, mime = fitting(data, "image/png", 30_000)
    found = opened(small)
    assert (mime, found.mode) == ("image/webp", "RGBA")
    assert found.getchannel("A").getextrema() == (0, 255)


def test_what_fits_is_left_alone() -> None:
    data = picture()
    assert fitting(data, "image/png", len(data)) == (data, "image/png")
