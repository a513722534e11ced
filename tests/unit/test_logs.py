"""Logs hold no secrets, whoever wrote the line."""

import logging

import pytest

from bot.logs import configure_logs, redact


@pytest.mark.parametrize(
    "secret",
    [
        "123456789:AAF-abcdefghijklmnopqrstuvwxyz0123456",
        "MTIzNDU2Nzg5MDEyMzQ1Njc4OTA.GaBcDe.abcdefghijklmnopqrstuvwxyz012345",
        "VENICE_INFERENCE_KEY_abc123",
        "Bearer abc.def",
    ],
)
def test_anything_like_a_token_is_removed(secret: str) -> None:
    assert redact(f"GET https://x.example/bot{secret}/getMe failed: {secret}").count("[secret]") >= 1
    assert secret not in redact(f"a {secret} b")


def test_libraries_are_quiet_and_redacted(capsys: pytest.CaptureFixture[str]) -> None:
    root = logging.getLogger()
    before, level = root.handlers[:], root.level
    try:
        configure_logs("INFO")
        logging.getLogger("httpx").info("HTTP Request: GET https://x.example/bot1:2/getMe")
        logging.getLogger("discord.client").warning("davey is not installed, voice will NOT be supported")
        logging.getLogger("somebody").error("key VENICE_ADMIN_KEY_zzz refused")
    finally:
        root.handlers[:], root.level = before, level
    said = capsys.readouterr().err
    assert "HTTP Request" not in said
    assert "voice" not in said
    assert "zzz" not in said
    assert "[secret]" in said
