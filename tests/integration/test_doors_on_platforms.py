"""Who comes in, through the real adapters: codes, lists, permits, ranks, adults; what a stranger leaves."""

from __future__ import annotations

import logging
import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import structlog

from bot.demo import DemoVenice
from bot.logs import configure_logs
from bot.messages import Person
from tests.fakes.discord import FakeDiscord
from tests.fakes.telegram import FakeTelegram
from tests.integration.platforms import house
from tests.integration.test_voice_on_platforms import WAIT, asked

CODE = re.compile(r"[A-Z]{4}-[A-Z]{4}")
WORDS = "zanzibar-marmalade-4711"


@pytest.fixture
def written(capfd: pytest.CaptureFixture[str]) -> Iterator[Callable[[], str]]:
    """The logs of the program, as chatty as an operator sets them."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    configure_logs("INFO")

    def read() -> str:
        out = capfd.readouterr()
        return out.out + out.err

    yield read
    root.handlers[:], root.level = handlers, level
    structlog.reset_defaults()


def on_disk(folder: Path) -> bytes:
    """Database, write-ahead log and whatever else the house keeps."""
    files = [file for file in folder.rglob("*") if file.is_file()]
    assert any(file.name.endswith("-wal") for file in files), files
    return b"".join(file.read_bytes() for file in files)


def environment(tg: FakeTelegram | None = None, dc: FakeDiscord | None = None) -> dict[str, str]:
    found = {"GONDOLA_ACCESS": "closed"}
    if tg is not None:
        found |= {"TELEGRAM_TOKEN": tg.token, "TELEGRAM_BASE_URL": tg.base_url}
    if dc is not None:
        found |= {"DISCORD_TOKEN": dc.token, "DISCORD_BASE_URL": dc.base_url}
    return found


# --- what a stranger leaves ---


async def test_a_refused_stranger_on_telegram_leaves_only_keyed_hashes(
    tmp_path: Path, venice: DemoVenice, written: Callable[[], str]
) -> None:
    async with FakeTelegram(privacy=False) as tg:
        owner, eve = tg.user("Ann"), tg.user("Evelina Stranger", username="evelina_s")
        group, private = tg.group("Canal", [eve], [owner]), tg.private(eve)
        more = {**environment(tg), "GONDOLA_OWNERS": f"telegram:{owner.id}"}
        async with house(tmp_path, venice, {}, **more) as opened:
            told = tg.say(private, eve, WORDS) and await tg.wait_text(private, "private for now", WAIT)
            code = CODE.findall(told.content.text)[0]
            tg.say(private, eve, f"{WORDS} again")
            tg.say(group, eve, f"@{tg.bot.username} {WORDS}")
            tg.say(group, eve, f"/image {WORDS}")
            tg.send_voice(private, eve, b"voice")
            tg.say(tg.private(owner), owner, "/pairings")
            await tg.wait_text(tg.private(owner), f"ending in {code[-2:]}", WAIT)
            assert len(tg.replies(private)) == 1
            assert not tg.replies(group)
            kept = on_disk(tmp_path)
            plain = (WORDS, str(eve.id), eve.name, "evelina_s", code, code.replace("-", ""))
            assert [one for one in plain if one.encode() in kept] == []
            hashed = opened.parts.doorkeeper.person_subject(Person("telegram", str(eve.id)))
            assert hashed.encode() in kept, "the search must be able to find what is there"
            assert str(owner.id).encode() in kept
        lines = written()
        assert "telegram.ready" in lines
        assert [one for one in plain if one in lines] == []
        assert asked(venice) == []
        assert tg.violations == []


async def test_a_refused_stranger_on_discord_leaves_only_keyed_hashes(
    tmp_path: Path, venice: DemoVenice, written: Callable[[], str]
) -> None:
    async with FakeDiscord() as dc:
        owner, eve = dc.user("Ann"), dc.user("Evelina Stranger")
        guild = dc.guild("Canal")
        dc.member(guild, eve)
        room, private = dc.channel(guild, "general"), dc.dm(eve)
        more = {**environment(dc=dc), "GONDOLA_OWNERS": f"discord:{owner.id}"}
        async with house(tmp_path, venice, {}, **more) as opened:
            await dc.ready()
            await dc.wait_for(lambda: bool(dc.world.syncs), WAIT)
            dc.say(private, eve, WORDS)
            told = await dc.wait_text(private, "private for now", WAIT)
            [code] = set(CODE.findall(told.content))
            dc.say(room, eve, WORDS, mention_bot=True)
            refused = dc.slash(room, eve, "image", {"prompt": WORDS})
            await dc.wait_for(lambda: "private for now" in refused.text, WAIT)
            assert not CODE.search(refused.text), "a member asks for no server"
            kept = on_disk(tmp_path)
            plain = (WORDS, str(eve.id), eve.name, code, code.replace("-", ""))
            assert [one for one in plain if one.encode() in kept] == []
            assert opened.parts.doorkeeper.person_subject(Person("discord", str(eve.id))).encode() in kept
        lines = written()
        assert "discord.ready" in lines
        assert [one for one in plain if one in lines] == []
        assert asked(venice) == []
        assert dc.violations == []


# --- pairing ---


async def test_pairing_from_telegram_decided_on_discord(tmp_path: Path, venice: DemoVenice) -> None:
    async with FakeTelegram() as tg, FakeDiscord() as dc:
        eve, ann = tg.user("Eve"), dc.user("Ann")
        private, room = tg.private(eve), dc.dm(ann)
        more = {**environment(tg, dc), "GONDOLA_OWNERS": f"discord:{ann.id}"}
        async with house(tmp_path, venice, {}, **more):
            await dc.ready()
            await dc.wait_for(lambda: bool(dc.world.syncs), WAIT)
            dc.say(room, ann, "Hello")
            await dc.wait_answers(room, 1, WAIT)
            tg.say(private, eve, "Let me in")
            told = await tg.wait_text(private, "private for now", WAIT)
            code = CODE.findall(told.content.text)[0]
            await dc.wait_text(
                room, f"on Telegram asks to be let in, with a code ending in **{code[-2:]}**", WAIT
            )
        # The request waits across a restart.
        async with house(tmp_path, venice, {}, **more):
            await dc.ready()
            listed = dc.slash(room, ann, "pairings")
            await dc.wait_for(lambda: "Who asks" in listed.text, WAIT)
            dc.press(listed.messages[-1], "Approve 1", ann)
            await tg.wait_text(private, "You are in", WAIT)
            tg.say(private, eve, "Thank you")
            await tg.wait_for(lambda: len(tg.replies(private)) == 3, timeout=WAIT)
            assert sum("You are in" in message.content.text for message in tg.replies(private)) == 1
            assert tg.violations == []
            assert dc.violations == []


# --- lists, permits and ranks on Discord ---


async def test_discord_categories_threads_roles_and_ranks(tmp_path: Path, venice: DemoVenice) -> None:
    async with FakeDiscord() as dc:
        ann, mo, bob, eve = (dc.user(name) for name in ("Ann", "Mo", "Bob", "Eve"))
        guild = dc.guild("Canal")
        artists = dc.role(guild, "artists")
        dc.member(guild, mo, permissions=["manage_guild"])
        dc.member(guild, bob, roles=[artists])
        dc.member(guild, eve, permissions=["manage_channels"])
        category = dc.channel(guild, "Offices", kind="category")
        room, office = dc.channel(guild, "general"), dc.channel(guild, "office", category=category)
        thread = dc.thread(office, "coffee")
        async with house(
            tmp_path, venice, {}, **environment(dc=dc), GONDOLA_OWNERS=f"discord:{ann.id}"
        ) as opened:
            await dc.ready()
            await dc.wait_for(lambda: bool(dc.world.syncs), WAIT)
            shown = {one["name"]: one["default_member_permissions"] for one in dc.world.commands[None]}
            assert (shown["allow"], shown["key"], shown["image"], shown["caps"]) == ("32", "16", None, None)
            refused = dc.slash(room, mo, "allow")
            await dc.wait_for(lambda: "private for now" in refused.text, WAIT)
            assert CODE.search(refused.text), "an admin asks for the server"
            await opened.parts.settings.put("bot", "admin_enable", "on", by="t", at=time.time())
            for asker, words in ((eve, "private for now"), (mo, "This server may come in now")):
                done = dc.slash(room, asker, "allow")
                await dc.wait_for(lambda words=words, done=done: words in done.text, WAIT)
            # Manage Channels is not Manage Server.
            refused = dc.slash(room, eve, "deny", {"who": "here"})
            await dc.wait_for(lambda: "Only someone who manages this server" in refused.text, WAIT)
            for options in ({"who": f"category:{category.id}"}, {"role": artists}):
                done = dc.slash(room, mo, "deny", options)
                await dc.wait_for(lambda done=done: "is shut out now in this server" in done.text, WAIT)
            done = dc.slash(thread, mo, "allow", {"who": "thread"})
            await dc.wait_for(lambda: "This thread may come in now" in done.text, WAIT)
            dc.say(office, eve, "In the office", mention_bot=True)
            dc.say(room, bob, "With a brush", mention_bot=True)
            dc.say(thread, eve, "In the thread", mention_bot=True)
            dc.say(room, eve, "In general", mention_bot=True)
            await dc.wait_for(lambda: len(asked(venice)) == 2, WAIT)
            assert {
                word
                for word in ("In the office", "With a brush", "In the thread", "In general")
                if word in str(asked(venice))
            } == {
                "In the thread",
                "In general",
            }
            # Permits: a sentence that names the role, and pings nobody.
            done = dc.slash(room, mo, "permit", {"medium": "image", "role": artists})
            await dc.wait_for(lambda: f"<@&{artists.id}>" in done.text, WAIT)
            refused = dc.slash(room, eve, "image", {"prompt": "a boat"})
            await dc.wait_for(lambda: f"for people with the role <@&{artists.id}> only" in refused.text, WAIT)
            assert dc.pinging() == []
            assert dc.violations == []


async def test_too_many_commands_on_discord_are_refused_to_the_asker(
    tmp_path: Path, venice: DemoVenice
) -> None:
    async with FakeDiscord() as dc:
        mo = dc.user("Mo")
        guild = dc.guild("Canal")
        dc.member(guild, mo)
        room = dc.channel(guild, "general")
        more = environment(dc=dc) | {"GONDOLA_ACCESS": "open"}
        async with house(tmp_path, venice, {"rate_limit": "2"}, **more):
            await dc.ready()
            await dc.wait_for(lambda: bool(dc.world.syncs), WAIT)
            dc.say(room, mo, "Hello", mention_bot=True)
            await dc.wait_answers(room, 1, WAIT)
            helped = dc.slash(room, mo, "help")
            await dc.wait_for(lambda: "what I can do" in helped.text.lower() or "/image" in helped.text, WAIT)
            for _ in range(2):
                refused = dc.slash(room, mo, "help")
                await dc.wait_for(lambda refused=refused: "Ask again in" in refused.text, WAIT)
                assert all(message.ephemeral for message in refused.messages)
            dc.say(room, mo, "Hello?", mention_bot=True)
            dc.press(dc.answers(room)[0], "Regenerate", mo)
            marker = dc.dm(dc.user("Bob"))
            dc.say(marker, marker.recipients[0], "Hello")
            await dc.wait_answers(marker, 1, WAIT)
            assert len(asked(venice)) == 2
            assert dc.violations == []


async def test_discord_buttons_of_moderators_refuse_who_is_none_any_more(
    tmp_path: Path, venice: DemoVenice
) -> None:
    async with FakeDiscord() as dc:
        mo = dc.user("Mo")
        guild = dc.guild("Canal")
        member = dc.member(guild, mo, permissions=["manage_channels"])
        room = dc.channel(guild, "general")
        async with house(tmp_path, venice, {}, **environment(dc=dc) | {"GONDOLA_ACCESS": "open"}):
            await dc.ready()
            await dc.wait_for(lambda: bool(dc.world.syncs), WAIT)
            listed = dc.slash(room, mo, "settings", {"name": "tools"})
            await dc.wait_for(lambda: bool(listed.messages), WAIT)
            await dc.wait_for(lambda: bool(listed.messages[-1].components), WAIT)
            member.roles.clear()
            pressed = dc.press(listed.messages[-1], "off", mo)
            await dc.wait_for(lambda: "Only someone who manages this channel" in pressed.text, WAIT)
            assert dc.violations == []


# --- ranks and topics on Telegram ---


async def test_telegram_admins_are_looked_up_kept_and_forgotten_when_ranks_change(
    tmp_path: Path, venice: DemoVenice
) -> None:
    async with FakeTelegram(privacy=False) as tg:
        ann, bob, root = tg.user("Ann"), tg.user("Bob"), tg.user("Root")
        group = tg.group("Canal", [bob], [root, ann], supergroup=True, forum=True, bot="administrator")
        topic, other = tg.topic(group, "Boats"), tg.topic(group, "Cats")
        async with house(tmp_path, venice, {}, **environment(tg) | {"GONDOLA_ACCESS": "open"}):
            tg.say(group, bob, "/doors")
            await tg.wait_text(group, "Only someone who manages this server", WAIT)
            tg.say(group, ann, "/deny topic", topic=topic)
            await tg.wait_text(group, "This topic is shut out now", WAIT, topic=topic)
            tg.say(group, bob, f"@{tg.bot.username} in the topic", topic=topic)
            tg.say(group, bob, f"@{tg.bot.username} elsewhere", topic=other)
            await tg.wait_for(lambda: len(tg.replies(group, other)) == 1, timeout=WAIT)
            assert len(asked(venice)) == 1
            assert len(tg.calls_of("getChatAdministrators", group)) == 1
            # An administrator who hides behind the group is one; a member who was raised is at once.
            tg.say(group, root, "/doors", anonymous=True)
            await tg.wait_text(group, "Said by admins", WAIT)
            tg.promote(group, bob)
            tg.say(group, bob, "/allow topic", topic=other)
            await tg.wait_text(group, "This topic may come in now", WAIT, topic=other)
            tg.demote(group, bob)
            tg.say(group, bob, "/deny topic", topic=other)
            await tg.wait_text(group, "Only someone who manages this server", WAIT, topic=other)
            assert len(tg.calls_of("getChatAdministrators", group)) == 3
            assert tg.violations == []


async def test_telegram_that_does_not_say_who_manages_is_no_yes(tmp_path: Path, venice: DemoVenice) -> None:
    async with FakeTelegram() as tg:
        ann = tg.user("Ann")
        group = tg.group("Canal", [], [ann])
        async with house(tmp_path, venice, {}, **environment(tg) | {"GONDOLA_ACCESS": "open"}):
            tg.faults.next("getChatAdministrators", "500")
            tg.say(group, ann, "/doors")
            await tg.wait_text(group, "Telegram did not tell me just now who manages this chat", WAIT)
            assert tg.violations == []


async def test_a_telegram_group_is_for_adults_by_an_admins_statement(
    tmp_path: Path, venice: DemoVenice
) -> None:
    async with FakeTelegram() as tg:
        ann, bob = tg.user("Ann"), tg.user("Bob")
        group, private = tg.group("Canal", [bob], [ann]), tg.private(bob)
        more = environment(tg) | {"GONDOLA_ACCESS": "open"}
        async with house(tmp_path, venice, {}, **more):
            tg.say(group, ann, "/settings adult on")
            card = await tg.wait_text(group, "Who presses it states", WAIT)
            tg.press(card, "I state that only adults are here", bob)
            await tg.wait_text(group, "Only the person who asked can use this button", WAIT)
            tg.press(card, "I state that only adults are here", ann)
            await tg.wait_text(group, "for adults now", WAIT)
            tg.say(private, bob, "/settings adult on")
            card = await tg.wait_text(private, "Who presses it states", WAIT)
            tg.press(card, "I state that I am an adult", bob)
            await tg.wait_text(private, "for adults now", WAIT)
        async with house(tmp_path, venice, {}, **more) as opened:
            values = opened.parts.settings.rows()
            assert {scope for (scope, name), value in values.items() if (name, value) == ("adult", "on")} == {
                f"channel:telegram:{group.id}",
                f"channel:telegram:{bob.id}",
            }
            tg.say(group, ann, "/audit")
            await tg.wait_text(group, "setting adult: nothing → on", WAIT)
            assert tg.violations == []


async def test_discords_own_mark_counts_also_in_a_thread(tmp_path: Path, venice: DemoVenice) -> None:
    async with FakeDiscord() as dc:
        mo = dc.user("Mo")
        guild = dc.guild("Canal")
        dc.member(guild, mo, permissions=["manage_channels"])
        room, den = dc.channel(guild, "general"), dc.channel(guild, "den", nsfw=True)
        thread = dc.thread(den, "corner")
        async with house(tmp_path, venice, {}, **environment(dc=dc) | {"GONDOLA_ACCESS": "open"}):
            await dc.ready()
            await dc.wait_for(lambda: bool(dc.world.syncs), WAIT)
            done = dc.slash(room, mo, "settings", {"name": "adult", "value": "on"})
            await dc.wait_for(lambda: "age restriction decides" in done.text, WAIT)
            uncensored = [
                {one["value"] for one in await dc.autocomplete(place, mo, "model", "name", "venice")}
                for place in (room, den, thread)
            ]
            assert uncensored[0] < uncensored[1] == uncensored[2]
            assert dc.violations == []
