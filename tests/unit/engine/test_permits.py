"""Who may use what: the command first, then its medium; nobody is kept from the way out."""

from __future__ import annotations

import pytest

from bot.engine.doors.permits import UNBOUND, Gate, Permits
from bot.errors import NotAllowed

ARTISTS, GUESTS = "discord:1", "discord:2"


def gate(permits: Permits, *roles: str, moderator: bool = False) -> Gate:
    return Gate(permits, roles, moderator=moderator, role_style="<@&{id}>")


def refusal(which: Gate, command: str, medium: str) -> str:
    with pytest.raises(NotAllowed) as refused:
        which.check(command, medium)
    return refused.value.reader_text


def test_a_role_opens_and_the_sentence_names_it() -> None:
    permits = {"command:image": (ARTISTS,)}
    gate(permits, ARTISTS, GUESTS).check("image", "image")
    assert refusal(gate(permits, GUESTS), "image", "image") == (
        "In this server, `/image` is for people with the role <@&1> only."
    )
    assert refusal(gate(permits, moderator=True), "image", "image")


def test_a_medium_is_refused_however_it_comes() -> None:
    nobody = gate({"medium:image": ("nobody",)})
    assert "everything with image is switched off" in refusal(nobody, "edit", "image")
    with pytest.raises(NotAllowed):
        nobody.pays("image")
    nobody.pays("voice")


def test_a_command_goes_before_its_medium() -> None:
    opened = gate({"medium:image": ("nobody",), "command:image": ("anyone",)})
    with pytest.raises(NotAllowed):
        opened.pays("image")
    opened.check("image", "image")
    opened.pays("image")


def test_managers_only() -> None:
    permits = {"medium:chat": ("managers",)}
    gate(permits, moderator=True).check("", "chat")
    assert "talking to me is for whoever manages" in refusal(gate(permits), "", "chat")
    gate(permits).pays("chat")  # called for along the way; asking is what is refused


def test_nobody_is_kept_from_the_way_out() -> None:
    everything = {f"command:{name}": ("nobody",) for name in UNBOUND}
    for name in UNBOUND:
        gate(everything).check(name, "")
