"""Sealed secrets open with the right key, in the right place, and nowhere else."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import SecretStr

from bot.errors import OperatorError
from bot.sealing import DAMAGED, OTHER_KEY, Sealer
from bot.secret import secret_keys

SECRET = SecretStr("VENICE_INFERENCE_KEY_über-geheim")


def test_what_is_sealed_opens_and_shows_nothing() -> None:
    sealer = Sealer([b"key"])
    sealed = sealer.seal(SECRET, "here")
    assert sealer.open(sealed, "here") == SECRET
    assert "VENICE" not in sealed
    assert sealed != sealer.seal(SECRET, "here")


def test_it_opens_in_its_own_place_only() -> None:
    sealer = Sealer([b"key"])
    with pytest.raises(OperatorError, match="OperatorError") as caught:
        sealer.open(sealer.seal(SECRET, "here"), "there")
    assert caught.value.reader_text == DAMAGED


@pytest.mark.parametrize("kept", [0, 1, 14, 30, -5])
def test_a_damaged_one_is_refused_with_a_sentence(kept: int) -> None:
    sealer = Sealer([b"key"])
    sealed = sealer.seal(SECRET, "here")
    with pytest.raises(OperatorError) as caught:
        sealer.open(sealed[:kept], "here")
    assert caught.value.reader_text == DAMAGED
    changed = sealed[:-6] + ("AAAA" if sealed[-6:-2] != "AAAA" else "BBBB") + sealed[-2:]
    with pytest.raises(OperatorError):
        sealer.open(changed, "here")


def test_another_key_names_the_mend_and_an_earlier_one_still_opens() -> None:
    sealed = Sealer([b"old"]).seal(SECRET, "here")
    with pytest.raises(OperatorError) as caught:
        Sealer([b"new"]).open(sealed, "here")
    assert caught.value.reader_text == OTHER_KEY
    assert "GONDOLA_OLD_SECRET_KEYS" in OTHER_KEY
    both = Sealer([b"new", b"older", b"old"])
    assert both.open(sealed, "here") == SECRET
    assert both.is_old(sealed)
    assert not both.is_old(both.seal(SECRET, "here"))


def test_people_keep_their_names_when_the_key_changes(tmp_path: Path) -> None:
    first = secret_keys("one", "", tmp_path)
    assert (first.hashing, first.sealing) == (b"one", (b"one",))
    later = secret_keys("three", "two, one", tmp_path)
    assert later.hashing == first.hashing
    assert later.sealing == (b"three", b"two", b"one")
