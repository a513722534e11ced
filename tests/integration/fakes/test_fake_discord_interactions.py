"""Commands, autocomplete, buttons, modals and followups through the fake."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import discord
import pytest
from discord import app_commands

from tests.fakes.discord import FakeDiscord, modal_fields
from tests.integration.fakes.discord_client import Bot, running

Interaction = discord.Interaction[Any]


@pytest.fixture
async def dc() -> AsyncIterator[FakeDiscord]:
    async with FakeDiscord() as fake:
        yield fake
        assert fake.violations == []


class _Form(discord.ui.Modal, title="Character"):
    name = discord.ui.TextInput["_Form"](label="Name", custom_id="name")

    async def on_submit(self, interaction: Interaction, /) -> None:
        await interaction.response.send_message(f"hello {self.name.value}", ephemeral=True)


class _Buttons(discord.ui.View):
    @discord.ui.button(label="Again", custom_id="again")
    async def again(self, interaction: Interaction, _: discord.ui.Button["_Buttons"]) -> None:
        await interaction.response.edit_message(content="pressed", view=None)

    @discord.ui.button(label="Later", custom_id="later")
    async def later(self, interaction: Interaction, _: discord.ui.Button["_Buttons"]) -> None:
        await interaction.response.defer()
        await interaction.edit_original_response(content="edited later")

    @discord.ui.select(
        custom_id="pick", options=[discord.SelectOption(label="One"), discord.SelectOption(label="Two")]
    )
    async def pick(self, interaction: Interaction, select: discord.ui.Select["_Buttons"]) -> None:
        await interaction.response.send_message(f"picked {select.values[0]}")


def declare(bot: Bot) -> None:
    @bot.tree.command(name="ask", description="Ask something")
    @app_commands.allowed_contexts(guilds=True, dms=True, private_channels=False)
    async def ask(interaction: Interaction, question: str, times: app_commands.Range[int, 1, 9] = 1) -> None:
        await interaction.response.defer(thinking=True)
        await interaction.edit_original_response(content=f"{question} {times}")
        await interaction.followup.send("and more")

    @ask.autocomplete("question")
    async def suggest(_: Interaction, current: str) -> list[app_commands.Choice[str]]:
        return [app_commands.Choice(name=f"{current}{end}", value=f"{current}{end}") for end in "ab"]

    @bot.tree.command(name="secret", description="Whisper")
    @app_commands.allowed_installs(guilds=True, users=True)
    @app_commands.allowed_contexts(guilds=True, dms=True, private_channels=True)
    async def secret(interaction: Interaction) -> None:
        await interaction.response.send_message("psst", ephemeral=True)

    @bot.tree.command(name="picture", description="Look at a file")
    async def picture(interaction: Interaction, file: discord.Attachment, who: discord.User) -> None:
        data = await file.read()
        await interaction.response.send_message(f"{file.filename} {len(data)} {who.name}")

    @bot.tree.command(name="form", description="Open a form")
    async def form(interaction: Interaction) -> None:
        await interaction.response.send_modal(_Form())

    @bot.tree.command(name="buttons", description="Show buttons")
    async def buttons(interaction: Interaction) -> None:
        await interaction.response.send_message("press", view=_Buttons())

    @bot.tree.context_menu(name="Quote")
    async def quote(interaction: Interaction, message: discord.Message) -> None:
        await interaction.response.send_message(f"> {message.content}")

    group = app_commands.Group(name="settings", description="Settings")
    models = app_commands.Group(name="model", description="Models", parent=group)

    @models.command(name="set", description="Set the model")
    async def set_model(interaction: Interaction, name: str) -> None:
        await interaction.response.send_message(f"model {name}")

    bot.tree.add_command(group)


async def test_defer_edit_and_followup(dc: FakeDiscord) -> None:
    guild = dc.guild("Home")
    ann, channel = dc.user("ann"), dc.channel(guild, "talk")
    dc.member(guild, ann)
    async with running(dc, declare):
        used = dc.slash(channel, ann, "ask", {"question": "why", "times": 2})
        await dc.wait_for(lambda: used.followups)
    assert used.response_type == 5
    assert used.text == "why 2\nand more"
    assert dc.transcript(channel) == used.text
    assert used.original is not None
    assert not used.original.loading
    assert len(dc.syncs) == 1
    assert "ask" in dc.syncs[0].names


async def test_first_followup_fills_a_deferred_answer(dc: FakeDiscord) -> None:
    guild = dc.guild("Home")
    ann, channel = dc.user("ann"), dc.channel(guild, "talk")
    dc.member(guild, ann)

    def declare_slow(bot: Bot) -> None:
        @bot.tree.command(name="slow", description="Slow")
        async def slow(interaction: Interaction) -> None:
            await interaction.response.defer(thinking=True)
            await interaction.followup.send("filled")

    async with running(dc, declare_slow):
        used = dc.slash(channel, ann, "slow")
        await dc.wait_text(channel, "filled")
    assert used.followups == []
    assert used.text == "filled"


async def test_ephemeral_answers_stay_out_of_the_channel(dc: FakeDiscord) -> None:
    guild = dc.guild("Home")
    ann, channel = dc.user("ann"), dc.channel(guild, "talk")
    dc.member(guild, ann)
    async with running(dc, declare) as bot:
        used = dc.slash(channel, ann, "secret")
        await dc.wait_for(lambda: used.original)
        assert used.original is not None
        assert used.original.ephemeral
        with pytest.raises(discord.NotFound):
            await bot.get_partial_messageable(channel.id).fetch_message(used.original.id)
    assert bot.seen == []


async def test_autocomplete(dc: FakeDiscord) -> None:
    guild = dc.guild("Home")
    ann, channel = dc.user("ann"), dc.channel(guild, "talk")
    dc.member(guild, ann)
    async with running(dc, declare):
        choices = await dc.autocomplete(channel, ann, "ask", "question", "wh")
    assert [choice["value"] for choice in choices] == ["wha", "whb"]


async def test_attachment_and_user_options(dc: FakeDiscord) -> None:
    guild = dc.guild("Home")
    ann, channel = dc.user("ann"), dc.channel(guild, "talk")
    dc.member(guild, ann)
    async with running(dc, declare):
        dc.slash(channel, ann, "picture", {"who": ann}, attachments={"file": ("a.png", b"abc", "image/png")})
        await dc.wait_text(channel, "a.png 3 ann")


async def test_subcommands_by_path_and_by_nesting(dc: FakeDiscord) -> None:
    guild = dc.guild("Home")
    ann, channel = dc.user("ann"), dc.channel(guild, "talk")
    dc.member(guild, ann)
    async with running(dc, declare):
        dc.slash(channel, ann, "settings model set", {"name": "small"})
        await dc.wait_text(channel, "model small")
        dc.slash(channel, ann, "settings", {"model": {"set": {"name": "large"}}})
        await dc.wait_text(channel, "model large")


async def test_message_context_menu_shows_the_target(dc: FakeDiscord) -> None:
    guild = dc.guild("Home")
    ann, channel = dc.user("ann"), dc.channel(guild, "talk")
    dc.member(guild, ann)
    intents = discord.Intents(guilds=True)
    async with running(dc, declare, intents):
        dc.context_menu(channel, ann, "Quote", dc.say(channel, ann, "wise words"))
        await dc.wait_text(channel, "> wise words")


async def test_modal(dc: FakeDiscord) -> None:
    guild = dc.guild("Home")
    ann, channel = dc.user("ann"), dc.channel(guild, "talk")
    dc.member(guild, ann)
    async with running(dc, declare):
        used = dc.slash(channel, ann, "form")
        await dc.wait_for(lambda: used.modal)
        assert [field["custom_id"] for field in modal_fields(used)] == ["name"]
        with pytest.raises(ValueError, match="filled in"):
            dc.submit_modal(used, {})
        sent = dc.submit_modal(used, {"Name": "Nova"})
        await dc.wait_for(lambda: sent.original)
    assert sent.text == "hello Nova"


async def test_buttons_and_selects(dc: FakeDiscord) -> None:
    guild = dc.guild("Home")
    ann, channel = dc.user("ann"), dc.channel(guild, "talk")
    dc.member(guild, ann)
    async with running(dc, declare):
        used = dc.slash(channel, ann, "buttons")
        await dc.wait_for(lambda: used.original)
        message = used.original
        assert message is not None
        with pytest.raises(LookupError, match="Again"):
            dc.press(message, "Nope", ann)
        picked = dc.press(message, "pick", ann, values=["Two"])
        await dc.wait_for(lambda: picked.text == "picked Two")
        dc.press(message, "Later", ann)
        await dc.wait_for(lambda: message.content == "edited later")
        dc.press(message, "again", ann)
        await dc.wait_for(lambda: message.content == "pressed")
    assert message.components == []


async def test_user_install_in_a_foreign_place(dc: FakeDiscord) -> None:
    ann, ben = dc.user("ann"), dc.user("ben")
    private = dc.group_dm(ann, ben)
    async with running(dc, declare):
        used = dc.slash(private, ann, "secret", user_install=True)
        await dc.wait_for(lambda: used.original)
        with pytest.raises(ValueError, match="not offered"):
            dc.slash(private, ann, "ask", {"question": "q"}, user_install=True)
    assert used.text == "psst"


async def test_sixth_followup_of_a_user_install_is_refused(dc: FakeDiscord) -> None:
    ann = dc.user("ann")
    codes: list[int] = []

    def declare_many(bot: Bot) -> None:
        @bot.tree.command(name="many", description="Many")
        async def many(interaction: Interaction) -> None:
            await interaction.response.send_message("0")
            for number in range(1, 7):
                try:
                    await interaction.followup.send(str(number))
                except discord.HTTPException as error:
                    codes.append(error.code)

    async with running(dc, declare_many):
        foreign = dc.slash(dc.dm(ann), ann, "many", user_install=True)
        await dc.wait_for(lambda: codes)
        home = dc.slash(dc.dm(ann), ann, "many")
        await dc.wait_for(lambda: len(home.followups) == 6)
    assert codes == [40094]
    assert len(foreign.followups) == 5


@pytest.mark.parametrize(
    ("trouble", "code"),
    [("late", 10062), ("twice", 40060), ("expired", 50027), ("unknown", 10062)],
)
async def test_interaction_deadlines(dc: FakeDiscord, trouble: str, code: int) -> None:
    ann = dc.user("ann")
    codes: list[int] = []

    async def provoke(interaction: Interaction) -> None:
        if trouble == "late":
            await asyncio.sleep(0.1)
        if trouble == "unknown":
            interaction.token = "made-up"
        await interaction.response.send_message("once")
        if trouble == "twice":
            interaction.response._response_type = None  # pyright: ignore[reportPrivateUsage]
            await interaction.response.send_message("twice")
        await asyncio.sleep(0.1)
        await interaction.followup.send("too late")

    def declare_trouble(bot: Bot) -> None:
        @bot.tree.command(name="trouble", description="Trouble")
        async def command(interaction: Interaction) -> None:
            try:
                await provoke(interaction)
            except discord.HTTPException as error:
                codes.append(error.code)

    dc.interaction_deadline_s = 0.05 if trouble == "late" else 3.0
    dc.token_life_s = 0.05
    async with running(dc, declare_trouble):
        dc.slash(dc.dm(ann), ann, "trouble")
        await dc.wait_for(lambda: codes)
    assert codes == [code]


@pytest.mark.parametrize(
    ("name", "options", "error"),
    [
        ("nothing", {}, LookupError),
        ("ask", {}, ValueError),
        ("ask", {"question": "q", "times": 99}, ValueError),
        ("ask", {"question": 3}, TypeError),
        ("ask", {"question": "q", "colour": "red"}, LookupError),
        ("settings model get", {}, LookupError),
    ],
)
async def test_what_the_real_client_would_not_send(
    dc: FakeDiscord, name: str, options: dict[str, object], error: type[Exception]
) -> None:
    ann = dc.user("ann")
    async with running(dc, declare):
        with pytest.raises(error):
            dc.slash(dc.dm(ann), ann, name, options)


async def test_commands_can_be_read_back_and_removed(dc: FakeDiscord) -> None:
    guild = dc.guild("Home")
    async with running(dc, declare) as bot:
        place = discord.Object(guild.id)
        bot.tree.copy_global_to(guild=place)
        await bot.tree.sync(guild=place)
        known = {command.name: command for command in await bot.tree.fetch_commands()}
        again = {command.name: command for command in await bot.tree.sync()}
        await known["ask"].delete()
        left = {command.name for command in await bot.tree.fetch_commands()}
    assert known["ask"].id == again["ask"].id
    assert "ask" not in left
    assert [sync.guild_id for sync in dc.syncs] == [None, guild.id, None]
