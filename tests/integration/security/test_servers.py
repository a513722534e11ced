"""Whoever manages one server has no say in another, and learns nothing about it."""

from __future__ import annotations

import pytest

from tests.integration.security.conftest import Town


async def test_the_admin_of_a_server_rules_there_and_nowhere_else(town: Town) -> None:
    dc = town.dc
    allowed = dc.slash(town.alley, town.mal, "settings", {"name": "web_search", "value": "off"})
    await town.until(lambda: "`web_search` is now `off`" in allowed.text)
    dc.member(town.ours, town.mal)
    for where in ("channel", "server"):
        refused = dc.slash(
            town.square, town.mal, "settings", {"name": "web_search", "value": "on", "where": where}
        )
        await town.until(lambda refused=refused: "Only someone who manages" in refused.text)
    for name, options in (
        ("settings", {"name": "model", "value": "default", "where": "bot"}),
        ("caps", {"scope": "bot", "amount": "$1000"}),
        ("account", {}),
    ):
        refused = dc.slash(town.alley, town.mal, name, options)
        await town.until(lambda refused=refused: "Only an owner" in refused.text)
    ruled = dc.slash(town.alley, town.mal, "deny", {"who": str(town.bob.id)})
    await town.until(lambda: bool(ruled.text))
    await town.settled()
    assert town.rows("SELECT count(*) FROM access_rules") == [(0,)]
    assert town.rows("SELECT DISTINCT server FROM server_rules") == [(f"server:discord:{town.theirs.id}",)]
    dc.say(town.square, town.bob, "What is the capital of France?", mention_bot=True)
    await town.until(lambda: "Paris" in dc.transcript(town.square))
    changed = town.rows("SELECT scope FROM settings WHERE name = 'web_search'")
    assert changed == [(f"channel:discord:{town.alley.id}",)]
    assert town.rows("SELECT count(*) FROM caps WHERE ceiling > 10000000") == [(0,)]


async def test_who_manages_a_channel_rules_that_channel_and_not_the_server(town: Town) -> None:
    dc = town.dc
    eve = dc.user("Eve")
    dc.member(town.ours, eve)
    dc.permissions(town.square, eve, manage_channels=True)
    done = dc.slash(town.square, eve, "settings", {"name": "web_search", "value": "off"})
    await town.until(lambda: "`web_search` is now `off`" in done.text)
    for name, options in (
        ("settings", {"name": "web_search", "value": "off", "where": "server"}),
        ("caps", {"scope": "server", "amount": "$1"}),
        ("caps", {"scope": "role", "amount": "$1", "role": dc.role(town.ours, "guards")}),
        ("key", {}),
        ("key", {"action": "own", "key": "VENICE_INFERENCE_KEY_brought-by-eve-0123456789"}),
        ("key", {"action": "revoke"}),
        ("audit", {}),
        ("usage", {"of": "server"}),
        ("deny", {"who": "server"}),
        ("permit", {"command": "image", "who": "nobody"}),
    ):
        refused = dc.slash(town.square, eve, name, options)
        await town.until(lambda refused=refused: "Only someone who manages this server" in refused.text)
    assert town.rows("SELECT count(*) FROM server_keys") == [(0,)]
    assert town.rows("SELECT count(*) FROM caps WHERE scope LIKE 'server:%' OR scope LIKE 'role:%'") == [(0,)]


@pytest.mark.parametrize("of", ["server", "bot", "channel"])
async def test_nobody_sees_what_another_server_spent(town: Town, of: str) -> None:
    dc = town.dc
    dc.say(town.square, town.bob, "What is the capital of France?", mention_bot=True)
    await town.until(lambda: "Paris" in dc.transcript(town.square))
    await town.settled()
    used = dc.slash(town.alley, town.mal, "usage", {"of": of})
    await town.until(lambda: bool(used.text))
    await town.settled()
    assert "answers" not in used.text.replace("no answers", "") or "Only an owner" in used.text


async def test_chats_and_memory_of_a_server_stay_there(town: Town) -> None:
    dc = town.dc
    dc.say(town.square, town.bob, "My name is Bartholomew.", mention_bot=True)
    await town.until(lambda: bool(dc.answers(town.square)))
    await town.settled()
    chat = town.rows("SELECT DISTINCT chat FROM history")[0][0]
    before = len(town.venice.requests)
    for name, options in (
        ("chats", {}),
        ("memory", {}),
        ("context", {}),
        ("resume", {"chat": str(chat) or "1"}),
        ("catchup", {}),
    ):
        used = dc.slash(town.alley, town.mal, name, options)
        await town.until(lambda used=used: bool(used.text))
    dc.say(town.alley, town.mal, "What is my name?", mention_bot=True)
    await town.until(lambda: "name" in dc.transcript(town.alley))
    await town.settled()
    assert "Bartholomew" not in dc.transcript(town.alley)
    assert "Bartholomew" not in str([request.json for request in town.venice.requests[before:]])
