"""Sound to be written down: measured, refused before it costs, cut at pauses."""

from __future__ import annotations

import pytest

from bot.errors import UserError
from bot.media.audio import to_voice
from bot.media.decoding import SOUNDLESS, UNREADABLE
from bot.media.listening import EMPTY, SILENT, Passage, Recording, listen
from tests.sounds import decoded, film, mp3, ogg, samples, speech, wav

TALK = [(2.5, 8_000), (0.6, 0), (2.5, 8_000), (0.6, 0), (1.0, 8_000)]


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"", UNREADABLE),
        (b"nonsense" * 50, UNREADABLE),
        (wav(samples(0.0)), EMPTY),
        (wav(samples(1.0, loudness=0)), SILENT),
        (ogg(samples(1.0, loudness=3)), SILENT),
        (film(None), SOUNDLESS),
    ],
    ids=["nothing", "text", "0 seconds", "silence", "nearly silence", "silent film"],
)
def test_what_cannot_be_heard_is_a_sentence(data: bytes, says: str) -> None:
    with pytest.raises(UserError) as caught:
        listen(data)
    assert caught.value.reader_text == says


@pytest.mark.parametrize(
    ("data", "ending"),
    [(wav(samples(2.0)), "wav"), (ogg(samples(2.0)), "ogg"), (film(samples(2.0)), "")],
    ids=["wav", "ogg", "film"],
)
def test_sound_is_measured_and_called_what_it_is(data: bytes, ending: str) -> None:
    heard = listen(data)
    assert heard.seconds == pytest.approx(2.0, abs=0.1)
    assert heard.ending == ending


def test_long_sound_is_cut_at_its_pauses() -> None:
    heard = listen(wav(speech(TALK)))
    passages = heard.passages(3.4)
    assert [round(one.offset, 1) for one in passages] == pytest.approx([0, 2.8, 5.9], abs=0.21)
    pieces = [decoded(one) for one in heard.cut(passages)]
    assert {(one.container, one.codec, one.channels) for one in pieces} == {("ogg", "opus", 1)}
    assert [one.seconds for one in pieces] == pytest.approx([one.seconds for one in passages], abs=0.1)
    assert sum(one.seconds for one in pieces) == pytest.approx(heard.seconds, abs=0.1)


def test_passages_left_out_are_not_cut() -> None:
    heard = listen(wav(speech([(1.0, 8_000), (2.0, 0), (1.0, 9_000)])))
    passages = [one for one in heard.passages(1.0) if not heard.silent(one)]
    assert len(passages) < len(heard.passages(1.0))
    pieces = [decoded(one) for one in heard.cut(passages)]
    assert [one.seconds for one in pieces] == pytest.approx([one.seconds for one in passages], abs=0.1)
    assert all(max(one.samples) > 4_000 for one in pieces)


def test_sound_without_a_pause_is_cut_all_the_same() -> None:
    heard = listen(wav(samples(5.0)))
    passages = heard.passages(2.0)
    assert max(one.seconds for one in passages) <= 2.0
    assert (passages[0].start, passages[-1].end) == (0, len(heard.levels))


def test_half_a_recording_counts_up_to_there() -> None:
    data = ogg(speech([(1.0, 8_000), (0.5, 0)] * 4))
    heard = listen(data[: len(data) // 2])
    assert 0.5 < heard.seconds < 5.0


def test_a_damaged_recording_loses_only_what_is_damaged() -> None:
    data = bytearray(mp3(speech([(1.0, 8_000), (0.3, 0)] * 6)))
    assert listen(bytes(data)).ending == "mp3"
    data[len(data) // 2 : len(data) // 2 + 300] = bytes(range(1, 101)) * 3
    heard = listen(bytes(data))
    assert heard.seconds > 7.0
    assert heard.ending == ""  # written anew: Venice might stumble over it
    [piece] = heard.cut(heard.passages(60))
    assert decoded(piece).seconds == pytest.approx(heard.seconds, abs=0.1)


def test_a_damaged_piece_of_speech_is_not_joined() -> None:
    data = bytearray(mp3(samples(3.0)))
    data[len(data) // 2 : len(data) // 2 + 300] = bytes(range(1, 101)) * 3
    with pytest.raises(UserError):
        to_voice([bytes(data)])


def test_a_film_gives_its_sound() -> None:
    heard = listen(film(samples(2.0)))
    [piece] = heard.cut(heard.passages(60))
    sound = decoded(piece)
    assert (sound.codec, sound.channels) == ("opus", 1)
    assert sound.seconds == pytest.approx(2.0, abs=0.15)
    assert max(sound.samples) > 4_000


def test_a_passage_knows_where_it_is_silent() -> None:
    heard = Recording(b"", 2.0, [9_000] * 10 + [20] * 10, "wav")
    assert not heard.silent(Passage(0, 20))
    assert heard.silent(Passage(10, 20))


def test_joints_do_not_click() -> None:
    """Pieces that begin and end at full swing: the join is no rougher than the tones themselves."""
    piece = wav(samples(0.4, hertz=110, loudness=12_000)[37:])
    loud = decoded(wav(samples(0.4, hertz=110, loudness=12_000))).roughest
    clip = to_voice([piece, piece, piece])
    assert decoded(clip.data).roughest < 2 * loud
    assert decoded(clip.data).seconds == pytest.approx(clip.duration, abs=0.05)
