"""Words of people are words: in statements, log lines, headers and prompts they mean nothing else."""

from __future__ import annotations

from collections.abc import Callable

import httpx

from tests.integration.security.conftest import WAIT, Town

DROP = "x'); DROP TABLE history; --"
FORGED = 'ok\n2026-01-01 00:00:00 [info     ] access.allowed  person=everybody\r\n\x1b[2Jlevel="error"'


async def test_names_that_are_statements_change_nothing(town: Town) -> None:
    dc, tg = town.dc, town.tg
    eve = dc.user(DROP)
    dc.member(town.ours, eve)
    guild = dc.guild(DROP)
    dc.member(guild, eve)
    odd = dc.channel(guild, "x-or-1-1")
    dc.say(odd, eve, f"My name is Eve. {DROP}", mention_bot=True)
    await town.until(lambda: bool(dc.answers(odd)))
    person = tg.user(DROP)
    group = tg.group(DROP, [person])
    tg.say(group, person, f"@{tg.bot.username} {DROP} % _ \\ \" '' what is the capital of France?")
    await tg.wait_for(lambda: bool(tg.replies(group)), timeout=WAIT)
    for name, options in (
        ("settings", {"name": DROP, "value": DROP}),
        ("resume", {"chat": DROP}),
        ("forget", {}),
        ("remember", {"text": DROP}),
    ):
        declared = next(one for one in town.house.engine.commands if one.name == name)
        known = {option.name for option in declared.options}
        used = dc.slash(odd, eve, name, {key: value for key, value in options.items() if key in known})
        await town.until(lambda used=used: bool(used.text))
    await town.settled()
    assert town.rows("SELECT count(*) > 0 FROM history") == [(1,)]
    dc.say(odd, eve, "What is the capital of Italy?", mention_bot=True)
    await town.until(lambda: len(dc.answers(odd)) >= 2)


async def test_nobody_writes_log_lines(written: Callable[[], str], town: Town) -> None:
    dc, tg = town.dc, town.tg
    eve = dc.user(FORGED[:80])
    dc.member(town.ours, eve)
    dc.say(
        town.square,
        eve,
        FORGED,
        mention_bot=True,
        attachments=[(FORGED, b"%PDF-1.7 broken", "application/pdf")],
    )
    await town.until(lambda: bool(dc.answers(town.square)))
    dc.slash(town.square, eve, "settings", {"name": FORGED, "value": FORGED})
    person = tg.user(FORGED[:60])
    group = tg.group(FORGED[:100], [person])
    tg.say(group, person, f"@{tg.bot.username} {FORGED}")
    await tg.wait_for(lambda: bool(tg.replies(group)), timeout=WAIT)
    await town.settled()
    logged = written()
    assert "access.allowed" not in logged
    assert "\x1b[2J" not in logged


PATHS = (
    "/files/x%0d%0aX-Evil:%201",
    "/media/%0d%0aSet-Cookie:%20a=b",
    "/sign-in?code=%0d%0aX-Evil:%201",
    "/hooks/%0d%0aX-Evil",
    "/static/..%2f..%2f..%2fetc%2fpasswd",
    "/static/%2e%2e/%2e%2e/server.py",
    "/media/..%2f..%2fgondola.db",
    "/files/..%2fsecret.key",
)


async def test_an_address_makes_no_header_and_leads_out_of_no_folder(town: Town) -> None:
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{town.house.web.port}") as browser:
        for path in PATHS:
            answer = await browser.get(path)
            assert answer.status_code < 500
            assert "evil" not in str(answer.headers).lower()
            assert "a=b" not in str(answer.headers)
            assert b"root:" not in answer.content
            assert b"SQLite format" not in answer.content
