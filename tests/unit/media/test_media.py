"""Voice bubbles and safe pictures from real bytes."""

import base64
import io
import struct
import wave

import pytest
from PIL import Image

from bot.errors import UserError
from bot.media.audio import PAUSE_SECONDS, to_voice
from bot.media.listening import listen
from bot.media.pictures import UNREADABLE, picture_size, to_data_url


def tone(seconds: float, rate: int = 16_000) -> bytes:
    buffer = io.BytesIO()
    with wave.open(buffer, "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(rate)
        count = int(seconds * rate)
        out.writeframes(b"".join(struct.pack("<h", (i * 700) % 20_000 - 10_000) for i in range(count)))
    return buffer.getvalue()


def test_sounds_are_joined_into_one_voice_bubble() -> None:
    clip = to_voice([tone(1.0), tone(0.5, 24_000)])
    assert clip.data.startswith(b"OggS")
    assert clip.duration == pytest.approx(1.5 + PAUSE_SECONDS, abs=0.05)
    assert 15 <= len(clip.waveform) <= 18
    assert max(clip.waveform) == 255
    assert listen(clip.data).seconds == pytest.approx(clip.duration, abs=0.1)


def test_a_long_voice_has_a_short_waveform() -> None:
    assert len(to_voice([tone(40.0)]).waveform) <= 256


@pytest.mark.parametrize(
    "sound", [b"", b"nonsense" * 50, tone(0.0), tone(1.0)[:60]], ids=["empty", "text", "silent", "cut"]
)
def test_unreadable_sound_is_a_sentence(sound: bytes) -> None:
    with pytest.raises(UserError) as caught:
        to_voice([sound])
    assert "could not read this sound" in caught.value.reader_text


def picture(size: tuple[int, int], mode: str = "RGB", kind: str = "PNG") -> bytes:
    buffer = io.BytesIO()
    Image.new(mode, size, "red").save(buffer, kind)
    return buffer.getvalue()


def decoded(url: str) -> Image.Image:
    return Image.open(io.BytesIO(base64.b64decode(url.partition(",")[2])))


def test_a_large_picture_is_made_smaller() -> None:
    assert max(decoded(to_data_url(picture((4000, 1000)))).size) == 2048


def test_a_tiny_picture_is_padded_to_what_venice_takes() -> None:
    assert min(decoded(to_data_url(picture((10, 200)))).size) == 64


def test_transparency_is_kept() -> None:
    assert to_data_url(picture((100, 100), "RGBA")).startswith("data:image/png")
    assert to_data_url(picture((100, 100), kind="JPEG")).startswith("data:image/jpeg")


@pytest.mark.parametrize("data", [b"", b"GIF89a", picture((300, 300))[:80]], ids=["empty", "head", "cut"])
def test_an_unreadable_picture_is_a_sentence(data: bytes) -> None:
    with pytest.raises(UserError) as caught:
        to_data_url(data)
    assert "could not read this picture" in caught.value.reader_text


def test_a_pixel_bomb_is_refused() -> None:
    with pytest.raises(UserError) as caught:
        to_data_url(picture((8000, 8000), "1"))
    assert "too many pixels" in caught.value.reader_text


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
def test_the_size_is_read_from_the_head(kind: str) -> None:
    whole = picture((320, 200), kind=kind)
    assert picture_size(whole) == (320, 200)
    assert picture_size(picture((9_000, 9_000), "1")) == (9_000, 9_000)


def test_what_is_no_png_jpeg_or_webp_has_no_size() -> None:
    for data in (b"", b"GIF89a", picture((320, 200), kind="GIF"), picture((320, 200))[:10]):
        assert picture_size(data) is None


def test_forms_that_no_camera_makes_are_not_opened() -> None:
    postscript = b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 100 100\n%%EndComments\nshowpage\n"
    portable = io.BytesIO()
    Image.new("RGB", (80, 80)).save(portable, "PPM")
    for data in (postscript, portable.getvalue()):
        with pytest.raises(UserError) as caught:
            to_data_url(data)
        assert caught.value.reader_text == UNREADABLE
