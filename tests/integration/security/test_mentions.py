"""Nothing that leaves can notify everybody or a role, whatever a model, a name or a file says."""

from __future__ import annotations

from tests.fakes.discord.state import Message
from tests.integration.security.conftest import WAIT, Town
from tests.pictures import picture

LOUD = "@everyone @here <@&{role}> <@{ann}>"


def loud(town: Town) -> str:
    role = town.dc.role(town.ours, "guards")
    return LOUD.format(role=role.id, ann=town.ann.id)


def names_of(messages: list[Message]) -> list[str]:
    return [file.filename for message in messages for file in message.attachments]


async def test_an_answer_pings_nobody(town: Town) -> None:
    words = loud(town)
    town.dc.say(town.square, town.bob, f"My dog is {words}", mention_bot=True)
    await town.until(lambda: "@everyone" in town.dc.transcript(town.square).replace("\u200b", ""))
    await town.settled()
    assert town.dc.pinging() == []


async def test_neither_do_sentences_about_what_people_typed(town: Town) -> None:
    words, dc = loud(town), town.dc
    for name, options in (
        ("settings", {"name": words, "value": "x"}),
        ("settings", {"name": "timezone", "value": words, "where": "user"}),
        ("settings", {"name": "system_prompt", "value": words, "where": "channel"}),
        ("model", {"name": words}),
        ("character", {"name": words}),
        ("image", {"prompt": words, "model": words}),
        ("voice", {"text": "hello", "voice": words}),
        ("remember", {"text": words}),
        ("remind", {"what": f"tomorrow at nine {words}"}),
        ("new", {"title": words}),
        ("chats", {}),
        ("memory", {}),
        ("reminders", {}),
        ("settings", {}),
    ):
        declared = next(one for one in town.house.engine.commands if one.name == name)
        known = {option.name for option in declared.options}
        taken = {key: value for key, value in options.items() if key in known}
        used = dc.slash(town.square, town.ann, name, taken)
        await town.until(lambda used=used: bool(used.text))
    await town.settled()
    assert dc.pinging() == []
    assert dc.violations == []


async def test_names_of_files_people_and_servers_ping_nobody(town: Town) -> None:
    dc, words = town.dc, loud(town)
    town.bob.name = words[:32]
    sent = dc.say(
        town.square,
        town.bob,
        "Read this",
        mention_bot=True,
        attachments=[(f"{words}.txt", b"\xff\xfe\x00broken", "text/plain")],
    )
    await town.until(lambda: len(dc.answers(town.square)) >= 1)
    await town.settled()
    shown = dc.slash(town.square, town.bob, "image", {"prompt": words})
    await town.until(lambda: bool(names_of(shown.messages)))
    await town.settled()
    assert all("@" not in name and "<" not in name for name in names_of(shown.messages))
    assert dc.pinging() == []
    assert sent.id


async def test_a_picture_called_like_a_path_is_kept_as_a_plain_file(town: Town) -> None:
    tg = town.tg
    ann = tg.user("Ann")
    chat = tg.private(ann)
    tg.send_document(
        chat, ann, picture((64, 64)), file_name="../../etc/passwd\r\nX-Evil: 1.png", mime="image/png",
        caption="What is this?",
    )  # fmt: skip
    await tg.wait_for(lambda: bool(tg.replies(chat)), timeout=WAIT)
    await town.settled()
    assert b"etc/passwd" not in b"".join(str(path).encode() for path in town.places())
    assert tg.violations == []
