"""Films and sounds made smaller: whole, within the limit, or an honest no."""

from __future__ import annotations

from functools import partial

import pytest

from bot.media import fitting
from bot.media.fitting import Unfit, look, smaller_film, smaller_sound
from tests.films import look_at
from tests.sounds import film, mp3, samples, wav


def test_a_look_tells_films_from_sounds() -> None:
    seen, heard = look(film(samples(2.0), 2.0)), look(wav(samples(3.0)))
    assert (seen.film, heard.film) == (True, False)
    assert (seen.seconds, heard.seconds) == (pytest.approx(2.0, abs=0.15), pytest.approx(3.0, abs=0.05))


@pytest.mark.parametrize(
    "data",
    [b"", b"no film at all", film(None)[:40], b"\0" * 5000],
    ids=["nothing", "words", "a head", "zeros"],
)
def test_what_is_no_film_or_sound_is_unfit(data: bytes) -> None:
    for work in (look, partial(smaller_film, limit=1000), partial(smaller_sound, limit=1000)):
        with pytest.raises(Unfit):
            work(data)


def test_a_truncated_film_is_unfit_or_what_is_left_of_it() -> None:
    """MP4 has its index at the end here: without it nothing can be read."""
    with pytest.raises(Unfit):
        smaller_film(film(samples(4.0), 4.0)[:-200], 1_000_000)


def test_sound_is_as_good_as_the_limit_allows() -> None:
    data = wav(samples(10.0))
    small, large = smaller_sound(data, 60_000), smaller_sound(data, 500_000)
    assert len(small) <= 60_000 < len(large) <= 500_000
    for made in (small, large):
        assert look_at(made).seconds == pytest.approx(10.0, abs=0.1)


def test_a_silent_film_stays_silent_and_keeps_its_length() -> None:
    data = film(None, 4.0)
    seen = look_at(smaller_film(data, 100_000))
    assert (seen.audio, seen.frames, seen.size) == ("", 40, (32, 32))
    assert seen.seconds == pytest.approx(4.0, abs=0.15)


def test_what_would_be_unwatchable_is_not_made() -> None:
    with pytest.raises(Unfit):
        smaller_film(film(samples(4.0), 4.0), 10_000)
    with pytest.raises(Unfit):
        smaller_sound(mp3(samples(60.0)), 100_000)


def test_too_long_and_too_slow_end(monkeypatch: pytest.MonkeyPatch) -> None:
    data = wav(samples(5.0))
    monkeypatch.setattr(fitting, "MOST_SECONDS", 4.0)
    with pytest.raises(Unfit, match="seconds long"):
        smaller_sound(data, 1_000_000)
    monkeypatch.setattr(fitting, "MOST_SECONDS", 600.0)
    monkeypatch.setattr(fitting, "MOST_WORK", -1.0)
    with pytest.raises(Unfit, match="takes too long"):
        smaller_sound(data, 1_000_000)
