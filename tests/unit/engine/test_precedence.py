"""The table of docs/guide.md: whose rule decides."""

from __future__ import annotations

import pytest

from bot.engine.doors.precedence import Rules, Subjects, may_enter, ruling

HERE = Subjects("person:a", "thread:t", "channel:c", "category:k", ("role:high", "role:low"), "server:s")
IN, OUT, UNSAID = True, False, None


@pytest.mark.parametrize(
    ("rules", "expected"),
    [
        ({}, UNSAID),
        ({"server:other": True, "role:other": False}, UNSAID),
        ({"server:s": True}, IN),
        ({"server:s": False}, OUT),
        # The narrowest rule holds, in this order.
        ({"server:s": False, "role:low": True}, IN),
        ({"role:high": False, "role:low": True}, OUT),
        ({"role:high": True, "role:low": False}, IN),
        ({"role:high": False, "person:a": True}, IN),
        ({"person:a": True, "category:k": False}, OUT),
        ({"category:k": False, "channel:c": True}, IN),
        ({"channel:c": False, "thread:t": True}, IN),
        ({"thread:t": False, "channel:c": True, "person:a": True, "server:s": True}, OUT),
        # A block of the person holds whatever else is said.
        ({"person:a": False, "thread:t": True, "server:s": True}, OUT),
    ],
)
def test_one_set_of_rules(rules: Rules, expected: bool | None) -> None:
    assert ruling(rules, HERE) is expected


@pytest.mark.parametrize(
    ("owners", "admins", "is_open", "admins_open", "enters"),
    [
        ({}, {}, False, False, False),
        ({}, {}, True, False, True),
        ({"server:s": True}, {}, False, False, True),
        ({"server:s": False}, {"server:s": True}, True, True, False),
        ({"server:s": False}, {"thread:t": True}, False, True, False),
        ({"person:a": False}, {"person:a": True}, True, True, False),
        # Within what owners let in, admins may shut out.
        ({"server:s": True}, {"channel:c": False}, False, False, False),
        ({"server:s": True}, {"server:s": False, "role:low": True}, False, False, True),
        ({}, {"role:high": False}, True, False, False),
        ({"person:a": True}, {"person:a": False}, False, False, False),
        # Beyond it they let in only where owners leave that to them.
        ({}, {"server:s": True}, False, False, False),
        ({}, {"server:s": True}, False, True, True),
        ({}, {"server:s": True, "channel:c": False}, False, True, False),
        ({}, {}, False, True, False),
    ],
)
def test_owners_above_admins(
    owners: Rules, admins: Rules, is_open: bool, admins_open: bool, enters: bool
) -> None:
    assert may_enter(owners, admins, HERE, is_open=is_open, admins_open=admins_open) is enters
